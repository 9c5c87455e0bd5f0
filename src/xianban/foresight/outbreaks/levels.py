"""A level that moves: how far a series has lately run above or below its regression.

The level at a step is (prior + counts that came) / (prior + counts expected) over the steps before
it, each weighed by its age: the posterior mean of a gamma-distributed rate that forgets. The
newest `guard` steps are left out, so that an outbreak does not raise its own threshold.

Source: West and Harrison, Bayesian Forecasting and Dynamic Models (1997), sections 6.3 and 10.8
(discounting); the half-life is chosen for each series by how well it foretold each past step.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from xianban.foresight.outbreaks import regression

Floats = NDArray[np.float64]

PRIOR_EVENTS = 5.0  # times the dispersion: what the regression's own level counts for
EXTREME = 3.0
LEAST_SPREAD = 0.005


def moving(counts: Floats, mean: Floats, spread: Floats, *, half_life: float, guard: int) -> Floats:
    """The level as a ratio to `mean` at each step, from the steps before it: (series, steps)."""
    from scipy import signal  # takes long to load, so when it is needed

    keep = 0.5 ** (1 / half_life)
    prior = PRIOR_EVENTS * spread[:, None]
    ratio = np.ones_like(mean)
    if mean.shape[1] > guard + 1:
        came = signal.lfilter([1.0], [1.0, -keep], counts[:, : -guard - 1], axis=1)
        due = signal.lfilter([1.0], [1.0, -keep], mean[:, : -guard - 1], axis=1)
        ratio[:, guard + 1 :] = (came + prior) / (due + prior)
    return ratio


def followed(
    counts: Floats,
    mean: Floats,
    *,
    known: int,
    columns: int,
    half_lives: Sequence[float | None],
    guard: int,
    open_: Floats | None = None,
    least_spread: float = LEAST_SPREAD,
) -> tuple[Floats, Floats]:
    """`mean` times the level that foretold the first `known` steps best, and the dispersion about it.

    None among `half_lives` is a level that stays; it is taken where no moving one is better by
    more than chance gives. `open_` is 0 where a series rests by plan and teaches nothing.
    """
    past = slice(0, known)
    open_past = None if open_ is None else open_[:, past]
    first = np.maximum(
        regression.dispersion(counts[:, past], mean[:, past], columns=columns, weights=open_past),
        least_spread,
    )
    seen, due = (counts, mean) if open_ is None else (counts * open_, mean * open_)
    best = np.full(counts.shape[0], -np.inf)
    chosen = mean.copy()
    for half_life in half_lives:
        if half_life is None:
            candidate, margin = mean, 1.0
        else:
            ratio = moving(seen, due, first, half_life=half_life, guard=guard)
            candidate, margin = mean * ratio, 0.0
        score = foretold(seen[:, past], candidate[:, past], open_past) / first + margin
        better = score > best
        best = np.where(better, score, best)
        chosen[better] = candidate[better]
    return chosen, _dispersion(counts[:, past], chosen[:, past], columns, open_past, least_spread)


def foretold(counts: Floats, mean: Floats, open_: Floats | None = None) -> Floats:
    """Poisson log likelihood but for a constant: how well each step was foretold."""
    each = special.xlogy(counts, mean) - mean
    return np.asarray((each if open_ is None else each * open_).sum(axis=1))


def _dispersion(
    counts: Floats, mean: Floats, columns: int, open_: Floats | None, least: float
) -> Floats:
    """Dispersion with past outbreaks weighed down."""
    raw = regression.dispersion(counts, mean, columns=columns, weights=open_)
    weights = regression.settled(counts, mean, np.maximum(raw, least), above=EXTREME, weights=open_)
    settled = regression.dispersion(counts, mean, columns=columns, weights=weights)
    return np.maximum(settled, least)
