"""What each area would have had, told by the others and by its own past: kriging in two directions.

Across areas, each is predicted from the others with weights that sum to one, so that what strikes
the whole city alike cancels, whatever it is. The weights come from a covariance of areas: the noise
of each, plus those common factors that stand out of the noise. Without factors this is
difference-in-differences with quiet areas weighing more; with them, a synthetic control. Across
time, what is left of an area has a memory, estimated from all of them together, which says how much
more its newest steps tell than its old ones.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Steps = NDArray[np.int64]

DECAYS = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
"""Memories tried: the correlation of the lasting part from one step to the next."""
EDGES = (1.0, 2.0, 4.0, np.inf)
"""How far above noise a common factor must stand, tried; the last is none at all."""
QUARTERS = 4
TYPICAL_NOISE_STEPS = 12
"""The noise expected of an area of its size counts as much as so many steps of its own."""
LEAST_SHARE = 0.05
"""What is expected never falls below this share of the level before: weights may be negative."""
MODEL_VARIANCE_STEPS = 10
"""The variance of a gap that the covariance implies counts as much as so many steps seen."""


def noise(shares: Floats, level: Floats) -> Floats:
    """Variance from step to step of each area, in shares of its level: (areas,).

    Half the mean squared step (Rice 1984), which season and trend hardly touch, drawn towards that
    of an area of its size, variance in proportion to the mean, where steps are few.
    """
    own = (np.diff(shares, axis=1) ** 2).mean(axis=1) / 2
    typical = max(float(np.median(own * level)), 1e-9) / level
    steps = shares.shape[1] - 1
    drawn = (steps * own + TYPICAL_NOISE_STEPS * typical) / (steps + TYPICAL_NOISE_STEPS)
    return np.asarray(drawn, dtype=np.float64)


@dataclass(frozen=True)
class Factors:
    """What areas share: directions in the whitened counts, strongest last, and how strong each is."""

    own_noise: Floats
    """(areas,)"""
    directions: Floats
    """(areas, factors)"""
    strength: Floats
    """(factors,) in units of the noise"""
    stands_out: Floats
    """(factors,) eigenvalue in units of the largest that noise alone reaches"""

    def covariance(self, edge: float) -> Floats:
        """The noise of each area plus those factors that stand out by `edge`: (areas, areas)."""
        kept = self.stands_out > edge
        scaled = np.sqrt(self.own_noise)[:, None] * self.directions[:, kept]
        return np.asarray(np.diag(self.own_noise) + (scaled * self.strength[kept]) @ scaled.T)


def factors(shares: Floats, own_noise: Floats) -> Factors:
    """Common factors that stand out of the noise of areas (areas, steps).

    Eigenvalues of the whitened sample covariance below the edge that noise alone reaches (Marchenko
    and Pastur 1967) are noise; those above are taken back to what they estimate (Baik and Silverstein
    2006; the shrinker for operator loss of Donoho, Gavish and Johnstone 2018).
    """
    whitened = shares / np.sqrt(own_noise)[:, None]
    ratio = shares.shape[0] / shares.shape[1]
    values, directions = np.linalg.eigh(whitened @ whitened.T / shares.shape[1])
    stands_out = values / (1 + np.sqrt(ratio)) ** 2
    kept = stands_out > 1
    half = values[kept] - 1 - ratio
    strength = (half + np.sqrt(np.maximum(half**2 - 4 * ratio, 0))) / 2
    return Factors(own_noise, directions[:, kept], strength, stands_out[kept])


def crossed(shares: Floats, own_noise: Floats) -> tuple[float, Floats]:
    """How far factors must stand out to help, and the gaps of steps that did not teach the weights.

    Each quarter of the past is told with weights learned from the other three. Where areas drift
    each by itself, what looks like a common factor over a whole history is none in another quarter,
    and gaps that taught their own weights hide how long a drift lasts.
    """
    gaps = np.empty((len(EDGES), *shares.shape))
    for part in np.array_split(np.arange(shares.shape[1]), QUARTERS):
        found = factors(np.delete(shares, part, axis=1), own_noise)
        left: dict[int, Floats] = {}
        for place, edge in enumerate(EDGES):
            kept = int((found.stands_out > edge).sum())
            if kept not in left:
                of_others, _ = weights(found.covariance(edge))
                left[kept] = shares[:, part] - of_others @ shares[:, part]
            gaps[place][:, part] = left[kept]
    best = int(((gaps**2).mean(axis=2) / own_noise).mean(axis=1).argmin())
    return EDGES[best], gaps[best]


def weights(of_areas: Floats) -> tuple[Floats, Floats]:
    """For each area, the weights of the others that predict it best and sum to one; and how well.

    Row i minimises the variance of area i less the weighted others. All rows are read off one
    inverse: with B the inverse covariance projected to differences, weight ij is -B_ij / B_ii and
    the variance left is 1 / B_ii (ordinary kriging, leaving each out in turn).
    """
    inverse = np.linalg.inv(of_areas)
    ones = inverse.sum(axis=1)
    projected = inverse - np.outer(ones, ones) / ones.sum()
    precision = np.diag(projected)
    found = -projected / precision[:, None]
    np.fill_diagonal(found, 0)
    return found, 1 / precision


@dataclass(frozen=True)
class Memory:
    """Of what is left, `share` lasts, fading to `decay` each step; the rest is gone at once."""

    share: float
    decay: float

    def between(self, first: Steps, second: Steps) -> Floats:
        """Correlation of the lasting parts of two lists of steps."""
        return np.asarray(self.share * self.decay ** np.abs(first[:, None] - second[None, :]))


def memory(gaps: Floats) -> Memory:
    """The memory nearest to the pooled autocorrelation of gaps (areas, steps).

    Each gap's own mean is taken off, which lowers its autocorrelation at all lags; the fit allows
    for that.
    """
    steps = gaps.shape[1]
    centred = gaps - gaps.mean(axis=1, keepdims=True)
    centred = centred / np.sqrt(np.maximum((centred**2).mean(axis=1, keepdims=True), 1e-12))
    lags = np.arange(1, max(2, min(26, steps // 3)))
    seen = np.array([(centred[:, lag:] * centred[:, :-lag]).mean() for lag in lags]) + 1 / steps
    apart = np.arange(1, steps)
    best, least = Memory(0.0, DECAYS[0]), float((seen**2).sum())
    for decay in DECAYS:
        of_mean = (1 + 2 * ((1 - apart / steps) * decay**apart).sum()) / steps
        slope = decay**lags - of_mean + 1 / steps
        share = float(np.clip(seen @ slope / (slope @ slope), 0, 0.95))
        left = float(((seen - share * slope) ** 2).sum())
        if left < least:
            best, least = Memory(share, decay), left
    return best


def foretold(gaps: Floats, lasts: Memory, *, before: int, start: int) -> tuple[Floats, Floats]:
    """What the steps before `start` say of every gap: its lasting part, and the error's covariance.

    Kriging in time with an unknown mean. The mean is learned from the first `before` steps alone;
    those between teach only what lasts. Gaps (areas, steps) give as many values; the covariance
    (steps, steps) is for gaps of variance one and includes each step's own noise.
    """
    every = np.arange(gaps.shape[1])
    own = 1 - lasts.share
    between = lasts.between(every, every)
    known = between[:start, :start] + own * np.eye(start)
    learned = np.linalg.inv(known[:before, :before]).sum(axis=1)
    to_mean = np.zeros(start)
    to_mean[:before] = learned / learned.sum()
    pull = np.linalg.solve(known, between[:start])
    teach = pull + np.outer(to_mean, 1 - pull.sum(axis=0))
    cross = between[:, :start] @ teach
    error = between + own * np.eye(every.size) - cross - cross.T + teach.T @ known @ teach
    return gaps[:, :start] @ teach, error


@dataclass(frozen=True)
class Told:
    """Every area beside what the others and its past say of it, in shares of its level before.

    Row 0 is the treated area; the others are told without it, for acting may have changed it.
    """

    seen: Floats
    """(areas, steps)"""
    expected: Floats
    """(areas, steps)"""
    own_noise: Floats
    """(areas,) variance of one step of the area itself at its level before"""
    gap_variance: Floats
    """(areas,) variance of one step of seen less expected at its level before"""
    error: Floats
    """(steps, steps) covariance of seen less expected over time, for variance one"""
    weights: Floats
    """(controls,) of the treated area's counterfactual; they sum to one"""

    def errors(self, steps: slice) -> tuple[Floats, Floats, Floats, Floats]:
        """Sums over steps for each area: seen, expected, the variance of seen itself, and of expected."""
        length = self.expected[:, steps].shape[1]
        expected = np.maximum(self.expected[:, steps].sum(axis=1), LEAST_SHARE * length)
        total = self.gap_variance * self.error[steps, steps].sum() * expected / length
        own = np.minimum(self.own_noise * expected, 0.95 * total)
        return self.seen[:, steps].sum(axis=1), expected, own, total - own


def tell(panel: Floats, *, before: int, start: int) -> Told:
    """Tell every row of a panel of counts (areas, steps) from the others and its steps before."""
    level = panel[:, :before].mean(axis=1)
    shares = panel / level[:, None] - 1
    past = shares[:, :before]
    own = noise(past, level)
    edge, gaps_before = crossed(past, own)
    of_areas = factors(past, own).covariance(edge)
    of_all, left_of_all = weights(of_areas)
    of_controls, left = weights(of_areas[1:, 1:])
    others = np.vstack([of_all[0, 1:] @ shares[1:], of_controls @ shares[1:]])
    implied = np.concatenate([left_of_all[:1], left])
    squares = (gaps_before**2).sum(axis=1)
    variance = (squares + MODEL_VARIANCE_STEPS * implied) / (before + MODEL_VARIANCE_STEPS)
    # in proportion to what the others say, so that what lasts scales with what strikes all
    scale = np.maximum(1 + others, LEAST_SHARE)
    lasting, error = foretold(
        (shares - others) / scale, memory(gaps_before), before=before, start=start
    )
    expected = 1 + others + scale * lasting
    return Told(1 + shares, expected, own, variance, error, of_all[0, 1:])
