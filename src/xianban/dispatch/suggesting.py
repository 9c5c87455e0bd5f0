"""Suggestions to change the duty list: made by who decides on cases, settled by who keeps the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import transaction

from xianban.accounts.api import Actor, may, may_anywhere, names_of
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.casework.api import may_lead
from xianban.city.api import City, current
from xianban.dispatch.models import DutySuggestion
from xianban.ledger.api import Entry, append

LONGEST = 2000
SHOWN = 200


@dataclass(frozen=True)
class Suggestion:
    """One suggestion: which row, who leads now, who should, why, and what became of it."""

    id: int
    made_at: datetime
    by_name: str
    kind: str
    case_id: int | None
    matter: str
    area: str
    row: int | None
    lead: str
    unit: str
    reason: str
    state: str
    settled_at: datetime | None
    settled_by_name: str
    answer: str


def suggest(
    *,
    acting: Actor,
    now: datetime,
    kind: str,
    matter: str,
    area: str,
    unit: str,
    reason: str,
    case_id: int | None = None,
) -> int:
    """Suggest that a unit leads a matter in an area; the same again, while open, is the same one."""
    if not may_anywhere(acting, "rule"):
        raise NotAllowed("changes of the duty list are suggested by dispatchers and supervisors")
    city = current()
    if matter not in city.matters:
        raise BadInput(f"there is no matter “{matter}” in this city; choose one from its list")
    if not may_lead(unit, city):
        raise BadInput("there is no unit of that name that may lead; choose one from the list")
    if not reason.strip():
        raise BadInput("say in a few words why the list should change")
    place = "" if area in ("", city.root) else area
    found = city.duty_for(matter, place or city.root, on=now.astimezone(city.tz).date())
    with transaction.atomic():
        row, made = DutySuggestion.objects.get_or_create(
            matter=matter,
            area=place,
            unit=unit,
            state="open",
            defaults={
                "made_at": now,
                "by": acting.key,
                "kind": kind,
                "case_id": case_id,
                "row": found.row if found else None,
                "lead": found.lead if found else "",
                "reason": reason.strip()[:LONGEST],
            },
        )
        if made:
            _write_down("suggest", row, acting, now)
    return row.pk


def settle_suggestion(key: int, *, taken: bool, answer: str, acting: Actor, now: datetime) -> None:
    """Take a suggestion (the list itself changes by the next pack), or refuse it, saying why."""
    if not may_anywhere(acting, "manage_city"):
        raise NotAllowed("the duty list is kept by administrators and data stewards")
    if not answer.strip() and not taken:
        raise BadInput("say in a few words why not")
    with transaction.atomic():
        row = DutySuggestion.objects.select_for_update().filter(pk=key).first()
        if row is None or not _sees(acting, row, current()):
            raise NotFound("there is no such suggestion, or none that you may see")
        if row.state != "open":
            raise WrongState("this was decided already; look at it again")
        row.state = "taken" if taken else "refused"
        row.settled_at, row.settled_by, row.answer = now, acting.key, answer.strip()[:LONGEST]
        row.save()
        _write_down("settle", row, acting, now)


def _write_down(verb: str, row: DutySuggestion, acting: Actor, now: datetime) -> None:
    said = {"suggestion": row.pk, "matter": row.matter, "area": row.area, "unit": row.unit}
    append([Entry("dispatch", verb, acting.key, now, said | {"state": row.state})])


def _sees(actor: Actor, row: DutySuggestion, city: City) -> bool:
    """Whoever made it, and those who decide on cases or keep the list in that place."""
    areas, units = city.area_path(row.area or city.root), {row.unit, row.lead} - {""}
    return row.by == actor.key or any(
        may(actor, verb, areas=areas, units=units) for verb in ("rule", "manage_city")
    )


def suggestions(actor: Actor, *, state: str = "") -> Sequence[Suggestion]:
    """Suggestions within the actor's scope, those to be settled first, then the newest."""
    rows = DutySuggestion.objects.order_by("-id")
    rows, city = rows.filter(state=state) if state else rows, current()
    seen = islice((row for row in rows.iterator() if _sees(actor, row, city)), SHOWN)
    found = sorted(seen, key=lambda row: row.state != "open")
    keys = {key for row in found for key in (row.by, row.settled_by) if key.startswith("user:")}
    names = names_of(int(key[5:]) for key in keys)
    return [
        Suggestion(
            id=row.pk,
            by_name=_name(row.by, names),
            settled_by_name=_name(row.settled_by, names),
            **{
                name: getattr(row, name)
                for name in (
                    "made_at", "kind", "case_id", "matter", "area", "row", "lead", "unit",
                    "reason", "state", "settled_at", "answer",
                )
            },
        )
        for row in found
    ]  # fmt: skip


def _name(key: str, names: dict[int, str]) -> str:
    return names.get(int(key[5:]), key) if key.startswith("user:") else key


def as_duty_rows(found: Sequence[Suggestion], city: City) -> list[tuple[str, ...]]:
    """The suggestions as rows of duties.csv, heading first, to be put into the next pack."""
    heading = (
        "matter",
        "area",
        "lead",
        "co_units",
        "limit",
        "contact_limit",
        "legal_basis",
        "note",
    )
    return [
        heading,
        *(
            (
                one.matter,
                one.area,
                one.unit,
                "",
                "",
                "",
                "",
                f"{city.matter_name(one.matter)}: {one.reason}",
            )
            for one in found
        ),
    ]
