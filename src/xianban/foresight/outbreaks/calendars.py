"""What the calendar says about a day: weekday, season, holiday, the day after one, years gone by."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xianban.base.errors import BadInput

Floats = NDArray[np.float64]

KINDS = 8  # seven weekdays and the holidays

# Precision of the prior on each kind of column (its standard deviation is 2, .7 and .35 of a log):
# that the weekdays keep their shape all year is believed until many events say otherwise.
RIDGE_PLAIN, RIDGE_WAVE, RIDGE_SHIFT = 0.25, 2.0, 8.0


def holidays(given: Any) -> NDArray[np.datetime64]:
    """Days as datetime64[D], in any order, future ones allowed; None is none."""
    if given is None:
        return np.empty(0, "datetime64[D]")
    try:
        days = np.asarray(given).reshape(-1)
        days = days.astype("datetime64[D]")
    except (TypeError, ValueError) as reason:
        raise BadInput("holidays are not dates; write them as 2026-10-01") from reason
    if np.isnat(days).any():
        raise BadInput("holidays has a value that is no date; leave it out")
    return np.unique(days)


class Calendar:
    """The design of a run of days, by how much of the past is known."""

    def __init__(
        self, dates: NDArray[np.datetime64], given: NDArray[np.datetime64], season: float
    ) -> None:
        number = dates.astype(np.int64)
        weekday = (number + 3) % 7  # 0 is Monday; 1970-01-01 was a Thursday
        holiday = np.isin(dates, given)
        after = np.isin(dates - 1, given) & ~holiday
        self.kinds: NDArray[np.intp] = np.where(holiday, KINDS - 1, weekday)
        angle = 2 * np.pi * np.arange(dates.size) / season
        one = np.ones((dates.size, 1))
        weekdays = (weekday[:, None] == np.arange(1, 7)).astype(np.float64)
        special = np.stack([holiday, after], axis=1).astype(np.float64)
        waves = np.stack([f(k * angle) for k in (1, 2) for f in (np.cos, np.sin)], axis=1)
        years = np.arange(dates.size)[:, None] / (2 * season)
        shifts = np.concatenate([weekdays * waves[:, :1], weekdays * waves[:, 1:2]], axis=1)
        self._short = np.concatenate([one, weekdays, special], axis=1)
        self._long = np.concatenate([self._short, years, waves, shifts], axis=1)
        self._ridge_short = np.r_[0.0, np.full(8, RIDGE_PLAIN)]
        self._ridge_long = np.r_[
            self._ridge_short, RIDGE_PLAIN, np.full(4, RIDGE_WAVE), np.full(12, RIDGE_SHIFT)
        ]
        self._season = season

    def design(self, *, known: int) -> tuple[Floats, Floats]:
        """Columns for all days and the precision of each one's prior, from two seasons on in full."""
        if known < 2 * self._season:
            return self._short, self._ridge_short
        return self._long, self._ridge_long
