"""Where orders are placed: by lot, where most was heard, or where the product's own detectors warn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from xianban.city.api import Prevention
from xianban.prevention.api import Past, detect, plan_of

LOT, HIGHEST, WARNED = "lot", "highest", "warned"
SIZES = (("community", 1, 2), ("community", 4, 2), ("street", 1, 2), ("street", 1, 1), ("street", 3, 2))  # fmt: skip
"""Level of the areas, how many neighbours of them, and level of the matter."""
DRAWN = 4  # places drawn by lot, of each size, an evening
LATE = 28  # days in which most was heard
DETECTORS = ("daily_rise", "weekly_rise", "cluster")


@dataclass(frozen=True)
class Placed:
    """Where somebody is to act, about what, since when something is seen there, and why there."""

    why: str
    level: str
    areas: tuple[str, ...]
    matter: str
    since: date


def placed_on(past: Past, rng: np.random.Generator) -> list[tuple[Placed, dict[str, Any]]]:
    """Places of an evening, each once, with the product's own plan of how to measure there."""
    warned = list(_warned(past))
    found: dict[tuple[Any, ...], Placed] = {}
    for one in (*warned, *_by_lot(past, rng), *_highest(past)):
        found.setdefault((one.areas, one.matter), one)
    return [(one, _plan(past, one, warned)) for one in found.values()]


def _warned(past: Past) -> Iterator[Placed]:
    for detector in Prevention().detectors:
        if detector.name in DETECTORS:
            for one in detect(detector, past):
                areas = tuple(sorted(one.areas))
                yield Placed(WARNED, detector.area, areas, one.matter, one.since)


def _by_lot(past: Past, rng: np.random.Generator) -> Iterator[Placed]:
    for level, many, depth in SIZES:
        names, matters = _areas(past, level), _matters(past, depth)
        for _ in range(DRAWN):
            areas = _around(past, names, str(rng.choice(names)), many)
            yield Placed(LOT, level, areas, str(rng.choice(matters)), past.today - timedelta(days=6))  # fmt: skip


def _highest(past: Past) -> Iterator[Placed]:
    """For each matter the area with the most voices in the last weeks."""
    for level, many, depth in SIZES:
        names = _areas(past, level)
        late = past.rows.filter(pl.col("day") < LATE).select(
            at=pl.col("area").replace_strict(dict(past.terrain.area_at[level]), default=None),
            about=pl.col("matter").str.head(2 * depth),
        )
        most = late.group_by("about", "at").len().sort("about", "len", "at").unique("about", keep="last", maintain_order=True)  # fmt: skip
        for matter, area, _ in most.iter_rows():
            areas = _around(past, names, area, many)
            yield Placed(HIGHEST, level, areas, matter, past.today - timedelta(days=LATE - 1))


def _areas(past: Past, level: str) -> list[str]:
    return sorted({*past.terrain.area_at[level].values()})


def _matters(past: Past, depth: int) -> list[str]:
    return sorted({code[: 2 * depth] for code in past.rows["matter"].unique().to_list()})


def _around(past: Past, names: Sequence[str], first: str, many: int) -> tuple[str, ...]:
    xy = past.terrain.xy
    near = sorted(
        names, key=lambda c: (xy[c][0] - xy[first][0]) ** 2 + (xy[c][1] - xy[first][1]) ** 2
    )
    return tuple(sorted(near[:many]))


def _plan(past: Past, one: Placed, warned: Sequence[Placed]) -> dict[str, Any]:
    city, level = Prevention(), past.terrain.area_at[one.level]
    going_on = {code for other in warned if other.matter == one.matter for code in other.areas}
    return plan_of(
        areas=one.areas,
        level=one.level,
        matter=one.matter,
        peers={code: past.terrain.xy[code] for code in _areas(past, one.level)},
        touched=sorted({level.get(code, code) for code in going_on}),
        since=one.since,
        today=past.today + timedelta(days=1),
        weeks=city.effect_weeks,
        coverage=city.coverage,
    ).plain()
