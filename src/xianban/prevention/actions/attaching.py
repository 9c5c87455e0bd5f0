"""Cases that have the cause which an order treats are attached to it: those there when it was given, and those that come later."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import transaction

from xianban.accounts.api import MACHINE
from xianban.casework.api import (
    NewLink,
    Opened,
    Whereabouts,
    link_cases,
    links_among,
    open_about,
    opened,
    persons_of,
    whereabouts,
)
from xianban.city.api import City, current
from xianban.ledger.api import NewNotice, enqueue, newest_act, touched_since
from xianban.prevention.models import Followed, Order
from xianban.prevention.queries.treatments import treated_of
from xianban.prevention.rules.attaching import AT_WORK, RELATED, Place, treated_by

NAME = "attached"
ACTS = 2000  # followed at a time
AGAIN = 500  # acts looked at once more: one written at the same time may have had a smaller key
MOST_ORDERS = 500
ORIGIN = "warning"  # what was ordered itself


def attach(order: Order, cases: Sequence[Opened], *, now: datetime) -> tuple[int, int]:
    """Link these cases to an order, and tell whoever reported them that the cause is treated.

    How many were not linked yet, and how many people wait for them. Whoever was told of a case is
    not told again; what somebody has detached stays so.
    """
    linked = link_cases(
        [NewLink(case=one.case_id, other=order.case, kind=RELATED) for one in cases],
        acting=MACHINE,
        now=now,
    )
    there = links_among([one.case_id for one in cases], [order.case], kind=RELATED)
    notices = [
        NewNotice(
            kind="cause_treated",
            to=f"person:{person}",
            dedupe_key=f"warning:{order.warning_id}:treated:{one.case_id}:{person}",
            payload={
                "case": one.case_id,
                "number": one.number,
                "unit": order.lead,
                "matter": order.warning.matter,
                "area": order.warning.area,
                "state": one.state,
                "about": order.number,
            },
        )
        for one in cases
        if one.case_id in there
        for person in persons_of(one.case_id)
    ]
    enqueue(notices, now=now)
    return linked, len({notice.to for notice in notices})


def attach_new(*, now: datetime) -> int:
    """The worker's round: what came or changed since attaches to the orders that treat its cause; how many did.

    It follows the ledger, so an intake waits for nothing, and looks at nothing but what was touched:
    new cases, corrected ones, and people who joined one. A new order catches up with what came
    between the look that found its warning and itself. Each step may be done twice, by whomever.
    """
    city, done = current(), 0
    orders = _at_work()
    for one in [one for one in orders if not one.caught_up]:
        seen = treated_of(one)
        matters = [code for code in city.matters if seen.matter in city.matter_line(code)]
        done += _match(open_about(matters, since=seen.since), [one], city, now)
        Order.objects.filter(pk=one.pk).update(caught_up=True)
    more = True
    while more:
        cases, upto, more = _touched()
        if orders and cases:
            _tell_who_joined(cases, orders, now)
            done += _match(whereabouts(cases), orders, city, now)
        Followed.objects.filter(name=NAME, upto__lt=upto).update(upto=upto)
    return done


def _at_work() -> list[Order]:
    """The orders whose cause is being treated now; one that is put right again catches up once more."""
    rows = Order.objects.filter(attaches=True).select_related("warning").order_by("-pk")
    orders = list(rows[:MOST_ORDERS])
    states = opened([one.case for one in orders])
    working = [one for one in orders if one.case in states and states[one.case].state in AT_WORK]
    resting = {one.pk for one in orders if one.caught_up} - {one.pk for one in working}
    if resting:
        Order.objects.filter(pk__in=resting).update(caught_up=False)
    return working


def _touched() -> tuple[set[int], int, bool]:
    """Cases that acts touched since the last round, the key of the last act, and whether there are more."""
    followed = Followed.objects.filter(name=NAME).first()
    if followed is None:  # begin with what comes; orders catch up with what came by themselves
        followed, _ = Followed.objects.get_or_create(name=NAME, defaults={"upto": newest_act()})
    if newest_act() <= followed.upto:
        return set(), followed.upto, False
    subjects, upto = touched_since(max(0, followed.upto - AGAIN), limit=ACTS + AGAIN)
    cases = {
        int(key) for kind, _, key in (one.partition(":") for one in subjects) if kind == "case"
    }
    return cases, upto, True


def _tell_who_joined(cases: Collection[int], orders: Iterable[Order], now: datetime) -> None:
    """Who joined a case that was attached before hears what those before them heard."""
    by_case = {one.case: one for one in orders}
    there = links_among(cases, by_case, kind=RELATED)
    found = opened(list(there))
    for case_id, order_case in there.items():
        if found[case_id].state in AT_WORK:
            attach(by_case[order_case], [found[case_id]], now=now)


def _match(found: Sequence[Whereabouts], orders: Sequence[Order], city: City, now: datetime) -> int:
    """Attach what has the cause of one of these orders, each to the one that is nearest to it."""
    by_case = {one.case: one for one in orders}
    seen = [treated_of(one) for one in orders]
    wanted: dict[int, list[int]] = {}
    for one in found:
        if one.state in AT_WORK and one.origin != ORIGIN:
            best = treated_by(_place(one, city), seen, reach_m=city.prevention.attach_reach_m)
            if best:
                wanted.setdefault(best.case, []).append(one.case_id)
    return sum(_attach_to(by_case[case], cases, now) for case, cases in wanted.items())


def _place(one: Whereabouts, city: City) -> Place:
    return Place(
        city.matter_line(one.matter), city.area_path(one.area), one.received_at, one.lat, one.lon
    )


def _attach_to(order: Order, cases: Sequence[int], now: datetime) -> int:
    """Attach what waits still, while the order's case is still at work: both are looked at once more."""
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=order.pk)
        states = opened([order.case, *cases])
        if states[order.case].state not in AT_WORK:
            return 0
        linked = links_among(cases, [order.case], kind=RELATED)
        fresh = [states[key] for key in cases if key not in linked and states[key].state in AT_WORK]
        return attach(order, fresh, now=now)[0] if fresh else 0
