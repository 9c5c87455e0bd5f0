"""Clocks: how they start, pause, go on, end and are reopened, in the city's own time."""

from datetime import datetime, timedelta
from typing import Any, Protocol

from xianban.casework.rules.standing import Clock, Standing
from xianban.casework.rules.table import CLOCKS


class Times(Protocol):
    """What clocks ask of a city."""

    settings: Any

    def deadline(self, start: datetime, limit: str, *, unit: str | None = None) -> datetime: ...
    def between(
        self, start: datetime, end: datetime, limit: str, *, unit: str | None = None
    ) -> float: ...
    def add(
        self, start: datetime, seconds: float, limit: str, *, unit: str | None = None
    ) -> datetime: ...


def start_clock(
    standing: Standing,
    kind: str,
    *,
    limit: str,
    now: datetime,
    city: Times,
    unit: str = "",
    task: int = 0,
) -> Clock:
    """Let a clock of this kind run from `now`."""
    clock = Clock(
        len(standing.clocks) + 1, kind=kind, unit=unit, limit=limit, started_at=now, task=task
    )
    clock.due_at = city.deadline(now, limit, unit=unit or None)
    clock.wake_at = first_wake(clock, city)
    standing.clocks[clock.n] = clock
    return clock


def first_wake(clock: Clock, city: Times) -> datetime:
    """When the worker first looks: for a reminder where the kind has one, else when it is due."""
    share = city.settings.reminder_share
    if not CLOCKS[clock.kind].remind or share >= 1:
        return clock.due_at
    if clock.limit[-2:] in ("wh", "wd"):
        length = city.between(clock.started_at, clock.due_at, clock.limit, unit=clock.unit or None)
        return city.add(clock.started_at, length * share, clock.limit, unit=clock.unit or None)
    return clock.started_at + (clock.due_at - clock.started_at) * share


def end_clock(clock: Clock, now: datetime) -> None:
    """What it waited for has happened: met, or missed if too late. A paused one stopped when paused."""
    in_time = (clock.left_s or 0) >= 0 if clock.state == "paused" else now <= clock.due_at
    _stop(clock, "met" if in_time else "missed", now)


def void_clock(clock: Clock, now: datetime) -> None:
    """What it waited for is no longer expected; missed all the same if it was overdue by then."""
    late = (clock.left_s or 0) < 0 if clock.state == "paused" else now > clock.due_at
    _stop(clock, "missed" if late else "void", now)


def _stop(clock: Clock, state: str, now: datetime) -> None:
    clock.state, clock.ended_at = state, now
    clock.wake_at = clock.paused_at = clock.left_s = None


def pause_clock(clock: Clock, now: datetime, city: Times) -> None:
    """Stand still; what is left (or overdue, below zero) is kept."""
    if clock.state != "running":
        return
    unit = clock.unit or None
    if now <= clock.due_at:
        left = city.between(now, clock.due_at, clock.limit, unit=unit)
    else:
        left = -max(1.0, city.between(clock.due_at, now, clock.limit, unit=unit))
    clock.state, clock.paused_at, clock.left_s, clock.wake_at = "paused", now, int(left), None


def resume_clock(clock: Clock, now: datetime, city: Times) -> None:
    """Go on with what was left. An overdue clock stays overdue from when it was."""
    if clock.state != "paused":
        return
    left = clock.left_s or 0
    if left >= 0:
        clock.due_at = city.add(now, left, clock.limit, unit=clock.unit or None)
    clock.state, clock.paused_at, clock.left_s = "running", None, None
    if clock.late_at is not None or left < 0:
        clock.wake_at = now + timedelta(days=1) if clock.late_at else now
    elif CLOCKS[clock.kind].remind and clock.steps == 0:
        share = left * city.settings.reminder_share
        clock.wake_at = city.add(now, share, clock.limit, unit=clock.unit or None)
    else:
        clock.wake_at = clock.due_at


def reopen_clock(clock: Clock, city: Times) -> None:
    """Go on as if it had not ended: due when it was, and overdue if that is over."""
    clock.state, clock.ended_at = "running", None
    if clock.late_at is None:
        clock.wake_at = first_wake(clock, city) if clock.steps == 0 else clock.due_at


def settle(standing: Standing) -> None:
    """Bring what is shown of the clocks in line: the promised date, and what is due next."""
    handle = standing.clock("handle")
    if handle and handle.state == "running":
        standing.due_at = handle.due_at
    running = [c.due_at for c in standing.active() if c.state == "running"]
    standing.next_due_at = min(running) if running and standing.open else None


def relimit(clock: Clock, limit: str, city: Times, now: datetime) -> None:
    """Another limit for a running clock, counted from where it started."""
    clock.limit = limit
    clock.due_at = city.deadline(clock.started_at, limit, unit=clock.unit or None)
    if clock.late_at is None:
        clock.wake_at = max(first_wake(clock, city), min(now, clock.due_at))
