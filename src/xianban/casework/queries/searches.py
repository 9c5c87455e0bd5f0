"""Cases by words, number or place; and by who reported them. Only such as one may see."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from django.db.models import Q

from xianban.accounts.api import Actor
from xianban.base.errors import BadInput
from xianban.base.ids import case_number
from xianban.casework.models import Interest
from xianban.casework.queries.access import Access, access
from xianban.casework.queries.candidates import candidates, waiting
from xianban.casework.queries.lists import COLUMNS, MAX_SIZE, TITLE_LENGTH, filtered, rows_shown
from xianban.casework.queries.places import areas_around
from xianban.casework.queries.shown import Filters, Found
from xianban.casework.rules.searching import Document, Sought, fits, folded, sought, ways_to
from xianban.city.api import City, current

FEW = 2_000  # cases in reach that are read one by one: no index is quicker
MOST_READ = 20_000  # candidates looked at for one page; then one is asked whether to go on
FIRST, LATER = 100, 2_000
SAID = ("title", "text", "place", "area")

Named = dict[str, frozenset[str]]


def case_search(
    actor: Actor,
    typed: str,
    filters: Filters | None = None,
    *,
    now: datetime,
    after: str = "",
    size: int = 50,
) -> Found:
    """One page of the cases that this actor may see and that are meant by `typed`, newest first.

    Words (two letters or more) in title, text or place, names of areas, or part of a number; each of
    several words must be found. Filters narrow it; their order does not count. BadInput where there
    is too little to look for.
    """
    wanted, may = sought(typed), access(actor)
    narrow = newest_first(filters)
    size = max(1, min(size, MAX_SIZE))
    search = Search(may, narrow, wanted, now, _below(after))
    rows = list(islice(search.rows(), size + 1))
    found = rows_shown(rows[:size], may.city, now)
    following = str(rows[size - 1]["id"]) if len(rows) > size else ""
    if len(rows) <= size and search.stopped_at:
        following = str(search.stopped_at)
    return Found(
        found, following, stopped=len(rows) <= size and bool(search.stopped_at), whole=search.whole
    )


def cases_reported_by(
    actor: Actor, persons: Sequence[int], *, now: datetime, size: int = MAX_SIZE
) -> Found:
    """The newest cases of these people that this actor may see; `stopped` where there are more."""
    may = access(actor)
    theirs = Interest.objects.filter(person__in=list(persons)).values("case")
    rows = filtered(may.case_filter() & Q(pk__in=theirs), newest_first(None), may.city, now)
    found = list(read(rows.order_by("-id"), size + 1))
    shown = rows_shown(found[:size], may.city, now)
    return Found(shown, "", stopped=len(found) > size, whole=True)


def newest_first(filters: Filters | None) -> Filters:
    """The same filters, for a list in which the newest stands first."""
    return replace(filters or Filters(), order="newest")


def read(rows: Any, limit: int | None = None) -> list[dict[str, Any]]:
    """The columns of a list with all that was said."""
    found = list(rows.values(*COLUMNS, "text")[:limit])
    for row in found:
        row["begins"] = row["text"][:TITLE_LENGTH]
    return found


class Search:
    """One search under way: it reads candidates until somebody has enough, or it has read too many."""

    def __init__(
        self, may: Access, filters: Filters, wanted: Sought, now: datetime, below: int | None
    ) -> None:
        self.may, self.filters, self.wanted, self.now = may, filters, wanted, now
        self.below = below
        self.named = _named(current(), wanted)
        self.stopped_at: int | None = None
        self.whole = True

    def rows(self, most: int | None = None) -> Iterator[dict[str, Any]]:
        """What was found, newest first; after `most` candidates it stops, and says where."""
        keys, looked, most = self._keys(), 0, most or MOST_READ
        part = FIRST
        while some := list(islice(keys, part)):
            rows = filtered(
                self.may.case_filter() & Q(pk__in=some), self.filters, self.may.city, self.now
            )
            yield from (row for row in read(rows.order_by("-id")) if self._fits(row))
            looked += len(some)
            if looked >= most:
                self.stopped_at = some[-1]
                return
            part = LATER

    def _keys(self) -> Iterator[int]:
        few = self._all_in_reach()
        if few is not None:
            return iter(few)
        fresh, self.whole = waiting(self.below)
        ways = ways_to(self.wanted, {w: _topmost(self.may.city, a) for w, a in self.named.items()})
        indexed = candidates(ways, self.below)
        return _once(heapq.merge(sorted(fresh, reverse=True), indexed, reverse=True))

    def _all_in_reach(self) -> list[int] | None:
        """Every case that may be meant by scope and filters, where those are few; else None."""
        branches = self.may.branches()
        wide = Filters(
            unit=self.filters.unit,
            area=self.filters.area,
            matter=self.filters.matter,
            order="newest",
        )
        if branches == [Q()] and not (wide.unit or wide.area or wide.matter):
            return None
        keys: set[int] = set()
        for branch in branches:
            rows = filtered(branch, wide, self.may.city, self.now)
            if self.below is not None:
                rows = rows.filter(pk__lt=self.below)
            keys.update(rows.order_by("-id").values_list("id", flat=True)[: FEW + 1])
            if len(keys) > FEW:
                return None
        return sorted(keys, reverse=True)

    def _fits(self, row: dict[str, Any]) -> bool:
        return fits(document_of(row, self.may.city), self.wanted, self.named)


def document_of(row: dict[str, Any], city: City) -> Document:
    """What can be found of the case with these values of its columns."""
    return Document(
        folded(f"{row['title']} {row['text']} {row['place']}"),
        case_number(row["id"], row["received_at"], tz=city.tz),
        areas_around(city, row["area"]),
    )


def _below(after: str) -> int | None:
    if not after:
        return None
    if not after.isdigit() or len(after) > 18:
        raise BadInput("this is not the mark of a page; begin the list anew")
    return int(after)


def _once(keys: Iterator[int]) -> Iterator[int]:
    last = None
    for key in keys:
        if key != last:
            yield key
        last = key


def _named(city: City, wanted: Sought) -> Named:
    """For each word the areas whose name or other name holds it; the city as a whole is no place."""
    names = _area_names(city.stamp)
    return {word: frozenset(code for code, said in names if word in said) for word in wanted.words}


@lru_cache(maxsize=2)
def _area_names(stamp: str) -> tuple[tuple[str, str], ...]:
    city = current()
    areas = chain(city.areas.values(), city.retired_areas.values())
    return tuple(
        (area.code, folded("\n".join((area.name, *area.aliases))))
        for area in areas
        if area.code != city.root
    )


def _topmost(city: City, codes: frozenset[str]) -> list[str]:
    """Without those that lie in another one of them."""
    return [code for code in codes if not codes.intersection(city.area_path(code)[:-1])]
