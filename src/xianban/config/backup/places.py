"""A new database beside the present one, filled unseen and put in its place in one step."""

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from django.db import OperationalError, connection, transaction

from xianban.base.errors import Unavailable
from xianban.config.backup.tables import Table

ROWS = 2000
SCHEMA = "xianban_restoring"
NOT_CONTENT = frozenset({"django_content_type", "auth_permission", "django_migrations"})


class Place(Protocol):
    """Where a database is built anew. While it is open, Django's connection goes there."""

    def holds_data(self) -> bool:
        """Whether the present database has rows that somebody made."""

    def open(self) -> None:
        """Make an empty database beside the present one, and go there."""

    def loading(self) -> AbstractContextManager[None]:
        """While rows come in, in any order; at its end every reference must lead somewhere."""

    def load(self, table: Table, chunks: Iterator[bytes], lines: Iterator[bytes]) -> None:
        """Replace the rows of a table; takes what suits it, COPY text in pieces or in lines."""

    def count_on(self, table: Table, last_key: int | None) -> None:
        """Give out keys after `last_key` only, as the old database would have."""

    def put_in_place(self, aside: Path | None) -> None:
        """Exchange new for old; what was there is kept in `aside`, or a schema of that name."""

    def give_up(self) -> None:
        """Remove what was built, and go back."""


def place() -> Place:
    """The place that fits the configured database."""
    return PostgresPlace() if connection.vendor == "postgresql" else SqlitePlace()


def in_one_line(reason: Exception) -> str:
    """What a database said, fit for a sentence."""
    return " ".join(str(reason).split())


class SqlitePlace:
    def __init__(self) -> None:
        self.old = Path(connection.settings_dict["NAME"]).absolute()
        # on the same disk as the old one, so that a rename can put it in place
        self.new = self.old.with_name(f".{self.old.name}.restoring")

    def holds_data(self) -> bool:
        if not self.old.exists() or not self.old.stat().st_size:
            return False
        with connection.cursor() as cursor:
            for name in connection.introspection.table_names(cursor):
                if name not in NOT_CONTENT:
                    cursor.execute(f'SELECT 1 FROM "{name}" LIMIT 1')  # noqa: S608
                    if cursor.fetchone():
                        return True
        return False

    def open(self) -> None:
        self._remove_new()
        self._go(self.new)
        with connection.cursor() as cursor:  # unseen by anyone: safety comes at the end, at once
            cursor.execute("PRAGMA synchronous = OFF")

    @contextmanager
    def loading(self) -> Iterator[None]:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA foreign_keys = OFF")
        yield
        connection.check_constraints()

    def load(self, table: Table, chunks: Iterator[bytes], lines: Iterator[bytes]) -> None:
        marks = ", ".join(["?"] * len(table.columns))
        insert = f'INSERT INTO "{table.name}" ({table.names}) VALUES ({marks})'  # noqa: S608
        read = [_READERS[kind] for _, kind in table.columns]
        connection.ensure_connection()
        raw: sqlite3.Connection = connection.connection
        raw.execute("BEGIN")
        raw.execute(f'DELETE FROM "{table.name}"')  # noqa: S608
        while batch := list(islice(lines, ROWS)):
            raw.executemany(insert, [_row(line, read) for line in batch])
        raw.execute("COMMIT")

    def count_on(self, table: Table, last_key: int | None) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table.name])
            if last_key is not None:
                cursor.execute(
                    "INSERT INTO sqlite_sequence VALUES (%s, %s)", [table.name, last_key]
                )

    def put_in_place(self, aside: Path | None) -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        with self.new.open("rb") as file:
            os.fsync(file.fileno())
        self.new.chmod(0o600)
        self._insist_nobody_uses_the_old()
        if aside and self.old.exists():
            shutil.copyfile(self.old, aside / self.old.name)
        os.replace(self.new, self.old)
        self._go(self.old)

    def give_up(self) -> None:
        connection.close()
        self._remove_new()
        self._go(self.old)

    def _insist_nobody_uses_the_old(self) -> None:
        """The last to leave an SQLite database removes its journal; if it stays, somebody is there."""
        if self.old.exists():
            raw = sqlite3.connect(self.old, timeout=5)
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raw.close()
        if self.old.with_name(self.old.name + "-wal").exists():
            raise Unavailable(f"{self.old} is in use; stop the server and the worker, then restore")

    def _go(self, path: Path) -> None:
        connection.close()
        connection.settings_dict["NAME"] = str(path)

    def _remove_new(self) -> None:
        for end in ("", "-wal", "-shm", "-journal"):
            self.new.with_name(self.new.name + end).unlink(missing_ok=True)


class PostgresPlace:
    def __init__(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_schema()")
                self.schema: str = cursor.fetchone()[0]
        except OperationalError as reason:
            raise Unavailable(
                f"the database does not answer ({in_one_line(reason)}); check XIANBAN_DATABASE_URL"
            ) from reason
        self.options = dict(connection.settings_dict["OPTIONS"])

    def holds_data(self) -> bool:
        with connection.cursor() as cursor:
            for name in self._names(cursor, self.schema):
                if name not in NOT_CONTENT:
                    cursor.execute(f'SELECT 1 FROM "{self.schema}"."{name}" LIMIT 1')  # noqa: S608
                    if cursor.fetchone():
                        return True
        return False

    def open(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP SCHEMA IF EXISTS "{SCHEMA}" CASCADE')
            cursor.execute(f'CREATE SCHEMA "{SCHEMA}"')
        before = self.options.get("options", "")
        self._go({**self.options, "options": f"{before} -c search_path={SCHEMA}".strip()})

    @contextmanager
    def loading(self) -> Iterator[None]:
        with transaction.atomic():  # references are looked at when it ends
            yield

    def load(self, table: Table, chunks: Iterator[bytes], lines: Iterator[bytes]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f'DELETE FROM "{table.name}"')  # noqa: S608
            with cursor.copy(f'COPY "{table.name}" ({table.names}) FROM STDIN') as copy:
                for chunk in chunks:
                    copy.write(chunk)

    def count_on(self, table: Table, last_key: int | None) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)",
                [f'"{table.name}"', table.key, last_key or 1, last_key is not None],
            )

    def put_in_place(self, aside: Path | None) -> None:
        schema = re.sub(r"\W", "_", aside.name) if aside else ""
        with connection.cursor() as cursor:  # or the first queries would be planned blindly
            for name in self._names(cursor, SCHEMA):
                cursor.execute(f'ANALYZE "{SCHEMA}"."{name}"')
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '10s'")
                self._put_aside(cursor, schema)
                for name in self._names(cursor, SCHEMA):
                    cursor.execute(f'ALTER TABLE "{SCHEMA}"."{name}" SET SCHEMA "{self.schema}"')
                for function in self._functions(cursor, SCHEMA):
                    cursor.execute(
                        f'ALTER FUNCTION "{SCHEMA}".{function} SET SCHEMA "{self.schema}"'
                    )
                cursor.execute(f'DROP SCHEMA "{SCHEMA}"')
        except OperationalError as reason:
            raise Unavailable(
                "the database is in use; stop the server and the worker, then restore"
            ) from reason
        self._go(self.options)

    def _put_aside(self, cursor: Any, schema: str) -> None:
        """Move the present tables, and what their triggers call, to another schema; or drop them."""
        if schema:
            cursor.execute(f'CREATE SCHEMA "{schema}"')
        present = set(self._names(cursor, self.schema))
        for name in self._names(cursor, SCHEMA):
            if name in present and schema:
                cursor.execute(f'ALTER TABLE "{self.schema}"."{name}" SET SCHEMA "{schema}"')
            elif name in present:
                cursor.execute(f'DROP TABLE "{self.schema}"."{name}" CASCADE')
        there = set(self._functions(cursor, self.schema))
        for function in self._functions(cursor, SCHEMA):
            if function in there and schema:
                cursor.execute(f'ALTER FUNCTION "{self.schema}".{function} SET SCHEMA "{schema}"')
            elif function in there:
                cursor.execute(f'DROP FUNCTION "{self.schema}".{function} CASCADE')

    def give_up(self) -> None:
        self._go(self.options)
        with connection.cursor() as cursor:
            cursor.execute(f'DROP SCHEMA IF EXISTS "{SCHEMA}" CASCADE')

    def _go(self, options: dict[str, Any]) -> None:
        connection.close()
        connection.settings_dict["OPTIONS"] = options

    def _names(self, cursor: Any, schema: str) -> list[str]:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        return sorted(row[0] for row in cursor.fetchall())

    def _functions(self, cursor: Any, schema: str) -> list[str]:
        """What triggers call, as name(arguments)."""
        cursor.execute(
            """SELECT format('%%I(%%s)', proname, pg_get_function_identity_arguments(p.oid))
               FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
               WHERE n.nspname = %s""",
            [schema],
        )
        return sorted(row[0] for row in cursor.fetchall())


_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}


def _unescape(value: str) -> str:
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda found: _MEANS.get(found[1], found[1]), value)


def _datetime(value: str) -> str:
    """As Django writes it in SQLite, whose order of times is the order of their letters."""
    value = value.removesuffix("+00")
    whole, dot, fraction = value.partition(".")
    return f"{whole}.{fraction:0<6}" if dot else whole


_READERS: dict[str, Callable[[str], Any]] = {
    "int": int,
    "text": _unescape,
    "json": _unescape,
    "float": float,
    "bool": lambda value: value == "t",
    "bytes": lambda value: bytes.fromhex(value[3:]),  # \\x, the backslash escaped
    "datetime": _datetime,
    "date": str,
}


def _row(line: bytes, read: Sequence[Callable[[str], Any]]) -> list[Any]:
    values = line.decode().split("\t")
    return [None if v == "\\N" else r(v) for r, v in zip(read, values, strict=True)]
