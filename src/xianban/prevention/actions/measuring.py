"""Measures: registered with the order, computed as their window fills, from the history as it was known."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from xianban.accounts.api import MACHINE
from xianban.city.api import City, current
from xianban.prevention.actions.writing import locked, write
from xianban.prevention.models import Measure, Order, Warning
from xianban.prevention.queries.terrain import terrain_of
from xianban.prevention.rules.measuring import (
    begins,
    measured,
    plan_of,
)
from xianban.prevention.rules.past import Past

LEVELS = ("grid", "community", "street", "district")


def register(order: Order, row: Warning, city: City, *, now: datetime) -> dict[str, Any]:
    """Write down, before anything is known, how the effect of this order will be measured."""
    terrain = terrain_of(city)
    levels = [area.level for code in row.areas if (area := city.areas.get(code))]
    level = max(levels, key=LEVELS.index) if levels and {*levels} <= {*LEVELS} else "city"
    areas = sorted({city.area_at_level(code, level) or code for code in row.areas})
    peers = {code: terrain.xy.get(code) for code, a in city.areas.items() if a.level == level}
    touched = _touched(city, row, level, now)
    plan = plan_of(
        areas=areas,
        level=level,
        matter=row.matter,
        peers=peers,
        touched=sorted(touched),
        since=row.since,
        today=now.astimezone(city.tz).date(),
        weeks=city.prevention.effect_weeks,
        coverage=city.prevention.coverage,
    ).plain()
    Measure.objects.create(order=order, registered_at=now, plan=plan)
    return plan


def _touched(city: City, row: Warning, level: str, now: datetime) -> set[str]:
    """Areas where somebody acts on the same matter, or something of the kind goes on."""
    rows = Warning.objects.filter(matter=row.matter, course="ongoing").exclude(shown="silent")
    acted = Warning.objects.filter(
        matter=row.matter, order__at__gte=now - timedelta(weeks=city.prevention.effect_weeks)
    )
    found: set[str] = set()
    for areas in (*rows.values_list("areas", flat=True), *acted.values_list("areas", flat=True)):
        found |= {city.area_at_level(code, level) or code for code in areas}
    return found


def keep_measures(past: Past, *, now: datetime) -> int:
    """Begin and bring forward every measure that has a new whole week; how many were computed."""
    done = 0
    for measure in Measure.objects.exclude(state="done").select_related("order__warning"):
        done += _brought_forward(measure, past, now)
    return done


def _brought_forward(measure: Measure, past: Past, now: datetime) -> int:
    order, plan = measure.order, measure.plan
    today = past.today + timedelta(days=1)
    tz = current().tz  # a day is a day of the city
    answered, ended = (at and at.astimezone(tz) for at in (order.answered_at, order.ended_at))
    starts = measure.starts_on or begins(plan, answered=answered, ended=ended, today=today)
    if starts is None:
        return 0
    weeks = min(plan["weeks"], (today - starts).days // 7)
    if weeks <= measure.weeks_seen and measure.starts_on:
        return 0
    result = _measured(plan, past, starts, weeks) if weeks > 0 else {}
    with transaction.atomic():
        row = locked(order.warning_id)
        measure.starts_on, measure.weeks_seen = starts, weeks
        measure.state = "done" if weeks >= plan["weeks"] else "filling"
        measure.result = result
        if result.get("enough") and measure.state == "done":
            measure.relative, measure.low = result["relative"], result["low"]
            measure.high, measure.prevented = result["high"], result["prevented"]
        measure.save()
        said = {key: result.get(key) for key in ("enough", "reason", "relative", "low", "high", "prevented")}  # fmt: skip
        write(row, "measure", {"weeks": weeks, "of": plan["weeks"], **said}, actor=MACHINE.key, now=now)  # fmt: skip
    return 1


def _measured(plan: dict[str, Any], past: Past, starts: date, weeks: int) -> dict[str, Any]:
    dropped = sorted(_acted_meanwhile(plan, past, starts))
    return measured(plan, past, starts=starts, weeks=weeks, dropped=dropped)


def _acted_meanwhile(plan: dict[str, Any], past: Past, starts: date) -> set[str]:
    """Controls in which somebody acted on the same matter after all: they are none any more."""
    ends = starts + timedelta(weeks=plan["weeks"])
    rows = Warning.objects.filter(
        matter=plan["matter"], order__at__date__gte=starts - timedelta(weeks=4), order__at__date__lt=ends
    )  # fmt: skip
    level = past.terrain.area_at.get(plan["level"], {})
    acted = {code for areas in rows.values_list("areas", flat=True) for code in areas}
    return {level.get(code, code) for code in acted} - {*plan["areas"]}
