"""What becomes of a case: who does what to it, when, and what the resident says.

A life is planned to its end; the acts that lie after today are left out, so that the present is
what it happens to be: most closed, some at work, a few late.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from xianban.accounts.api import Actor, resident_actor
from xianban.casework.api import Deed, persons_of
from xianban.city.api import Assignment, City
from xianban.intake.api import Receipt
from xianban.simulate import phrases
from xianban.simulate.requests import Told
from xianban.simulate.staff import Staff

ON_DUTY = ("critical", "urgent")  # worked on by night and at weekends too
FRESH = timedelta(hours=5)  # what came in since then may still lie at the desk
UNDECIDED_SHARE, CONTESTED_SHARE = 0.75, 0.22
LATE_SHARE = 0.03
OBJECT_SHARE = 0.022
DECLINE_SHARE = 0.018
EXTEND_SHARE = {"complex": 0.12, "normal": 0.05}
SUSPEND_SHARE = {"complex": 0.11, "normal": 0.006}
INVITE_SHARE = {"complex": 0.4, "normal": 0.1, "urgent": 0.08, "critical": 0.3}
HEARD = (("follow_up", 0.77), ("rate", 0.15), ("silent", 0.05), ("unreached", 0.03))
CONTENT = (("satisfied", 0.80), ("basically", 0.13), ("dissatisfied", 0.07))


@dataclass(frozen=True)
class Case:
    """A request that was told, and the case that came of it."""

    told: Told
    receipt: Receipt


class Lives:
    """Plans lives, one after another, from one source of chance."""

    def __init__(
        self, city: City, staff: Staff, *, now: datetime, rng: np.random.Generator
    ) -> None:
        self.city, self.staff, self.now, self.rng = city, staff, now, rng

    def plan(self, case: Case) -> list[Deed]:
        """The acts of a case up to now."""
        life = _Life(self, case)
        life.live()
        return [deed for deed in life.deeds if deed.at < self.now]

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def pick(self, choices: Sequence[Any]) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def weigh(self, choices: Sequence[tuple[str, float]]) -> str:
        names, shares = zip(*choices, strict=True)
        return str(self.rng.choice(names, p=np.array(shares) / sum(shares)))

    def hours(self, median: float, *, spread: float = 0.7) -> float:
        """A waiting time in hours: mostly near the median, sometimes much longer."""
        return float(median * np.exp(self.rng.normal(0, spread)))


class _Life:
    """One case on its way. `at` is the time that its story has come to."""

    def __init__(self, lives: Lives, case: Case) -> None:
        self.lives, self.case, self.at = lives, case, case.told.at
        self.deeds: list[Deed] = []
        self.duty = self._true_duty()
        self.fixed = case.told.fixed
        self.unit = case.receipt.unit
        matter = lives.city.matters[case.told.matter]
        self.urgency = matter.urgency
        self.due = self._promised()

    def live(self) -> None:
        """From the desk to the end."""
        new = self.case.told.at > self.lives.now - FRESH and not self.fixed
        if new and self.case.receipt.state == "received" and self.lives.chance(UNDECIDED_SHARE):
            return
        if new and self.unit == self._right and self.lives.chance(CONTESTED_SHARE):
            self._object("reject", self.unit, rules_after=FRESH)
            return
        if not self.fixed and self.lives.chance(DECLINE_SHARE) and self.case.told.outbreak is None:
            self._decline()
            return
        self._find_unit()
        self._take_on()
        if not self.fixed and self.lives.chance(SUSPEND_SHARE.get(self.urgency, 0)):
            self._suspend()
        self._answer(self._answer_time())
        self._hear()

    # who acts, and when

    def do(self, verb: str, who: Actor, **data: Any) -> None:
        """Write an act into the plan, at the time that the story has come to."""
        self.deeds.append(Deed(self.case.receipt.case_id, verb, who, self.at, data))

    def wait(self, median_h: float, *, spread: float = 0.7) -> None:
        """Time passes for whoever has the ball: working time, unless people stand by."""
        seconds = self.lives.hours(median_h, spread=spread) * 3600
        if self.urgency in ON_DUTY:
            self.at += timedelta(seconds=seconds)
        else:
            self.at = self.lives.city.add(self.at, seconds, "1wh", unit=self.unit or None)

    def wait_for_desk(self, median_h: float) -> None:
        """Time passes at the hotline, which telephones between eight and nine in the evening."""
        self.at += timedelta(hours=self.lives.hours(median_h))
        local = self.at.astimezone(self.lives.city.tz)
        if not 8 <= local.hour < 21:
            morning = local.replace(hour=8, minute=int(self.lives.rng.integers(60)))
            self.at = (morning if local.hour < 8 else morning + timedelta(days=1)).astimezone(
                self.at.tzinfo
            )

    @property
    def handler(self) -> Actor:
        return self.lives.staff.handlers[self.unit]

    @property
    def agent(self) -> Actor:
        return self.lives.pick(self.lives.staff.agents)

    @property
    def dispatcher(self) -> Actor:
        return self.lives.pick(self.lives.staff.dispatchers)

    @property
    def supervisor(self) -> Actor:
        return self.lives.pick(self.lives.staff.supervisors)

    def say(self, kind: str, **values: str) -> str:
        return str(self.lives.pick(phrases.PHRASES[kind])).format(**values)

    # finding the unit

    def _true_duty(self) -> Assignment | None:
        told, city = self.case.told, self.lives.city
        return city.duty_for(told.matter, told.spot.area, on=told.at.astimezone(city.tz).date())

    def _promised(self) -> datetime:
        """The date promised; once the matter is corrected it may come nearer."""
        promised = self.case.receipt.due_at
        if self.duty is None or self.case.receipt.matter == self.case.told.matter:
            return promised
        true = self.lives.city.deadline(self.case.told.at, self.duty.limit, unit=self.duty.lead)
        return true if self.case.receipt.state == "received" else min(true, promised)

    @property
    def _right(self) -> str:
        """The unit that leads by the duty list, were all understood."""
        return self.duty.lead if self.duty else ""

    def _find_unit(self) -> None:
        right = self._right
        if self.case.receipt.state == "received":
            self.at += timedelta(
                hours=self.lives.hours(0.08 if self.urgency == "critical" else 0.5)
            )
            if self.case.receipt.matter != self.case.told.matter:
                self.do(
                    "refine",
                    self.dispatcher,
                    matter=self.case.told.matter,
                    text=self.say("refined"),
                )
            self._give(right, "dispatch")
        elif self.unit != right:
            self._correct(right)
        else:
            if self.lives.chance(OBJECT_SHARE):
                self._object("reject", right)
            if self.case.receipt.matter != self.case.told.matter and self.lives.chance(0.5):
                self.at += timedelta(minutes=9)
                self.do(
                    "refine", self.agent, matter=self.case.told.matter, text=self.say("refined")
                )

    def _give(self, unit: str, verb: str, **data: Any) -> None:
        self.do(verb, self.dispatcher, unit=unit, **data)
        self.unit = unit

    def _correct(self, right: str) -> None:
        """The machine was wrong: the unit returns the case, or the desk sees it first."""
        local = self.at.astimezone(self.lives.city.tz)
        if (
            self.lives.chance(0.25)
            or not 8 <= local.hour < 18
            or self.unit not in self.lives.staff.handlers
        ):
            self.wait_for_desk(0.8)
            self._give(right, "redispatch", text=self.say("redispatched"))
        else:
            self._object("uphold", right)
        if self.case.receipt.matter != self.case.told.matter:
            self.at += timedelta(minutes=4)
            self.do(
                "refine", self.dispatcher, matter=self.case.told.matter, text=self.say("refined")
            )

    def _object(self, ruling: str, right: str, *, rules_after: timedelta | None = None) -> None:
        """The unit returns the case within its window; the desk rules within hours."""
        window = 0.5 if self.urgency == "critical" else 2.0
        self.at += timedelta(hours=window * float(self.lives.rng.uniform(0.15, 0.9)))
        reason = self.lives.pick(("not_our_duty", "wrong_place", "wrong_matter"))
        text = self.say("object", unit=self._name(right))
        if ruling == "reject":
            text = self.say("object_wrongly")
        self.do("object", self.handler, reason=reason, text=text)
        self.at += rules_after or timedelta(hours=float(self.lives.rng.uniform(0.4, 3.4)))
        if ruling == "reject":
            self.do("reject", self.dispatcher, text=self.say("reject"))
        else:
            self._give(right, "uphold", text=self.say("uphold", unit=self._name(right)))

    def _decline(self) -> None:
        self.at += timedelta(hours=self.lives.hours(1.0))
        way = self.lives.weigh(phrases.EXIT_SHARES)
        self.do("decline", self.dispatcher, exit=way, text=phrases.EXIT_TEXTS[way])

    def _name(self, unit: str) -> str:
        return self.lives.city.unit_name(unit)

    # the work

    def _take_on(self) -> None:
        """The unit signs, speaks to the resident and begins, mostly well within its limits."""
        assert self.duty is not None
        sign_by = self.lives.city.deadline(self.at, self.duty.sign_limit, unit=self.unit)
        contact_by = self.lives.city.deadline(self.at, self.duty.contact_limit, unit=self.unit)
        self._within(min(sign_by, contact_by), 0.04, 0.7)
        self.do("sign", self.handler)
        if self.lives.chance(0.05):
            self._within(contact_by, 0.05, 0.2)
            self.do("contact", self.handler, contacted=False, text=self.say("unreached"))
        self._within(contact_by, 0.1, 0.85)
        self.do("contact", self.handler, contacted=True, text=self.say("contact"))
        if self.lives.chance(0.03):
            self.do("say", self.agent, text=self.say("added"))
        self._within(self.due, 0.01, 0.06)
        self.do("start", self.handler, text=self.say("start"))

    def _within(self, by: datetime, low: float, high: float) -> None:
        """Some share of the time that is left passes; now and then a limit is missed."""
        if self.fixed:
            self.at += max(min(by, self.fixed) - self.at, timedelta(minutes=1)) * float(
                self.lives.rng.uniform(low, high)
            )
            return
        left = max(by - self.at, timedelta(minutes=4))
        share = float(self.lives.rng.uniform(low, high))
        self.at += left * (share + (1.1 if self.lives.chance(LATE_SHARE / 2) else 0))
        if self.urgency not in ON_DUTY:
            self._by_day(by)

    def _by_day(self, by: datetime) -> None:
        """Nobody signs or telephones at night about what can wait, unless a limit ends before morning."""
        local = self.at.astimezone(self.lives.city.tz)
        if 8 <= local.hour < 19:
            return
        morning = local.replace(hour=8, minute=int(self.lives.rng.integers(25, 59)))
        morning = morning if local.hour < 8 else morning + timedelta(days=1)
        evening = min(by, self.at) - timedelta(minutes=float(self.lives.rng.uniform(5, 40)))
        self.at = morning if morning < by else max(self.at, evening)

    def _answer_time(self) -> datetime:
        """When the unit answers: mostly well within the limit, now and then after it."""
        if self.fixed:
            return max(self.fixed, self.at + timedelta(minutes=1))
        left = max(self.due - self.at, timedelta(hours=1))
        if self.lives.chance(LATE_SHARE):
            return self.due + left * float(self.lives.rng.uniform(0.05, 0.9))
        return self.at + left * float(self.lives.rng.beta(2.0, 1.9)) * 0.97

    def _answer(self, answer_at: datetime) -> None:
        span = answer_at - self.at
        began = self.at
        if self.lives.chance(0.14):
            self.at = began + span * 0.3
            self.do("note", self.handler, text=self.say("note"))
        if self.lives.chance(INVITE_SHARE.get(self.urgency, 0)):
            self._invite(began + span * 0.35, span * 0.4)
        if (
            not self.fixed
            and self.lives.chance(EXTEND_SHARE.get(self.urgency, 0))
            and began + span * 0.8 < self.due
        ):
            self.at = began + span * 0.8
            self.do("extend", self.handler, by="3d", text=self.say("extend"))
            answer_at += timedelta(days=float(self.lives.rng.uniform(0.5, 2.8)))
        if answer_at > self.due + timedelta(hours=5) and self.lives.chance(0.6):
            self.at = self.due + timedelta(hours=float(self.lives.rng.uniform(1, 5)))
            self.do("press", self.supervisor, text=self.say("press"))
        self.at = answer_at
        if self.urgency not in ON_DUTY and not self.fixed:
            self._by_day(self.due)
        self.do(
            "report",
            self.handler,
            text=self._answer_text(),
            checks=self._checks(),
            solved=self.lives.chance(0.95),
        )

    def _invite(self, at: datetime, takes: timedelta) -> None:
        """A co-unit of the duty list is asked, and answers."""
        assert self.duty is not None
        handlers = self.lives.staff.handlers
        helpers = [unit for unit in self.duty.co_units if unit in handlers and unit != self.unit]
        for number, helper in enumerate(helpers[: 2 if self.urgency == "complex" else 1], start=1):
            self.at = at + takes * 0.1 * number
            whistle = self.lives.chance(0.25)
            self.do("invite", self.handler, unit=helper, ask=self.say("ask"), whistle=whistle)
            self.at = at + takes * float(self.lives.rng.uniform(0.35, 1.0))
            unable = self.lives.chance(0.07)
            text = self.say("unable" if unable else "task_done")
            self.do("answer_task", handlers[helper], task=str(number), text=text, unable=unable)

    def _suspend(self) -> None:
        """Something stands in the way for weeks."""
        self.wait(8.0)
        obstacle = self.say("obstacle")
        self.do("request_suspension", self.handler, evidence=self.say("evidence"), text=obstacle)
        self.wait_for_desk(9.0)
        if self.lives.chance(0.2):
            self.do("refuse_suspension", self.supervisor, text=self.say("refuse_suspension"))
            return
        self.do("approve_suspension", self.supervisor, text=self.say("approve_suspension"))
        approved, rest = self.at, float(self.lives.rng.uniform(15, 110))
        for month in range(1, int(rest // 30) + 1):
            self.at = approved + timedelta(days=30 * month - 1)
            self.do("review_suspension", self.supervisor, text=self.say("review"))
        self.at = approved + timedelta(days=rest)
        self.do("resume", self.handler, text=self.say("resume"))
        self.due = self.at + (self.due - self.case.told.at)

    def _checks(self) -> list[dict[str, str]]:
        """Every point of the duty answered: of the matter as it is, and as it was first taken for."""
        city, receipt = self.lives.city, self.case.receipt
        on, area = self.at.astimezone(city.tz).date(), self.case.told.spot.area
        matters = (self.case.told.matter, receipt.matter)
        duties = [city.duty_for(code, area or city.root, on=on) for code in matters if code]
        points = {point.text: point for duty in duties if duty for point in duty.checklist}
        return [{"point": text, "answer": "done", "note": ""} for text in points]

    def _answer_text(self) -> str:
        matter = self.lives.city.matters[self.case.told.matter]
        steps: Sequence[str] = self.duty.playbook if self.duty else ()
        done = "，".join(step for step in steps[1:-1][:3]) or "已核实处理"
        result = self.duty.acceptance if self.duty else ""
        return self.say("answer", matter=matter.name, done=done, result=result or "已办结")

    # what the resident says

    def _hear(self, *, again: bool = False) -> None:
        way = self.lives.weigh(HEARD)
        if way == "silent":
            return  # the clock closes it
        if way == "rate" and self._rate(again=again):
            return
        self.wait_for_desk(3.5)
        if way == "unreached":
            self.do("follow_up", self.agent, contacted=False)
            self.wait_for_desk(8)
        self._verdict("follow_up", self.agent, again=again, contacted=True)

    def _rate(self, *, again: bool) -> bool:
        """The reporter answers on the page where the request can be followed."""
        persons = persons_of(self.case.receipt.case_id) if self.case.told.who else ()
        if not persons:
            return False
        self.at += timedelta(hours=self.lives.hours(6))
        self._verdict("rate", resident_actor(persons[0]), again=again)
        return True

    def _verdict(self, verb: str, who: Actor, *, again: bool, **data: Any) -> None:
        word = "satisfied" if again and self.lives.chance(0.7) else self.lives.weigh(CONTENT)
        bad = word == "dissatisfied"
        data |= {
            "solved": not bad,
            "satisfaction": word,
            "text": self.say("bad" if bad else "good"),
        }
        self.do(verb, who, **data)
        if bad and not again:
            self._put_right()

    def _put_right(self) -> None:
        self.wait(9)
        self.do("note", self.handler, text=self.say("put_right"))
        self.wait(7)
        self.do(
            "report",
            self.handler,
            text=self.say("answer_again"),
            checks=self._checks(),
            solved=True,
        )
        self._hear(again=True)
