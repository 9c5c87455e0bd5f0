"""Persons, cases and requests of a batch: written together, or not at all."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from xianban.accounts.api import Actor
from xianban.base.home import one_at_a_time
from xianban.base.rows import insert_keyed, together
from xianban.casework import api as casework
from xianban.city.api import City, current
from xianban.files.api import attach
from xianban.intake.actions.preparing import Prepared
from xianban.intake.drafting import Draft
from xianban.intake.duplicates import KEPT, Similar
from xianban.intake.models import Request
from xianban.intake.rules.likeness import Likeness, cell_of
from xianban.intake.rules.pairing import likes_within
from xianban.residents.api import NewContact, NewNote, seal_many, seal_notes

ORIGIN = "request"

Near = tuple[int, Likeness]  # an earlier place of the same batch, and how alike the two are


@dataclass(frozen=True)
class Made:
    """A request that was just written."""

    request: Request
    opened: casework.Opened
    similar: tuple[Similar, ...] = field(default=())


def write(
    prepared: Sequence[Prepared], *, acting: Actor, now: datetime, tell: bool, limits_from: str
) -> list[Made]:
    """Persons, cases with their likes, and requests: all of them, or none."""
    if not prepared:
        return []
    city, contacts = current(), [contact_of(one.draft) for one in prepared]
    likes = _likes(prepared)
    # files are locked and counted, which waits for answers
    quick = len(prepared) == 1 and not prepared[0].draft.said.files
    alone = together(connection=connection) if quick else nullcontext()
    with turn(), alone, transaction.atomic():  # the database is locked to others now: no thinking
        persons = seal_many(contacts)
        opened = casework.open_cases(
            [
                _new_case(one, person, like, city, tell, now if limits_from == "now" else None)
                for one, person, like in zip(prepared, persons, likes, strict=True)
            ],
            acting=acting,
            now=now,
        )
        requests = [
            request_of(one, person, case.case_id)
            for one, person, case in zip(prepared, persons, opened, strict=True)
        ]
        insert_keyed(requests, connection=connection)
        seal_words(prepared, requests)
        _attach_files(prepared, requests, acting)
    return [
        Made(request, case, tuple(_similar(found, requests) for found in like))
        for request, case, like in zip(requests, opened, likes, strict=True)
    ]


def turn() -> AbstractContextManager[None]:
    """SQLite has one writer at a time, and those who wait sleep and look again: rather be woken."""
    return one_at_a_time("intake") if connection.vendor == "sqlite" else nullcontext()


def seal_words(prepared: Sequence[Prepared], requests: Sequence[Request]) -> None:
    """Keep the words as they were typed, where masking changed them."""
    notes = [
        NewNote(request.person_id, f"request:{request.pk}", one.draft.raw)
        for one, request in zip(prepared, requests, strict=True)
        if one.draft.raw and request.person_id
    ]
    if notes:
        seal_notes(notes)


def _attach_files(prepared: Sequence[Prepared], requests: Sequence[Request], acting: Actor) -> None:
    """What was sent along belongs to the request, and is named by the first act of its case."""
    for one, request in zip(prepared, requests, strict=True):
        if one.draft.said.files:
            attach(
                one.draft.said.files,
                owner=f"request:{request.pk}",
                subject=f"case:{request.case_id}",
                seq=1,
                by=acting.key,
                shown=False,
                now=request.accepted_at,
            )


def contact_of(draft: Draft) -> NewContact:
    """What is sealed of whoever said this."""
    said = draft.said
    return NewContact(
        name=said.name,
        phone=said.phone,
        email=said.email,
        other=said.aliases,
        # whoever got a code may come back to rate and add, with or without a contact; nobody in
        # an imported file got one
        keep=bool(draft.raw) or not said.door.startswith("import:"),
    )


def _new_case(
    one: Prepared,
    person: int | None,
    likes: Sequence[Similar | Near],
    city: City,
    tell: bool,
    clocks_from: datetime | None,
) -> casework.NewCase:
    said, proposal = one.draft.said, one.proposal
    matter = city.matters.get(proposal.matter)
    return casework.NewCase(
        origin=ORIGIN,
        source=said.channel or said.door,
        text=one.draft.text,
        title=one.draft.title,
        received_at=said.received_at or one.taken_at,
        opened_at=one.taken_at,
        clocks_from=clocks_from,
        matter=proposal.matter,
        area=proposal.area,
        place=one.draft.place,
        lat=said.lat,
        lon=said.lon,
        urgency=proposal.urgency,
        request_kind=said.request_kind or (matter.request_kind if matter else ""),
        person=person,
        supporters=said.supporters,
        proposal=proposal.as_json(),
        assignment=proposal.assignment if proposal.confident and not said.held else None,
        tell=tell,
        likes=tuple(_as_like(found) for found in likes),
        files=tuple(file.digest for file in said.files),
    )


def request_of(one: Prepared, person: int | None, case_id: int) -> Request:
    """The row of a request that belongs to a case."""
    draft, said = one.draft, one.draft.said
    marks: dict[str, Any] = {f"sketch{n}": mark for n, mark in enumerate(one.draft.sketch)}
    if said.lat is not None and said.lon is not None:
        marks["cell"] = cell_of(said.lat, said.lon)
    return Request(
        id=None,
        door=said.door,
        external_id=said.external_id,
        key=said.key,
        digest=draft.digest,
        title=draft.title,
        text=draft.text,
        place=draft.place,
        lat=said.lat,
        lon=said.lon,
        channel=said.channel,
        supporters=said.supporters,
        received_at=said.received_at or one.taken_at,
        accepted_at=one.taken_at,
        notice=said.notice,
        person_id=person,
        case_id=case_id,
        matter=one.proposal.matter,
        area=one.proposal.area,
        **marks,
    )


def _likes(prepared: Sequence[Prepared]) -> list[list[Similar | Near]]:
    """The likeliest duplicates of each: stored before, or earlier in this batch (those are newer)."""
    within = likes_within([one.want for one in prepared])
    found: list[list[Similar | Near]] = [
        [*near[::-1], *one.stored] for one, near in zip(prepared, within, strict=True)
    ]
    return [sorted(likes, key=_unlikeliness)[:KEPT] for likes in found]


def _unlikeliness(found: Similar | Near) -> float:
    return -(found.score if isinstance(found, Similar) else found[1].score)


def _as_like(found: Similar | Near) -> casework.Like:
    if isinstance(found, Similar):
        return casework.Like(found.score, case=found.case_id)
    return casework.Like(found[1].score, place=found[0])


def _similar(found: Similar | Near, requests: Sequence[Request]) -> Similar:
    if isinstance(found, Similar):
        return found
    place, alike = found
    request = requests[place]
    return Similar(
        request_id=request.pk,
        case_id=request.case_id,
        title=request.title or request.text[:60],
        place=request.place,
        received_at=request.received_at,
        score=alike.score,
        reasons=alike.reasons,
    )
