"""Which row of the duty list holds for a case, and who in a unit may see to it."""

from datetime import datetime

from xianban.accounts.api import Role, users_for
from xianban.city.api import Assignment, City

AT_CASES = (Role.HANDLER, Role.GRID_WORKER)


def duty_held(matter: str, area: str, opened_at: datetime, city: City) -> Assignment | None:
    """The duty of the day on which the case was opened; None where the list says nothing."""
    if not matter:
        return None
    return city.duty_for(matter, area or city.root, on=opened_at.astimezone(city.tz).date())


def colleagues(unit: str) -> dict[int, str]:
    """Those who handle the cases of a unit: names by id, in the order of names."""
    if not unit:
        return {}
    people = {user.id: user.name for role in AT_CASES for user in users_for(unit=unit, role=role)}
    return dict(sorted(people.items(), key=lambda person: (person[1], person[0])))
