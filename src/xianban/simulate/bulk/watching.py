"""Those who look ahead: every night, from nothing but what was reported and what visits found.

Three signs point to a cause that lasts: several people complain of the same thing in one grid within days,
somebody complains again soon after a visit there, or where there was such a cause before. Candidates compete for each district's budget by what
acting is expected to save for an hour of work; how often a sign was right before, by kind, is learned from
the orders' own outcomes. With `skill` below 1 so many of the warnings point at a place drawn at random.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xianban.foresight import outbreaks
from xianban.simulate.bulk.ground import Floats, Ints
from xianban.simulate.bulk.works import COMPLAINT, ORDER, Done, Works
from xianban.simulate.bulk.world import Reports, World

RISE, RELAPSE, RETURN = 0, 1, 2
SIGNS = ("rise", "relapse", "return")
WEEKS = 16  # of past that a rise is judged by
RECENT = 7  # days in which voices are added up
VOICES = 2  # at least so many different people make a rise
ALPHA = 0.01
AFTER_VISIT = (4.0, 30.0)  # days after a visit in which a complaint says that the cause was not met
QUIET = 21.0  # days for which a place that was warned of is left alone
BUDGET = 2.4  # warnings a day and 100,000 people
HOPED, DOUBTED = 3.0, 1.0  # right and wrong, before anything was learned
PRICED, PRICES = (0.5, 1.0), (0.4, 1.4)  # what an hour costs a unit, by how busy it is
WAITED, TRIED = 14, 0.3  # days after which a silent warning is judged, and what that counts
TRUST = 1.0  # standard errors by which a little known sign is given credit, so that it is tried
LEAST = 0.55  # signs that are right less often raise no warning


@dataclass
class Record:
    """What became of warnings: by sign and kind, how many were right and wrong; and each of them."""

    right: Floats
    wrong: Floats
    raised: list[tuple[int, int, int, int, bool]] = field(default_factory=list)


class Watch:
    """The detectors with their memory."""

    def __init__(self, world: World, *, skill: float, seed: int) -> None:
        self.world, self.skill = world, skill
        self.kinds = len(world.kinds)
        self.places = world.ground.n * self.kinds
        self._weekly = np.zeros((WEEKS + 1, self.places), np.int32)
        self._daily = np.zeros((RECENT, self.places), np.int16)
        self._visited = np.full(self.places, -np.inf)
        self._several = np.full(self.places, -np.inf)  # last visit to where several complained
        self._past = np.zeros(self.places, np.int16)  # times that several complained there
        self._warned = np.full(self.places, -np.inf)
        self._last = np.full(self.places, -np.inf)  # last complaint
        self._tried: deque[tuple[int, Ints, Ints]] = deque()  # warnings raised silently
        self._mixed = np.random.default_rng([seed, 3])
        shape = (len(SIGNS), self.kinds)
        self.record = Record(np.full(shape, HOPED), np.full(shape, DOUBTED))
        self._voices = np.full(self.kinds, 50.0)  # of a kind, so far
        self._visits = np.full(self.kinds, 10.0)  # to places where several complained
        self._episodes = np.full(self.kinds, 5.0)
        per = np.bincount(world.ground.district, world.ground.people) / 1e5 * BUDGET
        self.budget = np.maximum(1, np.round(per)).astype(int)
        self.raised: list[NDArray] = []
        self.left_out = 0
        self._sign_of: dict[int, int] = {}
        self._visit = np.array([kind.visit_h for kind in world.kinds])
        self._look = np.array([kind.look_h for kind in world.kinds])
        self._repair = np.array([kind.repair_h for kind in world.kinds])

    def learn(self, day: int, said: Reports, done: Done, found: Ints) -> None:
        """Take in what was reported and what visits found on a day."""
        place = said.grid[said.new] * self.kinds + said.kind[said.new]
        today = np.bincount(place, minlength=self.places)
        self._daily[day % RECENT] = today
        self._last[place] = day
        if day % 7 == 0:
            self._weekly = np.roll(self._weekly, -1, axis=0)
            self._weekly[-1] = 0
        self._weekly[-1] += today.astype(np.int32)
        self._voices += np.bincount(said.kind[said.new], minlength=self.kinds)
        visited = np.unique(self._places(done.grid, done.kind)[done.sort == COMPLAINT])
        several = self._daily[:, visited].sum(axis=0) >= VOICES
        again = self._several[visited] >= day - AFTER_VISIT[1]
        self._episodes += np.bincount(visited[several & ~again] % self.kinds, minlength=self.kinds)
        self._past[visited[several & ~again]] += 1
        self._visits += np.bincount(visited[several | again] % self.kinds, minlength=self.kinds)
        self._several[visited[several | again]] = day
        self._visited[visited] = day
        for row in np.flatnonzero(done.sort == ORDER):
            sign = self._sign_of.pop(int(done.warning[row]))
            counts = self.record.right if found[row] else self.record.wrong
            counts[sign, done.kind[row]] += 1
            self._visited[done.grid[row] * self.kinds + done.kind[row]] = day

    def try_out(self, day: int) -> None:
        """Learn before acting: what would be warned of is noted, and judged by what is reported later.

        It was right where somebody complained again between two days and two weeks afterwards.
        """
        place, sign = self._candidates(day)
        self._warned[place] = day
        self._tried.append((day, place, sign))
        if self._tried[0][0] > day - WAITED:
            return
        day, place, sign = self._tried.popleft()
        came = self._last[place] >= day + 2
        np.add.at(self.record.right, (sign[came], place[came] % self.kinds), TRIED)
        np.add.at(self.record.wrong, (sign[~came], place[~came] % self.kinds), TRIED)

    def _places(self, grid: Ints, kind: Ints) -> Ints:
        return grid * self.kinds + kind

    def warn(self, day: int, works: Works) -> tuple[Ints, Ints, Ints]:
        """The night's warnings: number, grid and kind of each."""
        place, sign = self._candidates(day)
        room = works.room(day + 1)
        kind, grid = place % self.kinds, place // self.kinds
        right, wrong = self.record.right[sign, kind], self.record.wrong[sign, kind]
        sure = right / (right + wrong)
        again = 1 - self._episodes[kind] / self._visits[kind]
        costs = self._look[kind] + sure * self._repair[kind]
        spares = sure * self._visit[kind] / (1 - again)  # hours of visits that will not be needed
        price = self._price(works.busy[works.unit(kind, grid)])
        worth = sure * self._voices[kind] / self._visits[kind] / (1 - again) / costs
        doubt = np.sqrt(sure * (1 - sure) / (right + wrong + 1))
        good = (sure + TRUST * doubt >= LEAST) & (spares > price * costs)
        order = np.flatnonzero(good)
        order = order[np.argsort(-worth[order], kind="stable")]
        order = order[np.unique(place[order], return_index=True)[1]]
        order = order[np.argsort(-worth[order], kind="stable")]
        kept = order[self._within(order, grid, kind, sure, room, works)]
        self.left_out += len(order) - len(kept)
        self._warned[place[kept]] = day
        grid, kind, sign = grid[kept].copy(), kind[kept], sign[kept]
        blind = self._mixed.random(len(kept)) >= self.skill
        grid[blind] = self._mixed.integers(0, self.world.ground.n, int(blind.sum()))
        number = len(self.raised) + np.arange(len(kept))
        self._sign_of |= dict(zip(number.tolist(), sign.tolist(), strict=True))
        self.raised += list(np.stack([np.full(len(kept), day), grid, kind, sign], axis=1))
        return number, grid, kind

    def _price(self, busy: Floats) -> Floats:
        """What an hour is worth: little while a unit has time, more than one while cases wait there."""
        return np.interp(busy, PRICED, PRICES)

    def _within(
        self, order: Ints, grid: Ints, kind: Ints, sure: Floats, room: Floats, works: Works
    ) -> NDArray[np.bool_]:
        """Which fit into the district's budget and the unit's hours, best first."""
        district = self.world.ground.district[grid]
        unit = works.unit(kind, grid)
        hours = self._look[kind] + sure * self._repair[kind]
        left, kept = self.budget.copy(), np.zeros(len(order), np.bool_)
        for i, one in enumerate(order):
            if left[district[one]] > 0 and room[unit[one]] > 0:
                kept[i] = True
                left[district[one]] -= 1
                room[unit[one]] -= hours[one]
        return kept

    def _candidates(self, day: int) -> tuple[Ints, Ints]:
        lately = self._daily.sum(axis=0)
        free = self._warned < day - QUIET
        relapse = self._relapsed(day)
        relapse = relapse[free[relapse]]
        rise = np.flatnonzero(free & (lately >= VOICES) & (self._daily[day % RECENT] > 0))
        if len(rise):
            counts = np.concatenate([self._weekly[:-1, rise], lately[None, rise]]).T
            judged = outbreaks.short(
                counts, evaluate=1, alpha=ALPHA, window=WEEKS, guard=0, cycle=1
            )
            rise = rise[judged.p_value[:, -1] < ALPHA]
        quiet = self._visited < day - AFTER_VISIT[1]
        back = np.flatnonzero(free & quiet & (self._daily[day % RECENT] > 0) & (self._past > 0))
        place = np.concatenate([rise, relapse, back])
        sign = np.repeat([RISE, RELAPSE, RETURN], [len(rise), len(relapse), len(back)])
        return place, sign

    def _relapsed(self, day: int) -> Ints:
        """Where somebody complains today although a visit there was some days ago."""
        since = day - self._visited
        low, high = AFTER_VISIT
        return np.flatnonzero((self._daily[day % RECENT] > 0) & (since >= low) & (since <= high))
