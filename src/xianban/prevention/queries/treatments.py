"""What a resident may know of an order: that the cause behind their request is being treated."""

from dataclasses import dataclass
from datetime import datetime

from xianban.casework.api import linked_cases
from xianban.city.api import current
from xianban.prevention.models import Order
from xianban.prevention.queries.shown import Named


@dataclass(frozen=True)
class Treatment:
    """Who acts on the cause, since when, and when that was answered or ended; None while it goes on."""

    lead: Named
    at: datetime
    done_at: datetime | None


def treatment_of(case_id: int) -> Treatment | None:
    """The newest order that this case was attached to; None where there is none."""
    found = Order.objects.filter(case__in=linked_cases(case_id)).order_by("-at").first()
    if found is None:
        return None
    return Treatment(
        lead=Named(found.lead, current().unit_name(found.lead)),
        at=found.at,
        done_at=found.answered_at or found.ended_at,
    )
