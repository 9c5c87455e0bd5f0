"""What an order would be by the duty list: who leads, who helps, within what limit, on what authority."""

from dataclasses import dataclass
from datetime import datetime

from xianban.casework.api import opened
from xianban.city.api import Assignment, City
from xianban.prevention.models import Behind, Warning
from xianban.prevention.rules.words import DETECTORS_OWN

ENDED = ("closed", "declined", "merged")


@dataclass(frozen=True)
class OrderOffer:
    """The terms of an order; `attachable` is how many open cases would be linked to it."""

    lead: str
    co_units: tuple[str, ...]
    limit: str
    authority: str
    legal_basis: str
    playbook: tuple[str, ...]
    assignment: Assignment | None
    attachable: int = 0


def offer_for(row: Warning, city: City, *, now: datetime) -> OrderOffer:
    """The duty list's answer for a warning's matter and area; empty where it has none."""
    found = city.duty_for(row.matter, row.area, on=now.astimezone(city.tz).date())
    matter = city.matters.get(row.matter)
    usual = city.limits(matter.urgency if matter else "normal").handle
    return OrderOffer(
        lead=found.lead if found else "",
        co_units=found.co_units if found else (),
        limit=found.limit if found else usual,
        authority=found.powers if found else "",
        legal_basis=found.legal_basis if found else "",
        playbook=_tasks(row, city) or (found.playbook if found else ()),
        assignment=found,
        attachable=attachable(row),
    )


def _tasks(row: Warning, city: City) -> tuple[str, ...]:
    """What the calendar says is to be prepared, where the warning is a proposal of the calendar."""
    kind, _, name = row.detector.partition(":")
    if kind != DETECTORS_OWN:
        return ()
    return next((one.tasks for one in city.prevention.seasons if one.name == name), ())


def attachable(row: Warning) -> int:
    behind = Behind.objects.filter(warning=row).values_list("case", flat=True)[:300]
    return sum(one.state not in ENDED for one in opened(list(behind)).values())
