"""The latent city lived through the product itself: its intake, its dispatch, its cases and clocks.

Hours and repairs are those of the bulk form; what the desk makes of a report is the product's own: which
unit it went to, when it is due, and whether it was found to repeat an open case.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from xianban.accounts.api import MACHINE
from xianban.base.errors import WrongState
from xianban.casework.api import Deed, live_through, perform, stages_of
from xianban.city.api import current
from xianban.intake.api import Receipt, receive_many
from xianban.simulate.ahead import Ahead
from xianban.simulate.bulk.ground import Floats, Ints
from xianban.simulate.bulk.running import RESERVED
from xianban.simulate.bulk.watching import Watch
from xianban.simulate.bulk.works import COMPLAINT, LIMIT_DAYS, ORDER, Done, Taken, Works
from xianban.simulate.bulk.world import Reports, World
from xianban.simulate.demo import found_city, submission
from xianban.simulate.geography import Geography
from xianban.simulate.grounded import Voices, grids_of, ground_of
from xianban.simulate.lives import Case, Lives
from xianban.simulate.requests import Told
from xianban.simulate.sheets import leaves
from xianban.simulate.staff import Staff

PEOPLE, BEFORE = 60_000, 60
PAST = 60  # days before counting that the product itself lives through, so that it has a history
LEAST_H = 6.0  # hours of the smallest unit on a working day
AT_LEAST = timedelta(minutes=6)
AT_A_TIME = 400
WHOLE_LIFE = timedelta(days=400)


@dataclass(frozen=True)
class Lived:
    """What came of some weeks: by the bulk form's account of them, or by the product's own.

    `warnings` are those that were ordered, against the planted truth: in all and by detector.
    """

    days: int
    people: int
    policy: str
    seed: int
    skill: float
    form: str
    problems: int
    complaints: int
    nuisance_person_days: float
    median_fix_hours: float
    missed_limits: int
    joined: int
    orders: int
    empty_orders: int
    order_hours: float
    prevented_complaints: int
    staff_hours: float
    warnings: Mapping[str, Any]
    refused: int = 0


class LooksAhead(Protocol):
    """Whoever looks ahead, every night; `orders` counts what was sent out."""

    orders: int

    def night(self, day: int, said: Reports, done: Done, found: Ints) -> None:
        """After a day: what was reported, what was done, and how many causes each order met."""


def simulate_in_product(
    *,
    days: int,
    seed: int,
    policy: str = "reactive",
    skill: float = 1.0,
    people: int = PEOPLE,
    past: int = PAST,
    now: datetime,
    progress: Callable[[int, int], Any],
) -> Lived:
    """Set the sample city up in this empty home and let it live for `days` up to `now`.

    Under the proactive policy it lives reactively first, which is taken back, for comparison.
    WrongState where the home holds a city already.
    """
    geography, staff = found_city(now=now, seed=7)
    asked = _Asked(days, people, seed, skill, past, now)
    if policy == "reactive":
        return _in_product(geography, staff, asked, policy, progress)
    with transaction.atomic():
        otherwise = _in_product(
            geography, staff, asked, "reactive", lambda done, of: progress(done, 2 * of)
        )
        transaction.set_rollback(True)
    lived = _in_product(
        geography, staff, asked, policy, lambda done, of: progress(of + done, 2 * of)
    )
    return replace(lived, prevented_complaints=otherwise.complaints - lived.complaints)


def simulate_beside(
    geography: Geography,
    *,
    days: int,
    seed: int,
    people: int,
    now: datetime,
    policy: str = "reactive",
    skill: float = 1.0,
    past: int = PAST,
) -> Lived:
    """The same world in bulk, for comparison."""
    asked = _Asked(days, people, seed, skill, past, now)
    world = asked.world(geography)
    ahead = policy == "proactive"
    works = Works(world, limits=limits_of(world), reserved=RESERVED * ahead, least_h=LEAST_H)
    watch = Watching(works, skill=skill, seed=seed) if ahead else None
    return _live(works, watch, asked, policy, "bulk", lambda done, of: None)


@dataclass(frozen=True)
class _Asked:
    days: int
    people: int
    seed: int
    skill: float
    past: int
    now: datetime

    def world(self, geography: Geography) -> World:
        return small_world(
            geography,
            days=self.days,
            seed=self.seed,
            people=self.people,
            now=self.now,
            before=max(BEFORE, self.past),
        )


def _in_product(
    geography: Geography,
    staff: Staff,
    asked: _Asked,
    policy: str,
    progress: Callable[[int, int], Any],
) -> Lived:
    desk = Desk(
        asked.world(geography), geography, staff, seed=asked.seed, past=asked.past,
        reserved=RESERVED * (policy == "proactive"),
    )  # fmt: skip
    if policy == "proactive":
        desk.ahead = Ahead(desk, current(), staff, skill=asked.skill, seed=asked.seed)
    return desk.told(_live(desk, desk.ahead, asked, policy, "product", progress))


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


class Watching:
    """The watch of the bulk form, night by night."""

    def __init__(self, works: Works, *, skill: float, seed: int) -> None:
        self._works, self._watch, self.orders = works, Watch(works.world, skill=skill, seed=seed), 0

    def night(self, day: int, said: Reports, done: Done, found: Ints) -> None:
        """Learn; before counting begins try silently, then order."""
        self._watch.learn(day, said, done, found)
        if day < 0:
            self._watch.try_out(day)
            return
        number, grid, kind = self._watch.warn(day, self._works)
        self._works.order(day + 1, kind=kind, grid=grid, warning=number)
        self.orders += len(number)


def _live(
    works: Works,
    ahead: LooksAhead | None,
    asked: _Asked,
    policy: str,
    form: str,
    progress: Callable[[int, int], Any],
) -> Lived:
    world, days = works.world, asked.days
    nuisance = hours = ahead_h = 0.0
    complaints = missed = joined = empty = 0
    fixed: list[Floats] = []
    for day in range(-world.before, days):
        felt, said = world.pass_day(day)
        opened = len(works.open["case"])
        spent = works.take(day, said)
        added = len(works.open["case"]) - opened
        used, done = works.work(day)
        found = works.settle(day, done)
        if ahead and day < days - 1:
            ahead.night(day, said, done, found)
        progress(day + 1 + world.before, days + world.before)
        if day < 0:
            continue
        visits, looks = done.sort == COMPLAINT, done.sort == ORDER
        nuisance += float(felt.sum())
        complaints += len(said.problem)
        joined += len(said.problem) - added
        hours += used + spent
        ahead_h += float(done.needed[looks].sum())
        empty += int((looks & (found == 0)).sum())
        missed += int((done.at > done.due)[visits].sum())
        fixed.append(done.fix_hours)
    all_fixed = np.concatenate([*fixed, np.zeros(0)])
    return Lived(
        days=days, people=asked.people, policy=policy, seed=asked.seed,
        skill=asked.skill if ahead else 1.0, form=form,
        problems=int(((world.born >= 0) & (world.born < days)).sum()), complaints=complaints,
        nuisance_person_days=round(nuisance, 1),
        median_fix_hours=round(float(np.median(all_fixed)), 2) if len(all_fixed) else 0.0,
        missed_limits=missed, joined=joined, orders=ahead.orders if ahead else 0, empty_orders=empty,
        order_hours=round(ahead_h, 1), prevented_complaints=0, staff_hours=round(hours, 1), warnings={},
    )  # fmt: skip


class Desk(Works):
    """Works whose cases are the product's, from `past` days before the first on."""

    def __init__(
        self,
        world: World,
        geography: Geography,
        staff: Staff,
        *,
        seed: int,
        past: int = 0,
        reserved: float = 0.0,
    ) -> None:
        super().__init__(world, limits=limits_of(world), reserved=reserved, least_h=LEAST_H)
        self.past = past
        self.ahead: Ahead | None = None
        self.codes = [grid.code for grid in grids_of(geography)]
        self.grid_of = {code: n for n, code in enumerate(self.codes)}
        self._later: list[Deed] = []  # what people will do to answered cases
        self._voices = Voices(geography, world, seed=seed)
        self._city, self._staff = current(), staff
        self._rng = np.random.default_rng([seed, 5])
        self._cases: dict[int, Case] = {}
        self._merged_at: dict[int, datetime] = {}
        self._requests = self._joined = self._before = self.refused = 0

    def at(self, moment: float) -> datetime:
        """A moment in days as a time."""
        midnight = datetime.combine(self.world.start, datetime.min.time(), self._city.tz)
        return (midnight + timedelta(days=moment)).astimezone(UTC)

    def _taken(self, day: int, said: Reports, opened: Floats, again: NDArray[np.bool_]) -> Taken:
        if day < -self.past or not len(said.problem):
            return super()._taken(day, said, opened, again)
        order = np.argsort(opened)
        told = list(self._voices.tell(said, [self.at(one) for one in opened]))
        cases = dict(zip(order.tolist(), self._receive([told[row] for row in order]), strict=True))
        in_order = [cases[row] for row in range(len(told))]
        self._cases |= {case.receipt.case_id: case for case in in_order}
        joined = np.zeros(len(told), np.bool_)
        for row in order:
            joined[row] = again[row] and self._join(cases[row])
        if day < 0:
            self._before = self._requests
        else:
            self._joined += int(joined.sum())
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
        return (at - self.at(0.0)) / timedelta(days=1)

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

    def send(self, day: float, *, kind: int, grid: int, warning: int, case: int) -> None:
        """Somebody goes to look for a cause, as a case of the product."""
        self.order(day, kind=np.array([kind]), grid=np.array([grid]), warning=np.array([warning]))
        self.open["case"][-1] = case

    def settle(self, day: int, done: Done) -> Ints:
        """Write down what people did to the cases that are done, each act at its time."""
        found = super().settle(day, done)
        now = self.at(day + 1.0)
        lives = Lives(self._city, self._staff, now=now + WHOLE_LIFE, rng=self._rng)
        deeds = self._later
        for row, case_id in enumerate(done.case.tolist()):
            when = self.at(float(done.at[row]))
            if case_id < 0:
                continue
            if done.sort[row] == ORDER and self.ahead:
                deeds += self.ahead.came_back(int(done.warning[row]), when, found=bool(found[row]))
                continue
            when = max(when, self._merged_at.get(case_id, when) + AT_LEAST)
            case = self._cases[case_id]
            deeds += lives.plan(replace(case, told=replace(case.told, fixed=when)))
        self._later = [deed for deed in deeds if deed.at >= now]
        due = [deed for deed in deeds if deed.at < now]
        if due:
            self.refused += len(live_through(due, until=now).refused)
        return found

    def told(self, lived: Lived) -> Lived:
        """The same with what the product itself says: requests, merges, and times until an answer.

        Counted as in bulk (`Done.fix_hours`): from receipt, of cases that came since the first day.
        """
        hours, late = [], 0
        ids = [pk for pk, case in self._cases.items() if case.told.at >= self.at(0.0)]
        for start in range(0, len(ids), AT_A_TIME):
            for case in stages_of(ids[start : start + AT_A_TIME]):
                answers = [span.ended_at for span in case.spans if span.stage == "handle"]
                if answers:
                    hours.append((answers[0] - case.received_at) / timedelta(hours=1))
                    late += answers[0] > self._cases[case.case_id].receipt.due_at
        return replace(
            lived,
            complaints=self._requests - self._before,
            joined=self._joined,
            median_fix_hours=round(float(np.median(hours)), 2) if hours else 0.0,
            missed_limits=late,
            refused=self.refused,
            warnings=self.ahead.judged(lived.days) if self.ahead else {},
        )
