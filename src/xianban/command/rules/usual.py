"""What is usual: the mean of earlier counts of the same kind, and the band in which the next one lies.

Counts vary by chance at least as a Poisson does; where they varied more, by as much more
(quasi-Poisson). The band holds about 95% or a little more, and is wider the fewer earlier counts there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

LEAST = 3
WIDTH = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36)  # Student's t, 95%, by degrees of freedom
WIDEST_KNOWN = 2.3


@dataclass(frozen=True)
class Usual:
    """The expected count, and from where to where it usually is; `n` earlier counts speak for it."""

    expected: float
    low: float
    high: float
    n: int

    def says(self, count: float) -> str:
        """more, less or usual."""
        return "more" if count > self.high else "less" if count < self.low else "usual"


def usual(counts: Sequence[float]) -> Usual | None:
    """What is usual after these counts; None where there are too few to say."""
    k = len(counts)
    if k < LEAST:
        return None
    mean = sum(counts) / k
    variance = sum((count - mean) ** 2 for count in counts) / (k - 1)
    spread = max(variance, mean, 0.25)
    t = WIDTH[k - 2] if k - 2 < len(WIDTH) else WIDEST_KNOWN
    half = t * sqrt(spread * (1 + 1 / k))
    return Usual(mean, max(0.0, mean - half), mean + half, k)
