"""Orders in an actor's reach, with what was measured of each: the newest first."""

from dataclasses import dataclass
from datetime import datetime

from xianban.accounts.api import Actor
from xianban.city.api import current
from xianban.prevention.models import Order
from xianban.prevention.queries.reach import must_see_warnings, seen
from xianban.prevention.queries.shown import Named

SIZE = 50


@dataclass(frozen=True)
class OrderRow:
    """An order and its effect; the figures are None until its window is full and enough was seen."""

    warning: int
    title: str
    area: Named
    matter: Named
    case: int
    number: str
    lead: Named
    at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: str
    people: int
    state: str  # of its measure: waiting, filling, done
    weeks_seen: int
    weeks: int
    relative: float | None
    low: float | None
    high: float | None
    prevented: float | None
    prevented_low: float | None
    prevented_high: float | None


@dataclass(frozen=True)
class OrderPage:
    rows: tuple[OrderRow, ...]
    page: int
    more: bool


def orders(actor: Actor, *, measured: bool = False, page: int = 1) -> OrderPage:
    """Preventive orders as this actor may see them; with `measured` only those with an effect."""
    must_see_warnings(actor)
    city = current()
    found = Order.objects.filter(warning__in=seen(actor, city).values("pk"))
    if measured:
        found = found.filter(measure__relative__isnull=False)
    first = (max(1, page) - 1) * SIZE
    rows = list(found.select_related("warning", "measure").order_by("-at", "-pk")[first : first + SIZE + 1])  # fmt: skip
    return OrderPage(tuple(_row(one) for one in rows[:SIZE]), max(1, page), len(rows) > SIZE)


def _row(one: Order) -> OrderRow:
    city, row = current(), one.warning
    measure = getattr(one, "measure", None)
    result = measure.result if measure else {}
    return OrderRow(
        warning=row.pk,
        title=row.title,
        area=Named(row.area, city.area_name(row.area)),
        matter=Named(row.matter, city.matter_name(row.matter)),
        case=one.case,
        number=one.number,
        lead=Named(one.lead, city.unit_name(one.lead)),
        at=one.at,
        answered_at=one.answered_at,
        ended_at=one.ended_at,
        outcome=row.outcome,
        people=row.most_people,
        state=measure.state if measure else "",
        weeks_seen=measure.weeks_seen if measure else 0,
        weeks=measure.plan["weeks"] if measure else 0,
        relative=measure.relative if measure else None,
        low=measure.low if measure else None,
        high=measure.high if measure else None,
        prevented=result.get("prevented") if measure and measure.relative is not None else None,
        prevented_low=result.get("prevented_low"),
        prevented_high=result.get("prevented_high"),
    )
