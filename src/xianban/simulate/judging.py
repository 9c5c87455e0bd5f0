"""Warnings against the planted truth: what was there where they pointed, and how early they were."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from xianban.simulate.bulk.ground import Floats
from xianban.simulate.bulk.running import FIFTH
from xianban.simulate.bulk.world import World

AHEAD_DAYS = 7  # a warning of what is likely next week is real where something is there by then


@dataclass(frozen=True)
class Look:
    """One warning as it was when it went on the desk; `problem` is -1 where nothing was there.

    `at_random` is the chance that a place drawn at random has a problem of the same kind.
    """

    detector: str
    kind: int
    grid: int
    day: int
    real: bool
    at_random: float
    problem: int = -1
    told: int = 0
    since: float = 0.0


@dataclass(frozen=True)
class Judged:
    """Many of them; medians are of those that were real. Lead is how long before its end a problem was seen."""

    raised: float
    a_day: float
    precision: float | None
    at_random: float | None
    before_fifth_complaint: float | None
    median_complaints_before: float | None
    median_days_after_begin: float | None
    median_lead_days: float | None


def look_at(world: World, detector: str, *, grid: int, kind: int, day: int) -> Look:
    """Whether a problem of this kind is in this grid at the end of a day: the largest, if there are two."""
    live = world.live()
    live = live[world.there(live, day)]
    alike = live[world.kind[live] == kind]
    at_random = len(np.unique(world.grid[alike])) / world.ground.n
    here = alike[world.grid[alike] == grid]
    if not len(here):
        return Look(detector, kind, grid, day, False, at_random)
    first = int(here[np.argmax(world.size(here, day) * world.reach[here])])
    since = day - float(world.begins[first])
    return Look(detector, kind, grid, day, True, at_random, first, int(world.told[first]), since)


def look_ahead(
    world: World, detector: str, *, matter: str, areas: Sequence[str], around: np.ndarray, day: int
) -> Look:
    """Of a warning with nobody behind it: whether something of the kind is in the areas within a week.

    `around` is for each grid the area of their level.
    """
    kinds = [n for n, kind in enumerate(world.kinds) if kind.matter.startswith(matter)]
    there = (world.born <= day + AHEAD_DAYS) & (world.ended > day) & (world.mended > day)
    hit = np.unique(around[world.grid[there & np.isin(world.kind, kinds)]])
    at_random = len(hit) / len(np.unique(around))
    return Look(detector, kinds[0] if kinds else -1, -1, day, bool(np.isin(areas, hit).any()), at_random)  # fmt: skip


def judged(looks: Sequence[Look], gone: Floats, *, days: int) -> Judged:
    """All of these together; `gone` is when each problem was gone, at the latest when the days are over."""
    gone = np.minimum(gone, days)
    real = [one for one in looks if one.problem >= 0]
    return Judged(
        raised=len(looks),
        a_day=round(len(looks) / days, 2),
        precision=_mean([one.real for one in looks]),
        at_random=_mean([one.at_random for one in looks]),
        before_fifth_complaint=_mean([one.told < FIFTH for one in real]),
        median_complaints_before=_median([one.told for one in real]),
        median_days_after_begin=_median([one.since for one in real]),
        median_lead_days=_median([gone[one.problem] - one.day for one in real]),
    )


def mean_of(cities: Sequence[Judged]) -> Judged:
    """Each figure's mean over the cities that have it."""

    def mean(name: str) -> float | None:
        return _mean([value for one in cities if (value := getattr(one, name)) is not None])

    means: dict[str, Any] = {field.name: mean(field.name) for field in fields(Judged)}
    return Judged(**means)


def _mean(values: Sequence[Any]) -> float | None:
    return round(float(np.mean(values)), 3) if values else None


def _median(values: Sequence[Any]) -> float | None:
    return round(float(np.median(values)), 2) if values else None
