"""Hearing what is accepted and solved in a place: asked for, confirmed by code, told once a day."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min

from xianban.accounts.api import MACHINE, tally
from xianban.base.errors import BadInput, NotFound
from xianban.base.ids import same_code
from xianban.casework import api as casework
from xianban.city.api import City, current
from xianban.intake.models import Subscription
from xianban.intake.queries import subscription_code
from xianban.ledger.api import Entry, NewNotice, append, enqueue
from xianban.residents.api import email_of, phone_of, seal_person

CODES = 3  # sent for one subscription, and for one contact within a day: nobody is pestered
DAY_S = 86_400
KEPT = timedelta(days=7)  # for a code that nobody types in
AT_ONCE = 1000


def subscribe(
    *,
    area: str,
    matter: str = "",
    phone: str = "",
    email: str = "",
    language: str = "",
    now: datetime,
) -> int:
    """Somebody wants to hear of a place; a code goes to their contact, and nothing else until it
    comes back. Asked again, it is the same subscription; nothing says whether it was there before.
    """
    city = current()
    if area not in city.areas:
        raise BadInput(f"there is no area “{area}”; choose one from the list")
    if matter and matter not in city.matters:
        raise BadInput(f"there is no matter “{matter}”; choose one from the list")
    if not (phone_of(phone) or email_of(email)):
        raise BadInput("that is no telephone number and no mail address; give one of the two")
    with transaction.atomic():
        person = seal_person(phone=phone, email=email, channel="web", language=language)
        assert person is not None
        row, _ = Subscription.objects.get_or_create(
            person_id=person, area=area, matter=matter, defaults={"asked_at": now}
        )
        _send_code(row, now)
    return row.pk


def _send_code(row: Subscription, now: datetime) -> None:
    if row.confirmed_at is None and row.codes_sent >= CODES:
        return
    if tally("subscribe", f"person:{row.person_id}", within_s=DAY_S, now=now) > CODES:
        return
    row.codes_sent += 1
    row.save(update_fields=["codes_sent"])
    _notify(row, "subscribe_code", {}, key=str(row.codes_sent), now=now, urgent=True)


def confirm(subscription_id: int, code: str, *, now: datetime) -> None:
    """The code came back: news are told from now on. Confirming twice is once."""
    with transaction.atomic():
        row = _opened(subscription_id, code)
        if row.confirmed_at is None:
            row.confirmed_at = row.told_upto = now
            row.told_case = casework.newest_case()
            row.save()
            _write_down(row, "confirm", now, {"area": row.area, "matter": row.matter})


def unsubscribe(subscription_id: int, code: str, *, now: datetime) -> None:
    """No more news; nothing of the subscription is kept but that it ended."""
    with transaction.atomic():
        row = _opened(subscription_id, code)
        if row.confirmed_at is not None:
            _write_down(row, "unsubscribe", now, {})
        row.delete()


def tell_subscribers(*, now: datetime) -> int:
    """What was accepted and solved since they last heard, up to midnight, in numbers alone; how many
    notices. Where nothing happened nobody is disturbed. What nobody confirmed is forgotten."""
    city = current()
    midnight = now.astimezone(city.tz).replace(hour=0, minute=0, second=0, microsecond=0)
    Subscription.objects.filter(confirmed_at=None, asked_at__lt=now - KEPT).delete()
    due = Subscription.objects.filter(confirmed_at__isnull=False, told_upto__lt=midnight)
    told = 0
    while rows := list(due.order_by("told_upto", "pk")[:AT_ONCE]):
        with transaction.atomic():
            told += _tell(rows, midnight, city, now)
    return told


def _tell(rows: list[Subscription], midnight: datetime, city: City, now: datetime) -> int:
    span = Subscription.objects.filter(pk__in=[row.pk for row in rows]).aggregate(
        since=Min("told_upto"), after=Min("told_case")
    )
    happened = list(
        casework.happenings(after_case=span["after"], since=span["since"], until=midnight)
    )
    newest, told = casework.newest_case(), 0
    counted: dict[tuple[str, str, datetime], Counter[bool]] = {}
    for row in rows:
        assert row.told_upto is not None
        wanted = (row.area, row.matter, row.told_upto)
        if wanted not in counted:
            counted[wanted] = _count(happened, *wanted, city=city)
        numbers = counted[wanted]
        row.told_upto, row.told_case = midnight, newest
        if numbers.total():
            values = {"accepted": numbers[False], "solved": numbers[True]}
            _notify(row, "subscribe_news", values, key=f"{midnight:%Y%m%d}", now=now)
            told += 1
    Subscription.objects.bulk_update(rows, ["told_upto", "told_case"])
    return told


def _count(
    happened: list[casework.Happening], area: str, matter: str, since: datetime, *, city: City
) -> Counter[bool]:
    """How many were accepted (False) and solved (True) there."""
    return Counter(
        one.solved
        for one in happened
        if one.at >= since
        and city.within(one.area, area)
        and (not matter or matter in city.matter_line(one.matter))
    )


def _opened(subscription_id: int, code: str) -> Subscription:
    """The subscription that this code opens; NotFound says the same for a wrong code and for none."""
    row = Subscription.objects.select_for_update().filter(pk=subscription_id).first()
    if row is None or not same_code(code, subscription_code(row.pk)):
        raise NotFound(
            "there is no subscription with this code; check the message that we sent you"
        )
    return row


def _notify(
    row: Subscription,
    kind: str,
    values: dict[str, Any],
    *,
    key: str,
    now: datetime,
    urgent: bool = False,
) -> None:
    """A notice to whoever subscribed. The code is worked out when it is sent, and kept nowhere."""
    notice = NewNotice(
        kind=kind,
        to=f"person:{row.person_id}",
        dedupe_key=f"subscription:{row.pk}:{row.asked_at:%Y%m%d%H%M%S}:{kind}:{key}",
        payload={"subscription": row.pk, "area": row.area, "matter": row.matter, **values},
        urgent=urgent,  # somebody waits in front of the page for it
    )
    enqueue([notice], now=now)


def _write_down(row: Subscription, verb: str, now: datetime, said: dict[str, Any]) -> None:
    payload = {"person": row.person_id, **said}
    append([Entry(f"subscription:{row.pk}", verb, MACHINE.key, now, payload)])
