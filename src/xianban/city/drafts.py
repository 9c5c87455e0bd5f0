"""Packs that are looked at before they are loaded: what each would change, kept until it is decided."""

import io
import uuid
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from xianban.base.clock import utc_now
from xianban.base.errors import NotFound, WrongState
from xianban.city.actions import Loaded, digest_of, load
from xianban.city.models import MODELS, PackDraft, PackLoad
from xianban.city.pack.reading import read_pack
from xianban.city.pack.zipped import lay_out, unzip, zip_files, zip_tables
from xianban.city.queries import current, newest_load, open_rows, rows_after, rows_on
from xianban.city.rules.build import build_city
from xianban.city.rules.checking import check_pack
from xianban.city.rules.city import Tables
from xianban.city.rules.comparing import Comparison, Load, Moved, TableChange, compare, moved
from xianban.city.rules.findings import Report
from xianban.city.rules.settings import zone_from

KEPT = timedelta(days=30)
SHOWN = 300  # rows, faults or findings of one kind that are kept; all are counted


@dataclass(frozen=True)
class Draft:
    """A pack that waits for a decision. `found` is what `preview` says of it."""

    token: str
    name: str
    made_at: datetime
    actor: str
    stale: bool  # another pack was loaded since it was compared
    found: Mapping[str, Any]


def preview(folder: Path | str, *, now: datetime, loads: Iterable[Load] = ()) -> dict[str, Any]:
    """What loading a pack would change, as plain JSON: faults, rows, gaps, overlaps, open cases.

    `loads` are the open cases by matter, area and unit. Nothing is written.
    """
    folder = Path(folder)
    pack = read_pack(folder)
    on = now.astimezone(zone_from(pack.values)).date()
    report = check_pack(pack, on=on)
    found = _report(report) | {"pack": folder.absolute().name, "on": on.isoformat()}
    if not report.sound:
        return found
    before: Tables = {name: open_rows(name) for name in MODELS}
    compared = compare(before, pack.tables, on=on)
    last = newest_load()
    return (
        found
        | _compared(compared)
        | {"digest": digest_of(pack.tables), "based_on": last.number if last else 0}
        | _cases(list(loads), compared, pack.tables, on)
    )


def take_draft(
    files: Mapping[str, bytes],
    *,
    name: str,
    acting: str,
    now: datetime,
    loads: Iterable[Load] = (),
) -> str:
    """Keep a pack that was sent in, with what it would change; its token. Old drafts go."""
    found = _looked_at(files, name, now, loads)
    PackDraft.objects.filter(made_at__lt=now - KEPT).delete()
    draft = PackDraft.objects.create(
        token=uuid.uuid4().hex,
        name=_called(name),
        made_at=now,
        actor=acting,
        content=zip_files(files),
        based_on=found.get("based_on", 0),
        found=found,
    )
    return draft.token


def draft_of_load(number: int, *, acting: str, now: datetime, loads: Iterable[Load] = ()) -> str:
    """An earlier pack as a draft: looked at and loaded like any other, it undoes what came after it."""
    record = PackLoad.objects.filter(number=number).first()
    if record is None:
        raise NotFound("no pack was loaded under this number; look at the list again")
    files = unzip(zip_tables(rows_after(number)))
    return take_draft(files, name=f"{record.pack}-{number}", acting=acting, now=now, loads=loads)


def look_again(token: str, *, now: datetime, loads: Iterable[Load] = ()) -> None:
    """Compare a draft with what is in effect now."""
    row = _row(token)
    row.found = _looked_at(_files(row), row.name, now, loads)
    row.based_on = row.found.get("based_on", 0)
    row.save(update_fields=["found", "based_on"])


def load_draft(token: str, *, acting: str, now: datetime, effective: date | None = None) -> Loaded:
    """Load a draft as it was looked at; WrongState where another pack was loaded since."""
    row = _row(token)
    if _stale(row):
        raise WrongState(
            "another pack was loaded since this one was compared; compare again, then load"
        )
    with TemporaryDirectory() as folder:
        place = lay_out(_files(row), Path(folder) / row.name)
        done = load(place, now=now, effective=effective, acting=acting)
    row.delete()
    return done


def drop_draft(token: str) -> None:
    """Throw a draft away."""
    _row(token).delete()


def draft(token: str) -> Draft:
    """A draft; NotFound where it was loaded, thrown away or never there."""
    return _seen(_row(token))


def drafts() -> Sequence[Draft]:
    """Packs that wait for a decision, the newest first."""
    rows = PackDraft.objects.defer("content").order_by("-made_at")[:20]
    return [_seen(row) for row in rows]


def loaded_zip() -> bytes:
    """The pack in effect today, as one zip."""
    here = current()
    return _zipped(here.stamp, utc_now().astimezone(here.tz).date())


@lru_cache(maxsize=1)
def _zipped(stamp: str, day: date) -> bytes:
    """Every load has another stamp, and on another day other rows may be in effect."""
    return zip_tables(rows_on(day))


def _row(token: str) -> PackDraft:
    row = PackDraft.objects.filter(token=token).first()
    if row is None:
        raise NotFound("this pack was loaded or thrown away already; send it in again")
    return row


def _stale(row: PackDraft) -> bool:
    last = newest_load()
    return row.based_on != (last.number if last else 0)


def _seen(row: PackDraft) -> Draft:
    sound = bool(row.found.get("sound"))
    return Draft(row.token, row.name, row.made_at, row.actor, sound and _stale(row), row.found)


def _files(row: PackDraft) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bytes(row.content))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _called(name: str) -> str:
    """A name that a folder may have."""
    kept = "".join(mark for mark in name if mark.isalnum() or mark in "-_. ").strip(". ")
    return kept[:80] or "pack"


def _looked_at(
    files: Mapping[str, bytes], name: str, now: datetime, loads: Iterable[Load]
) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        return preview(lay_out(files, Path(folder) / _called(name)), now=now, loads=loads)


def _report(report: Report) -> dict[str, Any]:
    return {
        "sound": report.sound,
        "faults": [asdict(fault) for fault in report.faults[:SHOWN]],
        "fault_count": len(report.faults),
        "remarks": [asdict(fault) for fault in report.warnings[:SHOWN]],
        "remark_count": len(report.warnings),
        "counts": dict(report.counts),
        "missing_years": list(report.missing_years),
    }


def _compared(found: Comparison) -> dict[str, Any]:
    return {
        "same": found.same,
        "tables": [_table(change) for change in found.tables],
        **{
            name: {"count": len(rows), "rows": [_finding(row) for row in rows[:SHOWN]]}
            for name, rows in (
                ("gaps_opened", found.gaps_opened),
                ("gaps_closed", found.gaps_closed),
                ("overlaps_opened", found.overlaps_opened),
                ("overlaps_closed", found.overlaps_closed),
            )
        },
    }


def _table(change: TableChange) -> dict[str, Any]:
    counts = {how: len(change.of(how)) for how in ("added", "changed", "retired")}
    rows = [
        asdict(row) for how in ("changed", "retired", "added") for row in change.of(how)[:SHOWN]
    ]
    return {"table": change.table, **counts, "rows": rows}


def _finding(one: Any) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(one).items()
    }


def _cases(loads: Sequence[Load], found: Comparison, tables: Tables, on: date) -> dict[str, Any]:
    """Open cases whose unit, area or matter would be gone, or whose lead would be another."""
    gone = {
        "units": (found.retired_units, "unit"),
        "areas": (found.retired_areas, "area"),
        "matters": (found.retired_matters, "matter"),
    }
    lost: dict[str, list[dict[str, Any]]] = {}
    for kind, (codes, field) in gone.items():
        counts: Counter[str] = Counter()
        for one in loads:
            if getattr(one, field) in codes:
                counts[getattr(one, field)] += one.cases
        lost[kind] = [{"code": code, "cases": n} for code, n in counts.most_common(SHOWN)]
    other: list[Moved] = []
    touched = {change.table for change in found.tables}
    if loads and touched & {"duties", "units", "areas", "matters"}:
        other = moved(loads, current(), build_city(tables), on=on)
    return {
        "open_cases": sum(one.cases for one in loads),
        "lost": lost,
        "moved": [asdict(one) for one in other[:SHOWN]],
        "moved_cases": sum(one.cases for one in other),
    }
