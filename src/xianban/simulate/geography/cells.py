"""From a street's ground to communities and grids: cut again and again, the way towns grow.

Each cut runs across the longer side, a little askew and bent, and leaves as many people on either
side as the cells there shall have. Later all borders are put on one lattice of coordinates, so
that neighbours share every vertex: no gap, no overlap.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.ops import split

from xianban.simulate.geography.land import Floats

TILTS_DEG = (0, -7, 7, -16, 16, 90, 83, 97, 45, -45)
CROOKED_DENSITY = 0.06  # relative people per km2 below which borders follow fields, not streets


@dataclass(frozen=True)
class Plot:
    """A piece of ground with the points that sample it."""

    polygon: Polygon
    points: Floats
    people: Floats

    @property
    def demand(self) -> float:
        """How many cells it asks for: crowded ground asks for more, but less than in proportion."""
        return float(demand_of(self.people).sum())


def demand_of(people: Floats) -> Floats:
    """The weight of each sample point when ground is shared out."""
    return np.asarray(people**0.7 + 0.012)


def shares(demands: Sequence[float], total: int, *, least: int) -> list[int]:
    """Whole numbers in proportion to demands, at least `least` each, that sum to `total`."""
    wanted = np.asarray(demands, dtype=float)
    free = total - least * len(wanted)
    if free < 0:
        raise ValueError(f"{total} cannot give {least} to each of {len(wanted)}")
    exact = wanted / wanted.sum() * free
    given = np.floor(exact).astype(int)
    for at in np.argsort(given - exact, kind="stable")[: free - given.sum()]:
        given[at] += 1
    return [int(count) + least for count in given]


def cut_up(plot: Plot, count: int, rng: np.random.Generator) -> tuple[list[Plot], list[LineString]]:
    """`count` plots of like demand, and the lines along which they were cut."""
    if count == 1:
        return [plot], []
    first = count // 2
    one, other, line = _cut(plot, first / count, rng)
    ones, lines = cut_up(one, first, rng)
    others, more = cut_up(other, count - first, rng)
    return ones + others, [line, *lines, *more]


def share_borders(polygons: Sequence[Polygon], *, step: float) -> list[Polygon]:
    """The same polygons on a lattice of coordinates `step` wide, with every vertex shared."""
    borders = shapely.set_precision(shapely.boundary(polygons), step)
    net = shapely.union_all(borders, grid_size=step)
    faces = shapely.get_parts(shapely.polygonize([net]))
    spots = shapely.point_on_surface(faces)
    tree = shapely.STRtree(polygons)
    owner: dict[int, int] = {}
    for face, polygon in zip(*tree.query(spots, predicate="within"), strict=True):
        owner.setdefault(int(face), int(polygon))
    slivers = set(range(len(faces))) - set(owner)  # born of rounding, on a border or between two
    ground = shapely.polygons(shapely.get_exterior_ring(shapely.union_all(polygons)))
    for face in slivers:
        if ground.contains(spots[face]):
            owner[face] = int(tree.nearest(spots[face]))
    pieces: list[list[Polygon]] = [[] for _ in polygons]
    for face, polygon in sorted(owner.items()):
        pieces[polygon].append(faces[face])
    return [shapely.coverage_union_all(part) for part in pieces]


def _cut(plot: Plot, share: float, rng: np.random.Generator) -> tuple[Plot, Plot, LineString]:
    base = _long_side_angle(plot.polygon) + rng.normal(0, 0.05)
    crooked = 0.05 if plot.people.mean() < CROOKED_DENSITY else 0.014
    best: tuple[float, Polygon, Polygon] | None = None
    for tilt in TILTS_DEG:
        pieces = _try_cut(plot, base + np.radians(tilt), share, crooked, rng)
        if pieces is None:
            continue
        score = sum(piece.length**2 / piece.area for piece in pieces) * (1 + abs(tilt % 90) / 400)
        if best is None or score < best[0]:
            best = (score, *pieces)
        if len(TILTS_DEG) > 5 and tilt == 16 and best is not None:
            break  # the odd angles are only for ground that resists the straight ones
    if best is None:
        raise ValueError("a piece of ground could not be cut in two")
    _, one, other = best
    border = shapely.line_merge(one.intersection(other))
    line = max(shapely.get_parts(border), key=lambda part: part.length)
    return _part(plot, one), _part(plot, other), line


def _try_cut(
    plot: Plot, angle: float, share: float, crooked: float, rng: np.random.Generator
) -> tuple[Polygon, Polygon] | None:
    """Cut across `angle`; the piece that lies behind comes first. None if it falls into three."""
    ahead = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-ahead[1], ahead[0]])
    offset = _weighted_quantile(plot.points @ ahead, demand_of(plot.people), share)
    corners = shapely.get_coordinates(plot.polygon) @ across
    low, high = corners.min() - 50, corners.max() + 50
    along = np.linspace(low, high, 7)
    bend = np.r_[0, rng.normal(0, crooked * (high - low), 5), 0]
    knife = LineString(offset * ahead + along[:, None] * across + bend[:, None] * ahead)
    pieces = shapely.get_parts(split(plot.polygon, knife))
    if len(pieces) != 2 or min(piece.area for piece in pieces) < 100:
        return None
    middles = [np.array(piece.centroid.coords[0]) @ ahead for piece in pieces]
    return (pieces[0], pieces[1]) if middles[0] < middles[1] else (pieces[1], pieces[0])


def _part(plot: Plot, polygon: Polygon) -> Plot:
    inside: NDArray[np.bool_] = shapely.contains_xy(polygon, plot.points)
    if not inside.any():
        spot = np.array(polygon.representative_point().coords)
        return Plot(polygon, spot, np.full(1, plot.people.min()))
    return Plot(polygon, plot.points[inside], plot.people[inside])


def _long_side_angle(polygon: Polygon) -> float:
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(polygon))[:3]
    sides = np.diff(corners, axis=0)
    long = sides[np.argmax(np.hypot(sides[:, 0], sides[:, 1]))]
    return float(np.arctan2(long[1], long[0]))


def _weighted_quantile(values: Floats, weights: Floats, share: float) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, share * reached[-1])])
