"""What people name when they say where: roads, estates, schools, markets, stations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Polygon

from xianban.simulate.geography import names
from xianban.simulate.geography.arteries import Artery
from xianban.simulate.geography.cells import Plot
from xianban.simulate.geography.land import Floats, Land

METRO_KM = {
    "地铁1号线": [(0.2, 8.6), (0.1, 4), (0.25, 1), (0.5, -2), (0.9, -5), (0.4, -8.8)],
    "地铁2号线": [(-8.3, -3.4), (-5.2, -3.15), (-2.5, -4.0), (0.8, -4.1), (4.8, -4.3), (7.4, -5.2), (8.2, -6.4)],
    "地铁3号线": [(-6.4, 6.9), (-4.0, 5.0), (-2.2, 3.1), (-1.6, 0.7), (0.2, 0.8), (2.0, 1.6), (3.2, 2.3), (6.5, 3.0), (9.8, 3.2)],
}  # fmt: skip
RAIL_KM = [
    (-15, 10.5),
    (-9.5, 7.2),
    (-6, 5.6),
    (-3.4, 4.9),
    (0.5, 5.4),
    (4.0, 6.2),
    (6.4, 10.0),
    (7.4, 14),
]
CENTRAL_STATION_KM = (-3.4, 4.9)
PARK_SPOTS_KM = [(-0.9, -1.4), (-0.9, 1.9), (-5.4, -6.6), (1.2, 2.2), (1.0, -9.6), (12.4, 5.6), (3.4, -6.9), (-5.9, 5.1), (-4.2, -4.2), (6.1, 3.6)]  # fmt: skip
MALL_SPOTS_KM = [
    (0.5, 1.2),
    (1.1, 0.3),
    (2.5, -3.9),
    (-3.6, -5.2),
    (-4.1, 4.4),
    (0.9, -3.1),
    (9.5, 2.8),
    (-0.6, 0.9),
]


@dataclass(frozen=True)
class Spot:
    """A named place, in metres; `plot` is the number of the grid around it."""

    name: str
    kind: str
    plot: int
    x_m: float
    y_m: float
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A drawn line or polygon of the map's background, in metres."""

    name: str
    kind: str
    shape: shapely.Geometry
    weight: int  # 1 the most prominent


def by_roads(
    arteries: Sequence[Artery],
    cuts: Sequence[tuple[LineString, bool]],
    bag: names.NameBag,
    water: shapely.Geometry,
) -> list[Line]:
    """Main roads, and the smaller ones where communities were cut from each other (`True`: in town)."""
    lines = [Line(road.name, "road", road.inside, 1 if road.ring else 2) for road in arteries]
    taken = {line.name for line in lines}
    for whole, in_town in cuts:
        cut = max(shapely.get_parts(whole.difference(water)), key=lambda piece: piece.length)
        if cut.length < 350:
            continue
        name = bag.take("road") + bag.pick(names.ROAD_ENDS if in_town else names.LANE_ENDS)
        if name not in taken:
            taken.add(name)
            lines.append(Line(name, "road", cut, 3 if in_town else 4))
    return lines


def background(land: Land, roads: Sequence[Line]) -> list[Line]:
    """Everything behind the areas: water, hills, parks' outlines, rails, bridges, roads."""
    rails = LineString(np.array(RAIL_KM) * 1000).intersection(land.outline)
    return [
        Line(names.SEA, "water", land.sea, 1),
        *(Line(name, "green", hill, 1) for name, hill in land.hills.items()),
        Line(names.RIVER, "water", land.river, 1),
        Line(names.LAKE, "water", land.lake, 1),
        Line(names.ISLET, "green", land.islet, 2),
        Line("云澜铁路", "rail", _smooth(rails), 1),
        *(
            Line(name, "rail", LineString(np.array(bends) * 1000), 2)
            for name, bends in METRO_KM.items()
        ),
        *roads,
    ]


def bridges(land: Land, roads: Sequence[Line]) -> list[Line]:
    """Where roads of the first three orders cross the river."""
    found = []
    for road in roads:
        over = shapely.get_parts(road.shape.intersection(land.river)) if road.weight <= 2 else []
        spans = sorted(
            (part for part in over if 120 < part.length < 4000), key=lambda part: part.centroid.x
        )
        sides = {0: "", 1: [""], 2: "西东", 3: "西中东"}.get(
            len(spans), "一二三四五六七"[: len(spans)]
        )
        stem = road.name.removesuffix("大道").removesuffix("路")
        found += [
            Line(f"{stem}{side}大桥", "bridge", part, 1)
            for side, part in zip(sides, spans, strict=True)
        ]
    return found


def estates(plots: Sequence[Plot], bag: names.NameBag, rng: np.random.Generator) -> list[Spot]:
    """Where people live: up to two estates a grid in town, villages outside."""
    found: list[Spot] = []
    taken: set[str] = set()
    for number, plot in enumerate(plots):
        crowd = plot.people.mean()
        for _ in range(
            int(rng.choice(3, p=(0.35, 0.5, 0.15)) if crowd > 0.1 else rng.random() < 0.5)
        ):
            word = bag.take("estate")
            name = word + (bag.pick(names.ESTATE_ENDS) if crowd > 0.1 else "村")
            if name in taken or crowd == 0:
                continue
            taken.add(name)
            alias = (
                (word + "小区",)
                if name.endswith(("花园", "家园", "苑")) and word + "小区" not in taken
                else ()
            )
            taken.update(alias)
            x, y = _inner_point(plot, rng)
            found.append(Spot(name, "estate" if crowd > 0.1 else "village", number, x, y, alias))
    return found


def facilities(
    plots: Sequence[Plot], street_names: Sequence[str], rng: np.random.Generator
) -> list[Spot]:
    """Schools, markets, clinics: some in every street (`street_names`: each grid's)."""
    found = []
    for street in dict.fromkeys(street_names):
        own = [number for number, name in enumerate(street_names) if name == street]
        weight = np.array([plots[number].people.sum() + 0.01 for number in own])
        wanted = [
            (f"{street}中心小学", "school"),
            (f"{street}第二小学", "school"),
            (f"{street}幼儿园", "school"),
            (f"{street}中学", "school"),
            (f"{street}农贸市场", "market"),
            (f"{street}便民菜市场", "market"),
            (f"{street}社区卫生服务中心", "hospital"),
            (f"{street}街道政务服务大厅", "office"),
        ]
        for (name, kind), number in zip(
            wanted, rng.choice(own, size=len(wanted), p=weight / weight.sum()), strict=True
        ):
            found.append(Spot(name, kind, int(number), *_inner_point(plots[number], rng)))
    return found


def landmarks(plots: Sequence[Plot], roads: Sequence[Line]) -> list[Spot]:
    """City-wide places at fixed spots: stations, parks, malls, hospitals."""
    tree = shapely.STRtree([plot.polygon for plot in plots])
    fixed: list[tuple[str, str, tuple[float, float], tuple[str, ...]]] = [
        ("云澜站", "station", CENTRAL_STATION_KM, ("云澜火车站", "火车站")),
        ("云澜港客运码头", "station", (10.9, 2.4), ("客运码头",)),
        ("云澜大学", "school", (-4.0, -5.6), ()),
        ("云澜市第一人民医院", "hospital", (0.9, 1.6), ("市一院",)),
        ("云澜市第二人民医院", "hospital", (2.9, -4.7), ("市二院",)),
        ("云澜市中医院", "hospital", (-0.8, 0.2), ()),
        ("云澜市体育中心", "landmark", (3.7, -7.3), ("体育中心",)),
        ("钟鼓楼", "landmark", (-0.3, 1.0), ()),
        ("望潮台", "landmark", (3.2, 1.1), ()),
        *((name, "park", spot, ()) for name, spot in zip(names.PARKS, PARK_SPOTS_KM, strict=True)),
        *((name, "mall", spot, ()) for name, spot in zip(names.MALLS, MALL_SPOTS_KM, strict=True)),
        *_metro_stations(roads),
    ]
    found = []
    for name, kind, spot, aliases in fixed:
        x, y = spot[0] * 1000, spot[1] * 1000
        found.append(Spot(name, kind, int(tree.nearest(shapely.Point(x, y))), x, y, aliases))
    return found


def _metro_stations(
    roads: Sequence[Line],
) -> list[tuple[str, str, tuple[float, float], tuple[str, ...]]]:
    """A station every 1.2 km, named after the nearest road."""
    small = [road for road in roads if road.weight == 3]
    tree = shapely.STRtree([road.shape for road in small])
    taken: dict[str, tuple[float, float]] = {}
    for bends in METRO_KM.values():
        line = LineString(np.array(bends) * 1000)
        for at in np.linspace(0, line.length, int(line.length // 1250) + 1):
            spot = line.interpolate(at)
            if any(np.hypot(spot.x / 1000 - x, spot.y / 1000 - y) < 0.6 for x, y in taken.values()):
                continue
            for near in tree.query_nearest(spot.buffer(900), return_distance=False):
                name = f"地铁{small[int(near)].name}站"
                if name not in taken:
                    taken[name] = (spot.x / 1000, spot.y / 1000)
                    break
    return [(name, "station", spot, (name.removeprefix("地铁"),)) for name, spot in taken.items()]


def _inner_point(plot: Plot, rng: np.random.Generator) -> tuple[float, float]:
    """A point inside, away from the border, more likely where people live."""
    inner: Polygon = plot.polygon.buffer(-60)
    inside: Floats = (
        plot.points[shapely.contains_xy(inner, plot.points)]
        if not inner.is_empty
        else plot.points[:0]
    )
    if not len(inside):
        spot = plot.polygon.representative_point()
        return float(spot.x), float(spot.y)
    x, y = inside[rng.integers(len(inside))]
    return float(x), float(y)


def _smooth(line: LineString) -> LineString:
    for _ in range(3):  # Chaikin's corner cutting
        points = shapely.get_coordinates(line)
        early, late = 0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]
        line = LineString(
            np.r_[points[:1], np.stack([early, late], axis=1).reshape(-1, 2), points[-1:]]
        )
    return line
