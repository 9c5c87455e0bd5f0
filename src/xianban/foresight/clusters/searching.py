"""The search itself: every zone of nearest neighbours, every duration that ends today.

Throughout, `observed`, `drawn` and `expected` are (areas, days[, replicates]) and summed over the
newest day, the newest two, and so on; a row of `order` (areas, neighbours) begins with the area
itself; `total` is the fixed total of all counts, or 0 where the total is free.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

FLOOR = 4.0
"""A cylinder with a lower score adds nothing to the evidence of its areas."""
SLACK = 1.0 - 1e-6
"""The quick bound is rounded; a score that might just pass it is worked out in full."""
HIGHEST = 700.0
"""The largest exponent a float can hold, nearly."""


@numba.njit(cache=True)
def score_of(observed: float, expected: float, total: float) -> float:
    """Log likelihood ratio of an increase; 0 where nothing is above what was expected."""
    if observed <= expected or expected <= 0.0:
        return 0.0
    inside = observed * np.log(observed / expected)
    if total <= 0.0:
        return inside + expected - observed
    rest = total - observed
    return inside + rest * np.log(rest / (total - expected)) if rest > 0.0 else inside


@numba.njit(cache=True)
def bound_scale(expected: float, total: float) -> float:
    """What (observed - expected)**2 is multiplied with for an upper bound of the score.

    For x = observed / expected > 1, x log x + 1 - x <= (x - 1)**2 / 2. Within a fixed total the
    divergence of two Bernoulli laws is at most chi-squared, and at most half of it for shares from
    q to 1 - q; a quarter expected and more than three quarters seen pass `FLOOR` by either.
    """
    if expected <= 0.0:
        return 0.0
    if total <= 0.0:
        return 0.5 / expected
    if expected >= total:
        return 0.0
    half = 0.5 if expected < 0.25 * total and total >= 2.0 * FLOOR else 1.0
    return half / (expected * (1.0 - expected / total))


@numba.njit(cache=True)
def evidence_of(score: float, observed: float, days: int) -> float:
    """Likelihood ratio averaged over the log of the risk (Laplace), a duration weighing 1 / days."""
    return np.exp(min(score, HIGHEST)) / (np.sqrt(observed) * days)


@numba.njit(cache=True)
def _add_evidence(evidence: NDArray[Any], of_zones: NDArray[Any], members: NDArray[Any]) -> None:
    """Zones are prefixes of `members`: a member gets the evidence of its own zone and all larger."""
    for step in range(len(members) - 2, -1, -1):
        of_zones[step] += of_zones[step + 1]
    for step in range(len(members)):
        evidence[members[step]] += of_zones[step]


@numba.njit(cache=True)
def null_maxima(
    drawn: NDArray[np.float64],
    expected: NDArray[np.float64],
    order: NDArray[np.int32],
    total: float,
) -> NDArray[np.float64]:
    """(2, replicates): each replicate's highest score, and how much evidence its best area has.

    The latter is log(1 + evidence), and where there is none, or little, the score besides.

    Replicates lie next to one another, so that one instruction serves several; logarithms are
    taken only where the upper bound of the score could matter.
    """
    areas, days, replicates = drawn.shape
    best, bar = np.zeros(replicates), np.zeros(replicates)
    evidence = np.zeros((areas, replicates))
    of_zones = np.zeros((order.shape[1], replicates))
    seen, mean = np.zeros((days, replicates)), np.zeros(days)
    for centre in range(areas):
        seen[:] = 0.0
        mean[:] = 0.0
        of_zones[:] = 0.0
        some = False
        for step in range(order.shape[1]):
            area = order[centre, step]
            for day in range(days):
                mean[day] += expected[area, day]
                about, scale = mean[day], bound_scale(mean[day], total)
                row, new = seen[day], drawn[area, day]
                passed = 0
                for i in range(replicates):
                    row[i] += new[i]
                    excess = max(row[i] - about, 0.0)
                    passed |= excess * excess * scale > bar[i]
                if passed == 0:
                    continue
                for i in range(replicates):
                    excess = row[i] - about
                    if excess > 0.0 and excess * excess * scale > bar[i]:
                        score = score_of(row[i], about, total)
                        if score > best[i]:
                            best[i] = score
                            bar[i] = min(score, FLOOR) * SLACK
                        if score >= FLOOR:
                            some = True
                            of_zones[step, i] += evidence_of(score, row[i], day + 1)
        if some:
            _add_evidence(evidence, of_zones, order[centre])
    found = np.zeros((2, replicates))
    found[0] = best
    for area in range(areas):
        for i in range(replicates):
            found[1, i] = max(found[1, i], evidence[area, i])
    found[1] = np.log1p(found[1]) + np.minimum(best, FLOOR)
    return found


@numba.njit(cache=True)
def best_cylinder(
    observed: NDArray[np.float64],
    expected: NDArray[np.float64],
    order: NDArray[np.int32],
    total: float,
    taken: NDArray[np.bool_],
) -> tuple[float, int, int, int]:
    """Score, centre, areas and days of the best cylinder without a taken area; of equals the least."""
    days = observed.shape[1]
    best, at, size, length = 0.0, 0, 0, 0
    seen, mean = np.zeros(days), np.zeros(days)
    for centre in range(order.shape[0]):
        seen[:] = 0.0
        mean[:] = 0.0
        for step in range(order.shape[1]):
            area = order[centre, step]
            if taken[area]:
                break
            for day in range(days):
                seen[day] += observed[area, day]
                mean[day] += expected[area, day]
                score = score_of(seen[day], mean[day], total)
                equal = best > 0.0 and abs(score - best) <= 1e-10 * best
                if (not equal and score > best) or (equal and (step + 1, day + 1) < (size, length)):
                    best, at, size, length = score, centre, step + 1, day + 1
    return best, at, size, length


@numba.njit(cache=True)
def area_evidence(
    observed: NDArray[np.float64],
    expected: NDArray[np.float64],
    order: NDArray[np.int32],
    total: float,
    taken: NDArray[np.bool_],
    less: float,
) -> NDArray[np.float64]:
    """Each area's evidence over the cylinders without a taken area, divided by exp(less)."""
    areas, days = observed.shape
    evidence = np.zeros(areas)
    for centre in range(areas):
        seen, mean = np.zeros(days), np.zeros(days)
        of_zones = np.zeros(order.shape[1])
        for step in range(order.shape[1]):
            area = order[centre, step]
            if taken[area]:
                break
            for day in range(days):
                seen[day] += observed[area, day]
                mean[day] += expected[area, day]
                score = score_of(seen[day], mean[day], total)
                if score >= FLOOR:
                    of_zones[step] += evidence_of(score - less, seen[day], day + 1)
        _add_evidence(evidence, of_zones, order[centre])
    return evidence
