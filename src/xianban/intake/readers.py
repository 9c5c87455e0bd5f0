"""Rows out of files that people have: csv (gzipped or not), xlsx, parquet. Streams; knows no Django."""

import codecs
import csv
import gzip
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from xianban.base.errors import BadInput

SAMPLE_BYTES = 1 << 20
CELL_LIMIT = 1 << 24  # a stray quotation mark must not swallow a file into one cell
PARQUET_ROWS = 10_000
SURROGATE = re.compile(r"[\ud800-\udfff]")
DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class FileRow:
    """One row, by heading; `number` is the one a spreadsheet shows. `fault` says why it is unreadable."""

    number: int
    cells: dict[str, Any]
    fault: str = ""


@dataclass(frozen=True)
class Table:
    """An open file: its headings, its rows as a stream, and how much of it has been read (0 to 1)."""

    headings: tuple[str, ...]
    rows: Iterator[FileRow]
    done: Callable[[], float] = field(default=lambda: 0.0)


@contextmanager
def opened(path: Path) -> Iterator[Table]:
    """Open a file of requests; BadInput says in one sentence what is wrong with it and what to do."""
    read = _reader_for(path)
    try:
        with read(path) as table:
            yield table
    except (EOFError, zipfile.BadZipFile, gzip.BadGzipFile) as reason:
        raise BadInput(
            f"{path.name} breaks off or is damaged ({reason}); fetch it again and repeat the import: "
            "rows taken before this point are known and will be skipped"
        ) from reason


def _reader_for(path: Path) -> Callable[[Path], Any]:
    if path.is_dir():
        raise BadInput(f"{path} is a folder; name the file in it")
    if not path.exists():
        raise BadInput(f"There is no file {path}; check the name and the folder")
    if path.stat().st_size == 0:
        raise BadInput(f"{path.name} is empty; it needs a row of headings and rows below it")
    suffixes = [s.lower() for s in path.suffixes]
    kind = suffixes[-1] if suffixes else ""
    if kind == ".gz" and suffixes[-2:-1] in ([".csv"], [".tsv"], [".txt"]):
        kind = suffixes[-2]
    readers = {".csv": _csv, ".tsv": _csv, ".txt": _csv, ".xlsx": _xlsx, ".parquet": _parquet}
    if kind not in readers:
        remedy = (
            "save it as .xlsx or .csv" if kind == ".xls" else "use csv, csv.gz, xlsx or parquet"
        )
        raise BadInput(
            f"{path.name} is of a kind that cannot be read ({kind or 'no ending'}); {remedy}"
        )
    _check_content(path, kind)
    return readers[kind]


def _check_content(path: Path, kind: str) -> None:
    """A wrong ending is the commonest mistake: say it before a parser stumbles."""
    with path.open("rb") as file:
        start = file.read(4)
    found = {b"PK\x03\x04": ".xlsx", b"PAR1": ".parquet", b"\xd0\xcf\x11\xe0": ".xls"}.get(
        start, ""
    )
    if found and found != kind and path.suffix.lower() != ".gz":
        remedy = "save it as .xlsx" if found == ".xls" else f"give it the ending {found}"
        raise BadInput(f"{path.name} is really a {found} file; {remedy}")
    if not found and kind in (".xlsx", ".parquet"):
        raise BadInput(
            f"{path.name} is not a {kind} file inside; save it again as {kind} or as .csv"
        )


def _row(number: int, headings: Sequence[str], values: Sequence[Any]) -> FileRow | None:
    """A row by heading; None where every cell is blank."""
    if all(value is None or value == "" for value in values):
        return None
    extra = [value for value in values[len(headings) :] if value not in (None, "")]
    fault = f"has {len(extra)} more cells than there are headings" if extra else ""
    padded = [*values[: len(headings)], *[None] * (len(headings) - len(values))]
    return FileRow(number, dict(zip(headings, padded, strict=True)), fault)


def _headings(values: Sequence[Any] | None, name: str) -> tuple[str, ...]:
    headings = [str(v).strip() if v is not None else "" for v in values or ()]
    while headings and not headings[-1]:
        headings.pop()
    if not any(headings):
        raise BadInput(f"{name} has no headings in its first row; put the column names there")
    named = [h or f"column {i}" for i, h in enumerate(headings, 1)]
    twice = sorted({h for h in named if named.count(h) > 1})
    if twice:
        raise BadInput(f"{name} has two columns called “{twice[0]}”; rename one of them")
    return tuple(named)


# --- csv ---


@contextmanager
def _csv(path: Path) -> Iterator[Table]:
    size = path.stat().st_size
    with path.open("rb") as raw:
        plain = _unzipped(raw, path)
        encoding = _encoding_of(plain, path.name)
    with path.open("rb") as raw, _unzipped(raw, path) as plain:
        text = io.TextIOWrapper(plain, encoding, errors="surrogateescape", newline="")
        csv.field_size_limit(CELL_LIMIT)
        rows = csv.reader(text, delimiter=_delimiter(text))
        headings = _headings(_first(rows), path.name)
        yield Table(headings, _csv_rows(rows, headings, path.name), lambda: raw.tell() / size)


def _unzipped(raw: IO[bytes], path: Path) -> Any:
    return gzip.GzipFile(fileobj=raw) if path.suffix.lower() == ".gz" else raw


def _first(rows: Iterator[list[str]]) -> list[str] | None:
    return next((row for row in rows if any(cell.strip() for cell in row)), None)


def _encoding_of(plain: Any, name: str) -> str:
    """UTF-8 or GB18030, judged by the first part of the file that is not plain ASCII."""
    chunk = plain.read(SAMPLE_BYTES)
    if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if chunk.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    carried = b""
    while chunk and chunk.isascii():
        carried, chunk = chunk[-64:], plain.read(SAMPLE_BYTES)
    for encoding in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(encoding)().decode(carried + chunk)
        except UnicodeDecodeError:
            continue
        return encoding
    if chunk.decode("utf-8", "ignore").strip("\0"):
        return "utf-8"  # a few broken bytes: those rows are refused one by one
    raise BadInput(f"{name} is neither UTF-8 nor GB18030 text; save it as “CSV UTF-8”")


def _delimiter(text: io.TextIOWrapper) -> str:
    """The separator that the heading row uses most."""
    start = text.readline()
    text.seek(0)
    return max(DELIMITERS, key=start.count)


def _csv_rows(rows: Any, headings: tuple[str, ...], name: str) -> Iterator[FileRow]:
    number = 1
    while True:
        number += 1
        try:
            values = next(rows)
        except StopIteration:
            return
        except csv.Error as reason:
            raise BadInput(
                f"{name} cannot be read at row {number} ({reason}); look for a stray quotation mark there"
            ) from None
        row = _row(number, headings, values)
        if row is not None:
            yield _legible(row)


def _legible(row: FileRow) -> FileRow:
    """The row, faulted where bytes of it could not be read as text."""
    if not any(
        SURROGATE.search(cell) for cell in row.cells.values() if cell and not cell.isascii()
    ):
        return row
    cells = {h: SURROGATE.sub("\ufffd", cell) if cell else cell for h, cell in row.cells.items()}
    return FileRow(row.number, cells, "has bytes that are not text in this file's encoding")


# --- xlsx ---


@contextmanager
def _xlsx(path: Path) -> Iterator[Table]:
    import openpyxl  # slow to import, and most runs do without

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (KeyError, ValueError, OSError) as reason:
        raise BadInput(
            f"{path.name} is not a workbook that can be read ({reason}); save it again as .xlsx"
        ) from None
    with _closing(book):
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(values_only=True)
        headings = _headings(next(rows, None), path.name)
        seen = [1]
        total = max((sheet.max_row or 1) - 1, 1)
        yield Table(headings, _xlsx_rows(rows, headings, seen), lambda: min(seen[0] / total, 1.0))


@contextmanager
def _closing(book: Any) -> Iterator[None]:
    try:
        yield
    finally:
        book.close()


def _xlsx_rows(rows: Any, headings: tuple[str, ...], seen: list[int]) -> Iterator[FileRow]:
    for number, values in enumerate(rows, 2):
        seen[0] = number
        row = _row(number, headings, values)
        if row is not None:
            yield row


# --- parquet ---


@contextmanager
def _parquet(path: Path) -> Iterator[Table]:
    import polars as pl

    try:
        frame = pl.scan_parquet(path)
        headings = _headings(frame.collect_schema().names(), path.name)
        total = max(frame.select(pl.len()).collect().item(), 1)
    except pl.exceptions.PolarsError as reason:
        raise BadInput(
            f"{path.name} cannot be read as parquet ({str(reason).splitlines()[0]}); write it again"
        ) from None
    seen = [0]
    yield Table(headings, _parquet_rows(frame, headings, seen), lambda: min(seen[0] / total, 1.0))


def _parquet_rows(frame: Any, headings: tuple[str, ...], seen: list[int]) -> Iterator[FileRow]:
    number = 1
    for batch in frame.collect_batches(chunk_size=PARQUET_ROWS, maintain_order=True):
        for values in batch.iter_rows():
            number += 1
            seen[0] = number - 1
            row = _row(number, headings, values)
            if row is not None:
                yield row
