"""The past lived through again, day by day: what would have been warned of when, knowing only what was known.

The rounds are those of the worker (`keeping`), kept in memory. Nobody studies and nothing is ordered: a
detector has no record yet and acting has its usual help, on every day alike.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from xianban.prevention.rules.budgeting import helped_of, precision_of
from xianban.prevention.rules.detecting import detect, with_courses
from xianban.prevention.rules.explaining import Event
from xianban.prevention.rules.finding import Finding
from xianban.prevention.rules.keeping import Keeping
from xianban.prevention.rules.matching import BACK_WITHIN_DAYS, home_of
from xianban.prevention.rules.past import Past, Terrain, past_of

if TYPE_CHECKING:
    from xianban.city.api import City, Detector

RISK_EVERY_DAYS = 7  # what is likely next week is asked once a week, for a ranking takes long
WARM_UP_DAYS = 56  # of past before the first day that is replayed, unless somebody says from when

Known = Callable[[datetime], pl.DataFrame]


@dataclass
class Held:
    """A warning that would have been: what the table of warnings holds of one, and what it was when raised."""

    pk: int
    detector: str
    detector_n: int
    method: str
    title: str
    matter: str
    area: str
    areas: list[str]
    desk: str
    unit: str
    shown: str
    explained_by: str
    since: date
    first_at: datetime
    last_at: datetime
    observed: int
    expected: float
    people: int
    people_at_first: int
    most_people: int
    confidence: float
    p_value: float
    size: float
    helped: float
    harm: float
    district: str
    street: str
    community: str
    seen_by: list[str] = field(default_factory=list)
    course: str = "ongoing"
    stand: str = "new"
    reason: str = ""
    raised_at: datetime | None = None
    raised_day: date | None = None
    ended_at: datetime | None = None
    quiet_until: date | None = None
    people_at_study: int = 0
    peak_on: date | None = None
    days_left_out: int = 0
    left_out_on: date | None = None
    series: dict[str, Any] = field(default_factory=dict)
    outlook: dict[str, Any] = field(default_factory=dict)
    points: list[Any] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    twin: int | None = None
    evidence: tuple[int, ...] = ()
    when_raised: "Held | None" = None


@dataclass(frozen=True)
class DayPassed:
    """One day: the date on whose morning it was looked, what was found, and how many found no place."""

    day: date
    found: int
    raised: int
    left_out: int
    ongoing: int


@dataclass(frozen=True)
class Lived:
    """Every day, and the warnings that were raised, in order."""

    days: tuple[DayPassed, ...]
    raised: tuple[Held, ...]
    explained: int
    never_raised: int


@dataclass
class Memory:
    """What is carried from one round to the next."""

    rows: dict[int, Held] = field(default_factory=dict)
    cases: dict[int, set[int]] = field(default_factory=dict)
    given: Counter[tuple[date, str]] = field(default_factory=Counter)
    raised: list[Held] = field(default_factory=list)
    explained: int = 0
    number: int = 0

    def within_reach(self, today: date, tz: Any) -> dict[int, Held]:
        """What findings may belong to: what goes on, or was found lately."""
        lately = timedelta(days=BACK_WITHIN_DAYS + 2)
        return {
            pk: row
            for pk, row in self.rows.items()
            if row.course == "ongoing" or row.last_at.astimezone(tz).date() >= today - lately
        }


class Remembering(Keeping[Held]):
    """A round that is kept in memory alone."""

    def __init__(self, past: Past, city: "City", events: Sequence[Event], memory: Memory) -> None:
        rows = memory.within_reach(past.today, city.tz)
        super().__init__(past, city, events=events, rows=rows, cases=memory.cases)
        self.memory = memory
        self._finished: dict[int, Finding] = {}

    def take(self, detector: "Detector", found: Sequence[Finding]) -> None:
        """Each finding into its warning. Courses to come are reckoned for those that compete for a place."""
        case_of = _cases(self.past, found)
        behind = [
            frozenset(case_of[key] for key in one.evidence if key in case_of) for one in found
        ]
        known = self.known()
        waits = [
            one
            for one, cases in zip(found, behind, strict=True)
            if (home := home_of(one, cases, known, today=self.today)) is None
            or self.rows[home.id].shown == "left_out"
        ]
        self._finished = {
            id(one): whole for one, whole in zip(waits, with_courses(waits, self.past), strict=True)
        }
        for one, cases in zip(found, behind, strict=True):
            self.keep(one, cases, detector, 1, silent=False)

    def made(self, fields: Mapping[str, Any]) -> Held:
        self.memory.number += 1
        row = Held(pk=self.memory.number, **fields)
        self.memory.rows[row.pk] = row
        self.memory.explained += row.shown == "explained"
        return row

    def finished(self, row: Held, one: Finding) -> Finding:
        if one.observed >= row.people or row.detector == one.detector:
            row.evidence = one.evidence
        if row.shown != "left_out":  # its place is settled: what it looked like then stays
            return replace(one, series=row.series, outlook=row.outlook)
        return self._finished.get(id(one)) or with_courses([one], self.past)[0]

    def save(self, row: Held, *fields: str) -> None:
        if "raised_day" in fields and row.raised_day is not None:
            self.memory.given[row.raised_day, row.desk] += 1
            self.memory.raised.append(row)
            row.when_raised = replace(row, areas=list(row.areas), seen_by=list(row.seen_by))

    def precision(self, detector: str) -> float:
        return precision_of(0, 0)

    def helped(self, matter: str) -> float:
        return helped_of(())

    def given_today(self, day: date) -> Mapping[str, int]:
        return {desk: n for (then, desk), n in self.memory.given.items() if then == day}


def live_through(
    city: "City",
    terrain: Terrain,
    known: Known,
    *,
    first: date,
    last: date,
    detectors: Sequence["Detector"],
    events: Sequence[Event] = (),
    due: Callable[[Past], Iterable[tuple["Detector", Finding]]] = lambda past: (),
    told: Callable[[date, int], None] = lambda day, raised: None,
) -> Lived:
    """The mornings from `first` to `last`, each with what `known` gives of the time before it.

    As the worker does it: the night's detectors, then the hourly ones, of which only midnight's hour is
    looked at. A ranking of risk is made once a week. `due` are the proposals of the calendar.
    """
    memory = Memory()
    days: list[DayPassed] = []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        until = datetime.combine(day, time(), city.tz).astimezone(UTC)
        past = past_of(known(until), until=until, terrain=terrain)
        found = raised = left_out = 0
        for kind in ("nightly", "hourly"):
            chosen = [one for one in detectors if one.schedule == kind]
            if not chosen:
                continue
            kept = Remembering(past, city, events, memory)
            asked = [d for d in chosen if d.method != "risk" or n % RISK_EVERY_DAYS == 0]
            for detector in asked:
                kept.take(detector, detect(detector, past))
            if kind == "nightly":
                for config, one in due(past):
                    kept.take(config, [one])
            kept.end_what_is_over(
                {one.name: one.ends_after_days for one in chosen}, seasons=kind == "nightly"
            )
            kept.fill_budgets()
            found += kept.counts["found"]
            raised += kept.counts["raised"]
            left_out = kept.counts["left_out"]
        ongoing = sum(row.course == "ongoing" for row in memory.raised)
        days.append(DayPassed(day, found, raised, left_out, ongoing))
        told(day, len(memory.raised))
    never = sum(row.shown == "left_out" for row in memory.rows.values())
    return Lived(tuple(days), tuple(memory.raised), memory.explained, never)


def _cases(past: Past, found: Sequence[Finding]) -> dict[int, int]:
    keys = sorted({key for one in found for key in one.evidence})
    if not keys:
        return {}
    rows = past.rows.filter(pl.col("key").is_in(keys)).select("key", "case")
    return dict(rows.iter_rows())


def shuffled(frame: pl.DataFrame, matter_at: Mapping[str, str], *, seed: int) -> pl.DataFrame:
    """The same requests with their moments dealt out anew among those of one matter.

    Every matter keeps its good and bad days and every place its load; what is gone is that something
    happened at one place in some days. Whatever is still found there is found by chance.
    """
    rng = np.random.default_rng(seed)
    about = (
        frame["matter"]
        .replace_strict(dict(matter_at), default=None, return_dtype=pl.String)
        .fill_null("")
    )
    order = np.arange(frame.height)
    codes = about.to_numpy()
    for one in np.unique(codes):
        own = np.flatnonzero(codes == one)
        order[own] = rng.permutation(own)
    received = frame["received"].gather(order)
    return frame.with_columns(received=received).sort("received", "key")
