"""Weekly counts judged against all of their own past, two weeks at a time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xianban.base.errors import BadInput
from xianban.foresight import checking
from xianban.foresight.outbreaks import levels, regression
from xianban.foresight.outbreaks.chances import judged
from xianban.foresight.outbreaks.findings import Outbreaks

Floats = NDArray[np.float64]

LEAST_PAST = 26
SEASONS_FOR_SHAPE = 2
SERIES_AT_ONCE = 1000
# Each further column must raise the fit by more than this (2 would be Akaike's): a season or a
# trend that is not there costs more than one that is weak and left out.
PRICE_OF_A_COLUMN = 4.0
RIDGE = 0.25
GUARD = 2


def weekly(
    counts: ArrayLike,
    *,
    season: float = 52,
    evaluate: int = 1,
    alpha: float = 0.005,
    last_week: float = 0.85,
    half_lives: Sequence[float | None] = (None, 26, 8),
) -> Outbreaks:
    """Which series came to more than their own past allows; our best for weekly counts.

    Each step is compared with what a quasi-Poisson regression on all earlier steps expects: trend,
    none, one or two seasonal waves (whichever fits that series best), and, where it foretells that
    series better, a level that moves. It is judged together with the step before it, which counts
    `last_week` of its weight: an outbreak seldom ends within a week, and two weeks that are both
    somewhat high say more than one.

    Args:
        counts: (series, steps), whole numbers from 0, oldest first, one step a week as a rule.
        season: steps in a year, above 4; need not be whole.
        evaluate: how many of the newest steps to judge, from 1; each with earlier steps alone.
        alpha: chance of an alarm on a quiet step, in (0, 1).
        last_week: weight of the step before the judged one, from 0 (each step alone: the earliest
            alarms) to 1 (both alike: the most found in the end).
        half_lives: in how many steps the memory of the moving level halves; the best of them is
            taken for each series. None is a level that stays.

    Returns:
        `Outbreaks`, each array (series, evaluate). `expected` is for the step alone; `upper` is the
        count that would have raised an alarm, given the step before. `p_value` is a mid-p value of
        the two steps together, neither clipped nor rounded, and ranks across series. A step barely
        above what was expected raises no alarm, whatever the step before it was. Fewer than 26
        earlier steps: SHORT_PAST. Fewer than two seasons: no seasonal waves; fewer than one: no
        trend. Counts that vary less than Poisson are judged as Poisson.

    Raises:
        BadInput: counts that are not whole numbers from 0 or not (series, steps), or a setting out
            of its range.

    **False alarms.** At .005 measured on seasonal, growing noise of six years, with .3, 3 and 30 a
    week: Poisson .003, .003, .003; negative binomial with variance 2.5 times the mean .008, .005,
    .005; 40% extra zeros .004 or less. Where the level itself wanders by 8% a week .006, .020, .024.
    On many series use `select`.

    **When to use another.** `flexible` to answer as the published method does; `daily` where days
    are known, which is a week earlier; `short` for a past under half a year.

    Source: the regression and the weights for past outbreaks after Farrington et al., JRSS A 159
    (1996), section 3, and Noufaily et al., Statistics in Medicine 32 (2013), section 3; here with
    all past weeks, waves for the season, two weeks at a time, and no threshold on the trend.

    >>> import numpy as np
    >>> counts = np.random.default_rng(1).poisson(20, (3, 320))
    >>> counts[1, -2:] += 15
    >>> weekly(counts).alarm[:, 0].tolist()
    [False, True, False]
    """
    table = checking.counts(counts)
    steps = table.shape[1]
    checking.whole(evaluate, name="evaluate", least=1, most=steps)
    alpha = checking.share(alpha, name="alpha")
    season, last_week = between(season, "season", 4, 1e6), between(last_week, "last_week", 0, 1)
    lives = checked_half_lives(half_lives)
    parts = [
        _due(table[first : first + SERIES_AT_ONCE], season, evaluate, lives, last_week)
        for first in range(0, table.shape[0], SERIES_AT_ONCE)
    ]
    expected, before, spread = (np.concatenate(part) for part in zip(*parts, strict=True))
    seen = np.zeros_like(expected)
    earlier = table[:, max(steps - evaluate - 1, 0) : steps - 1]
    seen[:, evaluate - earlier.shape[1] :] = earlier
    short = np.broadcast_to(np.arange(steps - evaluate, steps) < LEAST_PAST, expected.shape)
    newest = table[:, steps - evaluate :]
    return judged(
        newest, expected, spread, alpha=alpha, before=(seen, before, last_week), short=short
    )


def checked_half_lives(half_lives: Sequence[float | None]) -> tuple[float | None, ...]:
    """At least one; each None or a number above 0."""
    try:
        lives = tuple(None if life is None else float(life) for life in half_lives)
    except (TypeError, ValueError) as reason:
        raise BadInput(f"half_lives is {half_lives!r}; give numbers of steps, or None") from reason
    if not lives or any(life is not None and not 0 < life < np.inf for life in lives):
        raise BadInput(f"half_lives is {half_lives!r}; give at least one, each above 0 or None")
    return lives


def between(value: float, name: str, least: float, most: float) -> float:
    fits = isinstance(value, (int, float, np.integer, np.floating))
    if not fits or not least <= value <= most:
        raise BadInput(f"{name} is {value!r}; it must lie from {least:g} to {most:g}")
    return float(value)


def _due(
    counts: Floats,
    season: float,
    evaluate: int,
    half_lives: Sequence[float | None],
    last_week: float,
) -> tuple[Floats, Floats, Floats]:
    """What each newest step and the one before it should have been, and the dispersion."""
    steps = counts.shape[1]
    expected = np.empty((counts.shape[0], evaluate))
    before, spread = np.empty_like(expected), np.ones_like(expected)
    starts: dict[int, Floats] = {}
    for column, now in enumerate(range(steps - evaluate, steps)):
        if now < LEAST_PAST:
            plain = (counts[:, :now].sum(axis=1) + 0.5) / (now + 1)
            expected[:, column] = before[:, column] = plain
            continue
        mean, columns = _regressed(counts[:, :now], season, starts)
        mean, spread[:, column] = levels.followed(
            counts[:, : now + 1],
            mean,
            known=now,
            columns=columns,
            half_lives=half_lives,
            guard=GUARD,
            least_spread=1.0,
        )
        expected[:, column], before[:, column] = mean[:, now], mean[:, now - 1]
        spread[:, column] *= _together(counts[:, :now], mean[:, :now], spread[:, column], last_week)
    return expected, before, spread


def _together(past: Floats, mean: Floats, spread: Floats, last_week: float) -> Floats:
    """How much more two weeks vary than if each erred alone; 1 where that may be chance.

    A level that drifts misses two weeks in one direction.
    """
    usual = np.sqrt(spread[:, None] * mean)
    error = np.minimum(past - mean, levels.EXTREME * usual)
    both = error[:, 1:] + last_week * error[:, :-1]
    variance = usual[:, 1:] ** 2 + (last_week * usual[:, :-1]) ** 2
    ratio = (both**2 / variance).mean(axis=1)
    chance = 2 * np.sqrt(3 / past.shape[1])
    return np.where(ratio > 1 + chance, ratio, 1.0)


def _regressed(past: Floats, season: float, starts: dict[int, Floats]) -> tuple[Floats, int]:
    """Expected counts of the past and of one week more, by the seasonal form that fits best.

    `starts` holds each form's coefficients of the week before, from where the next fit is near.
    """
    weeks = past.shape[1]
    forms = [
        _design(weeks + 1, season, waves, trend=weeks >= season)
        for waves in ((0, 1, 2) if weeks >= SEASONS_FOR_SHAPE * season else (0,))
    ]
    means = []
    for design in forms:
        columns = design.shape[1]
        ridge = np.r_[0.0, np.full(columns - 1, RIDGE)]
        starts[columns] = regression.fitted(
            past, design[:weeks], ridge=ridge, start=starts.get(columns)
        )
        means.append(regression.expected(starts[columns], design))
    most = forms[-1].shape[1]
    spread = np.maximum(regression.dispersion(past, means[-1][:, :weeks], columns=most), 1.0)
    cost = [
        -2 * levels.foretold(past, mean[:, :weeks]) / spread + PRICE_OF_A_COLUMN * form.shape[1]
        for mean, form in zip(means, forms, strict=True)
    ]
    best = np.argmin(cost, axis=0)
    return np.stack(means)[best, np.arange(best.size)], most


def _design(weeks: int, season: float, waves: int, *, trend: bool) -> Floats:
    """Columns: 1, years gone by, then a cosine and a sine for each wave."""
    week = np.arange(weeks)
    columns = [np.ones(weeks)]
    if trend:
        columns.append(week / (2 * season))
    for wave in range(1, waves + 1):
        angle = 2 * np.pi * wave * week / season
        columns += [np.cos(angle), np.sin(angle)]
    return np.stack(columns, axis=1)
