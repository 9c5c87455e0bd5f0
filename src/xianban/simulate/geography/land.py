"""The ground that the sample city stands on: coast, river, lake, hills, and where people live.

All in metres around the middle of the city: x to the east, y to the north.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from shapely import LineString, MultiPolygon, Point, Polygon

Floats = NDArray[np.float64]

RIVER_BENDS_KM = [
    (-19, 0.6),
    (-14, 3.2),
    (-10, 3.9),
    (-6.6, 1.6),
    (-4.2, -1.3),
    (-1.2, -2.1),
    (1.8, -1.4),
    (4.4, 0.9),
    (7.2, 1.3),
    (10.0, -0.8),
    (13.6, -1.6),
    (19, -1.2),
]
RIVER_WIDTH_M = [
    (0.0, 190),
    (0.45, 330),
    (0.62, 430),
    (0.70, 640),
    (0.775, 1500),
    (0.83, 2900),
    (1.0, 4200),
]
ISLET = (-2.55, -1.86, 0.62, 0.11, -14)  # x, y, half length, half width in km; turned by degrees
LAKE_KM = [(-7.6, -5.2, 1.15), (-6.5, -4.7, 0.95), (-5.7, -5.3, 0.75), (-7.0, -6.2, 0.6)]
HILLS_KM = {
    "屏山": [(-10.4, 9.0, 2.4), (-8.3, 10.2, 1.7), (-11.6, 7.0, 1.3)],
    "望海岭": [(7.6, 9.4, 1.5), (9.0, 8.3, 1.2), (6.3, 10.3, 1.0)],
    "南屏山": [(0.6, -11.0, 1.9), (2.8, -10.6, 1.4), (-1.5, -10.4, 1.1)],
}
# where people live: x, y, spread in km, weight
CENTRES = [
    (0.2, 0.9, 1.7, 1.00),  # the old town inside the bend
    (2.6, -4.0, 1.6, 0.80),  # the new centre, south of the river
    (-3.9, 4.6, 1.5, 0.62),  # the railway quarter
    (5.2, 4.3, 1.4, 0.55),  # the eastern quarter
    (9.6, 2.9, 1.0, 0.42),  # the port
    (-3.6, -5.0, 1.2, 0.50),  # the university town by the lake
    (7.2, -5.4, 1.3, 0.48),  # the south-eastern new town
    (-10.6, 1.2, 0.9, 0.26),
    (-10.2, -4.2, 0.8, 0.22),
    (0.8, 9.4, 0.9, 0.28),
    (-3.4, -9.3, 0.8, 0.22),
    (6.2, -9.6, 0.8, 0.20),
    (-6.6, 7.0, 0.9, 0.24),
]
COUNTRY_DENSITY = 0.012


@dataclass(frozen=True)
class Land:
    """What nature gave: polygons, the middle of the river, and what is built on least."""

    outline: Polygon
    river_line: LineString
    river: Polygon
    sea: Polygon
    lake: Polygon
    islet: Polygon
    hills: dict[str, Polygon]


def make_land(rng: np.random.Generator) -> Land:
    """Draw coast, river, lake and hills."""
    inland, sea = _shores(rng)
    line, river = _river()
    islet = _turned_ellipse(*ISLET)
    whole_river = river.difference(islet)
    return Land(
        outline=inland,
        river_line=line,
        river=_largest(whole_river.intersection(inland)),
        sea=_largest(sea.difference(inland)),
        lake=_blob(LAKE_KM, rng),
        islet=islet,
        hills={
            name: _largest(_blob(parts, rng).intersection(inland))
            for name, parts in HILLS_KM.items()
        },
    )


def people_per_km2(xy_m: Floats, land: Land) -> Floats:
    """How many people live on a square kilometre at each point, relative to the old town's 1."""
    km = xy_m / 1000
    density = np.full(len(km), COUNTRY_DENSITY)
    for x, y, spread, weight in CENTRES:
        far = np.hypot(km[:, 0] - x, km[:, 1] - y)
        density += weight * np.exp(-((far / spread) ** 1.6) / 1.6)
    density *= 1 + 0.25 * np.sin(km[:, 0] * 1.9 + 1) * np.cos(km[:, 1] * 2.3)
    points = shapely.points(xy_m)
    for wet in (land.river, land.lake):
        density[shapely.contains(wet, points)] = 0
    for hill in land.hills.values():
        density[shapely.contains(hill, points)] *= 0.04
    return density


def _shores(rng: np.random.Generator) -> tuple[Polygon, Polygon]:
    """The city's outline, ending at a coast in the east, and the sea before it."""
    turn = np.linspace(0, 2 * np.pi, 480, endpoint=False)
    radius = 12.4 + _waves(turn, rng, octaves=(2, 3, 4, 5, 7, 11, 17, 29), size=1.25)
    body = Polygon(np.c_[radius * np.cos(turn) * 1.16, radius * np.sin(turn) * 0.93] * 1000)
    y = np.linspace(-20, 20, 400)
    coast = (
        11.2
        + 0.07 * y
        + 0.9 * np.sin(y / 2.9 + 0.4)
        + 0.35 * np.sin(y / 1.1)
        + 0.12 * np.sin(y / 0.43 + 2)
    )
    coast -= 1.6 * np.exp(-(((y + 1.1) / 1.7) ** 2))  # the estuary bites into the land
    coast += 1.5 * np.exp(-(((y - 5.6) / 1.0) ** 2))  # and a cape shelters the port
    east = Polygon([(40e3, -20e3), *np.c_[coast, y] * 1000, (40e3, 20e3)])
    sea = east.intersection(body.buffer(4200, quad_segs=4)).buffer(-900).buffer(900)
    return _largest(body.difference(east)), _largest(sea)


def _waves(
    turn: Floats, rng: np.random.Generator, *, octaves: tuple[int, ...], size: float
) -> Floats:
    total = np.zeros_like(turn)
    for octave in octaves:
        total += size * 1.6 / octave * np.cos(octave * turn + rng.uniform(0, 2 * np.pi))
    return total


def _river() -> tuple[LineString, Polygon]:
    bends = np.array(RIVER_BENDS_KM) * 1000
    along = np.r_[0, np.cumsum(np.hypot(*np.diff(bends, axis=0).T))]
    curve = CubicSpline(along, bends)
    at = np.linspace(0, along[-1], 420)
    line, slope = curve(at), curve(at, 1)
    slope /= np.hypot(slope[:, 0], slope[:, 1])[:, None]
    share, width = np.array(RIVER_WIDTH_M).T
    half = np.interp(at / along[-1], share, width) / 2
    half *= 1 + 0.10 * np.sin(at / 900) + 0.06 * np.sin(at / 370 + 1)
    side = np.c_[-slope[:, 1], slope[:, 0]] * half[:, None]
    banks = Polygon(np.r_[line + side, (line - side)[::-1]]).buffer(0)
    around_islet = _turned_ellipse(ISLET[0], ISLET[1], ISLET[2] + 0.22, ISLET[3] + 0.2, ISLET[4])
    return LineString(line).simplify(12), _largest(banks.union(around_islet)).simplify(8)


def _turned_ellipse(x: float, y: float, long: float, wide: float, degrees: float) -> Polygon:
    circle = Point(0, 0).buffer(1000, quad_segs=8)
    ellipse = shapely.affinity.scale(circle, long, wide)
    return shapely.affinity.translate(shapely.affinity.rotate(ellipse, degrees), x * 1000, y * 1000)


def _blob(parts: list[tuple[float, float, float]], rng: np.random.Generator) -> Polygon:
    """Overlapping wobbly discs, melted together."""
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    discs = []
    for x, y, size in parts:
        radius = size * (1 + _waves(turn, rng, octaves=(3, 5, 8), size=0.16))
        discs.append(
            Polygon(np.c_[x + radius * np.cos(turn), y + radius * np.sin(turn)] * 1000).buffer(0)
        )
    melted = shapely.union_all(discs).buffer(250).buffer(-250)
    return _largest(melted).simplify(15)


def _largest(shape: shapely.Geometry) -> Polygon:
    if isinstance(shape, Polygon):
        return shape
    assert isinstance(shape, MultiPolygon | shapely.GeometryCollection), shape.geom_type
    return max(
        (part for part in shape.geoms if isinstance(part, Polygon)), key=lambda part: part.area
    )
