"""Whose figures an actor may see, as appraisal has it: units and areas within one of their roles."""

from xianban.accounts.api import MAY, Actor, may, may_anywhere
from xianban.base.errors import NotAllowed, NotFound
from xianban.city.api import City
from xianban.command.queries.shown import Scope

NO_FIGURE = "there is no such figure, or none that you may see; check the address"


def must_oversee(actor: Actor) -> None:
    if not may_anywhere(actor, "oversee"):
        raise NotAllowed("your roles do not show this page; ask an administrator")


def sees(actor: Actor, city: City, by: str, code: str) -> bool:
    """Whether a figure is within the scope of one of the actor's roles."""
    if by == "unit":
        unit = city.units.get(code) or city.retired_units.get(code)
        path = city.area_path(unit.area) if unit else (city.root,)
        return may(actor, "oversee", areas=path, units=(code,))
    path = city.area_path(code) if by == "area" else (city.root,)
    return may(actor, "oversee", areas=path, units=())


def must_see(actor: Actor, city: City, by: str, code: str) -> None:
    if not sees(actor, city, by, code):
        raise NotFound(NO_FIGURE)


def scopes(actor: Actor, city: City) -> tuple[Scope, ...]:
    """What this actor oversees, the widest first: the city, areas, units."""
    found: dict[tuple[str, str], Scope] = {}
    for grant in actor.grants:
        if grant.role not in MAY["oversee"]:
            continue
        if grant.unit:
            scope = Scope("unit", grant.unit, city.unit_name(grant.unit))
        else:
            code = grant.area or city.root
            scope = Scope("area", code, city.area_name(code))
        found[scope.by, scope.code] = scope
    return tuple(sorted(found.values(), key=lambda s: (s.by, len(city.area_path(s.code)), s.code)))
