"""Whether what followed a warning bore it out: one rule, fixed before anything is looked at.

Of the days after a warning was raised, AFTER_DAYS are counted: people who spoke of that matter in its
areas, without those whose words had led to the warning. Usual is what the larger of two says: the
BEFORE_DAYS before it began, and the same weeks a year earlier. It is borne out where so many more came
than usual that their number is at least GREW times as large and chance does as much in at most one of
twenty cases. Where the days after are not over yet, nothing is said.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

AFTER_DAYS, BEFORE_DAYS = 14, 56
LEAD_DAYS = 56  # the farthest that a busiest week is looked for
YEAR_DAYS, AROUND_DAYS = 364, 7  # the same weekday a year earlier, with a week on either side
GREW, CHANCE, SCATTER = 1.2, 0.05, 1.5
RULE = {
    "after_days": AFTER_DAYS, "before_days": BEFORE_DAYS, "grew": GREW, "chance": CHANCE,
    "scatter": SCATTER, "around_days": AROUND_DAYS,
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What came in the days after, what is usual, and whether that bears the warning out (None: too early).

    `lead_days`: from the warning to the busiest week that began after it while it went on. `by_chance`:
    how often the same rule says yes at this place and matter on any other day.
    """

    came: int
    usual: float
    borne_out: bool | None
    lead_days: int | None
    by_chance: float | None

    @property
    def above(self) -> float:
        """The share of those who came that is above usual."""
        return max(0.0, 1 - self.usual / self.came) if self.came else 0.0


def verdict_of(
    counts: NDArray[np.int64], first: date, *, since: date, raised: date, ended: date | None
) -> Verdict:
    """Of a series of days from `first` on; raised on the morning of a day, which is the first that counts."""
    at, back = (raised - first).days, max(0, (raised - since).days)
    sums = np.concatenate([[0], np.cumsum(counts)])
    came, usual, yes = (part[0] for part in _asked(sums, np.array([at]), back))
    over = at + AFTER_DAYS <= len(counts)
    others = np.arange(BEFORE_DAYS + back, len(counts) - AFTER_DAYS + 1)
    others = others[np.abs(others - at) > AFTER_DAYS + back]
    by_chance = float(_asked(sums, others, back)[2].mean()) if len(others) else None
    return Verdict(
        came=int(came),
        usual=float(usual),
        borne_out=bool(yes) if over else None,
        lead_days=_lead(counts, at, (ended - first).days if ended else len(counts)),
        by_chance=by_chance,
    )


def _asked(
    sums: NDArray[np.int64], at: NDArray[np.int64], back: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Came, usual and yes or no, for each day `at`."""
    days = len(sums) - 1

    def between(low: NDArray[Any], high: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        low, high = np.clip(low, 0, days), np.clip(high, 0, days)
        return sums[high] - sums[low], np.maximum(1, high - low)

    came, _ = between(at, at + AFTER_DAYS)
    before, length = between(at - back - BEFORE_DAYS, at - back)
    usual = before / length
    year = at - YEAR_DAYS
    then, wide = between(year - AROUND_DAYS, year + AFTER_DAYS + AROUND_DAYS)
    usual = np.maximum(usual, np.where(year >= AROUND_DAYS, then / wide, 0.0)) * AFTER_DAYS
    mean = usual + 0.3
    chance = stats.nbinom.sf(came - 1, mean / (SCATTER - 1), 1 / SCATTER)
    return came, usual, (came >= GREW * usual) & (chance <= CHANCE)


def _lead(counts: NDArray[np.int64], at: int, ended: int) -> int | None:
    """Days from the warning to the middle of the busiest week after it, as far as it went on."""
    until = min(len(counts), max(ended, at + AFTER_DAYS), at + LEAD_DAYS)
    if until - at < 7:
        return None
    weeks = np.convolve(counts[at:until], np.ones(7, dtype=int), "valid")
    return int(weeks.argmax()) + 3 if weeks.max() else None


def charted(
    counts: NDArray[np.int64], first: date, *, raised: date, usual: float, days: int = 28
) -> dict[str, Any]:
    """The days that followed, to be drawn apart from what was known: how many came, and what is usual."""
    at = (raised - first).days
    shown = counts[at : at + days]
    return {
        "dates": [str(raised + timedelta(days=n)) for n in range(len(shown))],
        "observed": shown.tolist(),
        "usual": round(usual / AFTER_DAYS, 3),
    }
