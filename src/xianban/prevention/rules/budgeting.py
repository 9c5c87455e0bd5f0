"""The alarm budget: which warnings a desk gets today, by the harm that acting is expected to avoid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xianban.prevention.rules.finding import Finding

USUAL_HELP, USUAL_WEIGHT = 0.2, 4.0  # of what would have come, before anything was measured
USUAL_PRECISION, PRECISION_WEIGHT = 0.6, 5.0


@dataclass(frozen=True)
class Waiting:
    """A warning that waits for its place on a desk."""

    id: int
    desk: str
    harm: float


@dataclass(frozen=True)
class Places:
    """Who gets a place today, and who does not; by desk, the surest gain first."""

    raised: tuple[int, ...]
    left_out: tuple[int, ...]
    by_desk: Mapping[str, Mapping[str, int]]


def places(waiting: Sequence[Waiting], *, taken: Mapping[str, int], budget: int) -> Places:
    """Fill what is left of each desk's budget; `taken` is what it was given today already."""
    raised: list[int] = []
    left_out: list[int] = []
    by_desk: dict[str, dict[str, int]] = {}
    for one in sorted(waiting, key=lambda w: (-w.harm, w.id)):
        figures = by_desk.setdefault(one.desk, {"raised": 0, "left_out": 0})
        free = taken.get(one.desk, 0) + figures["raised"] < budget
        (raised if free else left_out).append(one.id)
        figures["raised" if free else "left_out"] += 1
    return Places(tuple(raised), tuple(left_out), by_desk)


@dataclass(frozen=True)
class Harm:
    """How much acting is expected to spare: how sure x how many x how much acting helped before."""

    sure: float
    size: float
    helped: float

    @property
    def avoided(self) -> float:
        return self.sure * self.size * self.helped


def harm_of(found: Finding, *, precision: float, helped: float) -> Harm:
    """Of a finding: its own sureness and its detector's record; people who came too many and will come."""
    sure = max(0.0, min(1.0, found.sure)) * precision
    ahead = found.outlook.get("mean") or ()
    usual = found.series.get("expected") or ()
    rate = float(np.mean(usual[-28:])) if len(usual) else 0.0
    coming = max(0.0, float(np.sum(ahead)) - rate * len(ahead)) if len(ahead) else 0.0
    return Harm(round(sure, 4), round(max(1.0, found.excess + coming), 2), round(helped, 4))


def precision_of(real: int, empty: int) -> float:
    """How often a detector was right, drawn to what is usual while little is known."""
    return (real + USUAL_PRECISION * PRECISION_WEIGHT) / (real + empty + PRECISION_WEIGHT)


def helped_of(effects: Sequence[tuple[float, float]]) -> float:
    """How much of what would have come acting spared: measured shares with their standard errors.

    Sure measures count more; few of them are drawn to what is usual. From .02 to .9, so that what is
    not known to help is still looked at.
    """
    weights = np.array([1 / max(0.05, error) ** 2 for _, error in effects], dtype=float) / 100
    spared = np.array([-share for share, _ in effects], dtype=float)
    mean = (spared @ weights + USUAL_HELP * USUAL_WEIGHT) / (weights.sum() + USUAL_WEIGHT) if len(effects) else USUAL_HELP  # fmt: skip
    return float(np.clip(mean, 0.02, 0.9))
