"""The desk of the dispatcher: why a case waits there, three candidates, and what a choice teaches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
from django.db import transaction

from xianban.accounts.api import Actor
from xianban.base.errors import BadInput
from xianban.casework.api import (
    CaseView,
    case_view,
    corrections_since,
    may_lead,
    perform,
)
from xianban.city.api import Assignment, City, current
from xianban.dispatch.models import DispatchModel
from xianban.dispatch.phrases import whole_words
from xianban.dispatch.queries import reader
from xianban.dispatch.rules import GAP, LOW, NO_PLACE

DISPUTED, CONSULTED, OTHER = "disputed", "consulted", "other"
REASONS = (LOW, NO_PLACE, GAP, DISPUTED, CONSULTED, OTHER)  # why a case waits for a person
ENOUGH_CORRECTIONS = 20  # new ones, before the machine learns anew
THREE = 3


def why_waiting(state: str, doubt: str, *, consulted: bool) -> str:
    """The reason for which a case lies at the desk; `doubt` is that of its proposal."""
    if consulted:
        return CONSULTED
    if state == "contested":
        return DISPUTED
    return doubt if doubt in REASONS else OTHER


@dataclass(frozen=True)
class Candidate:
    """A matter that a case may be about, and who acts on it there by the duty list.

    `probability` is None where a person said what it is about. `words` of the text spoke for it.
    Where nobody can be named, `assignment` is None and `lack` says why: gap, no_place, or the name of
    a unit that helps and never leads.
    """

    matter: str
    probability: float | None
    words: tuple[str, ...]
    assignment: Assignment | None
    lack: str = ""


def candidates(view: CaseView, *, at: datetime, area: str = "") -> tuple[Candidate, ...]:
    """The three likeliest, as the model and the duty list are now; `area` where it is found out."""
    city = current()
    place, on = area or view.area.code, at.astimezone(city.tz).date()
    found = [
        replace(_with_duty(one, place, city, on), words=one.words) for one in _likeliest(view, city)
    ]
    return tuple(found)


def _likeliest(view: CaseView, city: City) -> list[Candidate]:
    text = f"{view.title}{view.text}"
    using = reader(city)
    row = using.model.probabilities([text])[0]
    order = [k for k in np.argsort(-row, kind="stable") if using.labels[k]][: THREE * 2]
    said = using.model.words_for([text] * len(order), np.array(order)) if order else []
    guessed: dict[str, Candidate] = {}
    for k, words in zip(order, said, strict=True):
        matter = using.labels[k]
        guessed.setdefault(matter, Candidate(matter, float(row[k]), whole_words(text, words), None))
    by_hand = view.matter.code if _said_by_a_person(view, city) else ""
    first = [Candidate(by_hand, None, (), None)] if by_hand else []
    return [*first, *(one for one in guessed.values() if one.matter != by_hand)][:THREE]


def _said_by_a_person(view: CaseView, city: City) -> bool:
    """Whether what the case is about was said by somebody, and not by the machine."""
    guessed = str(view.proposal.get("matter") or "")
    given = bool(view.proposal.get("given")) or view.matter.code != guessed
    return given and view.matter.code in city.matters


def with_duty(matter: str, area: str, *, at: datetime) -> Candidate:
    """Who acts on a matter that somebody names."""
    city = current()
    return _with_duty(Candidate(matter, None, (), None), area, city, at.astimezone(city.tz).date())


def _with_duty(one: Candidate, area: str, city: City, on: date) -> Candidate:
    assignment = city.duty_for(one.matter, area or city.root, on=on)
    if assignment is None:
        depends = not area or area == city.root
        return replace(one, lack=NO_PLACE if depends else GAP)
    if not may_lead(assignment.lead, city):
        return replace(one, lack=assignment.lead)
    return replace(one, assignment=assignment)


@dataclass(frozen=True)
class Chosen:
    """What a choice did: where the case went, whether it teaches, and how many lessons are to come."""

    view: CaseView
    taught: bool
    to_go: int


def choose(
    case_id: int,
    *,
    acting: Actor,
    now: datetime,
    matter: str = "",
    area: str = "",
    unit: str = "",
    text: str = "",
    expect_version: int | None = None,
) -> Chosen:
    """Dispatch a case as a person decides: to the unit named, or the one that the duty list names.

    What it is about and where, as far as it was not certain, is noted first: a lesson.
    """
    city = current()
    with transaction.atomic():
        view = case_view(case_id, acting, now=now)
        noted = _noted(view, matter, area)
        version = expect_version
        if noted:
            view = perform(
                case_id, "refine", acting=acting, now=now, data=noted, expect_version=version
            )
            version = view.version
        lead = unit or _lead(view, city, now)
        view = perform(
            case_id,
            "dispatch",
            acting=acting,
            now=now,
            data={"unit": lead, "text": text},
            expect_version=version,
        )
    return Chosen(view, bool(noted), lessons_to_go())


def _noted(view: CaseView, matter: str, area: str) -> dict[str, str]:
    """What is to be noted of matter and place: where they differ, or nobody was sure of them."""
    unsure = view.proposal.get("doubt") == LOW
    noted = {}
    if matter and (matter != view.matter.code or unsure):
        noted["matter"] = matter
    if area and area != view.area.code:
        noted["area"] = area
    return noted


def _lead(view: CaseView, city: City, now: datetime) -> str:
    found = with_duty(view.matter.code, view.area.code, at=now)
    if found.assignment is None:
        raise BadInput(
            f"the duty list names nobody for {city.matter_name(view.matter.code)} there; name the unit"
        )
    return found.assignment.lead


def lessons_to_go() -> int:
    """How many corrections are to come before the machine learns anew; 0 where it will at once."""
    last = DispatchModel.objects.order_by("-id").values_list("upto", flat=True).first()
    return max(0, ENOUGH_CORRECTIONS - corrections_since(last))


def matters_typed(typed: str, *, limit: int = 6) -> list[str]:
    """Matters whose path has all that was typed, the lowest and shortest first."""
    city = current()
    return _typed(typed, {code: "/".join(city.matter_path(code)) for code in city.matters}, limit)


def units_typed(typed: str, *, limit: int = 6) -> list[str]:
    """Units that may lead whose name has all that was typed."""
    city = current()
    names = {code: unit.name for code, unit in city.units.items() if may_lead(code, city)}
    return _typed(typed, names, limit)


def _typed(typed: str, names: Mapping[str, str], limit: int) -> list[str]:
    parts: Sequence[str] = typed.casefold().split()
    if not parts:
        return []
    found = [code for code, name in names.items() if all(p in name.casefold() for p in parts)]

    def rank(code: str) -> tuple[bool, bool, int, str]:
        last = names[code].rpartition("/")[2].casefold()
        return parts[-1] not in last, not last.startswith(parts[-1]), len(names[code]), code

    return sorted(found, key=rank)[:limit]
