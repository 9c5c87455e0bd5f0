"""Scores into probabilities: what a score meant on texts that the model had not seen."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from xianban.dispatch.classifier import Floats
from xianban.dispatch.features import Ints

HOLD = 10.0  # a label's offset leaves zero only so far as about this many texts insist
LARGEST = 6.0  # of the logarithm of the slope: scores that separate everything stay finite

Doubles = NDArray[np.float64]


def calibrate(raw: Floats, truth: Ints) -> tuple[Floats, Floats]:
    """Slopes and offsets of the labels, so that softmax(raw * slopes + offsets) is a probability.

    Platt's scaling for all labels at once, by penalised likelihood: one slope for all, since a
    slope of each label's own was no better calibrated.
    """
    count = raw.shape[1]
    found = minimize(
        _loss,
        np.concatenate(([1.0], np.zeros(count))),
        args=(raw.astype(np.float64), truth),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-LARGEST, LARGEST)] + [(None, None)] * count,
    ).x
    return np.full(count, np.exp(found[0]), np.float32), found[1:].astype(np.float32)


def _loss(parameters: Doubles, raw: Doubles, truth: Ints) -> tuple[float, Doubles]:
    """Surprise at the true labels, and its gradient by the slope's logarithm and the offsets."""
    slope, offsets, every = np.exp(parameters[0]), parameters[1:], np.arange(len(truth))
    odds = raw * slope + offsets
    odds -= odds.max(axis=1, keepdims=True)
    chances = np.exp(odds)
    chances /= chances.sum(axis=1, keepdims=True)
    surprise = -np.log(np.maximum(chances[every, truth], 1e-300)).sum()
    chances[every, truth] -= 1.0
    gradient = np.concatenate(
        ([(chances * raw).sum() * slope], chances.sum(axis=0) + HOLD * offsets)
    )
    return float(surprise + HOLD / 2 * (offsets**2).sum()), gradient
