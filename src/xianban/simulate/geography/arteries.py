"""The main roads, and the streets (街道) and districts that they and the river divide."""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.interpolate import CubicSpline
from shapely import LineString, Polygon

from xianban.simulate.geography.land import Floats, Land, people_per_km2

DISTRICTS = (
    "江北区",
    "望潮区",
    "澄湖区",
    "南屏区",
)  # north-west, north-east, south-west, south-east
STREETS_PER_DISTRICT = 6
AXIS = "云澜大道"
INNER_KM = [(3.3, 0.4), (2.9, 2.6), (0.6, 3.6), (-2.4, 3.0), (-3.5, 0.9), (-3.2, -3.5), (-0.3, -6.0), (3.4, -6.2), (5.0, -3.6), (4.5, -1.2)]  # fmt: skip
OUTER_KM = [(8.3, 0.2), (7.9, 4.3), (4.8, 7.2), (0.2, 7.5), (-4.6, 7.0), (-7.9, 4.6), (-8.7, 0.2), (-9.6, -4.4), (-6.6, -8.3), (-1.0, -8.6), (4.4, -8.3), (8.4, -6.9), (9.1, -3.2)]  # fmt: skip
# name: bends in km, from end to end
RADIALS_KM: dict[str, list[tuple[float, float]]] = {
    "云澜大道": [
        (-0.3, 16),
        (0.3, 9.5),
        (0.1, 4),
        (0.25, 1),
        (0.5, -2),
        (0.9, -5),
        (0.4, -9),
        (-0.6, -16),
    ],
    "长庚路": [
        (-3.6, 1.2),
        (-1.6, 0.7),
        (0.2, 0.8),
        (2.0, 1.6),
        (3.2, 2.3),
        (6.5, 3.0),
        (9.6, 3.2),
        (14, 3.6),
    ],
    "镜湖大道": [
        (-16, -4.4),
        (-9.6, -3.5),
        (-5.5, -3.2),
        (-2.5, -4.0),
        (0.8, -4.1),
        (4.8, -4.3),
        (9, -4.7),
        (15, -6.2),
    ],
    "屏山路": [(-2.2, 3.1), (-4.0, 5.0), (-6.0, 7.2), (-8.6, 9.2), (-12, 12.5)],
    "西江路": [(-3.5, 1.0), (-6.0, 3.4), (-8.0, 4.7), (-11.5, 5.6), (-17, 6.2)],
    "观澜路": [(2.6, 2.9), (4.2, 5.6), (5.2, 7.2), (6.4, 8.6), (8.0, 13.5)],
    "南屏路": [(3.0, -6.2), (4.4, -8.3), (5.2, -10.2), (6.0, -15)],
    "明远路": [(4.9, -4.0), (5.5, -1.6), (6.1, 0.8), (6.0, 2.9), (5.2, 4.6), (4.2, 5.6)],
    "西洲路": [(-4.6, -3.4), (-5.6, -1.4), (-6.0, 0.9), (-6.3, 3.6)],
    "湖滨路": [(-3.2, -3.6), (-4.9, -6.2), (-5.8, -8.1), (-7.0, -10.2), (-9.0, -14)],
}


@dataclass(frozen=True)
class Artery:
    """A main road: its whole course (`line`) and the part inside the city (`inside`)."""

    name: str
    line: LineString
    inside: LineString
    ring: bool


@dataclass(frozen=True)
class Quarter:
    """A street's (街道) ground, the district it belongs to, and the points that sample its people."""

    district: str
    polygon: Polygon
    points: Floats
    people: Floats


def make_arteries(land: Land) -> list[Artery]:
    """Ring roads and radials, cut at the city's edge."""
    rings = {"内环路": INNER_KM, "外环路": OUTER_KM}
    roads = [
        Artery(name, line, line, True)
        for name, line in ((n, _curve(b, closed=True)) for n, b in rings.items())
    ]
    for name, bends in RADIALS_KM.items():
        line = _curve(bends)
        pieces = shapely.get_parts(line.intersection(land.outline))
        roads.append(Artery(name, line, max(pieces, key=lambda piece: piece.length), False))
    return roads


def make_quarters(land: Land, arteries: list[Artery], *, spacing_m: float = 70) -> list[Quarter]:
    """Divide the city along river and main roads into streets of four districts."""
    axis = next(road.line for road in arteries if road.name == AXIS)
    quarters = [_quarter(land, axis, face, spacing_m) for face in _faces(land, arteries)]
    for district in DISTRICTS:
        own = [quarter for quarter in quarters if quarter.district == district]
        others = [quarter for quarter in quarters if quarter.district != district]
        while len(own) > STREETS_PER_DISTRICT:
            own = _merge_one(own)
        quarters = others + own
    return quarters


def _curve(bends_km: list[tuple[float, float]], *, closed: bool = False) -> LineString:
    points = np.array(bends_km + bends_km[:1] if closed else bends_km) * 1000
    along = np.r_[0, np.cumsum(np.sqrt(np.hypot(*np.diff(points, axis=0).T)))]
    curve = CubicSpline(along, points, bc_type="periodic" if closed else "natural")
    drawn = curve(np.linspace(0, along[-1], 240))
    if closed:
        drawn[-1] = drawn[0]
    return LineString(drawn).simplify(5)


def _faces(land: Land, arteries: list[Artery]) -> list[Polygon]:
    lines = [land.outline.exterior, land.river_line, *(road.line for road in arteries)]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines)]))
    inside = [face for face in faces if land.outline.contains(face.representative_point())]
    return sorted(inside, key=lambda face: (round(face.centroid.x), round(face.centroid.y)))


def _quarter(land: Land, axis: LineString, face: Polygon, spacing_m: float) -> Quarter:
    """A face of the road net, with points over it and the relative number of people at each."""
    west, south, east, north = face.bounds
    x, y = np.meshgrid(np.arange(west, east, spacing_m), np.arange(south, north, spacing_m))
    points = np.c_[x.ravel(), y.ravel()]
    points = points[shapely.contains_xy(face, points)]
    return Quarter(_district(land, axis, face), face, points, people_per_km2(points, land))


def _district(land: Land, axis: LineString, face: Polygon) -> str:
    """Northern or southern bank, west or east of the great avenue, which runs southwards."""
    spot = face.representative_point()
    west_north, east_north, west_south, east_south = DISTRICTS
    west = not _left_of(axis, spot)
    if _left_of(land.river_line, spot):
        return west_north if west else east_north
    return west_south if west else east_south


def _left_of(line: LineString, spot: shapely.Point) -> bool:
    at = line.project(spot)
    a, b = line.interpolate(max(at - 50, 0)), line.interpolate(at + 50)
    return (b.x - a.x) * (spot.y - a.y) - (b.y - a.y) * (spot.x - a.x) > 0


def _merge_one(quarters: list[Quarter]) -> list[Quarter]:
    """Join the least populous quarter to the neighbour with the longest border, sparing large ones."""
    for least in sorted(
        quarters, key=lambda quarter: quarter.people.sum() + quarter.polygon.area * 2e-7
    ):
        near = [quarter for quarter in quarters if quarter is not least]
        border = [quarter.polygon.intersection(least.polygon).length for quarter in near]
        score = [
            length / (1 + q.people.sum() / 400) for length, q in zip(border, near, strict=True)
        ]
        best = int(np.argmax(score))
        if border[best] > 100:
            joined = _joined(least, near.pop(best))
            return [*near, joined]
    raise ValueError("no two quarters of one district touch")


def _joined(one: Quarter, other: Quarter) -> Quarter:
    ground = shapely.union_all([one.polygon, other.polygon])
    people = np.r_[one.people, other.people]
    return Quarter(one.district, ground, np.r_[one.points, other.points], people)
