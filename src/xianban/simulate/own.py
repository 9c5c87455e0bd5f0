"""How well the product's own detectors see, in a city whose truth is known.

The bulk form lives the reactive policy on the sample city's grids. Each night what was reported by then goes,
as an anonymous history in memory, through prevention's round: detectors, one finding one warning, budgets. A
simulated analyst goes to look where the reports behind a warning point, and says whether something was there.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from django.db import transaction
from numpy.typing import NDArray

from xianban.accounts.api import MACHINE, Actor, Granted, Role
from xianban.base.home import home
from xianban.city.api import current, forget, load
from xianban.history.api import CELL, FACTS, HEARD
from xianban.history.api import REQUESTS as COLUMNS
from xianban.prevention import api as prevention
from xianban.simulate.bulk.ground import Floats, Ints
from xianban.simulate.bulk.running import FIFTH
from xianban.simulate.bulk.works import LIMIT_DAYS, Done, Taken, Works
from xianban.simulate.bulk.world import Reports, World
from xianban.simulate.geography import make_geography
from xianban.simulate.grounded import grids_of, ground_of
from xianban.simulate.sample_pack import write_sample_pack
from xianban.simulate.sheets import leaves
from xianban.simulate.telling import latent_fact

BEFORE, SILENT = 180, 14  # days of past, and of those the last on which rounds are made already
MISHEARD, MISPLACED = 0.04, 0.04  # reports kept under another matter, or in the grid beside
CLOSED_AFTER_H = 24.0
AHEAD_DAYS = 7  # a warning of what is likely next week is real where something is there by then
NIGHT = timedelta(minutes=30)
ANALYST = Actor("user", 0, "analyst", (Granted(Role.ANALYST),))


@dataclass(frozen=True)
class Judged:
    """Warnings against the planted truth; medians are of those that were real."""

    raised: int
    a_day: float
    precision: float | None
    at_random: float | None
    before_fifth_complaint: float | None
    median_complaints_before: float | None
    median_days_after_begin: float | None
    median_lead_days: float | None


@dataclass(frozen=True)
class Own:
    """What prevention's detectors did in one city."""

    days: int
    people: int
    seed: int
    complaints: int
    problems: int
    warned_problems: int
    left_out: int
    all: Judged
    by_detector: dict[str, Judged]
    by_matter: dict[str, Judged]


def measure_own(
    *,
    days: int,
    seed: int,
    people: int,
    progress: Callable[[int, int], Any] = lambda done, of: None,
) -> Own:
    """One city of `people` on the sample city's ground; nothing of it stays in the home."""
    with transaction.atomic():
        try:
            return _measured(days, seed, people, progress)
        finally:
            transaction.set_rollback(True)
            forget()


def _measured(days: int, seed: int, people: int, progress: Callable[[int, int], Any]) -> Own:
    geography = make_geography(7)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    forget()
    load(
        write_sample_pack(home() / "demo-pack", city=geography),
        now=start - timedelta(days=2 * BEFORE),
        acting=MACHINE.key,
    )
    forget()
    ground = ground_of(geography, people=people, rng=np.random.default_rng([seed, 0]))
    world = World(ground, days=days, before=BEFORE, seed=seed)
    codes = [grid.code for grid in grids_of(geography)]
    spots = [(grid.middle.y, grid.middle.x) for grid in grids_of(geography)]
    diary = Diary(world, codes, spots, seed=seed)
    analyst = Analyst(world, diary, seed=seed)
    for day in range(-BEFORE, days):
        _, said = world.pass_day(day)
        diary.take(day, said)
        diary.settle(day, diary.work(day)[1])
        if day >= -SILENT:
            analyst.look(day)
        progress(day + BEFORE + 1, days + BEFORE)
    return analyst.told(days=days, people=people)


class Diary(Works):
    """The reactive works, with everything that was reported written down as a history would have it."""

    def __init__(
        self, world: World, codes: Sequence[str], spots: Sequence[tuple[float, float]], *, seed: int
    ) -> None:
        limits = [LIMIT_DAYS[leaves()[kind.matter]["limit_hours"]] for kind in world.kinds]
        super().__init__(world, limits=np.array(limits), reserved=0.0)
        self.codes = codes
        self._spots = np.round(np.array(spots) / CELL) * CELL
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
        closed = pl.when(
            pl.col("answered_at") + pl.duration(hours=CLOSED_AFTER_H) <= until
        ).then(answered + CLOSED_AFTER_H)
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


@dataclass(frozen=True)
class _Look:
    """One raised warning as it was when it went on the desk."""

    detector: str
    kind: int
    day: int
    real: bool
    at_random: float
    problem: int = -1
    told: int = 0
    since: float = 0.0


class Analyst:
    """Reads each night's round and goes to look where the reports point."""

    def __init__(self, world: World, diary: Diary, *, seed: int) -> None:
        self.world, self.diary = world, diary
        self._rng = np.random.default_rng([seed, 8])
        self._terrain = prevention.terrain_of(current())
        self._sees = np.array([kind.sees for kind in world.kinds])
        self._looks: list[_Look] = []
        self._left_out = 0
        self._complaints = 0

    def look(self, day: int) -> None:
        """The night after a day."""
        until = self.diary.at(day + 1)
        frame = self.diary.known(until)
        for kind in ("nightly", "hourly"):
            past = prevention.past_of(
                frame, until=until, terrain=self._terrain, hourly=kind == "hourly"
            )
            done = prevention.record_round(
                kind, past, now=until + NIGHT, cases_of=lambda keys: {key: key for key in keys}
            )
        if day == -1:
            self._complaints = frame.height
        if day >= 0 and done:
            self._left_out = done.counts["left_out"]
        for one in prevention.raised_since(until):
            look = self._judge(one, day)
            if one.cases:
                seen = look.real and self._rng.random() < self._sees[look.kind]
                verb, more = ("confirm", {}) if seen else ("dismiss", {"reason": "chance"})
                prevention.study(one.id, verb, **more, acting=ANALYST, now=until + 2 * NIGHT)
            if day >= 0:
                self._looks.append(look)

    def _judge(self, one: prevention.Raised, day: int) -> _Look:
        if not one.cases:
            return self._expected(one, day)
        place = np.array([[self.diary.grid[case], self.diary.kind[case]] for case in one.cases])
        pairs, counts = np.unique(place, axis=0, return_counts=True)
        grid, kind = pairs[counts.argmax()].tolist()
        world, live = self.world, self.world.live()
        live = live[world.there(live, day)]
        alike = live[world.kind[live] == kind]
        at_random = len(np.unique(world.grid[alike])) / world.ground.n
        here = alike[world.grid[alike] == grid]
        if not len(here):
            return _Look(one.detector, kind, day, False, at_random)
        first = int(here[np.argmax(world.size(here, day) * world.reach[here])])
        since = day - float(world.begins[first])
        return _Look(one.detector, kind, day, True, at_random, first, int(world.told[first]), since)

    def _expected(self, one: prevention.Raised, day: int) -> _Look:
        """Of a warning with nobody behind it: whether something of the kind is there within a week."""
        world, ahead = self.world, float(day + AHEAD_DAYS)
        kinds = [n for n, kind in enumerate(world.kinds) if kind.matter.startswith(one.matter)]
        there = (world.born <= ahead) & (world.ended > day) & (world.mended > day) & np.isin(world.kind, kinds)  # fmt: skip
        within = {code: current().area_path(code) for code in self.diary.codes}
        level = len(current().area_path(one.areas[0])) - 1
        around = np.array([within[code][level] for code in self.diary.codes])
        hit = np.unique(around[world.grid[there]])
        return _Look(one.detector, kinds[0] if kinds else -1, day, bool(np.isin(one.areas, hit).any()),
                     len(hit) / len(np.unique(around)))  # fmt: skip

    def told(self, *, days: int, people: int) -> Own:
        """All of it, judged; lead is how many days before the problem was gone the warning came."""
        world, looks = self.world, self._looks
        gone = np.minimum(np.minimum(world.mended, world.ended), days)
        names = sorted({one.detector for one in looks})

        def of(chosen: list[_Look]) -> Judged:
            real = [one for one in chosen if one.problem >= 0]
            return Judged(
                raised=len(chosen),
                a_day=round(len(chosen) / days, 2),
                precision=_mean([one.real for one in chosen]),
                at_random=_mean([one.at_random for one in chosen]),
                before_fifth_complaint=_mean([one.told < FIFTH for one in real]),
                median_complaints_before=_median([one.told for one in real]),
                median_days_after_begin=_median([one.since for one in real]),
                median_lead_days=_median([gone[one.problem] - one.day for one in real]),
            )

        return Own(
            days=days,
            people=people,
            seed=world.seed,
            complaints=len(self.diary.kind) - self._complaints,
            problems=int(((world.born >= 0) & (world.born < days)).sum()),
            warned_problems=len({one.problem for one in looks if one.problem >= 0}),
            left_out=self._left_out,
            all=of(looks),
            by_detector={name: of([one for one in looks if one.detector == name]) for name in names},
            by_matter={
                kind.matter: of([one for one in looks if one.kind == n])
                for n, kind in enumerate(world.kinds)
            },
        )  # fmt: skip


def _mean(values: list[Any]) -> float | None:
    return round(float(np.mean(values)), 3) if values else None


def _median(values: list[Any]) -> float | None:
    return round(float(np.median(values)), 2) if values else None
