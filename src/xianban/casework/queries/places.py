"""Cases by place: the columns that hold the areas around a case, and filters on them."""

from django.db.models import Q

from xianban.city.api import City

COLUMNS = ("district", "street", "community")


def columns_for(city: City, area: str) -> dict[str, str]:
    """The areas above this one by level; empty where there is none."""
    return {level: (city.area_at_level(area, level) or "") if area else "" for level in COLUMNS}


def areas_around(city: City, area: str) -> tuple[str, ...]:
    """From the root down to the area; a place that is not known lies in the root."""
    return city.area_path(area) if area else (city.root,)


def in_area(city: City, area: str) -> Q:
    """Cases in an area or anywhere below it."""
    if not area or area == city.root:
        return Q()
    known = city.areas.get(area) or city.retired_areas.get(area)
    level = known.level if known else ""
    return Q(**{level if level in COLUMNS else "area": area})
