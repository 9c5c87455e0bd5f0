"""The whole city put together, in degrees, with names and codes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Point, Polygon

from xianban.simulate.geography import names, places
from xianban.simulate.geography.arteries import Artery, Quarter, make_arteries, make_quarters
from xianban.simulate.geography.cells import Plot, cut_up, share_borders, shares
from xianban.simulate.geography.land import Floats, Land, make_land

# An empty stretch of the Yellow Sea: whoever looks these coordinates up finds open water.
MIDDLE_LAT, MIDDLE_LON = 35.2, 122.6
METRES_PER_DEGREE = 111_320.0
STEP_DEG = 1e-6
COMMUNITIES, GRIDS, PEOPLE = 150, 900, 868_000
IN_TOWN = 0.07  # relative people per km2


@dataclass(frozen=True)
class Area:
    """One area of the tree, from the city down to a grid."""

    code: str
    name: str
    level: str
    parent: str
    aliases: tuple[str, ...]
    population: int
    polygon: Polygon

    @property
    def middle(self) -> Point:
        """A point inside, the centroid where that is inside."""
        centroid = self.polygon.centroid
        return centroid if self.polygon.contains(centroid) else self.polygon.representative_point()


@dataclass(frozen=True)
class Layer:
    """A feature of the map's background."""

    name: str
    kind: str
    weight: int
    shape: shapely.Geometry


@dataclass(frozen=True)
class Place:
    """What people name; a road has one for each street that it crosses."""

    name: str
    kind: str
    area: str
    lat: float
    lon: float
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Geography:
    """Everything that the sample pack says about space."""

    areas: tuple[Area, ...]
    layers: tuple[Layer, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True)
class _Cut:
    """The city in pieces: grids with their community's and street's numbers."""

    quarters: list[Quarter]
    grids: list[Plot]
    community_of: list[int]
    street_of: list[int]
    cuts: list[tuple[LineString, bool]]


def make_geography(seed: int = 7) -> Geography:
    """The sample city; the same seed gives the same city to the last digit."""
    rng = np.random.default_rng(seed)
    land = make_land(rng)
    arteries = make_arteries(land)
    cut = _cut_city(make_quarters(land, arteries), rng)
    bag = names.NameBag(rng)
    areas = _areas(cut, bag)
    roads = places.by_roads(arteries, cut.cuts, bag, land.river.union(land.lake))
    layers = _layers(land, roads, cut, areas)
    return Geography(
        tuple(areas), tuple(layers), tuple(_places(land, arteries, roads, cut, areas, bag, rng))
    )


def to_degrees(shape: shapely.Geometry) -> shapely.Geometry:
    """From metres around the middle to longitude and latitude on the shared lattice."""
    return shapely.set_precision(shapely.transform(shape, _degrees), STEP_DEG)


def _degrees(xy_m: Floats) -> Floats:
    lon = MIDDLE_LON + xy_m[:, 0] / (METRES_PER_DEGREE * np.cos(np.radians(MIDDLE_LAT)))
    return np.c_[lon, MIDDLE_LAT + xy_m[:, 1] / METRES_PER_DEGREE]


def _cut_city(quarters: list[Quarter], rng: np.random.Generator) -> _Cut:
    quarters = _in_reading_order(quarters)
    streets = [Plot(quarter.polygon, quarter.points, quarter.people) for quarter in quarters]
    communities: list[Plot] = []
    grids: list[Plot] = []
    street_of_community: list[int] = []
    cuts: list[tuple[LineString, bool]] = []
    for number, count in enumerate(shares([plot.demand for plot in streets], COMMUNITIES, least=3)):
        plots, lines = cut_up(streets[number], count, rng)
        communities += _row_by_row(plots)
        street_of_community += [number] * count
        cuts += [(line, bool(streets[number].people.mean() > IN_TOWN)) for line in lines]
    community_of: list[int] = []
    for number, count in enumerate(shares([plot.demand for plot in communities], GRIDS, least=4)):
        grids += _row_by_row(cut_up(communities[number], count, rng)[0])
        community_of += [number] * count
    return _Cut(
        quarters, grids, community_of, [street_of_community[at] for at in community_of], cuts
    )


def _in_reading_order(quarters: list[Quarter]) -> list[Quarter]:
    """By district, then from the middle of the city outwards."""
    order = {name: at for at, name in enumerate(names.REGION_CODES)}
    heart = Point(200, -500)
    return sorted(
        quarters,
        key=lambda quarter: (order[quarter.district], quarter.polygon.centroid.distance(heart)),
    )


def _row_by_row(plots: list[Plot]) -> list[Plot]:
    """From west to east and north to south, as grids are numbered."""
    tops = [plot.polygon.centroid.y for plot in plots]
    band = (max(tops) - min(tops)) / max(1, round(len(plots) ** 0.5)) + 1
    return sorted(
        plots, key=lambda p: (int((max(tops) - p.polygon.centroid.y) // band), p.polygon.centroid.x)
    )


def _areas(cut: _Cut, bag: names.NameBag) -> list[Area]:
    polygons = share_borders([to_degrees(plot.polygon) for plot in cut.grids], step=STEP_DEG)
    people = np.array([plot.people.sum() for plot in cut.grids])
    population = np.round(people / people.sum() * PEOPLE).astype(int) + 6
    street_code, street_name = _street_labels(cut)
    community_code, community_name = _community_labels(cut, street_code, street_name, bag)
    grid_code, grid_name = _grid_labels(cut, community_code, community_name)
    of_city = [names.CITY_CODE] * len(cut.grids)
    of_street = [street_code[at] for at in cut.street_of]
    of_community = [community_code[at] for at in cut.community_of]
    labels = {
        names.CITY_CODE: names.CITY,
        **{code: name for name, code in names.REGION_CODES.items()},
    }
    labels |= {code: f"{name}街道" for code, name in zip(street_code, street_name, strict=True)}
    labels |= dict(zip(community_code, community_name, strict=True)) | dict(
        zip(grid_code, grid_name, strict=True)
    )
    levels = [
        ("city", of_city, [""] * len(cut.grids)),
        ("district", [code[:6] for code in of_street], of_city),
        ("street", of_street, [code[:6] for code in of_street]),
        ("community", of_community, of_street),
        ("grid", grid_code, of_community),
    ]
    areas = []
    for level, codes, parents in levels:
        areas += _one_level(level, codes, parents, labels, polygons, population)
    return areas


def _one_level(
    level: str,
    codes: Sequence[str],
    parents: Sequence[str],
    labels: dict[str, str],
    polygons: Sequence[Polygon],
    population: np.ndarray,
) -> list[Area]:
    parent_of = dict(zip(codes, parents, strict=True))
    areas = []
    for code in sorted(parent_of):
        own = [at for at, mine in enumerate(codes) if mine == code]
        shape = shapely.coverage_union_all([polygons[at] for at in own])
        areas.append(
            Area(
                code,
                labels[code],
                level,
                parent_of[code],
                _aliases(level, labels[code]),
                int(population[own].sum()),
                shape,
            )
        )
    return areas


def _aliases(level: str, name: str) -> tuple[str, ...]:
    if level == "street":
        return (f"{name}办事处", name.removesuffix("街道") + "街办")
    if level == "community":
        return (name.removesuffix("社区").removesuffix("村") + "居委会",)
    return ()


def _street_labels(cut: _Cut) -> tuple[list[str], list[str]]:
    codes, labels, seen = [], [], dict.fromkeys(names.REGION_CODES, 0)
    for quarter in cut.quarters:
        seen[quarter.district] += 1
        number = seen[quarter.district]
        codes.append(f"{names.REGION_CODES[quarter.district]}{number:03d}")
        labels.append(names.STREETS[quarter.district][number - 1])
    return codes, labels


def _community_labels(
    cut: _Cut, street_code: list[str], street_name: list[str], bag: names.NameBag
) -> tuple[list[str], list[str]]:
    codes: list[str] = []
    labels: list[str] = []
    street_of = dict(zip(cut.community_of, cut.street_of, strict=True))
    first_of = {street: community for community, street in reversed(street_of.items())}
    for community in sorted(street_of):
        street = street_of[community]
        codes.append(f"{street_code[street]}{community - first_of[street] + 1:03d}")
        first = community == first_of[street]
        labels.append((street_name[street] if first else bag.take("community")) + "社区")
    return codes, labels


def _grid_labels(
    cut: _Cut, community_code: list[str], community_name: list[str]
) -> tuple[list[str], list[str]]:
    codes, labels, number = [], [], 0
    for at, community in enumerate(cut.community_of):
        number = number + 1 if at and cut.community_of[at - 1] == community else 1
        codes.append(f"{community_code[community]}{number:03d}")
        labels.append(f"{community_name[community]}第{number:02d}网格")
    return codes, labels


def _layers(land: Land, roads: list[places.Line], cut: _Cut, areas: list[Area]) -> list[Layer]:
    lines = places.background(land, roads) + places.bridges(land, roads)
    tree = shapely.STRtree([plot.polygon for plot in cut.grids])
    for name, spot in zip(names.PARKS, places.PARK_SPOTS_KM, strict=True):
        around = cut.grids[int(tree.nearest(Point(spot[0] * 1000, spot[1] * 1000)))].polygon
        green = (
            around.difference(shapely.union_all([land.river, land.lake]).buffer(25))
            .buffer(-70)
            .buffer(40)
        )
        largest = max(shapely.get_parts(green), key=lambda part: part.area, default=None)
        if largest is not None:
            lines.append(
                places.Line(
                    name,
                    "green",
                    largest.intersection(Point(spot[0] * 1000, spot[1] * 1000).buffer(420)),
                    3,
                )
            )
    return [
        Layer(line.name, line.kind, line.weight, to_degrees(line.shape.simplify(6)))
        for line in lines
        if not line.shape.is_empty
    ]


def _places(
    land: Land,
    arteries: list[Artery],
    roads: list[places.Line],
    cut: _Cut,
    areas: list[Area],
    bag: names.NameBag,
    rng: np.random.Generator,
) -> list[Place]:
    grids = [area for area in areas if area.level == "grid"]
    streets = [area for area in areas if area.level == "street"]
    street_name = {street.code: street.name.removesuffix("街道") for street in streets}
    spots = [
        *places.estates(cut.grids, bag, rng),
        *places.facilities(cut.grids, [street_name[grid.parent[:9]] for grid in grids], rng),
        *places.landmarks(cut.grids, roads),
    ]
    found = []
    for spot in spots:
        lon, lat = _degrees(np.array([[spot.x_m, spot.y_m]]))[0]
        found.append(
            Place(spot.name, spot.kind, grids[spot.plot].code, float(lat), float(lon), spot.aliases)
        )
    for line in [*roads, *places.bridges(land, roads)]:
        found += _crossings(line, streets)
    for name, shape in ((names.LAKE, land.lake), (names.ISLET, land.islet), *land.hills.items()):
        found += _crossings(
            places.Line(name, "water" if name == names.LAKE else "landmark", shape, 1), streets
        )
    return found


def _crossings(line: places.Line, streets: list[Area]) -> list[Place]:
    """One place for each street that the line runs through for a good part."""
    shape = to_degrees(line.shape)
    size = shape.area or shape.length
    found = []
    for street in streets:
        within = shape.intersection(street.polygon)
        if (within.area or within.length) > min(0.3 * size, 0.006):
            middle = _on(within)
            found.append(Place(line.name, line.kind, street.code, middle.y, middle.x, ()))
    return found


def _on(shape: shapely.Geometry) -> Point:
    """A point in the middle of the longest piece."""
    pieces = list(shapely.get_parts(shape))
    longest = max(pieces, key=lambda piece: piece.length)
    return (
        longest.interpolate(0.5, normalized=True)
        if isinstance(longest, LineString)
        else longest.representative_point()
    )
