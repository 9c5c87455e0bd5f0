"""What a detector gives: a finding, in plain values that a database can keep."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Finding:
    """More than there should be, of a matter, in some areas, since a day; and who says so.

    `evidence` are keys of requests, `expected` and `observed` people in the same window. `sure` is the
    chance that it is no chance, before the detector's record is asked.
    """

    detector: str
    method: str
    matter: str
    areas: tuple[str, ...]
    since: date
    observed: int
    expected: float
    p_value: float
    sure: float
    evidence: tuple[int, ...] = ()
    title: str = ""
    texts: tuple[str, ...] = ()
    points: tuple[tuple[float, float, int], ...] = ()
    series: Mapping[str, Any] = field(default_factory=dict)
    outlook: Mapping[str, Any] = field(default_factory=dict)
    why: Mapping[str, Any] = field(default_factory=dict)

    @property
    def excess(self) -> float:
        """How many more people than usual."""
        return max(0.0, self.observed - self.expected)
