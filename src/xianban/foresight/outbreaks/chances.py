"""How likely a count as high is, whatever its dispersion, and the count at which that is `alpha`."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from xianban.foresight.outbreaks.findings import Outbreaks, Reason

Floats = NDArray[np.float64]

NEARLY_POISSON = 1.0005
# A count this close above what was expected raises no alarm, whatever the step before it was.
LEAST_EXCESS = 0.25
MOST_ROUNDS = 60


def mid_p(count: Floats, mean: Floats, spread: Floats) -> Floats:
    """P(Y > count) + P(Y = count) / 2 for counts of mean `mean` and variance `spread * mean`.

    Negative binomial where `spread` is above 1; below it, Poisson on the scale of `count / spread`.
    Continuous and falling in `count`, also between whole numbers.
    """
    count, mean, spread = np.broadcast_arrays(count, mean, spread)
    result = np.empty(count.shape)
    wide = spread > NEARLY_POISSON
    result[wide] = _negative_binomial(count[wide], mean[wide], spread[wide])
    result[~wide] = _poisson(count[~wide], mean[~wide], np.minimum(spread[~wide], 1.0))
    return result


def _negative_binomial(count: Floats, mean: Floats, spread: Floats) -> Floats:
    size, share = mean / (spread - 1), 1 - 1 / spread
    upward = special.betainc(count + 1, size, share)
    from_here = np.where(count > 0, special.betainc(np.maximum(count, 1e-12), size, share), 1.0)
    return np.asarray((from_here + upward) / 2)


def _poisson(count: Floats, mean: Floats, spread: Floats) -> Floats:
    # One whole count is 1 / spread on the new scale; its edges lie half of that to either side.
    lower, rate = (count - 0.5) / spread + 0.5, mean / spread
    from_here = np.where(
        (count > 0) & (lower > 0), special.gammainc(np.maximum(lower, 1e-12), rate), 1.0
    )
    return np.asarray((from_here + special.gammainc(lower + 1 / spread, rate)) / 2)


def judged(
    newest: Floats,
    expected: Floats,
    spread: Floats,
    *,
    alpha: float,
    before: tuple[Floats, Floats, float] | None = None,
    short: NDArray[np.bool_] | None = None,
) -> Outbreaks:
    """The finding for counts `newest` where `expected` were to be seen; all (series, evaluate).

    `spread` is the dispersion, or a stack of equally likely ones over which the chance is averaged.
    `before` holds the counts and expectations of the step before each, and its weight: the count
    judged is then the weighted sum of both. `short` marks what has too short a past to be judged.
    """
    weight = 0.0 if before is None else before[2]
    seen, due = (np.zeros_like(newest),) * 2 if before is None else before[:2]
    stack = spread.reshape(-1, *newest.shape)
    mean = expected + weight * due
    share = stack * (expected + weight**2 * due) / mean

    def chance(count: Floats) -> Floats:
        return np.asarray(mid_p(count + weight * seen, mean, share).mean(axis=0))

    least = expected + LEAST_EXCESS * np.sqrt(stack.mean(axis=0) * expected)
    # Alone it would be no news: then it is none, whatever the step before was.
    alone = mid_p(newest, expected, stack).mean(axis=0)
    p_value = chance(newest)
    p_value = np.where(newest <= least, np.maximum(p_value, alone / 2), p_value)
    upper = _crossing(chance, least, np.sqrt(share.mean(axis=0) * mean), alpha)
    short = np.zeros(newest.shape, bool) if short is None else short
    score = np.where(short, 0.0, (newest - expected) / (upper - expected))
    return Outbreaks(
        expected=expected,
        upper=np.where(short, np.inf, upper),
        p_value=np.where(short, 1.0, p_value),
        score=score,
        alarm=(newest > upper) & ~short,
        reason=np.where(short, Reason.SHORT_PAST, Reason.JUDGED).astype(np.uint8),
    )


def _crossing(
    chance: Callable[[Floats], Floats], least: Floats, sd: Floats, alpha: float
) -> Floats:
    """The count, from `least` on, at which `chance` falls to `alpha`: false position on its log."""
    aim = np.log(alpha)

    def above(count: Floats) -> Floats:
        return np.asarray(np.log(np.maximum(chance(count), 1e-300)) - aim)

    low, high = least.copy(), least + special.ndtri(1 - alpha) * sd + 2.0
    low_value, high_value = above(low), above(high)
    for _ in range(MOST_ROUNDS):
        if not (high_value > 0).any():
            break
        far = high_value > 0
        low, low_value = np.where(far, high, low), np.where(far, high_value, low_value)
        high = np.where(far, least + 2 * (high - least), high)
        high_value = above(high)
    for turn in range(MOST_ROUNDS):
        share = low_value / np.where(low_value > high_value, low_value - high_value, 1.0)
        if turn % 3 == 2:
            share = np.full_like(share, 0.5)
        middle = low + np.clip(share, 0.0, 1.0) * (high - low)
        value = above(middle)
        over = value > 0
        low, low_value = np.where(over, middle, low), np.where(over, value, low_value)
        high, high_value = np.where(over, high, middle), np.where(over, high_value, value)
        done = (high - low < 1e-9 * (1 + high)) | (np.abs(value) < 1e-11) | (low_value <= 0)
        if done.all():
            break
    # Where `least` itself is already less likely than alpha, anything above it is an alarm.
    return np.where(low_value <= 0, least, middle)
