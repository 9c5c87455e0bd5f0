"""How often the intervals of measured effects hold the truth, over many orders in several cities."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from xianban.base.errors import BadInput
from xianban.city.api import Prevention
from xianban.simulate.effects.orders import HALF, NOTHING, WORK, Measured, measured_orders
from xianban.simulate.effects.placing import HIGHEST, LOT, WARNED

LEVEL = 0.95
BOUNDS = (10, 20, 40, 80)
LEAST_PEOPLE, MOST_SEEDS = 200_000, 1_000
DONE = {NOTHING: "nothing done", HALF: "half taken away", WORK: "work"}
WHY = {LOT: "by lot", HIGHEST: "where most was heard", WARNED: "where it was warned"}


@dataclass(frozen=True)
class Row:
    """Orders of one sort; figures are of those that were `measured`, None where none was.

    `covered` is the share of intervals that hold the truth, with its own interval (`low`, `high`; Wilson,
    as if orders were independent); `success` and `harm` are the shares that lie wholly below or above it.
    """

    name: str
    orders: int
    measured: int
    covered: float | None
    low: float | None
    high: float | None
    success: float | None
    harm: float | None
    truth: float | None
    bias: float | None
    width: float | None


@dataclass(frozen=True)
class Covering:
    """All of them over `seeds` cities of so many people, at the nominal `coverage`."""

    seeds: int
    people: int
    coverage: float
    rows: tuple[Row, ...]

    def row(self, name: str) -> Row:
        """The row of this name."""
        return next(row for row in self.rows if row.name == name)


def covering(
    *, seeds: int = 5, people: int = 500_000, progress: Callable[[int, int], Any] | None = None
) -> Covering:
    """Orders of the cities with seeds 0 to `seeds` - 1. BadInput for seeds or people out of range."""
    if not 1 <= seeds <= MOST_SEEDS:
        raise BadInput(f"seeds is {seeds}; it must be from 1 to {MOST_SEEDS:,}")
    if people < LEAST_PEOPLE:
        raise BadInput(f"people is {people:,}; with fewer than {LEAST_PEOPLE:,} there are too few areas to compare with")  # fmt: skip
    found: list[Measured] = []
    for seed in range(seeds):

        def told(done: int, of: int, before: int = seed) -> None:
            if progress:
                progress(before * of + done, seeds * of)

        found += measured_orders(seed=seed, people=people, progress=told)
    return Covering(seeds, people, Prevention().coverage, tuple(rows_of(found)))


def rows_of(found: Sequence[Measured]) -> Iterator[Row]:
    """The table: what was done, where and why, how much would have come, and in all."""
    yield row_of("all", found)
    for done, said in DONE.items():
        some = [one for one in found if one.done == done]
        yield row_of(said, some)
        for why, where in WHY.items():
            yield row_of(f"{said}, {where}", [one for one in some if one.placed.why == why])
    some = [one for one in found if one.done == WORK]
    yield row_of("work that found nothing", [one for one in some if not one.mended])
    yield row_of("work that found a cause", [one for one in some if one.mended])
    yield from _by_size(found)


def _by_size(found: Sequence[Measured]) -> Iterator[Row]:
    sizes = sorted({(one.placed.level, min(len(one.placed.areas), 2)) for one in found})
    for level, many in sizes:
        some = [one for one in found if one.placed.level == level and min(len(one.placed.areas), 2) == many]  # fmt: skip
        yield row_of(f"one {level}" if many == 1 else f"several of level {level}", some)
    sure = [one for one in found if one.result["enough"]]
    for low, high in zip((0, *BOUNDS), (*BOUNDS, np.inf), strict=True):
        some = [one for one in sure if low <= one.result["expected"] < high]
        yield row_of(f"{low} to {high - 1:.0f} expected" if high < np.inf else f"{low} or more expected", some)  # fmt: skip


def row_of(name: str, found: Sequence[Measured]) -> Row:
    """One row of the table."""
    sure = [one for one in found if one.result["enough"]]
    if not sure:
        return Row(name, len(found), 0, *[None] * 8)
    low, high, said = (
        np.array([one.result[key] for one in sure], float) for key in ("low", "high", "relative")
    )
    truth = np.array([one.truth for one in sure])
    held = (low <= truth) & (truth <= high)
    sure_of_it = stats.binomtest(int(held.sum()), len(sure)).proportion_ci(LEVEL, "wilson")
    return Row(
        name, len(found), len(sure),
        covered=float(held.mean()), low=float(sure_of_it.low), high=float(sure_of_it.high),
        success=float((high < truth).mean()), harm=float((low > truth).mean()),
        truth=float(truth.mean()), bias=float((said - truth).mean()), width=float(np.median(high - low)),
    )  # fmt: skip
