"""Fit all series together: effects shared by empirical Bayes, dispersion per series."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .design import KINDS
from .hierarchy import Grouping
from .newton import Floats, Posterior, Prior, step

BLOCK_DAYS = 7
START_VAR = np.array([1.0, 0.05, 0.02, 0.1, 0.02, 0.02])
"""Where the variances of KINDS begin, and what they are drawn to while groups are few."""
START_STEP_VAR = 0.003
START_STAY = 0.97
PRIOR_GROUPS = 2.0
"""How many groups the starting variances are worth."""
MOST_LOG = 30.0
STAY_BOUNDS = (0.5, 0.995)
LEAST_VAR = 1e-6
RELAX = 1.5
SMALLER = 0.05
"""A group is first thought to differ little: variances that begin large are slow to shrink."""


@dataclass(frozen=True)
class Layer:
    """One step of the hierarchy with what was learnt of it."""

    grouping: Grouping
    prior: Prior
    posterior: Posterior
    shock_var: float = 0.0
    """Variance of what strikes all of a group on one day and is gone on the next (a storm)."""


def fit_layers(
    counts: Floats, columns: Floats, kinds: NDArray[np.intp], groupings: list[Grouping],
    *, cycles: int = 12, chunk: int = 1000,
) -> tuple[list[Layer], Floats, Floats]:  # fmt: skip
    """The layers, the fitted mean (series, day), and the dispersion (series)."""
    days = counts.shape[1]
    starts = block_starts(days)
    block_of = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, days)))
    layers = [_blank(grouping, kinds, len(starts)) for grouping in groupings]
    dispersion = np.ones(len(counts))
    log_mean = np.zeros_like(counts)
    for cycle in range(cycles):
        for place, layer in enumerate(layers):
            if cycle == 0:
                layer, shift = _intercepts(layer, counts, log_mean)
                log_mean += shift[layer.grouping.of, None]
            before = _contribution(layer.posterior, columns, block_of)
            layer = _improve(layer, counts, log_mean, dispersion, columns, starts, chunk)
            change = _contribution(layer.posterior, columns, block_of) - before
            log_mean += change[layer.grouping.of]
            if cycle > 0:
                layer = replace(layer, prior=_learn(layer, kinds))
            layers[place] = layer
        np.clip(log_mean, -MOST_LOG, MOST_LOG, out=log_mean)
        mean = np.exp(log_mean)
        dispersion = _dispersion(counts, mean, shock_var=0.0)
    layers = _shocks(layers, counts, mean, dispersion)
    shock_var = sum(layer.shock_var for layer in layers)
    dispersion = _dispersion(counts, mean, shock_var=shock_var)
    return layers, mean, dispersion


def block_starts(days: int) -> NDArray[np.intp]:
    """Blocks of a week, of which the last ends on the last day."""
    first = days % BLOCK_DAYS
    starts = np.arange(first, days, BLOCK_DAYS)
    return np.concatenate([[0], starts[starts > 0]]).astype(np.intp)


def _blank(grouping: Grouping, kinds: NDArray[np.intp], blocks: int) -> Layer:
    size, width = grouping.size, len(kinds)
    zero = Posterior(
        effects=np.zeros((size, width)),
        level=np.zeros((size, blocks)),
        effect_cov=np.zeros((size, width, width)),
        level_var=np.zeros((size, blocks)),
        level_cov=np.zeros((size, blocks - 1)),
        last_cov=np.zeros((size, width)),
    )
    effect_var = START_VAR[kinds]
    if grouping.name == "all":
        effect_var[0] = 100.0  # how much there is in all is not shrunk to anything
    step_var = START_STEP_VAR
    if grouping.name != "all":
        effect_var[1:] *= SMALLER
        step_var *= 2 * SMALLER
    return Layer(grouping, Prior(effect_var, step_var, START_STAY), zero)


def _intercepts(layer: Layer, counts: Floats, log_mean: Floats) -> tuple[Layer, Floats]:
    """A first guess at how much each group has, so that Newton begins nearby."""
    seen = layer.grouping.total(counts.sum(axis=1))
    thought = layer.grouping.total(np.exp(log_mean).sum(axis=1))
    shift = np.log((seen + 0.5) / (thought + 0.5))
    effects = layer.posterior.effects.copy()
    effects[:, 0] += shift
    return replace(layer, posterior=replace(layer.posterior, effects=effects)), shift


def _contribution(posterior: Posterior, columns: Floats, block_of: NDArray[np.intp]) -> Floats:
    return posterior.effects @ columns.T + posterior.level[:, block_of]


def _improve(
    layer: Layer, counts: Floats, log_mean: Floats, dispersion: Floats, columns: Floats,
    starts: NDArray[np.intp], chunk: int,
) -> Layer:  # fmt: skip
    """One Newton step, in chunks of groups so that memory stays small."""
    mean = np.exp(log_mean)
    weight = layer.grouping.total(mean / dispersion[:, None])
    gradient = layer.grouping.total((counts - mean) / dispersion[:, None])
    parts = []
    for begin in range(0, layer.grouping.size, chunk):
        here = slice(begin, begin + chunk)
        old = Posterior(**{name: value[here] for name, value in vars(layer.posterior).items()})
        parts.append(
            step(
                old,
                prior=layer.prior,
                gradient=gradient[here],
                weight=weight[here],
                columns=columns,
                starts=starts,
            )
        )
    if len(parts) == 1:
        return replace(layer, posterior=parts[0])
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])
    }
    return replace(layer, posterior=Posterior(**joined))


def _learn(layer: Layer, kinds: NDArray[np.intp]) -> Prior:
    """Empirical Bayes by MacKay's fixed point: what the groups show, over what they could show.

    It goes where expectation-maximisation goes, in a few cycles instead of hundreds.
    """
    posterior, prior = layer.posterior, layer.prior
    effect_var = prior.effect_var.copy()
    spread = np.diagonal(posterior.effect_cov, axis1=1, axis2=2)
    for kind in range(len(KINDS)):
        mine = kinds == kind
        if not mine.any() or (kind == 0 and layer.grouping.name == "all"):
            continue
        known = np.maximum(1 - spread[:, mine] / prior.effect_var[mine], 0).sum()
        square = (posterior.effects[:, mine] ** 2).sum()
        effect_var[mine] = _drawn(square, known, old=effect_var[mine][0], start=START_VAR[kind])
    return _learn_level(replace(prior, effect_var=effect_var), posterior)


def _learn_level(prior: Prior, posterior: Posterior) -> Prior:
    size, blocks = posterior.level.shape
    if blocks < 2:
        return prior
    level, var, cov = posterior.level, posterior.level_var, posterior.level_cov
    past = (level[:, :-1] ** 2 + var[:, :-1]).sum()
    both = (level[:, 1:] * level[:, :-1] + cov).sum()
    worth = 20 * START_STEP_VAR / (1 - START_STAY**2)
    stay = float(np.clip((both + START_STAY * worth) / (past + worth), *STAY_BOUNDS))
    moved = ((level[:, 1:] - stay * level[:, :-1]) ** 2).sum()
    unsure = (var[:, 1:] - 2 * stay * cov + stay**2 * var[:, :-1]).sum()
    known = max(size * (blocks - 1) - unsure / prior.step_var, 0.0)
    step_var = _drawn(moved, known, old=prior.step_var, start=START_STEP_VAR)
    return replace(prior, step_var=step_var, stay=stay)


def _drawn(square: float, known: float, *, old: float, start: float) -> float:
    """The fixed point's next value, and half as far again: it approaches from one side."""
    target = (PRIOR_GROUPS * start + square) / (PRIOR_GROUPS + known)
    return float(max(old * np.clip(target / old, 0.2, 5.0) ** RELAX, LEAST_VAR))


def _shocks(layers: list[Layer], counts: Floats, mean: Floats, dispersion: Floats) -> list[Layer]:
    """What the groups' daily totals vary by beyond what their series, if independent, would."""
    left = (dispersion[:, None] - 1) * mean + mean
    shocked, taken = [], 0.0
    for layer in layers:
        total = layer.grouping.total
        extra = (total(counts - mean) ** 2 - total(left)).sum() / (total(mean) ** 2).sum()
        own = 0.0 if layer.grouping.size == len(counts) else max(float(extra) - taken, 0.0)
        taken += own
        shocked.append(replace(layer, shock_var=own))
    return shocked


def _dispersion(counts: Floats, mean: Floats, *, shock_var: float) -> Floats:
    """Variance over mean of each series, drawn to what the series have in common.

    Days with little expected say little and heavily; they weigh less than Pearson's 1/mean.
    """
    weight = 1 / (mean + 0.5)
    square = weight * ((counts - mean) ** 2 - shock_var * mean**2)
    expected = np.maximum((weight * mean).sum(axis=1), 1e-12)
    raw = square.sum(axis=1) / expected
    days = counts.shape[1]
    noise = square.var(axis=1) * days / expected**2
    usable = counts.sum(axis=1) >= 10
    if not usable.any():
        return np.ones(len(counts))
    relative = noise[usable] / np.maximum(raw[usable], 0.2) ** 2 + 1e-6
    logs = np.log(np.maximum(raw[usable], 0.2))
    centre = np.average(logs, weights=1 / (relative + 0.02))
    between = max(np.average((logs - centre) ** 2 - relative, weights=1 / (relative + 0.02)), 1e-3)
    pooled = np.full(len(counts), np.exp(centre))
    share = between / (between + relative)
    pooled[usable] = np.exp(centre + share * (logs - centre))
    return np.maximum(pooled, 1.0)
