"""Time moves in the sample city: somebody reports now and then, and people at work do what is next.

Days of the latent world pass as fast as their reports come in, so that what lasts is told again within
the hour until somebody mends it.
"""

import logging
import signal
import threading
from collections import Counter, deque
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import numpy as np
from django.db import close_old_connections

from xianban.accounts.api import MACHINE, Actor
from xianban.base.clock import utc_now
from xianban.base.errors import NotFound, Refused, WrongState
from xianban.casework.api import CaseRow, Filters, case_list, perform
from xianban.city.api import City, current
from xianban.intake.api import receive_many
from xianban.prevention.api import ORIGIN, warning_of_case
from xianban.simulate import phrases
from xianban.simulate.ahead import CLOSED, FOUND, NOTHING
from xianban.simulate.bulk.works import MENDED
from xianban.simulate.demo import submission
from xianban.simulate.geography import make_geography
from xianban.simulate.geography.names import CITY
from xianban.simulate.grounded import Voices, grids_of
from xianban.simulate.past import LATENT_PEOPLE
from xianban.simulate.product import small_world
from xianban.simulate.requests import Told, told_now
from xianban.simulate.sites import Sites
from xianban.simulate.staff import SEATS, Staff, known_staff

log = logging.getLogger("xianban.live")
LATENT_SHARE = 0.6  # of those who report, about something that lasts
ACTS = 5  # done by people at work for each request that comes in
LOOKED_AT = 120  # cases due first, among which the next act is chosen
ORDERS_FIRST = 1  # of these acts at least one is on an order, while there is one to do
LEFT_ALONE = 0.8  # of cases of those whom one can sign in as are left to them
DAYS = 720
OF_ORDERS = {"contact": "start", "follow_up": "close"}  # nobody reported them
NEXT = {"dispatched": "sign", "signed": "contact", "handling": "report", "reported": "follow_up"}


class Life:
    """The sample city from now on."""

    def __init__(self, *, now: datetime, seed: int = 7) -> None:
        if current().name != CITY:
            raise WrongState(
                "this home holds a city of its own; only the sample city moves by itself"
            )
        geography = make_geography(seed)
        chance = int(now.timestamp())
        self.city: City = current()
        self.staff: Staff = known_staff()
        self.rng = np.random.default_rng(chance)
        self.sites = Sites(geography, np.random.default_rng(seed))
        self.world = small_world(
            geography,
            days=DAYS,
            seed=chance % 10_000,
            people=LATENT_PEOPLE,
            now=now + timedelta(days=DAYS),
        )
        self.voices = Voices(geography, self.world, seed=chance % 10_000)
        self.day = -self.world.before
        self._waiting: deque[Told] = deque()
        self._problem: dict[int, tuple[int, int]] = {}  # of cases: problem, and its kind
        self._met: dict[int, int] = {}  # of orders: the cause that was found there
        self._codes = [grid.code for grid in grids_of(geography)]
        self._seats = {seat.grant.unit for seat in SEATS if seat.grant.unit}
        while self.day < 0:
            self._pass_day(now)
        self._waiting.clear()

    def step(self, *, now: datetime) -> str:
        """One request comes in and some acts are done; what happened, as a line."""
        told = self._next(now)
        said = submission(told, 0, key=f"live-{uuid4().hex}")
        (receipt,) = receive_many([said], acting=MACHINE, now=now)
        if told.problem >= 0:
            kind = int(self.world.kind[told.problem])
            self._problem[receipt.case_id] = (told.problem, kind)
        done = sum(self._act(row, now) for row in self._chosen(now))
        return f"{receipt.number} came in by {told.door}; {done} acts"

    def _next(self, now: datetime) -> Told:
        if self.rng.random() >= LATENT_SHARE:
            return told_now(self.sites, now, self.rng)
        while not self._waiting and self.day < DAYS:
            self._pass_day(now)
        if not self._waiting:
            return told_now(self.sites, now, self.rng)
        return self._at(self._waiting.popleft(), now)

    def _at(self, told: Told, now: datetime) -> Told:
        return replace(told, at=now)

    def _pass_day(self, now: datetime) -> None:
        _, said = self.world.pass_day(self.day)
        self.day += 1
        self._waiting.extend(self.voices.tell(said, [now] * len(said.problem)))

    # people at work

    def _chosen(self, now: datetime) -> list[CaseRow]:
        """Some of the cases that are due first; those of the seats mostly wait for who sits there."""
        due, ordered = (
            case_list(self.staff.supervisors[0], wanted, now=now, size=LOOKED_AT).rows
            for wanted in (Filters(order="due"), Filters(order="due", origin=ORIGIN))
        )
        rows = {row.id: row for row in (*due, *ordered)}.values()
        free = [
            row
            for row in rows
            if row.state in NEXT
            and row.assignee is None
            and (row.unit.code not in self._seats or self.rng.random() > LEFT_ALONE)
        ]
        take = [free[int(at)] for at in self.rng.permutation(len(free))]
        first = [row for row in take if row.origin == ORIGIN][:ORDERS_FIRST]
        return [*first, *(row for row in take if row not in first)][:ACTS]

    def _act(self, row: CaseRow, now: datetime) -> int:
        verb = NEXT[row.state]
        if row.origin == ORIGIN:
            verb = OF_ORDERS.get(verb, verb)
        who = self._who(verb, row)
        if who is None:
            return 0
        done = 0
        for one, data in self._data(verb, row, now):
            try:
                perform(row.id, one, acting=who, now=now, data=data)
            except Refused as reason:
                log.debug("%s on %s: %s", one, row.number, reason)
                return done
            done += 1
            if one == "report":
                self._visited(row)
        return done

    def _who(self, verb: str, row: CaseRow) -> Actor | None:
        if verb in ("follow_up", "close"):
            return self._pick(self.staff.agents)
        return self.staff.handlers.get(row.unit.code)

    def _data(self, verb: str, row: CaseRow, now: datetime) -> list[tuple[str, dict[str, Any]]]:
        if verb == "start":
            return [("start", {"text": self._say("start")})]
        if verb == "close":
            return [("close", {"text": CLOSED})]
        if verb == "contact":
            return [
                ("contact", {"contacted": True, "text": self._say("contact")}),
                ("start", {"text": self._say("start")}),
            ]
        if verb == "report":
            return [
                (
                    "report",
                    {
                        "text": self._answer(row, now),
                        "checks": self._checks(row, now),
                        "solved": True,
                    },
                )
            ]
        if verb == "follow_up":
            said = {
                "contacted": True,
                "solved": True,
                "satisfaction": "satisfied",
                "text": self._say("good"),
            }
            return [("follow_up", said)]
        return [(verb, {})]

    def _checks(self, row: CaseRow, now: datetime) -> list[dict[str, str]]:
        on = now.astimezone(self.city.tz).date()
        duty = self.city.duty_for(row.matter.code, row.area.code or self.city.root, on=on)
        points = duty.checklist if duty else ()
        return [{"point": point.text, "answer": "done", "note": ""} for point in points]

    def _answer(self, row: CaseRow, now: datetime) -> str:
        """What a unit says; of an order, whether it found the cause."""
        if row.origin != ORIGIN:
            return self._say("answer_again")
        problem = self._cause(row.id, now)
        sees = self.world.kinds[int(self.world.kind[problem])].sees if problem >= 0 else 0.0
        self._met[row.id] = problem if self.rng.random() < sees else -1
        return FOUND if self._met[row.id] >= 0 else NOTHING

    def _cause(self, case_id: int, now: datetime) -> int:
        """What is there where a warning points: what those behind it told of, else what lies in its areas; or -1."""
        seen = warning_of_case(case_id, self.staff.supervisors[0], now=now)
        if seen is None:
            return -1
        told = [self._problem[case.id][0] for case in seen.cases if case.id in self._problem]
        there = [one for one in told if self.world.there(np.array([one]), self.day)[0]]
        if there:
            return Counter(there).most_common(1)[0][0]
        live = self.world.live()
        live = live[self.world.there(live, self.day)]
        for one in live.tolist():
            matter = self.world.kinds[int(self.world.kind[one])].matter
            around = self.city.area_path(self._codes[int(self.world.grid[one])])
            if matter.startswith(seen.row.matter.code) and {*around} & {
                one.code for one in seen.row.areas
            }:
                return int(one)
        return -1

    def _visited(self, row: CaseRow) -> None:
        """A visit mends what is behind it, or only soothes it for some days; an order mends what it found."""
        if row.origin == ORIGIN:
            problem = self._met.pop(row.id, -1)
            if problem >= 0 and self.rng.random() < MENDED:
                self.world.mend(np.array([problem]), self.day)
            return
        if row.id not in self._problem:
            return
        problem, kind = self._problem[row.id]
        mends = self.rng.random() < self.world.kinds[kind].mends
        (self.world.mend if mends else self.world.soothe)(np.array([problem]), self.day)

    def _say(self, what: str) -> str:
        return str(self._pick(phrases.PHRASES[what]))

    def _pick(self, choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]


def live_once() -> str:
    """One step of the sample city."""
    try:
        return Life(now=utc_now()).step(now=utc_now())
    except NotFound:
        raise WrongState(
            "there is no sample city in this home yet; `xianban demo` sets it up"
        ) from None


def live_until_told(*, every_s: float) -> None:
    """Step after step until SIGTERM or SIGINT."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    life = Life(now=utc_now())
    while not told.wait(every_s):
        close_old_connections()
        try:
            log.info(life.step(now=utc_now()))
        except Exception:  # the outermost edge: the next minute is another chance
            log.exception("the sample city missed a beat")
