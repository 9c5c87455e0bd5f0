"""When and where what goes wrong: a year of demand, drawn from shares, seasons, hours and hot spots.

Times are naive, in the city's own zone; whoever uses them knows it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from xianban.simulate.sheets import sheet

Floats = NDArray[np.float64]

# share of an ordinary day by weekday, Monday first; telephones are quieter at weekends
WEEKDAYS = (1.14, 1.10, 1.06, 1.04, 1.06, 0.84, 0.76)
HOLIDAY_SHARE = 0.55
RECENT_DAYS, RECENT_SHARE = 10, 3.8  # the city is learning to use its hotline: volumes grow
# share of a day by hour, from midnight on
HOURS: Mapping[str, tuple[float, ...]] = {
    "day": (0.2, 0.1, 0.1, 0.1, 0.2, 0.5, 1.5, 3, 6, 9, 10, 7.5, 4.5, 5.5, 8, 8.5, 7.5, 6, 4.5, 4, 3.5, 2.5, 1.2, 0.5),
    "evening": (0.6, 0.3, 0.2, 0.1, 0.1, 0.3, 0.8, 2, 3, 4, 4.5, 4, 3, 3, 3.5, 4, 5, 7, 9, 11, 10.5, 8, 4, 1.8),
    "night": (6, 4.5, 3, 2, 1.2, 1, 1.5, 2, 3, 3, 3, 2.5, 2, 2, 2, 2, 2, 2.5, 3.5, 5, 8, 11, 12, 9.5),
    "rush": (0.1, 0.1, 0.1, 0.1, 0.1, 0.4, 2.5, 9, 12, 7, 5, 4.5, 4, 3.5, 4, 5, 8, 11, 8.5, 4.5, 2.5, 1.5, 0.7, 0.3),
    "office": (0, 0, 0, 0, 0, 0.1, 0.3, 1, 6, 14, 15, 10, 3.5, 6, 13, 13, 9, 4.5, 2, 1.2, 0.9, 0.6, 0.3, 0.1),
    "any": (1.5, 1, 0.8, 0.8, 0.8, 1.2, 3, 5, 6.5, 7, 7, 6, 5, 5, 6, 6, 6, 6.5, 6.5, 6, 5, 4, 3, 2),
}  # fmt: skip
# month and day around which a season stands, days of spread, height over the base
PEAKS: Mapping[str, tuple[float, Sequence[tuple[int, int, float, float]]]] = {
    "flat": (1.0, ()),
    "heating": (0.01, ((11, 17, 3, 4.0), (12, 25, 26, 1.9), (2, 5, 18, 1.1))),
    "heat": (0.45, ((7, 26, 33, 1.7),)),
    "flood": (0.35, ((7, 24, 24, 2.6),)),
    "storm": (0.5, ((8, 8, 16, 2.0),)),
    "frost": (0.6, ((1, 14, 22, 1.7),)),
    "spring": (0.7, ((4, 28, 26, 1.3),)),
    "school": (0.45, ((5, 28, 14, 2.0), (8, 30, 12, 3.2), (2, 24, 7, 1.0))),
    "term": (0.9, ((9, 15, 15, 1.0),)),
    "exam": (0.8, ((6, 4, 6, 3.5), (9, 20, 25, 0.5))),
    "shopping": (0.8, ((11, 16, 6, 2.2), (6, 22, 6, 1.3))),
    "holiday": (0.7, ((10, 4, 5, 3.0), (5, 3, 4, 2.2), (2, 16, 7, 1.4))),
    "wages": (0.7, ((1, 26, 14, 3.2), (9, 26, 8, 0.8))),
    "dark": (0.75, ((12, 5, 35, 0.9),)),
}
STORMS = ((7, 9), (7, 27), (8, 12))  # month and day; they bring water, fallen trees and darkness
STORM_SEASONS = {"flood": 7.0, "storm": 9.0}


@dataclass(frozen=True)
class Wish:
    """That something will be reported: when, and what it is about."""

    at: datetime
    matter: str


@dataclass(frozen=True)
class Outbreak:
    """Many people report one thing: `count` of them within about `hours`, `days_ago` at `hour`."""

    matter: str
    days_ago: float
    count: int
    hours: float
    kind: str
    hour: int


# what happened lately, and what people in the city still talk about
OUTBREAKS = (
    Outbreak("010203", 0.3, 12, 2.5, "road", 7),
    Outbreak("010101", 2.2, 14, 40.0, "estate", 18),
    Outbreak("020101", 5.0, 6, 60.0, "market", 9),
    Outbreak("080101", 12.0, 16, 130.0, "mall", 10),
    Outbreak("010301", 33.0, 9, 4.0, "estate", 19),
    Outbreak("060201", 58.0, 11, 90.0, "estate", 23),
    Outbreak("110101", 84.0, 8, 100.0, "school", 9),
    Outbreak("030105", 102.0, 10, 6.0, "bridge", 16),
    Outbreak("010301", 121.0, 13, 5.0, "estate", 20),
    Outbreak("020204", 137.0, 9, 120.0, "mall", 20),
    Outbreak("030201", 170.0, 7, 30.0, "estate", 8),
    Outbreak("040302", 205.0, 8, 200.0, "school", 8),
    Outbreak("010402", 262.0, 8, 6.0, "estate", 11),
    Outbreak("100101", 296.0, 9, 80.0, "estate", 10),
    Outbreak("010101", 338.0, 15, 60.0, "estate", 19),
)


def wishes(
    total: int, *, until: datetime, days: int, holidays: frozenset[date], rng: np.random.Generator
) -> list[Wish]:
    """`total` reports over the `days` before `until`, in order of time."""
    rows = sheet("demand")
    calendar = [(until - timedelta(days=back)).date() for back in range(days, -1, -1)]
    rate = np.array([season(row["season"], day) for day in calendar for row in rows])
    rate = rate.reshape(len(calendar), len(rows)) * np.array([float(row["weight"]) for row in rows])
    rate *= np.array([_day_share(day, holidays, until) for day in calendar])[:, None]
    drawn = rng.choice(rate.size, size=total + total // 20, p=(rate / rate.sum()).ravel())
    found = []
    for spot in drawn:
        row = rows[spot % len(rows)]
        at = _moment(calendar[spot // len(rows)], row["hours"], rng)
        if until - timedelta(days=days) <= at < until:
            found.append(Wish(at, row["matter"]))
    return sorted(found[:total], key=lambda wish: wish.at)


def outbreak_times(
    outbreak: Outbreak, *, until: datetime, rng: np.random.Generator
) -> list[datetime]:
    """When each report of an outbreak comes in: many at first, then fewer."""
    start = until - timedelta(days=outbreak.days_ago)
    if outbreak.days_ago > 2:
        start = start.replace(hour=outbreak.hour, minute=int(rng.integers(60)))
    late = rng.exponential(outbreak.hours / 2.5, outbreak.count)
    times = sorted(start + timedelta(hours=float(min(hours, outbreak.hours))) for hours in late)
    return [at for at in times if at < until]


def season(name: str, day: date) -> float:
    """How high demand of this season stands on a day; 1 is its base where it has no peaks."""
    base, peaks = PEAKS[name]
    height = base
    for month, at, spread, over in peaks:
        far = min(
            abs((day - date(year, month, at)).days)
            for year in (day.year - 1, day.year, day.year + 1)
        )
        height += over * float(np.exp(-0.5 * (far / spread) ** 2))
    if name in STORM_SEASONS and (day.month, day.day) in STORMS:
        height *= STORM_SEASONS[name]
    return height


def _day_share(day: date, holidays: frozenset[date], until: datetime) -> float:
    share = HOLIDAY_SHARE if day in holidays else WEEKDAYS[day.weekday()]
    return share * (RECENT_SHARE if (until.date() - day).days < RECENT_DAYS else 1)


def _moment(day: date, hours: str, rng: np.random.Generator) -> datetime:
    share = np.array(HOURS[hours])
    hour = int(rng.choice(24, p=share / share.sum()))
    return datetime.combine(day, time(hour)) + timedelta(seconds=float(rng.uniform(0, 3600)))
