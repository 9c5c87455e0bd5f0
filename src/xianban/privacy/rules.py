"""When what was said is due to go, and what keeps it. Plain values only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xianban.casework.api import Ending
    from xianban.city.api import City

RIGHTS = ("copy", "correct", "erase")
STATES = ("asked", "waiting", "after", "done", "refused")
DECISIONS = ("erase", "after", "refuse")
HOLDS = ("open", "dispute", "question")
STAY = (
    "acts",
    "figures",
    "answers",
    "fingerprint",
    "backups",
)  # after an erasure, with their basis
NOW = "now"


@dataclass(frozen=True)
class Due:
    """When one class of one case is kept no longer; None while something holds it."""

    at: datetime | None
    hold: str = ""


def hold_of(ending: "Ending", questioned: bool) -> str:
    """What keeps a case from being over; empty where nothing does."""
    if ending.ended_at is None:
        return "open"
    if ending.disputed:
        return "dispute"
    return "question" if questioned else ""


def due_of(name: str, ending: "Ending", *, questioned: bool, city: "City") -> Due:
    """When a class of this case goes: never before the days in which it may be opened again."""
    hold = hold_of(ending, questioned)
    if hold or ending.ended_at is None:
        return Due(None, hold)
    days = city.keeping.days_for(name, urgency=ending.urgency, kind=ending.request_kind)
    return Due(ending.ended_at + timedelta(days=max(days, city.settings.reopen_days)))


def latest(dues: Iterable[Due]) -> Due:
    """A person is kept as long as the last of their cases; a hold on one holds all."""
    last = Due(None, "open")
    for due in dues:
        if due.at is None:
            return due
        if last.at is None or due.at > last.at:
            last = due
    return last


def month_of(due: Due, *, now: datetime, city: "City") -> str:
    """The column of the outlook: now, or a month of the city's time such as 2026-12."""
    assert due.at is not None
    return NOW if due.at <= now else f"{due.at.astimezone(city.tz):%Y-%m}"
