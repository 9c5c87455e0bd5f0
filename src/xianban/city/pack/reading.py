"""A folder to rows, as far as it can be read, and what is wrong with the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xianban.base.errors import BadInput
from xianban.city.pack.cells import EMPTY, Wrong, read_cell
from xianban.city.pack.files import Notes, read_cells, read_text
from xianban.city.pack.knowledge import read_knowledge
from xianban.city.pack.settings_file import read_settings
from xianban.city.pack.shapes import read_layers, read_shapes
from xianban.city.rules.findings import Fault, nearest
from xianban.city.rules.tables import (
    KNOWLEDGE_FOLDER,
    LAYERS_FILE,
    SETTINGS_FILE,
    SHAPES_FILE,
    SHEETS,
    Column,
    Table,
)

NOT_SHEETS = ("settings", "shapes", "layers", "knowledge")


@dataclass(frozen=True)
class Pack:
    """A pack as read: rows by table, and the faults of reading. `broken` tables could not be read at all."""

    tables: Mapping[str, list[dict[str, Any]]]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    broken: frozenset[str]

    @property
    def values(self) -> dict[str, Any]:
        """What city.toml states, by dotted key."""
        return {row["key"]: row["value"] for row in self.tables["settings"]}


def read_pack(folder: Path) -> Pack:
    """Read all files of a pack; BadInput only where there is no such folder."""
    if not folder.is_dir():
        raise BadInput(
            f"there is no folder {folder}; name the folder that holds city.toml and areas.csv"
        )
    notes, broken = Notes(), set()
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in NOT_SHEETS}
    if _there(folder / SETTINGS_FILE, notes):
        tables["settings"] = read_settings(folder / SETTINGS_FILE, notes)
    for table in SHEETS:
        rows = _read_sheet(folder, table, notes)
        tables[table.name] = rows or []
        if rows is None or table.file in notes.cut:
            broken.add(table.name)
    if (folder / SHAPES_FILE).exists():
        tables["shapes"] = read_shapes(folder / SHAPES_FILE, notes)
    if (folder / LAYERS_FILE).exists():
        tables["layers"] = read_layers(folder / LAYERS_FILE, notes)
    if (folder / KNOWLEDGE_FOLDER).is_dir():
        tables["knowledge"] = read_knowledge(folder / KNOWLEDGE_FOLDER, notes)
    return Pack(tables, tuple(notes.faults), tuple(notes.warnings), frozenset(broken))


def _there(path: Path, notes: Notes) -> bool:
    if path.exists():
        return True
    notes.fault(path.name, None, "", "is missing", "add it; docs/city-pack.md shows what it holds")
    return False


def _read_sheet(folder: Path, table: Table, notes: Notes) -> list[dict[str, Any]] | None:
    path = folder / table.file
    if not path.exists() and table.optional:
        return []
    if not _there(path, notes) or (text := read_text(path, notes)) is None:
        return None
    rows = read_cells(text, table.file, notes)
    headings = next(rows, None)
    if headings is None:
        notes.fault(table.file, 1, "", "is empty", f"begin with the headings {_headings(table)}")
        return None
    columns = _columns(headings[1], table, notes)
    if columns is None:
        return None
    return [
        row for number, cells in rows if (row := _read_row(number, cells, table, columns, notes))
    ]


def _headings(table: Table) -> str:
    return ",".join(column.name for column in table.columns)


def _columns(headings: list[str], table: Table, notes: Notes) -> list[Column | None] | None:
    """Which column each cell of a row is; None where one that is needed is missing."""
    known = {column.name: column for column in table.columns}
    found = [known.get(heading.lower()) for heading in headings]
    names = [column.name for column in found if column]
    missing = [c for c in table.columns if c.name not in names]
    for at, heading in enumerate(headings):
        if heading and found[at] is None:
            close = nearest(heading.lower(), (c.name for c in missing))
            say = notes.fault if close else notes.warn
            say(table.file, 1, heading, "is not a column of this file", f"it is not used{close}")
    for name in {n for n in names if names.count(n) > 1}:
        notes.fault(table.file, 1, name, "is there twice", "keep one of the two columns")
    needed = [c for c in missing if c.required]
    for column in needed:
        notes.fault(
            table.file,
            1,
            column.name,
            "the column is missing",
            f"the headings are {_headings(table)}",
        )
    return None if needed else found


def _read_row(
    number: int, cells: list[str], table: Table, columns: list[Column | None], notes: Notes
) -> dict[str, Any] | None:
    row: dict[str, Any] = {"id": number, "row": number}
    row |= {column.key: EMPTY.get(column.kind, "") for column in table.columns}
    usable = True
    if any(cells[len(columns) :]):
        notes.fault(
            table.file,
            number,
            "",
            f"has {len(cells)} cells for {len(columns)} columns",
            "put a text that contains a comma into quotation marks",
        )
    for cell, column in zip(cells + [""] * len(columns), columns, strict=False):
        if column is None:
            continue
        try:
            row[column.key] = read_cell(cell, column)
        except Wrong as wrong:
            notes.fault(table.file, number, column.name, wrong.what, wrong.remedy)
            usable = usable and column.key not in table.identity
    return row if usable else None
