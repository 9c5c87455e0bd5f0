"""The calendar as columns: weekdays, the season, holidays and the day after."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xianban.base.errors import BadInput

YEAR_DAYS = 365.25
LEAST_DAYS_FOR_A_SEASON = 400
"""With less, a season cannot be told from a trend, and a guess at it would be extrapolated."""

KINDS = ("level", "weekday", "season", "holiday", "named holiday", "day after")
"""Each kind of effect has one variance of its own at every step of the hierarchy."""


@dataclass(frozen=True)
class Holidays:
    """The days off, and the name of each where names are known."""

    days: NDArray[np.datetime64]
    names: tuple[str, ...]
    name_of: NDArray[np.intp]

    def off(self, dates: NDArray[np.datetime64]) -> NDArray[np.bool_]:
        return np.isin(dates, self.days)


def read_holidays(holidays: Any) -> Holidays:
    """An array of dates, or a mapping from date to the holiday's name."""
    if holidays is None:
        holidays = []
    named = isinstance(holidays, Mapping)
    try:
        days = np.asarray(list(holidays), dtype="datetime64[D]").reshape(-1)
    except (TypeError, ValueError) as reason:
        raise BadInput("holidays are not dates; write them as 2026-10-01") from reason
    if np.isnat(days).any():
        raise BadInput("holidays has an empty date; leave it out")
    if not named:
        return Holidays(np.unique(days), (), np.empty(0, np.intp))
    days, first = np.unique(days, return_index=True)
    words = np.array([str(name) for name in holidays.values()], dtype=object)[first]
    names, name_of = np.unique(words.astype(str), return_inverse=True)
    return Holidays(days, tuple(names.tolist()), name_of)


@dataclass(frozen=True)
class Design:
    """How a run of dates becomes columns; the same for the past and for the days to come."""

    holidays: Holidays
    named: tuple[int, ...]
    harmonics: int
    start: np.datetime64

    @property
    def kinds(self) -> NDArray[np.intp]:
        """The kind (its place in KINDS) of every column."""
        counts = (1, 7, 2 * self.harmonics, 1, len(self.named), 1)
        return np.repeat(np.arange(len(KINDS)), counts)

    def columns(self, dates: NDArray[np.datetime64]) -> NDArray[np.float64]:
        """(days, columns)."""
        elapsed = (dates - self.start).astype(np.int64)
        # 1970-01-01 was a Thursday: Monday is 0
        weekday = (dates.astype(np.int64) + 3) % 7
        phase = 2 * np.pi * elapsed[:, None] * np.arange(1, self.harmonics + 1) / YEAR_DAYS
        off = self.holidays.off(dates)
        after = self.holidays.off(dates - 1) & ~off
        return np.column_stack(
            [
                np.ones(len(dates)),
                weekday[:, None] == np.arange(7),
                np.sin(phase),
                np.cos(phase),
                off,
                self._names(dates),
                after,
            ]
        ).astype(np.float64)

    def _names(self, dates: NDArray[np.datetime64]) -> NDArray[np.bool_]:
        days, name_of = self.holidays.days, self.holidays.name_of
        which = [np.isin(dates, days[name_of == name]) for name in self.named]
        return np.column_stack([np.empty((len(dates), 0), bool), *which])


def design_for(dates: NDArray[np.datetime64], holidays: Any) -> Design:
    """Harmonics if the past is long enough; a column for each holiday that the past has seen."""
    off = read_holidays(holidays)
    seen = np.isin(off.days, dates)
    named = tuple(name for name in range(len(off.names)) if seen[off.name_of == name].any())
    harmonics = 2 if len(dates) >= LEAST_DAYS_FOR_A_SEASON else 0
    return Design(off, named, harmonics, dates[0])
