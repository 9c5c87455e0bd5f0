"""How sure a rate is."""

from math import sqrt
from statistics import NormalDist


def wilson(share: float, n: int, *, confidence: float) -> tuple[float, float]:
    """Wilson's score interval of a share found in `n`; the whole range where there was nothing.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of
    the American Statistical Association 22 (1927), 209-212. Unlike the textbook interval it stays
    within 0 and 1, and says of 1 out of 1 that little is known.
    """
    if n <= 0:
        return 0.0, 1.0
    share = min(1.0, max(0.0, share))
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (
        0.0 if share == 0 else max(0.0, middle - half),
        1.0 if share == 1 else min(1.0, middle + half),
    )


def joint_level(confidence: float, peers: int) -> float:
    """The confidence of each interval so that all of them hold together (Šidák, independent peers)."""
    return confidence ** (1 / max(1, peers))
