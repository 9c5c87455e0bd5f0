"""Where it is: names offered while one types, and what lies under a point on the map."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from xianban.base.errors import NotFound
from xianban.city import api as city
from xianban.web.throttle import too_quick

LOOKS_A_MINUTE = 120
BROAD = ("area", "road", "river", "water")  # their one point says little about where something is


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Places whose names fit what was typed so far."""
    typed = request.GET.get("place", "") or request.GET.get("area_name", "")
    areas_only = "area_name" in request.GET
    found = []
    if not too_quick(request, "places", times=LOOKS_A_MINUTE, within_s=60):
        found = offered(typed, areas_only=areas_only)
    return render(request, "resident/places.html", {"places": found, "areas_only": areas_only})


def offered(typed: str, *, areas_only: bool = False) -> list[dict[str, Any]]:
    """What the page needs of each place; nothing where one of them is what was typed."""
    try:
        here = city.current()
    except NotFound:
        return []
    found = here.places_like(typed[:100], areas_only=areas_only)
    if len(found) == 1 and found[0].name == typed.strip():
        return []
    return [
        {
            "name": one.name,
            "area": one.area,
            "within": " · ".join(
                here.area_name(code) for code in here.area_path(one.area)[1:][-2:]
            ),
            "point": None if one.kind in BROAD or one.lat is None else (one.lat, one.lon),
        }
        for one in found
    ]


def _around(here: city.City, one: city.PlaceNamed) -> tuple[str, ...]:
    """The two areas that a place lies in, a community and its street where there are."""
    path = here.area_path(here.area_at_level(one.area, "community") or one.area)[1:]
    return (path[:-1] if one.kind == "area" else path)[-2:]


@require_safe
def under(request: HttpRequest) -> HttpResponse:
    """The street and community in which a point lies, as a sentence."""
    try:
        lat, lon = float(request.GET["lat"]), float(request.GET["lon"])
        here = city.current()
    except (KeyError, ValueError, NotFound):
        return HttpResponse("", content_type="text/plain; charset=utf-8")
    inside = -90 <= lat <= 90 and -180 <= lon <= 180
    area = here.locate(lat, lon) if inside else None
    if area is None:
        said = _("这个点不在%(city)s范围内。照样可以反映，请再写明地点。") % {"city": here.name}
    else:
        shown = (
            here.area_at_level(area, "community") or area
        )  # a grid's number says nothing to residents
        names = [here.area_name(code) for code in here.area_path(shown)[1:]]
        said = _("已记下位置：%(place)s") % {"place": " · ".join(names or [here.name])}
    return HttpResponse(said, content_type="text/plain; charset=utf-8")
