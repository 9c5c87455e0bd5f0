"""What is frozen stays as it is: the database itself refuses to change or remove it."""

from django.db import migrations

TABLES = ("appraisal_counted", "appraisal_figure")
SAYS = "a frozen period cannot be changed; a correction is a new revision"
SQLITE = """
CREATE TRIGGER {table}_{verb}_frozen BEFORE {verb} ON {table}
WHEN EXISTS (SELECT 1 FROM appraisal_revision r
             WHERE r.id = {row}.revision_id AND r.frozen_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, '{says}'); END
"""
SQLITE_REVISION = """
CREATE TRIGGER appraisal_revision_{verb}_frozen BEFORE {verb} ON appraisal_revision
WHEN OLD.frozen_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, '{says}'); END
"""
POSTGRES = """
CREATE FUNCTION appraisal_row_frozen() RETURNS trigger AS $$
DECLARE revision bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN revision := OLD.revision_id; ELSE revision := NEW.revision_id; END IF;
    IF EXISTS (SELECT 1 FROM appraisal_revision r
               WHERE r.frozen_at IS NOT NULL
                 AND (r.id = revision OR (TG_OP = 'UPDATE' AND r.id = OLD.revision_id))) THEN
        RAISE EXCEPTION '{says}' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$ LANGUAGE plpgsql;
CREATE FUNCTION appraisal_revision_frozen() RETURNS trigger AS $$
BEGIN
    IF OLD.frozen_at IS NOT NULL THEN
        RAISE EXCEPTION '{says}' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$ LANGUAGE plpgsql;
CREATE TRIGGER appraisal_counted_frozen BEFORE INSERT OR UPDATE OR DELETE ON appraisal_counted
    FOR EACH ROW EXECUTE FUNCTION appraisal_row_frozen();
CREATE TRIGGER appraisal_figure_frozen BEFORE INSERT OR UPDATE OR DELETE ON appraisal_figure
    FOR EACH ROW EXECUTE FUNCTION appraisal_row_frozen();
CREATE TRIGGER appraisal_revision_frozen BEFORE UPDATE OR DELETE ON appraisal_revision
    FOR EACH ROW EXECUTE FUNCTION appraisal_revision_frozen();
"""
POSTGRES_UNDO = """
DROP TRIGGER IF EXISTS appraisal_counted_frozen ON appraisal_counted;
DROP TRIGGER IF EXISTS appraisal_figure_frozen ON appraisal_figure;
DROP TRIGGER IF EXISTS appraisal_revision_frozen ON appraisal_revision;
DROP FUNCTION IF EXISTS appraisal_row_frozen();
DROP FUNCTION IF EXISTS appraisal_revision_frozen();
"""


def guard(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute(POSTGRES.replace("{says}", SAYS))
            return
        for table in TABLES:
            for verb, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
                cursor.execute(SQLITE.format(table=table, verb=verb, row=row, says=SAYS))
        for verb in ("UPDATE", "DELETE"):
            cursor.execute(SQLITE_REVISION.format(verb=verb, says=SAYS))


def unguard(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute(POSTGRES_UNDO)
            return
        for table in TABLES:
            for verb in ("INSERT", "UPDATE", "DELETE"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_{verb}_frozen")
        for verb in ("UPDATE", "DELETE"):
            cursor.execute(f"DROP TRIGGER IF EXISTS appraisal_revision_{verb}_frozen")


class Migration(migrations.Migration):

    dependencies = [("appraisal", "0001_periods")]

    operations = [migrations.RunPython(guard, unguard)]
