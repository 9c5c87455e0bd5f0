"""One Newton step for all groups of one step of the hierarchy at once.

The unknowns of a group are its calendar effects (dense, few) and its level, one value for each
block of days, which follows a first-order autoregression. The level's part of the Hessian is
tridiagonal, so it is eliminated first and only a small dense system remains (an arrow matrix).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Posterior:
    """What is known of one step of the hierarchy: the mode and the curvature around it."""

    effects: Floats
    """(group, column)."""
    level: Floats
    """(group, block)."""
    effect_cov: Floats
    """(group, column, column)."""
    level_var: Floats
    """(group, block)."""
    level_cov: Floats
    """(group, block - 1): of each block with the next."""
    last_cov: Floats
    """(group, column): of each effect with the last block's level."""


@dataclass(frozen=True)
class Prior:
    """Variances of the effects (column), of the level's steps, and how much of a level stays."""

    effect_var: Floats
    step_var: float
    stay: float


def step(
    posterior: Posterior, *, prior: Prior, gradient: Floats, weight: Floats, columns: Floats,
    starts: NDArray[np.intp], most: float = 1.5,
) -> Posterior:  # fmt: skip
    """Move every group to the mode of its local quadratic.

    `gradient` and `weight` are (group, day): the score and the Fisher weight of each day;
    `starts` are the first days of the blocks. A move is no longer than `most` on the log scale.
    """
    groups, blocks = posterior.level.shape
    width = columns.shape[1]
    dense = _dense(weight, columns) + np.diag(1 / prior.effect_var)
    edge = np.empty((groups, blocks, width))
    for column in range(width):
        edge[:, :, column] = np.add.reduceat(weight * columns[:, column], starts, axis=1)
    diagonal, beside = _level_precision(prior, blocks)
    pivots = np.add.reduceat(weight, starts, axis=1) + diagonal
    slope = gradient @ columns - posterior.effects / prior.effect_var
    level_slope = np.add.reduceat(gradient, starts, axis=1) - _times(
        diagonal, beside, posterior.level
    )
    right = np.concatenate([edge, level_slope[:, :, None]], axis=2)
    solved, inverse_var, inverse_cov = _tridiagonal(pivots, beside, right)
    cov = np.linalg.inv(dense - np.einsum("gbp,gbq->gpq", edge, solved[:, :, :width]))
    cov = (cov + cov.transpose(0, 2, 1)) / 2
    moved = np.einsum("gpq,gq->gp", cov, slope - np.einsum("gbp,gb->gp", edge, solved[:, :, width]))
    moved_level = solved[:, :, width] - np.einsum("gbp,gp->gb", solved[:, :, :width], moved)
    reach = np.abs(moved).max(axis=1) + np.abs(moved_level).max(axis=1)
    damp = np.minimum(1.0, most / np.maximum(reach, 1e-12))[:, None]
    spread = np.matmul(solved[:, :, :width], cov)
    return Posterior(
        effects=posterior.effects + damp * moved,
        level=posterior.level + damp * moved_level,
        effect_cov=cov,
        level_var=inverse_var + (spread * solved[:, :, :width]).sum(axis=2),
        level_cov=inverse_cov + (spread[:, :-1] * solved[:, 1:, :width]).sum(axis=2),
        last_cov=-spread[:, -1],
    )


def _dense(weight: Floats, columns: Floats) -> Floats:
    """X'WX of every group, by one matrix product over the pairs of columns."""
    width = columns.shape[1]
    upper = np.triu_indices(width)
    pairs = columns[:, upper[0]] * columns[:, upper[1]]
    packed = weight @ pairs
    dense = np.empty((len(weight), width, width))
    dense[:, upper[0], upper[1]] = packed
    dense[:, upper[1], upper[0]] = packed
    return dense


def _level_precision(prior: Prior, blocks: int) -> tuple[Floats, float]:
    """The stationary autoregression's precision: its diagonal, and the value beside it."""
    diagonal = np.full(blocks, (1 + prior.stay**2) / prior.step_var)
    diagonal[0] = diagonal[-1] = 1 / prior.step_var
    if blocks == 1:
        diagonal[0] = (1 - prior.stay**2) / prior.step_var
    return diagonal, -prior.stay / prior.step_var


def _times(diagonal: Floats, beside: float, level: Floats) -> Floats:
    out = level * diagonal
    out[:, 1:] += beside * level[:, :-1]
    out[:, :-1] += beside * level[:, 1:]
    return out


def _tridiagonal(pivots: Floats, beside: float, right: Floats) -> tuple[Floats, Floats, Floats]:
    """Solve for every group, and the inverse's diagonal and its neighbour (Takahashi)."""
    blocks = pivots.shape[1]
    pivot = np.empty_like(pivots)
    solved = np.empty_like(right)
    pivot[:, 0], solved[:, 0] = pivots[:, 0], right[:, 0]
    for block in range(1, blocks):
        ratio = beside / pivot[:, block - 1]
        pivot[:, block] = pivots[:, block] - ratio * beside
        solved[:, block] = right[:, block] - ratio[:, None] * solved[:, block - 1]
    var = np.empty_like(pivots)
    cov = np.empty((len(pivots), blocks - 1))
    solved[:, -1] /= pivot[:, -1, None]
    var[:, -1] = 1 / pivot[:, -1]
    for block in range(blocks - 2, -1, -1):
        ratio = beside / pivot[:, block]
        solved[:, block] = solved[:, block] / pivot[:, block, None] - (
            ratio[:, None] * solved[:, block + 1]
        )
        cov[:, block] = -ratio * var[:, block + 1]
        var[:, block] = 1 / pivot[:, block] - ratio * cov[:, block]
    return solved, var, cov
