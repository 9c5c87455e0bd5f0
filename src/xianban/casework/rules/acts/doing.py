"""One act in hand: the case, who acts, what they say, and the city whose rules hold."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from xianban.base.errors import BadInput
from xianban.casework.rules.standing import Standing
from xianban.casework.rules.words import LEVELS, NEVER_LEAD_KINDS, NEVER_LEAD_LEVELS


@dataclass
class Doing:
    """`checklist` are the points of the duty that holds for the case, `people` those who may be
    assigned to it by id. `city` is the city's immutable picture of itself. `limits` are those of the duty that holds
    for the case as the act leaves it; `reporters` how many people want to hear. `tells` collects
    who gets a notice beyond what the table says."""

    standing: Standing
    now: datetime
    city: Any
    actor: str
    kind: str = "user"
    said: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    reporters: int = 0
    task: int = 0
    checklist: Sequence[Any] = ()
    people: Collection[int] = ()
    tells: list[str] = field(default_factory=list)

    def text(self, name: str = "text") -> str:
        return str(self.said.get(name) or "").strip()

    def unit_name(self, code: str) -> str:
        return str(self.city.unit_name(code))


def lead_from(doing: Doing) -> str:
    """The unit that was named, if it may lead; a community helps and never leads."""
    code = doing.text("unit")
    unit = doing.city.units.get(code)
    if unit is None:
        raise BadInput(f"there is no unit “{code}” in this city; choose one from its list of units")
    area = doing.city.areas.get(unit.area)
    if unit.kind in NEVER_LEAD_KINDS or (area and area.level in NEVER_LEAD_LEVELS):
        raise BadInput(
            f"{unit.name} is a community or grid body, which helps and never leads;"
            " name the street office or the department"
        )
    return code


def desk_limit(doing_for: Standing, city: Any) -> str:
    """How long the desk may take to find a unit or to rule."""
    hours = city.settings.ruling_h
    if doing_for.urgency == "critical":
        hours = min(hours, city.settings.return_window_critical_h)
    return f"{hours:g}h"


def known_units(doing: Doing, name: str) -> list[str]:
    """The units that were named, each once; BadInput where one is not in the city's list."""
    codes = list(dict.fromkeys(doing.said.get(name) or ()))
    if any(code not in doing.city.units for code in codes):
        unknown = next(code for code in codes if code not in doing.city.units)
        raise BadInput(
            f"there is no unit “{unknown}” in this city; choose one from its list of units"
        )
    return codes


def raise_level(standing: Standing, to: str = "") -> bool:
    """Raise the case to a level, by default the next; False where it is as high already."""
    here = LEVELS.index(standing.level)
    there = LEVELS.index(to) if to else here + 1
    if there <= here or there >= len(LEVELS):
        return False
    standing.level = LEVELS[there]
    return True
