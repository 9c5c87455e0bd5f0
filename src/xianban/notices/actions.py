"""From the outbox to people: sort a notice to its receivers, pack what goes together, carry it.

Each step may be cut off anywhere and is done again from where it was: a message exists once for a
notice, a receiver and a channel; a parcel keeps its key over all tries.
"""

import json
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from xianban.base.errors import BadInput, NotFound, Unavailable
from xianban.city.api import CHANNELS, GROUPS, MODES, City, current
from xianban.ledger.api import NewNotice, Outgoing, enqueue
from xianban.notices.carriers import Address, Load, Undeliverable, carry, remove_file
from xianban.notices.letters import Derive, News, SayWhen, letter
from xianban.notices.models import Hearing, InboxItem, Message, Parcel, Wish
from xianban.notices.queries import (
    about_wish,
    active_user,
    address_of_user,
    level_of,
    receivers,
    stop_token,
    wishes_from,
    wishes_of,
)
from xianban.notices.rules import LEVELS, Wishes, next_try, plan, quiet_end, wanted
from xianban.residents.api import contact_for_sending, phone_of, seal_for_home

LEASE = timedelta(minutes=5)  # a sender that died in between is followed by another after this
KEPT = timedelta(days=90)  # what was sent or read; the acts themselves are in the ledger
MOST_IN_ONE = 50


@dataclass(frozen=True)
class Round:
    packed: int
    sent: int
    retried: int
    dead: int
    dropped: int
    held: int


def sort(notice: Outgoing, *, now: datetime) -> None:
    """Note one notice for everyone it is for; Unavailable where there is nobody yet.

    Staff find it in their inbox at once; other channels as each wishes.
    """
    city = current()
    found = receivers(notice.to)
    if not found:
        raise Unavailable(_nobody(notice.to, city))
    users = [int(to.partition(":")[2]) for to in found if to.startswith("user:")]
    wishes = wishes_of(users, city)
    messages = []
    for to in found:
        messages += _messages(notice, to, wishes, city, now)
    items = [
        InboxItem(
            user_id=user,
            notice=notice.id,
            kind=notice.kind,
            payload=notice.payload,
            urgent=notice.urgent,
            at=now,
        )
        for user in users
    ]
    with transaction.atomic():
        InboxItem.objects.bulk_create(items, ignore_conflicts=True)
        Message.objects.bulk_create(messages, ignore_conflicts=True)


def _messages(
    notice: Outgoing, to: str, wishes: Mapping[int, Wishes], city: City, now: datetime
) -> list[Message]:
    kind, _, number = to.partition(":")
    base = Message(
        notice=notice.id,
        to=to,
        kind=notice.kind,
        payload=notice.payload,
        urgent=notice.urgent,
        at=now,
        due_at=now,
    )
    if kind == "person":
        if not wanted(notice.kind, level_of(int(number))):
            return []
        base.due_at = now if notice.urgent else city.quiet_until(now) or now
        return [base]
    plans = plan(notice.kind, urgent=notice.urgent, wishes=wishes[int(number)], city=city, now=now)
    rows = []
    for planned in plans:
        row = Message(
            **{f.attname: getattr(base, f.attname) for f in Message._meta.fields if f.name != "id"}
        )
        row.channel, row.due_at = planned.channel, planned.due_at
        rows.append(row)
    return rows


def pack(*, now: datetime, limit: int = 500) -> int:
    """Put due messages into parcels: those of one receiver and channel together, in order."""
    packed = 0
    with transaction.atomic():
        rows = list(
            Message.objects.select_for_update(of=("self",))
            .filter(parcel=None, due_at__lte=now)
            .order_by("due_at", "id")[:limit]
        )
        groups: dict[tuple[str, str, bool, int], list[Message]] = {}
        for row in sorted(rows, key=lambda row: row.notice):
            alone = row.notice if row.urgent else 0
            groups.setdefault((row.to, row.channel, row.urgent, alone), []).append(row)
        for (to, channel, urgent, _), group in groups.items():
            for start in range(0, len(group), MOST_IN_ONE):
                parcel = Parcel.objects.create(
                    key=str(uuid.uuid4()),
                    to=to,
                    channel=channel,
                    urgent=urgent,
                    made_at=now,
                    try_at=now,
                )
                part = group[start : start + MOST_IN_ONE]
                Message.objects.filter(pk__in=[row.pk for row in part]).update(parcel=parcel)
                packed += 1
    return packed


def deliver(
    *,
    now: datetime,
    say_when: SayWhen,
    rng: random.Random,
    derive: Derive = dict,
    limit: int = 200,
    carrier: Callable[[Load], None] = carry,
) -> Round:
    """Pack what is due, and carry what waits; what fails comes again later, then is kept as dead.

    `derive` completes the values of a notice with what is kept nowhere, such as a code.
    """
    packed = pack(now=now)
    told = dict.fromkeys(("sent", "retried", "dead", "dropped", "held"), 0)
    for parcel in _claim(now, limit):
        told[_carry_one(parcel, now, say_when, derive, rng, carrier)] += 1
    return Round(packed, **told)


def _claim(now: datetime, limit: int) -> list[Parcel]:
    from django.db import connection

    skip = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        rows = list(
            Parcel.objects.select_for_update(skip_locked=skip)
            .filter(state=Parcel.State.WAITING, try_at__lte=now)
            .order_by("try_at", "id")[:limit]
        )
        for row in rows:
            row.attempts += 1
            row.try_at = now + LEASE
        Parcel.objects.bulk_update(rows, ["attempts", "try_at"])
    return rows


def _carry_one(
    parcel: Parcel,
    now: datetime,
    say_when: SayWhen,
    derive: Derive,
    rng: random.Random,
    carrier: Callable[[Load], None],
) -> str:
    rows = Parcel.objects.filter(pk=parcel.pk)
    messages = list(parcel.messages.order_by("notice", "id"))
    city = current()
    until = _quiet_until(parcel, messages, city, now)
    if until:
        rows.update(attempts=parcel.attempts - 1, try_at=until)
        return "held"
    try:
        load = _load(parcel, messages, city, now, say_when, derive)
        if load is None:
            rows.update(state=Parcel.State.DROPPED, error="")
            return "dropped"
        carrier(load)
    except Unavailable as reason:
        again = next_try(parcel.attempts, now, chance=rng.random())
        state = Parcel.State.WAITING if again else Parcel.State.DEAD
        rows.update(state=state, try_at=again or now, error=str(reason)[:300])
        return "retried" if again else "dead"
    except Undeliverable as reason:
        rows.update(state=Parcel.State.DEAD, error=str(reason)[:300])
        return "dead"
    rows.update(state=Parcel.State.SENT, sent_at=now, error="", channel=load.channel)
    return "sent"


def _quiet_until(
    parcel: Parcel, messages: Sequence[Message], city: City, now: datetime
) -> datetime | None:
    """A second try, or a worker that was away, must not wake anybody either."""
    if parcel.urgent or all(row.kind == "test" for row in messages):
        return None
    kind, _, number = parcel.to.partition(":")
    if kind == "person":
        return city.quiet_until(now)
    return quiet_end(wishes_of([int(number)], city)[int(number)], city, now)


def _load(
    parcel: Parcel,
    messages: Sequence[Message],
    city: City,
    now: datetime,
    say_when: SayWhen,
    derive: Derive,
) -> Load | None:
    """The parcel with its words and its address; None where there is nobody to send it to."""
    kind, _, number = parcel.to.partition(":")
    to_person, stop, link = kind == "person", "", ""
    language = city.language
    if to_person:
        contact, level = None, level_of(int(number))
        messages = [row for row in messages if wanted(row.kind, level)]
        if messages:
            contact = contact_for_sending(int(number), about=f"parcel:{parcel.key}", now=now)
        if contact is None:
            return None
        address = Address(contact.email, contact.phone, contact.other.get("wechat", ""))
        language = contact.language or language
        channel = next((c for c in city.notifying.resident_channels if address.on(c)), "")
        if settings.PUBLIC_URL:
            stop = f"{settings.PUBLIC_URL}/notices/{stop_token(int(number))}/"
    else:
        user = active_user(int(number))
        if user is None:
            return None
        address = address_of_user(user.pk, email=user.email)
        language, channel = user.language or language, parcel.channel
        if settings.PUBLIC_URL:
            link = f"{settings.PUBLIC_URL}/me/inbox/"
    if not address.on(channel):
        return None
    news = [News(row.kind, derive(row.payload)) for row in messages]
    words = letter(
        news,
        to_person=to_person,
        city=city,
        language=language,
        now=now,
        say_when=say_when,
        link=link,
        stop_link=stop,
    )
    values = {
        "city": city.name,
        "number": str(news[0].values.get("number", "")),
        "unit": city.unit_name(str(news[0].values.get("unit", ""))),
        "due_at": str(news[0].values.get("due_at") or ""),
        "count": str(len(news)),
    }
    kinds = tuple(one.kind for one in news)
    return Load(parcel.key, channel, address, language, words, kinds, parcel.urgent, stop, values)


def try_dead_again(*, since: datetime, now: datetime) -> int:
    """Put parcels given up on back in line, as if new; how many."""
    rows = Parcel.objects.filter(state=Parcel.State.DEAD, made_at__gte=since)
    return rows.update(state=Parcel.State.WAITING, try_at=now, attempts=0)


def note_receipt(key: str, status: str, *, now: datetime) -> bool:
    """What an adapter says became of a parcel; False where we know no such key. Safe to repeat.

    delivered, read; failed makes it dead, to be sent again; stopped: they want to hear no more.
    """
    with transaction.atomic():
        parcel = Parcel.objects.select_for_update().filter(key=key[:36]).first()
        if parcel is None:
            return False
        kind, _, number = parcel.to.partition(":")
        if status == "stopped" and kind == "person":
            hear(int(number), "none", now=now)
        if status == "failed" and parcel.state == Parcel.State.SENT:
            parcel.state = Parcel.State.DEAD
            parcel.error = f"the {parcel.channel} adapter could not deliver it"
        if parcel.receipt != "read" or status == "failed":
            parcel.receipt, parcel.receipt_at = status, now
        parcel.save()
    return True


def forget_person(person_id: int) -> int:
    """What still waits to go to somebody is dropped, and files that hold their address go; how many."""
    rows = Parcel.objects.filter(to=f"person:{person_id}")
    rows.filter(state=Parcel.State.WAITING).update(state=Parcel.State.DROPPED)
    Hearing.objects.filter(pk=person_id).delete()
    return sum(remove_file(key) for key in rows.values_list("key", flat=True))


def hear(person_id: int, level: str, *, now: datetime) -> None:
    """How much a resident wants to hear from now on; nothing is sent that is on its way already."""
    if level not in LEVELS:
        raise BadInput(f"“{level}” is not how much one can hear; choose {', '.join(LEVELS)}")
    Hearing.objects.update_or_create(pk=person_id, defaults={"level": level})


def wish(
    user_id: int,
    *,
    modes: Mapping[str, Mapping[str, str]],
    digests: Sequence[int],
    quiet: tuple[int, int],
    rest_days: bool,
    phone: str,
    wechat: str,
) -> None:
    """Keep how a user wants to hear of things. What waits already goes as it was planned."""
    for group, by_channel in modes.items():
        if group not in GROUPS or not set(by_channel) <= set(CHANNELS):
            raise BadInput("there is no such kind of notice or channel; choose from the table")
        if not set(by_channel.values()) <= set(MODES):
            raise BadInput("a channel is now, digest or off; choose from the list")
    if not all(0 <= hour <= 23 for hour in quiet):
        raise BadInput("quiet hours are whole hours from 0 to 23; choose from the list")
    number = phone_of(phone) if phone.strip() else ""
    if phone.strip() and not number:
        raise BadInput("that is no telephone number; type it with its area code")
    contact = {k: v for k, v in (("phone", number), ("wechat", wechat.strip()[:80])) if v}
    sealed = seal_for_home(json.dumps(contact), about=about_wish(user_id)) if contact else None
    Wish.objects.update_or_create(
        pk=user_id,
        defaults={
            "modes": {group: dict(chosen) for group, chosen in modes.items()},
            "digests": sorted(digests),
            "quiet": list(quiet),
            "rest_days": rest_days,
            "contact": sealed,
        },
    )


def forget_wish(user_id: int) -> None:
    """Back to what the city set; a telephone that was given is kept."""
    Wish.objects.filter(pk=user_id).update(modes={}, digests=None, quiet=None, rest_days=True)


def go_on_duty(user_id: int, *, until: datetime | None) -> None:
    """Until then, notices come at night as by day; None: off duty."""
    Wish.objects.update_or_create(pk=user_id, defaults={"on_duty_until": until})


def duty_end(now: datetime, city: City) -> datetime:
    """When a duty that begins now ends: the next end of the city's quiet hours."""
    here = now.astimezone(city.tz)
    end = here.replace(hour=city.settings.quiet_hours[1], minute=0, second=0, microsecond=0)
    return end if end > here else end + timedelta(days=1)


def send_test(user_id: int, *, now: datetime) -> list[str]:
    """A test on every channel on which the user can be reached; which those are."""
    user = active_user(user_id)
    address = address_of_user(user_id, email=user.email)
    channels = [channel for channel in CHANNELS if address.on(channel)]
    row = Wish.objects.filter(pk=user_id).first()
    wishes = replace(wishes_from(row, current()), modes={"system": dict.fromkeys(channels, "now")})
    with transaction.atomic():
        key = int(now.timestamp() * 1000)
        notice = Outgoing(-key, "test", f"user:{user_id}", {}, urgent=False, attempts=1)
        InboxItem.objects.create(user_id=user_id, notice=-key, kind="test", at=now)
        Message.objects.bulk_create(
            _messages(notice, notice.to, {user_id: wishes}, current(), now), ignore_conflicts=True
        )
    return channels


def tell_user(
    user_id: int, kind: str, values: Mapping[str, str], *, key: str, now: datetime
) -> None:
    """Put something about somebody's own account into the outbox."""
    enqueue([NewNotice(kind, f"user:{user_id}", key, values)], now=now)


def read_inbox(user_id: int, *, upto: int | None, now: datetime) -> None:
    """Note that all lines up to one were read: what came while the page was open stays new."""
    rows = InboxItem.objects.filter(user_id=user_id, read_at=None, pk__lte=upto or 0)
    rows.update(read_at=now)


def open_line(user_id: int, line: int, *, now: datetime) -> str:
    """Read one line of one's own inbox; the number of its case, or ""."""
    row = InboxItem.objects.filter(user_id=user_id, pk=line).first()
    if row is None:
        raise NotFound("there is no such line in your inbox")
    if row.read_at is None:
        InboxItem.objects.filter(pk=line).update(read_at=now)
    return str(row.payload.get("number", ""))


def tidy(*, now: datetime, limit: int = 5000) -> int:
    """Remove what was sent, or lies in an inbox, longer than 90 days; the dead stay as long."""
    old = now - KEPT
    parcels = Parcel.objects.filter(made_at__lt=old).exclude(state=Parcel.State.WAITING)
    gone = Parcel.objects.filter(pk__in=list(parcels.values_list("pk", flat=True)[:limit])).delete()
    items = InboxItem.objects.filter(at__lt=old).values_list("pk", flat=True)[:limit]
    return gone[0] + InboxItem.objects.filter(pk__in=list(items)).delete()[0]


def _nobody(to: str, city: City) -> str:
    kind, _, name = to.partition(":")
    if kind == "unit":
        return (
            f"nobody acts for {city.unit_name(name) or name}; add somebody with "
            f"`xianban user add NAME --role handler --unit {name}`"
        )
    if kind == "role":
        role = name.partition(":")[0]
        return (
            f"nobody is {role} where the case lies; add one with "
            f"`xianban user add NAME --role {role}`"
        )
    return "the account of the receiver is closed"
