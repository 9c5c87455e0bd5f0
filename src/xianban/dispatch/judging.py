"""How good a model is, on texts that it has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Quality:
    """Shares from 0 to 1. `accuracy_at_80`: accuracy on the 80% of texts that it is surest of."""

    n: int
    accuracy: float
    macro_f1: float
    ece: float  # expected calibration error of the likeliest label, 15 bins
    accuracy_at_90: float
    accuracy_at_80: float
    accuracy_at_70: float


def measure(chances: NDArray[np.floating], labels: Sequence[str], truth: Sequence[str]) -> Quality:
    """Judge probabilities (texts, labels) by the true labels; one that the model lacks counts as missed."""
    best = chances.argmax(axis=1)
    named, true = np.array(labels, dtype=object)[best], np.array(truth, dtype=object)
    right, sure = named == true, chances.max(axis=1)
    return Quality(
        n=len(truth),
        accuracy=float(right.mean()),
        macro_f1=macro_f1(named, true),
        ece=calibration_error(sure, right),
        accuracy_at_90=accuracy_at(sure, right, 0.9),
        accuracy_at_80=accuracy_at(sure, right, 0.8),
        accuracy_at_70=accuracy_at(sure, right, 0.7),
    )


def accuracy_at(sure: NDArray[np.floating], right: NDArray[np.bool_], share: float) -> float:
    """Accuracy on that share of the texts of which the model is surest."""
    kept = np.argsort(-sure, kind="stable")[: max(1, round(share * len(sure)))]
    return float(right[kept].mean())


def macro_f1(named: NDArray[np.object_], truth: NDArray[np.object_]) -> float:
    """F1 of each true label, averaged: small matters count as much as large ones."""
    shares = []
    for label in sorted(set(truth)):
        hits = np.sum((named == label) & (truth == label))
        shares.append(2 * hits / (np.sum(named == label) + np.sum(truth == label)))
    return float(np.mean(shares))


def calibration_error(
    sure: NDArray[np.floating], right: NDArray[np.bool_], *, bins: int = 15
) -> float:
    """Expected calibration error: how far said and true shares of success differ, over equal bins."""
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [
        np.sum(place == b) * abs(float(sure[place == b].mean()) - float(right[place == b].mean()))
        for b in range(bins)
        if np.any(place == b)
    ]
    return float(np.sum(gaps) / max(len(sure), 1))
