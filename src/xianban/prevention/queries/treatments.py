"""What treats the cause behind a case: for its reporter in words, for whoever handles it with the number."""

from dataclasses import dataclass
from datetime import datetime

from xianban.accounts.api import Actor
from xianban.casework.api import access, linked_cases, opened, whereabouts
from xianban.city.api import City, current
from xianban.prevention.models import Order
from xianban.prevention.queries.shown import Named
from xianban.prevention.rules.attaching import AT_WORK, Place, Treated, treated_by

MOST_ORDERS = 500


@dataclass(frozen=True)
class Treatment:
    """Who acts on the cause, since when, and when that was answered or ended; None while it goes on."""

    lead: Named
    at: datetime
    done_at: datetime | None


@dataclass(frozen=True)
class TreatmentSeen:
    """The same for staff: the number of the case that treats the cause, and whether they may open it.

    `attached` is False where the two only match, because no unit leads this case yet.
    """

    number: str
    lead: Named
    at: datetime
    done_at: datetime | None
    in_sight: bool
    attached: bool


def treated_of(order: Order) -> Treated:
    """What an order treats, as cases are matched with it."""
    row = order.warning
    return Treated(
        case=order.case,
        matter=row.matter,
        areas=tuple(row.areas or [row.area]),
        points=tuple((lat, lon) for lat, lon, _ in row.points),
        method=row.method,
        since=datetime.fromisoformat(order.known["as_of"]) if order.known else order.at,
        at=order.at,
    )


def treatment_of(case_id: int) -> Treatment | None:
    """The newest order that this case was attached to; None where there is none."""
    found = _order_of(case_id)
    if found is None:
        return None
    return Treatment(_lead(found, current()), found.at, _done(found))


def treatment_seen(case_id: int, actor: Actor) -> TreatmentSeen | None:
    """The order that treats the cause of a case, or might; None where none does, or the case is out of sight."""
    scope = access(actor)
    if not scope.sees(case_id):
        return None
    attached = _order_of(case_id)
    found = attached or _might_treat(case_id)
    if found is None:
        return None
    return TreatmentSeen(
        number=found.number,
        lead=_lead(found, current()),
        at=found.at,
        done_at=_done(found),
        in_sight=scope.sees(found.case),
        attached=attached is not None,
    )


def _order_of(case_id: int) -> Order | None:
    return Order.objects.filter(case__in=linked_cases(case_id)).order_by("-at").first()


def _lead(order: Order, city: City) -> Named:
    return Named(order.lead, city.unit_name(order.lead))


def _done(order: Order) -> datetime | None:
    """When it was answered or ended; None also where it is put right again."""
    state = opened([order.case]).get(order.case)
    return None if state and state.state in AT_WORK else order.answered_at or order.ended_at


def _might_treat(case_id: int) -> Order | None:
    """For a case whose unit is still looked for: the order that it would be attached to."""
    found = next((one for one in whereabouts([case_id]) if one.state == "received"), None)
    if found is None:
        return None
    city = current()
    line = city.matter_line(found.matter)
    rows = Order.objects.filter(attaches=True, warning__matter__in=line)
    orders = {one.case: one for one in rows.select_related("warning").order_by("-pk")[:MOST_ORDERS]}
    place = Place(line, city.area_path(found.area), found.received_at, found.lat, found.lon)
    states = opened(list(orders))
    working = [treated_of(one) for one in orders.values() if states[one.case].state in AT_WORK]
    best = treated_by(place, working, reach_m=city.prevention.attach_reach_m)
    return orders[best.case] if best else None
