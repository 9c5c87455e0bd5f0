"""The latent city lived through the product itself: its intake, its dispatch, its cases and clocks.

Hours and repairs are those of the bulk form; what the desk makes of a report is the product's own: which
unit it went to, when it is due, and whether it was found to repeat an open case.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from xianban.accounts.api import MACHINE
from xianban.base.errors import WrongState
from xianban.casework.api import Deed, live_through, perform, stages_of
from xianban.city.api import current
from xianban.intake.api import Receipt, receive_many
from xianban.simulate.bulk.ground import Floats
from xianban.simulate.bulk.works import COMPLAINT, LIMIT_DAYS, Done, Taken, Works
from xianban.simulate.bulk.world import Reports, World
from xianban.simulate.demo import found_city, submission
from xianban.simulate.geography import Geography
from xianban.simulate.grounded import Voices, ground_of
from xianban.simulate.lives import Case, Lives
from xianban.simulate.requests import Told
from xianban.simulate.sheets import leaves
from xianban.simulate.staff import Staff

PEOPLE, BEFORE = 60_000, 60
LEAST_H = 6.0  # hours of the smallest unit on a working day
AT_LEAST = timedelta(minutes=6)
AT_A_TIME = 400


@dataclass(frozen=True)
class Lived:
    """What came of some weeks: by the bulk form's account of them, or by the product's own."""

    days: int
    people: int
    policy: str
    seed: int
    form: str
    problems: int
    complaints: int
    nuisance_person_days: float
    median_fix_hours: float
    missed_limits: int
    joined: int
    staff_hours: float
    refused: int = 0


def simulate_in_product(
    *,
    days: int,
    seed: int,
    people: int = PEOPLE,
    now: datetime,
    progress: Callable[[int, int], Any],
) -> Lived:
    """Set the sample city up in this empty home and let it live for `days` up to `now`.

    WrongState where the home holds a city already.
    """
    geography, staff = found_city(now=now, seed=7)
    world = small_world(geography, days=days, seed=seed, people=people, now=now)
    desk = Desk(world, geography, staff, seed=seed)
    return _live(desk, days, seed, people, "product", progress)


def simulate_beside(
    geography: Geography, *, days: int, seed: int, people: int, now: datetime
) -> Lived:
    """The same world in bulk, for comparison."""
    world = small_world(geography, days=days, seed=seed, people=people, now=now)
    works = Works(world, limits=limits_of(world), reserved=0.0, least_h=LEAST_H)
    return _live(works, days, seed, people, "bulk", lambda done, of: None)


def small_world(
    geography: Geography,
    *,
    days: int,
    seed: int,
    people: float,
    now: datetime,
    before: int = BEFORE,
) -> World:
    """The world on the sample city's grids; its last day is yesterday."""
    ground = ground_of(geography, people=people, rng=np.random.default_rng([seed, 0]))
    start = now.astimezone(UTC).date() - timedelta(days=days)
    return World(ground, days=days, before=before, seed=seed, start=start)


def limits_of(world: World) -> Floats:
    """The usual limit of each kind, in days."""
    return np.array([LIMIT_DAYS[leaves()[kind.matter]["limit_hours"]] for kind in world.kinds])


def _live(
    works: Works, days: int, seed: int, people: int, form: str, progress: Callable[[int, int], Any]
) -> Lived:
    world = works.world
    nuisance = hours = 0.0
    complaints = missed = joined = 0
    fixed: list[Floats] = []
    for day in range(-world.before, days):
        felt, said = world.pass_day(day)
        opened = len(works.open["case"])
        spent = works.take(day, said)
        added = len(works.open["case"]) - opened
        used, done = works.work(day)
        works.settle(day, done)
        if day < 0:
            continue
        visits = done.sort == COMPLAINT
        nuisance += float(felt.sum())
        complaints += len(said.problem)
        joined += len(said.problem) - added
        hours += used + spent
        missed += int((done.at > done.due)[visits].sum())
        fixed.append(((done.at - done.opened) * 24)[visits & (done.opened >= 0)])
        progress(day + 1, days)
    lived = Lived(
        days=days, people=people, policy="reactive", seed=seed, form=form,
        problems=int(((world.born >= 0) & (world.born < days)).sum()), complaints=complaints,
        nuisance_person_days=round(nuisance, 1),
        median_fix_hours=round(float(np.median(np.concatenate([*fixed, np.zeros(0)]) if any(map(len, fixed)) else [0.0])), 2),
        missed_limits=missed, joined=joined, staff_hours=round(hours, 1),
    )  # fmt: skip
    return works.told(lived) if isinstance(works, Desk) else lived


class Desk(Works):
    """Works whose cases are the product's from the first day on."""

    def __init__(self, world: World, geography: Geography, staff: Staff, *, seed: int) -> None:
        super().__init__(world, limits=limits_of(world), reserved=0.0, least_h=LEAST_H)
        self._voices = Voices(geography, world, seed=seed)
        self._city, self._staff = current(), staff
        self._rng = np.random.default_rng([seed, 5])
        self._cases: dict[int, Case] = {}
        self._merged_at: dict[int, datetime] = {}
        self._requests = self._joined = self.refused = 0

    def _at(self, moment: float) -> datetime:
        """A moment in days as a time."""
        midnight = datetime.combine(self.world.start, datetime.min.time(), self._city.tz)
        return (midnight + timedelta(days=moment)).astimezone(UTC)

    def _taken(self, day: int, said: Reports, opened: Floats, again: NDArray[np.bool_]) -> Taken:
        if day < 0 or not len(said.problem):
            return super()._taken(day, said, opened, again)
        order = np.argsort(opened)
        told = list(self._voices.tell(said, [self._at(one) for one in opened]))
        cases = dict(zip(order.tolist(), self._receive([told[row] for row in order]), strict=True))
        in_order = [cases[row] for row in range(len(told))]
        self._cases |= {case.receipt.case_id: case for case in in_order}
        joined = np.zeros(len(told), np.bool_)
        for row in order:
            joined[row] = again[row] and self._join(cases[row])
        return Taken(
            joined=joined,
            astray=np.array([not self._went_right(case) for case in in_order]),
            due=np.array([self._moment(case.receipt.due_at) for case in in_order]),
            case=np.array([case.receipt.case_id for case in in_order]),
        )

    def _receive(self, told: list[Told]) -> list[Case]:
        said = [
            submission(one, self._requests + place, key="live") for place, one in enumerate(told)
        ]
        now = told[-1].at
        receipts = receive_many(said, acting=MACHINE, now=now, tell=False, taken="then")
        self._requests += len(told)
        return [Case(one, receipt) for one, receipt in zip(told, receipts, strict=True)]

    def _moment(self, at: datetime) -> float:
        return (at - self._at(0.0)) / timedelta(days=1)

    def _went_right(self, case: Case) -> bool:
        told = case.told
        duty = self._city.duty_for(
            told.matter, told.spot.area, on=told.at.astimezone(self._city.tz).date()
        )
        return duty is not None and case.receipt.unit == duty.lead

    def _join(self, case: Case) -> bool:
        """Whether the product found the open case of the same problem, and the desk merged them."""
        for like in case.receipt.similar:
            other = self._cases.get(like.case_id)
            if other is None or other.told.problem != case.told.problem:
                continue
            at = case.told.at + AT_LEAST
            if self._merge(case.receipt, other.receipt, at):
                self._merged_at[other.receipt.case_id] = at
                self._joined += 1
                return True
        return False

    def _merge(self, one: Receipt, into: Receipt, at: datetime) -> bool:
        try:
            with transaction.atomic():
                live_through([], until=at, cases=[one.case_id, into.case_id])
                perform(
                    one.case_id,
                    "merge",
                    acting=self._staff.dispatchers[0],
                    now=at,
                    data={"into": into.number, "text": "同一处同一事项，合并办理。"},
                )
        except WrongState:
            return False  # the other is answered by now
        return True

    def settle(self, day: int, done: Done) -> Any:
        """Write down what people did to the cases that are done, each act at its time."""
        deeds: list[Deed] = []
        now = self._at(day + 1.0)
        lives = Lives(self._city, self._staff, now=now, rng=self._rng)
        ids = []
        for case_id, at in zip(done.case.tolist(), done.at.tolist(), strict=True):
            if case_id < 0:
                continue
            case, when = self._cases[case_id], self._at(at)
            when = max(when, self._merged_at.get(case_id, when) + AT_LEAST)
            deeds += lives.plan(replace(case, told=replace(case.told, fixed=when)))
            ids.append(case_id)
        if ids:
            self.refused += len(live_through(deeds, until=now, cases=ids).refused)
        return super().settle(day, done)

    def told(self, lived: Lived) -> Lived:
        """The same with what the product itself says: requests, merges, and times until an answer."""
        hours, late = [], 0
        ids = list(self._cases)
        for start in range(0, len(ids), AT_A_TIME):
            for case in stages_of(ids[start : start + AT_A_TIME]):
                answers = [span.ended_at for span in case.spans if span.stage == "handle"]
                if answers:
                    hours.append((answers[0] - case.received_at) / timedelta(hours=1))
                    late += answers[0] > self._cases[case.case_id].receipt.due_at
        return replace(
            lived,
            complaints=self._requests,
            joined=self._joined,
            median_fix_hours=round(float(np.median(hours)), 2) if hours else 0.0,
            missed_limits=late,
            refused=self.refused,
        )
