"""Whether an act may be done now, and what becomes of the case: the table, carried out."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from xianban.base.errors import BadInput, WrongState
from xianban.casework.rules.acts import DEEDS, GUARDS, OUTCOMES
from xianban.casework.rules.acts.consulting import leave_consultation
from xianban.casework.rules.acts.doing import Doing, desk_limit, raise_level
from xianban.casework.rules.acts.suspending import next_review
from xianban.casework.rules.clocks import (
    end_clock,
    first_wake,
    pause_clock,
    reopen_clock,
    resume_clock,
    settle,
    start_clock,
    void_clock,
)
from xianban.casework.rules.standing import Clock, Standing
from xianban.casework.rules.table import BACK, CLOCKS, SAME, TABLE, VERBS, Move, move_for
from xianban.casework.rules.values import NewCase
from xianban.casework.rules.words import ACTIVE, LEVELS

CONSULTED_IN = ("received", "contested")  # once a unit leads, nobody asks whose it is


def row_for(doing: Doing, verb: str) -> Move:
    """The row of the table for this act now; WrongState says why there is none."""
    state = doing.standing.state
    if verb not in VERBS:
        raise BadInput(f"“{verb}” is not an act; acts are {', '.join(VERBS)}")
    if not any(move.verb == verb and state in move.states for move in TABLE):
        raise WrongState(f"a case that is {state} cannot be changed by “{verb}”; look at it again")
    outcome = OUTCOMES[verb](doing) if verb in OUTCOMES else ""
    move = move_for(state, verb, outcome)
    if move is None:
        raise WrongState(f"a case that is {state} cannot be changed by “{verb}”; look at it again")
    return move


def carry_out(doing: Doing, verb: str) -> Move:
    """Do one act to `doing.standing`; the row that was carried out. Refusals leave it half done:
    the caller throws the standing away."""
    move = row_for(doing, verb)
    check_said(move, doing.said)
    guard(doing, verb)
    target, unit = _target(doing, move), doing.standing.unit
    deed = DEEDS.get(verb)
    if deed:
        deed(doing)
    doing.standing.state = target
    if doing.standing.unit != unit:
        doing.standing.assignee = None  # each unit names its own
    if target not in CONSULTED_IN:
        leave_consultation(doing)
    _move_clocks(doing, move)
    settle(doing.standing)
    return move


def guard(doing: Doing, verb: str) -> None:
    """Whether the act is possible now, whatever is said with it."""
    check = GUARDS.get(verb)
    if check:
        check(doing)


def check_said(move: Move, said: Mapping[str, Any]) -> None:
    """Everything required is there, nothing unknown is."""
    known = {field.name for field in move.fields}
    unknown = sorted(set(said) - known)
    if unknown:
        raise BadInput(
            f"“{move.verb}” does not take “{unknown[0]}”; it takes {', '.join(sorted(known)) or 'nothing'}"
        )
    for field in move.fields:
        value = said.get(field.name)
        empty = value is None or (isinstance(value, str) and not value.strip())
        if field.required and empty:
            raise BadInput(f"“{move.verb}” needs “{field.name}”; fill it in")
        if field.choices and not empty and value not in field.choices:
            raise BadInput(
                f"“{value}” is not a {field.name}; choose one of {', '.join(field.choices)}"
            )
        if field.kind == "yes_no" and value is not None and not isinstance(value, bool):
            raise BadInput(f"“{field.name}” is yes or no")


def _target(doing: Doing, move: Move) -> str:
    if move.to == SAME:
        return doing.standing.state
    if move.to != BACK:
        return move.to
    if doing.standing.state == "contested":
        return doing.standing.disputes[len(doing.standing.disputes)].from_state
    row = doing.standing.suspension("active")
    return row.from_state if row else "handling"


def _move_clocks(doing: Doing, move: Move) -> None:
    for clock in list(doing.standing.clocks.values()):
        if clock.state not in ACTIVE:
            continue
        if clock.kind in move.ends:
            resume_clock(
                clock, doing.now, doing.city
            )  # due when it would have been, had it gone on
            end_clock(clock, doing.now)
        elif clock.kind in move.voids:
            void_clock(clock, doing.now)
        elif clock.kind in move.pauses:
            pause_clock(clock, doing.now, doing.city)
        elif clock.kind in move.resumes:
            resume_clock(clock, doing.now, doing.city)
    for kind in move.starts:
        _start(doing, kind)
    for kind in move.reopens:
        ended = [c for c in doing.standing.clocks.values() if c.kind == kind]
        if ended:
            reopen_clock(ended[-1], doing.city)
        else:
            _start(doing, kind)


def _start(doing: Doing, kind: str) -> None:
    standing, now, city = doing.standing, doing.now, doing.city
    limit = limit_for(standing, kind, city)
    if not limit or kind == "task" or standing.clock(kind):
        return
    if kind == "contact" and any(
        c.kind == "contact" and c.state != "void" for c in standing.clocks.values()
    ):
        return  # somebody has spoken to the resident already
    unit = standing.unit if CLOCKS[kind].holder == "unit" else ""
    clock = start_clock(standing, kind, limit=limit, now=now, city=city, unit=unit)
    if kind == "review":
        clock.due_at = clock.wake_at = next_review(doing)
    elif kind == "handle" and standing.reopened == 0:
        _since_the_first(standing, clock, city)


def _since_the_first(standing: Standing, clock: Clock, city: Any) -> None:
    """A case set on its own again keeps the promise that it had: its clock began with the first."""
    first = min(c.started_at for c in standing.clocks.values() if c.kind == "handle")
    clock.started_at = first
    clock.due_at = city.deadline(first, clock.limit, unit=clock.unit or None)
    clock.wake_at = first_wake(clock, city)


def limit_for(standing: Standing, kind: str, city: Any) -> str:
    """The limit of a clock of this kind: the duty's, or the city's where it is about the desk."""
    settings = city.settings
    if kind in ("dispatch", "ruling"):
        return desk_limit(standing, city)
    if kind == "review":
        return f"{settings.suspension_review_days}d"
    if kind == "reply":
        return f"{settings.no_reply_days}d"
    return standing.limits.get(kind, "")


ONE_DAY = timedelta(days=1)

# how a case begins


def begin(
    new: NewCase, *, unit: str, now: datetime, city: Any, limits: dict[str, str], level: str
) -> Standing:
    """A new case: dispatched to `unit`, or received where none is named and a person has to decide."""
    standing = Standing(
        state="dispatched" if unit else "received",
        unit=unit,
        level=level,
        matter=new.matter,
        area=new.area,
        place=new.place,
        urgency=new.urgency,
        limits=limits,
        dispatched_at=now if unit else None,
    )
    since = new.clocks_from or new.received_at
    start_clock(standing, "handle", limit=limits["handle"], now=since, city=city, unit=unit)
    for kind in ("sign", "contact") if unit else ("dispatch",):
        limit = limit_for(standing, kind, city)
        start_clock(standing, kind, limit=limit, now=now, city=city, unit=unit)
    settle(standing)
    return standing


# what the worker does


def step_for(standing: Standing, clock: Clock, now: datetime) -> str:
    """What the worker has to do about this clock now: remind, miss, close, resume, or nothing."""
    if clock.state != "running" or clock.wake_at is None or clock.wake_at > now:
        return ""
    if clock.kind == "review":
        row = standing.suspension("active")
        if row and row.cap_at and now >= row.cap_at:
            return "resume"
    if now < clock.due_at:
        return "remind"
    return "close" if CLOCKS[clock.kind].late == "close" else "miss"


def remind(doing: Doing, clock: Clock) -> None:
    """The holder was reminded; look again when it is due."""
    clock.steps += 1
    clock.wake_at = clock.due_at


def miss(doing: Doing, clock: Clock) -> None:
    """The clock ran out and runs on, overdue: raise the level where its kind says so, look again later."""
    kind, standing = CLOCKS[clock.kind], doing.standing
    clock.late_at = clock.late_at or doing.now
    clock.steps += 1
    raised = kind.late == "escalate" and raise_level(standing)
    clock.wake_at = None
    if clock.kind == "handle" and raised and standing.level != LEVELS[-1]:
        length = clock.due_at - clock.started_at
        clock.wake_at = doing.now + max(length, ONE_DAY)
    elif clock.kind == "review":
        row = standing.suspension("active")
        clock.wake_at = row.cap_at if row else None
    settle(standing)
