"""Why a case went where it went: what the machine thought, how sure it was, and which duty row held."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xianban.base.errors import NotFound
from xianban.casework.api import CaseView
from xianban.city import api as city
from xianban.city.api import City
from xianban.dispatch.api import whole_words

PLACES: Mapping[str, Promise] = {
    "given": gettext_lazy("登记时指定的区域"),
    "point": gettext_lazy("地图上点出的位置"),
    "place": gettext_lazy("地点里写了“%(words)s”"),
    "text": gettext_lazy("话里提到“%(words)s”"),
    "whole": gettext_lazy("全市只有一个区域"),
    "unknown": gettext_lazy("没有说清在哪里"),
}
DOUBTS: Mapping[str, Promise] = {
    "low": gettext_lazy("对事项的把握不够，所以由人来定。"),
    "no_place": gettext_lazy("没有说清地点，而各处由不同单位办，所以由人来定。"),
    "gap": gettext_lazy("权责清单没有写明这件事由谁办，所以由人来定。"),
}
ENOUGH = 5  # words
MATCHED = re.compile(r"matter (?P<matter>\S+) at area (?P<area>\S+)")


@dataclass(frozen=True)
class Reasons:
    """What the page shows of the machine's proposal; empty parts are left out."""

    matter: str
    probability: float | None
    confident: bool
    words: tuple[str, ...]
    others: tuple[tuple[str, float], ...]
    place: str
    doubt: str
    unsure: bool  # of the matter itself
    duty: tuple[tuple[str, str], ...]
    playbook: tuple[str, ...]


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
        words=_words(why.get("words") or (), f"{view.title}{view.text}"),
        others=_others(proposal.get("alternatives") or (), here, matter),
        place=place_reason(proposal.get("place_reason")),
        doubt=str(DOUBTS.get(str(proposal.get("doubt") or ""), "")),
        unsure=proposal.get("doubt") == "low",
        duty=_duty(view.duty, here),
        playbook=_steps(view.duty.get("playbook")),
    )


def _words(said: Sequence[Any], text: str) -> tuple[str, ...]:
    """The words that spoke for it, whole, whether they come bare or each with its weight."""
    bare = [word if isinstance(word, str) else str(word[0]) for word in said if word]
    return whole_words(text, bare, top=ENOUGH)


def _others(given: Sequence[Any], here: City, matter: str) -> tuple[tuple[str, float], ...]:
    pairs = [(str(code), float(chance)) for code, chance in given]
    return tuple((here.matter_name(code), chance) for code, chance in pairs if code != matter)


def place_reason(reason: Any) -> str:
    """How the place was found, in words."""
    if not isinstance(reason, dict):
        return ""
    sentence = PLACES.get(str(reason.get("how")))
    return str(sentence) % {"words": reason.get("text", "")} if sentence else ""


def _duty(duty: Mapping[str, Any], here: City) -> tuple[tuple[str, str], ...]:
    """The row of the duty list, as pairs of a word and what it says."""
    lead = duty.get("lead")
    rows = (
        (_("权责清单"), _("第 %(row)s 行") % {"row": duty["row"]} if duty.get("row") else ""),
        (_("适用于"), _matched(str(duty.get("matched") or ""), here)),
        (_("主办"), getattr(lead, "name", "")),
        (
            _("协办"),
            _("、").join(unit.name for unit in duty.get("co_units") or () if hasattr(unit, "name")),
        ),
        (_("法律依据"), str(duty.get("legal_basis") or "")),
        (_("权限"), str(duty.get("powers") or "")),
        (_("办结标准"), str(duty.get("acceptance") or "")),
    )
    return tuple((word, said) for word, said in rows if said)


def _matched(said: str, here: City) -> str:
    """Which matter and which area the row is written for; names instead of codes."""
    match = MATCHED.fullmatch(said)
    if match is None:
        return said
    return f"{here.matter_name(match['matter'])} · {here.area_name(match['area'])}"


def _steps(playbook: Any) -> tuple[str, ...]:
    if isinstance(playbook, str):
        return (playbook,) if playbook else ()
    return tuple(str(step) for step in playbook or ())
