"""Late cases are counted by a small index, and those that weigh more than their time says by one of their own.

With a million cases of which a tenth is open it takes some seconds on PostgreSQL (docs/running.md).
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0010_counted"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)),
                fields=["district", "street", "unit", "next_due_at"],
                name="case_open_count",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True), ("supporters__gt", 0)),
                fields=["next_due_at", "id", "urgency", "supporters"],
                name="case_open_supported",
            ),
        ),
    ]
