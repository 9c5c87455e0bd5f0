"""The effect of an order: registered before, computed after from the history as it was known."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xianban.prevention.rules.past import Past

LEAST_SKIP, MOST_WEEKS_BEFORE = 4, 104
MOST_CONTROLS = 60
WAIT_DAYS = 30  # an order that was not answered by then is measured from then on all the same
SEED = 20_261_126


@dataclass(frozen=True)
class Plan:
    """What is to be measured, before anything is known of it."""

    areas: tuple[str, ...]
    level: str
    matter: str
    controls: tuple[str, ...]
    weeks: int
    skip_weeks: int
    coverage: float
    seed: int
    starts: str  # in words
    latest: date

    def plain(self) -> dict[str, Any]:
        return {**asdict(self), "latest": self.latest.isoformat(), "areas": list(self.areas), "controls": list(self.controls)}  # fmt: skip


def plan_of(
    *,
    areas: Sequence[str],
    level: str,
    matter: str,
    peers: Mapping[str, tuple[float, float] | None],
    touched: Sequence[str],
    since: date,
    today: date,
    weeks: int,
    coverage: float,
    seed: int = SEED,
) -> Plan:
    """Which areas are compared with which: those of the same level, none next door, none acted upon.

    `peers` are all areas of the level with their place; next door are as many of the nearest as areas
    are treated, and two more.
    """
    treated = {*areas}
    others = [code for code in peers if code not in treated and code not in {*touched}]
    near = _next_door(areas, others, peers, count=len(treated) + 2)
    far = [code for code in others if code not in near] if len(others) - len(near) >= 8 else others
    rng = np.random.default_rng(seed)
    if len(far) > MOST_CONTROLS:
        far = sorted(rng.choice(far, MOST_CONTROLS, replace=False).tolist())
    skip = max(LEAST_SKIP, -(-(today - since).days // 7) + 1)
    return Plan(
        areas=tuple(areas),
        level=level,
        matter=matter,
        controls=tuple(far),
        weeks=weeks,
        skip_weeks=skip,
        coverage=coverage,
        seed=seed,
        starts="the day after the case is answered or ended",
        latest=today + timedelta(days=WAIT_DAYS),
    )


def _next_door(
    areas: Sequence[str],
    others: Sequence[str],
    places: Mapping[str, tuple[float, float] | None],
    *,
    count: int,
) -> set[str]:
    spots = [places[a] for a in areas if places.get(a)]
    placed = [(code, places[code]) for code in others if places.get(code)]
    if not spots or not placed:
        return set()

    def distance(spot: Any) -> float:
        return min((spot[0] - s[0]) ** 2 + (spot[1] - s[1]) ** 2 for s in spots)  # type: ignore[index]

    return {code for code, _ in sorted(placed, key=lambda p: (distance(p[1]), p[0]))[:count]}


def begins(plan: Mapping[str, Any], *, answered: datetime | None, ended: datetime | None, today: date) -> date | None:  # fmt: skip
    """The first day that counts, as registered; None while it is not known."""
    at = min((t for t in (answered, ended) if t is not None), default=None)
    latest = date.fromisoformat(plan["latest"])
    if at is not None:
        return min(at.date() + timedelta(days=1), latest)
    return latest if today >= latest else None


def weeks_around(
    days: NDArray[np.int64], area: NDArray[Any], areas: Sequence[str], *, after: int, before: int
) -> NDArray[np.int64]:
    """Counts (areas, weeks) around a first day; `days` are days from it on, negative before it."""
    place = {code: n for n, code in enumerate(areas)}
    counts = np.zeros((len(areas), before + after), dtype=np.int64)
    week = np.floor_divide(days, 7) + before
    for code, w in zip(area.tolist(), week.tolist(), strict=True):
        if code in place and 0 <= w < before + after:
            counts[place[code], w] += 1
    return counts


def measured(plan: Mapping[str, Any], past: Past, *, starts: date, weeks: int, dropped: Sequence[str] = ()) -> dict[str, Any]:  # fmt: skip
    """The effect over the first `weeks` weeks, as registered, from the history as it is known.

    `dropped` are controls in which somebody acted after all: they are none any more.
    """
    controls = [code for code in plan["controls"] if code not in {*dropped}]
    areas = [*plan["areas"], *controls]
    before = max(0, min(MOST_WEEKS_BEFORE, (past.days - (past.today - starts).days - 1) // 7))
    if before < 1 or not controls:
        reason = "there is no earlier time to compare with" if controls else "there is no area to compare with"  # fmt: skip
        return {"enough": False, "reason": reason}
    rows = _rows_about(past, plan).filter(pl.col("at").is_in(areas))
    since_start = (past.today - starts).days - rows["day"].to_numpy()
    counts = weeks_around(
        np.asarray(since_start, dtype=np.int64), rows["at"].to_numpy(), areas, after=weeks, before=before
    )  # fmt: skip
    treated = counts[: len(plan["areas"])]
    result = result_of(treated, counts[len(plan["areas"]) :], start=before, plan=plan)
    first = starts - timedelta(weeks=before)
    result["weeks"] = [(first + timedelta(weeks=n)).isoformat() for n in range(before + weeks)]
    result["controls"] = len(controls)
    result["dropped_controls"] = sorted({*dropped} & {*plan["controls"]})
    return result


def _rows_about(past: Past, plan: Mapping[str, Any]) -> pl.DataFrame:
    """Voices on the registered matter, with the area of the registered level that each is `at`."""
    about = {
        code
        for matters in past.terrain.matter_at.values()
        for code, top in matters.items()
        if top == plan["matter"]
    }
    level = past.terrain.area_at.get(plan["level"], {})
    return past.rows.filter(pl.col("matter").is_in(sorted(about))).with_columns(
        at=pl.col("area").replace_strict(dict(level), default=None, return_dtype=pl.String)
    )


def result_of(treated: NDArray[Any], controls: NDArray[Any], *, start: int, plan: Mapping[str, Any]) -> dict[str, Any]:  # fmt: skip
    """The effect with its interval and what draws it; `enough` False says why not."""
    from xianban.foresight import effects

    found = effects.measure(
        treated,
        controls=controls,
        start=start,
        skip_before=min(plan["skip_weeks"], max(0, start - 8)),
        coverage=plan["coverage"],
    )
    observed = treated.sum(axis=0) if treated.ndim == 2 else treated
    return {
        "enough": bool(found.enough),
        "reason": found.reason,
        "relative": _finite(found.relative),
        "low": _finite(found.low),
        "high": _finite(found.high),
        "prevented": _finite(found.prevented),
        "prevented_low": _finite(found.prevented_low),
        "prevented_high": _finite(found.prevented_high),
        "p_value": _finite(found.p_value),
        "placebo_p": _finite(found.placebo_p),
        "observed": _finite(found.observed),
        "expected": _finite(found.expected),
        "before_score": _finite(found.before_score),
        "start": start,
        "series": observed.tolist(),
        "counterfactual": _line(found.counterfactual),
        "low_line": _line(found.counterfactual_low),
        "high_line": _line(found.counterfactual_high),
    }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _line(values: NDArray[Any]) -> list[float | None]:
    return [_finite(value) for value in np.round(values, 2)]
