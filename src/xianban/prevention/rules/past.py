"""The history cut into series: days or weeks, by area and matter, up to a moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

KM_PER_DEGREE = 111.32


@dataclass(frozen=True)
class Terrain:
    """What of the city a detector needs, as plain values: which area lies in which, and where."""

    area_at: Mapping[str, Mapping[str, str]]  # level -> any area -> the one of that level around it
    matter_at: Mapping[int, Mapping[str, str]]  # level -> any matter -> the one of that level
    xy: Mapping[str, tuple[float, float]]  # area -> latitude, longitude
    names: Mapping[str, str]  # of areas
    matters: Mapping[str, str]  # names of matters
    paths: Mapping[str, Sequence[str]]  # area -> from the root down to it
    holidays: Sequence[date] = ()
    tz: Any = None

    def around(self, areas: Sequence[str]) -> str:
        """The smallest area around all of these."""
        paths = [self.paths.get(code, (code,)) for code in areas]
        shared = [steps[0] for steps in zip(*paths, strict=False) if len({*steps}) == 1]
        return shared[-1] if shared else ""


@dataclass(frozen=True)
class Past:
    """What was known at `until` (an aware time): one row for each voice, newest day ending there.

    `rows`: key, case, matter, area, lat, lon, day (0 is the newest, 1 the one before), words, and in the
    same days `ended_day`, when its case had ended otherwise than in another one, and `answered_day`, when
    it was answered (null: not yet). New voices alone.
    """

    rows: pl.DataFrame
    until: datetime
    terrain: Terrain
    hourly: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    cuts: dict[Any, Any] = field(default_factory=dict, repr=False)  # made once, for all detectors

    @cached_property
    def today(self) -> date:
        """The date of the newest day: the one that ends at `until`."""
        tz = self.terrain.tz
        return ((self.until.astimezone(tz) if tz else self.until) - timedelta(hours=12)).date()

    @property
    def days(self) -> int:
        """How many days the history reaches back."""
        oldest = self.rows["day"].max() if self.rows.height else None
        return int(oldest) + 1 if oldest is not None else 0  # type: ignore[arg-type]

    def date_of(self, day: int) -> date:
        return self.today - timedelta(days=day)

    def dates(self, days: int) -> NDArray[np.datetime64]:
        return np.datetime64(self.today) - np.arange(days - 1, -1, -1)


def past_of(
    frame: pl.DataFrame, *, until: datetime, terrain: Terrain, hourly: bool = False
) -> Past:
    """The rows of a history as a `Past`: one who repeats counts once, whoever has no matter not at all.

    Days end at the time of day of `until`, so that an hourly round sees whole days too.
    """
    said = frame.filter(
        pl.col("new_voice") & (pl.col("received") < until) & pl.col("matter").is_not_null()
        & (pl.col("matter") != "") & pl.col("area").is_not_null() & (pl.col("area") != "")
    )  # fmt: skip
    ago = pl.lit(until).dt.convert_time_zone("UTC") - pl.col("received")
    rows = said.select(
        "key", "case", "matter", "area", "lat", "lon", "words",
        day=((ago.dt.total_seconds() - 1) // 86_400).cast(pl.Int32),
        ended_day=pl.when(pl.col("state").ne_missing("merged")).then(_later(ago, "ended_h")),
        answered_day=_later(ago, "answered_h"),
    )  # fmt: skip
    return Past(rows, until, terrain, hourly)


def _later(ago: pl.Expr, hours: str) -> pl.Expr:
    """The day of what came so many hours after receipt; null where it did not."""
    return ((ago.dt.total_seconds() - pl.col(hours) * 3600) // 86_400).cast(pl.Int32)


@dataclass(frozen=True)
class Cut:
    """Counts of people (series, steps), oldest first, with the cell of each series."""

    cells: tuple[tuple[str, str], ...]  # area, matter
    counts: NDArray[np.int64]
    rows: pl.DataFrame  # of the past, with `cell`, for whoever asks who is behind


def cut(past: Past, *, area: str, matter: int, days: int, step_days: int = 1) -> Cut:
    """Series of the areas of one level and the matters of one; the last step ends now."""
    asked = (area, matter, days, step_days)
    if asked not in past.cuts:
        past.cuts[asked] = _cut(past, area, matter, days, step_days)
    made: Cut = past.cuts[asked]
    return made


def _cut(past: Past, area: str, matter: int, days: int, step_days: int) -> Cut:
    steps = max(1, min(days, past.days or 1) // step_days)
    placed = _placed(past, area, matter).filter(pl.col("day") < steps * step_days)
    cells = placed.select("cell_area", "cell_matter").unique().sort("cell_area", "cell_matter")
    cells = cells.with_row_index("cell")
    rows = placed.join(cells, on=("cell_area", "cell_matter"), how="left")
    counts = np.zeros((cells.height, steps), dtype=np.int64)
    step = steps - 1 - rows["day"].to_numpy() // step_days
    np.add.at(counts, (rows["cell"].to_numpy(), step), 1)
    names = tuple(zip(cells["cell_area"].to_list(), cells["cell_matter"].to_list(), strict=True))
    return Cut(names, counts, rows)


def _placed(past: Past, area: str, matter: int) -> pl.DataFrame:
    """The rows with their area and matter at these levels, those that have both."""
    if (area, matter) not in past.cuts:
        past.cuts[area, matter] = _at_levels(past, area, matter)
    placed: pl.DataFrame = past.cuts[area, matter]
    return placed


def _at_levels(past: Past, area: str, matter: int) -> pl.DataFrame:
    areas, matters = past.terrain.area_at.get(area, {}), past.terrain.matter_at.get(matter, {})
    return past.rows.with_columns(
        cell_area=pl.col("area").replace_strict(dict(areas), default=None, return_dtype=pl.String),
        cell_matter=pl.col("matter").replace_strict(
            dict(matters), default=None, return_dtype=pl.String
        ),
    ).filter(pl.col("cell_area").is_not_null() & pl.col("cell_matter").is_not_null())


def shared_out(cells: Sequence[tuple[str, str]], counts: NDArray[Any]) -> NDArray[np.float64]:
    """What each cell would have if its area and its matter alone decided: row times column over all.

    One that always recurs is no news to itself; so it is compared with others of its matter, and a busy
    area with its own load.
    """
    areas = np.unique([area for area, _ in cells], return_inverse=True)[1]
    matters = np.unique([matter for _, matter in cells], return_inverse=True)[1]
    of_area, of_matter = np.bincount(areas, counts), np.bincount(matters, counts)
    return np.asarray(of_area[areas] * of_matter[matters] / max(1.0, counts.sum()), dtype=float)


def plane(terrain: Terrain, areas: Sequence[str]) -> NDArray[np.float64]:
    """Kilometres east and north of a middle point, for areas that have a place."""
    places = np.array([terrain.xy[code] for code in areas], dtype=float).reshape(-1, 2)
    if not len(places):
        return places
    middle = places.mean(axis=0)
    shrink = np.cos(np.radians(middle[0]))
    return np.stack(
        [(places[:, 1] - middle[1]) * KM_PER_DEGREE * shrink, (places[:, 0] - middle[0]) * KM_PER_DEGREE],
        axis=1,
    )  # fmt: skip
