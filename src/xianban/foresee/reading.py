"""A file of requests as a table of texts, and that table as events."""

import gzip
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xianban.base.clock import parse_when
from xianban.base.errors import BadInput

KINDS = (".csv", ".tsv", ".xlsx", ".parquet")
ENCODINGS = ("utf-8-sig", "gb18030")
FORMATS = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
)
# the same of month first and day first; dots and hyphens are read as slashes
MONTH_FIRST = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y")
DAY_FIRST = tuple(form.replace("%m/%d", "%d/%m") for form in MONTH_FIRST)
SHORT_DATE = r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})"
ZONE = r"(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(?:Z|UTC|[+-]\d{2}:?\d{2})$"
NOTHING = ("", "NA", "N/A", "NULL", "null", "None", "nan", "NaN", "-")
EARLIEST, LATEST = np.datetime64("1970-01-02"), np.datetime64("2200-01-01")
REASON = "reason"
COLUMNS_SHOWN = 40
FEW = 0.05  # of rows: more that repeat others are requests that nothing in the file tells apart


@dataclass(frozen=True)
class Columns:
    """Which column holds what; empty where the file has none."""

    time: str
    area: str = ""
    lat: str = ""
    lon: str = ""
    category: str = ""
    text: tuple[str, ...] = ()
    author: str = ""
    id: str = ""
    closed: str = ""

    def named(self) -> list[str]:
        """Every column that was named, once."""
        single = (
            self.time,
            self.area,
            self.lat,
            self.lon,
            self.category,
            self.author,
            self.id,
            self.closed,
        )
        return list(dict.fromkeys(name for name in (*single, *self.text) if name))


@dataclass(frozen=True, eq=False)
class Events:
    """What happened, one for each row that could be read; oldest first.

    `when` to the second, as the file says it (no zone). `area` and `category` are codes into
    `areas` and `categories`, -1 where the row names none. `xy` is NaN where there are none;
    `degrees` says whether they are latitude and longitude (x is the longitude) or a plane.
    """

    when: NDArray[np.datetime64]
    area: NDArray[np.int64]
    areas: tuple[str, ...]
    category: NDArray[np.int64]
    categories: tuple[str, ...]
    xy: NDArray[np.float64]
    degrees: bool
    texts: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    closed: tuple[np.datetime64, ...] = ()

    def __len__(self) -> int:
        return len(self.when)

    @property
    def day(self) -> NDArray[np.datetime64]:
        return self.when.astype("datetime64[D]")

    @property
    def placed(self) -> NDArray[np.bool_]:
        return np.asarray(np.isfinite(self.xy).all(axis=1))

    def only(self, chosen: NDArray[Any]) -> "Events":
        """The events of a mask or of positions."""
        places = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        return Events(
            self.when[places], self.area[places], self.areas, self.category[places],
            self.categories, self.xy[places], self.degrees,
            tuple(self.texts[i] for i in places) if self.texts else (),
            tuple(self.authors[i] for i in places) if self.authors else (),
            tuple(self.closed[i] for i in places) if self.closed else (),
        )  # fmt: skip


@dataclass(frozen=True)
class Read:
    """What a file held: its events, the rows that are none, and what was noticed on the way."""

    events: Events
    rows: int
    rejected: pl.DataFrame = field(repr=False)
    repeated: int = 0
    repeated_ids: int = 0
    broken_places: int = 0
    month_first: str = ""
    """A date that was read month first though nothing says so; empty where there is none."""
    alike: int = 0
    """Rows that repeat another and were counted: too many to be slips of the hand."""


def read(path: Path, columns: Columns) -> Read:
    """The events of a file, in order of time.

    BadInput where there is no such file, it is of another kind, a column is missing, or no row has
    a time that can be read. A row without a readable time goes to `rejected`, with the reason; a
    row that repeats another to the letter counts once, unless there are so many that nothing in the
    file can tell its requests apart.
    """
    table = read_table(path)
    _must_have(table, columns, path)
    rows = table.height
    if not rows:
        raise BadInput(f"{path.name} has headings and no rows; give a file with requests in it")
    table = table.with_row_index("__row", offset=2)
    names = [name for name in table.columns if name != "__row"]
    alone = table.unique(subset=names, keep="first", maintain_order=True)
    repeated, alike = rows - alone.height, 0
    if not columns.id and repeated > FEW * rows:
        alone, repeated, alike = table, 0, repeated
    repeated_ids = _repeats(alone, columns.id)
    if columns.id:
        first = alone.filter(_blank(columns.id))
        alone = pl.concat(
            [
                first,
                alone.filter(~_blank(columns.id)).unique(
                    columns.id, keep="first", maintain_order=True
                ),
            ]
        ).sort("__row")
    when, reasons, month_first = _times(alone[columns.time])
    bad = np.array([bool(reason) for reason in reasons])
    rejected = (
        alone.filter(pl.Series(bad))
        .drop("__row")
        .insert_column(0, alone["__row"].filter(pl.Series(bad)).alias("row"))
    )
    rejected = rejected.with_columns(pl.Series(REASON, [r for r in reasons if r], dtype=pl.String))
    if bad.all():
        raise BadInput(
            f"{path.name}, column {columns.time}: no row has a time that can be read ({reasons[0]}); "
            "name the column that says when each request came"
        )
    good = alone.filter(pl.Series(~bad))
    events, broken = _events(good, when[~bad], columns)
    return Read(events, rows, rejected, repeated, repeated_ids, broken, month_first, alike)


def read_table(path: Path) -> pl.DataFrame:
    """Every cell as text (parquet's times in ISO), gzipped or not."""
    name = path.name.lower()
    plain = name.removesuffix(".gz")
    if path.is_dir():
        raise BadInput(f"{path} is a folder; name a file in it")
    if not path.is_file():
        raise BadInput(f"There is no file {path}; check the name")
    kind = next((kind for kind in KINDS if plain.endswith(kind)), "")
    if not kind:
        raise BadInput(f"{path.name} is none of {', '.join(KINDS)} (or one of these with .gz)")
    if not path.stat().st_size:
        raise BadInput(f"{path.name} is empty; give a file with headings and rows")
    try:
        content = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
        if kind == ".parquet":
            return pl.read_parquet(BytesIO(content)).select(pl.all().cast(pl.String))
        if kind == ".xlsx":
            return _sheet(content)
        return _delimited(content, "\t" if kind == ".tsv" else ",", path)
    except (OSError, EOFError, zipfile.BadZipFile, pl.exceptions.PolarsError) as reason:
        raise BadInput(
            f"{path.name} cannot be read as {kind[1:]} ({str(reason).splitlines()[0][:120]}); save it again"
        ) from reason


def _delimited(content: bytes, separator: str, path: Path) -> pl.DataFrame:
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")  # what spreadsheets call Unicode text
    for encoding in ("utf-16",) if wide else ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        head = text.partition("\n")[0]
        if separator == ",":  # spreadsheets of some countries write semicolons
            separator = max(",;\t", key=head.count)
        return pl.read_csv(
            text.encode(), separator=separator, infer_schema=False, truncate_ragged_lines=True
        )
    raise BadInput(f"{path.name} is neither UTF-8 nor GB18030 text; save it as UTF-8")


def _sheet(content: bytes) -> pl.DataFrame:
    from openpyxl import load_workbook

    rows = (
        load_workbook(BytesIO(content), read_only=True, data_only=True)
        .worksheets[0]
        .iter_rows(values_only=True)
    )
    head = [str(cell or f"column {n}").strip() for n, cell in enumerate(next(rows, ()), 1)]
    cells = [
        [_shown(cell) for cell in row[: len(head)]]
        for row in rows
        if any(c is not None for c in row)
    ]
    return pl.DataFrame(cells, schema=dict.fromkeys(head, pl.String), orient="row")


def _shown(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _must_have(table: pl.DataFrame, columns: Columns, path: Path) -> None:
    missing = [name for name in columns.named() if name not in table.columns]
    if missing:
        folded = {name.casefold(): name for name in table.columns}
        near = get_close_matches(missing[0].casefold(), folded, 1)
        meant = f" (perhaps {folded[near[0]]})" if near else ""
        shown = ", ".join(table.columns[:COLUMNS_SHOWN])
        more = table.width - COLUMNS_SHOWN
        rest = f" and {more} more" if more > 0 else ""
        raise BadInput(f"{path.name} has no column “{missing[0]}”{meant}; it has {shown}{rest}")
    if bool(columns.lat) != bool(columns.lon):
        raise BadInput("A place needs both --lat and --lon; name the other column too")


def _blank(name: str) -> pl.Expr:
    return pl.col(name).is_null() | pl.col(name).str.strip_chars().is_in(NOTHING)


def _repeats(table: pl.DataFrame, name: str) -> int:
    if not name:
        return 0
    known = table.filter(~_blank(name))
    return known.height - known[name].n_unique()


def _times(cells: pl.Series) -> tuple[NDArray[np.datetime64], list[str], str]:
    """Each cell as a time; "" or why there is none; a date that may be meant day first.

    Each form is read in one pass over what is left. A zone is dropped: the file's own clock counts.
    """
    cells = cells.str.strip_chars().str.replace(ZONE, "$1").cast(pl.String)
    cells = cells.str.replace(SHORT_DATE, "$1/$2/$3")
    found = pl.Series([None] * len(cells), dtype=pl.Datetime("us"))
    forms, doubtful = _order(cells)
    for form in (*FORMATS, *forms):
        if not (cells.is_not_null() & found.is_null()).any():
            break
        kind = pl.Datetime("us") if "%H" in form or "%I" in form else pl.Date
        more = cells.str.strptime(kind, form, strict=False).cast(pl.Datetime("us"))
        found = found.fill_null(more) if found.null_count() else found
    when = found.to_numpy().astype("datetime64[s]")
    reasons = [""] * len(cells)
    for i in np.flatnonzero(np.isnat(when)).tolist():
        cell = cells[i]
        if cell is None or cell in NOTHING:
            reasons[i] = "it has no time"
            continue
        try:
            read = parse_when(cell, tz=UTC).replace(tzinfo=None)
            when[i] = np.datetime64(read, "s")
        except BadInput as reason:
            reasons[i] = str(reason)
    for i in np.flatnonzero(~np.isnat(when) & ((when < EARLIEST) | (when > LATEST))).tolist():
        reasons[i] = f"“{cells[i]}” is no time at which a request can have come"
    return when, reasons, doubtful


def _order(cells: pl.Series) -> tuple[tuple[str, ...], str]:
    """Whether 03/04/2026 is in March or in April, as the other dates of the file say."""
    short = cells.drop_nulls().str.extract_groups(SHORT_DATE).struct.unnest().drop_nulls()
    if not short.height:
        return MONTH_FIRST, ""
    first, second = (short[name].cast(pl.Int64).max() for name in short.columns[:2])
    if int(first) > 12 and int(second) <= 12:  # type: ignore[arg-type]
        return DAY_FIRST, ""
    told = int(second) > 12  # type: ignore[arg-type]
    return MONTH_FIRST, "" if told else "/".join(short.row(0))


def _events(
    table: pl.DataFrame, when: NDArray[np.datetime64], columns: Columns
) -> tuple[Events, int]:
    order = np.argsort(when, kind="stable")
    area, areas = _coded(table, columns.area)
    category, categories = _coded(table, columns.category)
    xy, degrees, broken = _places(table, columns)
    texts = _joined(table, columns.text)
    authors = tuple((table[columns.author].fill_null("")).to_list()) if columns.author else ()
    closed = tuple(_times(table[columns.closed])[0]) if columns.closed else ()
    events = Events(when, area, areas, category, categories, xy, degrees, texts, authors, closed)
    return events.only(order), broken


def _coded(table: pl.DataFrame, name: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Codes into the labels, most frequent first; -1 where the cell says nothing.

    Bare numbers get the heading before them: nobody knows what “7” is.
    """
    if not name:
        return np.full(table.height, -1), ()
    cells = table.select(
        pl.when(_blank(name)).then(None).otherwise(pl.col(name).str.strip_chars()).alias("label")
    )["label"]
    counted = cells.drop_nulls().value_counts().sort("count", "label", descending=[True, False])
    labels = counted["label"].to_list()
    code = {label: place for place, label in enumerate(labels)}
    codes = np.array([code.get(cell, -1) for cell in cells.to_list()], dtype=np.int64)
    if sum(label.replace(".", "").isdigit() for label in labels) > len(labels) / 2:
        heading = name.replace("_", " ").strip()
        labels = [f"{heading} {label.removesuffix('.0')}" for label in labels]
    return codes, tuple(labels)


def _places(table: pl.DataFrame, columns: Columns) -> tuple[NDArray[np.float64], bool, int]:
    """x (longitude) and y (latitude), whether they are degrees, and how many are there but senseless."""
    if not columns.lat:
        return np.full((table.height, 2), np.nan), True, 0
    numbers = [_number(table[name]).to_numpy() for name in (columns.lon, columns.lat)]
    xy = np.column_stack(numbers).astype(np.float64)
    xy[~np.isfinite(xy).all(axis=1)] = np.nan
    here = np.isfinite(xy[:, 0])
    inside = (np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) <= 90)
    degrees = bool(not here.any() or inside[here].mean() >= 0.5)
    senseless = here & ((~inside if degrees else np.zeros_like(here)) | (xy == 0).all(axis=1))
    senseless |= here & ~senseless & _far_off(xy, here & ~senseless)
    xy[senseless] = np.nan
    return xy, degrees, int(senseless.sum())


def _number(cells: pl.Series) -> pl.Series:
    """Numbers as people write them: 875,854.9 with a comma for thousands, 41,88 with one for a point."""
    cells = cells.str.strip_chars()
    commas = cells.drop_nulls().filter(cells.drop_nulls().str.contains(",", literal=True))
    if len(commas):
        whole = commas.str.extract(r"^-?(\d{1,3}),\d+$").cast(pl.Int64)
        decimal = not whole.null_count() and int(whole.max() or 0) <= 180  # type: ignore[arg-type]
        cells = cells.str.replace_all(",", "." if decimal else "", literal=True)
    return cells.cast(pl.Float64, strict=False)


def _far_off(xy: NDArray[np.float64], here: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Points so far from all others that they are slips of the pen: 20 times the middle spread."""
    if here.sum() < 20:
        return np.zeros(len(xy), dtype=bool)
    middle = np.median(xy[here], axis=0)
    spread = np.median(np.abs(xy[here] - middle), axis=0)
    return (np.abs(xy - middle) > 20 * np.maximum(spread, 1e-6)).any(axis=1) & here


def _joined(table: pl.DataFrame, names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    parts = [table[name].fill_null("").str.strip_chars().to_list() for name in names]
    return tuple("\n".join(filter(None, cells)) for cells in zip(*parts, strict=True))
