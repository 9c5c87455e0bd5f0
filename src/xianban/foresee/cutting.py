"""Events as daily counts: which days are whole, which series there are, and where each area lies."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xianban.foresee.reading import Events

THIN = 0.2  # days before the first stretch with this share of the usual load are an old remainder
STRETCH = 28  # days
LAST_STRETCH = 14  # days: shorter, as a file that ends should lose no more than its thin end
THIN_END_DAYS = 7  # a holiday may be as quiet; a shorter thin end is left in
CLOSED_BY_HOUR = 20  # a last day whose last event came earlier is probably not over
MOST_CELLS = 900
METRES_A_DEGREE = 111_195.0
EVERYTHING = -1


@dataclass(frozen=True, eq=False)
class Cut:
    """The whole days of a file and its events within them.

    `events` are those of `dates` (every day once, in order); `before` and `after` how many lie
    outside, `thin_days` how many thin days at the end were left out. `places` are what maps and scans work on: the file's areas where it has any with
    coordinates or names, else square cells; `place` is each event's, -1 for none; `place_xy` their
    middles in metres (or the file's plane units), NaN where unknown.
    """

    events: Events
    dates: NDArray[np.datetime64]
    before: int
    after: int
    place: NDArray[np.int64]
    places: tuple[str, ...]
    place_xy: NDArray[np.float64]
    cell_size: float
    thin_days: int = 0

    @cached_property
    def day(self) -> NDArray[np.int64]:
        """The column of `dates` of each event."""
        return (self.events.day - self.dates[0]).astype(np.int64)

    @cached_property
    def whole(self) -> NDArray[np.int64]:
        """How many came on each day."""
        return np.bincount(self.day, minlength=len(self.dates))

    def daily(self, series: NDArray[np.int64], number: int) -> NDArray[np.int64]:
        """Counts (number, days) of events by a code for each; -1 is left out."""
        kept = series >= 0
        flat = series[kept] * len(self.dates) + self.day[kept]
        table = np.bincount(flat, minlength=number * len(self.dates))
        return table.reshape(number, len(self.dates))


def cut(events: Events) -> Cut:
    """Leave out an old remainder at the beginning, a thin end, and a last day that was not over."""
    first, full = _first_day(events), _full_until(events)
    thin_days = int((events.day[-1] - full).astype(np.int64))
    last = full if thin_days else _last_day(events)
    day = events.day
    inside = (day >= first) & (day <= last)
    kept = events.only(inside)
    place, places, xy, size = _placed(kept)
    dates = np.arange(first, last + 1, dtype="datetime64[D]")
    before, after = int((day < first).sum()), int((day > last).sum())
    return Cut(kept, dates, before, after, place, places, xy, size, thin_days)


def metres(xy: NDArray[np.float64], *, degrees: bool) -> NDArray[np.float64]:
    """Degrees flattened to metres about their middle; a plane stays as it is."""
    if not degrees or not np.isfinite(xy).any():
        return xy
    middle = np.nanmedian(xy, axis=0)
    across = np.cos(np.radians(middle[1]))
    return (xy - middle) * METRES_A_DEGREE * np.array([across, 1.0])


def _first_day(events: Events) -> np.datetime64:
    """The first day of the first stretch that has a fair share of the usual load."""
    day = events.day
    total = np.bincount((day - day[0]).astype(np.int64))
    if len(total) < 3 * STRETCH:
        return day[0]
    newer_half = total[int(np.searchsorted(np.cumsum(total), total.sum() / 2)) :]
    least = THIN * newer_half.mean()
    sums = np.convolve(total, np.ones(STRETCH), "valid") / STRETCH
    start = int(np.argmax(sums >= least))
    return day[0] + start + int(np.argmax(total[start:] >= least))


def _full_until(events: Events) -> np.datetime64:
    """The last day before a thin end: a few stray rows (or mistyped years) after all others."""
    day = events.day
    total = np.bincount((day - day[0]).astype(np.int64))
    if len(total) < 3 * STRETCH:
        return day[-1]
    reached = np.cumsum(total)
    low, high = np.searchsorted(reached, [0.25 * total.sum(), 0.75 * total.sum()])
    least = THIN * total[low : high + 1].mean()
    sums = np.convolve(total, np.ones(LAST_STRETCH), "valid") / LAST_STRETCH
    end = int(np.flatnonzero(sums >= least)[-1]) + LAST_STRETCH if (sums >= least).any() else 0
    full = int(np.flatnonzero(total[:end] >= max(least, 1))[-1]) if end else len(total) - 1
    return day[0] + full if len(total) - 1 - full > THIN_END_DAYS else day[-1]


def _last_day(events: Events) -> np.datetime64:
    day, last = events.day, events.when[-1]
    hours = (last - day[-1].astype("datetime64[s]")).astype(np.int64) / 3600
    dated_only = (events.when == day).mean() > 0.9
    if dated_only or hours >= CLOSED_BY_HOUR or day[-1] == day[0]:
        return day[-1]
    return day[-1] - 1


def _placed(
    events: Events,
) -> tuple[NDArray[np.int64], tuple[str, ...], NDArray[np.float64], float]:
    plane = metres(events.xy, degrees=events.degrees)
    if events.areas:
        middles = np.full((len(events.areas), 2), np.nan)
        known = events.placed & (events.area >= 0)
        for code in np.unique(events.area[known]):
            middles[code] = np.median(plane[known & (events.area == code)], axis=0)
        return events.area, events.areas, middles, 0.0
    return _in_cells(plane, events.placed)


def _in_cells(
    plane: NDArray[np.float64], placed: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], tuple[str, ...], NDArray[np.float64], float]:
    """Square cells of the finest round size (100, 200, 500 … units) of which there are not too many."""
    place = np.full(len(plane), -1)
    if not placed.any():
        return place, (), np.empty((0, 2)), 0.0
    spots = plane[placed]
    for size in (factor * 10.0**power for power in range(1, 7) for factor in (1, 2, 5)):
        corners = np.floor(spots / size).astype(np.int64)
        cells, code = np.unique(corners, axis=0, return_inverse=True)
        if len(cells) <= MOST_CELLS:
            break
    place[placed] = code.reshape(-1)
    origin = cells.min(axis=0)
    names = tuple(f"cell {x}-{y}" for x, y in (cells - origin).tolist())
    return place, names, np.asarray((cells + 0.5) * size, dtype=np.float64), size


__all__ = ["EVERYTHING", "Cut", "cut", "metres"]
