"""Log-linear (quasi-Poisson) regression of many series on one design, all at once.

The normal equations of all series are two matrix products, so a thousand series cost little more
than one. A weak prior keeps every coefficient finite: half an event on the level (Jeffreys), a
normal of precision `ridge` on each other coefficient; it is felt only where there are few events.

Source: McCullagh and Nelder, Generalized Linear Models (1989), sections 2.5 and 9.2.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_STEPS = 40
CLOSE = 1e-5  # Newton squares the error: what is left after such a step is about 1e-10


def fitted(
    counts: Floats,
    design: Floats,
    *,
    ridge: Floats,
    weights: Floats | None = None,
    start: Floats | None = None,
) -> Floats:
    """Coefficients (series, columns) of log expected count; the design's first column is all 1."""
    rows, columns = np.triu_indices(design.shape[1])
    products = design[:, rows] * design[:, columns]
    if start is None:
        start = np.zeros((counts.shape[0], design.shape[1]))
        start[:, 0] = np.log(_level(counts, weights))
    found = start.copy()
    diagonal = np.arange(design.shape[1])
    for _ in range(MOST_STEPS):
        mean = expected(found, design)
        residual = counts - mean
        if weights is not None:
            mean *= weights
            residual *= weights
        gradient = residual @ design - ridge * found
        gradient[:, 0] += 0.5
        information = np.empty((counts.shape[0], diagonal.size, diagonal.size))
        information[:, rows, columns] = mean @ products
        information[:, columns, rows] = information[:, rows, columns]
        information[:, diagonal, diagonal] += ridge + 1e-9
        step = np.linalg.solve(information, gradient[..., None])[..., 0]
        size = np.abs(step).max(axis=1)
        found += step * np.minimum(1.0, 1.5 / np.maximum(size, 1e-300))[:, None]
        if size.max() < CLOSE:
            break
    return found


def expected(coefficients: Floats, design: Floats) -> Floats:
    """Expected counts (series, steps)."""
    logarithm = coefficients @ design.T
    np.clip(logarithm, -30.0, 30.0, out=logarithm)
    return np.exp(logarithm, out=logarithm)


def dispersion(
    counts: Floats, mean: Floats, *, columns: int, weights: Floats | None = None
) -> Floats:
    """Variance over mean by Pearson's residuals, one for each series."""
    squares = (counts - mean) ** 2 / mean
    if weights is None:
        return squares.sum(axis=1) / max(counts.shape[1] - columns, 1)
    return (squares * weights).sum(axis=1) / np.maximum(weights.sum(axis=1) - columns, 1.0)


def settled(
    counts: Floats, mean: Floats, spread: Floats, *, above: float, weights: Floats | None = None
) -> Floats:
    """Weights that let a past outbreak count for less: the inverse square of its residual.

    Residuals are Anscombe's, standardised; only those above `above` lose weight (Farrington et al.
    1996, section 3.6).
    """
    scale = np.sqrt(spread)[:, None]
    root = np.cbrt(np.sqrt(mean))
    residual = 1.5 * (np.cbrt(counts) ** 2 - root**4) / (root * scale)
    lowered = np.where(residual > above, (above / np.maximum(residual, above)) ** 2, 1.0)
    return lowered if weights is None else lowered * weights


def _level(counts: Floats, weights: Floats | None) -> Floats:
    if weights is None:
        return np.asarray((counts.sum(axis=1) + 0.5) / counts.shape[1])
    return np.asarray(((counts * weights).sum(axis=1) + 0.5) / (weights.sum(axis=1) + 1.0))
