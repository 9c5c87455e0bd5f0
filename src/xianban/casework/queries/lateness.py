"""What is late or soon late, by unit, area and matter; whom to press first; and what came of it."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, cast

from django.db import connection
from django.db.models import Count, FloatField, Func, QuerySet, Value
from django.db.models.functions import Left, TruncHour

from xianban.accounts.api import Actor
from xianban.base.ids import case_number
from xianban.casework.models import Case, Interest, Task
from xianban.casework.queries.access import Access, access
from xianban.casework.queries.lists import COLUMNS, TITLE_LENGTH, each_once, filtered, rows_shown
from xianban.casework.queries.shown import Filters, LateCount, Outcome, ToPress
from xianban.casework.queries.views import unit_named
from xianban.casework.rules.pressing import HOUR_S, URGENCY_WEIGHTS, press_weight

SHORTLIST = 150  # then the people who wait are counted one by one


COUNTING = """
SELECT unit, district, street, COUNT(*), COUNT(*) FILTER (WHERE next_due_at < %s),
    COUNT(*) FILTER (WHERE next_due_at >= %s AND next_due_at < %s)
FROM {table} GROUP BY unit, district, street
"""


class _PressWeight(Func):
    """`rules.pressing.press_weight` in the database, with the supporters for the people."""

    output_field = FloatField()

    def as_sql(  # type: ignore[override]  # the template of a function says too little
        self, compiler: Any, connection: Any, **more: Any
    ) -> tuple[str, list[Any]]:
        if connection.vendor == "postgresql":  # in floats: exact numbers take twice as long
            larger, one, weight = "GREATEST", "1.0::float8", "%s::float8"
            late = "DATE_PART('epoch', %s::timestamptz - next_due_at)"
        else:
            larger, one, weight = "MAX", "1.0", "%s"
            late = "(julianday(%s) - julianday(next_due_at)) * 86400.0"
        cases = " ".join(f"WHEN %s THEN {weight}" for _ in URGENCY_WEIGHTS)
        sql = (
            f"{larger}({one}, {late} / {HOUR_S}) * (1 + supporters)"
            f" * CASE urgency {cases} ELSE {one} END"
        )
        now = cast(Value, self.source_expressions[0]).value
        adapt = connection.ops.adapt_datetimefield_value
        return sql, [adapt(now), *(part for pair in URGENCY_WEIGHTS.items() for part in pair)]


def late_counts(
    actor: Actor, filters: Filters | None = None, *, now: datetime
) -> tuple[LateCount, ...]:
    """Open, late and soon late cases that this actor may see, for each unit in each street."""
    filters = filters or Filters()
    may = access(actor)
    parts = [
        filtered(branch, filters, may.city, now, still_open=True)
        .order_by()
        .values_list("id", "unit", "district", "street", "next_due_at")
        for branch in may.branches()
    ]
    if not parts:
        return ()
    table, values = each_once(parts)
    adapt = connection.ops.adapt_datetimefield_value
    times = [adapt(now), adapt(now), adapt(now + filters.within)]
    with connection.cursor() as cursor:
        cursor.execute(COUNTING.format(table=table), [*times, *values])
        return tuple(LateCount(*row) for row in cursor.fetchall())


def to_press(
    actor: Actor, filters: Filters, *, now: datetime, size: int = 50
) -> tuple[ToPress, ...]:
    """The late (or soon late) cases that weigh most: how late × how many people × how urgent."""
    may = access(actor)
    heaviest = _heaviest(may, filters, now, max(SHORTLIST, size))
    persons = _persons([pk for pk, *_ in heaviest])
    ranked = []
    for pk, due, urgency, supporters in heaviest:
        people = persons.get(pk, 1) + supporters
        late_s = max(0.0, (now - due).total_seconds())
        weight = press_weight(late_s=late_s, people=people, urgency=urgency)
        ranked.append((-weight, due, pk, people, late_s))
    ranked.sort()
    ranked = ranked[:size]
    begins = Left("text", TITLE_LENGTH)
    read = Case.objects.filter(pk__in=[pk for _, _, pk, *_ in ranked])
    found = {row["id"]: row for row in read.values(*COLUMNS, begins=begins)}
    shown = rows_shown([found[pk] for _, _, pk, *_ in ranked if pk in found], may.city, now)
    seen = {row.id: row for row in shown}
    return tuple(
        ToPress(seen[pk], people, late_s, -lightness)
        for lightness, _, pk, people, late_s in ranked
        if pk in seen
    )


def _heaviest(
    may: Access, filters: Filters, now: datetime, limit: int
) -> list[tuple[int, datetime, str, int]]:
    """Key, time, urgency and supporters of the cases that weigh most, before people are counted."""
    found: set[tuple[int, Any, str, int]] = set()  # late cases all are due
    branches = may.branches()
    few = len(branches) > 1 or filters.unit or filters.area or filters.matter
    for branch in branches:
        rows = filtered(branch, filters, may.city, now)
        heaviest = rows.order_by(_PressWeight(Value(now)).desc(), "next_due_at", "id")
        for part in [heaviest] if few else _as_read(rows, heaviest):
            found |= {*part.values_list("id", "next_due_at", "urgency", "supporters")[:limit]}

    def by_weight(one: tuple[int, Any, str, int]) -> tuple[float, datetime, int]:
        pk, due, urgency, supporters = one
        late_s = (now - due).total_seconds()
        return -press_weight(late_s=late_s, people=1 + supporters, urgency=urgency), due, pk

    return sorted(found, key=by_weight)[:limit]


def _as_read(rows: QuerySet[Case], heaviest: QuerySet[Case]) -> Iterator[QuerySet[Case]]:
    """The same cases in parts, each by weight: of those that one person asked for, the first due weighs most.

    So of most only the first are read, and weighed are the few that more people asked for.
    """
    yield heaviest.filter(supporters__gt=0)
    of_one = rows.filter(supporters=0).order_by("next_due_at", "id")
    yield of_one.exclude(urgency__in=URGENCY_WEIGHTS)
    for urgency in URGENCY_WEIGHTS:
        yield of_one.filter(urgency=urgency)


def _persons(ids: Collection[int]) -> dict[int, int]:
    """How many people asked, where it is more than one."""
    counted = Interest.objects.filter(case_id__in=ids).order_by().values_list("case_id")
    return dict(counted.annotate(n=Count("person")).filter(n__gt=1))


def outcomes(actor: Actor, case_ids: Collection[int]) -> dict[int, Outcome]:
    """What became of these cases; those out of sight are left out."""
    if not case_ids:
        return {}
    may = access(actor)
    rows = Case.objects.filter(may.case_filter(), pk__in=case_ids).values_list(
        "id", "received_at", "title", Left("text", TITLE_LENGTH), "state", "unit", "version",
        "answered_at", "ended_at",
    )  # fmt: skip
    return {
        pk: Outcome(
            case_number(pk, received_at, tz=may.city.tz),
            title or begins,
            state,
            unit_named(may.city, unit),
            version,
            answered_at,
            ended_at,
        )
        for pk, received_at, title, begins, state, unit, version, answered_at, ended_at in rows
    }


def task_states(
    keys: Collection[tuple[int, int]],
) -> dict[tuple[int, int], tuple[str, datetime | None, str]]:
    """State, end and answer of co-units' tasks, by case and number."""
    wanted = set(keys)
    rows = Task.objects.filter(case_id__in={case_id for case_id, _ in wanted})
    return {
        (case_id, n): (state, at, answer)
        for case_id, n, state, at, answer in rows.values_list(
            "case_id", "n", "state", "answered_at", "answer"
        )
        if (case_id, n) in wanted
    }


def received_by_hour(
    actor: Actor, since: datetime, until: datetime, *, filters: Filters | None = None
) -> dict[int, int]:
    """Cases that came in, by the full hours since `since`: for a day or two."""
    may = access(actor)
    wanted = replace(
        filters or Filters(), received_from=since, received_until=until, order="newest"
    )
    rows = filtered(may.case_filter(), wanted, may.city, until)
    offset = since.astimezone(
        may.city.tz
    ).utcoffset()  # kept all day: hours go on when clocks go back
    begun = TruncHour("received_at", tzinfo=timezone(offset or timedelta()))
    counted = rows.order_by().values_list(begun).annotate(n=Count("id"))
    return {int((at - since).total_seconds() // HOUR_S): n for at, n in counted}
