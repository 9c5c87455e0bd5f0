"""Periods: named by a month, beginning on any day, such as 2026-10 from 19 September to 18 October."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from xianban.base.errors import BadInput

if TYPE_CHECKING:
    from xianban.city.api import Profile

NAME = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True)
class Span:
    """A period in time: from `start` until before `end`, both in UTC."""

    name: str
    start: datetime
    end: datetime


def span_of(name: str, profile: "Profile", tz: tzinfo) -> Span:
    """When the period of this name begins and ends; BadInput where it is not the name of one."""
    year, month = month_of(name)
    if profile.first_day == 1:
        return Span(
            name, _start(year, month, profile, tz), _start(*_after(year, month), profile, tz)
        )
    return Span(name, _start(*_before(year, month), profile, tz), _start(year, month, profile, tz))


def month_of(name: str) -> tuple[int, int]:
    """Year and month of a period's name."""
    match = NAME.fullmatch(name.strip())
    if match is None or not 1 <= int(match[2]) <= 12 or not 1990 <= int(match[1]) <= 2200:
        raise BadInput(f"“{name[:20]}” is not a period; write it like 2026-10")
    return int(match[1]), int(match[2])


def name_at(moment: datetime, profile: "Profile", tz: tzinfo) -> str:
    """The name of the period in which a moment lies."""
    here = moment.astimezone(tz)
    year, month = here.year, here.month
    if moment < _start(year, month, profile, tz):
        year, month = _before(year, month)
    if profile.first_day != 1:
        year, month = _after(year, month)
    return f"{year:04}-{month:02}"


def previous(name: str) -> str:
    """The name of the period before."""
    year, month = _before(*month_of(name))
    return f"{year:04}-{month:02}"


def _start(year: int, month: int, profile: "Profile", tz: tzinfo) -> datetime:
    start = datetime(year, month, profile.first_day, profile.first_hour, tzinfo=tz)
    return start.astimezone(UTC)


def _before(year: int, month: int) -> tuple[int, int]:
    return (year - 1, 12) if month == 1 else (year, month - 1)


def _after(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)
