"""The compiled part of `flexible`: one step of many series."""

from math import erfc, exp, inf, sqrt

import numba
import numpy as np

from xianban.foresight.outbreaks import baseline, tails

JUDGED = 0


@numba.njit(cache=True, nogil=True)
def judge_series(
    table, now, pieces, n_parts, free, critical, above, alpha, normal, delta,
    expected, upper, p_value, reason,
):  # fmt: skip
    """Fill the four arrays for column `now` of `table`; settings as `flexible` worked them out.

    `free` is the degrees of freedom with a slope; `critical` the slope's least t-value to stay, inf
    where there is none. `pieces` has a row a run: first column, length, part.
    """
    runs = np.empty((pieces.shape[0], 4), np.int64)
    n = 0
    for r in range(pieces.shape[0]):
        runs[r, 0], runs[r, 1], runs[r, 2], runs[r, 3] = (
            n, pieces[r, 1], pieces[r, 2], pieces[r, 0] - now,
        )  # fmt: skip
        n += pieces[r, 1]
    counts, weights, fitted = np.empty(n), np.empty(n), np.empty(n)
    parts = np.empty((n_parts, 5))
    for s in range(table.shape[0]):
        own, own_weeks, largest = _gather(table[s], pieces, n_parts, counts)
        if own == 0:
            mean, excess, error = 0.5 / own_weeks, 1 / own_weeks, 0.0
        else:
            mean, excess, error = _predict(
                counts, weights, runs, parts, fitted, free, critical, above, largest, delta
            )
        if delta and own > 0:
            upper[s], p_value[s] = _delta(table[s, now], mean, 1 + excess, error, normal)
        else:
            excess = max(excess, tails.POISSON)
            upper[s] = tails.largest_usual(mean, excess, alpha, normal)
            p_value[s] = tails.mid_p(table[s, now], mean, excess)
        expected[s] = mean
        reason[s] = JUDGED


@numba.njit(cache=True, nogil=True)
def _gather(series, pieces, n_parts, counts):
    """Copy the baseline's weeks; the sum and number of those at the judged step's own level."""
    own, own_weeks, largest, n = 0.0, 0, 0.0, 0
    for r in range(pieces.shape[0]):
        first, length, part = pieces[r]
        sum_ = 0.0
        for i in range(first, first + length):
            counts[n] = series[i]
            sum_ += series[i]
            largest = max(largest, series[i])
            n += 1
        if part == n_parts - 1:
            own += sum_
            own_weeks += length
    return own, own_weeks, largest


@numba.njit(cache=True, nogil=True)
def _predict(counts, weights, runs, parts, fitted, free, critical, above, largest, delta):
    """The expected count now, its dispersion less 1, and the variance of its estimate."""
    own = parts.shape[0] - 1
    if critical < inf:
        fits, slope, spread, phi, scale = _fit(
            counts, weights, runs, parts, fitted, free, above, True, delta or critical > 0
        )
        if fits:
            mean = exp(parts[own, 0])
            # No more than was ever seen: a trend must not run away.
            if mean <= largest and slope * slope * spread > critical * critical * scale:
                centre = parts[own, 2] / parts[own, 1]
                error = scale * (1 / parts[own, 1] + centre * centre / spread)
                return mean, phi - 1, mean * mean * error
        free += 1
    _, _, _, phi, scale = _fit(counts, weights, runs, parts, fitted, free, above, False, delta)
    mean = exp(parts[own, 0])
    return mean, phi - 1, mean * mean * scale / parts[own, 1]


@numba.njit(cache=True, nogil=True)
def _fit(counts, weights, runs, parts, fitted, free, above, trend, scaled):
    """Fit, weigh past outbreaks down, fit again: whether it fits, slope, spread, phi, scale.

    `phi` is the dispersion, 1 at least; `scale` that of the standard errors, asked for by `scaled`.
    """
    weights[:] = 1.0
    fits, slope, spread = _once(counts, weights, runs, parts, fitted, trend, 0.0, True)
    if not fits:
        return False, 0.0, 1.0, 1.0, 1.0
    phi = baseline.dispersion(counts, weights, runs, parts, fitted, False) / free
    scale = phi
    if above < inf:
        if baseline.weigh_down(counts, weights, runs, parts, fitted, spread, max(phi, 1.0), above):
            fits, slope, spread = _once(counts, weights, runs, parts, fitted, trend, slope, False)
            if not fits:
                return False, 0.0, 1.0, 1.0, 1.0
            phi = baseline.dispersion(counts, weights, runs, parts, fitted, False) / free
        if scaled:
            # As R does after reweighting: residuals relative to the fitted value.
            scale = baseline.dispersion(counts, weights, runs, parts, fitted, True) / free
    return True, slope, spread, max(phi, 1.0), scale


@numba.njit(cache=True, nogil=True)
def _once(counts, weights, runs, parts, fitted, trend, slope, anew):
    if trend:
        return baseline.fit_trend(counts, weights, runs, parts, fitted, slope, anew)
    baseline.fit_levels(counts, weights, runs, parts, fitted)
    return True, 0.0, inf


@numba.njit(cache=True, nogil=True)
def _delta(count, mean, phi, error, normal):
    """Upper bound and p-value on the scale of count ** (2/3), where counts are nearly normal."""
    deviation = 2 / 3 * mean ** (1 / 6) * sqrt(phi + error / mean)
    centre = mean ** (2 / 3)
    bound = max(centre + normal * deviation, 0.0) ** 1.5
    return bound, 0.5 * erfc((count ** (2 / 3) - centre) / deviation / sqrt(2.0))
