"""Bringing a backup back: whole, or not at all."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from xianban.base.errors import BadInput, WrongState
from xianban.base.home import home
from xianban.casework import api as casework
from xianban.city import api as city
from xianban.config.backup.archive import Reading
from xianban.config.backup.places import Place, in_one_line, place
from xianban.config.backup.tables import Table
from xianban.config.backup.writing import ASIDE, home_entries
from xianban.config.setup import RESTORE_UNFINISHED, one_at_a_time

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Restored:
    """What was brought back. `aside` is where the present data were put, if there were any."""

    made_at: str
    version: str
    tables: int
    rows: int
    files: int
    aside: Path | None
    seconds: float


def restore_backup(
    path: Path, *, replace: bool, now: datetime, progress: Progress = lambda _: None
) -> Restored:
    """Bring back database, files and keys; refused where data are, unless `replace`.

    Everything is checked, then built beside what is there; only the last step touches that, and
    puts it aside rather than destroying it. A backup of an older version is brought up to date.
    """
    start = time.monotonic()
    with one_at_a_time("restore"), Reading(path) as backup, ExitStack() as undo:
        progress("checking every byte")
        backup.verify()
        new = place()
        holds_data = new.holds_data()
        if holds_data and not replace:
            raise WrongState(
                "there are data here already; restore into another XIANBAN_HOME and database, "
                "or say --replace to put these aside"
            )
        present = home_entries()
        undo.callback(new.give_up)
        new.open()
        rows = _rebuild(backup, new, progress)
        progress("files")
        staged = Path(tempfile.mkdtemp(prefix=".restoring-", dir=home()))
        undo.callback(shutil.rmtree, staged, ignore_errors=True)
        files = backup.unpack("home/", staged)
        aside = _exchange(new, present, staged, holds_data, now)
        undo.pop_all()
        shutil.rmtree(staged, ignore_errors=True)
    told = backup.manifest
    took = time.monotonic() - start
    return Restored(told["made_at"], told["xianban"], len(told["tables"]), rows, files, aside, took)


def _rebuild(backup: Reading, new: Place, progress: Progress) -> int:
    """Make the tables as they were, fill them, and bring them up to date; the number of rows."""
    progress("making the tables")
    _migrate_to([(app, name) for app, name in backup.manifest["migrations"]])
    rows = 0
    try:
        with new.loading():
            for one in backup.manifest["tables"]:
                progress(one["name"])
                _load(backup, new, one)
                rows += one["rows"]
    except DatabaseError as reason:
        raise BadInput(
            f"the rows of {backup.path} do not fit this database ({in_one_line(reason)}); "
            "nothing was changed"
        ) from reason
    progress("bringing the tables up to date")
    call_command("migrate", verbosity=0, interactive=False)
    progress("the index of words")
    city.forget()  # the one in memory is of another database
    while casework.index_cases().more:
        pass
    return rows


def _load(backup: Reading, new: Place, one: dict[str, Any]) -> None:
    columns = tuple((name, kind) for name, kind in one["columns"])
    table = Table(one["name"], columns, one["key"])
    member = f"tables/{table.name}.tsv"
    new.load(table, backup.chunks(member), backup.lines(member))
    if table.key:
        new.count_on(table, one["last_key"])
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table.name}"')  # noqa: S608
        loaded = cursor.fetchone()[0]
    if loaded != one["rows"]:
        raise BadInput(
            f"{backup.path} promises {one['rows']} rows of {table.name} and holds {loaded}; "
            "nothing was changed"
        )


def _migrate_to(applied: list[tuple[str, str]]) -> None:
    """An empty database taken as far as the backup's had come."""
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    if newer := sorted(set(applied) - set(graph.nodes)):
        raise BadInput(
            f"the backup comes from a newer version (it knows {'.'.join(newer[0])}); "
            "update Xianban, then restore"
        )
    known = set(applied)
    ends = [
        node
        for node in applied
        if not any(child.key in known for child in graph.node_map[node].children)
    ]
    executor.migrate(ends)


def _exchange(
    new: Place, present: list[Path], staged: Path, holds_data: bool, now: datetime
) -> Path | None:
    """The last step: old files aside, new ones in, then the database; undone if any of it fails.

    Where the machine itself stops in between, every command says so until a restore is repeated.
    """
    aside = home() / f"{ASIDE}{now:%Y%m%d-%H%M%S}"
    unfinished = home() / RESTORE_UNFINISHED
    with ExitStack() as undo:
        aside.mkdir(mode=0o700)
        undo.callback(aside.rmdir)
        unfinished.touch()
        undo.callback(unfinished.unlink)
        for old in present:
            _move(old, aside / old.name, undo)
        for fresh in sorted(staged.iterdir()):
            _move(fresh, home() / fresh.name, undo)
        new.put_in_place(aside if holds_data else None)
        undo.pop_all()
    unfinished.unlink()
    if holds_data or _worth_keeping(aside):
        return aside
    shutil.rmtree(aside)
    return None


def _move(source: Path, target: Path, undo: ExitStack) -> None:
    os.rename(source, target)
    undo.callback(os.rename, target, source)


def _worth_keeping(aside: Path) -> bool:
    """Whether a home was in use: a new one has nothing but the key that Django's start makes."""
    files = {path.relative_to(aside).as_posix() for path in aside.rglob("*") if path.is_file()}
    return not files <= {"keys/django"}
