"""A quasi-Poisson baseline of level by season and a trend, fitted to one series in microseconds.

The model: log of the expected count = level of the season's part + slope * weeks from now. Weeks
come in runs of neighbours in one part, so the fitted values of a run are a geometric sequence, the
weighted normal equations are an arrow (a diagonal and one row for the slope), and a step of Fisher
scoring costs a few operations a week. Compiled kernels alone; the tests hold them to a plain fit.

A part of the season with no counts at all has its maximum-likelihood level at nought; it is left
out of the steps, and counted in the degrees of freedom.
"""

from math import exp, inf, isfinite, log, sqrt

import numba
import numpy as np

MOST_STEPS = 25
CLOSE_ENOUGH = 1e-8  # relative change of deviance; R's glm stops there too

_small = np.arange(1024.0)
LOG_START = np.log(_small + 0.1)
COUNT_LOG_COUNT = _small * np.log(np.maximum(_small, 1))


@numba.njit(cache=True, nogil=True)
def fit_trend(counts, weights, runs, parts, fitted, slope, anew):
    """Levels (as logs) by part and a slope; False where no finite slope fits.

    `counts`, `weights` and `fitted` are one value a week of the baseline, run after run; `runs` has
    a row for each: first place, length, part, weeks from now of its first week. `parts` is
    (parts, 5): column 0 receives the log level, 1 to 3 the weights' sums by power of time, and 4
    holds whether the part has any counts. Unless `anew`, it goes on from the levels there and
    `slope`. The slope is returned with the spread of time about the parts' means, by which the
    variance of the slope is known.
    """
    n_parts = parts.shape[0]
    total, total_time, constant = _sufficient(counts, weights, runs, parts)
    if anew:
        slope = _start(counts, weights, runs, parts)
    deviance = inf
    for _ in range(MOST_STEPS):
        spread = _evaluate(weights, runs, parts, fitted, slope)
        left, left_time, value = 0.0, total_time, constant - slope * total_time
        for p in range(n_parts):
            left += total[p] - parts[p, 1]
            left_time -= parts[p, 2]
            value -= total[p] * parts[p, 0]
        value = 2 * (value - left)
        if not (isfinite(value) and spread > 0):
            return False, 0.0, 1.0
        if abs(value - deviance) < CLOSE_ENOUGH * (abs(value) + 0.1):
            return True, slope, spread
        deviance = value
        for p in range(n_parts):
            if parts[p, 4] > 0:
                left_time -= parts[p, 2] / parts[p, 1] * (total[p] - parts[p, 1])
        change = left_time / spread
        slope += change
        for p in range(n_parts):
            if parts[p, 4] > 0:
                parts[p, 0] += (total[p] - parts[p, 1] - parts[p, 2] * change) / parts[p, 1]
    return False, 0.0, 1.0


@numba.njit(cache=True, nogil=True)
def fit_levels(counts, weights, runs, parts, fitted):
    """The levels without a slope: each part's weighted mean; no steps are needed."""
    total, _, _ = _sufficient(counts, weights, runs, parts)
    parts[:, 1] = 0.0
    for r in range(runs.shape[0]):
        first, length, p, _ = runs[r]
        for i in range(first, first + length):
            parts[p, 1] += weights[i]
    for p in range(parts.shape[0]):
        if parts[p, 4] > 0:
            parts[p, 0] = log(total[p] / parts[p, 1])
    _evaluate(weights, runs, parts, fitted, 0.0)


@numba.njit(cache=True, nogil=True)
def dispersion(counts, weights, runs, parts, fitted, relative):
    """Sum of squared residuals: Pearson's, or relative to the fitted value."""
    sum_ = 0.0
    for r in range(runs.shape[0]):
        first, length, p, _ = runs[r]
        if parts[p, 4] > 0:
            for i in range(first, first + length):
                residual = counts[i] - fitted[i]
                scale = fitted[i] * fitted[i] if relative else fitted[i]
                sum_ += weights[i] * residual * residual / scale
        elif relative:
            for i in range(first, first + length):
                sum_ += weights[i]  # (0 - m) / m is -1 however small m is
    return sum_


@numba.njit(cache=True, nogil=True)
def weigh_down(counts, weights, runs, parts, fitted, spread, phi, above):
    """Weights from standardised Anscombe residuals; True where any exceeds `above`.

    What exceeds it gets the inverse square of its residual; then all are scaled to sum to their
    number. `spread` is inf where there is no slope.
    """
    n = weights.size
    sum_, any_ = float(n), False
    for r in range(runs.shape[0]):
        first, length, p, time = runs[r]
        if parts[p, 4] > 0:
            centre = parts[p, 2] / parts[p, 1]
            alone, turned = 1 / parts[p, 1], 1 / spread
            for i in range(first, first + length):
                away = time + (i - first) - centre
                other = 1 - fitted[i] * (alone + away * away * turned)  # 1 - leverage
                least = above * above * phi * other
                difference = counts[i] - fitted[i]
                # Pearson's residual is never less than Anscombe's: most weeks end here. A week
                # that its own part fits alone has nothing to be compared with.
                if difference > 0 and other > 1e-9 and difference * difference > least * fitted[i]:
                    root = sqrt(fitted[i])
                    raw = 1.5 * (np.cbrt(counts[i] * counts[i]) / np.cbrt(root) - root)
                    if raw * raw > least:
                        weights[i] = phi * other / (raw * raw)
                        sum_ += weights[i] - 1
                        any_ = True
    if any_:
        weights *= n / sum_
    return any_


@numba.njit(cache=True, nogil=True)
def _sufficient(counts, weights, runs, parts):
    total = np.zeros(parts.shape[0])
    total_time, constant = 0.0, 0.0
    for r in range(runs.shape[0]):
        first, length, p, time = runs[r]
        for i in range(first, first + length):
            if counts[i] > 0:
                weighted = weights[i] * counts[i]
                total[p] += weighted
                total_time += weighted * (time + (i - first))
                if counts[i] < COUNT_LOG_COUNT.size:
                    constant += weights[i] * COUNT_LOG_COUNT[int(counts[i])]
                else:
                    constant += weighted * log(counts[i])
    for p in range(parts.shape[0]):
        parts[p, 4] = total[p]
    return total, total_time, constant


@numba.njit(cache=True, nogil=True)
def _start(counts, weights, runs, parts):
    """One step from fitted values of count + 0.1, as R's glm begins."""
    parts[:, :4] = 0.0
    response = np.zeros(parts.shape[0])
    response_time = 0.0
    for r in range(runs.shape[0]):
        first, length, p, time = runs[r]
        if parts[p, 4] > 0:
            for i in range(first, first + length):
                when = time + (i - first)
                start = counts[i] + 0.1
                if counts[i] < LOG_START.size:
                    logarithm = LOG_START[int(counts[i])]
                else:
                    logarithm = log(start)
                weight = weights[i] * start
                parts[p, 1] += weight
                parts[p, 2] += weight * when
                parts[p, 3] += weight * when * when
                working = weight * (logarithm - 0.1 / start)
                response[p] += working
                response_time += working * when
    spread = 0.0
    for p in range(parts.shape[0]):
        if parts[p, 4] > 0:
            spread += parts[p, 3] - parts[p, 2] * parts[p, 2] / parts[p, 1]
            response_time -= parts[p, 2] / parts[p, 1] * response[p]
    slope = response_time / spread if spread > 0 else 0.0
    for p in range(parts.shape[0]):
        if parts[p, 4] > 0:
            parts[p, 0] = (response[p] - slope * parts[p, 2]) / parts[p, 1]
    return slope


@numba.njit(cache=True, nogil=True)
def _evaluate(weights, runs, parts, fitted, slope):
    """Fitted values and the weights' sums at the present levels and slope; the spread of time."""
    parts[:, 1:4] = 0.0
    growth = exp(slope)
    for r in range(runs.shape[0]):
        first, length, p, time = runs[r]
        if parts[p, 4] > 0:
            value = exp(parts[p, 0] + slope * time)
            sum_, sum_time, sum_square, when = 0.0, 0.0, 0.0, float(time)
            for i in range(first, first + length):
                fitted[i] = value
                weight = weights[i] * value
                sum_ += weight
                sum_time += weight * when
                sum_square += weight * when * when
                value *= growth
                when += 1
            parts[p, 1] += sum_
            parts[p, 2] += sum_time
            parts[p, 3] += sum_square
    spread = 0.0
    for p in range(parts.shape[0]):
        if parts[p, 4] > 0:
            spread += parts[p, 3] - parts[p, 2] * parts[p, 2] / parts[p, 1]
    return spread
