"""Durations of many visits to stages, summed up. Arrays in, figures out."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Times:
    """How many visits, their median and 90th percentile, and all their seconds together."""

    n: int
    median_s: float
    p90_s: float
    total_s: float


def times_by(keys: Sequence[Key], seconds: NDArray[np.float64]) -> Mapping[Key, Times]:
    """Figures for each key; percentiles by linear interpolation."""
    groups: dict[Key, int] = {}
    places = np.fromiter((groups.setdefault(key, len(groups)) for key in keys), np.int64, len(keys))
    order = np.lexsort((seconds, places))
    sorted_seconds = seconds[order]
    ends = np.cumsum(np.bincount(places, minlength=len(groups))).tolist()
    found: dict[Key, Times] = {}
    start = 0
    for key, end in zip(groups, ends, strict=True):
        part = sorted_seconds[start:end]
        median, p90 = np.quantile(part, (0.5, 0.9))
        found[key] = Times(len(part), float(median), float(p90), float(part.sum()))
        start = end
    return found


def bottleneck(shares: Mapping[str, Times]) -> str:
    """The stage in which most of all waiting was done; empty where nothing was."""
    waited = {stage: times.total_s for stage, times in shares.items() if times.n}
    return max(waited, key=lambda stage: waited[stage]) if any(waited.values()) else ""
