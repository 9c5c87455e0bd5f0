"""Counts of open cases by the index alone; cases by the clock that is due next.

With a million cases of which a tenth is open it takes some seconds on PostgreSQL (docs/running.md).
"""

from django.db import migrations, models


# An index answers alone only where the table was tidied: when 2 in 1000 have changed, not a fifth.
TIDIED = "ALTER TABLE {} SET (autovacuum_vacuum_scale_factor = 0.002, autovacuum_analyze_scale_factor = 0.02)"
AS_USUAL = "ALTER TABLE {} RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor)"
TABLES = ("casework_case", "casework_clock")


def tidy_often(apps, schema_editor):
    _say(schema_editor, TIDIED)


def tidy_as_usual(apps, schema_editor):
    _say(schema_editor, AS_USUAL)


def _say(schema_editor, words):
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(words.format(table))


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0009_weighed"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="case",
            name="case_open",
        ),
        migrations.RemoveIndex(
            model_name="case",
            name="case_open_where",
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)),
                fields=[
                    "next_due_at",
                    "id",
                    "state",
                    "urgency",
                    "matter",
                    "district",
                    "street",
                    "unit",
                    "assignee",
                    "received_at",
                    "supporters",
                ],
                name="case_open",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)),
                fields=[
                    "district",
                    "street",
                    "unit",
                    "next_due_at",
                    "id",
                    "state",
                    "urgency",
                    "matter",
                    "supporters",
                ],
                name="case_open_where",
            ),
        ),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(
                condition=models.Q(("state", "running")),
                fields=["kind", "due_at", "case"],
                name="clock_running",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("assignee__isnull", False)),
                fields=["assignee", "-id"],
                name="case_assignee",
            ),
        ),
        migrations.RunPython(tidy_often, tidy_as_usual),
    ]
