"""Who may see which warnings: the areas of those roles that may."""

from django.db.models import Q, QuerySet

from xianban.accounts.api import MAY, Actor, may, may_anywhere
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


def units_of(row: Warning) -> set[str]:
    return {row.unit} if row.unit else set()
