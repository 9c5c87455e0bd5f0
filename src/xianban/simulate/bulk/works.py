"""Those who repair: cases in queues before units with so many hours a day, and what a visit comes to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xianban.simulate.bulk.ground import Floats, Ints
from xianban.simulate.bulk.world import Reports, World, usual

COMPLAINT, ORDER = 0, 1
JOINED = 0.92  # of complaints, set beside the open case of the same problem
ASTRAY = 0.08  # of cases go to the wrong unit first and come a day late
SINGLE_H = 1.0  # hours for what has no problem behind it
AGAIN_H, JOIN_H = (
    0.25,
    0.05,
)  # for a second case of one problem, and for one more voice in the first
WEEKEND = 0.5
SEASONAL = 0.6  # of a unit's hours follow what the season usually brings
LATELY = 0.1  # weight of the last day in how busy a unit was
MENDED = 0.95  # of causes that were found, for good
LIMIT_DAYS = {"2": 1 / 12, "24": 1.0, "168": 7.0, "360": 15.0}
NEW = {
    "problem": np.int64, "kind": np.int64, "unit": np.int64, "grid": np.int64, "sort": np.int8,
    "warning": np.int64, "held": np.int64, "case": np.int64, "opened": np.float64, "ready": np.float64, "due": np.float64, "left": np.float64,
    "needed": np.float64,
}  # fmt: skip


@dataclass(frozen=True)
class Done:
    """What was finished on a day: columns of equal length, as in `NEW`, and `at`."""

    columns: dict[str, np.ndarray]
    at: Floats

    def __getattr__(self, name: str) -> np.ndarray:
        return self.columns[name]

    @property
    def fix_hours(self) -> Floats:
        """From its opening until somebody was there, of each case that reports opened since the first day.

        What was waiting before counts nowhere: how long it had waited is the past's doing.
        """
        counts = (self.sort == COMPLAINT) & (self.opened >= 0)
        return (self.at - self.opened)[counts] * 24


@dataclass(frozen=True)
class Taken:
    """For each report: whether it was set beside an open case, went to a wrong unit first, is due when,
    and as which case it is kept (-1: none)."""

    joined: NDArray[np.bool_]
    astray: NDArray[np.bool_]
    due: Floats
    case: Ints


class Works:
    """Open cases and the hours to do them in; a share of the hours is kept for orders that look ahead."""

    def __init__(
        self, world: World, *, limits: Floats, reserved: float, least_h: float = 0.0
    ) -> None:
        self.world, self.reserved, self.limits, self.least_h = world, reserved, limits, least_h
        districts = int(world.ground.district[-1]) + 1
        names = sorted({kind.unit for kind in world.kinds})
        self._unit_of = np.array([names.index(kind.unit) for kind in world.kinds])
        self._districts = districts
        self.units = len(names) * districts
        people = np.bincount(world.ground.district, world.ground.people, districts)
        self._people = np.tile(people / 1000, len(names))
        self.busy = np.full(self.units, 0.5)  # share of its hours that each unit used lately
        self.open = {name: np.zeros(0, kind) for name, kind in NEW.items()}
        self._causes: dict[int, Ints] = {}
        self._visit = np.array([kind.visit_h for kind in world.kinds])

    def unit(self, kind: Ints, grid: Ints) -> Ints:
        """Who is responsible: by what it is and where."""
        return self._unit_of[kind] * self._districts + self.world.ground.district[grid]

    def take(self, day: int, said: Reports) -> float:
        """Open cases for the day's reports, or set them beside an open one; hours spent on that."""
        problem, stream = said.problem, np.arange(len(said.problem))
        real = problem >= 0
        open_ones = self.open["problem"][self.open["sort"] == COMPLAINT]
        first = np.zeros(len(problem), np.bool_)
        first[np.unique(problem, return_index=True)[1]] = True
        again = real & (np.isin(problem, open_ones) | ~first)
        whose = np.where(real, problem, stream)
        opened = day + self.world.chance(whose, day, 7000 + stream % 619)
        taken = self._taken(day, said, opened, again)
        new = ~taken.joined
        alone = np.where(real & ~again, problem, -1)[new]  # a second case finds the first at work
        kind, grid = said.kind[new], said.grid[new]
        self._add(
            problem=alone, kind=kind, grid=grid, sort=COMPLAINT, warning=-1, held=-1, opened=opened[new],
            case=taken.case[new], ready=opened[new] + taken.astray[new], due=taken.due[new],
            left=np.where(alone >= 0, self._visit[kind], np.where(real[new], AGAIN_H, SINGLE_H)),
        )  # fmt: skip
        return float(taken.joined.sum() * JOIN_H)

    def _taken(self, day: int, said: Reports, opened: Floats, again: NDArray[np.bool_]) -> "Taken":
        """What the desk makes of the reports; `again` are those of what somebody is at work on."""
        stream = np.arange(len(said.problem))
        whose = np.where(said.problem >= 0, said.problem, stream)
        joined = again & (self.world.chance(said.problem, day, 5000 + stream % 613) < JOINED)
        astray = self.world.chance(whose, day, 9000) < ASTRAY
        none = np.full(len(stream), -1)
        return Taken(joined, astray, opened + self.limits[said.kind], none)

    def order(self, day: float, *, kind: Ints, grid: Ints, warning: Ints) -> None:
        """Send somebody to look whether a cause is there, and to mend it."""
        look = np.array([one.look_h for one in self.world.kinds])[kind]
        repair = np.array([one.repair_h for one in self.world.kinds])[kind]
        seen = self._seen(int(day), kind, grid)
        self._hold(grid, kind, warning)
        self._causes |= dict(zip(warning.tolist(), seen, strict=True))
        self._add(
            problem=np.full(len(kind), -1), kind=kind, grid=grid, sort=ORDER, warning=warning, held=-1, case=-1,
            opened=day, ready=day, due=day + 3.0,
            left=look + repair * np.array([len(one) for one in seen], float),
        )  # fmt: skip

    def _hold(self, grid: Ints, kind: Ints, warning: Ints) -> None:
        """Visits to where an order goes wait for what it finds."""
        open_ones, kinds = self.open, len(self.world.kinds)
        order = np.argsort(grid * kinds + kind, kind="stable")
        places = (grid * kinds + kind)[order]
        if not len(places):
            return
        here = open_ones["grid"] * kinds + open_ones["kind"]
        at = np.minimum(np.searchsorted(places, here), len(places) - 1)
        held = (places[at] == here) & (open_ones["sort"] == COMPLAINT)
        open_ones["held"][held] = warning[order][at[held]]
        open_ones["ready"][held] = np.inf

    def _release(self, day: int, warning: Ints) -> None:
        """Their orders are done: who complained of what is mended is told so, the others are visited."""
        rows = np.flatnonzero((self.open["held"] >= 0) & np.isin(self.open["held"], warning))
        problem = self.open["problem"][rows]
        over = rows[(problem >= 0) & ~np.isinf(self.world.mended[problem])]
        self.open["problem"][over] = -1
        self.open["left"][over] = JOIN_H
        self.open["held"][rows] = -1
        self.open["ready"][rows] = day + 1

    def _seen(self, day: int, kind: Ints, grid: Ints) -> list[Ints]:
        """Which causes those who look at each of these places will find."""
        world = self.world
        live = world.live()
        live = live[world.there(live, day)]
        sees = np.array([one.sees for one in world.kinds])[world.kind[live]]
        live = live[world.chance(live, day, 20_002) < sees]
        place = world.grid[live] * len(world.kinds) + world.kind[live]
        order = np.argsort(place, kind="stable")
        place, live = place[order], live[order]
        wanted = grid * len(world.kinds) + kind
        low, high = np.searchsorted(place, wanted), np.searchsorted(place, wanted, side="right")
        return [live[begin:end] for begin, end in zip(low, high, strict=True)]

    def _add(self, *, kind: Ints, grid: Ints, **columns: NDArray | float) -> None:
        new = columns | {"kind": kind, "grid": grid, "unit": self.unit(kind, grid)}
        new["needed"] = new["left"]
        for name, of in NEW.items():
            self.open[name] = np.concatenate(
                [self.open[name], np.broadcast_to(new[name], len(kind)).astype(of)]
            )

    def work(self, day: int) -> tuple[float, Done]:
        """A day's work: hours used, and what was finished.

        Orders that look ahead come first within the share kept for them, everything else by its date;
        hours that either leaves over go to the other.
        """
        rows = self.open
        full = self._full(day)
        kept = self._kept()
        ready = rows["ready"] < day + 0.75
        ahead = (rows["sort"] != COMPLAINT) & ready
        behind = (rows["sort"] == COMPLAINT) & ready
        used: Floats = np.zeros(self.units)
        given = np.zeros(len(ready))
        for part, share in ((ahead, kept), (behind, 1.0), (ahead, 1.0)):
            given += self._give(
                part, rows["left"] - given, full * share - (used if share is not kept else 0)
            )
            used = np.bincount(rows["unit"], given, self.units).astype(np.float64)
        rows["left"] = rows["left"] - given
        waiting = np.bincount(rows["unit"][ready], rows["left"][ready], self.units)
        load = (used + waiting) / np.maximum(full, 1e-9)
        self.busy += LATELY * (np.minimum(load, 2.0) - self.busy)
        done = ready & (rows["left"] < 1e-9)
        hour = self._hour(done, used, full)
        at = np.maximum(day + 0.33 + 0.42 * hour, rows["opened"][done] + 0.03)
        finished = Done({name: column[done] for name, column in rows.items()}, at)
        self.open = {name: column[~done] for name, column in rows.items()}
        return float(used.sum()), finished

    def _full(self, day: int) -> Floats:
        """Hours of each unit on a day: people are planned by what the season usually brings."""
        date = self.world.date(day)
        hours = [
            kind.staff_h * (1 - SEASONAL + SEASONAL * usual(kind.season, date))
            for kind in self.world.kinds
        ]
        by_unit = np.bincount(self._unit_of, hours, self.units // self._districts)
        full = np.maximum(np.repeat(by_unit, self._districts) * self._people, self.least_h)
        return full * (WEEKEND if date.weekday() >= 5 else 1.0)

    def _kept(self) -> Floats:
        """The share kept for orders: half of it where cases wait."""
        return self.reserved * np.interp(self.busy, (0.7, 1.2), (1.0, 0.5))

    def room(self, day: int) -> Floats:
        """Hours of each unit's share for looking ahead on a day that no order has taken yet."""
        ahead = self.open["sort"] != COMPLAINT
        taken = np.bincount(self.open["unit"][ahead], self.open["left"][ahead], self.units)
        return np.maximum(self._kept() * self._full(day) - taken, 0)

    def available(self, day: int) -> float:
        """Hours of all units on a day."""
        return float(self._full(day).sum())

    def _give(self, part: NDArray[np.bool_], left: Floats, hours: Floats) -> Floats:
        """Hours for each row of `part`, in the order of their dates, as far as its unit's hours go."""
        given = np.zeros(len(left))
        chosen = np.flatnonzero(part & (left > 0))
        unit = self.open["unit"][chosen]
        order = np.lexsort((self.open["due"][chosen], unit))
        chosen, unit = chosen[order], unit[order]
        total = np.cumsum(left[chosen])
        before = total - left[chosen]
        starts = np.searchsorted(unit, np.arange(self.units))
        base = np.concatenate([before, [0.0]])[np.minimum(starts, len(before))]
        given[chosen] = np.clip(hours[unit] - (before - base[unit]), 0, left[chosen])
        return given

    def _hour(self, done: NDArray[np.bool_], used: Floats, full: Floats) -> Floats:
        """When in the working day each was finished, 0 to 1: in order, as far as the day was used."""
        chosen = np.flatnonzero(done)
        unit, due = self.open["unit"][chosen], self.open["due"][chosen]
        order = np.lexsort((due, unit))
        place = np.empty(len(chosen), np.int64)
        starts = np.searchsorted(unit[order], unit[order])
        place[order] = np.arange(len(chosen)) - starts
        many = np.bincount(unit, minlength=self.units)[unit]
        return (
            (place + 0.5) / np.maximum(many, 1) * np.minimum(used / np.maximum(full, 1e-9), 1)[unit]
        )

    def settle(self, day: int, done: Done) -> Ints:
        """What the finished visits did to the problems; how many causes each order met."""
        world = self.world
        visits = (done.sort == COMPLAINT) & (done.problem >= 0)
        met = done.problem[visits]
        here = world.there(met, day)
        mends = np.array([kind.mends for kind in world.kinds])[done.kind[visits]]
        good = world.chance(met, day, 20_000) < mends
        world.mend(met[here & good], day)
        world.soothe(met[here & ~good], day)
        return self._ordered(day, done)

    def _ordered(self, day: int, done: Done) -> Ints:
        """The causes that orders met are mended, and whoever complains of them is told."""
        world = self.world
        found = np.zeros(len(done.kind), np.int64)
        for row in np.flatnonzero(done.sort == ORDER):
            causes = self._causes.pop(int(done.warning[row]))
            causes = causes[world.there(causes, day)]
            found[row] = len(causes)
            world.mend(causes[world.chance(causes, day, 20_001) < MENDED], day)
        self._release(day, done.warning[done.sort == ORDER])
        return found
