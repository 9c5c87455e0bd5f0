"""Both policies in the same cities, seed by seed: what looking ahead changed, and how sure that is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from xianban.simulate.bulk.running import simulate_both

MEASURES = (
    "nuisance_person_days",
    "complaints",
    "median_fix_hours",
    "missed_limits",
    "staff_hours",
)
LEVEL = 0.95


@dataclass(frozen=True)
class Row:
    """A measure: its means, and the mean relative change from reactive to proactive with its interval."""

    name: str
    reactive: float
    proactive: float
    change: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """All measures over `seeds` cities; orders and warnings are means of the proactive policy."""

    seeds: int
    days: int
    people: int
    skill: float
    rows: tuple[Row, ...]
    orders: float
    empty_orders: float
    order_hours: float
    prevented_complaints: float
    warnings: dict[str, Any]
    by_sign: dict[str, dict[str, Any]]
    by_matter: dict[str, dict[str, Any]]


def compare(
    *,
    days: int = 365,
    seeds: int = 10,
    skill: float = 1.0,
    people: int = 500_000,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Seeds 0 to `seeds` - 1; the interval is Student's over the relative changes of the cities."""
    pairs = []
    for seed in range(seeds):

        def told(done: int, of: int, before: int = seed) -> None:
            if progress:
                progress(before * of + done, seeds * of)

        pairs.append(simulate_both(days=days, seed=seed, skill=skill, people=people, progress=told))
    rows = tuple(_row(name, pairs) for name in MEASURES)
    ahead = [lived for _, lived in pairs]
    warned = [one.warnings for one in ahead if one.warnings["raised"]]
    return Comparison(
        seeds, days, people, skill, rows,
        orders=float(np.mean([one.orders for one in ahead])),
        empty_orders=float(np.mean([one.empty_orders for one in ahead])),
        order_hours=float(np.mean([one.order_hours for one in ahead])),
        prevented_complaints=float(np.mean([one.prevented_complaints for one in ahead])),
        warnings=_mean(warned),
        by_sign=_means(warned, "by_sign"),
        by_matter=_means(warned, "by_matter"),
    )  # fmt: skip


def _mean(warned: list[dict[str, Any]]) -> dict[str, Any]:
    """Each figure's mean over the cities that have it."""
    names = (
        [name for name, value in warned[0].items() if not isinstance(value, dict)] if warned else []
    )
    known = {name: [one[name] for one in warned if one[name] is not None] for name in names}
    return {name: round(float(np.mean(of)), 3) if of else None for name, of in known.items()}


def _means(warned: list[dict[str, Any]], by: str) -> dict[str, dict[str, Any]]:
    return {
        name: _mean([one[by][name] for one in warned]) for name in (warned[0][by] if warned else ())
    }


def _row(name: str, pairs: list) -> Row:
    before, after = (np.array([getattr(pair[i], name) for pair in pairs], float) for i in (0, 1))
    change = after / np.maximum(before, 1e-9) - 1
    mean, error = float(change.mean()), float(stats.sem(change))
    reach = float(stats.t.ppf(0.5 + LEVEL / 2, len(pairs) - 1)) * error
    return Row(name, float(before.mean()), float(after.mean()), mean, mean - reach, mean + reach)
