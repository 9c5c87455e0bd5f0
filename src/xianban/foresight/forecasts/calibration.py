"""Where the past fell within what was expected of it, so that 90% means 90%.

The nonrandomised probability integral transform of counts: Czado, Gneiting & Held (2009),
Predictive model assessment for count data, Biometrics 65, section 2.1.
"""

import numpy as np
from scipy import special

from .newton import Floats

GRID = np.linspace(0, 1, 201)
MOST_CELLS = 40_000
PRIOR_CELLS = 1_000.0
"""With few days seen, the model's own shape is trusted more than theirs."""


def reliability(counts: Floats, mean: Floats, dispersion: Floats) -> Floats:
    """The share of past counts that fell under each chance of GRID; GRID itself if all is well."""
    stride = max(1, counts.size // MOST_CELLS)
    # a stride that shares no factor with a week, so that every weekday is seen
    stride += stride % 7 == 0
    seen, thought = counts.ravel()[::stride], mean.ravel()[::stride]
    over = np.repeat(dispersion, counts.shape[1])[::stride]
    upto, below = _chance(seen, thought, over), _chance(seen - 1, thought, over)
    # a day on which hardly anything can come says nothing of the shape
    weight = 1 - _chance(np.zeros_like(thought), thought, over)
    inside = (GRID[:, None] - below) / np.maximum(upto - below, 1e-12)
    share = np.clip(inside, 0, 1) @ weight
    return np.asarray((share + PRIOR_CELLS * GRID) / (weight.sum() + PRIOR_CELLS))


def corrected(levels: Floats, shares: Floats) -> Floats:
    """The chances to ask the model for, so that these come true."""
    return np.interp(levels, shares, GRID)


def _chance(count: Floats, mean: Floats, over: Floats) -> Floats:
    """Of at most `count`: negative binomial, or Poisson where variance and mean are equal."""
    excess = np.maximum(over - 1, 1e-6)
    known = special.betainc(mean / excess, np.maximum(count + 1, 1e-9), 1 / (1 + excess))
    plain = special.pdtr(np.maximum(count, 0), mean)
    return np.where(count < 0, 0.0, np.where(over > 1 + 1e-4, known, plain))
