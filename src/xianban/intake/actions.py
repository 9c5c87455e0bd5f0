"""The one way in: whatever the door, a submission becomes a request and its case, once."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from django.db import DatabaseError, IntegrityError, connection, transaction

from xianban.accounts.api import Actor
from xianban.base.clock import utc_now
from xianban.base.errors import WrongState, XianbanError
from xianban.base.rows import insert_keyed, together
from xianban.casework import api as casework
from xianban.city.api import City, current
from xianban.dispatch.api import Proposal, Said, propose
from xianban.intake.drafting import Draft, check, drafted, matter_code, tidied
from xianban.intake.duplicates import KEPT, Similar, duplicates_of, fine_area
from xianban.intake.models import Request
from xianban.intake.queries import Known, follow_code, known_by
from xianban.intake.rules.likeness import Likeness, Traits, cell_of, folded
from xianban.intake.rules.pairing import Wanted, likes_within, wanted
from xianban.intake.rules.submission import Submission
from xianban.residents.api import NewContact, NewNote, seal_many, seal_notes

ATTEMPTS = 5  # others may take the same key between our look and our write
ORIGIN = "request"

Near = tuple[int, Likeness]  # an earlier place of the same batch, and how alike the two are


@dataclass(frozen=True)
class Receipt:
    """What the reporter gets: the number to ask by, the code to prove with, who acts, by when."""

    request_id: int
    case_id: int
    number: str
    code: str
    state: str
    matter: str
    matter_name: str
    unit: str
    unit_name: str
    due_at: datetime
    created: bool
    differs: bool = False  # it was known, and said something else then
    similar: tuple[Similar, ...] = ()


def warm_up() -> None:
    """Load what the first request would otherwise wait for: the city, its places, the text model."""
    try:
        city = current()
        middle = city.areas[city.root]
        said = Said(text=middle.name, lat=middle.lat, lon=middle.lon)
        propose([said], at=utc_now())
    except (XianbanError, DatabaseError):
        return  # no city yet, or no database: the first request will say so


def receive(said: Submission, *, acting: Actor, now: datetime) -> Receipt:
    """Take one submission; said again under the same key or external id, it is the same request."""
    return receive_many([said], acting=acting, now=now)[0]


def receive_many(
    said: Sequence[Submission],
    *,
    acting: Actor,
    now: datetime,
    changed: Literal["refuse", "keep"] = "refuse",
    tell: bool = True,
    taken: Literal["now", "then"] = "now",
    limits_from: Literal["received", "now"] = "received",
) -> list[Receipt]:
    """Take many in one transaction, all or none; the queries do not grow with their number.

    Known ones (same door, and same key or external id) are answered with what they became. If
    they say something else now, that is refused, or with changed="keep" what was first said stays.
    With tell=False nobody gets a notice (an import of history). With taken="then" each was taken
    down and dispatched when it was received, as the history of the sample city was. With
    limits_from="now" the units' time begins now, however long ago it was received.
    """
    given = [tidied(one) for one in said]
    check(given, now=now)
    drafts = [drafted(one) for one in given]
    prepared: dict[int, _Prepared] = {}
    for attempt in range(1, ATTEMPTS + 1):
        known, fresh = _sorted_out(drafts, changed)
        missing = [place for place in fresh if place not in prepared]
        fresh_drafts = [drafts[place] for place in missing]
        prepared.update(zip(missing, _prepare(fresh_drafts, now, taken), strict=True))
        try:
            made = _write(
                [prepared[place] for place in fresh],
                acting=acting,
                now=now,
                tell=tell,
                limits_from=limits_from,
            )
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
            continue
        return _receipts(drafts, known, dict(zip(fresh, made, strict=True)), now)
    raise AssertionError  # the last attempt returns or raises


@dataclass(frozen=True)
class _Prepared:
    """All that can be worked out about a submission before the database is locked."""

    draft: Draft
    proposal: Proposal
    want: Wanted
    stored: tuple[Similar, ...]
    taken_at: datetime


@dataclass(frozen=True)
class _Made:
    """A request that was just written."""

    request: Request
    opened: casework.Opened
    similar: tuple[Similar, ...] = field(default=())


def _sorted_out(
    drafts: Sequence[Draft], changed: str
) -> tuple[dict[int, tuple[Known | int, bool]], list[int]]:
    """Which places are known (a stored request, or an earlier place; and whether it differs)."""
    by_key = known_by("key", {(d.said.door, d.said.key) for d in drafts if d.said.key})
    by_id = known_by(
        "external_id", {(d.said.door, d.said.external_id) for d in drafts if d.said.external_id}
    )
    known: dict[int, tuple[Known | int, bool]] = {}
    fresh: list[int] = []
    earlier: dict[tuple[str, str, str], int] = {}
    for place, draft in enumerate(drafts):
        said = draft.said
        marks = [("key", said.door, said.key)] if said.key else []
        marks += [("id", said.door, said.external_id)] if said.external_id else []
        stored = by_key.get((said.door, said.key)) or by_id.get((said.door, said.external_id))
        first = next((earlier[mark] for mark in marks if mark in earlier), None)
        before: Known | int | None = stored if stored is not None else first
        if before is None:
            fresh.append(place)
            earlier.update(dict.fromkeys(marks, place))
            continue
        digest = before.digest if isinstance(before, Known) else drafts[before].digest
        if digest != draft.digest and changed == "refuse":
            raise WrongState(_says_otherwise(said))
        known[place] = before, digest != draft.digest
    return known, fresh


def _says_otherwise(said: Submission) -> str:
    which = f"key “{said.key}”" if said.key else f"external id “{said.external_id}”"
    return f"The {which} was used before for another request; use a new one for a new request"


def _prepare(drafts: Sequence[Draft], now: datetime, taken: str) -> list[_Prepared]:
    """What each is about, where it is, who acts, and what it may repeat."""
    if not drafts:
        return []
    city = current()
    hints = [matter_code(city, draft.said.matter_hint) or "" for draft in drafts]
    said = [_said(draft, hint) for draft, hint in zip(drafts, hints, strict=True)]
    proposals = propose(said, at=now)
    wants = wanted([_traits(draft, p, now) for draft, p in zip(drafts, proposals, strict=True)])
    return [
        _Prepared(
            draft,
            proposal,
            want,
            tuple(stored),
            (draft.said.received_at or now) if taken == "then" else now,
        )
        for draft, proposal, want, stored in zip(
            drafts, proposals, wants, duplicates_of(wants), strict=True
        )
    ]


def _said(draft: Draft, hint: str) -> Said:
    said = draft.said
    return Said(
        title=draft.title,
        text=draft.text,
        place=draft.place,
        lat=said.lat,
        lon=said.lon,
        matter_hint=hint,
    )


def _traits(draft: Draft, proposal: Proposal, now: datetime) -> Traits:
    return Traits(
        words=folded(draft.title + draft.text),
        received_at=draft.said.received_at or now,
        matter=proposal.matter,
        area=fine_area(proposal.area),
        place=draft.place,
        lat=draft.said.lat,
        lon=draft.said.lon,
    )


def _write(
    prepared: Sequence[_Prepared], *, acting: Actor, now: datetime, tell: bool, limits_from: str
) -> list[_Made]:
    """Persons, cases with their likes, and requests: all of them, or none."""
    if not prepared:
        return []
    city, contacts = current(), [_contact(one.draft) for one in prepared]
    likes = _likes(prepared)
    alone = together(connection=connection) if len(prepared) == 1 else nullcontext()
    with alone, transaction.atomic():  # the database is locked to others now: no thinking
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
            _request(one, person, case.case_id)
            for one, person, case in zip(prepared, persons, opened, strict=True)
        ]
        insert_keyed(requests, connection=connection)
        _seal_words(prepared, requests)
    return [
        _Made(request, case, tuple(_similar(found, requests) for found in like))
        for request, case, like in zip(requests, opened, likes, strict=True)
    ]


def _seal_words(prepared: Sequence[_Prepared], requests: Sequence[Request]) -> None:
    """Keep the words as they were typed, where masking changed them."""
    notes = [
        NewNote(request.person_id, f"request:{request.pk}", one.draft.raw)
        for one, request in zip(prepared, requests, strict=True)
        if one.draft.raw and request.person_id
    ]
    if notes:
        seal_notes(notes)


def _contact(draft: Draft) -> NewContact:
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
    one: _Prepared,
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
        request_kind=matter.request_kind if matter else "",
        person=person,
        supporters=said.supporters,
        proposal=proposal.as_json(),
        assignment=proposal.assignment if proposal.confident else None,
        tell=tell,
        likes=tuple(_as_like(found) for found in likes),
    )


def _request(one: _Prepared, person: int | None, case_id: int) -> Request:
    draft, said = one.draft, one.draft.said
    marks: dict[str, Any] = {f"sketch{n}": mark for n, mark in enumerate(one.want.sketches)}
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
        person_id=person,
        case_id=case_id,
        matter=one.proposal.matter,
        area=one.proposal.area,
        **marks,
    )


def _likes(prepared: Sequence[_Prepared]) -> list[list[Similar | Near]]:
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


def _receipts(
    drafts: Sequence[Draft],
    known: Mapping[int, tuple[Known | int, bool]],
    made: Mapping[int, _Made],
    now: datetime,
) -> list[Receipt]:
    """A receipt for every place of the batch."""
    city = current()
    receipts = {
        place: _receipt(one.request.pk, one.opened, city, one.similar)
        for place, one in made.items()
    }
    stored = {place: before for place, (before, _) in known.items() if isinstance(before, Known)}
    cases = casework.opened([before.case_id for before in stored.values()])
    for place, (before, differs) in sorted(known.items()):
        if isinstance(before, Known):
            receipt = _receipt(before.request_id, cases[before.case_id], city)
        else:
            receipt = receipts[before]
        receipts[place] = replace(receipt, created=False, differs=differs)
    return [receipts[place] for place in range(len(drafts))]


def _receipt(
    request_id: int, case: casework.Opened, city: City, similar: tuple[Similar, ...] = ()
) -> Receipt:
    return Receipt(
        request_id=request_id,
        case_id=case.case_id,
        number=case.number,
        code=follow_code(request_id),
        state=case.state,
        matter=case.matter,
        matter_name=city.matter_name(case.matter) if case.matter else "",
        unit=case.unit,
        unit_name=city.unit_name(case.unit) if case.unit else "",
        due_at=case.due_at,
        created=True,
        similar=similar,
    )
