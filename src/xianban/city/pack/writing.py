"""Rows back to a folder that a person can edit: what `export` and `new` write."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from xianban.base.errors import WrongState
from xianban.city.pack.knowledge import write_knowledge
from xianban.city.pack.settings_file import write_settings
from xianban.city.pack.shapes import write_features
from xianban.city.rules.tables import (
    KNOWLEDGE_FOLDER,
    LAYERS_FILE,
    SETTINGS_FILE,
    SHAPES_FILE,
    SHEETS,
    Table,
)

ENCODING = "utf-8-sig"  # with the mark, spreadsheets in China read it rightly


def write_pack(folder: Path, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Write every file of a pack into a new or empty folder; returns their names."""
    refuse_full(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_settings(folder / SETTINGS_FILE, {row["key"]: row["value"] for row in tables["settings"]})
    for table in SHEETS:
        _write_sheet(folder / table.file, table, tables[table.name])
    if tables["shapes"]:
        write_features(
            folder / SHAPES_FILE, [({"code": r["area"]}, r["geometry"]) for r in tables["shapes"]]
        )
    if tables["layers"]:
        write_features(
            folder / LAYERS_FILE,
            [
                ({k: r[k] for k in ("kind", "name", "weight")}, r["geometry"])
                for r in tables["layers"]
            ],
        )
    write_knowledge(folder / KNOWLEDGE_FOLDER, tables["knowledge"])
    return sorted(path.name for path in folder.iterdir())


def refuse_full(folder: Path) -> None:
    """Refuse a folder that holds anything, so that nobody's work is overwritten."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WrongState(f"{folder} is not empty; name a new folder")


def _write_sheet(path: Path, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding=ENCODING, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(column.name for column in table.columns)
        writer.writerows([_cell(row[column.key]) for column in table.columns] for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(value)
    return value.isoformat() if isinstance(value, date) else str(value)
