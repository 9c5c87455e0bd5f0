"""Following what was ordered: co-units are asked once the lead has signed; answers and ends are noted."""

from datetime import datetime

from django.db import transaction

from xianban.accounts.api import MACHINE
from xianban.base.errors import Refused
from xianban.casework.api import outcomes, perform
from xianban.city.api import current
from xianban.prevention.actions.writing import locked, write
from xianban.prevention.models import Order

AT_WORK = ("signed", "handling", "rectifying")
MOST = 500


def follow(*, now: datetime) -> int:
    """The worker's round over open orders; how many went on. Each step is done once, whoever runs it."""
    open_ = list(Order.objects.filter(ended_at__isnull=True).order_by("pk")[:MOST])
    states = outcomes(MACHINE, {one.case for one in open_})
    moved = 0
    for one in open_:
        seen = states.get(one.case)
        if seen is None:
            continue
        waiting = [
            unit for unit in one.co_units if unit not in one.asked and unit != seen.unit.code
        ]
        asks = bool(waiting) and seen.state in AT_WORK
        answers = one.answered_at is None and seen.answered_at is not None
        if not (asks or answers or seen.ended_at):
            continue
        _move(one.pk, waiting if asks else [], seen.answered_at, seen.ended_at, now)
        moved += 1
    return moved


def _move(
    order_id: int, waiting: list[str], answered: datetime | None, ended: datetime | None, now: datetime
) -> None:  # fmt: skip
    with transaction.atomic():
        one = Order.objects.select_for_update().get(pk=order_id)
        row = locked(one.warning_id)
        for unit in waiting:
            if unit in one.asked or unit not in current().units:
                continue
            one.asked = [*one.asked, unit]
            try:
                with transaction.atomic():
                    perform(one.case, "invite", acting=MACHINE, now=now, data={"unit": unit, "ask": one.measures[:500]})  # fmt: skip
            except Refused:
                continue  # it has a task there already, or the case went on
        if answered and one.answered_at is None:
            one.answered_at = answered
            write(row, "answered", {"case": one.case, "at": answered.isoformat()}, actor=MACHINE.key, now=now)  # fmt: skip
        if ended and one.ended_at is None:
            one.ended_at = ended
            write(row, "closed", {"case": one.case, "at": ended.isoformat()}, actor=MACHINE.key, now=now)  # fmt: skip
        one.save(update_fields=["asked", "answered_at", "ended_at"])
