"""Many rows into one table as fast as the database takes them.

An ORM prepares every value of every row in Python; with a thousand cases a second that is most of
the work. Here rows go by COPY (PostgreSQL) or one prepared statement (SQLite). Knows databases and
a model's columns, but no framework: whoever calls hands in both.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from itertools import count as naturals
from itertools import islice, repeat
from operator import itemgetter
from typing import Any

FEW = 4  # up to here one statement beats COPY
PART = 500  # rows in a statement, well below the limit of 65,535 values

Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class _Plan:
    """How the objects of one model become rows of its table."""

    table: str
    columns: tuple[str, ...]
    values: Callable[[dict[str, Any]], tuple[Any, ...]]
    conversions: tuple[tuple[int, Convert], ...]

    def row(self, item: Any) -> Sequence[Any]:
        values = self.values(item.__dict__)
        if not self.conversions:
            return values
        changed = list(values)
        for place, convert in self.conversions:
            if changed[place] is not None:
                changed[place] = convert(changed[place])
        return changed


def insert_rows(items: Sequence[Any], *, connection: Any, skip_conflicts: bool = False) -> None:
    """Insert model objects of one kind, in the caller's transaction; keys that are None are made.

    As with the ORM's bulk insert no signals are sent; unlike it, made keys are not given back:
    `insert_keyed` does that. With `skip_conflicts`, rows that some constraint forbids to be there
    twice are left out.
    """
    if not items:
        return
    plan = _plan_for(type(items[0]), connection.vendor, items[0].pk is not None)  # type: ignore[arg-type]
    rows = map(plan.row, items)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.executemany(_statement(plan, 1, skip_conflicts), list(rows))
    elif skip_conflicts or len(items) <= FEW:
        for _ in range(0, len(items), PART):
            _execute(plan, list(islice(rows, PART)), connection, skip_conflicts)
    else:
        _copy(plan, rows, connection)


def insert_keyed(items: Sequence[Any], *, connection: Any) -> None:
    """Insert new model objects and give each its key."""
    if len(items) == 1:
        plan = _plan_for(type(items[0]), connection.vendor, False)  # type: ignore[arg-type]
        items[0].pk = _execute(plan, [plan.row(items[0])], connection, returning=True)
        return
    keys = fresh_keys(type(items[0]), len(items), connection=connection) if items else []
    for item, key in zip(items, keys, strict=True):
        item.pk = key
    insert_rows(items, connection=connection)


def fresh_keys(model: Any, count: int, *, connection: Any) -> list[int]:
    """Keys for rows about to be inserted; nobody else gets them.

    On SQLite they are only safe inside the write transaction, which has no other writer beside it.
    """
    if not count:
        return []
    table = model._meta.db_table
    if connection.vendor == "postgresql":
        return [row[0] for row in ask(_NEXT, [table, count], connection=connection)]
    last = ask("SELECT seq FROM sqlite_sequence WHERE name = %s", [table], connection=connection)
    start = (last[0][0] if last else 0) + 1
    return list(range(start, start + count))


_NEXT = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"


@contextmanager
def together(*, connection: Any) -> Iterator[None]:
    """Send statements without waiting for each; what is asked for an answer waits for all before it.

    Saves the way to the server and back for most statements of a transaction. Errors of a statement
    may show only at the next wait, at the latest at the end: wrap the whole transaction. For few rows:
    COPY does not go together with anything.
    """
    if connection.vendor != "postgresql":
        yield
        return
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def ask(
    statement: str,
    values: Sequence[Any],
    *,
    connection: Any,
    answer: bool = True,
    numbered: bool = False,
) -> list[tuple[Any, ...]]:
    """The rows that a statement gives, if any; for those that are asked again and again.

    On PostgreSQL values travel beside the statement, so that the server plans it once and not each
    time; the ORM's own cursors paste them into the text. A `numbered` statement has PostgreSQL's own
    marks ($1, $2) and is not read by the driver, which pays for long ones.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if answer else []
    from psycopg import Cursor, RawCursor

    kind = RawCursor if numbered else Cursor
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors, kind(connection.connection) as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if answer else []


@lru_cache(maxsize=256)
def _plan_for(model: Any, vendor: str, with_key: bool) -> _Plan:
    fields = [f for f in model._meta.concrete_fields if with_key or not f.primary_key]
    found = ((place, _conversion(field, vendor)) for place, field in enumerate(fields))
    return _Plan(
        table=model._meta.db_table,
        columns=tuple(field.column for field in fields),
        values=itemgetter(*(field.attname for field in fields)),
        conversions=tuple((place, convert) for place, convert in found if convert),
    )


def _conversion(field: Any, vendor: str) -> Convert | None:
    kind = field.get_internal_type()
    if kind == "JSONField":
        return json.JSONEncoder(ensure_ascii=False).encode
    if kind == "DateTimeField" and vendor == "sqlite":
        return _sqlite_time
    return None


def _sqlite_time(value: Any) -> str:
    """A UTC time as the ORM writes it to SQLite, so that all compare as text."""
    if value.utcoffset():
        value = value.astimezone(UTC)
    return str(value.replace(tzinfo=None))


@lru_cache(maxsize=1024)
def _statement(
    plan: _Plan, count: int, skip_conflicts: bool, returning: bool = False, numbered: bool = False
) -> str:
    columns = ", ".join(f'"{column}"' for column in plan.columns)
    marks = (f"${n}" for n in naturals(1)) if numbered else repeat("%s")
    places = ", ".join(f"({', '.join(islice(marks, len(plan.columns)))})" for _ in range(count))
    end = " ON CONFLICT DO NOTHING" if skip_conflicts else ""
    end += ' RETURNING "id"' if returning else ""
    return f'INSERT INTO "{plan.table}" ({columns}) VALUES {places}{end}'  # noqa: S608 (names of ours)


def _execute(
    plan: _Plan,
    rows: Sequence[Sequence[Any]],
    connection: Any,
    skip_conflicts: bool = False,
    returning: bool = False,
) -> Any:
    """Run one insert of a few rows; the key of the (one) row with `returning`."""
    numbered = connection.vendor == "postgresql"
    statement = _statement(plan, len(rows), skip_conflicts, returning, numbered)
    values = [value for row in rows for value in row]
    found = ask(statement, values, connection=connection, answer=returning, numbered=numbered)
    return found[0][0] if returning else None


def _copy(plan: _Plan, rows: Any, connection: Any) -> None:
    columns = ", ".join(f'"{column}"' for column in plan.columns)
    statement = f'COPY "{plan.table}" ({columns}) FROM STDIN'
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row(row)


__all__ = ["ask", "fresh_keys", "insert_keyed", "insert_rows", "together"]
