"""Reads of intake: requests by number and code, and those known already."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Literal

from django.db import connection
from django.db.models import BooleanField, Case, Q, When

from xianban.base.errors import NotFound
from xianban.base.home import secret
from xianban.base.ids import parse_case_number, same_code, short_code
from xianban.base.rows import ask
from xianban.intake.models import Burden, Request, Subscription
from xianban.intake.rules.burden import BurdenSeen, burden_of

WRONG_CODE = "there is no request with this number and code; check both, they are on your receipt"


@dataclass(frozen=True)
class RequestSeen:
    """One request as it came in; `person` is an id, to be shown masked."""

    id: int
    case_id: int
    door: str
    external_id: str
    title: str
    text: str
    place: str
    channel: str
    supporters: int
    person: int | None
    received_at: datetime
    accepted_at: datetime


def follow_code(request_id: int) -> str:
    """What a resident proves with that a request is theirs; derived, and kept nowhere."""
    return short_code(secret("follow"), request_id)


def request_by_code(number: str, code: str) -> RequestSeen:
    """The request that this case number and code open; NotFound says the same for either wrong."""
    case_id = parse_case_number(number)
    if case_id is not None and case_id < 1 << 63:
        keys = Request.objects.filter(case_id=case_id).order_by("pk").values_list("pk", flat=True)
        for pk in keys:  # hundreds may have joined one case: their words are not read for this
            if same_code(code, follow_code(pk)):
                return _seen(Request.objects.get(pk=pk))
    raise NotFound(WRONG_CODE)


def subscription_code(subscription_id: int) -> str:
    """What confirms and ends a subscription; derived, and kept nowhere."""
    return short_code(secret("subscribe"), subscription_id, length=8)


@dataclass(frozen=True)
class SubscriptionSeen:
    """One subscription, as whoever holds its code may see it."""

    id: int
    area: str
    matter: str
    confirmed: bool


def subscription_by_code(subscription_id: int, code: str) -> SubscriptionSeen:
    """The subscription that this code opens; NotFound says the same for either wrong."""
    row = Subscription.objects.filter(pk=subscription_id).first()
    if row is None or not same_code(code, subscription_code(row.pk)):
        raise NotFound(
            "there is no subscription with this code; check the message that we sent you"
        )
    return SubscriptionSeen(row.pk, row.area, row.matter, row.confirmed_at is not None)


def requests_of(case_ids: Collection[int]) -> dict[int, list[RequestSeen]]:
    """What was said that led to these cases, oldest first."""
    found: dict[int, list[RequestSeen]] = defaultdict(list)
    for row in Request.objects.filter(case_id__in=case_ids).order_by("received_at", "pk"):
        found[row.case_id].append(_seen(row))
    return dict(found)


def requests_of_person(person_id: int) -> list[RequestSeen]:
    """Everything that came from one person, oldest first."""
    rows = Request.objects.filter(person_id=person_id).order_by("received_at", "pk")
    return [_seen(row) for row in rows]


@dataclass(frozen=True)
class Kept:
    """A request as far as it matters for how long it is kept."""

    id: int
    case_id: int
    person: int | None
    said: bool  # whether it still says anything


def kept(
    *, case_ids: Collection[int] = (), person_ids: Collection[int] = ()
) -> dict[int, list[Kept]]:
    """The requests of these cases by case, or of these people by person, without their words."""
    by, chosen = ("case_id", {"case_id__in": case_ids}) if case_ids else (
        "person_id", {"person_id__in": person_ids}
    )  # fmt: skip
    silent = Q(text="", title="", place="", lat=None)
    rows = Request.objects.filter(**chosen).annotate(
        said=Case(When(silent, then=False), default=True, output_field=BooleanField())
    )
    found: dict[int, list[Kept]] = defaultdict(list)
    for pk, case_id, person, said in rows.order_by("pk").values_list(
        "pk", "case_id", "person_id", "said"
    ):
        found[case_id if by == "case_id" else person].append(Kept(pk, case_id, person, bool(said)))
    return dict(found)


def subscriptions_of(person_ids: Collection[int]) -> dict[int, list[SubscriptionSeen]]:
    """Which places these people want to hear of."""
    found: dict[int, list[SubscriptionSeen]] = defaultdict(list)
    for row in Subscription.objects.filter(person_id__in=person_ids).order_by("pk"):
        seen = SubscriptionSeen(row.pk, row.area, row.matter, row.confirmed_at is not None)
        found[row.person_id].append(seen)
    return dict(found)


@dataclass(frozen=True)
class Told:
    """A request for analysis: what and where was said when; `person` tells reporters apart, no more."""

    id: int
    case_id: int
    door: str
    title: str
    text: str
    supporters: int
    person: int | None
    matter: str
    area: str
    lat: float | None
    lon: float | None
    received_at: datetime
    accepted_at: datetime


def told(*, after: int = 0) -> Iterator[Told]:
    """All requests taken after the one with this key, in the order in which they were taken."""
    columns = tuple(field.name for field in fields(Told))
    columns = tuple({"person": "person_id"}.get(name, name) for name in columns)
    rows = Request.objects.filter(pk__gt=after).order_by("pk").values_list(*columns)
    return (Told(*row) for row in rows.iterator(chunk_size=5000))


def _seen(row: Request) -> RequestSeen:
    return RequestSeen(
        id=row.pk,
        case_id=row.case_id,
        door=row.door,
        external_id=row.external_id,
        title=row.title,
        text=row.text,
        place=row.place,
        channel=row.channel,
        supporters=row.supporters,
        person=row.person_id,
        received_at=row.received_at,
        accepted_at=row.accepted_at,
    )


@dataclass(frozen=True)
class Known:
    """A request taken before, and the fingerprint of what was said then."""

    request_id: int
    case_id: int
    digest: bytes


_KNOWN = {
    "postgresql": """SELECT id, case_id, digest, {column} FROM intake_request
        WHERE door = %s AND NOT ({column} = '') AND {column} = ANY(%s)""",
    "sqlite": """SELECT id, case_id, digest, {column} FROM intake_request
        WHERE door = %s AND NOT ({column} = '') AND {column} IN (SELECT value FROM json_each(%s))""",
}


def known_by(
    column: Literal["key", "external_id"], values: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Known]:
    """Requests taken before, by (door, key) or (door, external_id); one query for each door.

    In plain SQL: this is asked for every request, and an ORM thinks longer than the database does.
    """
    by_door: dict[str, list[str]] = defaultdict(list)
    for door, value in values:
        by_door[door].append(value)
    found = {}
    for door, given in by_door.items():
        wanted = given if connection.vendor == "postgresql" else json.dumps(given)
        statement = _KNOWN[connection.vendor].format(column=column)
        for pk, case_id, digest, value in ask(statement, [door, wanted], connection=connection):
            found[door, value] = Known(pk, case_id, bytes(digest))
    return found


def with_codes(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a notice, with the code of the subscription that it is about, if it is."""
    if "subscription" not in values:
        return dict(values)
    return {**values, "code": subscription_code(values["subscription"])}


MOST_CALLS = 2000  # of one day; beyond, the newest stand for all


def burden_on(day: date, *, target_s: int) -> BurdenSeen:
    """What plain calls cost on a day, all desks together."""
    rows = Burden.objects.filter(day=day, kind="plain").order_by("-id")
    return burden_of(
        list(rows.values_list("seconds", "keys", "fields")[:MOST_CALLS]), target_s=target_s
    )


def cases_of_requests(request_ids: Collection[int]) -> dict[int, int]:
    """The case of each of these requests."""
    rows = Request.objects.filter(pk__in=request_ids)
    return dict(rows.values_list("pk", "case_id"))
