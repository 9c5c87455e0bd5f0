"""Writing a backup while the city runs."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from xianban import __version__
from xianban.base.errors import BadInput
from xianban.base.home import home
from xianban.config.backup.archive import CHUNK, Writing, written_whole
from xianban.config.backup.snapshots import Snapshot, snapshot
from xianban.config.backup.tables import Table, tables

Progress = Callable[[str], None]
ASIDE = "replaced-"  # what a restore put aside is not part of the city


@dataclass(frozen=True)
class Written:
    """What went into a backup."""

    path: Path
    bytes: int
    tables: int
    rows: int
    files: int
    seconds: float


def write_backup(path: Path, *, now: datetime, progress: Progress = lambda _: None) -> Written:
    """Write the database as it is at one moment, the home's files and its keys to a new file.

    Nobody waits meanwhile. Files are read after that moment, so that each one a row speaks of is
    there; one that is newer than its row does no harm.
    """
    path = path.absolute()
    if not path.parent.is_dir():
        raise BadInput(f"there is no folder {path.parent}")
    if path.exists():
        raise BadInput(f"{path} is there already; give the backup another name")
    start = time.monotonic()
    with written_whole(path) as file:
        archive = Writing(file)
        with snapshot() as still:
            described = [_write_table(table, still, archive, progress) for table in tables()]
            files = _write_files(archive, path, progress)
        archive.finish(
            {
                "xianban": __version__,
                "made_at": now.isoformat(),
                "database": connection.vendor,
                "migrations": applied_migrations(),
                "tables": described,
            }
        )
    rows = sum(one["rows"] for one in described)
    size = path.stat().st_size
    return Written(path, size, len(described), rows, files, time.monotonic() - start)


def applied_migrations() -> list[list[str]]:
    """What the database has been through, as far as this version knows it."""
    loader = MigrationLoader(connection)
    return sorted(list(key) for key in loader.applied_migrations if key in loader.graph.nodes)


def database_files() -> set[Path]:
    """The files of an SQLite database, which are not to be copied as files."""
    if connection.vendor != "sqlite":
        return set()
    path = Path(connection.settings_dict["NAME"]).absolute()
    return {path.with_name(path.name + end) for end in ("", "-wal", "-shm", "-journal")}


def home_entries() -> list[Path]:
    """What of the home belongs to the city: not the database, not locks, not what was put aside."""
    database = database_files()
    return sorted(
        entry
        for entry in home().iterdir()
        if entry not in database and not entry.name.startswith((".", ASIDE))
    )


def _write_table(
    table: Table, still: Snapshot, archive: Writing, progress: Progress
) -> dict[str, Any]:
    progress(table.name)
    rows = archive.add(f"tables/{table.name}.tsv", still.rows(table))
    last = still.next_key(table) if table.key else None
    columns = [list(column) for column in table.columns]
    return {
        "name": table.name,
        "columns": columns,
        "key": table.key,
        "rows": rows,
        "last_key": last,
    }


def _write_files(archive: Writing, target: Path, progress: Progress) -> int:
    """All files of the home but the backup itself; how many."""
    count = 0
    for entry in home_entries():
        progress(entry.name)
        for path in sorted(entry.rglob("*")) if entry.is_dir() else [entry]:
            if path.is_file() and not path.is_symlink() and path not in (target, *_parts(target)):
                count += _write_file(archive, path)
    return count


def _parts(target: Path) -> list[Path]:
    return list(target.parent.glob(f".{target.name}.*.part"))


def _write_file(archive: Writing, path: Path) -> int:
    try:
        file = path.open("rb")
    except FileNotFoundError:  # removed since we looked: the snapshot's rows do not need it
        return 0
    with file:
        archive.add(f"home/{path.relative_to(home()).as_posix()}", _pieces(file.fileno()))
    return 1


def _pieces(descriptor: int) -> Iterator[bytes]:
    while chunk := os.read(descriptor, CHUNK):
        yield chunk
