"""Cases by words, number or place; and by who reported them. Only such as one may see."""

import heapq
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from xianban.accounts.api import Actor
from xianban.base.errors import BadInput
from xianban.base.ids import case_number
from xianban.casework.models import Interest
from xianban.casework.queries.access import Access, access
from xianban.casework.queries.candidates import candidates, waiting
from xianban.casework.queries.lists import COLUMNS, MAX_SIZE, TITLE_LENGTH, filtered, rows_shown
from xianban.casework.queries.places import areas_around
from xianban.casework.queries.shown import Filters, Found
from xianban.casework.rules.searching import (
    Document,
    Sought,
    Tokens,
    fits,
    folded,
    sought,
    token_for,
    ways_to,
    within,
)
from xianban.city.api import City, current

MOST_EFFORT = 10_000  # for one page: a candidate counts one, and reading it more
READING = 8
MOST_SCOPES = 20
FIRST, LATER = 100, 1_000

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
        """What was found, newest first; after so much effort it stops, and says where."""
        keys, effort, part = self._keys(), 0, FIRST
        while some := list(islice(keys, part)):
            read_rows = self._read(some)
            yield from (row for row in read_rows if self._fits(row))
            effort += len(some) + READING * len(read_rows)
            if effort >= (most or MOST_EFFORT):
                self.stopped_at = some[-1]
                return
            part = LATER

    def _read(self, keys: list[int]) -> list[dict[str, Any]]:
        """Of these cases those in sight that the filters let through, newest first."""
        among = self.may.case_filter() & Q(pk__in=_any_of(keys))
        return read(filtered(among, self.filters, self.may.city, self.now).order_by("-id"))

    def _keys(self) -> Iterator[int]:
        fresh, self.whole = waiting(self.below)
        indexed = candidates(self._ways(), self.below)
        return _once(heapq.merge(sorted(fresh, reverse=True), indexed, reverse=True))

    def _ways(self) -> list[Tokens]:
        """Sets of tokens of which each case that is meant has at least one whole."""
        city, filters = self.may.city, self.filters
        named = {word: _topmost(city, areas) for word, areas in self.named.items()}
        reach = self.may.reach
        scopes = [_bounds(city, area, unit) for area, unit in reach.scopes]
        if reach.everything or reach.person is not None or len(scopes) > MOST_SCOPES:
            scopes = [frozenset()]
        narrow = _bounds(city, filters.area, filters.unit, filters.matter)
        return within(within(ways_to(self.wanted, named), scopes), [narrow])

    def _fits(self, row: dict[str, Any]) -> bool:
        return fits(document_of(row, self.may.city), self.wanted, self.named)


def _bounds(city: City, area: str, unit: str, matter: str = "") -> Tokens:
    """The tokens that every case of this area, unit and matter has."""
    kinds = {"area": "" if area == city.root else area, "unit": unit, "matter": matter}
    return frozenset(token_for(kind, code) for kind, code in kinds.items() if code)


def _any_of(keys: list[int]) -> Any:
    """A condition on keys that is one value, not thousands, where the database has arrays."""
    if connection.vendor == "sqlite":
        return keys
    return RawSQL("SELECT unnest(%s::bigint[])", (keys,))


def document_of(row: dict[str, Any], city: City, asked: Collection[str] = ()) -> Document:
    """What can be found of the case with these values of its columns."""
    return Document(
        folded(f"{row['title']} {row['text']} {row['place']}"),
        case_number(row["id"], row["received_at"], tz=city.tz),
        areas_around(city, row["area"]),
        city.matter_line(row["matter"]) if row["matter"] else (),
        tuple({row["unit"], *asked} - {""}),
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
