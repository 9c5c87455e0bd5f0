"""The series of a file: the whole, each area, each category, and both together where enough came."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xianban.foresee.cutting import EVERYTHING, Cut

MOST_CATEGORIES = 40
MOST_SERIES = 4000
LEAST_A_SERIES = 12  # events: a rarer series cannot show more than its own silence


@dataclass(frozen=True, eq=False)
class AllSeries:
    """Daily counts (series, days), and what each series is: codes, EVERYTHING for all."""

    counts: NDArray[np.int64]
    area: NDArray[np.int64]
    category: NDArray[np.int64]


def all_series(cut: Cut) -> AllSeries:
    """The whole, areas, categories and their pairs, those with most events first within each."""
    event_area = cut.place
    category = np.where(cut.events.category < MOST_CATEGORIES, cut.events.category, -1)
    areas, categories = len(cut.places), min(len(cut.events.categories), MOST_CATEGORIES)
    parts: list[tuple[NDArray[np.int64], int, Sequence[int], Sequence[int]]] = [
        (np.zeros(len(cut.events), dtype=np.int64), 1, [EVERYTHING], [EVERYTHING])
    ]
    if areas > 1:
        parts.append((event_area, areas, range(areas), [EVERYTHING] * areas))
    if categories > 1:
        parts.append((category, categories, [EVERYTHING] * categories, range(categories)))
    if areas > 1 and categories > 1:
        pair = np.where((event_area >= 0) & (category >= 0), event_area * categories + category, -1)
        pairs = range(areas * categories)
        which = [divmod(one, categories) for one in pairs]
        parts.append((pair, len(pairs), [a for a, _ in which], [c for _, c in which]))
    counts, area, matter = [], [], []
    left = MOST_SERIES
    for code, number, which_area, which_category in parts:
        total = np.bincount(code[code >= 0], minlength=number)
        chosen = np.flatnonzero(total >= LEAST_A_SERIES)
        chosen = chosen[np.argsort(-total[chosen], kind="stable")][:left]
        left -= len(chosen)
        place = np.full(number + 1, -1)
        place[chosen] = np.arange(len(chosen))
        counts.append(cut.daily(place[code], len(chosen)))
        area.append(np.asarray(which_area, dtype=np.int64)[chosen])
        matter.append(np.asarray(which_category, dtype=np.int64)[chosen])
    return AllSeries(np.concatenate(counts), np.concatenate(area), np.concatenate(matter))


def weeks_of(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """(series, weeks) of seven days that end on the last day; days before the first whole week go."""
    whole = counts.shape[1] // 7 * 7
    if not whole:
        return np.zeros((len(counts), 0), dtype=np.int64)
    return counts[:, -whole:].reshape(len(counts), -1, 7).sum(axis=2)
