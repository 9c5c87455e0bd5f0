"""How rare a maximum is among those of chance: by rank, and beyond the ranks by Gumbel's law."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import exp1

TAIL = 0.2
"""The share of the replicates, the highest, to which Gumbel's law is fitted."""
HANDOVER = 0.05
"""Where the ranks hand over to the fitted law."""
SMALLEST = 1e-300


@dataclass(frozen=True)
class Null:
    """Chances at the heights of replicates, ascending, and the Gumbel law that continues them."""

    heights: NDArray[np.float64]
    log_chances: NDArray[np.float64]
    location: float
    spread: float
    """0 where there is no tail to fit: ranks alone, then."""

    @classmethod
    def of(cls, maxima: NDArray[np.float64]) -> "Null":
        """Learn from the maxima of replicates; equal ones share the highest chance of them."""
        count = len(maxima)
        location, spread = gumbel_tail(np.sort(maxima))
        heights, first = np.unique(maxima[np.argsort(maxima)], return_index=True)
        chances = 1.0 - (first + 1.0) / (count + 1.0)
        if heights[0] > 0.0:
            heights, chances = np.append(0.0, heights), np.append(1.0, chances)
        chances[0] = 1.0
        return cls(heights, np.log(chances), location, spread)

    def p_value(self, found: float) -> float:
        """Chance of a maximum as high as `found`, continuous and never 0.

        Between two replicates its logarithm is interpolated. Beyond the highest twentieth it falls
        as Gumbel's survival does, scaled to meet the ranks there, after Abrams, Kulldorff &
        Kleinman 2010 (Int. J. Health Geographics 9:61), but fitted to the highest fifth alone: a
        law fitted to all replicates has too heavy a tail.
        """
        ranked = np.flatnonzero(self.log_chances >= np.log(HANDOVER))[-1]
        if found <= self.heights[ranked] or self.spread <= 0.0:
            return float(np.exp(np.interp(found, self.heights, self.log_chances)))
        fall = self._log_survival(found) - self._log_survival(self.heights[ranked])
        return float(max(np.exp(self.log_chances[ranked] + fall), SMALLEST))

    def _log_survival(self, height: float) -> float:
        """log(1 - exp(-exp(-z))), exact where it is tiny."""
        z = (height - self.location) / self.spread
        return float(np.log(-np.expm1(-np.exp(-z)))) if z < 30.0 else float(-z)


def gumbel_tail(ordered: NDArray[np.float64]) -> tuple[float, float]:
    """Location and spread of the Gumbel law with this upper tail, by its mean excess."""
    count = len(ordered)
    above = max(5, int(TAIL * (count + 1)))
    start = ordered[count - above]
    excess = float((ordered[count - above + 1 :] - start).mean())
    if excess <= 1e-12 * max(1.0, abs(start)):
        return float(start), 0.0
    t = -np.log1p(-above / (count + 1.0))  # exp(-z) of the start
    mean_excess = (exp1(t) + np.log(t) + np.euler_gamma) / -np.expm1(-t)  # of the standard law
    spread = excess / float(mean_excess)
    return float(start + spread * np.log(t)), spread
