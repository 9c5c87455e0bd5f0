"""Why a case went where it went: what the machine thought, how sure it was, and which duty row held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from xianban.base.errors import NotFound
from xianban.casework.api import CaseView
from xianban.city import api as city
from xianban.city.api import City

ENOUGH = 5  # words


@dataclass(frozen=True)
class Reasons:
    """What the page shows of the machine's proposal; empty parts are left out."""

    matter: str
    probability: float | None
    confident: bool
    words: tuple[str, ...]
    others: tuple[tuple[str, float], ...]
    place: str
    duty: tuple[tuple[str, str], ...]


def reasons_of(view: CaseView) -> Reasons | None:
    """The reasons kept with a case; None where nobody proposed anything."""
    proposal = view.proposal or {}
    try:
        here = city.current()
    except NotFound:
        return None
    if not proposal and not view.duty:
        return None
    why = proposal.get("reasons") or {}
    probability = proposal.get("probability")
    matter = str(proposal.get("matter") or "")
    return Reasons(
        matter=" / ".join(here.matter_path(matter)) if matter else "",
        probability=float(probability) if isinstance(probability, int | float) else None,
        confident=bool(proposal.get("confident")),
        words=_words(why.get("words") or ()),
        others=_others(proposal.get("alternatives") or (), here, matter),
        place=_place(proposal.get("place_reason") or why.get("place")),
        duty=_duty(view.duty),
    )


def _words(said: Sequence[Any]) -> tuple[str, ...]:
    """The words that spoke for it, whether they come bare or each with its weight."""
    bare = [word if isinstance(word, str) else str(word[0]) for word in said if word]
    return tuple(bare[:ENOUGH])


def _others(given: Sequence[Any], here: City, matter: str) -> tuple[tuple[str, float], ...]:
    pairs = [(str(code), float(chance)) for code, chance in given]
    return tuple((here.matter_name(code), chance) for code, chance in pairs if code != matter)


def _place(reason: Any) -> str:
    return reason if isinstance(reason, str) else str((reason or {}).get("text") or "")


def _duty(duty: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The row of the duty list, as pairs of a word and what it says."""
    lead = duty.get("lead")
    rows = (
        (_("权责清单"), _("第 %(row)s 行") % {"row": duty["row"]} if duty.get("row") else ""),
        (_("适用于"), str(duty.get("matched") or "")),
        (_("主办"), getattr(lead, "name", "")),
        (
            _("协办"),
            _("、").join(unit.name for unit in duty.get("co_units") or () if hasattr(unit, "name")),
        ),
        (_("法律依据"), str(duty.get("legal_basis") or "")),
        (_("权限"), str(duty.get("powers") or "")),
        (_("办结标准"), str(duty.get("acceptance") or "")),
        (_("办理要点"), str(duty.get("playbook") or "")),
    )
    return tuple((word, said) for word, said in rows if said)
