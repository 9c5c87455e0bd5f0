"""Nothing is forgotten: every table and every kind of column has its place in a backup."""

from django.db import connection

from xianban.config.backup.places import _READERS, _datetime, _row
from xianban.config.backup.tables import LEFT_OUT, tables


def test_every_table_is_in_a_backup_or_left_out_on_purpose(db):
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
    of_sqlite = {"casework_posting"} if connection.vendor != "sqlite" else set()
    assert present == {t.name for t in tables()} | LEFT_OUT - of_sqlite | {"django_migrations"}


def test_copy_lines_are_read_as_they_were_written():
    line = b"12\tzwei\\tdrei\\n\\\\N\t\\N\tt\t\\\\x00ff\t2026-11-22 01:02:03.5+00"
    kinds = ("int", "text", "text", "bool", "bytes", "datetime")
    assert _row(line, [_READERS[kind] for kind in kinds]) == [
        12,
        "zwei\tdrei\n\\N",
        None,
        True,
        b"\x00\xff",
        "2026-11-22 01:02:03.500000",
    ]


def test_times_without_fraction_stay_so():
    assert _datetime("2026-11-22 01:02:03+00") == "2026-11-22 01:02:03"
