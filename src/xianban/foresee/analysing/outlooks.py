"""What the next four weeks bring, and where at least one event is likely next week."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xianban.foresee.analysing.series import MOST_CATEGORIES
from xianban.foresee.cutting import Cut
from xianban.foresee.findings import Outlook, Spot
from xianban.foresight import forecasts, risk

HORIZON = 28
QUANTILES = (0.1, 0.5, 0.9)
LEAST_DAYS = 56
MOST_SERIES = 600
PAST_SHOWN = 120
SURGE = 1.5  # times the last four weeks
TOP_SPOTS = 40
LONGEST_PAST = 3 * 365


def outlook(cut: Cut, *, seed: int = 1) -> tuple[Outlook | None, str]:
    """The coming counts, day by day for the whole, summed for areas; or why not."""
    if len(cut.dates) < LEAST_DAYS:
        return None, "too_short"
    span = slice(-min(len(cut.dates), LONGEST_PAST), None)
    categories = max(1, min(len(cut.events.categories), MOST_SERIES // max(1, len(cut.places)) - 1))
    category = np.clip(cut.events.category, -1, categories - 1)
    category = np.where(category < 0, categories, category)
    areas = max(1, len(cut.places))
    categories += 1
    if areas * categories > MOST_SERIES:
        categories, category = 1, np.zeros_like(category)
    place = np.where(cut.place >= 0, cut.place, areas)
    counts = cut.daily(place * categories + category, (areas + 1) * categories)[:, span]
    kept = counts.sum(axis=1) > 0
    labels = np.repeat([*cut.places, *([""] * (areas + 1 - len(cut.places)))], categories)
    fitted = forecasts.fit(
        counts[kept],
        dates=cut.dates[span],
        areas=labels[kept].tolist() if areas > 1 else None,
        categories=np.tile(np.arange(categories), areas + 1)[kept].tolist()
        if categories > 1
        else None,
        seed=seed,
    )
    ahead = fitted.predict(HORIZON, QUANTILES)
    return _told(cut, ahead, counts[kept], labels[kept]), ""


def _told(
    cut: Cut, ahead: forecasts.Forecast, counts: NDArray[np.int64], labels: NDArray[np.str_]
) -> Outlook:
    totals = ahead.totals()
    last = counts[:, -HORIZON:].sum(axis=1)
    rows: list[dict[str, Any]] = [
        {
            "area": str(node),
            "expected": float(totals.mean[place].sum()),
            "low": float(totals.sums[place, 0]),
            "high": float(totals.sums[place, 2]),
            "last": int(last[labels == node].sum()),
        }
        for place, node in enumerate(totals.nodes)
        if node in cut.places
    ]
    rows.sort(key=lambda row: -row["expected"])
    shown = slice(-min(PAST_SHOWN, len(cut.whole)), None)
    low, middle, high = (totals.values[0, :, k] for k in range(3))
    return Outlook(
        days=[str(day) for day in ahead.dates],
        low=low.tolist(),
        middle=middle.tolist(),
        high=high.tolist(),
        past_days=[str(day) for day in cut.dates[shown]],
        sum=tuple(totals.sums[0].tolist()),
        past=cut.whole[shown].tolist(),
        sums=rows,
    )


def spots(cut: Cut) -> tuple[list[Spot], dict | None, str]:
    """The likeliest places and matters of the next week, how such chances came true, or why not."""
    if len(cut.places) < 2:
        return [], None, "no_places"
    if len(cut.dates) < 84:
        return [], None, "too_short"
    matters = min(len(cut.events.categories), MOST_CATEGORIES)
    known = (cut.place >= 0) & (
        (cut.events.category >= 0) & (cut.events.category < matters) if matters else True
    )
    since = cut.dates[max(0, len(cut.dates) - LONGEST_PAST)]
    known &= cut.events.day >= since
    all_placed = bool(np.isfinite(cut.place_xy).all()) and len(cut.places) > 6
    found = risk.rank(
        cut.place[known],
        cells=len(cut.places),
        when=cut.events.day[known],
        matters=cut.events.category[known] if matters > 1 else None,
        xy=cut.place_xy if all_placed else None,
        since=since,
        until=cut.dates[-1],
    )
    best = np.argsort(found.rank, axis=None)[:TOP_SPOTS]
    cells, columns = np.unravel_index(best, found.rank.shape)
    told = [
        _spot(cut, found, *where) for where in zip(cells.tolist(), columns.tolist(), strict=True)
    ]
    check = found.check
    made = {
        "weeks": check.weeks,
        "said": check.said.tolist(),
        "came": check.came.tolist(),
        "number": check.number.tolist(),
        "brier": check.brier,
        "brier_average": check.brier_average,
    }
    return told, made if check.weeks else None, ""


def _spot(cut: Cut, found: risk.Risk, cell: int, column: int) -> Spot:
    label = found.matters[column]
    code = label if isinstance(label, int | np.integer) else -1
    here = (cut.place == cell) & (cut.day >= len(cut.dates) - 28)
    if code >= 0:
        here &= cut.events.category == code
    return Spot(
        area=cut.places[cell],
        category=cut.events.categories[code] if code >= 0 else "",
        probability=float(found.probability[cell, column]),
        recent=int(here.sum()),
        reason=found.groups[int(found.reasons[cell, column].argmax())],
        place=cell,
    )
