"""Reads of accounts."""

from xianban.accounts.models import User
from xianban.accounts.rules import Actor, Granted, Role


def actor_of(user: User) -> Actor:
    """The actor that a signed-in user is now; somebody deactivated has no grants left."""
    grants = (
        tuple(
            Granted(role=Role(role), area=area, unit=unit)
            for role, area, unit in user.grants.values_list("role", "area", "unit")
        )
        if user.is_active
        else ()
    )
    return Actor(kind="user", id=user.pk, name=user.get_full_name(), grants=grants)


def resident_actor(person_id: int) -> Actor:
    """The actor that a resident is who showed the code of a request."""
    return Actor(kind="resident", id=person_id)
