"""What writing down one call costs, and what many cost together."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

KINDS = ("plain", "joined", "answered")
LONGEST_S, MOST_KEYS, MOST_FIELDS = 4 * 3600, 20_000, 50


@dataclass(frozen=True)
class BurdenSeen:
    """Calls of a day together: how many, the middle one's seconds and keys, how many kept the target."""

    calls: int
    seconds: float | None
    keys: float | None
    fields: float | None
    in_time: int


def burden_of(costs: Sequence[tuple[int, int, int]], *, target_s: int) -> BurdenSeen:
    """What calls cost together; of each its seconds, keys and fields."""
    if not costs:
        return BurdenSeen(0, None, None, None, 0)
    seconds, keys, fields = zip(*costs, strict=True)
    in_time = sum(value <= target_s for value in seconds)
    return BurdenSeen(len(costs), median(seconds), median(keys), median(fields), in_time)
