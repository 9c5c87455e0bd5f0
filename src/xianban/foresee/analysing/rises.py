"""Series that came to more than their own past allows: weeks where the past is long, else days."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xianban.foresee.analysing.series import AllSeries, weeks_of
from xianban.foresee.cutting import EVERYTHING, Cut
from xianban.foresee.findings import Outbreak, Series
from xianban.foresight import outbreaks

FDR = 0.1
WEEKS_FOR_WEEKLY = 60
DAYS_FOR_DAILY = 84
DAYS_FOR_SHORT = 7
YEAR = 52
ALONG = 0.05  # p-value of a step that belongs to a rise beside it, though not sure by itself
LEAST_A_RISE = 5  # requests in a step: two where none were expected are no work for anybody
KEPT = 60  # episodes in the findings
DRAWN = 104  # steps of the past in a chart


@dataclass(frozen=True, eq=False)
class _Judged:
    """Steps of equal length, their dates, and what the statistics said of the newest of them."""

    counts: NDArray[np.int64]
    starts: NDArray[np.datetime64]
    step_days: int
    found: outbreaks.Outbreaks


def rises(cut: Cut, series: AllSeries) -> tuple[list[Outbreak], int, str]:
    """Episodes, the surest first within "lasting now" and "over"; how many steps were judged; which method."""
    judged, method = _judge(cut, series)
    if judged is None:
        return [], 0, method
    found = judged.found
    newest = judged.counts[:, -found.p_value.shape[1] :]
    p_values = np.where(found.judged & (newest >= LEAST_A_RISE), found.p_value, 1.0)
    chosen = outbreaks.select(p_values, fdr=FDR)
    sure = chosen.selected & found.alarm
    episodes = [
        _told(cut, series, judged, row, first, last, chosen.q_value)
        for row in np.flatnonzero(sure.any(axis=1)).tolist()
        for first, last in _runs(sure[row], sure[row] | (p_values[row] < ALONG))
    ]
    episodes.sort(key=lambda one: (not one.current, one.p_value, -(one.observed - one.expected)))
    return _without_echoes(episodes)[:KEPT], int(found.judged.sum()), method


def _judge(cut: Cut, series: AllSeries) -> tuple[_Judged | None, str]:
    days = len(cut.dates)
    weeks = weeks_of(series.counts)
    if weeks.shape[1] >= WEEKS_FOR_WEEKLY:
        starts = cut.dates[days - weeks.shape[1] * 7 :: 7]
        evaluate = min(YEAR, weeks.shape[1] - WEEKS_FOR_WEEKLY + 8)
        found = outbreaks.weekly(weeks, season=365.25 / 7, evaluate=evaluate)
        return _Judged(weeks, starts, 7, found), "weekly"
    if days >= DAYS_FOR_DAILY:
        evaluate = min(28, days - DAYS_FOR_DAILY + 14)
        found = outbreaks.daily(series.counts, dates=cut.dates, evaluate=evaluate)
        return _Judged(series.counts, cut.dates, 1, found), "daily"
    if days > DAYS_FOR_SHORT:
        found = outbreaks.short(series.counts, evaluate=min(7, days - DAYS_FOR_SHORT))
        return _Judged(series.counts, cut.dates, 1, found), "short"
    return None, "too_short"


def _runs(sure: NDArray[np.bool_], high: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last place of each run of high steps that holds a sure one.

    A single quiet step does not part a run: a week of many is one rise, though only two of its days
    are beyond doubt by themselves.
    """
    places = np.flatnonzero(high)
    breaks = np.flatnonzero(np.diff(places) > 2)
    firsts = places[np.concatenate([[0], breaks + 1])]
    lasts = places[np.concatenate([breaks, [len(places) - 1]])]
    runs = zip(firsts.tolist(), lasts.tolist(), strict=True)
    return [(first, last) for first, last in runs if sure[first : last + 1].any()]


def _told(
    cut: Cut,
    series: AllSeries,
    judged: _Judged,
    row: int,
    first: int,
    last: int,
    q_value: NDArray[np.float64],
) -> Outbreak:
    found, steps = judged.found, slice(first, last + 1)
    evaluate = found.expected.shape[1]
    shift = judged.counts.shape[1] - evaluate
    window = slice(max(0, shift + first - DRAWN // 2, judged.counts.shape[1] - DRAWN), None)
    if shift + first - 8 < (window.start or 0):
        window = slice(max(0, shift + first - 26), min(judged.counts.shape[1], shift + last + 27))
    starts = judged.starts
    best = first + int(np.argmin(found.p_value[row, steps]))
    return Outbreak(
        area=_name(cut.places, series.area[row]),
        category=_name(cut.events.categories, series.category[row]),
        first_day=str(starts[shift + first]),
        last_day=str(starts[shift + last] + judged.step_days - 1),
        observed=int(judged.counts[row, shift + first : shift + last + 1].sum()),
        expected=float(found.expected[row, steps].sum()),
        p_value=float(found.p_value[row, best]),
        q_value=float(q_value[row, best]),
        step_days=judged.step_days,
        current=last == evaluate - 1,
        one_spot=_one_spot(
            cut,
            series.area[row],
            series.category[row],
            starts[shift + first],
            starts[shift + last] + judged.step_days,
        ),
        series=_drawn(judged, row, shift, window),
    )


def _one_spot(cut: Cut, area: int, category: int, start: np.datetime64, end: np.datetime64) -> int:
    """How many of them came from one and the same point: one bin that was reported eight times."""
    events = cut.events
    mine = events.placed & (events.day >= start) & (events.day < end)
    if area != EVERYTHING:
        mine &= cut.place == area
    if category != EVERYTHING:
        mine &= events.category == category
    if not mine.any():
        return 0
    return int(np.unique(events.xy[mine], axis=0, return_counts=True)[1].max())


def _drawn(judged: _Judged, row: int, shift: int, window: slice) -> Series:
    places = range(*window.indices(judged.counts.shape[1]))
    found = judged.found
    known = [
        place - shift if place >= shift and found.judged[row, place - shift] else None
        for place in places
    ]
    return Series(
        starts=[str(judged.starts[place]) for place in places],
        counts=[int(judged.counts[row, place]) for place in places],
        expected=[None if k is None else float(found.expected[row, k]) for k in known],
        upper=[
            None
            if k is None or not np.isfinite(found.upper[row, k])
            else float(found.upper[row, k])
            for k in known
        ],
    )


def _name(names: tuple[str, ...], code: int) -> str:
    return "" if code == EVERYTHING else names[code]


def _without_echoes(episodes: list[Outbreak]) -> list[Outbreak]:
    """One rise shows in its pair, its area, its category and the whole: tell the one that fits best.

    An episode goes where another at the same time, within it or around it, is surer.
    """
    kept: list[Outbreak] = []
    for one in sorted(episodes, key=lambda one: one.p_value):
        if not any(_same_rise(one, other) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: (not one.current, one.p_value))


def _same_rise(one: Outbreak, other: Outbreak) -> bool:
    at_once = one.first_day <= other.last_day and other.first_day <= one.last_day
    nested = all(
        not mine or not theirs or mine == theirs
        for mine, theirs in ((one.area, other.area), (one.category, other.category))
    )
    return at_once and nested
