"""Reads of notices: what somebody wishes, what lies in an inbox, what did not go out."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Count, Q

from xianban.accounts.api import Role, UserSeen, users_for
from xianban.base.errors import NotFound
from xianban.city.api import GROUPS, City, current
from xianban.ledger.api import Undelivered
from xianban.notices.carriers import Address
from xianban.notices.letters import News, SayWhen, sentence
from xianban.notices.models import Hearing, InboxItem, Parcel, Wish
from xianban.notices.rules import Wishes, group_of
from xianban.residents.api import open_for_home

MOST_COUNTED = 99
PAGE = 50
STOP_SALT = "notices.stop"


@dataclass(frozen=True)
class InboxLine:
    id: int
    kind: str
    group: str
    number: str
    text: str
    at: datetime
    read: bool
    urgent: bool


@dataclass(frozen=True)
class Choice:
    """What one user chose, and what the city set; for the page of preferences."""

    wishes: Wishes
    own: bool
    phone: str
    wechat: str
    mail: str


def wishes_of(user_ids: Iterable[int], city: City) -> dict[int, Wishes]:
    """What holds for these users; one query."""
    ids = set(user_ids)
    rows = {row.pk: row for row in Wish.objects.filter(pk__in=ids)}
    return {pk: wishes_from(rows.get(pk), city) for pk in ids}


def wishes_from(row: Wish | None, city: City) -> Wishes:
    default = city.notifying
    own = row.modes if row else {}
    modes = {group: {**default.staff[group], **own.get(group, {})} for group in GROUPS}
    if row is None:
        return Wishes(modes, default.digests, city.settings.quiet_hours)
    return Wishes(
        modes,
        tuple(row.digests) if row.digests is not None else default.digests,
        (row.quiet[0], row.quiet[1]) if row.quiet else city.settings.quiet_hours,
        row.rest_days,
        row.on_duty_until,
    )


def choice_of(user_id: int, *, email: str) -> Choice:
    row = Wish.objects.filter(pk=user_id).first()
    contact = contact_of(row)
    return Choice(
        wishes_from(row, current()),
        row is not None,
        contact.get("phone", ""),
        contact.get("wechat", ""),
        email,
    )


def contact_of(row: Wish | None) -> dict[str, str]:
    """The telephone and the messenger account that a user gave."""
    if row is None or not row.contact:
        return {}
    return json.loads(open_for_home(bytes(row.contact), about=about_wish(row.pk)))


def about_wish(user_id: int) -> str:
    return f"wish:{user_id}"


def address_of_user(user_id: int, *, email: str) -> Address:
    contact = contact_of(Wish.objects.filter(pk=user_id).first())
    return Address(email, contact.get("phone", ""), contact.get("wechat", ""))


def level_of(person_id: int) -> str:
    """How much a resident wants to hear: all, key or none."""
    row = Hearing.objects.filter(pk=person_id).first()
    return row.level if row else "all"


def stop_token(person_id: int) -> str:
    """What a link holds by which a resident may choose without a code; it names nobody to others."""
    return signing.dumps(person_id, salt=STOP_SALT, compress=True)


def person_of_token(token: str) -> int:
    try:
        return int(signing.loads(token, salt=STOP_SALT))
    except (signing.BadSignature, ValueError, TypeError) as reason:
        raise NotFound("this link is not ours, or was cut off") from reason


def receivers(to: str) -> list[str]:
    """person:ID or user:ID for everyone behind person:ID, user:ID, unit:CODE or role:NAME:AREA."""
    kind, _, name = to.partition(":")
    if kind == "person":
        return [to]
    if kind == "unit":
        found: Sequence[UserSeen] = users_for(unit=name)
    elif kind == "role":
        found = _with_role(name)
    elif kind == "user":
        return [to] if active_user(int(name)) else []
    else:
        found = ()
    return [f"user:{user.id}" for user in found]


def active_user(user_id: int) -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.filter(pk=user_id, is_active=True).first()


def _with_role(name: str) -> list[UserSeen]:
    """Who has the role there now, whatever their unit."""
    role, _, area = name.partition(":")
    here = current()
    areas = here.area_path(area if area in here.areas else here.root)
    return [
        user
        for user in users_for(role=Role(role))
        if any(grant.role == role and grant.covers(areas, {grant.unit}) for grant in user.grants)
    ]


def unread(user_id: int) -> int:
    """How many lines of the inbox were not read, up to 99."""
    rows = InboxItem.objects.filter(user_id=user_id, read_at=None).values("pk")[:MOST_COUNTED]
    return len(rows)


def inbox(
    user_id: int,
    *,
    language: str,
    now: datetime,
    say_when: SayWhen,
    before: int | None = None,
    only_unread: bool = False,
) -> list[InboxLine]:
    """The newest lines of the inbox, in words; older than the line `before`."""
    rows = InboxItem.objects.filter(user_id=user_id).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    if only_unread:
        rows = rows.filter(read_at=None)
    city = current()
    return [
        InboxLine(
            row.pk,
            row.kind,
            group_of(row.kind),
            str(row.payload.get("number", "")),
            sentence(
                News(row.kind, row.payload),
                to_person=False,
                city=city,
                language=language,
                now=now,
                say_when=say_when,
            ),
            row.at,
            row.read_at is not None,
            row.urgent,
        )
        for row in rows[:PAGE]
    ]


def stuck(*, since: datetime) -> list[Undelivered]:
    """Why parcels made since then have not gone out, the commonest reason first."""
    rows = (
        Parcel.objects.filter(
            Q(state=Parcel.State.DEAD) | Q(state=Parcel.State.WAITING) & ~Q(error=""),
            made_at__gte=since,
        )
        .values("error")
        .annotate(count=Count("id"), given_up=Count("id", filter=Q(state=Parcel.State.DEAD)))
    )
    return [
        Undelivered(row["error"], row["count"], row["given_up"])
        for row in rows.order_by("-count", "error")
    ]
