"""A handler's day: what is late, what is due, what was returned, what is owed to others, who has the ball."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from xianban.accounts.api import Actor, Granted
from xianban.casework.models import Clock, Task
from xianban.casework.queries.access import Access, access
from xianban.casework.queries.duties import AT_CASES
from xianban.casework.queries.lists import (
    COUNT_LIMIT,
    each_once,
    filtered,
    list_page,
    merged,
    rows_shown,
)
from xianban.casework.queries.places import in_area
from xianban.casework.queries.shown import CaseRow, Day, Filters, Owed, WorkRow
from xianban.casework.queries.views import unit_named
from xianban.casework.rules.table import CLOCKS
from xianban.casework.rules.working_day import GROUPS, TO_DO, WAITING, next_act

COUNTING = (
    "SELECT COUNT(*), SUM(CASE WHEN state IN {to_do} AND next_due_at < %s THEN 1 ELSE 0 END),"
    " SUM(CASE WHEN state = 'rectifying' AND next_due_at >= %s THEN 1 ELSE 0 END),"
    " SUM(CASE WHEN state IN {fresh} AND next_due_at >= %s AND next_due_at < %s THEN 1 ELSE 0 END),"
    " SUM(CASE WHEN state IN {fresh} AND next_due_at >= %s AND next_due_at < %s THEN 1 ELSE 0 END),"
    " SUM(CASE WHEN state IN {waiting} THEN 1 ELSE 0 END)"
)
FRESH = tuple(state for state in TO_DO if state != "rectifying")


def working_day(
    actor: Actor, *, now: datetime, mine: bool = False, group: str = "", size: int = 20
) -> Day:
    """The day of a handler or grid worker: each group with its first `size` cases and its count.

    `mine`: only what is assigned to this person. With a `group`, only that one is read. Counts go up
    to `Day.limit` and no further.
    """
    may = access(actor)
    branches = _branches(actor, may)
    filters = _groups(now, may, assignee=actor.id if mine else 0)
    wanted = [group] if group in GROUPS else list(GROUPS)
    groups = {
        name: _rows(branches, filters[name], may, now, size) for name in wanted if name != "owed"
    }
    owed = () if mine else _owed(actor, may, now, size)
    counts = _counts(branches, filters, may, now)
    counts["owed"] = len(owed) if len(owed) < size else _count_owed(actor)
    return Day(groups, owed if "owed" in wanted else (), counts, COUNT_LIMIT)


def _mine(actor: Actor) -> list[Granted]:
    return [grant for grant in actor.grants if grant.role in AT_CASES]


def _branches(actor: Actor, may: Access) -> list[Q]:
    """Cases that this person's unit leads, or that lie where a grid worker walks; one index each."""
    parts = []
    for grant in _mine(actor):
        place = in_area(may.city, grant.area)
        parts.append(place & Q(unit=grant.unit) if grant.unit else place)
    return [Q()] if any(not part for part in parts) else parts


def _groups(now: datetime, may: Access, *, assignee: int) -> dict[str, Filters]:
    midnight = now.astimezone(may.city.tz).replace(hour=0, minute=0, second=0, microsecond=0)
    today, week = midnight + timedelta(days=1), midnight + timedelta(days=7)
    return {
        "late": Filters(states=TO_DO, due_before=now, assignee=assignee),
        "returned": Filters(states=("rectifying",), due_from=now, assignee=assignee),
        "today": Filters(states=FRESH, due_from=now, due_before=today, assignee=assignee),
        "week": Filters(states=FRESH, due_from=today, due_before=week, assignee=assignee),
        "waiting": Filters(states=WAITING, assignee=assignee),
    }


def _rows(
    branches: Sequence[Q], filters: Filters, may: Access, now: datetime, size: int
) -> tuple[WorkRow, ...]:
    pages = [list_page(branch, filters, may.city, now, "", size) for branch in branches]
    rows = rows_shown(merged(pages, "due")[:size], may.city, now) if pages else ()
    return tuple(_with_next(rows, may))


def _with_next(rows: Sequence[CaseRow], may: Access) -> Iterable[WorkRow]:
    """Each row with its next act, and who has the ball; one query."""
    clocks: dict[int, list[tuple[str, str, datetime]]] = {}
    running = Clock.objects.filter(case_id__in=[row.id for row in rows], state="running")
    for case_id, kind, unit, due in running.values_list("case_id", "kind", "unit", "due_at"):
        clocks.setdefault(case_id, []).append((kind, unit, due))
    for row in rows:
        own = clocks.get(row.id, [])
        first = next((clock for clock in own if clock[2] == row.next_due_at), ("", "", None))
        kind, unit, _due = first
        holder = CLOCKS[kind].holder if kind else ""
        yield WorkRow(
            row=row,
            next=next_act(row.state, {clock[0] for clock in own}),
            holder=holder,
            holding=unit_named(may.city, unit if holder == "unit" else ""),
        )


def _counts(
    branches: Sequence[Q], filters: dict[str, Filters], may: Access, now: datetime
) -> dict[str, int]:
    """How many in each group: of the cases due first, at most `COUNT_LIMIT`."""
    names = ("late", "returned", "today", "week", "waiting")
    if not branches:
        return dict.fromkeys(names, 0)
    whose = Filters(assignee=filters["late"].assignee)
    table, values = each_once(
        filtered(branch, whose, may.city, now)
        .order_by("next_due_at")
        .values_list("id", "state", "next_due_at")[:COUNT_LIMIT]
        for branch in branches
    )
    adapt = connection.ops.adapt_datetimefield_value
    today, week = filters["today"], filters["week"]
    times = (now, now, now, today.due_before, week.due_from, week.due_before)
    lists = {name: _listed(states) for name, states in STATE_LISTS.items()}
    sql = f"{COUNTING.format(**lists)} FROM {table}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*(adapt(time) for time in times), *values])
        found = cursor.fetchone()
    return dict(zip(names, (int(n or 0) for n in found[1:]), strict=True))


STATE_LISTS = {"to_do": TO_DO, "fresh": FRESH, "waiting": WAITING}


def _listed(states: Sequence[str]) -> str:
    return "(" + ", ".join(f"'{state}'" for state in states) + ")"


def _units(actor: Actor) -> list[str]:
    return sorted({grant.unit for grant in _mine(actor) if grant.unit})


def _open_tasks(actor: Actor) -> Any:
    return Task.objects.filter(unit__in=_units(actor), state="asked")


def _owed(actor: Actor, may: Access, now: datetime, size: int) -> tuple[Owed, ...]:
    """Tasks that other units asked of this person's, the first due first."""
    tasks = list(_open_tasks(actor).order_by("due_at")[:size])
    seen = may.case_filter() & Q(pk__in=[task.case_id for task in tasks])
    pages = [list_page(seen, Filters(order="newest"), may.city, now, "", size)] if tasks else []
    rows = rows_shown(pages[0], may.city, now) if pages else ()
    cases = {row.id: row for row in rows}
    return tuple(
        Owed(cases[task.case_id], task.n, task.ask, task.whistle, task.asked_at, task.due_at)
        for task in tasks
        if task.case_id in cases
    )


def _count_owed(actor: Actor) -> int:
    return int(_open_tasks(actor)[:COUNT_LIMIT].count())
