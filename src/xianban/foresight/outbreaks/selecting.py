"""Of many p-values, the findings to act on: few false ones, and no more than a desk can take."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xianban.base.errors import BadInput
from xianban.foresight import checking


@dataclass(frozen=True, eq=False)
class Selection:
    """What to act on. `selected`, `rank` and `q_value` have the shape of the p-values.

    - `selected`: passed the false-discovery control and came within the budget.
    - `rank`: 1 for the most urgent of all, each number once.
    - `q_value`: the least false-discovery rate at which it would pass, in [0, 1].
    - `order`: the selected, most urgent first, as positions in the flattened p-values
      (`np.unravel_index(order, shape)` gives rows and columns).
    - `passed`: how many passed the control; `over_budget`: how many of them the budget left out.
    """

    selected: NDArray[np.bool_]
    rank: NDArray[np.int64]
    q_value: NDArray[np.float64]
    order: NDArray[np.int64]
    passed: int
    over_budget: int


def select(
    p_values: ArrayLike,
    *,
    fdr: float | None = 0.1,
    budget: int | None = None,
    scores: ArrayLike | None = None,
    dependence: str = "positive",
) -> Selection:
    """Which findings to act on, so that few of them are false and the desk can take them all.

    Alpha .005 on 100,000 series is 500 false alarms a run. This takes all p-values as one family,
    keeps the share of false ones among those kept at `fdr` on average, ranks them, and stops at
    the budget.

    Args:
        p_values: any shape, in [0, 1]; all of one decision (of a run over several steps give the
            newest column alone).
        fdr: the share of false findings among the kept to allow on average, in (0, 1); None asks
            for no control (then give a budget).
        budget: how many at most, from 0; None for all that pass.
        scores: same shape; among equal p-values the higher score comes first (then the earlier
            position). `Outbreaks.score` serves.
        dependence: "positive": Benjamini and Hochberg, for p-values independent of one another or
            rising together, as areas in one heat wave do; "any": Benjamini and Yekutieli, whatever
            their dependence, stricter by the factor 1 + 1/2 + ... + 1/number.

    Returns:
        `Selection`.

    Raises:
        BadInput: a p-value outside [0, 1] or not a number, scores of another shape, fdr or budget
            out of range, or neither of them.

    **False alarms.** Where nothing is the matter anywhere, a run keeps anything at all with chance
    `fdr` at most, if the p-values are what they say. Those of a baseline taken as if it were known
    (`flexible`) are too small where they are very small: asked for .1, it gave .37, asked for .01,
    .15, in a test with 100 outbreaks in 100,000 series. Ask for less there, and set a budget: it
    makes no promise about errors, but errors then cost no more than the budget.

    **Where few came lately** (`Reason.FEW_RECENT`) the p-value stands, and might be selected; to
    withhold those, give 1 instead: `np.where(found.reason == Reason.JUDGED, found.p_value, 1.0)`.

    **When to use another.** For a handful of series the alarms of the door itself are enough. For
    neighbouring areas that rise together use `clusters.scan`: one finding instead of many.

    Source: Benjamini and Hochberg, JRSS B 57 (1995), section 3.1; Benjamini and Yekutieli, Annals
    of Statistics 29 (2001), theorem 1.3.

    >>> select([0.0001, 0.9, 0.03, 0.004], fdr=0.05, budget=1).selected.tolist()
    [True, False, False, False]
    """
    p = _p_values(p_values)
    if fdr is None and budget is None:
        raise BadInput("fdr and budget are both None; give at least one of them")
    checking.one_of(dependence, name="dependence", among=("positive", "any"))
    flat = p.reshape(-1)
    ranked = np.lexsort((-_scores(scores, p.shape), flat))
    rank = np.empty(flat.size, np.int64)
    rank[ranked] = np.arange(1, flat.size + 1)
    q_value = _q_values(flat, ranked, dependence)
    level = 1.0 if fdr is None else checking.share(fdr, name="fdr")
    passed = int((q_value <= level).sum())
    kept = passed if budget is None else min(passed, checking.whole(budget, name="budget", least=0))
    selected = rank <= kept
    return Selection(
        selected=selected.reshape(p.shape),
        rank=rank.reshape(p.shape),
        q_value=q_value.reshape(p.shape),
        order=ranked[:kept],
        passed=passed,
        over_budget=passed - kept,
    )


def _q_values(flat, ranked, dependence):
    """Benjamini and Hochberg's adjusted p-values: the least level at which each still passes."""
    number = flat.size
    steps = np.arange(1, number + 1)
    factor = np.sum(1 / steps) if dependence == "any" else 1.0
    ratio = flat[ranked] * (number * factor) / steps
    q_value = np.empty(number)
    q_value[ranked] = np.minimum(np.minimum.accumulate(ratio[::-1])[::-1], 1.0)
    return q_value


def _p_values(values):
    p = checking.numbers(values, name="p_values")
    if p.min() < 0 or p.max() > 1:
        wrong = p[(p < 0) | (p > 1)][0]
        raise BadInput(f"p_values has {wrong:g}; a p-value lies from 0 to 1")
    return p


def _scores(values, shape):
    if values is None:
        return np.zeros(int(np.prod(shape)))
    scores = checking.numbers(values, name="scores")
    if scores.shape != shape:
        raise BadInput(
            f"scores has shape {scores.shape} and p_values {shape}; give one score for each"
        )
    return scores.reshape(-1)
