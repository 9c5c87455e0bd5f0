"""How long a case was in which stage, from its clocks, disputes, suspensions and tasks. Plain values.

Only what is over counts. Hours are elapsed hours, nights and holidays included: that is what the
resident waited.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from xianban.casework.rules.standing import Clock, Standing

STAGES = (
    "dispatch",  # received -> dispatched
    "sign",  # dispatched -> signed
    "contact",  # signed -> first contact
    "handle",  # signed -> answered, without what follows below
    "suspended",
    "contested",
    "co_units",  # asked -> answered, each task
    "follow_up",  # answered -> asked how it went
)
OVER = ("met", "missed")
Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Span:
    """One visit of a case to a stage; `unit` had the ball, empty for the desk."""

    stage: str
    n: int
    unit: str
    began_at: datetime
    ended_at: datetime
    seconds: float


def spans_of(standing: Standing, *, received_at: datetime) -> tuple[Span, ...]:
    """Every finished visit to a stage, in the order of `STAGES`."""
    clocks = sorted(standing.clocks.values(), key=lambda clock: clock.n)
    signed = [clock for clock in clocks if clock.kind == "sign"]
    contested = [
        Span("contested", row.n, row.unit, row.raised_at, row.ruled_at, _s(row.raised_at, row.ruled_at))
        for row in standing.disputes.values()
        if row.ruled_at
    ]  # fmt: skip
    suspended = [
        Span("suspended", row.n, standing.unit, row.decided_at, row.ended_at, _s(row.decided_at, row.ended_at))
        for row in standing.suspensions.values()
        if row.state == "ended" and row.decided_at and row.ended_at
    ]  # fmt: skip
    tasks = [
        Span("co_units", row.n, row.unit, row.asked_at, row.answered_at, _s(row.asked_at, row.answered_at))
        for row in standing.tasks.values()
        if row.answered_at and row.state != "void"
    ]  # fmt: skip
    resting = [(span.began_at, span.ended_at) for span in (*contested, *suspended)]
    aside = resting + [(span.began_at, span.ended_at) for span in tasks]
    found = [
        *_dispatched(clocks, signed, received_at),
        *(_span(c, c.started_at, resting) for c in _over(clocks, "sign")),
        *(_span(c, _since_signed(c, signed), resting) for c in _over(clocks, "contact")),
        *(_span(c, _since_signed(c, signed), aside) for c in _over(clocks, "handle")),
        *suspended,
        *contested,
        *tasks,
        *(_span(c, c.started_at, ()) for c in _over(clocks, "follow_up")),
    ]
    return tuple(found)


def _s(began: datetime, ended: datetime) -> float:
    return max(0.0, (ended - began).total_seconds())


def _over(clocks: Iterable[Clock], kind: str) -> list[Clock]:
    return [clock for clock in clocks if clock.kind == kind and clock.state in OVER]


def _dispatched(clocks: list[Clock], signed: list[Clock], received_at: datetime) -> list[Span]:
    """By a person: what the clock says. At once by the duty list: from receipt to the first unit."""
    by_hand = [_span(clock, clock.started_at, ()) for clock in _over(clocks, "dispatch")]
    if any(clock.kind == "dispatch" for clock in clocks) or not signed:
        return by_hand
    first = signed[0].started_at
    began = min(received_at, first)
    return [Span("dispatch", 0, "", began, first, _s(began, first))]


def _since_signed(clock: Clock, signed: list[Clock]) -> datetime:
    """From the last signature while this clock ran; from its own start where there was none."""
    assert clock.ended_at is not None
    ends = [
        one.ended_at
        for one in signed
        if one.ended_at and one.state in OVER and clock.started_at < one.ended_at <= clock.ended_at
    ]
    return max([clock.started_at, *ends])


def _span(clock: Clock, began: datetime, without: Iterable[Interval]) -> Span:
    assert clock.ended_at is not None
    seconds = _s(began, clock.ended_at) - _covered(without, began, clock.ended_at)
    unit = "" if clock.kind in ("dispatch", "follow_up") else clock.unit
    return Span(clock.kind, clock.n, unit, began, clock.ended_at, max(0.0, seconds))


def _covered(intervals: Iterable[Interval], began: datetime, ended: datetime) -> float:
    """Seconds between `began` and `ended` that lie in any of the intervals, each counted once."""
    total, upto = 0.0, began
    for start, end in sorted(intervals):
        start, end = max(start, upto), min(end, ended)
        if end > start:
            total += _s(start, end)
            upto = end
    return total
