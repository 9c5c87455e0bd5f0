"""Lists that leave the house as files: what one sees, and on record before the first row."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Q

from xianban.accounts.api import Actor, may_anywhere, note_deed
from xianban.base.errors import NotAllowed
from xianban.casework.queries.access import Access, access
from xianban.casework.queries.lists import (
    COLUMNS,
    TITLE_LENGTH,
    filtered,
    keys_in_order,
    rows_shown,
)
from xianban.casework.queries.searches import Search, newest_first
from xianban.casework.queries.shown import CaseLine, CaseRow, Filters
from xianban.casework.rules.searching import sought
from xianban.city.api import City

PART = 500
MOST_EFFORT = 10**9  # whoever takes a list away may wait
MORE = ("text", "answer", "answered_at", "ended_at")


@dataclass(frozen=True)
class Export:
    """A list on its way out: how many cases, whether there are more than the limit, and the lines."""

    count: int
    more: bool
    lines: Iterator[CaseLine]


def export_cases(
    actor: Actor, filters: Filters, *, typed: str = "", kind: str, limit: int, now: datetime
) -> Export:
    """The cases of a list, or of a search, that this actor may see: at most `limit` of them.

    Who took how many, and by which filters, is written down first; what was searched for is not, as
    it may name somebody. No contact is in it.
    """
    if not may_anywhere(actor, "export"):
        raise NotAllowed("your role does not take lists away; ask a dispatcher or a supervisor")
    scope = access(actor)
    if typed:
        filters = newest_first(filters)
        search = Search(scope, filters, sought(typed), now, None)
        keys = [row["id"] for row in islice(search.rows(MOST_EFFORT), limit + 1)]
    else:
        keys = keys_in_order(scope, filters, now, limit + 1)
    count = min(len(keys), limit)
    usual = asdict(Filters())
    chosen = {
        name: value if isinstance(value, str | int) else str(value)
        for name, value in asdict(filters).items()
        if value != usual[name]
    }
    note_deed(
        actor,
        "cases.export",
        {"kind": kind, "cases": count, "filters": chosen, "searched": bool(typed)},
        now=now,
    )
    return Export(count, len(keys) > limit, _lines(scope, filters, keys[:limit], now))


def _lines(scope: Access, filters: Filters, keys: list[int], now: datetime) -> Iterator[CaseLine]:
    """Part by part, each asked for anew by what the actor may see."""
    for start in range(0, len(keys), PART):
        part = keys[start : start + PART]
        rows = filtered(scope.case_filter() & Q(pk__in=part), filters, scope.city, now)
        found = {row["id"]: row for row in rows.values(*COLUMNS, *MORE)}
        in_order = [found[key] for key in part if key in found]
        for row in in_order:
            row["begins"] = row["text"][:TITLE_LENGTH]
        shown = rows_shown(in_order, scope.city, now)
        yield from (_line(row, one, scope.city) for row, one in zip(in_order, shown, strict=True))


def _line(row: dict[str, Any], shown: CaseRow, city: City) -> CaseLine:
    return CaseLine(
        row=shown,
        areas=tuple(city.area_name(code) for code in city.area_path(row["area"])[1:])
        if row["area"]
        else (),
        **{name: row[name] for name in MORE},
    )
