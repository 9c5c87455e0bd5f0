"""What a new pack would change: rows of two versions of a city set side by side. Plain values only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from xianban.city.rules.build import build_city
from xianban.city.rules.city import City, Row, Tables
from xianban.city.rules.coverage import gaps_of, overlaps_of
from xianban.city.rules.findings import Gap, Overlap
from xianban.city.rules.tables import FIELDS

LONGEST = 200


@dataclass(frozen=True)
class FieldChange:
    """One field of a row, before and after, as text."""

    field: str
    old: str
    new: str


@dataclass(frozen=True)
class RowChange:
    """One row that is new, different or gone. `key` says which, `name` what people call it."""

    how: str  # added, changed, retired
    key: tuple[str, ...]
    name: str
    fields: tuple[FieldChange, ...] = ()
    row: int = 0  # in the new pack's file; of a retired one, in the old


@dataclass(frozen=True)
class TableChange:
    """All that differs in one table."""

    table: str
    rows: tuple[RowChange, ...]

    def of(self, how: str) -> tuple[RowChange, ...]:
        return tuple(row for row in self.rows if row.how == how)


@dataclass(frozen=True)
class Comparison:
    """What would be different. Gaps and overlaps are those that one of the two cities alone has."""

    tables: tuple[TableChange, ...]
    gaps_opened: tuple[Gap, ...] = ()
    gaps_closed: tuple[Gap, ...] = ()
    overlaps_opened: tuple[Overlap, ...] = ()
    overlaps_closed: tuple[Overlap, ...] = ()
    retired_areas: tuple[str, ...] = ()
    retired_units: tuple[str, ...] = ()
    retired_matters: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        return not self.tables


@dataclass(frozen=True)
class Load:
    """Open cases of one matter at one place, led by one unit: how many."""

    matter: str
    area: str
    unit: str
    cases: int


@dataclass(frozen=True)
class Moved:
    """Open cases for which the new duty list names another lead. `new` is empty where it names none."""

    matter: str
    area: str
    unit: str
    new: str
    cases: int


def compare(before: Tables, after: Tables, *, on: date) -> Comparison:
    """What differs between two packs, both of which must have passed `check`, looked at on a day."""
    tables = tuple(
        TableChange(name, rows)
        for name in FIELDS
        if (rows := tuple(_rows(name, before.get(name, ()), after.get(name, ()))))
    )
    old, new = _coverage(before, on), _coverage(after, on)
    gone = {
        change.table: tuple(row.key[0] for row in change.of("retired"))
        for change in tables
        if change.table in ("areas", "units", "matters")
    }
    return Comparison(
        tables=tables,
        gaps_opened=_only(new[0], old[0]),
        gaps_closed=_only(old[0], new[0]),
        overlaps_opened=_only(new[1], old[1]),
        overlaps_closed=_only(old[1], new[1]),
        retired_areas=gone.get("areas", ()),
        retired_units=gone.get("units", ()),
        retired_matters=gone.get("matters", ()),
    )


def moved(loads: Iterable[Load], before: City, after: City, *, on: date) -> list[Moved]:
    """Open cases whose lead would be another by the new duty list, the most first.

    Only those are meant that the list in effect gave to whom they are with: what a person decided
    otherwise stays decided.
    """
    found = []
    for load in loads:
        old = before.duty_for(load.matter, load.area, on=on)
        new = after.duty_for(load.matter, load.area, on=on)
        if old is None or old.lead != load.unit or (new is not None and new.lead == old.lead):
            continue
        found.append(Moved(load.matter, load.area, load.unit, new.lead if new else "", load.cases))
    return sorted(found, key=lambda one: (-one.cases, one.matter, one.area))


def _coverage(tables: Tables, on: date) -> tuple[dict[Any, Gap], dict[Any, Overlap]]:
    if not tables.get("areas"):
        return {}, {}
    city = build_city(tables)
    gaps = {(gap.matter, gap.area): gap for gap in gaps_of(city, on=on)}
    return gaps, {(one.matter, one.area, one.leads): one for one in overlaps_of(city.duties)}


def _only(these: Mapping[Any, Any], those: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(value for key, value in these.items() if key not in those)


def _rows(name: str, before: Sequence[Row], after: Sequence[Row]) -> Iterable[RowChange]:
    identity, fields = FIELDS[name]

    def key(row: Row) -> tuple[Any, ...]:
        return tuple(row[field] for field in identity)

    there = {key(row): row for row in before}
    want = {key(row): row for row in after}
    for this, row in want.items():
        old = there.get(this)
        if old is None:
            yield _change("added", name, this, row)
        elif changed := tuple(
            FieldChange(field, _said(field, old[field]), _said(field, row[field]))
            for field in fields
            if old[field] != row[field]
        ):
            yield _change("changed", name, this, row, changed)
    for this, row in there.items():
        if this not in want:
            yield _change("retired", name, this, row)


def _change(
    how: str, name: str, key: tuple[Any, ...], row: Row, fields: tuple[FieldChange, ...] = ()
) -> RowChange:
    called = row.get("name") or row.get("title") or row.get("lead") or row.get("value") or ""
    shown = tuple(_plain(part) for part in key)
    if name == "settings" and how == "added":
        fields = (FieldChange("value", "", _said("value", row["value"])),)
    return RowChange(how, shown, _plain(called)[:LONGEST], fields, int(row.get("row") or 0))


def _said(field: str, value: Any) -> str:
    """A value as text short enough to be read; an outline is only said to be there."""
    if field == "geometry":
        return "…" if value else ""
    text = _plain(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)
