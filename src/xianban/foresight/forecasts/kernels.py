"""Whole-number quantiles of mixtures of negative binomials, cell by cell."""

import math

import numba
import numpy as np
from numpy.typing import NDArray

REACH = 12.0
"""How many standard deviations below the lowest component the search begins."""
STEPS = 100_000
"""With more counts than this to walk through, a smooth distribution stands for the counted one."""


@numba.njit(cache=True)
def _log_pmf(count: float, mean: float, dispersion: float) -> float:
    """The log chance of `count` where the variance is `dispersion` times the mean."""
    if dispersion < 1.0 + 1e-6:
        return count * math.log(mean) - mean - math.lgamma(count + 1.0)
    size = mean / (dispersion - 1.0)
    return (
        math.lgamma(count + size)
        - math.lgamma(size)
        - math.lgamma(count + 1.0)
        - size * math.log(dispersion)
        + count * math.log((dispersion - 1.0) / dispersion)
    )


@numba.njit(cache=True)
def _share_upto(count: float, mean: float, dispersion: float) -> float:
    """The chance of at most `count`, as a gamma variable of the same mean and variance has it.

    Its cube root is nearly normal: Wilson & Hilferty (1931), The distribution of chi-square.
    """
    ninth = dispersion / (9.0 * mean)
    deviate = (((count + 0.5) / mean) ** (1 / 3) - 1.0 + ninth) / math.sqrt(ninth)
    return 0.5 * math.erfc(-deviate / math.sqrt(2.0))


@numba.njit(cache=True)
def _halved(
    means: NDArray[np.float64], weights: NDArray[np.float64], over: float, level: float, last: float
) -> float:
    """The least count that is not passed with chance `level`, by halving: for large counts."""
    low, high = -1.0, math.ceil(last)
    while high - low > 1:
        middle = math.floor((low + high) / 2)
        done = 0.0
        for part in range(means.size):
            done += weights[part] * _share_upto(middle, means[part], over)
        if done >= level:
            high = middle
        else:
            low = middle
    return high


@numba.njit(cache=True)
def mixture_quantiles(
    means: NDArray[np.float64],
    weights: NDArray[np.float64],
    dispersion: NDArray[np.float64],
    levels: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The least count whose chance of not being passed reaches each level.

    `means` is (cell, component), `dispersion` (cell), `levels` in rising order. Exact up to
    counts of some ten thousand; beyond, to a thousandth in chance (to a hundredth in the lower tail
    where the variance nears the square of the mean).
    """
    cells, parts = means.shape
    out = np.empty((cells, levels.size))
    mass = np.empty(parts)
    for cell in range(cells):
        over = dispersion[cell]
        lowest = means[cell].min()
        highest = means[cell].max()
        count = math.floor(max(0.0, lowest - REACH * math.sqrt(over * lowest)))
        last = highest + 60.0 * over + 40.0 * math.sqrt(over * highest)
        if last - count > STEPS:
            for rank in range(levels.size):
                out[cell, rank] = _halved(means[cell], weights, over, levels[rank], last)
            continue
        for part in range(parts):
            mass[part] = _log_pmf(count, means[cell, part], over)
        done = 0.0
        rank = 0
        while rank < levels.size:
            for part in range(parts):
                done += weights[part] * math.exp(mass[part])
            while rank < levels.size and (done >= levels[rank] - 1e-12 or count > last):
                out[cell, rank] = count
                rank += 1
            count += 1.0
            for part in range(parts):
                mean = means[cell, part]
                if over < 1.0 + 1e-6:
                    mass[part] += math.log(mean / count)
                else:
                    size = mean / (over - 1.0)
                    mass[part] += math.log((count - 1.0 + size) / count * (over - 1.0) / over)
    return out
