"""Read what is given: events as weekly counts per place and matter, each fault in a sentence."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xianban.base.errors import BadInput
from xianban.foresight import checking

from .history import Floats

MOST_CELLS = 1_000_000
MOST_MATTERS = 500
MOST_NUMBERS = 50_000_000
"""Counts of places, matters and weeks that are held in memory together."""


@dataclass(frozen=True)
class Past:
    """Weekly counts (week, cell, matter) with their names."""

    counts: Floats
    ends: Floats
    cells: tuple[Hashable, ...]
    matters: tuple[Hashable, ...]
    until: np.datetime64
    days: int


def read(
    events: Any, *, cells: Any, when: Any, matters: Any, since: Any, until: Any, days: int
) -> Past:
    days = checking.whole(days, name="days", least=1, most=92)
    places = _cells(cells)
    where = _positions(events, places)
    dates = _dates(when, number=len(where))
    about = ["all"] * len(where) if matters is None else _labels(matters, name="matters")
    if len(about) != len(where):
        raise BadInput(f"matters are {len(about)} for {len(where)} events; give one for each")
    names = {label: place for place, label in enumerate(dict.fromkeys(about))} or {"all": 0}
    if not len(dates) and (since is None or until is None):
        raise BadInput("events is empty; give since and until, so that the quiet past is known")
    first = dates.min() if since is None else _day(since, name="since")
    last = dates.max() if until is None else _day(until, name="until")
    if last < first:
        raise BadInput(f"until {last} is before since {first}; exchange them")
    weeks = max(1, int((last - first).astype(np.int64) + 1) // days)
    # weeks end on the last day; a part of a week at the beginning is left out
    back = (last - dates).astype(np.int64) // days
    kept = (back >= 0) & (back < weeks)
    if len(names) > MOST_MATTERS:
        raise BadInput(
            f"matters are {len(names):,} different ones; give at most {MOST_MATTERS}, the rare together"
        )
    if weeks * len(places) * len(names) > MOST_NUMBERS:
        raise BadInput(
            f"{weeks:,} spans of {days} days, {len(places):,} cells and {len(names):,} matters are more "
            f"than {MOST_NUMBERS:,} counts; give a later since, or fewer cells or matters"
        )
    counts = np.zeros((weeks, len(places), len(names)))
    matter = np.array([names[label] for label in about], dtype=np.intp)
    np.add.at(counts, (weeks - 1 - back[kept], where[kept], matter[kept]), 1)
    ends = last.astype(np.int64) - days * np.arange(weeks - 1, -2, -1.0)
    return Past(counts, ends, tuple(places), tuple(names), last, days)


def _cells(cells: Any) -> dict[Hashable, int]:
    if isinstance(cells, (int, np.integer)) and not isinstance(cells, bool):
        number = checking.whole(int(cells), name="cells", least=1, most=MOST_CELLS)
        return {place: place for place in range(number)}
    labels = _labels(cells, name="cells")
    places = {label: place for place, label in enumerate(labels)}
    if not labels:
        raise BadInput("cells is empty; give at least one place")
    if len(places) < len(labels):
        raise BadInput("cells names a place twice; give each once")
    return places


def _labels(values: Any, *, name: str) -> list[Any]:
    if isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
        raise BadInput(f"{name} is {values!r}; give a list of labels")
    plain = values.tolist() if hasattr(values, "tolist") else list(values)
    for place, label in enumerate(plain):
        if not isinstance(label, Hashable) or label is None or label != label:
            raise BadInput(f"{name} has no label at [{place}]; give every one")
    return plain


def _positions(events: Any, places: dict[Hashable, int]) -> NDArray[np.intp]:
    labels = _labels(events, name="events")
    for place, label in enumerate(labels):
        if label not in places:
            raise BadInput(f"events names {label!r} at [{place}], which is none of the cells")
    return np.array([places[label] for label in labels], dtype=np.intp)


def _dates(when: Any, *, number: int) -> NDArray[np.datetime64]:
    try:
        told = np.asarray(when)
        if told.size and told.dtype.kind in "biufc":  # row numbers would be days of 1970
            raise BadInput("when are numbers, not dates; write them as 2026-11-25")
        dates = told.astype("datetime64[D]").reshape(-1)
    except (TypeError, ValueError) as reason:
        raise BadInput("when are not dates; write them as 2026-11-25") from reason
    if len(dates) != number:
        raise BadInput(f"when are {len(dates)} dates for {number} events; give one for each")
    if np.isnat(dates).any():
        raise BadInput(f"when has no date at [{int(np.argmax(np.isnat(dates)))}]; leave it out")
    return dates


def _day(value: Any, *, name: str) -> np.datetime64:
    try:
        day = np.datetime64(value, "D")
    except (TypeError, ValueError) as reason:
        raise BadInput(f"{name} is {value!r}; write a date as 2026-11-25") from reason
    if np.isnat(day):
        raise BadInput(f"{name} is no date; write it as 2026-11-25")
    return day


def read_assets(assets: Any, *, cells: int) -> Floats | None:
    if assets is None:
        return None
    table = checking.numbers(assets, name="assets", ndim=2)
    if len(table) != cells:
        raise BadInput(f"assets has {len(table)} rows for {cells} cells; give one for each")
    return table
