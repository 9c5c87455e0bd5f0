"""Scores into probabilities: what a score meant on texts that the model had not seen."""

import numpy as np
from scipy.optimize import minimize

from xianban.dispatch.classifier import Floats
from xianban.dispatch.features import Ints

HOLD = 10.0  # a label leaves the common slope only so far as about this many texts insist


def calibrate(raw: Floats, truth: Ints, *, hold: float = HOLD) -> tuple[Floats, Floats]:
    """A slope and an offset for each label: softmax(raw * slopes + offsets), by penalised likelihood.

    Platt's scaling for all labels at once, each held near one common slope: a label with three
    examples gets the common one, a label with three hundred its own.
    """
    n, count = raw.shape
    wide = raw.astype(np.float64)
    told = np.zeros((n, count))
    told[np.arange(n), truth] = 1.0

    def loss(parameters):
        common, own, offsets = parameters[0], parameters[1 : count + 1], parameters[count + 1 :]
        odds = wide * (np.exp(common) * np.exp(own)) + offsets
        odds -= odds.max(axis=1, keepdims=True)
        raised = np.exp(odds)
        chances = raised / raised.sum(axis=1, keepdims=True)
        value = -np.log(np.maximum(chances[np.arange(n), truth], 1e-300)).sum()
        value += hold / 2 * ((own**2).sum() + (offsets**2).sum())
        slip = chances - told
        by_slope = (slip * wide).sum(axis=0) * np.exp(common + own)
        return value, np.concatenate(
            ([by_slope.sum()], by_slope + hold * own, slip.sum(axis=0) + hold * offsets)
        )

    start = np.zeros(2 * count + 1)
    start[0] = np.log(2.0)
    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(-5, 4)] + [(-2, 2)] * count + [(-5, 5)] * count,
    ).x
    slopes = np.exp(found[0] + found[1 : count + 1])
    return slopes.astype(np.float32), found[count + 1 :].astype(np.float32)
