"""Tails of counts: negative binomial (and Poisson, its limit), fast and to about 12 digits.

A count of mean `mean` and variance `mean * (1 + excess)`. SciPy's own functions answer arrays, not
the inside of a compiled loop; the tests hold these to SciPy's.

Source: C. Loader, "Fast and accurate computation of binomial probabilities" (2000), sections 2-4,
for the single chance; Abramowitz and Stegun 26.5.8 for the tail as a continued fraction.
"""

from math import exp, floor, lgamma, log, log1p, pi, sqrt

import numba

# A Poisson count is taken as a negative binomial of this excess: no figure moves by 1e-9.
POISSON = 1e-10
HALF_LOG_2PI = 0.5 * log(2 * pi)
NEAR = 60  # steps from a guess before halving is the quicker way


@numba.njit(cache=True, nogil=True)
def chance(count, mean, excess):
    """P(Y = count)."""
    size = mean / excess
    if count == 0:
        return exp(-size * log1p(excess))
    total = count + size
    share = excess / (1 + excess)
    logarithm = (
        _stirling_error(total)
        - _stirling_error(size)
        - _stirling_error(count)
        - _deviance(size, total / (1 + excess))
        - _deviance(count, total * share)
    )
    # What is left of the binomial chance is sqrt(total / (2 pi size count)) * size / total.
    return exp(logarithm) * sqrt(size / (2 * pi * count * total))


@numba.njit(cache=True, nogil=True)
def tail(count, mean, excess):
    """P(Y >= count)."""
    return _tail(count, mean, excess, chance(count, mean, excess))


@numba.njit(cache=True, nogil=True)
def mid_p(count, mean, excess):
    """P(Y > count) + P(Y = count) / 2: uniform on average though counts are whole."""
    single = chance(count, mean, excess)
    return max(_tail(count, mean, excess, single) - 0.5 * single, 0.5 * single)


@numba.njit(cache=True, nogil=True)
def largest_usual(mean, excess, alpha, normal):
    """The smallest count that is exceeded with chance `alpha` at most; `normal` is its deviate."""
    size = mean / excess
    share = excess / (1 + excess)
    spread = sqrt(mean * (1 + excess))
    skew = (1 + 2 * excess) / spread
    guess = mean + spread * (normal + skew * (normal * normal - 1) / 6)
    count = max(floor(guess), 0.0) + 1
    single = chance(count, mean, excess)
    above = _tail(count, mean, excess, single)  # P(Y >= count), kept so from count to count
    for _ in range(NEAR):
        if above > alpha:
            above -= single
            single *= (count + size) / (count + 1) * share
            count += 1
            if above <= alpha:
                return count - 1
        else:
            count -= 1
            single = (
                chance(0, mean, excess)
                if count == 0
                else single * ((count + 1) / ((count + size) * share))
            )
            above += single
            if above > alpha:
                return count
            if count == 0:
                return 0.0
    return _halved(mean, excess, alpha, count)


@numba.njit(cache=True, nogil=True)
def _halved(mean, excess, alpha, high):
    """The same by halving, where the guess was far off: very skewed counts."""
    low = -1.0
    while tail(high + 1, mean, excess) > alpha:
        low, high = high, 2 * high + 1
    while high - low > 1:
        middle = floor((low + high) / 2)
        if tail(middle + 1, mean, excess) > alpha:
            low = middle
        else:
            high = middle
    return high


@numba.njit(cache=True, nogil=True)
def _tail(count, mean, excess, single):
    if count <= 0:
        return 1.0
    size = mean / excess
    share = excess / (1 + excess)
    if share < (count + 1) / (count + size + 2):
        return single * _continued(count, size, share)
    return 1 - _below(count, single, size, share)


@numba.njit(cache=True, nogil=True)
def _below(count, single, size, share):
    """P(Y < count), summed downwards: quick where `count` lies below the mean."""
    sum_, term = 0.0, single
    while count > 0:
        term *= count / ((count - 1 + size) * share)
        sum_ += term
        count -= 1
        if term < 1e-17 * sum_:
            break
    return sum_


@numba.njit(cache=True, nogil=True)
def _continued(a, b, x):
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    d = 1 / (1 - (a + b) * x / (a + 1))
    c, value = 1.0, d
    for m in range(1, 100_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + even * d)
        c = 1 + even / c
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / (1 + odd * d)
        c = 1 + odd / c
        step = d * c
        value *= step
        if abs(step - 1) < 1e-15:
            break
    return value


@numba.njit(cache=True, nogil=True)
def _stirling_error(n):
    """log(n!) less Stirling's formula."""
    if n < 16:
        return lgamma(n + 1) - (n + 0.5) * log(n) + n - HALF_LOG_2PI
    square = n * n
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680) / square) / square) / square) / n


@numba.njit(cache=True, nogil=True)
def _deviance(x, m):
    """x log(x / m) + m - x, without losing digits where x is near m."""
    difference = x - m
    if abs(difference) >= 0.1 * (x + m):
        return x * log(x / m) - difference
    ratio = difference / (x + m)
    sum_ = difference * ratio
    term = 2 * x * ratio
    square = ratio * ratio
    for j in range(1, 1000):
        term *= square
        larger = sum_ + term / (2 * j + 1)
        if larger == sum_:
            break
        sum_ = larger
    return sum_
