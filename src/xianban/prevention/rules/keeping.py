"""A round's findings on their way into warnings: matching, growing, ending, places on the desks.

One piece of code for the worker's rounds, which keep it in the database, and for replays of the past,
which keep it in memory. It never looks at a clock and writes nothing: whoever inherits says how a
warning is made, saved and noted.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from xianban.prevention.rules.budgeting import Harm, Waiting, harm_of, places
from xianban.prevention.rules.explaining import Event, explained_by
from xianban.prevention.rules.finding import Finding
from xianban.prevention.rules.matching import Known, ends, home_of, returns
from xianban.prevention.rules.past import Past
from xianban.prevention.rules.words import DETECTORS_OWN

if TYPE_CHECKING:
    from xianban.city.api import City, Detector

MOST_BEHIND = 500


class Held(Protocol):
    """What of a warning a round reads and changes; the model and the replay's own have all of it."""

    pk: Any
    detector: str
    method: str
    seen_by: Any
    matter: str
    areas: Any
    desk: str
    shown: str
    course: str
    stand: str
    reason: str
    since: date
    last_at: datetime
    raised_at: datetime | None
    raised_day: date | None
    ended_at: datetime | None
    quiet_until: date | None
    observed: int
    expected: float
    people: int
    people_at_study: int
    most_people: int
    peak_on: date | None
    confidence: float
    p_value: float
    size: float
    helped: float
    harm: float
    days_left_out: int
    left_out_on: date | None
    series: Any
    outlook: Any
    points: Any
    texts: Any
    twin: int | None


W = TypeVar("W", bound=Held)


class Keeping(ABC, Generic[W]):
    """One round. `rows` are the warnings that findings may belong to, `cases` those behind each."""

    def __init__(
        self, past: Past, city: "City", *, events: Sequence[Event], rows: dict[int, W], cases: dict[int, set[int]]
    ) -> None:  # fmt: skip
        self.past, self.city, self.events = past, city, events
        self.today = past.today
        self.rows, self.cases = rows, cases
        self.counts: Counter[str] = Counter(
            found=0, new=0, raised=0, left_out=0, explained=0, returned=0, ended=0
        )
        self.by_desk: dict[str, Any] = {}
        self.behind: dict[str, list[Any]] = {}  # the warnings behind each figure
        self._known_of: dict[int, Known] = {}  # as it is now; what changes is taken out

    # what whoever inherits has to say

    @abstractmethod
    def made(self, fields: Mapping[str, Any]) -> W:
        """A new warning with a number of its own."""

    def save(self, row: W, *fields: str) -> None:
        """Keep what changed: these fields, or all."""

    def put_behind(self, row: W, fresh: Iterable[int]) -> None:
        """Keep the cases that are new behind a warning."""

    def note(self, row: W, verb: str, said: dict[str, Any]) -> None:
        """Keep an act."""

    @abstractmethod
    def precision(self, detector: str) -> float:
        """How often a detector was right."""

    @abstractmethod
    def helped(self, matter: str) -> float:
        """How much acting helped on this matter."""

    @abstractmethod
    def given_today(self, day: date) -> Mapping[str, int]:
        """How many places each desk gave away on this day already."""

    def finished(self, row: W, one: Finding) -> Finding:
        """The finding with its course to come, where that was left for later."""
        return one

    # the round

    def keep(
        self, one: Finding, cases: frozenset[int], config: "Detector", n: int, *, silent: bool
    ) -> None:
        """A finding into its warning."""
        self.counts["silent" if silent else "found"] += 1
        known = [row for row in self.known() if row.silent == silent]
        place = home_of(one, cases, known, today=self.today)
        row = self.rows[place.id] if place else self._begin(one, config, n, silent)
        if not silent:
            self._list("found", row)
        self._update(row, one, fresh=place is None)
        behind = self.cases.setdefault(row.pk, set())
        fresh = sorted(cases - behind)[: max(0, MOST_BEHIND - len(behind))]
        self.put_behind(row, fresh)
        behind.update(fresh)
        self._known_of.pop(row.pk, None)

    def _list(self, figure: str, row: W) -> None:
        """A warning among those that a figure counts; several findings may be one warning."""
        keys = self.behind.setdefault(figure, [])
        if row.pk not in keys:
            keys.append(row.pk)

    def known(self) -> list[Known]:
        """The warnings as findings are compared with them; what changed since is looked at anew."""
        for pk in self.rows.keys() - self._known_of.keys():
            self._known_of[pk] = self._known(self.rows[pk])
        return list(self._known_of.values())

    def _known(self, row: W) -> Known:
        return Known(
            id=row.pk,
            detector=row.detector,
            method=row.method,
            matter=row.matter,
            areas=tuple(row.areas),
            course=row.course,
            stand=row.stand,
            last_day=self._day(row.last_at),
            quiet_until=row.quiet_until,
            cases=frozenset(self.cases.get(row.pk, ())),
            silent=row.shown == "silent",
        )

    def _day(self, at: datetime) -> date:
        return (at.astimezone(self.city.tz) - timedelta(hours=12)).date()

    def _begin(self, one: Finding, config: "Detector", n: int, silent: bool) -> W:
        area = one.areas[0] if len(one.areas) == 1 else self.past.terrain.around(one.areas)
        area = area or self.city.root
        event = None
        if one.method != DETECTORS_OWN:
            event = explained_by(
                self.events,
                areas=one.areas,
                matter=one.matter,
                since=one.since,
                today=self.today,
                within=self.city.within,
                line=self.city.matter_line,
            )
        shown = "silent" if silent else "explained" if event else "left_out"
        duty = self.city.duty_for(one.matter, area, on=self.today)
        harm = self._harm(one)
        row = self.made(
            {
                "detector": one.detector,
                "detector_n": n,
                "method": one.method,
                "title": self._title(one, area),
                "matter": one.matter,
                "area": area,
                "areas": list(one.areas),
                "desk": self.city.area_at_level(area, config.desk) or self.city.root,
                "unit": duty.lead if duty else "",
                "shown": shown,
                "explained_by": event.name if event else "",
                "since": one.since,
                "first_at": self.past.until,
                "last_at": self.past.until,
                "observed": 0,
                "expected": 0.0,
                "people": 0,
                "people_at_first": one.observed,
                "most_people": 0,
                "confidence": harm.sure,
                "p_value": one.p_value,
                "size": harm.size,
                "helped": harm.helped,
                "harm": harm.avoided,
                **{
                    level: self.city.area_at_level(area, level) or ""
                    for level in ("district", "street", "community")
                },
            }
        )
        self.rows[row.pk] = row
        self.counts["new"] += not silent
        self.counts["explained"] += shown == "explained"
        if not silent:
            self._list("new", row)
        if shown == "explained":
            self._list("explained", row)
        said = {
            "detector": one.detector,
            "n": n,
            "matter": one.matter,
            "areas": list(one.areas),
            "since": one.since.isoformat(),
            "as_of": self.past.until.isoformat(),
            "observed": one.observed,
            "expected": round(one.expected, 2),
            "p": float(f"{one.p_value:.3g}"),
            **({"explained_by": event.name} if event else {}),
            **({"silent": True} if silent else {}),
        }
        self.note(row, "find", said)
        return row

    def _update(self, row: W, one: Finding, *, fresh: bool) -> None:
        one = self.finished(row, one)
        own = row.detector == one.detector
        if not own and one.detector not in row.seen_by:
            row.seen_by = [*row.seen_by, one.detector]
            self.note(row, "join", {"detector": one.detector})
        grew = one.observed > row.most_people
        if one.observed >= row.people or own:
            row.observed, row.expected, row.people = one.observed, one.expected, one.observed
            row.p_value = min(one.p_value, row.p_value) if not own else one.p_value
            row.since = min(row.since, one.since)
            row.series, row.outlook = dict(one.series), dict(one.outlook)
            row.points, row.texts = [list(p) for p in one.points], list(one.texts)
            harm = self._harm(one)
            row.confidence, row.size, row.helped, row.harm = harm.sure, harm.size, harm.helped, harm.avoided  # fmt: skip
        row.areas = sorted({*row.areas, *one.areas}) if own else row.areas
        if row.last_at < self.past.until or fresh:
            row.last_at = self.past.until
        if row.course == "ended":
            row.course, row.ended_at = "ongoing", None
            self.note(row, "resume", {"observed": one.observed})
        if grew:
            if not fresh and one.observed >= 1.2 * row.most_people:
                self.note(row, "grow", {"from": row.most_people, "to": one.observed})
            row.most_people, row.peak_on = one.observed, self.today
        if returns(
            stand=row.stand,
            people=row.people,
            people_at_study=row.people_at_study,
            quiet_until=row.quiet_until,
            today=self.today,
            grew=self.city.prevention.grew,
        ):
            self.note(row, "return", {"people": row.people, "then": row.people_at_study})
            row.stand, row.reason, row.quiet_until, row.shown = "new", "", None, "left_out"
            self.counts["returned"] += 1
            self._list("returned", row)
        if row.shown == "silent" and row.twin is None:
            row.twin = self._twin(row)
        self.save(row)

    def _twin(self, row: W) -> int | None:
        """The champion's warning about the same, if there is one."""
        for other in self.rows.values():
            if other.shown != "silent" and other.matter == row.matter and {*other.areas} & {*row.areas}:  # fmt: skip
                return int(other.pk)
        return None

    def _harm(self, one: Finding) -> Harm:
        return harm_of(one, precision=self.precision(one.detector), helped=self.helped(one.matter))

    def _title(self, one: Finding, area: str) -> str:
        if one.title:
            return one.title[:200]
        return f"{self.city.area_name(area)} · {self.city.matter_name(one.matter)}"[:200]

    def end_what_is_over(self, after_days: Mapping[str, int], *, seasons: bool) -> None:
        """What the detectors of this round find no longer, for long enough."""
        for row in self.rows.values():
            own = after_days.get(row.detector)
            if row.detector.startswith(DETECTORS_OWN + ":") and seasons:
                own = 1
            if row.course != "ongoing" or own is None:
                continue
            if ends(last_day=self._day(row.last_at), today=self.today, after_days=own):
                row.course, row.ended_at = "ended", self.past.until
                self.note(row, "end", {"people": row.most_people})
                self.save(row, "course", "ended_at", "version")
                self.counts["ended"] += row.shown != "silent"
                if row.shown != "silent":
                    self._list("ended", row)

    def fill_budgets(self) -> None:
        """Whoever waits and is still going on, by expected harm avoided, up to what each desk may get today."""
        day = self.past.until.astimezone(self.city.tz).date()
        waiting = [
            row
            for row in self.rows.values()
            if row.shown == "left_out" and row.course == "ongoing" and row.stand == "new"
        ]
        chosen = places(
            [Waiting(row.pk, row.desk, row.harm) for row in waiting],
            taken=self.given_today(day),
            budget=self.city.prevention.budget,
        )
        for pk in chosen.raised:
            row = self.rows[pk]
            row.shown, row.raised_at, row.raised_day = "raised", self.past.until, day
            self.note(row, "raise", {"desk": row.desk, "harm": round(row.harm, 2)})
            self.save(row, "shown", "raised_at", "raised_day", "version")
        for pk in chosen.left_out:
            row = self.rows[pk]
            if row.left_out_on != day:
                row.days_left_out, row.left_out_on = row.days_left_out + 1, day
                self.save(row, "days_left_out", "left_out_on")
        self.counts["raised"], self.counts["left_out"] = len(chosen.raised), len(chosen.left_out)
        self.behind |= {"raised": list(chosen.raised), "left_out": list(chosen.left_out)}
        self.by_desk = {desk: dict(figures) for desk, figures in chosen.by_desk.items()}
