"""From a point to its area: polygons first, the deepest around it; else the nearest area close by."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

EARTH_M = 6_371_009.0


@dataclass(frozen=True)
class Spot:
    """An area as the index needs it: how deep in the tree, and its centre where one is known."""

    code: str
    depth: int
    lat: float | None
    lon: float | None


class AreaIndex:
    """Answers where points lie. Read-only once made; safe to share between threads."""

    def __init__(
        self, spots: Sequence[Spot], shapes: Mapping[str, str], *, nearest_m: float
    ) -> None:
        depth = {spot.code: spot.depth for spot in spots}
        # deepest first, then by code: the first hit is the answer
        codes = sorted((code for code in shapes if code in depth), key=lambda c: (-depth[c], c))
        self._codes = codes
        self._polygons = (
            shapely.from_geojson([shapes[code] for code in codes]) if codes else np.array([])
        )
        shapely.prepare(self._polygons)
        self._tree = shapely.STRtree(self._polygons) if codes else None
        centres = [(s, *_centre(s, shapes)) for s in spots]
        known = [(s, lat, lon) for s, lat, lon in centres if lat is not None and lon is not None]
        self._near = [s for s, _, _ in known]
        self._at = np.radians(
            np.array([(lat, lon) for _, lat, lon in known], dtype=float).reshape(-1, 2)
        )
        self._nearest_m = nearest_m

    def locate(self, lat: float, lon: float) -> str | None:
        """The deepest area around the point, else the deepest and nearest within reach, else None."""
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            return None
        if self._tree is not None:
            hits = self._tree.query(shapely.Point(lon, lat), predicate="intersects")
            if len(hits):
                return self._codes[int(hits.min())]
        return self._nearest(lat, lon)

    def locate_many(self, lats: Sequence[float], lons: Sequence[float]) -> list[str | None]:
        """`locate` for many points at once."""
        if self._tree is None or not len(lats):
            return [self.locate(lat, lon) for lat, lon in zip(lats, lons, strict=True)]
        points = shapely.points(np.asarray(lons, float), np.asarray(lats, float))
        which, polygons = self._tree.query(points, predicate="intersects")
        first = np.full(len(points), len(self._codes))
        np.minimum.at(first, which, polygons)
        return [
            self._codes[hit] if hit < len(self._codes) else self.locate(lat, lon)
            for hit, lat, lon in zip(first, lats, lons, strict=True)
        ]

    def _nearest(self, lat: float, lon: float) -> str | None:
        if not self._near or not self._nearest_m:
            return None
        y, x = np.radians([lat, lon])
        halves = np.sin((self._at - (y, x)) / 2) ** 2
        metres = (
            2
            * EARTH_M
            * np.arcsin(np.sqrt(halves[:, 0] + np.cos(y) * np.cos(self._at[:, 0]) * halves[:, 1]))
        )
        reached = np.flatnonzero(metres <= self._nearest_m)
        if not len(reached):
            return None
        return self._near[
            min(reached, key=lambda n: (-self._near[n].depth, metres[n], self._near[n].code))
        ].code


def _centre(spot: Spot, shapes: Mapping[str, str]) -> tuple[float | None, float | None]:
    if spot.lat is not None and spot.lon is not None:
        return spot.lat, spot.lon
    if spot.code in shapes:
        point = shapely.from_geojson(shapes[spot.code]).representative_point()
        return point.y, point.x
    return None, None


def geometry_fault(geometry: Any) -> str:
    """What is wrong with a GeoJSON geometry as an area's outline; empty where nothing is."""
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        found = geometry.get("type") if isinstance(geometry, dict) else geometry
        return f"the geometry is {found!r}, not a Polygon or MultiPolygon"
    try:
        shape = shapely.from_geojson(json.dumps(geometry))
    except (shapely.errors.GEOSException, ValueError, TypeError) as fault:
        return f"the geometry cannot be read ({str(fault).splitlines()[0][:120]})"
    if shape is None or shape.is_empty:
        return "the geometry is empty"
    west, south, east, north = shape.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        return "the coordinates are not degrees (WGS 84, longitude first)"
    return "" if shape.is_valid else f"the polygon is not valid: {shapely.is_valid_reason(shape)}"


def overlapping(shapes: Mapping[str, str], *, share: float = 0.01) -> list[tuple[str, str, float]]:
    """Pairs of outlines that share more than `share` of the smaller one."""
    codes = sorted(shapes)
    if not codes:
        return []
    polygons = shapely.from_geojson([shapes[code] for code in codes])
    one, other = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    pairs = one < other
    one, other = one[pairs], other[pairs]
    common = shapely.area(shapely.intersection(polygons[one], polygons[other]))
    ratio = common / np.minimum(shapely.area(polygons[one]), shapely.area(polygons[other]))
    return [
        (codes[one[n]], codes[other[n]], float(ratio[n])) for n in np.flatnonzero(ratio > share)
    ]
