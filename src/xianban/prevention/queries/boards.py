"""The board: warnings in the reader's scope, ranked, with the state of desks and rounds."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from xianban.accounts.api import Actor
from xianban.base.errors import BadInput
from xianban.city.api import City, current
from xianban.prevention.models import Measure, Round, Warning
from xianban.prevention.queries.reach import in_reach, must_see_warnings, seen
from xianban.prevention.queries.shown import (
    DeskDay,
    Named,
    RoundShown,
    State,
    WarningPage,
    WarningRow,
)

SIZE, MOST_COUNTED = 50, 1000
ORDERS = {
    "harm": ("-harm", "-id"),
    "new": ("-first_at", "-harm", "-id"),
    "people": ("-people", "-id"),
    "sure": ("-confidence", "-id"),
}
WANTED = {
    "forming": Q(shown="raised", course="ongoing", stand__in=("new", "watching", "confirmed")),
    "waiting": Q(shown="raised", course="ongoing", stand="new"),
    "watching": Q(shown="raised", stand="watching", course="ongoing"),
    "confirmed": Q(shown="raised", stand="confirmed"),
    "ordered": Q(stand="ordered"),
    "being_done": Q(stand="ordered", order__ended_at__isnull=True),
    "measured": Q(order__measure__relative__isnull=False),
    "dismissed": Q(stand="dismissed"),
    "left_out": Q(shown="left_out", course="ongoing", stand="new"),
    "explained": Q(shown="explained", course="ongoing"),
    "ended": Q(course="ended"),
    "all": Q(),
}
COLUMNS = (
    "id", "title", "method", "detector", "seen_by", "matter", "area", "areas", "desk", "unit", "shown",
    "course", "stand", "outcome", "since", "first_at", "last_at", "raised_at", "ended_at", "observed",
    "expected", "people", "most_people", "confidence", "size", "helped", "harm", "days_left_out",
    "explained_by", "case", "points", "series", "outlook", "version", "order__measure__relative",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """Which warnings: `list` one of WANTED, within an area, about a matter, of a method or detector, by an order."""

    list: str = "forming"
    area: str = ""
    matter: str = ""
    method: str = ""
    detector: str = ""
    unit: str = ""
    text: str = ""
    order: str = "harm"
    page: int = 1
    round: str = ""  # its name: the warnings behind the figure `figure` of it
    figure: str = "found"
    since: date | None = None  # found first on this day or later


def board(actor: Actor, wanted: Wanted | None = None) -> WarningPage:
    """A page of warnings as this actor may see them, the most harm to avoid first."""
    wanted = wanted or Wanted()
    city = current()
    rows = _filtered(seen(actor, city), wanted, city)
    total = rows.order_by()[:MOST_COUNTED].values("id").count()
    pages = max(1, -(-total // SIZE))
    page = min(max(1, wanted.page), pages)
    values = rows.order_by(*ORDERS[wanted.order])[(page - 1) * SIZE : page * SIZE].values(*COLUMNS)
    return WarningPage(tuple(row_of(v, city) for v in values), total, page, pages)


def _filtered(rows: QuerySet[Warning], wanted: Wanted, city: City) -> QuerySet[Warning]:
    if wanted.list not in WANTED:
        raise BadInput(f"“{wanted.list}” is no list of warnings; lists are {', '.join(WANTED)}")
    if wanted.order not in ORDERS:
        raise BadInput(f"“{wanted.order}” is no order; orders are {', '.join(ORDERS)}")
    rows = rows.filter(WANTED[wanted.list])
    if wanted.area and wanted.area != city.root:
        area = city.areas.get(wanted.area)
        level = area.level if area and area.level in ("district", "street", "community") else "area"
        rows = rows.filter(**{level: wanted.area})
    if wanted.matter:
        below = [code for code in city.matters if wanted.matter in city.matter_line(code)]
        rows = rows.filter(matter__in=below)
    for name in ("method", "detector", "unit"):
        if value := getattr(wanted, name):
            rows = rows.filter(**{name: value})
    if wanted.since:
        rows = rows.filter(first_at__date__gte=wanted.since)
    if wanted.round:
        behind = Round.objects.filter(name=wanted.round).values_list("warnings", flat=True).first()
        rows = rows.filter(pk__in=(behind or {}).get(wanted.figure, ()))
    if wanted.text:
        rows = rows.filter(title__icontains=wanted.text[:60])
    return rows


def counts(actor: Actor, lists: Collection[str] = tuple(WANTED)) -> dict[str, int]:
    """How many warnings each list has for this actor, in one query."""
    rows = seen(actor, current())
    found = rows.order_by().aggregate(
        **{
            f"n_{name}": Count("pk", filter=WANTED[name]) if WANTED[name] else Count("pk")
            for name in lists
        }
    )
    return {name.removeprefix("n_"): n for name, n in found.items()}


def row_of(v: dict[str, Any], city: City) -> WarningRow:
    """A line from its columns."""
    lat, lon = middle(v["points"])
    if lat is None and (area := city.areas.get(v["area"])):
        lat, lon = area.lat, area.lon
    return WarningRow(
        id=v["id"],
        title=v["title"],
        method=v["method"],
        detector=v["detector"],
        seen_by=tuple(v["seen_by"]),
        matter=Named(v["matter"], city.matter_name(v["matter"])),
        area=area_named(city, v["area"]),
        areas=tuple(area_named(city, code) for code in v["areas"]),
        desk=area_named(city, v["desk"]),
        unit=Named(v["unit"], city.unit_name(v["unit"]) if v["unit"] else ""),
        shown=v["shown"],
        course=v["course"],
        stand=v["stand"],
        outcome=v["outcome"],
        since=v["since"],
        first_at=v["first_at"],
        last_at=v["last_at"],
        raised_at=v["raised_at"],
        ended_at=v["ended_at"],
        observed=v["observed"],
        expected=v["expected"],
        people=v["people"],
        most_people=v["most_people"],
        confidence=v["confidence"],
        size=v["size"],
        helped=v["helped"],
        harm=v["harm"],
        days_left_out=v["days_left_out"],
        explained_by=v["explained_by"],
        case=v["case"],
        lat=lat,
        lon=lon,
        trend=tuple(v["series"].get("observed", ())[-28:]),
        outlook=v["outlook"],
        effect=v["order__measure__relative"],
        version=v["version"],
    )


def area_named(city: City, code: str) -> Named:
    return Named(code, city.area_name(code))


def middle(points: Iterable[Iterable[float]]) -> tuple[float | None, float | None]:
    """The middle of rounded places, each as heavy as the people there."""
    spots = [tuple(p) for p in points]
    total = sum(p[2] for p in spots)
    if not total:
        return None, None
    return sum(p[0] * p[2] for p in spots) / total, sum(p[1] * p[2] for p in spots) / total


def desks(actor: Actor, *, now: datetime) -> tuple[DeskDay, ...]:
    """Each desk's budget of today in the actor's scope; what was left out is kept in the list `left_out`."""
    city = current()
    day = now.astimezone(city.tz).date()
    rows = seen(actor, city).order_by()
    got = dict(rows.filter(raised_day=day).values_list("desk").annotate(n=Count("pk")))
    out = {
        desk: (n, harm)
        for desk, n, harm in rows.filter(WANTED["left_out"])
        .values_list("desk")
        .annotate(n=Count("pk"), harm=Sum("harm"))
    }
    return tuple(
        DeskDay(
            desk=area_named(city, desk),
            budget=city.prevention.budget,
            raised=got.get(desk, 0),
            left_out=out.get(desk, (0, 0.0))[0],
            harm_left_out=float(out.get(desk, (0, 0.0))[1] or 0.0),
        )
        for desk in sorted({*got, *out})
    )


def rounds(actor: Actor, *, most: int = 30) -> tuple[RoundShown, ...]:
    """The newest rounds, with what each found; figures of the whole city, no places."""
    must_see_warnings(actor)
    return tuple(
        RoundShown(row.name, row.kind, row.as_of, row.counts, row.by_desk, frozenset(row.warnings))
        for row in Round.objects.order_by("-as_of", "-pk")[:most]
    )


def state(actor: Actor, *, now: datetime, days: int = 365) -> State:
    """What is forming, what is being done, what was prevented, how sure: the leader's numbers.

    `prevented` adds up what finished measures of the last `days` say; its interval adds their variances.
    Orders that found nothing prevented nothing, whatever came afterwards.
    """
    city = current()
    n = counts(actor, ("forming", "confirmed", "watching", "being_done", "left_out"))
    scope = in_reach(actor, city)
    since = now - timedelta(days=days)
    ids = Warning.objects.filter(scope).exclude(shown="silent").values("pk")
    measures = Measure.objects.filter(
        order__warning__in=ids, relative__isnull=False, registered_at__gte=since
    ).exclude(order__warning__outcome="empty")
    results = [
        (r["prevented"], r["prevented_low"], r["prevented_high"], r["high"])
        for r in measures.values_list("result", flat=True)[:500]
        if r.get("prevented") is not None
    ]
    total = sum(p for p, *_ in results)
    half = sum(((hi - lo) / 2) ** 2 for _, lo, hi, _ in results if lo is not None and hi is not None) ** 0.5  # fmt: skip
    judged = seen(actor, city).filter(shown="raised", studied_at__gte=since).aggregate(
        real=Count("pk", filter=Q(outcome="real") | Q(outcome="", stand__in=("confirmed", "ordered"))),
        empty=Count("pk", filter=Q(outcome="empty") | Q(outcome="", stand="dismissed")),
    )  # fmt: skip
    return State(
        forming=n["forming"],
        studied=n["confirmed"] + n["watching"],
        being_done=n["being_done"],
        prevented=total,
        prevented_low=total - half,
        prevented_high=total + half,
        measured=len(results),
        helped=sum(high is not None and high < 0 for *_, high in results),
        left_out=n["left_out"],
        real=judged["real"],
        empty=judged["empty"],
        rounds=rounds(actor, most=7),
    )
