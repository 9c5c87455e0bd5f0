"""The city as detectors need it: plain look-ups, made once for each pack."""

from xianban.city.api import City
from xianban.prevention.rules.past import Terrain

LEVELS = ("city", "district", "street", "community", "grid")


def terrain_of(city: City) -> Terrain:
    """The look-ups of this city; a pack's are kept until another pack is in effect."""
    known = _known.get(city.stamp)
    if known is None:
        _known.clear()
        known = _known[city.stamp] = _made(city)
    return known


_known: dict[str, Terrain] = {}


def _made(city: City) -> Terrain:
    areas = {**city.retired_areas, **city.areas}
    matters = {**city.retired_matters, **city.matters}
    lines = {code: city.matter_line(code) for code in matters}
    return Terrain(
        area_at={
            level: {
                code: around
                for code in areas
                if (around := city.area_at_level(code, level)) is not None
            }
            for level in LEVELS
        },
        matter_at={
            depth: {code: line[min(depth, len(line)) - 1] for code, line in lines.items()}
            for depth in (1, 2, 3)
        },
        xy=_places(city),
        names={code: area.name for code, area in areas.items()},
        matters={code: matter.name for code, matter in matters.items()},
        paths={code: city.area_path(code) for code in areas},
        holidays=tuple(sorted(day for day, working in city.calendar.days.items() if not working)),
        tz=city.tz,
    )


def _places(city: City) -> dict[str, tuple[float, float]]:
    """Where each area is: its own point, else the middle of those below it."""
    found = {
        code: (area.lat, area.lon)
        for code, area in city.areas.items()
        if area.lat is not None and area.lon is not None
    }
    for code in sorted(city.areas, key=lambda c: -len(city.area_path(c))):
        below = [found[child] for child in city.children.get(code, ()) if child in found]
        if code not in found and below:
            found[code] = (
                sum(lat for lat, _ in below) / len(below),
                sum(lon for _, lon in below) / len(below),
            )
    return found
