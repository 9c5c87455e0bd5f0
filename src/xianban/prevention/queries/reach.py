"""Who may see which warnings: the areas of those roles that may."""

from collections.abc import Collection

from django.db.models import Q, QuerySet

from xianban.accounts.api import MAY, Actor, Granted, may, may_anywhere
from xianban.base.errors import NotAllowed, NotFound
from xianban.city.api import City
from xianban.prevention.models import Warning

NO_WARNING = "there is no such warning, or none that you may see; check the address"


def must_see_warnings(actor: Actor) -> None:
    if not may_anywhere(actor, "see_warnings"):
        raise NotAllowed("your roles do not show warnings; ask an administrator")


def in_reach(actor: Actor, city: City, *, right: str = "see_warnings") -> Q:
    """A condition on what has `district`, `street` and `community`: within one of the actor's scopes.

    A warning of the whole city is seen by those whose scope is the whole city.
    """
    if actor.kind == "machine":
        return Q()
    found = Q(pk__in=[])
    for grant in actor.grants:
        if grant.role not in MAY[right]:
            continue
        if not grant.area or grant.area == city.root:
            if not grant.unit:
                return Q()
            found |= Q(unit=grant.unit)
            continue
        area = city.areas.get(grant.area)
        level = area.level if area and area.level in ("district", "street", "community") else "area"
        place = Q(**{level: grant.area})
        found |= place & Q(unit=grant.unit) if grant.unit else place
    return found


def concerns(actor: Actor, city: City, area: str, *, rights: tuple[str, ...], units: Collection[str] = ()) -> bool:  # fmt: skip
    """Whether what is planned for an area is of the actor's world: it lies in a scope of theirs or
    around it, or one of `units`, who see to it, is their own."""
    if actor.kind == "machine":
        return True
    held = [grant for grant in actor.grants if any(grant.role in MAY[right] for right in rights)]
    return any(
        grant.unit in units
        or any(
            city.within(area, place) or city.within(place, area) for place in _places(grant, city)
        )
        for grant in held
    )


def _places(grant: Granted, city: City) -> list[str]:
    """Where a role holds; a unit's own area where it says no other, but for units of the whole city."""
    if grant.area or not grant.unit:
        return [grant.area or city.root]
    unit = city.units.get(grant.unit)
    return [unit.area] if unit and unit.area != city.root else []


def seen(actor: Actor, city: City) -> QuerySet[Warning]:
    """The warnings that this actor may see; what a challenger saw is not among them."""
    must_see_warnings(actor)
    return Warning.objects.filter(in_reach(actor, city)).exclude(shown="silent")


def must_see(actor: Actor, row: Warning, city: City) -> None:
    """NotFound where the warning is out of sight."""
    if not may(actor, "see_warnings", areas=city.area_path(row.area), units=units_of(row)):
        raise NotFound(NO_WARNING)


def may_do(actor: Actor, right: str, row: Warning, city: City) -> bool:
    return may(actor, right, areas=city.area_path(row.area), units=units_of(row))


def may_tune(actor: Actor, city: City) -> bool:
    """Whether somebody changes detectors: they look at the whole city, so it takes a role in the whole of it."""
    return may(actor, "tune", areas=(city.root,), units=())


def units_of(row: Warning) -> set[str]:
    return {row.unit} if row.unit else set()
