"""What every door of `outbreaks` answers, and how it says that it cannot judge."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Reason(IntEnum):
    """Why a step of a series was judged or not; `sentence` says it to a person."""

    JUDGED = 0
    FEW_RECENT = 1
    SHORT_PAST = 2
    NO_FIT = 3

    @property
    def sentence(self) -> str:
        return SENTENCES[self]


SENTENCES = {
    Reason.JUDGED: "judged against its own past",
    Reason.FEW_RECENT: "too few came lately to raise an alarm; the figures hold",
    Reason.SHORT_PAST: "too short a past to say what is usual",
    Reason.NO_FIT: "no baseline could be fitted to its past",
}


@dataclass(frozen=True, eq=False)
class Outbreaks:
    """How unusual the newest steps of each series are; every array is (series, evaluate).

    The last column is the newest step. Shapes, ranges and what stands where nothing could be said:

    - `expected`: the count that was to be expected, from 0.
    - `upper`: the largest count that raises no alarm (not always whole); inf where not judged.
    - `p_value`: chance of a count as high or higher, in [0, 1], continuous (see each door), so that
      it ranks; 1 where not judged.
    - `score`: how far the count lies above `expected`, in units of the way from there to `upper`:
      an alarm is a score above 1; 0 where not judged.
    - `alarm`: whether the count exceeds `upper` and enough came lately; False where not judged.
    - `reason`: a `Reason` for each, as uint8. FEW_RECENT withholds the alarm alone: `expected`,
      `upper`, `p_value` and `score` are then as good as elsewhere. SHORT_PAST and NO_FIT are the
      steps that were not judged at all, where `expected` is the plain mean of what there is.

    No value is NaN.
    """

    expected: NDArray[np.float64]
    upper: NDArray[np.float64]
    p_value: NDArray[np.float64]
    score: NDArray[np.float64]
    alarm: NDArray[np.bool_]
    reason: NDArray[np.uint8]

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Where the figures rest on a baseline (the alarm may be withheld all the same)."""
        return self.reason <= Reason.FEW_RECENT
