"""Young series: judged after a week, with what so short a past leaves unknown counted in."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from xianban.foresight import checking
from xianban.foresight.outbreaks.chances import judged
from xianban.foresight.outbreaks.findings import Outbreaks

Floats = NDArray[np.float64]

LEAST_PAST = 7
# What is believed of the dispersion before anything is seen, and how many steps that is worth.
USUAL_SPREAD, SPREAD_STEPS = 2.0, 4.0
# A day of the cycle is believed to differ from the others by half its size (1 / sqrt(4)) or so.
CYCLE_SHAPE = 4.0
SPREAD_NODES = 8


def short(
    counts: ArrayLike,
    *,
    evaluate: int = 1,
    alpha: float = 0.005,
    window: int = 28,
    guard: int = 2,
    cycle: int = 7,
) -> Outbreaks:
    """Which young series came to more than their few earlier steps allow; from 7 of them on.

    The level is the mean of the newest `window` steps, with a share for each day of the cycle that
    is believed the more, the more was seen of it. What is not known is counted in: the error of
    the level and of the day's share widen the prediction, and the chance is averaged over what the
    dispersion may be. So an alarm needs much on the eighth day and ever less from then on.

    Args:
        counts: (series, steps), whole numbers from 0, oldest first; days as a rule.
        evaluate: how many of the newest steps to judge, from 1; each with earlier steps alone.
        alpha: chance of an alarm on a quiet step, in (0, 1).
        window: earlier steps to compare with, from 7; older ones are forgotten.
        guard: newest steps before the judged one that teach nothing, so that an outbreak does not
            hide itself; fewer while the past is no longer than a week.
        cycle: steps after which the pattern of days comes round: 7 for days, 1 for none (weeks).

    Returns:
        `Outbreaks`, each array (series, evaluate). `p_value` is a mid-p value, neither clipped nor
        rounded. Fewer than 7 earlier steps: SHORT_PAST. Counts that vary less than Poisson are
        judged as Poisson.

    Raises:
        BadInput: counts that are not whole numbers from 0 or not (series, steps), or a setting out
            of its range.

    **False alarms.** At .005 measured with 7 to 28 earlier steps and .3, 2 and 20 a step: Poisson,
    with or without a pattern of the week, .004 or less; 40% extra zeros .008 or less; negative
    binomial with variance three times the mean .016 to .028, .011 to .019 and .006 to .011: so few
    steps do not show how much rare counts vary.

    **When to use another.** From two months of days on `daily`, from half a year of weeks on
    `weekly`: they know the trend and the season, and find more.

    Source: the window and the guard after EARS C2 (Hutwagner et al., Journal of Urban Health 80
    (2003), i89-i96); the gamma posterior and its negative-binomial prediction after Gelman et al.,
    Bayesian Data Analysis (2013), section 2.6; a scaled inverse-chi-square dispersion, section 3.2.

    >>> import numpy as np
    >>> counts = np.random.default_rng(1).poisson(10, (2, 15))
    >>> counts[1, -1] = 40
    >>> short(counts).alarm[:, 0].tolist()
    [False, True]
    """
    table = checking.counts(counts)
    series, steps = table.shape
    checking.whole(evaluate, name="evaluate", least=1, most=steps)
    alpha = checking.share(alpha, name="alpha")
    checking.whole(window, name="window", least=LEAST_PAST)
    checking.whole(guard, name="guard", least=0, most=28)
    checking.whole(cycle, name="cycle", least=1, most=366)
    expected = np.empty((series, evaluate))
    spread = np.ones((SPREAD_NODES, series, evaluate))
    first = steps - evaluate
    for column, now in enumerate(range(first, steps)):
        if now < LEAST_PAST:
            expected[:, column] = (table[:, :now].sum(axis=1) + 0.5) / (now + 1)
            continue
        end = now - min(guard, now - LEAST_PAST)
        start = max(end - window, 0)
        expected[:, column], spread[:, :, column] = _due(table[:, start:end], now - start, cycle)
    young = np.broadcast_to(np.arange(first, steps) < LEAST_PAST, expected.shape)
    return judged(table[:, first:], expected, spread, alpha=alpha, short=young)


def _due(past: Floats, ahead: int, cycle: int) -> tuple[Floats, Floats]:
    """Expected count of the step `ahead` of the window's first, and what its dispersion may be."""
    steps = past.shape[1]
    day = np.arange(steps) % cycle
    level = (past.sum(axis=1) + 0.5) / steps
    spread = np.full(past.shape[0], USUAL_SPREAD)
    for _ in range(2):  # the shares need the dispersion and it them: twice is near enough
        share, known = _shares(past, day, level, spread, cycle)
        each = share[:, day]
        rate = (past.sum(axis=1) + 0.5) / each.sum(axis=1)
        mean = rate[:, None] * each
        squares = ((past - mean) ** 2 / mean).sum(axis=1)
        free = np.maximum(steps - 1 - known, 1.0)
        total = squares + SPREAD_STEPS * USUAL_SPREAD
        spread = np.maximum(total / (free + SPREAD_STEPS), 1.0)
    today = share[:, ahead % cycle]
    expected = rate * today
    nodes = (np.arange(SPREAD_NODES) + 0.5) / SPREAD_NODES
    may_be = total / special.chdtri(free + SPREAD_STEPS, nodes[:, None])
    of_level = today / each.sum(axis=1)
    of_share = _share_error(past, day, spread, ahead % cycle, cycle)
    return expected, np.maximum(may_be, 1.0) * (1 + of_level) + expected * of_share


def _shares(
    past: Floats, day: NDArray[np.intp], level: Floats, spread: Floats, cycle: int
) -> tuple[Floats, Floats]:
    """Each day's share of the level, 1 on average, and how many free numbers they amount to."""
    if cycle == 1:
        return np.ones((past.shape[0], 1)), np.zeros(past.shape[0])
    member = (day[:, None] == np.arange(cycle)).astype(np.float64)
    came = past @ member / spread[:, None]
    due = level[:, None] * member.sum(axis=0) / spread[:, None]
    known = (due / (due + CYCLE_SHAPE)).sum(axis=1) * (cycle - 1) / cycle
    return (came + CYCLE_SHAPE) / (due + CYCLE_SHAPE), known


def _share_error(
    past: Floats, day: NDArray[np.intp], spread: Floats, today: int, cycle: int
) -> Floats:
    """Relative variance of today's share."""
    if cycle == 1:
        return np.zeros(past.shape[0])
    return np.asarray(1 / (past[:, day == today].sum(axis=1) / spread + CYCLE_SHAPE))
