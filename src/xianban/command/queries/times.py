"""Stage times of a week or a month: an area or a unit, what lies in it, the weeks before; and the visits."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.db.models import F, Q, QuerySet

from xianban.accounts.api import Actor
from xianban.base.errors import BadInput
from xianban.casework.api import STAGES, Named, outcomes
from xianban.city.api import City, current
from xianban.command.models import Stage, StageFigure
from xianban.command.queries.reach import must_see, sees
from xianban.command.queries.shown import StageSeen, StageTable, VisitPage, VisitSeen
from xianban.command.rules.periods import span_named, weeks_before
from xianban.command.rules.times import Times, bottleneck
from xianban.command.rules.words import BY

WEEKS = 8
MOST_VISITS = 200
LEVELS = ("district", "street")
TIMES = ("n", "median_s", "p90_s", "total_s")


def stage_periods(today: date) -> tuple[str, ...]:
    """Weeks and months of which there are figures, the newest first, weeks before months."""
    found = list(
        StageFigure.objects.values_list("period", flat=True).distinct().order_by("-period")
    )
    weeks = [name for name in found if "W" in name][:13]
    return (*weeks, *[name for name in found if "W" not in name][:13])


def stage_table(
    actor: Actor, period: str, *, by: str, code: str, within: str = "unit"
) -> StageTable:
    """How long the stages took in a scope; `within` says by what it is taken apart: area, unit, matter,
    or empty for not at all."""
    if within and within not in BY:
        raise BadInput(f"“{within[:20]}” is nothing to take times apart by; choose {', '.join(BY)}")
    city = current()
    must_see(actor, city, by, code)
    span = span_named(period)
    weeks = weeks_before(span.until - timedelta(days=1), WEEKS)
    own: dict[str, dict[str, Times]] = defaultdict(dict)
    rows = StageFigure.objects.filter(by=by, code=code, period__in={*weeks, span.name})
    for name, stage, *taken in rows.values_list("period", "stage", *TIMES):
        own[name][stage] = Times(*taken)
    mine = own.get(span.name, {})
    return StageTable(
        period=span.name,
        stages=_seen(mine),
        slowest=bottleneck(mine),
        within=_within(actor, city, span.name, by, code, within),
        weeks=tuple((week, {one.stage: one for one in _seen(own.get(week, {}))}) for week in weeks),
    )


def _seen(found: Mapping[str, Times]) -> tuple[StageSeen, ...]:
    waited = sum(times.total_s for times in found.values())
    return tuple(
        StageSeen(
            stage,
            found[stage].n,
            found[stage].median_s,
            found[stage].p90_s,
            found[stage].total_s / waited if waited else 0.0,
        )
        for stage in STAGES
        if stage in found
    )


def _within(
    actor: Actor, city: City, period: str, by: str, code: str, within: str
) -> tuple[tuple[Named, Mapping[str, StageSeen]], ...]:
    if by == "unit" or not within:
        return ()
    rows = StageFigure.objects.filter(period=period, by=within)
    if within == "area":
        rows = rows.filter(code__in=city.children.get(code, ()))
    found: dict[str, dict[str, Times]] = defaultdict(dict)
    for one, stage, *taken in rows.values_list("code", "stage", *TIMES):
        found[one][stage] = Times(*taken)
    kept = [one for one in found if _belongs(actor, city, by, code, within, one)]
    names = {"area": city.area_name, "unit": city.unit_name, "matter": city.matter_name}[within]
    parts = [(Named(one, names(one)), {s.stage: s for s in _seen(found[one])}) for one in kept]
    return tuple(
        sorted(parts, key=lambda part: -sum(found[part[0].code][s].total_s for s in part[1]))
    )


def _belongs(actor: Actor, city: City, by: str, code: str, within: str, one: str) -> bool:
    if within == "matter":
        return code == city.root and len(city.matter_line(one)) == 1 and sees(actor, city, "matter", one)  # fmt: skip
    if within == "unit" and code != city.root:
        unit = city.units.get(one) or city.retired_units.get(one)
        if unit is None or not city.within(unit.area, code):
            return False
    return sees(actor, city, within, one)


def visits(
    actor: Actor,
    period: str,
    *,
    stage: str,
    by: str,
    code: str,
    after: str = "",
    size: int = 50,
) -> VisitPage:
    """The visits behind a figure, the longest first; the figure's n is how many there are."""
    if stage not in STAGES:
        raise BadInput(f"“{stage[:20]}” is no stage; choose one of {', '.join(STAGES)}")
    city = current()
    must_see(actor, city, by, code)
    span = span_named(period)
    column = "week" if "W" in span.name else "month"
    rows = Stage.objects.filter(_of(by, code, city), stage=stage, **{column: span.name})
    size = max(1, min(size, MOST_VISITS))
    found = list(_beyond(rows, after).order_by(F("seconds").desc(), "-pk")[: size + 1])
    shown = found[:size]
    mark = f"{shown[-1].seconds!r}/{shown[-1].pk}" if len(found) > size else ""
    return VisitPage(_visits(shown, actor, city), mark)


def _of(by: str, code: str, city: City) -> Q:
    if by == "unit":
        return Q(unit=code)
    if by == "matter":
        return Q(matter__in=[c for c in (*city.matters, *city.retired_matters) if code in city.matter_line(c)])  # fmt: skip
    if code == city.root:
        return Q()
    area = city.areas.get(code) or city.retired_areas.get(code)
    return Q(**{area.level: code}) if area and area.level in LEVELS else Q(pk__in=[])


def _beyond(rows: QuerySet[Stage], after: str) -> QuerySet[Stage]:
    if not after:
        return rows
    try:
        seconds, _, key = after.partition("/")
        return rows.filter(
            Q(seconds__lt=float(seconds)) | Q(seconds=float(seconds), pk__lt=int(key))
        )
    except ValueError:
        raise BadInput("this is not the mark of a page; begin the list anew") from None


def _visits(rows: Sequence[Stage], actor: Actor, city: City) -> tuple[VisitSeen, ...]:
    ids = {row.case for row in rows}
    mine = outcomes(actor, ids)
    return tuple(
        VisitSeen(
            case_id=row.case,
            number=mine[row.case].number if row.case in mine else "",
            unit=Named(row.unit, city.unit_name(row.unit) if row.unit else ""),
            street=Named(row.street, city.area_name(row.street) if row.street else ""),
            matter=Named(row.matter, city.matter_name(row.matter) if row.matter else ""),
            began_at=row.began_at,
            ended_at=row.ended_at,
            seconds=row.seconds,
            seen=row.case in mine,
        )
        for row in rows
    )
