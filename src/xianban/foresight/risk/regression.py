"""The chance of at least one: a ridge regression on the log rate (complementary log-log)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RIDGE = 2.0
STEPS = 25
LOG_BOUNDS = (-15.0, 5.0)


@dataclass(frozen=True)
class Fit:
    """log rate = base + weights · (columns - centre) / scale."""

    base: float
    weights: Floats
    centre: Floats
    scale: Floats

    def parts(self, columns: Floats) -> Floats:
        """What every column adds to the log rate; (…, column)."""
        return (columns - self.centre) / self.scale * self.weights

    def chance(self, columns: Floats) -> Floats:
        log_rate = self.base + self.parts(columns).sum(axis=-1)
        return -np.expm1(-np.exp(np.clip(log_rate, *LOG_BOUNDS)))


def regress(columns: Floats, came: NDArray[np.bool_]) -> Fit:
    """Fisher scoring; `columns` (row, column), `came` (row,): whether at least one came.

    The chance is 1 - exp(-rate), so a rate that doubles is twice as many cases, not twice the odds.
    """
    centre, spread = columns.mean(axis=0), columns.std(axis=0)
    scale = np.where(spread > 1e-9, spread, 1.0)
    design = np.column_stack([np.ones(len(columns)), (columns - centre) / scale])
    share = np.clip(came.mean(), 1e-6, 1 - 1e-6)
    weights = np.zeros(design.shape[1])
    weights[0] = np.log(-np.log1p(-share))
    ridge = np.diag(np.r_[1e-6, np.full(design.shape[1] - 1, RIDGE)])
    best = _penalised(design, came, weights, ridge)
    for _ in range(STEPS):
        move = _move(design, came, weights, ridge)
        while (score := _penalised(design, came, weights + move, ridge)) < best - 1e-9:
            move /= 2
            if np.abs(move).max() < 1e-8:
                break
        weights, gain, best = weights + move, score - best, score
        if gain < 1e-7 * abs(best):
            break
    return Fit(float(weights[0]), weights[1:], centre, scale)


def _move(design: Floats, came: NDArray[np.bool_], weights: Floats, ridge: Floats) -> Floats:
    rate = np.exp(np.clip(design @ weights, *LOG_BOUNDS))
    none = np.exp(-rate)
    some = np.maximum(-np.expm1(-rate), 1e-12)
    slope = design.T @ (rate * np.where(came, none / some, -1.0)) - ridge @ weights
    information = rate**2 * none / some
    return np.linalg.solve(design.T @ (information[:, None] * design) + ridge, slope)


def _penalised(design: Floats, came: NDArray[np.bool_], weights: Floats, ridge: Floats) -> float:
    rate = np.exp(np.clip(design @ weights, *LOG_BOUNDS))
    likelihood = np.where(came, np.log(np.maximum(-np.expm1(-rate), 1e-12)), -rate).sum()
    return float(likelihood - weights @ ridge @ weights / 2)
