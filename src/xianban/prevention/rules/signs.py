"""Signs of a cause that lasts, seen in few voices: several at one place, or somebody again after an answer.

How sure such a sign is, is read off the history itself: after how many like it others spoke up again, more
than chance would have them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from xianban.prevention.rules.behind import behind_of
from xianban.prevention.rules.finding import Finding
from xianban.prevention.rules.past import Cut, Past, cut, shared_out

if TYPE_CHECKING:
    from xianban.city.api import Detector

SPOKEN_AGAIN = (2, 14)  # days after a sign in which others speak up again where something lasts
QUIET = 21  # days without a sign after which the next one is news
AFTER_ANSWER = 4  # days; sooner it is mostly the same complaint late
CHANCE = 0.03  # a sign is no less likely than this where as many are usual
BUSY = 0.5  # voices a week that are usual, above which a few more say nothing: other detectors look there
MOST_TOLD_APART = 4  # voices, above which signs are taken together
DOUBT = 0.5  # share of signs that nobody follows, while little is known,
WEIGHT = 6.0  # which counts as so many signs
SPAN = 1 << 20  # days between cells on one line of time

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def gatherings(detector: "Detector", past: Past) -> list[Finding]:
    """At least `least` people about one matter in one area within `window_days`, where that is not usual."""
    voices = _voices(detector, past)
    if voices is None:
        return []
    since = np.searchsorted(voices.at, voices.at - detector.window_days + 1)
    many = np.searchsorted(voices.at, voices.at, side="right") - since
    signs = _Signs(voices, np.flatnonzero(many >= detector.least), many)
    return _told(detector, past, voices, signs, reach_days=detector.window_days)


def relapses(detector: "Detector", past: Past) -> list[Finding]:
    """Somebody again, 4 to `window_days` days after a case about it was answered there."""
    voices = _voices(detector, past)
    if voices is None or not len(voices.answered):
        return []
    last = np.searchsorted(voices.answered, voices.at, side="right") - 1
    ago = np.where(last >= 0, voices.at - voices.answered[np.maximum(last, 0)], SPAN)
    again = (ago >= AFTER_ANSWER) & (ago <= detector.window_days)
    since = np.searchsorted(voices.at, voices.at - ago)
    many = np.searchsorted(voices.at, voices.at, side="right") - since
    signs = _Signs(voices, np.flatnonzero(again & (many >= detector.least)), many)
    return _told(detector, past, voices, signs, reach_days=detector.window_days, p_value=False)


@dataclass(frozen=True)
class _Voices:
    """Every voice on one line of time, cell after cell; `at` and `answered` ascend. The newest day is `days` - 1."""

    made: Cut
    days: int
    at: Ints
    cell: Ints
    answered: Ints
    rate: Floats  # voices a day that a cell would have if its area and its matter alone decided


def _voices(detector: "Detector", past: Past) -> _Voices | None:
    made = cut(past, area=detector.area, matter=detector.matter, days=detector.look_back_days)
    days = made.counts.shape[1]
    if days < detector.window_days or not made.cells:
        return None
    cell = made.rows["cell"].to_numpy().astype(np.int64)
    at = cell * SPAN + days - 1 - made.rows["day"].to_numpy()
    order = np.argsort(at, kind="stable")
    answers = made.rows.filter(pl.col("answered_day").is_not_null() & (pl.col("answered_day") >= 0))
    when = answers["cell"].to_numpy().astype(np.int64) * SPAN + days - 1 - answers["answered_day"].to_numpy()  # fmt: skip
    before = made.counts[:, : -detector.window_days].astype(float)  # today's are not usual yet
    rate = shared_out(made.cells, before.sum(axis=1)) / max(1, before.shape[1])
    return _Voices(made, days, at[order], cell[order], np.unique(when), rate)


class _Signs:
    """Voices that are signs, and what became of earlier ones like them."""

    def __init__(self, voices: _Voices, signs: Ints, many: Ints) -> None:
        self.voices, self.many = voices, many
        _, first = np.unique(voices.at[signs], return_index=True)
        last = np.append(first[1:], len(signs)) - 1  # of a day, the last voice has counted them all
        self.rows = signs[last] if len(signs) else signs
        before = np.diff(voices.at[self.rows], prepend=-SPAN)
        self._news = before > QUIET
        self._doubts = self._doubted()

    def _doubted(self) -> dict[tuple[str, int], float]:
        """Share of signs that nobody followed, of what chance would leave unfollowed; by matter and voices."""
        voices = self.voices
        time = voices.at[self.rows] % SPAN
        judged = self.rows[self._news & (time < voices.days - SPOKEN_AGAIN[1])]
        low, high = (voices.at[judged] + days for days in SPOKEN_AGAIN)
        came = np.searchsorted(voices.at, high, side="right") > np.searchsorted(voices.at, low)
        usual = np.exp(-voices.rate[voices.cell[judged]] * (SPOKEN_AGAIN[1] - SPOKEN_AGAIN[0] + 1))
        alike = pl.DataFrame(
            {
                "matter": [voices.made.cells[cell][1] for cell in voices.cell[judged].tolist()],
                "many": np.minimum(self.many[judged], MOST_TOLD_APART),
                "none": ~came,
                "usual": usual,
            }
        )
        every = _share(int((~came).sum()), float(usual.sum()), DOUBT)
        by_matter = {
            matter: _share(none, usual, every)
            for matter, none, usual in alike.group_by("matter").agg(pl.col("none").sum(), pl.col("usual").sum()).iter_rows()
        }  # fmt: skip
        found = {("", 0): every} | {(matter, 0): share for matter, share in by_matter.items()}
        for matter, many, none, usual in alike.group_by("matter", "many").agg(pl.col("none").sum(), pl.col("usual").sum()).iter_rows():  # fmt: skip
            found[matter, many] = _share(none, usual, by_matter[matter])
        return found

    def sure(self, row: int) -> float:
        """The chance that something lasts where this voice is a sign of it."""
        matter = self.voices.made.cells[int(self.voices.cell[row])][1]
        many = min(int(self.many[row]), MOST_TOLD_APART)
        for key in ((matter, many), (matter, 0), ("", 0)):
            if key in self._doubts:
                return 1 - self._doubts[key]
        return 1 - DOUBT


def _share(none: int, usual: float, drawn_to: float) -> float:
    return float(np.clip((none + WEIGHT * drawn_to) / (usual + WEIGHT), 0.0, 1.0))


def _told(
    detector: "Detector",
    past: Past,
    voices: _Voices,
    signs: _Signs,
    *,
    reach_days: int,
    p_value: bool = True,
) -> list[Finding]:
    """The signs of the newest day as findings: those that are sure enough and not usual there."""
    time = voices.at[signs.rows] % SPAN
    found = []
    for row in signs.rows[time == voices.days - 1].tolist():
        cell = int(voices.cell[row])
        sure = signs.sure(row)
        if sure < 1 - detector.fdr or _usual(voices, cell, 7) > BUSY:
            continue
        area, matter = voices.made.cells[cell]
        behind = voices.made.rows.filter((pl.col("cell") == cell) & (pl.col("day") < reach_days))
        expected = _usual(voices, cell, reach_days)
        chance = float(stats.nbinom.sf(behind.height - 1, expected * 2, 2 / 3))
        if p_value and chance > CHANCE:
            continue
        oldest: Any = behind["day"].max()
        found.append(
            Finding(
                detector=detector.name,
                method=detector.method,
                matter=matter,
                areas=(area,),
                since=past.date_of(int(oldest)),
                observed=behind.height,
                expected=expected,
                p_value=min(1.0, chance),
                sure=sure,
                **behind_of(behind),
            )
        )
    return found


def _usual(voices: _Voices, cell: int, days: int) -> float:
    """Voices in so many days, by the cell's own past and by what its area and matter would have."""
    past = voices.made.counts[cell, :-days]
    own = float(past.mean()) if len(past) else 0.0
    return max(own, float(voices.rate[cell]), 1e-4) * days
