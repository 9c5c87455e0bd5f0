"""The improved Farrington method, for all series at once."""

from concurrent.futures import ThreadPoolExecutor
from math import inf
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from xianban.base.errors import BadInput
from xianban.foresight import checking
from xianban.foresight.outbreaks.findings import Outbreaks, Reason

THRESHOLDS = ("negative-binomial", "delta")
SERIES_A_TASK = 1000


def flexible(
    counts: ArrayLike,
    *,
    season: int = 52,
    evaluate: int = 1,
    years_back: int = 5,
    half_window: int = 3,
    season_levels: int = 10,
    skip_recent: int = 26,
    alpha: float = 0.005,
    trend_alpha: float = 1.0,
    threshold: str = "negative-binomial",
    reweight_above: float | None = 2.58,
    low: tuple[int, int] = (5, 4),
) -> Outbreaks:
    """Which series came to more than their own past years allow, by the health services' method.

    Each step is compared with the same season of up to `years_back` earlier years by a quasi-
    Poisson regression: a level for each of `season_levels` parts of the season, a trend, past
    outbreaks weighed down; and judged by the upper `1 - alpha` quantile of what it predicts. Only
    earlier steps are used, and of these none of the last `skip_recent`.

    Args:
        counts: (series, steps), whole numbers from 0, oldest first, one step a week as a rule.
        season: steps in a year, from 4.
        evaluate: how many of the newest steps to judge, from 1.
        years_back: past years to compare with. With fewer whole years of history those there are
            serve, two at least (one if one is asked for); else the reason is SHORT_PAST.
        half_window: steps on either side of the same time last year that share its level.
        season_levels: parts of the season with a level of their own; with 1 only the windows of
            past years are used.
        skip_recent: newest steps before the judged one that teach nothing, so that an outbreak
            does not hide itself.
        alpha: chance of exceeding `upper`, in (0, 1).
        trend_alpha: the trend stays if its p-value is below this (1: always), there are three
            years, and it does not predict above every count it was fitted to. In [0, 1].
        threshold: "negative-binomial": a quantile of that distribution with the fitted mean and
            dispersion, a whole number. "delta": a normal quantile on the scale of count ** (2/3),
            with the error of the fitted mean.
        reweight_above: standardised Anscombe residual above which a past week counts for less;
            None weighs all alike.
        low: (count, steps): no alarm where fewer than `count` came in the newest `steps`.

    Returns:
        `Outbreaks`, each array (series, evaluate). `p_value` is a mid-p value (for "delta" the
        normal tail), neither clipped nor rounded.

    Raises:
        BadInput: counts that are not whole numbers from 0 or not (series, steps), or a setting out
            of its range.

    **What past years without a single count say.** Where no week of the judged step's own level
    has a count, the rate cannot be fitted; it is taken from those m empty weeks alone: a negative
    binomial with mean 1/(2m) and size 1/2 (a Poisson rate under Jeffreys' prior). R's function
    gives an upper bound of 0 there, so that any count is an alarm.

    **False alarms.** The fitted mean and dispersion are taken as if they were known, so the rate
    is not `alpha` exactly. At .005 measured on noise: .003 to .005 for Poisson counts, .006 to .009
    for negative-binomial ones of ten or more a week, up to .011 for rarer ones; "delta" .014 to
    .026 where counts vary more than Poisson. With only two years there is no trend, and counts that
    grow by 20% a year raise it to .036. On many series use `select`: alpha .005 on 100,000 series
    is 500 false alarms a run.

    **Agreement.** With `low=(0, 4)` it answers as `farringtonFlexible` of R's surveillance 1.20.3
    with its settings for Noufaily; with `season_levels=1, skip_recent=3, trend_alpha=0.05,
    threshold="delta"` as with its defaults, including that after reweighting R scales the standard
    errors by relative instead of Pearson residuals. R's score for "nbPlugin" takes the logarithm
    of the expected count for that count; ours takes the count.

    **When to use another.** `weekly` finds more at the same rate of false alarms. Use this one to
    answer as the published method does. For days use `daily`, for a past under two years `short`.

    Source: Noufaily et al., "An improved algorithm for outbreak detection in multiple surveillance
    systems", Statistics in Medicine 32 (2013), sections 2-4; Farrington et al., JRSS A 159 (1996),
    section 3.

    >>> import numpy as np
    >>> counts = np.random.default_rng(1).poisson(20, (3, 320))
    >>> counts[1, -1] = 60
    >>> flexible(counts).alarm[:, 0].tolist()
    [False, True, False]
    """
    table = checking.counts(counts)
    checking.whole(evaluate, name="evaluate", least=1, most=table.shape[1])
    season, years_back, half_window, season_levels, skip_recent = _calendar(
        season, years_back, half_window, season_levels, skip_recent
    )
    alpha = checking.share(alpha, name="alpha")
    trend_alpha = _chance(trend_alpha)
    checking.one_of(threshold, name="threshold", among=THRESHOLDS)
    above = _above(reweight_above)
    enough, recent = _low(low)

    found = _unjudged(table, evaluate)
    for column in range(evaluate):
        now = table.shape[1] - evaluate + column
        years = min(years_back, (now - half_window) // season)
        if years < min(2, years_back):
            continue
        runs, parts = reference_runs(
            now, season, years, half_window, season_levels, min(skip_recent, now)
        )
        weeks = int(runs[:, 1].sum())
        slopes = 1 if years >= 3 else 0
        free = weeks - parts - slopes
        if free < 1 or not (runs[:, 2] == parts - 1).any():
            continue
        numbers = (
            float(free),
            -float(special.stdtrit(free, trend_alpha / 2)) if slopes and trend_alpha > 0 else inf,
            above,
            alpha,
            -float(special.ndtri(alpha)),
        )
        _judge_all(table, now, runs, parts, numbers, threshold == "delta", column, found)
    return _finding(table, evaluate, found, enough, recent)


def reference_runs(
    now: int, season: int, years: int, half_window: int, levels: int, skip_recent: int
) -> tuple[NDArray[np.int64], int]:
    """The weeks that step `now` is compared with: rows of (first week, length, part), and parts.

    The window of each past year, and this year's up to now, is the last part. What lies between
    two windows is shared among the other parts, the first of them a week longer where it does not
    come out even. Parts that `skip_recent` leaves without a week are dropped.
    """
    end = now - skip_recent
    pieces = [(now - half_window, half_window, levels - 1)]
    for year in range(1, years + 1):
        centre = now - season * year
        pieces.append((centre - half_window, 2 * half_window + 1, levels - 1))
        if levels > 1:
            first = centre + half_window + 1
            length, longer = divmod(season - 2 * half_window - 1, levels - 1)
            for part in range(levels - 1):
                pieces.append((first, length + (part < longer), part))
                first += length + (part < longer)
    kept = sorted((first, min(length, end - first), part) for first, length, part in pieces)
    runs = np.array([piece for piece in kept if piece[1] > 0], np.int64).reshape(-1, 3)
    present, runs[:, 2] = np.unique(runs[:, 2], return_inverse=True)
    if levels - 1 not in present:
        return runs[:0], 0
    return runs, present.size


def _judge_all(table, now, runs, parts, numbers, delta, column, found):
    """All series at one step, a thousand a task; the kernels release the interpreter's lock."""
    # Compiled code is loaded when it is first needed, so that importing stays quick.
    import numba

    from xianban.foresight.outbreaks import farrington

    judge_series: Any = farrington.judge_series  # numba's own types know no arguments

    def task(first):
        part = slice(first, first + SERIES_A_TASK)
        arrays = [array[column, part] for array in found]
        judge_series(table[part], now, runs, parts, *numbers, delta, *arrays)

    firsts = range(0, table.shape[0], SERIES_A_TASK)
    if len(firsts) == 1:
        task(0)
        return
    with ThreadPoolExecutor(numba.get_num_threads()) as threads:
        list(threads.map(task, firsts))


def _unjudged(table, evaluate):
    """Arrays (evaluate, series), as they stand where nothing can be said."""
    shape = (evaluate, table.shape[0])
    expected = np.zeros(shape)
    for column, now in enumerate(range(table.shape[1] - evaluate, table.shape[1])):
        if now:
            expected[column] = table[:, :now].mean(axis=1)
    reason = np.full(shape, Reason.SHORT_PAST, np.uint8)
    return expected, np.full(shape, inf), np.ones(shape), reason


def _finding(table, evaluate, found, enough, recent):
    expected, upper, p_value, reason = (np.ascontiguousarray(array.T) for array in found)
    judged = reason == Reason.JUDGED
    newest = table[:, -evaluate:]
    lately = np.empty_like(expected)
    for column in range(evaluate):
        end = table.shape[1] - evaluate + column + 1
        lately[:, column] = table[:, max(end - recent, 0) : end].sum(axis=1)
    few = judged & (lately < enough)
    reason[few] = Reason.FEW_RECENT
    return Outbreaks(
        expected=expected,
        upper=upper,
        p_value=p_value,
        score=_score(newest, expected, upper, judged),
        alarm=judged & ~few & (newest > upper),
        reason=reason,
    )


def _score(newest, expected, upper, judged):
    """Above 1 exactly where the count is above `upper`."""
    way = upper - expected
    # Where even the usual count is rare, `upper` lies below `expected` and is no unit to measure in.
    turned = np.where(newest > upper, 1 + newest - upper, np.minimum(newest - expected, 0.0))
    straight = (newest - expected) / np.where(judged & (way > 0), way, 1.0)
    return np.where(judged, np.where(way > 0, straight, turned), 0.0)


def _calendar(season, years_back, half_window, season_levels, skip_recent):
    season = checking.whole(season, name="season", least=4)
    half_window = checking.whole(half_window, name="half_window", least=0)
    season_levels = checking.whole(season_levels, name="season_levels", least=1)
    if 2 * half_window + season_levels > season:
        raise BadInput(
            f"half_window {half_window} and season_levels {season_levels} do not fit a season of "
            f"{season} steps; choose smaller ones"
        )
    return (
        season,
        checking.whole(years_back, name="years_back", least=1),
        half_window,
        season_levels,
        checking.whole(skip_recent, name="skip_recent", least=0, most=season),
    )


def _chance(trend_alpha: float) -> float:
    if isinstance(trend_alpha, (int, float, np.floating)) and 0 <= trend_alpha <= 1:
        return float(trend_alpha)
    raise BadInput(f"trend_alpha is {trend_alpha!r}; it must lie from 0 to 1")


def _above(reweight_above: float | None) -> float:
    if reweight_above is None:
        return inf
    if isinstance(reweight_above, (int, float, np.floating)) and reweight_above > 0:
        return float(reweight_above)
    raise BadInput(f"reweight_above is {reweight_above!r}; give a number above 0, or None")


def _low(low: tuple[int, int]) -> tuple[int, int]:
    try:
        count, steps = low
    except (TypeError, ValueError) as reason:
        raise BadInput(f"low is {low!r}; give a count and a number of steps, as (5, 4)") from reason
    return (
        checking.whole(count, name="low[0]", least=0),
        checking.whole(steps, name="low[1]", least=1),
    )
