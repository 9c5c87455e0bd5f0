"""What is truly wrong, day by day: problems are born, hide, grow, are complained of, mended or only soothed.

Whatever chance decides about a problem is fixed by the seed, the problem and the day, not by what anybody
does: two policies meet the same problems, and differ only where they act.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from xianban.simulate.bulk.ground import Floats, Ground, Ints
from xianban.simulate.bulk.kinds import Kind, kinds
from xianban.simulate.year import STORMS, season

START = date(2026, 1, 1)
SINGLE = (
    6e-5  # one-off complaints a person and day about the same matters, with no problem behind them
)
REPEATS = 0.15  # of complaints, from somebody who has complained of it before
DELAYS = np.cumsum(
    [0.6, 0.2, 0.1, 0.05, 0.03, 0.02]
)  # chance of complaining on the same day, the next ...

TIRED = 0.2  # once this share of those reached have complained, half as many do
NOBODY = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Reports:
    """Who complained on a day: of which problem (-1: none), about which kind, where, and whether they are new."""

    problem: Ints
    kind: Ints
    grid: Ints
    new: NDArray[np.bool_]


class World:
    """The city's problems over `days`, and `before` days of past; all times in days from the first."""

    def __init__(
        self, ground: Ground, *, days: int, before: int, seed: int, start: date = START
    ) -> None:
        self.ground, self.days, self.before, self.seed = ground, days, before, seed
        self.start = start
        self.kinds = kinds()
        rng = np.random.default_rng([seed, 1])
        parts = [self._births(number, kind, rng) for number, kind in enumerate(self.kinds)]
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        order = np.argsort(columns[0], kind="stable")
        (
            self.born,
            self.begins,
            self.kind,
            self.grid,
            self.site,
            self.grow,
            self.reach,
            self.heals,
        ) = (column[order] for column in columns)
        self.n = len(self.born)
        self.since = self.begins.copy()  # when it last began to grow
        self.ended = np.where(self.heals > 0, self.begins + self.heals, np.inf)
        self.mended = np.full(self.n, np.inf)
        self.told = np.zeros(self.n, np.int64)  # complaints so far
        self._tells = np.array([kind.tells for kind in self.kinds])[self.kind]
        self._tells *= ground.voice[self.grid]
        self._relapse = np.array([kind.relapse_days for kind in self.kinds])
        self._live = np.zeros(0, np.int64)
        self._born = 0
        self._coming: dict[int, list[tuple[Ints, NDArray[np.bool_]]]] = defaultdict(list)

    def _births(self, number: int, kind: Kind, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        ground = self.ground
        sites = np.repeat(np.arange(ground.n), rng.poisson(ground.people / 1000 * kind.per_1000))
        sites = sites if len(sites) else np.zeros(1, np.int64)  # a city has at least one
        age = np.clip(ground.age[sites] + rng.normal(0, 5, len(sites)), 0, 70)
        rate = kind.births / 365 * np.exp(kind.age * (age - 20) / 10)
        rate *= rng.gamma(kind.frailty, 1 / kind.frailty, len(sites))
        weather = self._weather(kind)
        n = int(rng.poisson(rate.sum() * weather.sum()))
        site = rng.choice(len(sites), n, p=rate / rate.sum())
        day = rng.choice(len(weather), n, p=weather / weather.sum()) - self.before
        born = day + rng.random(n)
        reach = kind.reach * rng.gamma(2.0, 0.5, n)
        heals = rng.exponential(kind.heals_days, n) if kind.heals_days else np.zeros(n)
        return (
            born,
            born + rng.gamma(2.0, kind.hidden_days / 2, n),
            np.full(n, number),
            sites[site],
            site,
            kind.grow_days * rng.gamma(4.0, 0.25, n),
            reach,
            heals,
        )

    def _weather(self, kind: Kind) -> Floats:
        """How the risk of one kind goes over the days, mean about 1 over a year."""
        dates = [self.date(day) for day in range(-self.before, self.days)]
        storm = [kind.storm if (one.month, one.day) in STORMS else 1.0 for one in dates]
        return np.array([usual(kind.season, one) for one in dates]) * storm

    def date(self, day: int) -> date:
        """The date of a day."""
        return self.start + timedelta(days=day)

    def live(self) -> Ints:
        """Problems that are there, hidden ones too."""
        return self._live

    def size(self, problem: Ints, at: float) -> Floats:
        """How much of its reach each problem has, 0 to 1."""
        return np.clip((at - self.since[problem]) / self.grow[problem], 0, 1)

    def pass_day(self, day: int) -> tuple[Floats, Reports]:
        """Let a day pass: person-days of nuisance by kind, and what is reported on it."""
        born = int(np.searchsorted(self.born, day + 1))
        live = np.concatenate([self._live, np.arange(self._born, born)])
        self._born = born
        self._live = live = live[(self.ended[live] > day) & np.isinf(self.mended[live])]
        felt = self.reach[live] * self.size(live, day + 0.5)
        tired = 1 + self.told[live] / (TIRED * self.reach[live])
        told = poisson(felt * self._tells[live] / tired, self.chance(live, day, 0))
        problem = np.repeat(live, told)
        nth = np.arange(len(problem)) - np.repeat(np.cumsum(told) - told, told)
        late = np.searchsorted(DELAYS, self.chance(problem, day, 1 + 2 * nth))
        new = self.chance(problem, day, 2 + 2 * nth) >= REPEATS
        for days in np.unique(late):
            chosen = late == days
            self._coming[day + int(days)].append((problem[chosen], new[chosen]))
        by_kind = np.bincount(self.kind[live], felt, len(self.kinds)).astype(np.float64)
        return by_kind, self._reported(day)

    def _reported(self, day: int) -> Reports:
        """The day's reports, with those that have no problem behind them."""
        rng = np.random.default_rng([self.seed, 2, day + self.before])
        n = int(rng.poisson(self.ground.people.sum() * SINGLE))
        weight = self.ground.people * self.ground.voice
        grid = rng.choice(self.ground.n, n, p=weight / weight.sum())
        kind = rng.integers(0, len(self.kinds), n)
        coming = self._coming.pop(day, [])
        problem = np.concatenate([NOBODY, *(one for one, _ in coming)])
        self.told += np.bincount(problem, minlength=self.n)
        return Reports(
            np.concatenate([problem, np.full(n, -1)]),
            np.concatenate([self.kind[problem], kind]),
            np.concatenate([self.grid[problem], grid]),
            np.concatenate([*(new for _, new in coming), np.ones(n, np.bool_)]),
        )

    def mend(self, problem: Ints, at: float) -> None:
        """Its cause is gone for good."""
        self.mended[problem] = np.minimum(self.mended[problem], at)

    def soothe(self, problem: Ints, at: float) -> None:
        """What one sees is gone; the cause is not, and it is back before long."""
        self.since[problem] = at + self._relapse[self.kind[problem]]

    def there(self, problem: Ints, at: float) -> NDArray[np.bool_]:
        """Whether each problem exists at this time, hidden or not."""
        return (
            (self.born[problem] <= at) & (self.ended[problem] > at) & np.isinf(self.mended[problem])
        )

    def chance(self, problem: Ints, day: int, stream: Ints | int) -> Floats:
        """A number from 0 to 1 for each problem, day and stream, whatever happened before."""
        mixed = (
            problem.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
            + np.uint64((day + 4096) * 0x632BE59BD9B4E019 % 2**64)
            + np.asarray(stream).astype(np.uint64) * np.uint64(0xD1342543DE82EF95)
            + np.uint64((self.seed + 1) * 0xA0761D6478BD642F % 2**64)
        )
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53


@cache
def usual(name: str, day: date) -> float:
    """How high a season usually stands on a day, mean about 1 over a year."""
    return season(name, day) / _mean(name)


@cache
def _mean(name: str) -> float:
    return float(np.mean([season(name, START + timedelta(days=day)) for day in range(365)]))


def poisson(mean: Floats, chance: Floats) -> Ints:
    """The Poisson number of each mean that its chance stands for (by inversion)."""
    count = np.zeros(len(mean), np.int64)
    term = np.exp(-mean)
    left = chance - term
    while (more := left > 0).any():
        count += more
        term = term * mean / np.maximum(count, 1)
        left = np.where(more, left - term, left)
        if ((term < 1e-15) & (count > mean))[more].all():
            break
    return count
