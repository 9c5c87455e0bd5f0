"""`city new`: a working pack from nothing but a table of categories."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import chinese_calendar
import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from xianban.base.errors import BadInput
from xianban.city.pack.cells import Wrong, read_cell
from xianban.city.pack.files import Notes, decode, read_cells
from xianban.city.pack.writing import refuse_full, write_pack
from xianban.city.rules.settings import KEYS
from xianban.city.rules.tables import AREAS, FIELDS, MATTERS, URGENCIES, Table

UNKNOWN_CODE = "000000"
KIND = "department"
CHINESE_ZONES = (
    "Asia/Shanghai",
    "Asia/Urumqi",
    "Asia/Chongqing",
    "Asia/Chungking",
    "Asia/Harbin",
    "Asia/Kashgar",
    "PRC",
)
YEARS_BACK, YEARS_AHEAD = 10, 1
# with one unit for each first-level matter, a wrong unit is named less often and put right sooner
# than in a city of many: fewer cases wait for a person
FIRST_THRESHOLD = 0.5
HEADINGS: tuple[tuple[str, ...], ...] = (
    ("一级分类", "一级", "一级类别", "一级事项", "大类", "level1", "level 1", "first"),
    ("二级分类", "二级", "二级类别", "二级事项", "中类", "level2", "level 2", "second"),
    ("三级分类", "三级", "三级类别", "三级事项", "小类", "level3", "level 3", "third"),
)
EXTRA = {"urgency": ("urgency", "紧急程度"), "examples": ("examples", "例句", "示例")}
TABLE_REMEDY = "its headings should be 一级分类, 二级分类, 三级分类 (or level1, level2, level3)"


@dataclass(frozen=True)
class Made:
    """What was written, and what of the table was left out and why."""

    folder: str
    files: tuple[str, ...]
    areas: int
    units: int
    matters: int
    leaves: int
    duties: int
    years: tuple[int, ...]
    remarks: tuple[str, ...]


def make_pack(
    folder: Path,
    *,
    categories: Path,
    area: str,
    on: date,
    timezone: str = "Asia/Shanghai",
    code: str = UNKNOWN_CODE,
) -> Made:
    """A pack with one area, the table's matters, and one unit and duty for each first-level matter."""
    if KEYS["timezone"].read(timezone) is None:
        raise BadInput(f"“{timezone}” is not a time zone; {KEYS['timezone'].remedy}")
    name = _fitting(area.strip(), AREAS, "name", "--area")
    code = _fitting(code.strip(), AREAS, "code", "--code")
    refuse_full(folder)
    rows = _read_table(categories)
    matters, remarks = _matters(rows, categories.name)
    first = [m for m in matters if not m["parent"]]
    days = _known_days(timezone, on)
    tables = {
        **{name: [] for name in FIELDS},
        "settings": _settings(name, timezone),
        "areas": [_row("areas", code=code, name=name, level="city")],
        "unit_kinds": [_row("unit_kinds", code=KIND, name="承办部门")],
        "units": [
            _row("units", code=f"U{m['code']}", name=f"{m['name']}承办单位", kind=KIND, area=code)
            for m in first
        ],
        "matters": matters,
        "duties": [_row("duties", matter=m["code"], lead=f"U{m['code']}") for m in first],
        "calendar": [
            _row("calendar", date=day, working=working, note=note) for day, working, note in days
        ],
    }
    if not days:
        remarks.append("no calendar is known for this time zone: fill in calendar.csv")
    files = write_pack(folder, tables)
    parents = {m["parent"] for m in matters}
    return Made(
        folder=str(folder),
        files=tuple(files),
        areas=1,
        units=len(first),
        matters=len(matters),
        leaves=sum(m["code"] not in parents for m in matters),
        duties=len(first),
        years=tuple(sorted({day.year for day, _, _ in days})),
        remarks=tuple(remarks),
    )


def _fitting(text: str, table: Table, column: str, where: str) -> str:
    """A text as a cell of a pack takes it."""
    try:
        if not text.isprintable():
            raise Wrong("holds characters that cannot be shown", "write plain text on one line")
        return read_cell(text, next(c for c in table.columns if c.name == column))
    except Wrong as wrong:
        raise BadInput(f"{where}: {wrong.what}; {wrong.remedy}") from None


def _row(table: str, **stated: Any) -> dict[str, Any]:
    _, fields = FIELDS[table]
    return {**dict.fromkeys(fields, ""), **NOTHING.get(table, {}), **stated}


NOTHING: Mapping[str, Mapping[str, Any]] = {
    "areas": {"population": None, "lat": None, "lon": None},
    "units": {"always_open": False},
    "duties": {"starts": None, "ends": None},
}


def _settings(name: str, timezone: str) -> list[dict[str, Any]]:
    values = {path: key.default for path, key in KEYS.items()} | {
        "name": name,
        "timezone": timezone,
        "settings.dispatch_threshold": FIRST_THRESHOLD,
    }
    return [{"key": path, "value": value} for path, value in values.items()]


def _known_days(timezone: str, on: date) -> list[tuple[date, bool, str]]:
    """Holidays and shifted working days of the years around, where the zone is Chinese."""
    if timezone not in CHINESE_ZONES:
        return []
    years = range(on.year - YEARS_BACK, on.year + YEARS_AHEAD + 1)
    days = [(day, False, NAMES[name]) for day, name in chinese_calendar.holidays.items()]
    days += [(day, True, f"{NAMES[name]}调休") for day, name in chinese_calendar.workdays.items()]
    return [day for day in sorted(days) if day[0].year in years]


NAMES = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}


@dataclass(frozen=True)
class _Said:
    """One row of the table: the names from the first level down, and what else it tells."""

    number: int
    path: tuple[str, ...]
    urgency: str
    examples: str


def _read_table(path: Path) -> list[_Said]:
    cells = _sheet_rows(path) if path.suffix.lower() in (".xlsx", ".xlsm") else _csv_rows(path)
    if not cells:
        raise BadInput(f"{path.name} has no rows; {TABLE_REMEDY}")
    (_, headings), body = cells[0], cells[1:]
    columns = _find_columns(headings, path.name)
    extra = {name: _column(headings, names) for name, names in EXTRA.items()}
    said, last = [], [""] * len(columns)
    for number, row in body:
        names = [_at(row, at) for at in columns]
        names = _filled(names, last)
        if names[0]:
            last = names
            where = f"{path.name}, row {number}"
            path_ = tuple(_fitting(name, MATTERS, "name", where) for name in names if name)
            said.append(
                _Said(number, path_, _at(row, extra["urgency"]), _at(row, extra["examples"]))
            )
    if not said:
        raise BadInput(f"{path.name} has headings and no categories below them")
    return said


def _filled(names: list[str], last: list[str]) -> list[str]:
    """A row whose first cells are empty (merged cells) takes them from the row above."""
    first = next((n for n, name in enumerate(names) if name), None)
    return names if first is None else last[:first] + names[first:]


def _at(row: Sequence[str], column: int | None) -> str:
    return " ".join(row[column].split()) if column is not None and column < len(row) else ""


def _find_columns(headings: Sequence[str], name: str) -> list[int]:
    found = [_column(headings, names) for names in HEADINGS]
    columns = [at for at in found if at is not None]
    if found[0] is None or found[: len(columns)] != columns:
        raise BadInput(
            f"{name} is not a table of categories: its headings are {', '.join(headings[:6])}; {TABLE_REMEDY}"
        )
    return columns


def _column(headings: Sequence[str], names: Iterable[str]) -> int | None:
    folded = [heading.strip().lower() for heading in headings]
    return next((folded.index(name) for name in names if name in folded), None)


def _sheet_rows(path: Path) -> list[tuple[int, list[str]]]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except FileNotFoundError:
        raise BadInput(f"there is no file {path}") from None
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as reason:
        raise BadInput(
            f"{path.name} is not a workbook that can be read ({reason}); save it as .xlsx or CSV"
        ) from reason
    rows = book.worksheets[0].iter_rows(values_only=True)
    cells = [
        (n, ["" if c is None else str(c).strip() for c in row]) for n, row in enumerate(rows, 1)
    ]
    book.close()
    return [(n, row) for n, row in cells if any(row)]


def _csv_rows(path: Path) -> list[tuple[int, list[str]]]:
    notes = Notes()
    try:
        raw = path.read_bytes()
    except OSError as reason:
        raise BadInput(
            f"{path} cannot be read ({reason.strerror}); give a .xlsx or .csv file"
        ) from reason
    text = decode(raw, path.name, notes)
    rows = list(read_cells(text, path.name, notes)) if text is not None else []
    if notes.faults:
        raise BadInput(str(notes.faults[0]))
    return rows


def _matters(said: Sequence[_Said], name: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Matters with codes in the order of the table; two digits a level, three where a level has over 99."""
    below: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    told: dict[tuple[str, ...], _Said] = {}
    remarks = []
    for row in said:
        if row.path in told:
            remarks.append(
                f"{name}, row {row.number}: {'/'.join(row.path)} is in row {told[row.path].number} already"
            )
            continue
        told[row.path] = row
        for depth in range(len(row.path)):
            children = below.setdefault(row.path[:depth], [])
            if row.path[: depth + 1] not in children:
                children.append(row.path[: depth + 1])
    widths = [
        max(2, *(len(str(len(c))) for path, c in below.items() if len(path) == depth), 2)
        for depth in range(len(HEADINGS))
    ]
    matters: list[dict[str, Any]] = []
    _number((), "", below, told, widths, matters)
    return matters, remarks


def _number(
    path: tuple[str, ...],
    code: str,
    below: Mapping[tuple[str, ...], list[tuple[str, ...]]],
    told: Mapping[tuple[str, ...], _Said],
    widths: Sequence[int],
    matters: list[dict[str, Any]],
) -> None:
    for place, child in enumerate(below.get(path, ()), 1):
        own = f"{code}{place:0{widths[len(path)]}}"
        row = told.get(child)
        urgency = row.urgency.lower() if row and row.urgency.lower() in URGENCIES else ""
        examples = re.sub(r"[｜|]+", "|", row.examples) if row else ""
        matters.append(
            _row(
                "matters",
                code=own,
                parent=code,
                name=child[-1],
                urgency=urgency or ("" if path else "normal"),
                examples=examples,
            )
        )
        _number(child, own, below, told, widths, matters)
