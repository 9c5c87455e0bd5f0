"""Whole-number quantiles of mixtures of negative binomials, cell by cell."""

import math

import numba
import numpy as np
from numpy.typing import NDArray

REACH = 12.0
"""How many standard deviations below the lowest component the search begins."""


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
def mixture_quantiles(
    means: NDArray[np.float64],
    weights: NDArray[np.float64],
    dispersion: NDArray[np.float64],
    levels: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The least count whose chance of not being passed reaches each level.

    `means` is (cell, component), `dispersion` (cell), `levels` in rising order.
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
