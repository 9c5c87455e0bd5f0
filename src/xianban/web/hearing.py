"""What can be said of a call while it is being taken down, each part with its reasons."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xianban.accounts.api import Actor
from xianban.base.errors import BadInput, NotFound
from xianban.casework import api as casework
from xianban.city import api as city
from xianban.dispatch import api as dispatch
from xianban.intake import api as intake
from xianban.web import markdown
from xianban.web.reasons import DOUBTS, ENOUGH, place_reason

LEAST = 2  # characters: below, there is nothing to work with
CANDIDATES, ANSWERS, PLACES = 3, 3, 8
SEPARATOR = " / "


@dataclass(frozen=True)
class Candidate:
    """A matter that it may be; `value` is what goes into the form."""

    value: str
    path: str
    share: float
    chosen: bool


@dataclass(frozen=True)
class Alike:
    """An open case that it may join."""

    number: str
    state: str
    title: str
    place: str
    unit: str
    people: int
    score: float
    received_at: datetime
    chosen: bool


@dataclass(frozen=True)
class Ready:
    """An answer of the knowledge base: to read, and as plain words to give."""

    name: str
    title: str
    html: str
    words: str
    source: str
    because: tuple[str, ...]
    chosen: bool


@dataclass(frozen=True)
class Heard:
    """All that is shown beside the form. Empty parts are left out."""

    candidates: tuple[Candidate, ...] = ()
    given: bool = False
    because: tuple[str, ...] = ()
    area: str = ""
    area_reason: str = ""
    other_areas: tuple[tuple[str, str], ...] = ()
    point: tuple[float, float] | None = None
    unit: str = ""
    co_units: tuple[str, ...] = ()
    duty: str = ""
    legal_basis: str = ""
    acceptance: str = ""
    limit: str = ""
    due_at: datetime | None = None
    urgency: str = ""
    doubt: str = ""
    confident: bool = False
    alike: tuple[Alike, ...] = ()
    answers: tuple[Ready, ...] = ()
    places: tuple[tuple[str, str], ...] = ()


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def matter_names(here: city.City) -> list[str]:
    """Every matter at the lowest level by its path, which means one matter only."""
    return [SEPARATOR.join(here.matter_path(code)) for code in here.leaf_matters]


def unit_named(said: str) -> str:
    """The code of the unit that an agent typed; BadInput where there is none of that name."""
    said, here = said.strip(), city.current()
    if not said or said in here.units:
        return said
    found = [unit.code for unit in here.units.values() if unit.name == said]
    if len(found) != 1:
        raise BadInput(f"there is no unit “{said}” in this city; choose one from its list of units")
    return found[0]


def heard(given: dict[str, Any], actor: Actor, *, now: datetime, language: str) -> Heard:
    """The panel for what stands in the form."""
    here = city.current()
    text, place = given.get("text", ""), given.get("place", "")
    places = _places(here, place)
    if len(text.strip()) < LEAST:
        return Heard(places=places, point=_point(here, place))
    said = _said(given, here)
    proposal = dispatch.propose([said], at=now)[0]
    alternatives = proposal.alternatives
    return Heard(
        candidates=_candidates(here, proposal),
        given=proposal.given,
        because=dispatch.whole_words(text, list(proposal.words), top=ENOUGH),
        area=" · ".join(here.area_name(code) for code in here.area_path(proposal.area)[1:]),
        area_reason=place_reason(proposal.as_json()["place_reason"]),
        other_areas=_other_areas(here, f"{place} {text}", proposal.area),
        point=_point(here, place),
        **_who(here, proposal, now),
        doubt="" if proposal.confident else str(DOUBTS.get(proposal.doubt, "")),
        confident=proposal.confident,
        alike=_alike(given, proposal, actor, now),
        answers=_answers(here, text, given, [proposal.matter, *(a for a, _ in alternatives)], now, language),
        places=places,
    )  # fmt: skip


def _said(given: dict[str, Any], here: city.City) -> dispatch.Said:
    hint = here.matter_named(given.get("matter", "") or "")
    return dispatch.Said(
        text=given.get("text", ""),
        place=given.get("place", ""),
        lat=given.get("lat"),
        lon=given.get("lon"),
        matter_hint=hint.code if hint else "",
        area_hint=given.get("area", "") or "",
        request_kind=given.get("kind", "") or "",
    )


def _candidates(here: city.City, proposal: dispatch.Proposal) -> tuple[Candidate, ...]:
    shown = [
        Candidate(
            value=SEPARATOR.join(here.matter_path(code)),
            path=SEPARATOR.join(here.matter_path(code)),
            share=chance,
            chosen=proposal.given and code == proposal.matter,
        )
        for code, chance in proposal.alternatives[:CANDIDATES]
    ]
    if proposal.given and not any(one.chosen for one in shown):
        path = SEPARATOR.join(here.matter_path(proposal.matter))
        shown.append(Candidate(path, path, 1.0, True))
    return tuple(shown)


def _who(here: city.City, proposal: dispatch.Proposal, now: datetime) -> dict[str, Any]:
    """Who acts and until when, by which row of the duty list."""
    assignment = proposal.assignment
    if assignment is None:
        limit = here.limits(proposal.urgency).handle
        return {"limit": limit, "due_at": here.deadline(now, limit), "urgency": proposal.urgency}
    return {
        "unit": here.unit_name(assignment.lead),
        "co_units": tuple(here.unit_name(code) for code in assignment.co_units),
        "duty": str(assignment.row),
        "legal_basis": assignment.legal_basis,
        "acceptance": assignment.acceptance,
        "limit": assignment.limit,
        "due_at": here.deadline(now, assignment.limit, unit=assignment.lead),
        "urgency": proposal.urgency,
    }


def _other_areas(here: city.City, text: str, area: str) -> tuple[tuple[str, str], ...]:
    """Other readings of where it is."""
    around = here.area_path(area)
    found = [guess.area for guess in here.find_places(text, limit=4)]
    return tuple(
        (code, " · ".join(here.area_name(one) for one in here.area_path(code)[1:][-2:]))
        for code in dict.fromkeys(found)
        if code not in around and code != here.root
    )[:2]


def _places(here: city.City, typed: str) -> tuple[tuple[str, str], ...]:
    """Names that fit what was typed, each with what it lies in."""
    return tuple(
        (one.name, " · ".join(here.area_name(code) for code in here.area_path(one.area)[1:][-2:]))
        for one in here.places_like(typed[:100], limit=PLACES)
    )


def _point(here: city.City, typed: str) -> tuple[float, float] | None:
    """Where a place lies that is named in full, to be shown on the map."""
    typed = typed.strip()
    for one in here.places_like(typed[:100], limit=1) if typed else ():
        if one.name == typed and one.lat is not None and one.lon is not None:
            return one.lat, one.lon
    return None


def _alike(
    given: dict[str, Any], proposal: dispatch.Proposal, actor: Actor, now: datetime
) -> tuple[Alike, ...]:
    """Open cases like it that this agent may see."""
    near = intake.similar(
        given.get("text", ""),
        now=now,
        place=given.get("place", ""),
        lat=given.get("lat"),
        lon=given.get("lon"),
        matter=proposal.matter,
        area=proposal.area,
    )
    by_case = {one.case_id: one for one in reversed(near)}
    shown = []
    for case in casework.nearby([one.case_id for one in near]):
        try:
            view = casework.case_view(case.case_id, actor, now=now)
        except NotFound:
            continue
        one = by_case[case.case_id]
        shown.append(
            Alike(
                number=view.number,
                state=view.state,
                title=one.title,
                place=one.place,
                unit=view.unit.name,
                people=case.people,
                score=one.score,
                received_at=one.received_at,
                chosen=view.number == given.get("join"),
            )
        )
    return tuple(shown)


def _answers(
    here: city.City,
    text: str,
    given: dict[str, Any],
    matters: list[str],
    now: datetime,
    language: str,
) -> tuple[Ready, ...]:
    line = [code for matter in matters[:1] for code in reversed(here.matter_line(matter)) if code]
    found = here.shelf(language).find(
        text, on=now.astimezone(here.tz).date(), matters=[*line, *matters[1:]], limit=ANSWERS
    )
    return tuple(
        Ready(
            name=one.entry.name,
            title=one.entry.title,
            html=markdown.rendered(one.entry.body),
            words=markdown.plain(one.entry.body),
            source=one.entry.source,
            because=one.because,
            chosen=one.entry.name == given.get("source"),
        )
        for one in found
    )
