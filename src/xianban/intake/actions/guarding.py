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
from xianban.intake.rules.flood import (
    DAY_S,
    HOUR_S,
    must_ask,
    must_join,
    must_wait,
    same_words,
    says_where,
)
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
    phone = phone_of(said.phone)
    from_address = tally("report", address, within_s=HOUR_S, now=now)
    with_contact = tally("report by", phone, within_s=DAY_S, now=now) if phone else 0
    if not answered and must_ask(from_address, with_contact):
        return AskedBack()
    if _is_said_again(said, address, now) and joins is None:
        joins = _first_like(said, now)
    return _take(replace(said, held=must_wait(from_address)), joins, acting, now)


def _take(said: Submission, joins: int | None, acting: Actor, now: datetime) -> Receipt:
    if joins is not None:
        try:
            return attach(said, joins, acting=acting, now=now)
        except WrongState:  # it has ended meanwhile: what is said now is news
            pass
    return receive(said, acting=acting, now=now)


def _is_said_again(said: Submission, address: str, now: datetime) -> bool:
    """Count these words of this place, and say whether they came too often to be a case each."""
    draft = drafted(said)
    cell = None if said.lat is None or said.lon is None else cell_of(said.lat, said.lon)
    place = folded(draft.place)
    words = same_words(draft.words, place, cell=cell)
    here = tally("same", f"{address}\0{words}", within_s=DAY_S, now=now)
    anywhere = says_where(place, cell=cell)
    return must_join(here, tally("same", words, within_s=DAY_S, now=now) if anywhere else 0)


def _first_like(said: Submission, now: datetime) -> int | None:
    """The open case of an earlier report with these very words; None where there is none."""
    draft = drafted(said)
    found = similar(draft.text, now=now, place=draft.place, lat=said.lat, lon=said.lon)
    same = [one.case_id for one in found if one.reasons.get("words") == 1.0]
    cases = casework.nearby(same)
    return cases[0].case_id if cases else None
