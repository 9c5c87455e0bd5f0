"""Weeks and months by name, in the city's own time. Plain values only."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from xianban.base.errors import BadInput

WEEK = re.compile(r"(\d{4})-W(\d{2})")
MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True)
class Span:
    """A named stretch of days: from `first` until before `until`."""

    name: str
    first: date
    until: date

    def bounds(self, tz: tzinfo) -> tuple[datetime, datetime]:
        return midnight(self.first, tz), midnight(self.until, tz)


def midnight(day: date, tz: tzinfo) -> datetime:
    """When a day begins in the city."""
    return datetime.combine(day, time(), tzinfo=tz)


def week_of(day: date) -> str:
    """The ISO week, from Monday: 2026-W45."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def span_named(name: str) -> Span:
    """The days of a week such as 2026-W45 or of a month such as 2026-10."""
    week, month = WEEK.fullmatch(name.strip()), MONTH.fullmatch(name.strip())
    try:
        if week:
            first = date.fromisocalendar(int(week[1]), int(week[2]), 1)
            return Span(name.strip(), first, first + timedelta(days=7))
        if month:
            first = date(int(month[1]), int(month[2]), 1)
            return Span(name.strip(), first, (first + timedelta(days=32)).replace(day=1))
    except ValueError:
        pass
    raise BadInput(f"“{name[:20]}” is no week and no month; write 2026-W45 or 2026-10")


def weeks_before(day: date, n: int) -> list[str]:
    """The week of this day and those before it, `n` in all, the oldest first."""
    return [week_of(day - timedelta(weeks=back)) for back in reversed(range(n))]
