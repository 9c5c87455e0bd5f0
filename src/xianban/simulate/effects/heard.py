"""The city of known truth as the product knows it: who spoke up about what, where and when."""

from datetime import UTC, datetime, time, timedelta

import numpy as np
import polars as pl

from xianban.prevention.api import Past, Terrain
from xianban.simulate.bulk.ground import Ground, Ints
from xianban.simulate.bulk.world import Reports, World
from xianban.simulate.sheets import leaves

LEVELS = ("grid", "community", "street", "district", "city")
METRES_PER_DEGREE = 111_320.0
SOUTH, WEST = 31.0, 121.0  # where the invented city lies


def codes(ground: Ground, level: str) -> list[str]:
    """The area of a level around each grid."""
    return [f"{level}-{n}" for n in numbers(ground, level).tolist()]


def numbers(ground: Ground, level: str) -> Ints:
    """The same as numbers, from 0 on."""
    if level == "grid":
        return np.arange(ground.n)
    return np.zeros(ground.n, np.int64) if level == "city" else getattr(ground, level)


def terrain_of(world: World) -> Terrain:
    """Areas, places and matters of the city, as a detector and a measure look them up."""
    ground = world.ground
    lines = {level: codes(ground, level) for level in LEVELS}
    paths = {lines[LEVELS[n]][grid]: tuple(lines[level][grid] for level in reversed(LEVELS[n:]))
             for n in range(len(LEVELS)) for grid in range(ground.n)}  # fmt: skip
    degrees = ground.xy[:, ::-1] / METRES_PER_DEGREE
    degrees[:, 1] /= np.cos(np.radians(SOUTH))
    place: dict[str, tuple[float, float]] = {}
    for level in LEVELS:
        number = numbers(ground, level)
        people = np.bincount(number, ground.people)
        middle = [np.bincount(number, ground.people * degrees[:, i]) / people for i in (0, 1)]
        place |= {f"{level}-{n}": (SOUTH + y, WEST + x) for n, (y, x) in enumerate(zip(*middle, strict=True))}  # fmt: skip
    matters = sorted({code[:digits] for code in leaves() for digits in (2, 4, 6)})
    return Terrain(
        area_at={level: {code: path[len(LEVELS) - 1 - n] for code, path in paths.items() if len(path) >= len(LEVELS) - n}
                 for n, level in enumerate(LEVELS)},
        matter_at={depth: {code: code[: 2 * depth] for code in matters} for depth in (1, 2, 3)},
        xy=place,
        names={code: code for code in paths},
        matters={code: code for code in matters},
        paths=paths,
    )  # fmt: skip


class Heard:
    """Everything that was said so far, repeated voices left out."""

    def __init__(self, world: World, terrain: Terrain | None = None) -> None:
        self.world, self.terrain = world, terrain or terrain_of(world)
        self._areas = np.array(codes(world.ground, "grid"))
        self._matters = np.array([kind.matter for kind in world.kinds])
        self._places = np.array([self.terrain.xy[code] for code in self._areas])
        self._rows: list[Ints] = []

    def copy(self) -> "Heard":
        """The same past, to which another future can be added."""
        other = Heard(self.world, self.terrain)
        other._rows = list(self._rows)
        return other

    def hear(self, day: int, said: Reports) -> None:
        """Add the day's voices."""
        new = said.new
        self._rows.append(np.stack([np.full(int(new.sum()), day), said.grid[new], said.kind[new]]))

    def past(self, day: int) -> Past:
        """What is known at the end of the last day."""
        when, grid, kind = np.concatenate(self._rows, axis=1)
        n = len(when)
        where = self._places[grid]
        rows = pl.DataFrame({
            "key": np.arange(n), "case": np.arange(n), "matter": self._matters[kind], "area": self._areas[grid],
            "lat": where[:, 0], "lon": where[:, 1], "day": (day - when).astype(np.int32),
        }).with_columns(words=pl.lit(""), ended_day=pl.lit(None, pl.Int32))  # fmt: skip
        until = datetime.combine(self.world.date(day) + timedelta(days=1), time(), UTC)
        return Past(rows, until, self.terrain)

    def voices(self, first: int, days: int) -> Ints:
        """How many spoke up in so many days, (grids, kinds)."""
        kinds = len(self.world.kinds)
        found = np.zeros(self.world.ground.n * kinds, np.int64)
        for when, grid, kind in self._rows:
            if len(when) and first <= when[0] < first + days:
                found += np.bincount(grid * kinds + kind, minlength=len(found))
        return found.reshape(-1, kinds)
