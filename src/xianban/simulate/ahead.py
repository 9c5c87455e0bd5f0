"""Looking ahead in the product: each night's rounds as the worker makes them, an analyst who studies the
board and orders, and what comes back from those who went to look."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from xianban.accounts.api import Actor
from xianban.casework.api import Deed, case_view
from xianban.city.api import City
from xianban.prevention import api as prevention
from xianban.simulate.bulk.ground import Ints
from xianban.simulate.bulk.works import Done
from xianban.simulate.bulk.world import Reports
from xianban.simulate.judging import Judged, Look, judged, look_at
from xianban.simulate.phrases import PHRASES
from xianban.simulate.staff import Staff

if TYPE_CHECKING:
    from xianban.simulate.product import Desk

NIGHT = timedelta(minutes=30)
SURE = 0.2  # below it, by the finding and the detector's record, nothing is ordered
SILENT = 7  # days before counting on which rounds are made already
KEPT_DAYS = 5  # in which a unit must have time for what is to be ordered
MOST_READ = 12  # cases behind a warning that the analyst reads
MEASURES = "到现场查找根源，查到的一次修好，并告知此前反映的人。"
BASIS = "接诉即办工作规定：主动发现、主动处置"
FOUND = "到现场查看，查到根源并已处置，持续观察。"
CLOSED = "由预警立案，无诉求人待回访。"
NOTHING = "到现场查看，未发现异常，已告知研判员。"


@dataclass(frozen=True)
class Sent:
    """An order on its way: which case, by whom, since when, and where they look."""

    case: int
    unit: str
    at: datetime
    grid: int
    kind: int


class Ahead:
    """The analyst's side of a city that looks ahead."""

    def __init__(self, desk: "Desk", city: City, staff: Staff, *, skill: float, seed: int) -> None:
        self.desk, self.city, self.staff, self.skill = desk, city, staff, skill
        self._rng = np.random.default_rng([seed, 9])
        self._kind_of = {kind.matter: n for n, kind in enumerate(desk.world.kinds)}
        self._waiting: list[tuple[int, prevention.Raised]] = []
        self._came_back: list[tuple[int, str]] = []
        self.sent: dict[int, Sent] = {}
        self.looks: list[Look] = []
        self.orders = 0

    @property
    def analyst(self) -> Actor:
        return self.staff.analysts[0]

    def night(self, day: int, said: Reports, done: Done, found: Ints) -> None:
        """After a day: rounds, outcomes of what was ordered, and new orders for tomorrow.

        Before counting begins only the last rounds are made, so that the board is not empty.
        """
        if day < -SILENT:
            return
        now = self.desk.at(day + 1.0) + NIGHT
        prevention.keep(now=now)
        prevention.follow(now=now)
        for warning, outcome in self._came_back:
            prevention.study(warning, "conclude", outcome=outcome, acting=self.analyst, now=now)
        self._came_back.clear()
        self._waiting += [(day, one) for one in prevention.raised_since(self.desk.at(day + 1.0))]
        self._waiting = [pair for pair in self._waiting if pair[0] > day - KEPT_DAYS]
        if day < 0:
            return
        room = self.desk.room(day + 1)
        later = []
        for since, one in sorted(self._waiting, key=lambda pair: -pair[1].harm):
            place = self._place(one, now)
            if place is None or one.confidence < SURE:
                continue
            grid, kind = place
            unit = int(self.desk.unit(np.array([kind]), np.array([grid]))[0])
            if room[unit] <= 0:
                later.append((since, one))
                continue
            room[unit] -= self.desk.world.kinds[kind].look_h + self.desk.world.kinds[kind].repair_h
            self._order(one, grid, kind, day, now)
        self._waiting = later

    def _place(self, one: prevention.Raised, now: datetime) -> tuple[int, int] | None:
        """Where most of those behind it point, by what the product took them for."""
        spoken: Counter[tuple[int, int]] = Counter()
        for case in one.cases[-MOST_READ:]:
            seen = case_view(case, self.staff.supervisors[0], now=now)
            grid, kind = self.desk.grid_of.get(seen.area.code), self._kind_of.get(seen.matter.code)
            if grid is not None and kind is not None:
                spoken[grid, kind] += 1
        if not spoken:
            return None
        (grid, kind), _ = spoken.most_common(1)[0]
        if self._rng.random() >= self.skill:
            grid = int(self._rng.integers(self.desk.world.ground.n))
        return grid, kind

    def _order(self, one: prevention.Raised, grid: int, kind: int, day: int, now: datetime) -> None:
        matter, area = self.desk.world.kinds[kind].matter, self.desk.codes[grid]
        duty = self.city.duty_for(matter, area, on=now.astimezone(self.city.tz).date())
        made = prevention.order(
            one.id, measures=MEASURES, lead=duty.lead if duty else "", legal_basis=BASIS,
            acting=self.analyst, now=now,
        )  # fmt: skip
        self.sent[one.id] = Sent(made.case, made.lead, now, grid, kind)
        self.looks.append(look_at(self.desk.world, one.detector, grid=grid, kind=kind, day=day))
        self.desk.send(day + 1.0, kind=kind, grid=grid, warning=one.id, case=made.case)
        self.orders += 1

    def came_back(self, warning: int, at: datetime, *, found: bool) -> list[Deed]:
        """What those who looked write down, at their times; the analyst hears of it in the night."""
        sent = self.sent[warning]
        self._came_back.append((warning, "real" if found else "empty"))
        handler = self.staff.handlers[sent.unit]
        closes = at + timedelta(hours=2)
        steps: list[tuple[str, Actor, datetime, dict[str, Any]]] = [
            ("sign", handler, sent.at + (at - sent.at) * 0.4, {}),
            ("start", handler, sent.at + (at - sent.at) * 0.6, {"text": PHRASES["start"][0]}),
            ("report", handler, at, {"text": FOUND if found else NOTHING, "checks": self._checks(sent, at), "solved": True}),
            ("close", self.staff.agents[0], closes, {"text": CLOSED}),
        ]  # fmt: skip
        return [Deed(sent.case, verb, who, when, data) for verb, who, when, data in steps]

    def _checks(self, sent: Sent, at: datetime) -> list[dict[str, str]]:
        seen = case_view(sent.case, self.staff.supervisors[0], now=at)
        duty = self.city.duty_for(
            seen.matter.code, seen.area.code, on=at.astimezone(self.city.tz).date()
        )
        points = duty.checklist if duty else ()
        return [{"point": point.text, "answer": "done", "note": ""} for point in points]

    def judged(self, days: int) -> dict[str, Judged]:
        """What was ordered against the truth, by detector and in all."""
        world, looks = self.desk.world, self.looks
        gone = np.minimum(world.mended, world.ended)
        names = sorted({one.detector for one in looks})
        by = {name: judged([one for one in looks if one.detector == name], gone, days=days) for name in names}  # fmt: skip
        return {"all": judged(looks, gone, days=days), **by}
