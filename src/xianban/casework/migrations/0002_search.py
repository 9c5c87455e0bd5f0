"""The index of what cases say. It is filled by the worker, the newest cases first."""

import django.db.models.deletion
from django.db import migrations, models

import xianban.casework.models

# Tokens go to a place of their own, so that a search passes over thousands of short rows.
POSTGRES = (
    "ALTER TABLE casework_searchable ALTER COLUMN tokens SET STORAGE EXTERNAL",
    "ALTER TABLE casework_searchable SET (toast_tuple_target = 128)",
    "CREATE INDEX searchable_tokens ON casework_searchable USING gin (tokens)"
    " WITH (gin_pending_list_limit = 1024)",
)
SQLITE = (
    "CREATE TABLE casework_posting (token INTEGER NOT NULL, case_id INTEGER NOT NULL,"
    " PRIMARY KEY (token, case_id)) WITHOUT ROWID",
    "CREATE TRIGGER searchable_new AFTER INSERT ON casework_searchable BEGIN"
    " INSERT OR IGNORE INTO casework_posting SELECT value, NEW.case_id FROM json_each(NEW.tokens);"
    " END",
    "CREATE TRIGGER searchable_gone AFTER DELETE ON casework_searchable BEGIN"
    " DELETE FROM casework_posting WHERE case_id = OLD.case_id"
    " AND token IN (SELECT value FROM json_each(OLD.tokens));"
    " END",
    "CREATE TRIGGER searchable_changed AFTER UPDATE OF tokens ON casework_searchable BEGIN"
    " DELETE FROM casework_posting WHERE case_id = OLD.case_id"
    " AND token IN (SELECT value FROM json_each(OLD.tokens));"
    " INSERT OR IGNORE INTO casework_posting SELECT value, NEW.case_id FROM json_each(NEW.tokens);"
    " END",
)


def install(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in POSTGRES if vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE casework_posting")


class Migration(migrations.Migration):
    dependencies = [("casework", "0001_cases")]

    operations = [
        migrations.CreateModel(
            name="Searchable",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="searchable",
                        serialize=False,
                        to="casework.case",
                    ),
                ),
                ("tokens", xianban.casework.models.TokensField()),
                ("stale", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("stale", True)),
                        fields=["case"],
                        name="searchable_stale",
                    )
                ],
            },
        ),
        migrations.RunPython(install, remove),
    ]
