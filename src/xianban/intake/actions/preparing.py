"""What can be worked out about submissions before the database is locked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError

from xianban.base.clock import utc_now
from xianban.base.errors import XianbanError
from xianban.city.api import current
from xianban.dispatch.api import Proposal, Said, propose
from xianban.intake.drafting import Draft, matter_code
from xianban.intake.duplicates import Similar, duplicates_of, fine_area
from xianban.intake.rules.likeness import Traits
from xianban.intake.rules.pairing import Wanted


@dataclass(frozen=True)
class Prepared:
    """All that can be worked out about a submission before the database is locked."""

    draft: Draft
    proposal: Proposal
    want: Wanted
    stored: tuple[Similar, ...]
    taken_at: datetime


def prepare(drafts: Sequence[Draft], now: datetime, taken: str) -> list[Prepared]:
    """What each is about, where it is, who acts, and what it may repeat."""
    if not drafts:
        return []
    city = current()
    hints = [matter_code(city, draft.said.matter_hint) or "" for draft in drafts]
    said = [_said(draft, hint) for draft, hint in zip(drafts, hints, strict=True)]
    proposals = propose(said, at=now)
    wants = [
        Wanted(_traits(draft, proposal, now), draft.sketch)
        for draft, proposal in zip(drafts, proposals, strict=True)
    ]
    return [
        Prepared(
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
        area_hint=said.area_hint,
        request_kind=said.request_kind,
    )


def _traits(draft: Draft, proposal: Proposal, now: datetime) -> Traits:
    return Traits(
        words=draft.words,
        received_at=draft.said.received_at or now,
        matter=proposal.matter,
        area=fine_area(proposal.area),
        place=draft.place,
        lat=draft.said.lat,
        lon=draft.said.lon,
    )


def warm_up() -> None:
    """Load what the first request would otherwise wait for: the city, its places, the text model."""
    try:
        city = current()
        middle = city.areas[city.root]
        said = Said(text=middle.name, lat=middle.lat, lon=middle.lon)
        propose([said], at=utc_now())
    except (XianbanError, DatabaseError):
        return  # no city yet, or no database: the first request will say so
