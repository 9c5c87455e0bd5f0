"""The open door: anybody may report, a flood does not reach the desk, and nobody is locked out."""

from dataclasses import dataclass, replace
from datetime import datetime

from xianban.accounts.api import Actor, tally
from xianban.base.errors import WrongState
from xianban.casework import api as casework
from xianban.intake.actions.attaching import attach
from xianban.intake.actions.gathering import receive
from xianban.intake.actions.receiving import Receipt
from xianban.intake.drafting import check, drafted, tidied
from xianban.intake.duplicates import similar
from xianban.intake.queries import known_by
from xianban.intake.rules.flood import COPY, DAY_S, HOUR_S, Load, same_words, says_where, verdict
from xianban.intake.rules.likeness import cell_of, folded
from xianban.intake.rules.submission import Submission
from xianban.residents.api import phone_of


@dataclass(frozen=True)
class AskedBack:
    """Too much comes from there for now: whoever answers one easy question is let through."""


def receive_from(
    said: Submission,
    *,
    address: str,
    acting: Actor,
    now: datetime,
    joins: int | None = None,
    answered: bool = False,
) -> Receipt | AskedBack:
    """Take what anybody says from a network address, into the case that it `joins` or one of its own.

    What was taken before under the same key is answered and counted as nothing.
    """
    said = tidied(said)
    check([said], now=now)
    if said.key and (said.door, said.key) in known_by("key", [(said.door, said.key)]):
        return _take(said, joins, acting, now)
    decided = verdict(_load(said, address, now), answered=answered)
    if decided == "ask":
        return AskedBack()
    if decided == "join" and joins is None:
        joins = _first_like(said, now)
    return _take(replace(said, held=decided != "take"), joins, acting, now)


def _take(said: Submission, joins: int | None, acting: Actor, now: datetime) -> Receipt:
    if joins is not None:
        try:
            return attach(said, joins, acting=acting, now=now)
        except WrongState:  # it has ended meanwhile: what is said now is news
            pass
    return receive(said, acting=acting, now=now)


def _load(said: Submission, address: str, now: datetime) -> Load:
    """Count this one, everywhere it counts."""
    draft = drafted(said)
    point = said.lat is not None and said.lon is not None
    cell = cell_of(said.lat, said.lon) if point else None  # type: ignore[arg-type]
    place = folded(draft.place)
    words = same_words(draft.words, place, cell=cell)
    phone = phone_of(said.phone)
    anywhere = says_where(place, cell=cell)
    return Load(
        from_address=tally("report", address, within_s=HOUR_S, now=now),
        with_contact=tally("report by", phone, within_s=DAY_S, now=now) if phone else 0,
        same_from_address=tally("same", f"{address}\0{words}", within_s=DAY_S, now=now),
        same_from_anywhere=tally("same", words, within_s=DAY_S, now=now) if anywhere else 0,
    )


def _first_like(said: Submission, now: datetime) -> int | None:
    """The open case of the likeliest earlier report with these words; None where there is none."""
    draft = drafted(said)
    found = similar(draft.text, now=now, place=draft.place, lat=said.lat, lon=said.lon)
    cases = casework.nearby([one.case_id for one in found if one.score >= COPY])
    return cases[0].case_id if cases else None
