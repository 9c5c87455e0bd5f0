"""Where, up to the last day, neighbouring areas together have more than expected."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xianban.foresee.cutting import Cut
from xianban.foresee.findings import Gathering
from xianban.foresight import clusters

PAST_DAYS = 56
LEAST_DAYS = 28
MAX_DAYS = 14
LEAST_EVENTS = 50  # to scan a category by itself
MOST_SCANS = 10
LEAST_PLACES = 8
P_MOST = 0.05
REPLICATES = 999


def gatherings(cut: Cut, *, seed: int = 1) -> tuple[list[Gathering], int, str]:
    """Clusters of the last days, surest first; how many scans; and why there was none, if so."""
    places = np.flatnonzero(np.isfinite(cut.place_xy).all(axis=1))
    if len(places) < LEAST_PLACES:
        return [], 0, "no_places"
    if len(cut.dates) < LEAST_DAYS:
        scans = [(code, _by_share(cut, code, places, seed)) for code in _often(cut, cut.day >= 0)]
        basis, why = "share", "" if scans else "too_short"
    else:
        ahead = min(MAX_DAYS, len(cut.dates) // 5)
        past = min(PAST_DAYS, len(cut.dates) - ahead) // 7 * 7
        often = _often(cut, cut.day >= len(cut.dates) - past - ahead)
        chosen = [-1, *(often[: MOST_SCANS - 1] if len(often) > 1 else [])]
        scans = [(code, _by_past(cut, code, places, past, ahead, seed)) for code in chosen]
        basis, why = "past", ""
    found = [
        _told(cut, one, code, places, basis)
        for code, here in scans
        for one in here
        if one.p_value * len(scans) <= P_MOST
    ]
    return sorted(found, key=lambda one: one.p_value), len(scans), why


def _often(cut: Cut, lately: NDArray[np.bool_]) -> list[int]:
    """The categories with enough events in these days, the commonest first."""
    codes = cut.events.category[lately]
    number = np.bincount(codes[codes >= 0], minlength=1)
    return [
        int(code) for code in np.argsort(-number, kind="stable") if number[code] >= LEAST_EVENTS
    ][:MOST_SCANS]


def _by_past(
    cut: Cut, category: int, places: NDArray[np.int64], past: int, ahead: int, seed: int
) -> list[clusters.Cluster]:
    """More than the areas' own weeks before."""
    counts = _counts(cut, category, places)[-(past + ahead) :]
    return clusters.scan(
        counts,
        baseline=_baseline(counts, past),
        xy=cut.place_xy[places],
        max_neighbours=min(20, len(places) // 3),
        max_days=ahead,
        replicates=REPLICATES,
        statistic="negative-binomial",
        baseline_days=past,
        seed=seed,
    )


def _by_share(
    cut: Cut, category: int, places: NDArray[np.int64], seed: int
) -> list[clusters.Cluster]:
    """Without a past: more of this category than the areas' share of all requests."""
    counts = _counts(cut, category, places).sum(axis=0, keepdims=True)
    share = _counts(cut, -1, places).sum(axis=0, keepdims=True)
    found = clusters.scan(
        counts,
        baseline=share * (counts.sum() / share.sum()),
        xy=cut.place_xy[places],
        max_neighbours=min(20, len(places) // 3),
        max_days=1,
        replicates=REPLICATES,
        statistic="population",
        seed=seed,
    )
    return [replace(one, days=len(cut.dates)) for one in found]


def _counts(cut: Cut, category: int, located: NDArray[np.int64]) -> NDArray[np.int64]:
    place = np.full(len(cut.places) + 1, -1)
    place[located] = np.arange(len(located))
    code = place[cut.place]
    if category >= 0:
        code = np.where(cut.events.category == category, code, -1)
    return cut.daily(code, len(located)).T


def _baseline(counts: NDArray[np.int64], past: int) -> NDArray[np.float64]:
    """Each area's level over the past, times what the weekday usually is to the city."""
    before = counts[:past]
    level = (before.sum(axis=0) + 0.5) / past
    weekday = np.arange(len(counts)) % 7
    total = np.bincount(weekday[:past], before.sum(axis=1), minlength=7)
    factor = (total + 1) / (total + 1).mean()
    return np.outer(factor[weekday], level)


def _told(
    cut: Cut, one: clusters.Cluster, category: int, located: NDArray[np.int64], basis: str
) -> Gathering:
    places = located[one.areas]
    return Gathering(
        category=cut.events.categories[category] if category >= 0 else "",
        areas=[cut.places[place] for place in places],
        first_day=str(cut.dates[-one.days]),
        last_day=str(cut.dates[-1]),
        observed=one.observed,
        expected=one.expected,
        relative_risk=one.relative_risk,
        p_value=one.p_value,
        recurrence_days=one.recurrence_days,
        places=[int(place) for place in places],
        basis=basis,
    )
