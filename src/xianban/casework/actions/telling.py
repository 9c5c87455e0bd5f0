"""Who gets a notice of what: kinds and values into the outbox; the words are made when it is sent."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from xianban.accounts.api import Role, UserSeen, users_for
from xianban.base.ids import case_number
from xianban.casework.models import Case
from xianban.casework.queries.people import persons_of
from xianban.casework.queries.places import areas_around
from xianban.casework.rules.standing import Standing, plain
from xianban.casework.rules.table import NOTICES
from xianban.casework.rules.words import LEVELS
from xianban.city.api import City
from xianban.ledger.api import NewNotice

AGAIN = ("rectifying", "reopened")  # for a supervisor the news is that it went up a level


@dataclass
class Staff:
    """Supervisors and dispatchers, looked up once for many notices."""

    known: dict[Role, list[UserSeen]] = field(default_factory=dict)

    def with_role(self, role: Role) -> list[UserSeen]:
        if role not in self.known:
            self.known[role] = users_for(role=role)
        return self.known[role]

    def near(self, role: Role, *, areas: tuple[str, ...], unit: str, level: str) -> list[str]:
        """Those with the role whose territory is nearest to the case, at its level or above."""
        deepest = len(LEVELS) - 1 - LEVELS.index(level)
        found: dict[int, set[str]] = {}
        for user in self.with_role(role):
            for grant in user.grants:
                if grant.role == role and grant.covers(areas, {unit}):
                    depth = areas.index(grant.area) if grant.area else 0
                    found.setdefault(depth, set()).add(f"user:{user.id}")
        fitting = [depth for depth in found if depth <= deepest] or list(found)
        return sorted(found[max(fitting)]) if fitting else []


def notices_for(
    case: Case,
    standing: Standing,
    *,
    verb: str,
    tells: Iterable[str],
    city: City,
    staff: Staff,
    unit: str = "",
    outcome: str = "",
    more: dict[str, Any] | None = None,
) -> list[NewNotice]:
    """The notices of one act, each with a key that no second try of the same act can repeat.

    `tells` are persons, unit, unit! (urgent), task, desk, supervisors, or unit:CODE of one that is
    named, which gets another kind of notice where that stands before it: kind@unit:CODE. `unit` is
    the co-unit of a task.
    """
    kind = NOTICES.get(f"{verb}:{outcome}") or NOTICES.get(verb, verb)
    payload = values_for(case, standing, city) | (more or {})
    notices = []
    for whom in dict.fromkeys(tells):
        name = "escalated" if whom == "supervisors" and kind in AGAIN else kind
        if "@" in whom:  # somebody to whom the act means another thing
            name, _, whom = whom.partition("@")
        for to in _receivers(case, standing, whom, city, staff, unit):
            notices.append(
                NewNotice(
                    kind=name,
                    to=to,
                    dedupe_key=f"case:{case.pk}:{case.version}:{name}:{to}",
                    payload=payload,
                    urgent=standing.urgency == "critical" or whom == "unit!",
                )
            )
    return notices


def values_for(case: Case, standing: Standing, city: City) -> dict[str, Any]:
    """The values that the words of any notice are made of: codes, numbers and times."""
    return {
        "case": case.pk,
        "number": case_number(case.pk, case.received_at, tz=city.tz),
        "state": standing.state,
        "matter": standing.matter,
        "area": standing.area,
        "unit": standing.unit,
        "due_at": plain(standing.due_at),
    }


def _receivers(
    case: Case, standing: Standing, whom: str, city: City, staff: Staff, unit: str
) -> list[str]:
    if whom == "persons":
        return [f"person:{person}" for person in persons_of(case.pk)]
    if whom.startswith("unit:"):
        return [whom]
    if whom in ("unit", "unit!"):
        return [f"unit:{standing.unit}"] if standing.unit else []
    if whom == "task":
        return [f"unit:{unit}"] if unit else []
    role = Role.DISPATCHER if whom == "desk" else Role.SUPERVISOR
    areas = areas_around(city, standing.area)
    level = LEVELS[0] if whom == "desk" else standing.level
    near = staff.near(role, areas=areas, unit=standing.unit, level=level)
    # nobody to tell is to be seen: it waits in the outbox for somebody with the role, and is given up there
    return near or [f"role:{role}:{areas[-1] if areas else ''}"]
