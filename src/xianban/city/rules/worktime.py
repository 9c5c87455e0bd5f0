"""Limits and working time: what `5wd` after this moment is, and how much of it has run.

Four measures: `h` and `d` are elapsed time; `wh` runs within working hours; `wd` runs through the whole
24 hours of working days, so one working day after Friday 15:00 is Monday 15:00.

Laws, kept in every zone: `between(start, add(start, s)) == s`; both are monotone; a limit that is
paused and resumed ends where its parts add up.
"""

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from xianban.base.errors import BadInput, BrokenPromise
from xianban.city.rules.settings import LIMIT, LIMIT_REMEDY, is_limit

log = logging.getLogger(__name__)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
HOURS = {"h": 1, "wh": 1, "d": 24, "wd": 24}
REACH_YEARS = 100  # no limit reaches further; a calendar without working time ends here


@dataclass(frozen=True)
class Limit:
    """A limit as read: how many seconds, counted in which measure (h, d, wh, wd)."""

    seconds: float
    measure: str

    @property
    def works(self) -> bool:
        """Whether it counts working time."""
        return self.measure in ("wh", "wd")


@lru_cache(maxsize=4096)
def read_limit(text: str) -> Limit:
    """Read 2h, 7d, 4wh, 5wd; BadInput says what is understood."""
    text = text.strip()
    match = LIMIT.fullmatch(text)
    if match is None or not is_limit(text):
        raise BadInput(f"“{text[:40]}” is not a limit; {LIMIT_REMEDY}")
    return Limit(float(match[1]) * HOURS[match[2]] * 3600, match[2])


def _stamp(when: datetime) -> int:
    if when.tzinfo is None:
        raise ValueError("a time without a zone: working time needs aware datetimes")
    return (when - EPOCH) // MICROSECOND


def _when(stamp: int) -> datetime:
    return EPOCH + timedelta(microseconds=stamp)


@dataclass(frozen=True)
class Spans:
    """The working spans of one year on the UTC axis, in microseconds, with running totals."""

    starts: list[int]
    ends: list[int]
    before: list[int] = field(init=False)

    def __post_init__(self) -> None:
        lengths = (end - start for start, end in zip(self.starts, self.ends, strict=True))
        object.__setattr__(self, "before", [0, *accumulate(lengths)])

    @property
    def total(self) -> int:
        return self.before[-1]

    def until(self, stamp: int) -> int:
        """Working time of this year before `stamp`."""
        at = bisect_right(self.starts, stamp)
        return (
            self.before[at]
            if not at
            else self.before[at - 1] + min(stamp, self.ends[at - 1]) - self.starts[at - 1]
        )

    def reach(self, amount: int) -> int:
        """The earliest moment at which `amount` (above 0, at most the total) of the year has run."""
        at = bisect_left(self.before, amount)
        return self.starts[at - 1] + amount - self.before[at - 1]


@dataclass(frozen=True)
class WorkCalendar:
    """When a city works: hours, weekdays, and the days that differ from them."""

    tz: ZoneInfo
    hours: tuple[tuple[int, int], ...]
    weekdays: frozenset[int]  # 1 is Monday
    days: Mapping[date, bool]

    @cached_property
    def years(self) -> frozenset[int]:
        """Years whose holidays are known."""
        return frozenset(day.year for day in self.days)

    @cached_property
    def _spans(self) -> dict[tuple[int, str], Spans]:
        return {}

    def is_working_day(self, day: date) -> bool:
        known = self.days.get(day)
        return day.isoweekday() in self.weekdays if known is None else known

    def add(self, start: datetime, seconds: float, measure: str) -> datetime:
        """The earliest moment at which `seconds` of this measure have run since `start`; UTC."""
        if seconds < 0:
            raise ValueError("time runs forward: seconds must not be negative")
        stamp, left = _stamp(start), round(seconds * SECOND)
        if measure in ("h", "d") or left == 0:
            return _when(stamp + left)
        year = start.astimezone(self.tz).year
        left += self._of(year, measure).until(stamp)
        for ahead in range(REACH_YEARS):
            spans = self._of(year + ahead, measure)
            if left <= spans.total:
                return _when(spans.reach(left))
            left -= spans.total
        raise BrokenPromise(
            f"the calendar has too little working time for {seconds:.0f} s; see [hours] in city.toml and calendar.csv"
        )

    def between(self, start: datetime, end: datetime, measure: str) -> float:
        """Seconds of this measure from `start` to `end`; negative where `end` is earlier."""
        first, last = _stamp(start), _stamp(end)
        if measure in ("h", "d"):
            return (last - first) / SECOND
        if last < first:
            return -self.between(end, start, measure)
        begin, finish = start.astimezone(self.tz).year, end.astimezone(self.tz).year
        ran = self._of(finish, measure).until(last) - self._of(begin, measure).until(first)
        ran += sum(self._of(year, measure).total for year in range(begin, finish))
        return ran / SECOND

    def _of(self, year: int, measure: str) -> Spans:
        spans = self._spans.get((year, measure))
        if spans is None:
            self._warn_if_missing(year)
            spans = self._spans[year, measure] = self._make(year, measure)
        return spans

    def _warn_if_missing(self, year: int) -> None:
        if year not in self.years and (year, "warned") not in self._spans:
            self._spans[year, "warned"] = Spans([], [])
            log.warning(
                "calendar.csv has no row for %d: its holidays are not known, working time in it counts weekdays alone",
                year,
            )

    def _make(self, year: int, measure: str) -> Spans:
        """Spans on the UTC axis; a clock change inside a span shortens or lengthens it, as it does a shift."""
        spans = self.hours if measure == "wh" else ((0, 24 * 60),)
        starts, ends, latest = [], [], -(2**63)
        for day in _days_of(year):
            if not self.is_working_day(day):
                continue
            for opens, closes in spans:
                start = max(self._moment(day, opens), latest)
                end = max(self._moment(day, closes), start)
                latest = end
                if end > start:
                    starts.append(start)
                    ends.append(end)
        return Spans(starts, ends)

    def _moment(self, day: date, minutes: int) -> int:
        if minutes == 24 * 60:
            day, minutes = day + timedelta(days=1), 0
        return _stamp(
            datetime.combine(day, time(minutes // 60, minutes % 60), self.tz).astimezone(UTC)
        )


def quiet_end(now: datetime, hours: tuple[int, int]) -> datetime | None:
    """The end of the quiet hours (from, until; over midnight where `from` is later) around `now`, or None."""
    start, end = hours
    quiet = start <= now.hour < end if start <= end else now.hour >= start or now.hour < end
    if not quiet:
        return None
    day = now.date() + timedelta(days=now.hour >= end)
    return datetime.combine(day, time(end), now.tzinfo).astimezone(UTC)


def _days_of(year: int) -> Iterator[date]:
    first = date(year, 1, 1)
    return (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
