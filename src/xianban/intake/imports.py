"""A file of requests, brought in batch by batch; killed and repeated, it takes each row once."""

import csv
import io
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from importlib.resources import files
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import IO, Any, Literal, Self, TypeVar

from xianban.accounts.api import Actor
from xianban.base.errors import BadInput, Refused
from xianban.base.home import home
from xianban.city import api as city
from xianban.intake.actions import take
from xianban.intake.drafting import Draft, drafted, fault_finder
from xianban.intake.readers import FileRow, opened
from xianban.intake.rules.mapping import ColumnMap, RowReader, fitted, from_source, read_map
from xianban.intake.rules.submission import Fault, Submission

BATCH = 400
OWN_COLUMNS = ("row", "reason")

T = TypeVar("T")


@dataclass(frozen=True)
class Imported:
    """What became of the rows of one file; `differing` of the known ones had other words before."""

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    known: int = 0
    differing: int = 0
    seconds: float = 0.0
    rejected_file: Path | None = None


Progress = Callable[[Imported, float], None]


def map_names() -> list[str]:
    """The maps that come with Xianban."""
    folder = files("xianban.intake") / "maps"
    return sorted(
        Path(entry.name).stem for entry in folder.iterdir() if entry.name.endswith(".toml")
    )


def column_map(named: str, *, source: str = "") -> ColumnMap:
    """A map by its name, or from a TOML file; `source` says whose rows they are, if not the map's."""
    found = _found_map(named)
    return from_source(found, source) if source else found


def _found_map(named: str) -> ColumnMap:
    if named in map_names():
        resource = files("xianban.intake") / "maps" / f"{named}.toml"
        return read_map(resource.read_text("utf-8"), name=named)
    path = Path(named)
    if not path.is_file():
        raise BadInput(
            f"There is no map “{named}”; use {' or '.join(map_names())}, or the path of a TOML file"
        )
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"The map {path.name} is not UTF-8 text; save it as UTF-8") from None
    return read_map(text, name=path.stem)


def import_file(
    path: Path,
    *,
    columns: ColumnMap,
    acting: Actor,
    now: datetime,
    limit: int | None = None,
    limits_from: Literal["received", "now"] = "now",
    progress: Progress | None = None,
) -> Imported:
    """Bring in the rows of a file; those that cannot be taken go to a file that can be corrected.

    Every batch is one transaction. A row is known again by its source and external id, or by its
    content where it has none, so a run that was killed is simply run again. Limits run from now,
    for a list in which all is years late helps nobody; `limits_from="received"` keeps the old ones.
    """
    began = perf_counter()
    here = city.current()
    with ExitStack() as stack:
        table = stack.enter_context(opened(path))
        run = _Run(
            reader=RowReader(_fitting(columns, table.headings, file=path.name), tz=here.tz),
            find_faults=fault_finder(now=now),
            acting=acting,
            now=now,
            limits_from=limits_from,
            rejects=stack.enter_context(Rejects(table.headings)),
            seen=stack.enter_context(Occurrences()),
        )
        ready = (run.read(batch) for batch in batched(islice(table.rows, limit), BATCH))
        for batch in stack.enter_context(closing(one_ahead(ready))):
            run.take(batch)
            if progress:
                progress(replace(run.tally, seconds=perf_counter() - began), table.done())
        kept = run.rejects.keep(path.name, now=now)
    return replace(run.tally, seconds=round(perf_counter() - began, 3), rejected_file=kept)


def _fitting(columns: ColumnMap, headings: Sequence[str], *, file: str) -> ColumnMap:
    """`fitted`; where it refuses, the map of ours that would do is named."""
    try:
        return fitted(columns, headings, file=file)
    except BadInput as reason:
        for name in map_names():
            try:
                fitted(_found_map(name), headings, file=file)
            except BadInput:
                continue
            raise BadInput(f"{reason}; `--map {name}` fits this file") from None
        raise


def batched(rows: Iterator[T], size: int) -> Iterator[list[T]]:
    """Lists of so many, and a shorter last one."""
    while batch := list(islice(rows, size)):
        yield batch


def one_ahead(items: Iterator[T]) -> Generator[T]:
    """The same items, each made in another thread while the one before is dealt with."""
    over = object()
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, over)
        while (item := coming.result()) is not over:
            coming = pool.submit(next, items, over)
            yield item  # type: ignore[misc]


Good = Sequence[tuple[FileRow, Draft]]


@dataclass(frozen=True)
class _Batch:
    """Some rows of the file: those that can be taken, and those that cannot, with their faults."""

    good: Good
    bad: Sequence[tuple[FileRow, Sequence[Fault]]]


@dataclass
class _Run:
    """One import on its way: `read` knows no database and works ahead, `take` writes."""

    reader: RowReader
    find_faults: Callable[[Submission], list[Fault]]
    acting: Actor
    now: datetime
    limits_from: Literal["received", "now"]
    rejects: "Rejects"
    seen: "Occurrences"
    tally: Imported = field(default_factory=Imported)

    def read(self, rows: Sequence[FileRow]) -> _Batch:
        """Rows as drafts, or as faults."""
        good, bad = [], []
        for row in rows:
            said, faults = self._said(row)
            if said is None or faults:
                bad.append((row, faults))
            else:
                good.append((row, self._identified(said)))
        return _Batch(good, bad)

    def _said(self, row: FileRow) -> tuple[Submission | None, list[Fault]]:
        if row.fault:
            return None, [Fault("row", row.fault)]
        said, faults = self.reader.read(row.cells)
        return (said, self.find_faults(said)) if said else (None, faults)

    def _identified(self, said: Submission) -> Draft:
        """The draft with an external id: the row's own, or one made of what it says."""
        draft = drafted(said)
        if said.external_id:
            return draft
        made = f"{draft.digest.hex()}-{self.seen.count(draft.digest)}"
        return replace(draft, said=replace(said, external_id=made))

    def take(self, batch: _Batch) -> None:
        """Write one batch, and put aside what cannot be taken."""
        for row, faults in batch.bad:
            self._reject(row, faults)
        read = self.tally.read + len(batch.good) + len(batch.bad)
        self.tally = replace(self.tally, read=read)
        self._receive(batch.good)

    def _receive(self, good: Good) -> None:
        try:
            receipts = take(
                [draft for _, draft in good],
                acting=self.acting,
                now=self.now,
                changed="keep",
                tell=False,
                taken="now",
                limits_from=self.limits_from,
            )
        except Refused as reason:
            if len(good) == 1:
                self._reject(good[0][0], [Fault("row", str(reason))])
                return
            for one in good:  # one row spoils the batch: find it, keep the others
                self._receive([one])
            return
        created = sum(receipt.created for receipt in receipts)
        self.tally = replace(
            self.tally,
            accepted=self.tally.accepted + created,
            known=self.tally.known + len(receipts) - created,
            differing=self.tally.differing + sum(receipt.differs for receipt in receipts),
        )

    def _reject(self, row: FileRow, faults: Sequence[Fault]) -> None:
        reasons = "; ".join(f"{self.reader.column_of(f.field)}: {f.reason}" for f in faults)
        self.rejects.add(row, reasons)
        self.tally = replace(self.tally, rejected=self.tally.rejected + 1)


class Rejects:
    """Rows that were not taken, with the reason; nameless until the run has ended, so a kill leaves none."""

    def __init__(self, headings: Sequence[str]) -> None:
        self.headings = [h for h in headings if h not in OWN_COLUMNS]
        self.count = 0

    def __enter__(self) -> Self:
        self.file: IO[bytes] = tempfile.TemporaryFile()
        self.text = io.TextIOWrapper(self.file, "utf-8-sig", newline="", write_through=True)
        self.writer = csv.writer(self.text)
        self.writer.writerow([*self.headings, *OWN_COLUMNS])
        return self

    def __exit__(self, *_: object) -> None:
        self.text.close()

    def add(self, row: FileRow, reason: str) -> None:
        """Write down one row as it was, and why it was not taken."""
        cells = [_shown(row.cells.get(heading)) for heading in self.headings]
        self.writer.writerow([*cells, row.number, reason])
        self.count += 1

    def keep(self, name: str, *, now: datetime) -> Path | None:
        """Put the rows where a person finds them; None where there are none."""
        if not self.count:
            return None
        folder = home() / "rejected"
        folder.mkdir(exist_ok=True)
        stem = name.partition(".")[0]
        for path in _free_names(folder / f"{stem}-{now:%Y%m%d-%H%M%S}"):
            try:
                with path.open("xb") as kept:
                    self.text.flush()
                    self.file.seek(0)
                    shutil.copyfileobj(self.file, kept)
                return path
            except FileExistsError:
                continue
        return None


def _free_names(base: Path) -> Iterator[Path]:
    yield base.with_name(f"{base.name}.csv")
    yield from (base.with_name(f"{base.name}-{n}.csv") for n in range(2, 10_000))


def _shown(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return cell.isoformat() if isinstance(cell, date) else cell


class Occurrences:
    """How often each row without an id was seen in this file; on disk, so memory stays flat."""

    def __enter__(self) -> Self:
        self.base = sqlite3.connect(
            "", isolation_level=None, check_same_thread=False
        )  # a file without a name
        self.base.execute("PRAGMA journal_mode=OFF")
        self.base.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY, n INTEGER) WITHOUT ROWID")
        self.base.execute("BEGIN")
        return self

    def __exit__(self, *_: object) -> None:
        self.base.close()

    def count(self, digest: bytes) -> int:
        """The number of this occurrence: 1 for the first."""
        return self.base.execute(
            "INSERT INTO seen VALUES (?, 1) ON CONFLICT DO UPDATE SET n = n + 1 RETURNING n",
            [digest],
        ).fetchone()[0]


__all__ = ["Imported", "column_map", "import_file", "map_names"]
