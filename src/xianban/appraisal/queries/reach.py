"""Who may see which figures, and decide upon what."""

from xianban.accounts.api import Actor, may
from xianban.base.errors import NotAllowed, NotFound
from xianban.city.api import City

NO_FIGURE = "there is no such figure, or none that you may see; check the period and the code"
CENTRAL = "this is decided centrally, by a role that holds for the whole city"


def sees(actor: Actor, city: City, by: str, code: str) -> bool:
    """Whether a figure is within the scope of one of the actor's roles."""
    if by == "unit":
        unit = city.units.get(code) or city.retired_units.get(code)
        path = city.area_path(unit.area) if unit else (city.root,)
        return may(actor, "rank", areas=path, units=(code,))
    path = city.area_path(code) if by == "area" else (city.root,)
    return may(actor, "rank", areas=path, units=())


def must_see(actor: Actor, city: City, by: str, code: str) -> None:
    if not sees(actor, city, by, code):
        raise NotFound(NO_FIGURE)


def central(actor: Actor, verb: str, city: City) -> bool:
    """Whether the actor may do this for the whole city, bound to no district and no unit."""
    return may(actor, verb, areas=(city.root,), units=())


def must_be_central(actor: Actor, verb: str, city: City) -> None:
    if not central(actor, verb, city):
        raise NotAllowed(CENTRAL)


def acts_for(actor: Actor, verb: str, unit: str, city: City) -> bool:
    """Whether the actor may do this on behalf of a unit."""
    known = city.units.get(unit) or city.retired_units.get(unit)
    path = city.area_path(known.area) if known else (city.root,)
    return may(actor, verb, areas=path, units=(unit,))


def units_of(actor: Actor) -> frozenset[str]:
    """The units to which an actor is bound."""
    return frozenset(grant.unit for grant in actor.grants if grant.unit)
