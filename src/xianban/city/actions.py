"""Loading a pack: one transaction that closes and adds rows, and one entry in the ledger."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from xianban.base.errors import BadInput, WrongState
from xianban.base.ids import canonical_json
from xianban.city.models import MODELS, PackLoad
from xianban.city.pack.reading import read_pack
from xianban.city.queries import forget, newest_load, open_rows
from xianban.city.rules.checking import check_pack
from xianban.city.rules.city import Row, Tables
from xianban.city.rules.settings import zone_from
from xianban.city.rules.tables import FIELDS
from xianban.ledger import api as ledger

BEGINNING = date(
    1900, 1, 1
)  # a first pack holds as far back as anybody asks: older requests come in too
BATCH = 500


@dataclass(frozen=True)
class Loaded:
    """What a load did: rows added and closed by table; nothing at all where the pack was the same."""

    changed: bool
    effective: date
    digest: str
    number: int | None
    added: Mapping[str, int]
    closed: Mapping[str, int]
    warnings: int
    missing_years: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Change:
    """What differs in one table: rows to begin, and keys of rows to close."""

    name: str
    begin: list[Row]
    close: list[int]


def load(
    folder: Path | str, *, now: datetime, effective: date | None = None, acting: str = "machine"
) -> Loaded:
    """Put a pack to use from a day on (by default today; a first pack since ever).

    Refuses a pack with faults and a day before that of the last load. Loading the same pack again
    changes nothing.
    """
    folder = Path(folder)
    pack = read_pack(folder)
    report = check_pack(pack, on=effective or now.astimezone(zone_from(pack.values)).date())
    if report.faults:
        shown = tuple(str(fault) for fault in report.faults[:20])
        raise BadInput(
            f"the pack “{folder.name}” has {len(report.faults)} fault(s) and was not loaded; "
            f"run `xianban city check {folder}` to see them all",
            faults=shown,
        )
    digest = digest_of(pack.tables)
    try:
        with transaction.atomic():
            loaded = _load(pack.tables, folder.absolute().name, digest, now, effective, acting)
    except IntegrityError as reason:
        if "city_pack_load" not in str(reason):
            raise
        raise WrongState(
            "another pack is being loaded at this moment; try again when it is done"
        ) from reason
    finally:
        forget()
    return Loaded(
        **loaded,
        digest=digest,
        warnings=len(report.warnings),
        missing_years=report.missing_years,
    )


def digest_of(tables: Tables) -> str:
    """SHA-256 over what the pack says, whatever its row order, encoding or column order."""
    told = {
        name: sorted(
            canonical_json({f: _plain(row[f]) for f in fields}).decode() for row in tables[name]
        )
        for name, (_, fields) in FIELDS.items()
    }
    return hashlib.sha256(canonical_json(told)).hexdigest()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _load(
    tables: Tables, pack: str, digest: str, now: datetime, effective: date | None, acting: str
) -> dict[str, Any]:
    last = newest_load()
    values = {row["key"]: row["value"] for row in tables["settings"]}
    day = effective or (now.astimezone(zone_from(values)).date() if last else BEGINNING)
    changes = [change for name in MODELS if (change := _difference(name, tables[name]))]
    counts = {c.name: {"added": len(c.begin), "closed": len(c.close)} for c in changes}
    said = {
        "changed": bool(changes),
        "effective": day,
        "added": {name: n["added"] for name, n in counts.items()},
        "closed": {name: n["closed"] for name, n in counts.items()},
    }
    if not changes:
        # an empty pack has faults, so that an unchanged one was loaded before
        return {
            **said,
            "number": last and last.number,
            "effective": last.effective if last else day,
        }
    if last and day < last.effective:
        raise WrongState(
            f"the last pack takes effect on {last.effective}; load this one with --effective {last.effective} or later"
        )
    record = PackLoad.objects.create(
        number=last.number + 1 if last else 1,
        stamp=uuid.uuid4().hex,
        loaded_at=now,
        actor=acting,
        effective=day,
        digest=digest,
        pack=pack,
        counts=counts,
    )
    for change in changes:
        _apply(change, record)
    _tell(record)
    return {**said, "number": record.number}


def _difference(name: str, wanted: Sequence[Row]) -> _Change | None:
    identity, fields = FIELDS[name]

    def key(row: Row) -> tuple[Any, ...]:
        return tuple(row[f] for f in identity)

    def content(row: Row) -> tuple[Any, ...]:
        return tuple(row[f] for f in fields)

    there = {key(row): row for row in open_rows(name)}
    want = {key(row): row for row in wanted}
    begin = [row for k, row in want.items() if k not in there or content(there[k]) != content(row)]
    close = [
        row["id"] for k, row in there.items() if k not in want or content(want[k]) != content(row)
    ]
    return _Change(name, begin, close) if begin or close else None


def _apply(change: _Change, record: PackLoad) -> None:
    model, (_, fields) = MODELS[change.name], FIELDS[change.name]
    for start in range(0, len(change.close), BATCH):
        keys = change.close[start : start + BATCH]
        model._default_manager.filter(pk__in=keys).update(
            valid_to=record.effective, closed_by=record
        )
    model._default_manager.bulk_create(
        [
            model(
                valid_from=record.effective,
                load=record,
                row=row["row"],
                **{f: row[f] for f in fields},
            )
            for row in change.begin
        ],
        batch_size=BATCH,
    )


def _tell(record: PackLoad) -> None:
    entry = ledger.Entry(
        subject="city",
        verb="load",
        actor=record.actor,
        at=record.loaded_at,
        payload={
            "number": record.number,
            "pack": record.pack,
            "digest": record.digest,
            "effective": record.effective.isoformat(),
            "counts": record.counts,
        },
    )
    ledger.append([entry])
