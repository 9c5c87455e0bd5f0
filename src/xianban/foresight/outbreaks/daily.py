"""Daily counts judged against what their calendar, their season and their late level expect."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xianban.base.errors import BadInput
from xianban.foresight import checking
from xianban.foresight.outbreaks import calendars, levels, regression
from xianban.foresight.outbreaks.calendars import Calendar
from xianban.foresight.outbreaks.chances import judged
from xianban.foresight.outbreaks.findings import Outbreaks
from xianban.foresight.outbreaks.weekly import between, checked_half_lives

Floats = NDArray[np.float64]

LEAST_PAST = 56
REFIT_EVERY = 28
SERIES_AT_ONCE = 200
# A weekday (or the holidays) without one event, where this many were to be expected, is closed.
EVENTS_THAT_TELL = 6.0


def daily(
    counts: ArrayLike,
    *,
    dates: Any,
    holidays: Any = None,
    season: float = 365.25,
    evaluate: int = 1,
    alpha: float = 0.005,
    half_lives: Sequence[float | None] = (4, 7, 14),
    guard: int = 2,
    pool: ArrayLike | None = None,
    pool_events: float = 200.0,
) -> Outbreaks:
    """Which series came to more on a day than its calendar, season and late level allow.

    Each day is compared with what a quasi-Poisson regression on the earlier days expects: weekday,
    holiday and the day after one, years gone by, two waves of the season, and how the weekdays
    change with the season; times a level that moves at the pace which foretold that series best.
    The regression is fitted anew every 28 days, the level every day. A weekday on which a series
    never had an event (or holidays without any) is taken as closed and teaches nothing.

    Args:
        counts: (series, days), whole numbers from 0, oldest first.
        dates: one for each column, each the day after the one before.
        holidays: dates, in any order, past and future; None is none.
        season: days in a year, from 28; the phase is elapsed days modulo `season`.
        evaluate: how many of the newest days to judge, from 1; each with earlier days alone.
        alpha: chance of an alarm on a quiet day, in (0, 1).
        half_lives: in how many days the memory of the moving level halves; the best of them is
            taken for each series. None is a level that stays.
        guard: newest days before the judged one that do not move the level, so that an outbreak
            does not hide itself.
        pool: one label for each series; series of one label share the shape of their days, each at
            its own level. None lets each stand alone.
        pool_events: how many events of its own outweigh the shared shape; with `pool` only.

    Returns:
        `Outbreaks`, each array (series, evaluate). `p_value` is a mid-p value, neither clipped nor
        rounded, and ranks across series. Under 56 days before the fit (it knows the first 56, 84,
        112, ... days): SHORT_PAST. Under two seasons: weekdays, holidays and level only.

    Raises:
        BadInput: counts that are not whole numbers from 0 or not (series, days), dates that leap or
            do not match, or a setting out of its range.

    **False alarms.** At .005 measured on noise with week and season, three years, .3, 3 and 30 a
    day: Poisson .004, .006, .006; negative binomial with variance 2.5 times the mean .009, .007,
    .005; 40% extra zeros .005 or less; where the level wanders by 3% a day .005, .006, .013. A
    holiday that is not told is an alarm, or hides one.

    **When to use another.** `weekly` where days are not known or events are under one in a few
    days; `short` for a past under two months.

    Source: the regression after Farrington et al., JRSS A 159 (1996), section 3; the moving level
    after West and Harrison, Bayesian Forecasting and Dynamic Models (1997), section 10.8.

    >>> import numpy as np
    >>> dates = np.datetime64("2024-01-01") + np.arange(400)
    >>> usual = np.where(np.arange(400) % 7 < 5, 20, 5)
    >>> counts = np.random.default_rng(1).poisson(usual, (2, 400))
    >>> counts[1, -1] += 30
    >>> daily(counts, dates=dates).alarm[:, 0].tolist()
    [False, True]
    """
    table = checking.counts(counts)
    series, steps = table.shape
    days = checking.dates(dates, length=steps)
    checking.whole(evaluate, name="evaluate", least=1, most=steps)
    alpha = checking.share(alpha, name="alpha")
    season = between(season, "season", 28, 1e6)
    lives = checked_half_lives(half_lives)
    guard = checking.whole(guard, name="guard", least=0, most=28)
    group = _groups(pool, series)
    strength = between(pool_events, "pool_events", 0, 1e12)
    calendar = Calendar(days, calendars.holidays(holidays), season)

    first = steps - evaluate
    expected, spread = np.empty((series, evaluate)), np.ones((series, evaluate))
    pooled = None if group is None else _Pool(table, group, strength)
    starts: dict[tuple[int, int], Floats] = {}
    for known, new in _stretches(first, steps):
        columns = slice(new.start - first, new.stop - first)
        for row in range(0, series, SERIES_AT_ONCE):
            rows = slice(row, row + SERIES_AT_ONCE)
            part = table[rows, : new.stop]
            if known < LEAST_PAST:
                expected[rows, columns] = _plain(part, new)
                continue
            expected[rows, columns], spread[rows, columns] = _due(
                part, known, new, calendar, lives, guard, starts, row, pooled
            )
    short = np.broadcast_to(_known(np.arange(first, steps)) < LEAST_PAST, expected.shape)
    return judged(table[:, first:], expected, spread, alpha=alpha, short=short)


class _Pool:
    """What series of one group share: the shape of their days, fitted to their sum."""

    def __init__(self, table: Floats, group: NDArray[np.intp], events: float) -> None:
        self._group, self._events = group, events
        self._sums = np.zeros((int(group.max()) + 1, table.shape[1]))
        np.add.at(self._sums, group, table)
        self._start: Floats | None = None
        self._last: tuple[int, Floats] | None = None

    def shape(self, rows: slice, known: int, calendar: Calendar) -> Floats:
        """Events to add to each series' past: (series, known)."""
        if self._last is None or self._last[0] != known:
            design, ridge = calendar.design(known=known)
            open_ = _open(self._sums[:, :known], calendar.kinds[:known])
            same = self._start is not None and self._start.shape[1] == design.shape[1]
            self._start = regression.fitted(
                self._sums[:, :known],
                design[:known],
                ridge=ridge,
                weights=open_.astype(float),
                start=self._start if same else None,
            )
            mean = regression.expected(self._start, design[:known]) * open_
            self._last = known, self._events * mean / mean.sum(axis=1, keepdims=True)
        return self._last[1][self._group[rows]]


def _due(counts, known, new, calendar, lives, guard, starts, row, pooled):
    """Expected counts of the `new` days and their dispersion, from a fit to the `known` ones."""
    design, ridge = calendar.design(known=known)
    past, end = counts[:, :known], counts.shape[1]
    open_ = _open(past, calendar.kinds[:end]).astype(np.float64)
    taught, back = past, np.ones((past.shape[0], 1))
    if pooled is not None:
        added = pooled.shape(slice(row, row + past.shape[0]), known, calendar)
        taught = past + added
        own = (past * open_[:, :known]).sum(axis=1) + 0.5
        back = (own / (own + (added * open_[:, :known]).sum(axis=1)))[:, None]
    key = row, design.shape[1]
    starts[key] = regression.fitted(
        taught, design[:known], ridge=ridge, weights=open_[:, :known], start=starts.get(key)
    )
    mean = regression.expected(starts[key], design[:end]) * back
    closed = (open_[:, :known] == 0).sum(axis=1)
    mean = np.where(open_ > 0, mean, 0.5 / (closed[:, None] + 1))
    mean, spread = levels.followed(
        counts,
        mean,
        known=known,
        columns=design.shape[1],
        half_lives=lives,
        guard=guard,
        open_=open_,
    )
    return mean[:, new], np.where(open_[:, new] > 0, spread[:, None], 1.0)


def _open(past: Floats, kinds: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether each series is open on each day: its weekday, or holidays, ever saw an event."""
    known = past.shape[1]
    rate = past.mean(axis=1)
    shut = np.zeros((past.shape[0], calendars.KINDS), bool)
    for kind in range(calendars.KINDS):
        days = kinds[:known] == kind
        empty = past[:, days].sum(axis=1) == 0
        shut[:, kind] = empty & (rate * days.sum() >= EVENTS_THAT_TELL)
    return np.asarray(~shut[:, kinds])


def _known(step: Any) -> Any:
    """How many days the fit that judges `step` has seen: always the same, whatever is asked for."""
    return step - step % REFIT_EVERY


def _stretches(first: int, steps: int) -> Iterator[tuple[int, slice]]:
    """Days that one fit judges, with the number of days it has seen."""
    for known in range(_known(first), steps, REFIT_EVERY):
        yield known, slice(max(known, first), min(known + REFIT_EVERY, steps))


def _plain(counts: Floats, new: slice) -> Floats:
    """The plain mean of all days before each new one."""
    so_far = np.cumsum(counts, axis=1) - counts
    return np.asarray((so_far[:, new] + 0.5) / (np.arange(new.start, new.stop) + 1))


def _groups(pool: ArrayLike | None, series: int) -> NDArray[np.intp] | None:
    if pool is None:
        return None
    labels = np.asarray(pool)
    if labels.shape != (series,):
        raise BadInput(
            f"pool has shape {labels.shape} for {series} series; give one label for each"
        )
    return np.asarray(np.unique(labels, return_inverse=True)[1])
