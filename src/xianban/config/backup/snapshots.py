"""Reading a database as it is at one moment, while others go on writing.

Rows come as PostgreSQL's COPY writes them: a line each, columns between tabs, \\N for null, times
in UTC. PostgreSQL does that itself; SQLite is asked for the same in SQL, which is far quicker than
building lines in Python.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from django.db import connection

from xianban.config.backup.tables import Table

ROWS = 2000


class Snapshot(Protocol):
    """A database that stands still."""

    def rows(self, table: Table) -> Iterator[bytes]:
        """The rows as COPY lines, in pieces of whole lines or less."""

    def next_key(self, table: Table) -> int | None:
        """The greatest key that was ever given out; None where none was."""


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """The configured database at this moment, through a connection of its own."""
    if connection.vendor == "postgresql":
        with _postgres() as found:
            yield found
    else:
        with _sqlite() as found:
            yield found


class SqliteSnapshot:
    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw

    def rows(self, table: Table) -> Iterator[bytes]:
        line = " || char(9) || ".join(
            f"coalesce({_as_copy(name, kind)}, '\\N')" for name, kind in table.columns
        )
        cursor = self.raw.execute(f'SELECT {line} || char(10) FROM "{table.name}"')  # noqa: S608
        while rows := cursor.fetchmany(ROWS):
            yield "".join(row[0] for row in rows).encode()

    def next_key(self, table: Table) -> int | None:
        found = self.raw.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = ?", [table.name]
        ).fetchone()
        return found[0] if found else None


def _as_copy(name: str, kind: str) -> str:
    """The SQL that writes a column of SQLite as COPY would."""
    column = f'"{name}"'
    if kind in ("text", "json"):
        text = f"replace({column}, '\\', '\\\\')"
        for code, letter in ((9, "t"), (10, "n"), (13, "r")):
            text = f"replace({text}, char({code}), '\\{letter}')"
        return text
    return {
        "int": column,
        "float": f"float_text({column})",
        "bool": f"CASE {column} WHEN 0 THEN 'f' WHEN 1 THEN 't' END",
        "bytes": f"CASE WHEN {column} NOT NULL THEN '\\\\x' || lower(hex({column})) END",
        "datetime": f"CASE WHEN instr({column}, '+') THEN {column} ELSE {column} || '+00' END",
        "date": column,
    }[kind]


@contextmanager
def _sqlite() -> Iterator[Snapshot]:
    # read-only, and a plain BEGIN: in WAL mode the first read fixes the moment, and stops no writer
    path = connection.settings_dict["NAME"]
    uri = f"{Path(path).absolute().as_uri()}?mode=ro"
    raw = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30)
    # SQLite's own printing of floats loses the last digits
    raw.create_function("float_text", 1, lambda value: None if value is None else repr(value))
    try:
        raw.execute("BEGIN")
        raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield SqliteSnapshot(raw)
    finally:
        raw.close()


class PostgresSnapshot:
    def __init__(self, raw: "psycopg.Connection[Any]") -> None:
        self.raw = raw

    def rows(self, table: Table) -> Iterator[bytes]:
        statement = f'COPY (SELECT {table.names} FROM "{table.name}") TO STDOUT'  # noqa: S608
        with psycopg.Cursor(self.raw) as cursor, cursor.copy(statement) as copy:
            for chunk in copy:
                yield bytes(chunk)

    def next_key(self, table: Table) -> int | None:
        with psycopg.Cursor(self.raw) as cursor:
            cursor.execute(
                "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass)",
                [f'"{table.name}"', table.key],
            )
            found = cursor.fetchone()
        return found[0] if found else None


@contextmanager
def _postgres() -> Iterator[Snapshot]:
    own = connection.copy()
    own.ensure_connection()
    try:
        with own.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL TimeZone = 'UTC'")
            cursor.execute("SET LOCAL DateStyle = 'ISO, YMD'")
            cursor.execute("SET LOCAL bytea_output = 'hex'")
            cursor.execute("SET LOCAL extra_float_digits = 1")
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")  # fixes the moment
        yield PostgresSnapshot(own.connection)
    finally:
        own.close()
