"""What people enter beforehand: works and festivals, and the topic of a month."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from xianban.accounts.api import Actor, may
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.city.api import current
from xianban.ledger.api import Entry, append
from xianban.prevention.models import PlannedEvent, Topic
from xianban.prevention.queries.ahead import EVENT_RIGHTS, sees_topic
from xianban.prevention.queries.reach import concerns

MOST_DAYS = 800


def plan_event(
    *,
    name: str,
    area: str,
    starts: date,
    ends: date,
    matters: Sequence[str] = (),
    note: str = "",
    acting: Actor,
    now: datetime,
) -> int:
    """Enter works or a festival, which explain what is said meanwhile; its key."""
    city = current()
    _must_plan(acting, area)
    if not name.strip() or len(name) > 200:
        raise BadInput("give the event a name of at most 200 characters")
    if area not in city.areas:
        raise BadInput(f"there is no area “{area}” in this city; choose one from its list")
    if unknown := [code for code in matters if code not in city.matters]:
        raise BadInput(f"there is no matter “{unknown[0]}” in this city; choose one from its list")
    if not starts <= ends or (ends - starts).days > MOST_DAYS:
        raise BadInput(f"an event ends on or after its first day, within {MOST_DAYS} days")
    with transaction.atomic():
        row = PlannedEvent.objects.create(
            name=name.strip(), area=area, matters=list(matters), starts=starts, ends=ends,
            note=note.strip(), by=acting.key, at=now,
        )  # fmt: skip
        said = {"name": row.name, "area": area, "matters": list(matters), "starts": starts.isoformat(), "ends": ends.isoformat()}  # fmt: skip
        _write(f"planned:{row.pk}", "plan", said, acting, now)
    return row.pk


def drop_event(event_id: int, *, acting: Actor, now: datetime) -> None:
    """The event does not take place, or was entered wrongly: it explains nothing any more."""
    with transaction.atomic():
        row = PlannedEvent.objects.select_for_update().filter(pk=event_id).first()
        if row is None or not concerns(acting, current(), row.area, rights=EVENT_RIGHTS):
            raise NotFound("there is no such event; look at the list again")
        _must_plan(acting, row.area)
        if row.dropped_at is not None:
            raise WrongState("this event was dropped already")
        row.dropped_at = now
        row.save(update_fields=["dropped_at"])
        _write(f"planned:{row.pk}", "drop", {}, acting, now)


def choose_topic(
    *,
    month: str,
    matter: str,
    area: str,
    title: str,
    owner: str,
    measures: Sequence[Mapping[str, str]],
    why: Mapping[str, Any] | None = None,
    acting: Actor,
    now: datetime,
) -> int:
    """Make a matter the topic of a month (每月一题), with a unit that owns it and what it will do; its key.

    `measures` are {"text", "unit", "due"}; `due` is a date.
    """
    city = current()
    _must_plan(acting, area)
    try:
        date.fromisoformat(f"{month}-01")
    except ValueError:
        raise BadInput(f"“{month}” is no month; write it as 2026-11") from None
    if matter not in city.matters or area not in city.areas or owner not in city.units:
        raise BadInput("choose a matter, an area and an owner from the lists of this city")
    if not title.strip() or len(title) > 120:
        raise BadInput("give the topic a title of at most 120 characters")
    rows = [_measure(one) for one in measures]
    if not rows:
        raise BadInput("write down at least one measure; a topic without one is a wish")
    try:
        with transaction.atomic():
            row = Topic.objects.create(
                month=month, matter=matter, area=area, title=title.strip(), owner=owner,
                measures=rows, why=dict(why or {}), by=acting.key, at=now,
            )  # fmt: skip
            said = {
                "month": month,
                "matter": matter,
                "area": area,
                "owner": owner,
                "measures": rows,
            }
            _write(f"topic:{row.pk}", "choose", said, acting, now)
    except IntegrityError:
        raise WrongState("this matter is a topic of that month there already") from None
    return row.pk


def _measure(one: Mapping[str, str]) -> dict[str, Any]:
    text, unit = one.get("text", "").strip(), one.get("unit", "")
    try:
        due = date.fromisoformat(one.get("due", ""))
    except ValueError:
        raise BadInput("each measure needs a date until when it is done, such as 2026-12-20") from None  # fmt: skip
    if not text or unit not in current().units:
        raise BadInput("each measure says what is done, and which unit of this city does it")
    return {"text": text[:500], "unit": unit, "due": due.isoformat(), "done": ""}


def tick_measure(topic_id: int, n: int, *, acting: Actor, now: datetime) -> None:
    """A measure of a topic is done (`n` counts from 0)."""
    with transaction.atomic():
        row = _topic(topic_id, acting)
        if not 0 <= n < len(row.measures):
            raise BadInput("this topic has no such measure; look at it again")
        mine = any(grant.unit in (row.owner, row.measures[n]["unit"]) for grant in acting.grants)
        if not mine:
            _must_plan(acting, row.area)
        row.measures[n]["done"] = now.astimezone(current().tz).date().isoformat()
        row.save(update_fields=["measures"])
        _write(f"topic:{row.pk}", "done", {"n": n}, acting, now)


def close_topic(topic_id: int, *, result: str, acting: Actor, now: datetime) -> None:
    """What came of it; the topic stays in the list with its curve."""
    with transaction.atomic():
        row = _topic(topic_id, acting)
        _must_plan(acting, row.area)
        if row.state == "closed":
            raise WrongState("this topic is closed already")
        if not result.strip():
            raise BadInput("say what came of the topic")
        row.state, row.result, row.closed_at = "closed", result.strip()[:4000], now
        row.save(update_fields=["state", "result", "closed_at"])
        _write(f"topic:{row.pk}", "close", {"result": row.result}, acting, now)


def _topic(topic_id: int, acting: Actor) -> Topic:
    row = Topic.objects.select_for_update().filter(pk=topic_id).first()
    if row is None or not sees_topic(acting, row, current()):
        raise NotFound("there is no such topic; look at the list again")
    return row


def _must_plan(acting: Actor, area: str) -> None:
    if not may(acting, "plan", areas=current().area_path(area), units=()):
        raise NotAllowed("your roles do not let you plan there; name an area within your own")


def _write(subject: str, verb: str, said: dict[str, Any], acting: Actor, now: datetime) -> None:
    append([Entry(subject, verb, acting.key, now, {"said": said})])
