"""Where something happens: places that fit the matter, crowded ones more often, hot spots most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xianban.simulate.geography import Geography, Place
from xianban.simulate.words import Site

# kinds of place by the beginning of a matter's code; the longest that fits counts
KINDS = {
    "01": ("estate",),
    "010203": ("road", "road", "estate"),
    "010302": ("road", "village"),
    "010502": ("estate", "mall"),
    "0201": ("road", "estate", "market", "road"),
    "020105": ("park", "market", "station"),
    "0202": ("road", "market", "mall", "station"),
    "0203": ("park", "road", "estate"),
    "0301": ("road",),
    "030103": ("road", "estate"),
    "030105": ("road", "bridge", "estate"),
    "030201": ("estate", "market", "road"),
    "030202": ("water", "bridge", "park"),
    "0303": ("station", "road", "hospital"),
    "0401": ("road", "school", "hospital", "estate", "road"),
    "040102": ("estate", "hospital", "mall"),
    "040103": ("station", "road", "mall"),
    "040104": ("estate", "road"),
    "0402": ("station", "road", "estate"),
    "040202": ("station",),
    "0403": ("road", "school"),
    "05": ("estate",),
    "0601": ("estate", "village"),
    "0602": ("road", "estate"),
    "0603": ("village",),
    "0701": ("estate",),
    "070102": ("mall", "road", "market"),
    "070104": ("road", "bridge"),
    "0702": ("village", "road", "estate"),
    "08": ("mall", "market", "road"),
    "09": ("estate",),
    "0903": ("village", "market", "station"),
    "090303": ("station", "mall", "park"),
    "10": ("mall", "road", "estate"),
    "1101": ("estate", "school"),
    "1102": ("school",),
    "12": ("hospital",),
    "1202": ("estate", "hospital"),
    "13": ("estate", "village"),
    "14": ("office",),
    "15": ("village",),
}
# matters that a few places are known for: how many such places, and their share of the matter
HOT = {
    "010101": (6, 0.5),
    "020101": (5, 0.35),
    "020201": (4, 0.5),
    "020204": (3, 0.45),
    "030101": (4, 0.3),
    "030104": (4, 0.35),
    "040101": (6, 0.45),
    "050101": (5, 0.4),
    "060201": (3, 0.6),
    "070101": (4, 0.35),
    "070102": (2, 0.5),
    "080101": (2, 0.3),
}
AROUND_M = {"road": 220, "water": 300, "park": 120, "bridge": 60}
METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Spot:
    """A site with its coordinates."""

    site: Site
    area: str
    lat: float
    lon: float


class Sites:
    """The sample city's places, ready to be drawn from."""

    def __init__(self, city: Geography, rng: np.random.Generator) -> None:
        self._rng = rng
        self._names = {area.code: area.name for area in city.areas}
        people = {area.code: area.population for area in city.areas}
        self._by_kind: dict[str, list[Place]] = {}
        for place in city.places:
            self._by_kind.setdefault(place.kind, []).append(place)
        self._share = {kind: _shares(places, people) for kind, places in self._by_kind.items()}
        self._roads: dict[str, list[Place]] = {}
        for road in self._by_kind["road"]:
            self._roads.setdefault(road.area[:9], []).append(road)
        self._in_street: dict[str, list[Place]] = {}
        for place in city.places:
            self._in_street.setdefault(place.area[:9], []).append(place)
        self._community = _communities(city)
        self._hot: dict[str, list[Place]] = {
            matter: self._draw(matter, count) for matter, (count, _) in HOT.items()
        }

    def spot(self, matter: str, *, kind: str = "") -> Spot:
        """A place where this might happen."""
        if not kind and matter in HOT and self._rng.random() < HOT[matter][1]:
            hot = self._hot[matter]
            return self._around(hot[int(self._rng.integers(len(hot)))])
        return self._around(self._draw(matter, 1, kind=kind)[0])

    def at(self, matter: str, area: str, lat: float, lon: float) -> Spot:
        """The nearest place in the same street where this might happen."""
        kinds = set(_kinds_for(matter))
        places = self._in_street.get(area[:9], [])
        near = [place for place in places if place.kind in kinds] or places
        if not near:
            return self._around(self._draw(matter, 1)[0])
        return self._around(min(near, key=lambda p: (p.lat - lat) ** 2 + (p.lon - lon) ** 2))

    def near(self, spot: Spot) -> Spot:
        """The same place, told by a neighbour: some tens of metres off."""
        return Spot(spot.site, spot.area, *self._moved(spot.lat, spot.lon, 35))

    def _draw(self, matter: str, count: int, *, kind: str = "") -> list[Place]:
        kinds = (kind,) if kind else _kinds_for(matter)
        chosen = kinds[int(self._rng.integers(len(kinds)))]
        places = self._by_kind[chosen]
        size = min(count, len(places))
        return [
            places[at]
            for at in self._rng.choice(len(places), size=size, replace=False, p=self._share[chosen])
        ]

    def _around(self, place: Place) -> Spot:
        street = place.area[:9]
        lat, lon = self._moved(place.lat, place.lon, AROUND_M.get(place.kind, 40))
        roads = self._roads.get(street, self._by_kind["road"])
        road = min(roads, key=lambda r: (r.lat - place.lat) ** 2 + (r.lon - place.lon) ** 2)
        community = (
            place.area[:12] if len(place.area) >= 12 else self._nearest_community(street, lat, lon)
        )
        site = Site(place.name, place.kind, road.name, self._names[community], self._names[street])
        return Spot(site, place.area, lat, lon)

    def _nearest_community(self, street: str, lat: float, lon: float) -> str:
        return min(self._community[street], key=lambda c: (c[1] - lat) ** 2 + (c[2] - lon) ** 2)[0]

    def _moved(self, lat: float, lon: float, metres: float) -> tuple[float, float]:
        north, east = self._rng.normal(0, metres / METRES_PER_DEGREE, 2)
        return round(lat + north, 6), round(lon + east * 1.22, 6)


def _kinds_for(matter: str) -> Sequence[str]:
    return next(KINDS[matter[:digits]] for digits in (6, 4, 2) if matter[:digits] in KINDS)


def _shares(places: Sequence[Place], people: dict[str, int]) -> np.ndarray:
    """How likely each place is: by the people of its grid; for what spans a street, evenly."""
    weight = np.array(
        [people[place.area] if len(place.area) == 15 else 900 for place in places], dtype=float
    )
    return weight / weight.sum()


def _communities(city: Geography) -> dict[str, list[tuple[str, float, float]]]:
    found: dict[str, list[tuple[str, float, float]]] = {}
    for area in city.areas:
        if area.level == "community":
            found.setdefault(area.parent, []).append((area.code, area.middle.y, area.middle.x))
    return found
