"""How well the product's own detectors see, in a city whose truth is known.

The bulk form lives on the sample city's grids. Each night what was reported by then goes, as an anonymous
history in memory, through prevention's round: detectors, one finding one warning, budgets. A simulated analyst
confirms what is sure enough and sends somebody where the reports behind it point; what was found there is
concluded on the warning, and so enters the detector's record.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from django.db import transaction
from numpy.typing import NDArray

from xianban.accounts.api import MACHINE, Actor, Granted, Role
from xianban.base.errors import WrongState
from xianban.base.home import home
from xianban.city.api import current, forget, load
from xianban.history.api import CELL, FACTS, HEARD
from xianban.history.api import REQUESTS as COLUMNS
from xianban.prevention import api as prevention
from xianban.simulate.ahead import KEPT_DAYS, MOST_READ, NIGHT, SURE
from xianban.simulate.bulk.ground import Floats, Ints
from xianban.simulate.bulk.running import RESERVED, check_asked
from xianban.simulate.bulk.works import ORDER, Done, Taken, Works
from xianban.simulate.bulk.world import START, Reports, World
from xianban.simulate.demo import holds_city
from xianban.simulate.geography import Area, make_geography
from xianban.simulate.grounded import grids_of, ground_of
from xianban.simulate.judging import Judged, Look, judged, look_ahead, look_at, mean_of
from xianban.simulate.product import limits_of
from xianban.simulate.sample_pack import write_sample_pack
from xianban.simulate.telling import latent_fact

BEFORE, WARMING = 180, 20  # days of past; in the last of them it is acted upon, not yet counted
MISHEARD, MISPLACED = 0.04, 0.04  # reports kept under another matter, or in the grid beside
CLOSED_AFTER_H = 24.0
ANALYST = Actor("user", 0, "analyst", (Granted(Role.ANALYST),))


@dataclass(frozen=True)
class Totals:
    """What came of a policy in the days that count."""

    complaints: float
    nuisance_person_days: float
    staff_hours: float


@dataclass(frozen=True)
class Own:
    """What prevention's detectors did in one city."""

    days: int
    people: int
    seed: int
    skill: float
    reactive: Totals
    proactive: Totals
    orders: int
    empty_orders: int
    problems: int
    warned_problems: int
    all: Judged
    by_detector: dict[str, Judged]
    by_matter: dict[str, Judged]


@dataclass(frozen=True)
class OwnMean:
    """The mean over several cities; `raised` is a city's."""

    seeds: tuple[int, ...]
    days: int
    people: int
    skill: float
    reactive: Totals
    proactive: Totals
    orders: float
    empty_orders: float
    problems: float
    warned_problems: float
    all: Judged
    by_detector: dict[str, Judged]
    by_matter: dict[str, Judged]


def measure_several(
    *,
    days: int,
    seeds: Sequence[int],
    people: int,
    skill: float = 1.0,
    progress: Callable[[int, int], Any] = lambda done, of: None,
) -> OwnMean:
    """One city after another; raises BadInput for what can't be."""
    check_asked(days, "proactive", min(seeds), skill, people)
    each = len(seeds) * (days + BEFORE)
    cities = []
    for n, seed in enumerate(seeds):

        def told(done: int, of: int, before: int = n * each // len(seeds)) -> None:
            progress(before + done, each)

        cities.append(measure_own(days=days, seed=seed, people=people, skill=skill, progress=told))

    def by(name: str) -> dict[str, Judged]:
        keys = sorted({key for city in cities for key in getattr(city, name)})
        return {key: mean_of([getattr(city, name)[key] for city in cities if key in getattr(city, name)]) for key in keys}  # fmt: skip

    return OwnMean(
        seeds=tuple(seeds),
        days=days,
        people=people,
        skill=skill,
        reactive=_totals([city.reactive for city in cities]),
        proactive=_totals([city.proactive for city in cities]),
        **{
            name: float(np.mean([getattr(city, name) for city in cities]))
            for name in ("orders", "empty_orders", "problems", "warned_problems")
        },
        all=mean_of([city.all for city in cities]),
        by_detector=by("by_detector"),
        by_matter=by("by_matter"),
    )


def _totals(cities: Sequence[Totals]) -> Totals:
    return Totals(*np.mean([astuple(one) for one in cities], axis=0).round(1).tolist())


def measure_own(
    *,
    days: int,
    seed: int,
    people: int,
    skill: float = 1.0,
    progress: Callable[[int, int], Any] = lambda done, of: None,
) -> Own:
    """One city of `people` on the sample city's ground; nothing of it stays in the home.

    WrongState where the home holds a city already.
    """
    if holds_city():
        raise WrongState("this home holds a city already; choose an empty folder with XIANBAN_HOME")
    with transaction.atomic():
        try:
            return _measured(days, seed, people, skill, progress)
        finally:
            transaction.set_rollback(True)
            forget()


def _measured(
    days: int, seed: int, people: int, skill: float, progress: Callable[[int, int], Any]
) -> Own:
    geography = make_geography(7)
    start = datetime.combine(START, datetime.min.time(), UTC)
    forget()
    load(
        write_sample_pack(home() / "demo-pack", city=geography),
        now=start - timedelta(days=2 * BEFORE),
        acting=MACHINE.key,
    )
    forget()
    grids = grids_of(geography)

    def world() -> World:
        ground = ground_of(geography, people=people, rng=np.random.default_rng([seed, 0]))
        return World(ground, days=days, before=BEFORE, seed=seed)

    otherwise = world()
    reactive = _lived(Works(otherwise, limits=limits_of(otherwise), reserved=0.0), days)
    diary = Diary(world(), grids, seed=seed)
    analyst = Analyst(diary, skill=skill, seed=seed)

    def night(day: int, done: Done, found: Ints) -> None:
        if day >= -WARMING:
            analyst.look(day, done, found)
        progress(day + BEFORE + 1, days + BEFORE)

    proactive = _lived(diary, days, night)
    gone = np.minimum(otherwise.mended, otherwise.ended)
    return analyst.told(reactive, proactive, gone, people=people)


def _lived(
    works: Works,
    days: int,
    night: Callable[[int, Done, Ints], None] = lambda day, done, found: None,
) -> Totals:
    world = works.world
    complaints, nuisance, hours = 0, 0.0, 0.0
    for day in range(-BEFORE, days):
        felt, said = world.pass_day(day)
        spent = works.take(day, said)
        used, done = works.work(day)
        found = works.settle(day, done)
        if day >= 0:
            complaints += len(said.problem)
            nuisance += float(felt.sum())
            hours += used + spent
        night(day, done, found)
    return Totals(complaints, round(nuisance, 1), round(hours, 1))


class Diary(Works):
    """The works, with everything that was reported written down as a history would have it."""

    def __init__(self, world: World, grids: Sequence[Area], *, seed: int) -> None:
        super().__init__(world, limits=limits_of(world), reserved=RESERVED)
        self.codes = [grid.code for grid in grids]
        middles = np.array([(grid.middle.y, grid.middle.x) for grid in grids])
        self._spots = np.round(middles / CELL) * CELL
        self._beside = _beside(world)
        self._rng = np.random.default_rng([seed, 6])
        self.midnight = datetime.combine(world.start, datetime.min.time(), current().tz)
        self._heard: list[pl.DataFrame] = []
        self.kind: list[int] = []  # as it was written down
        self.grid: list[int] = []
        self._done = np.zeros(0)

    def at(self, moment: float) -> datetime:
        return (self.midnight + timedelta(days=moment)).astimezone(UTC)

    def _taken(self, day: int, said: Reports, opened: Floats, again: NDArray[np.bool_]) -> Taken:
        taken = super()._taken(day, said, opened, again)
        first, n, rng = len(self.kind), len(said.problem), self._rng
        kind = np.where(rng.random(n) < MISHEARD, rng.integers(0, len(self.world.kinds), n), said.kind)  # fmt: skip
        grid = np.where(rng.random(n) < MISPLACED, self._beside[said.grid], said.grid)
        matters = [self.world.kinds[one].matter for one in kind.tolist()]
        received = [self.at(one).replace(minute=0, second=0, microsecond=0) for one in opened]
        self._heard.append(
            pl.DataFrame(
                {
                    "key": np.arange(first, first + n),
                    "case": np.arange(first, first + n),
                    "received": received,
                    "known": received,
                    "door": ["phone"] * n,
                    "matter": matters,
                    "area": [self.codes[one] for one in grid.tolist()],
                    "lat": self._spots[grid, 0],
                    "lon": self._spots[grid, 1],
                    "supporters": np.zeros(n, np.int64),
                    "new_voice": said.new,
                    "words": [latent_fact(self.world.kinds[one].matter, rng) for one in said.kind.tolist()],
                    "merged": taken.joined,
                },
                schema={**COLUMNS, "merged": pl.Boolean},
            )
        )  # fmt: skip
        self.kind += kind.tolist()
        self.grid += grid.tolist()
        self._done = np.concatenate([self._done, np.full(n, np.inf)])
        return Taken(taken.joined, taken.astray, taken.due, np.arange(first, first + n))

    def settle(self, day: int, done: Done) -> Any:
        """Note when each was answered."""
        known = done.case >= 0
        self._done[done.case[known]] = done.at[known]
        return super().settle(day, done)

    def known(self, until: datetime) -> pl.DataFrame:
        """The history as a reader had it at that time."""
        frame = pl.concat(self._heard).with_columns(
            answered_at=pl.Series([None if np.isinf(at) else self.at(at) for at in self._done.tolist()], dtype=pl.Datetime("us", "UTC")),
        ).filter(pl.col("received") < until)  # fmt: skip
        others = {
            name: kind for name, kind in {**FACTS, **HEARD}.items() if name not in frame.columns
        }
        answered = pl.when(pl.col("answered_at") <= until).then(
            (pl.col("answered_at") - pl.col("received")).dt.total_minutes() / 60
        )
        closed = pl.when(pl.col("answered_at") + pl.duration(hours=CLOSED_AFTER_H) <= until).then(
            answered + CLOSED_AFTER_H
        )
        return frame.with_columns(
            **{name: pl.lit(None, dtype=kind) for name, kind in others.items()}
        ).with_columns(
            state=pl.when(pl.col("merged")).then(pl.lit("merged")),
            answered_h=answered,
            ended_h=pl.when(pl.col("merged")).then(1.0).otherwise(closed),
        )


def _beside(world: World) -> Ints:
    """A grid beside each."""
    xy = world.ground.xy
    far = ((xy[:, None, :] - xy[None, :, :]) ** 2).sum(axis=2)
    np.fill_diagonal(far, np.inf)
    return far.argmin(axis=1).astype(np.int64)


class Analyst:
    """Reads each night's round, and sends somebody where the reports behind a warning point."""

    def __init__(self, diary: Diary, *, skill: float, seed: int) -> None:
        self.world, self.diary, self.skill = diary.world, diary, skill
        self._rng = np.random.default_rng([seed, 8])
        self._terrain = prevention.terrain_of(current())
        self._looks: list[Look] = []
        self._waiting: list[tuple[int, int, Look]] = []
        self.orders = self.empty = 0

    def look(self, day: int, done: Done, found: Ints) -> None:
        """The night after a day."""
        until = self.diary.at(day + 1)
        now = until + 2 * NIGHT
        for row in np.flatnonzero(done.sort == ORDER):
            outcome = "real" if found[row] else "empty"
            prevention.study(int(done.warning[row]), "conclude", outcome=outcome, acting=ANALYST, now=now)  # fmt: skip
            self.empty += day >= 0 and not found[row]
        past = prevention.past_of(self.diary.known(until), until=until, terrain=self._terrain)
        prevention.record_round(
            "nightly", past, now=until + NIGHT, cases_of=lambda keys: {key: key for key in keys}
        )
        room = self.diary.room(day + 1)
        for one in prevention.raised_since(until):
            look = self._judge(one, day)
            if day >= 0:
                self._looks.append(look)
            if one.cases and one.confidence >= SURE:
                self._waiting.append((day, one.id, look))
        self._waiting = [
            one
            for one in self._waiting
            if one[0] > day - KEPT_DAYS and not self._sent(one[1], one[2], room, day, now)
        ]

    def _sent(self, warning: int, look: Look, room: Floats, day: int, now: datetime) -> bool:
        """Order it, if the unit has time."""
        kind, grid = np.array([look.kind]), np.array([look.grid])
        unit, about = int(self.diary.unit(kind, grid)[0]), self.world.kinds[look.kind]
        if room[unit] <= 0:
            return False
        room[unit] -= about.look_h + about.repair_h
        prevention.study(warning, "confirm", acting=ANALYST, now=now)
        self.diary.order(day + 1, kind=kind, grid=grid, warning=np.array([warning]))
        self.orders += day >= 0
        return True

    def _judge(self, one: prevention.Raised, day: int) -> Look:
        if not one.cases:
            level = len(current().area_path(one.areas[0])) - 1
            around = np.array([current().area_path(code)[level] for code in self.diary.codes])
            return look_ahead(self.world, one.detector, matter=one.matter, areas=one.areas, around=around, day=day)  # fmt: skip
        spoken = [(self.diary.grid[case], self.diary.kind[case]) for case in one.cases[-MOST_READ:]]
        (grid, kind), _ = Counter(spoken).most_common(1)[0]
        if self._rng.random() >= self.skill:
            grid = int(self._rng.integers(self.world.ground.n))
        return look_at(self.world, one.detector, grid=grid, kind=kind, day=day)

    def told(self, reactive: Totals, proactive: Totals, gone: Floats, *, people: int) -> Own:
        """All of it, judged; `gone` is when each problem was gone under the reactive policy."""
        world, looks, days = self.world, self._looks, self.world.days
        names = sorted({one.detector for one in looks})

        def of(chosen: Sequence[Look]) -> Judged:
            return judged(chosen, gone, days=days)

        return Own(
            days=days,
            people=people,
            seed=world.seed,
            skill=self.skill,
            reactive=reactive,
            proactive=proactive,
            orders=self.orders,
            empty_orders=self.empty,
            problems=int(((world.born >= 0) & (world.born < days)).sum()),
            warned_problems=len({one.problem for one in looks if one.problem >= 0}),
            all=of(looks),
            by_detector={
                name: of([one for one in looks if one.detector == name]) for name in names
            },
            by_matter={
                kind.matter: of([one for one in looks if one.kind == n])
                for n, kind in enumerate(world.kinds)
            },
        )
