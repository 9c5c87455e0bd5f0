"""The worker's round over the clocks: remind, escalate, close. One short transaction for each."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from xianban.accounts.api import MACHINE
from xianban.casework.actions.telling import Staff, notices_for
from xianban.casework.actions.writing import write
from xianban.casework.models import Case, Clock
from xianban.casework.queries.standings import standing_of
from xianban.casework.rules import deciding
from xianban.casework.rules.acts.doing import Doing
from xianban.casework.rules.deciding import carry_out, step_for
from xianban.casework.rules.standing import Clock as ClockValue
from xianban.casework.rules.standing import Standing, snapshot
from xianban.casework.rules.table import CLOCKS
from xianban.casework.rules.values import Swept
from xianban.city.api import City, current
from xianban.ledger.api import enqueue

SILENCE = "no_reply"
CAP = "cap"
COUNTED = {"remind": "reminded", "miss": "missed", "close": "closed", "resume": "resumed"}


def sweep(*, now: datetime, limit: int = 500) -> Swept:
    """Do what clocks are due for. Stop it anywhere: what was done is done once, the rest comes next.

    Two workers may sweep at the same time; a case that one of them holds is skipped by the other.
    """
    city, staff, done = current(), Staff(), Counter[str]()
    due = _due_clocks(now, limit)
    for case_id, n in due:
        with transaction.atomic():
            done[_step(case_id, n, now, city, staff)] += 1
    return Swept(
        looked=len(due),
        skipped=done["skipped"],
        more=len(due) == limit and done["skipped"] < limit,
        **{name: done[step] for step, name in COUNTED.items()},
    )


def _due_clocks(now: datetime, limit: int) -> Sequence[tuple[int, int]]:
    rows = Clock.objects.filter(wake_at__lte=now).order_by("wake_at", "id")
    return list(rows.values_list("case_id", "n")[:limit])


def _step(case_id: int, n: int, now: datetime, city: City, staff: Staff) -> str:
    """One clock: locked through its case, looked at again, moved on."""
    skip = connection.features.has_select_for_update_skip_locked
    case = Case.objects.select_for_update(skip_locked=skip).filter(pk=case_id).first()
    if case is None:
        return "skipped"
    standing = standing_of(case)
    step = step_for(standing, standing.clocks[n], now)
    if step:
        _move_on(case, standing, standing.clocks[n], step, now, city, staff)
    return step or "moved"


def _move_on(
    case: Case,
    standing: Standing,
    clock: ClockValue,
    step: str,
    now: datetime,
    city: City,
    staff: Staff,
) -> None:
    before = snapshot(standing)
    tells, said = moved_on(standing, clock, step, now, city)
    write(case, before, standing, verb=step, actor=MACHINE.key, now=now, city=city, said=said)
    unit = standing.tasks[clock.task].unit if clock.task else ""
    more = {"clock": clock.kind, "level": standing.level, "limit_ends_at": before_due(clock)}
    enqueue(
        notices_for(
            case, standing, verb=step, tells=tells, city=city, staff=staff, unit=unit, more=more
        ),
        now=now,
    )


def moved_on(
    standing: Standing, clock: ClockValue, step: str, now: datetime, city: City
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Do a step to a standing: whom it tells, and what is written of it."""
    level = standing.level
    said: dict[str, Any] = {"clock": clock.kind, "n": clock.n}
    doing = Doing(standing, now, city, MACHINE.key, kind=MACHINE.kind)
    if step in ("close", "resume"):
        doing.said = {"text": SILENCE if step == "close" else CAP}
        return carry_out(doing, step).tells, said
    if step == "remind":
        deciding.remind(doing, clock)
        return _holder(clock), said
    deciding.miss(doing, clock)
    said["escalated"] = standing.level if standing.level != level else ""
    return (*_holder(clock), "supervisors"), said


def _holder(clock: ClockValue) -> tuple[str, ...]:
    """Who is to be reminded: the unit, the co-unit of a task, or the desk."""
    if clock.kind == "task":
        return ("task",)
    holder = CLOCKS[clock.kind].holder
    if holder == "unit" and not clock.unit:
        return ("desk",)  # the ball is with the desk while a return is ruled upon
    return (holder,)


def before_due(clock: ClockValue) -> str:
    return clock.due_at.isoformat() if clock.due_at else ""
