"""Detectors: a configuration and the past in, findings out. The statistics are foresight's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from xianban.prevention.rules.behind import behind_of
from xianban.prevention.rules.finding import Finding
from xianban.prevention.rules.past import Cut, Past, cut, plane, shared_out
from xianban.prevention.rules.signs import gatherings, relapses

if TYPE_CHECKING:
    from xianban.city.api import Detector
    from xianban.foresight.clusters import Cluster

LEAST_DAYS, LEAST_WEEKS = 84, 30
YOUNG_DAYS = 8
LOOK_BACK_TO_BEGIN = 14  # steps, of those that are looked through for the onset
SEED = 20_261_126
CHART_DAYS, OUTLOOK_DAYS, OUTLOOK_PAST = 56, 14, 400
QUANTILES = (0.1, 0.5, 0.9)
SAME_PLACE = 0.5  # of those who write about an issue, in one area
GLANCES, GLANCE = 19, 0.25  # of a first look at a matter: replicates, and the chance that ends it
MOST_CELLS = 60_000  # area x matter in a ranking of risk
RISK_FROM, RISK_FACTOR = 0.5, 2.0

Found = list[Finding]


def detect(detector: "Detector", past: Past) -> Found:
    """What a detector finds now, the surest first, at most `detector.most`."""
    if not past.rows.height:
        return []
    found = METHODS[detector.method](detector, past)
    return sorted(found, key=lambda f: (f.p_value, f.matter, f.areas))[: detector.most]


def _rises(detector: "Detector", past: Past) -> Found:
    """Areas and matters with more than their days allow, judged on the newest day."""
    from xianban.foresight import outbreaks

    made = cut(past, area=detector.area, matter=detector.matter, days=detector.look_back_days)
    days = made.counts.shape[1]
    if days < YOUNG_DAYS or not made.cells:
        return []
    wanted = np.flatnonzero(made.counts[:, -1] >= detector.least)
    if not len(wanted):
        return []
    evaluate = max(1, min(LOOK_BACK_TO_BEGIN, days - 7))
    if days < LEAST_DAYS:
        judged = outbreaks.short(made.counts[wanted], evaluate=evaluate)
    else:
        holidays = [d.isoformat() for d in past.terrain.holidays] if detector.holidays else None
        judged = outbreaks.daily(
            made.counts[wanted], dates=past.dates(days), holidays=holidays, evaluate=evaluate
        )
    return _chosen(detector, past, made, wanted, judged, step_days=1)


def _slow_rises(detector: "Detector", past: Past) -> Found:
    """The same of weeks."""
    from xianban.foresight import outbreaks

    made = cut(
        past, area=detector.area, matter=detector.matter, days=detector.look_back_days, step_days=7
    )
    weeks = made.counts.shape[1]
    wanted = np.flatnonzero(made.counts[:, -1] >= detector.least) if made.cells else np.array([])
    if weeks < LEAST_WEEKS or not len(wanted):
        return []
    judged = outbreaks.weekly(made.counts[wanted], evaluate=min(6, weeks - 26))
    return _chosen(detector, past, made, wanted, judged, step_days=7)


def _chosen(
    detector: "Detector", past: Past, made: Cut, wanted: NDArray[Any], judged: Any, step_days: int
) -> Found:
    """Those that pass, with all series as one family: what nobody spoke of has p = 1."""
    from xianban.foresight.outbreaks import Reason, select

    newest = np.where(judged.reason[:, -1] == Reason.JUDGED, judged.p_value[:, -1], 1.0)
    p_values = np.ones(len(made.cells))
    p_values[wanted] = newest
    picked = select(np.clip(p_values, 0.0, 1.0), fdr=detector.fdr)
    at = {int(series): row for row, series in enumerate(wanted)}
    found = []
    for series in picked.order.tolist():
        if series not in at:
            continue
        row, (area, matter) = at[series], made.cells[series]
        run = _run(made.counts[series, -judged.expected.shape[1] :], judged.expected[row])
        behind = made.rows.filter((pl.col("cell") == series) & (pl.col("day") < run * step_days))
        found.append(
            Finding(
                detector=detector.name,
                method=detector.method,
                matter=matter,
                areas=(area,),
                since=past.date_of(run * step_days - 1),
                observed=int(made.counts[series, -run:].sum()),
                expected=float(judged.expected[row, -run:].sum()),
                p_value=float(p_values[series]),
                sure=1.0 - float(picked.q_value[series]),
                **behind_of(behind),
            )
        )
    return found


def _run(counts: NDArray[Any], expected: NDArray[Any]) -> int:
    """For how many of the newest steps it has been above what was expected, without a break."""
    above = (counts > expected)[::-1]
    return int(above.argmin()) if not above.all() else len(above)


def _clusters(detector: "Detector", past: Past) -> Found:
    """Neighbouring areas that have more together, one matter after another."""
    from xianban.foresight import outbreaks

    made = cut(past, area=detector.area, matter=detector.matter, days=detector.look_back_days)
    days, window = made.counts.shape[1], detector.window_days
    if days < window + 21:
        return []
    places = sorted(code for code in {*past.terrain.area_at.get(detector.area, {}).values()} if code in past.terrain.xy)  # fmt: skip
    if len(places) < 3:
        return []
    place_of = {code: n for n, code in enumerate(places)}
    xy = plane(past.terrain, places)
    first: list[tuple[str, Any]] = []
    matters = sorted({matter for _, matter in made.cells})
    for matter in matters:
        counts = np.zeros((days, len(places)), dtype=np.int64)
        for n, (area, about) in enumerate(made.cells):
            if about == matter and area in place_of:
                counts[:, place_of[area]] += made.counts[n]
        if counts[-window:].sum() < detector.least:
            continue
        hits = _scanned(counts, xy, window)
        first += [(matter, hit) for hit in hits if hit.observed >= detector.least]
    if not first:
        return []
    p_values = np.ones(max(len(matters), len(first)))
    p_values[: len(first)] = [hit.p_value for _, hit in first]
    picked = outbreaks.select(p_values, fdr=detector.fdr)
    found = []
    for n in picked.order.tolist():
        matter, hit = first[n]
        areas = tuple(places[code] for code in hit.areas.tolist())
        behind = made.rows.filter(
            pl.col("cell_area").is_in(areas) & (pl.col("cell_matter") == matter) & (pl.col("day") < hit.days)
        )  # fmt: skip
        with_any = {*behind["cell_area"].to_list()}
        found.append(
            Finding(
                detector=detector.name,
                method=detector.method,
                matter=matter,
                areas=tuple(a for a in areas if a in with_any) or areas[:1],
                since=past.date_of(hit.days - 1),
                observed=hit.observed,
                expected=float(hit.expected),
                p_value=float(hit.p_value),
                sure=1.0 - float(picked.q_value[n]),
                **behind_of(behind),
            )
        )
    return found


def _scanned(counts: NDArray[Any], xy: NDArray[Any], window: int) -> Sequence["Cluster"]:
    """The likeliest clusters of the newest `window` of (days, places); none where a glance finds none."""
    from xianban.foresight import clusters

    before = counts[:-window]
    usual = (before.sum(axis=0) + 0.5) / len(before)
    shape = _weekdays(before, len(counts))
    shape *= _swings(counts.sum(axis=1), usual.sum() * shape, len(before))
    scan = partial(
        clusters.scan,
        counts,
        baseline=usual[None, :] * shape[:, None],
        xy=xy,
        max_days=window,
        max_neighbours=min(20, counts.shape[1]),
        statistic="negative-binomial",
        baseline_days=len(before),
        seed=SEED,
        top=3,
    )
    if all(hit.p_value > GLANCE for hit in scan(replicates=GLANCES)):
        return ()
    return scan(replicates=199)


def _weekdays(before: NDArray[Any], days: int) -> NDArray[np.float64]:
    """The town's share of each day of the week, around 1, for all days."""
    totals = before.sum(axis=1)
    phase = np.arange(days) % 7
    mean = totals.mean() or 1.0
    shares = np.array(
        [(totals[phase[: len(totals)] == d].sum() + mean) / ((phase[: len(totals)] == d).sum() + 1) for d in range(7)]
    )  # fmt: skip
    shares = shares / shares.mean()
    return np.asarray(shares[phase], dtype=float)


def _swings(totals: NDArray[Any], usual: NDArray[Any], past: int) -> NDArray[np.float64]:
    """By how much the whole town is above its usual on each day, as far as a day can say so.

    The town's days are taken for gamma-Poisson about `usual`, with the variance of the first `past`
    days: of a town that swings a day is believed, of one that keeps to its level hardly. So a
    cluster is more than the town's own rise.
    """
    mean = usual[:past]
    square = float(np.mean(((totals[:past] - mean) ** 2 - mean) / mean**2))
    if square <= 0.0:
        return np.ones(len(totals))
    return np.asarray((1 + square * totals) / (1 + square * usual))


def _hot_issues(detector: "Detector", past: Past) -> Found:
    """One place and one problem that several people write about, in words that may be read."""
    from xianban.foresight import issues

    recent = past.rows.filter(pl.col("day") < detector.window_days)
    clean = recent.with_columns(
        said=pl.col("words").str.replace_all(r"[□#]+", "").str.strip_chars()
    ).filter(pl.col("said").str.len_chars() >= 6)
    if clean.height < detector.least:
        return []
    areas = past.terrain.area_at.get(detector.area, {})
    names = past.terrain.names
    times = np.datetime64(past.today) - clean["day"].to_numpy().astype("timedelta64[D]")
    hot = issues.find(
        clean["said"].to_list(),
        times=times,
        places=[names.get(areas.get(code, ""), "") or None for code in clean["area"].to_list()],
        authors=clean["key"].to_list(),
        top=detector.most * 2,
    )
    usual = _usual_of_issues(past, detector)
    matters = past.terrain.matter_at.get(detector.matter, {})
    found = []
    for issue in hot:
        behind = clean[issue.members.tolist()]
        people = int(issue.people - issue.copies)
        if people < detector.least:
            continue
        matter = _commonest([matters.get(m, m) for m in behind["matter"].to_list()])
        spots = [areas[a] for a in behind["area"].to_list() if a in areas]
        if not spots:
            continue
        area = _commonest(spots)
        if spots.count(area) < max(detector.least, SAME_PLACE * len(spots)):
            continue  # the same words about many places are no one problem
        expected = usual.get((area, matter), 0.0)
        if people <= expected:
            continue
        p_value = float(stats.nbinom.sf(people - 1, *_overdispersed(expected + 0.3)))
        found.append(
            Finding(
                detector=detector.name,
                method=detector.method,
                matter=matter,
                areas=tuple(sorted({*spots})) if len({*spots}) <= 4 else (area,),
                since=past.date_of(int(behind["day"].max())),
                observed=people,
                expected=expected,
                p_value=p_value,
                sure=1.0 - p_value,
                **{**behind_of(behind), "title": issue.title[:120]},
            )
        )
    return [one for one in found if one.p_value < detector.fdr]


def _usual_of_issues(past: Past, detector: "Detector") -> Mapping[tuple[str, str], float]:
    """People on a matter in an area in such a window, from the time before it."""
    made = cut(past, area=detector.area, matter=detector.matter, days=detector.look_back_days)
    before = made.counts[:, : -detector.window_days]
    if not before.shape[1]:
        return {}
    rates = before.mean(axis=1) * detector.window_days
    return dict(zip(made.cells, rates.tolist(), strict=True))


def _overdispersed(mean: Any, ratio: float = 1.5) -> tuple[Any, float]:
    """Negative-binomial size and chance, of a mean and a variance `ratio` times as large."""
    return mean / (ratio - 1), 1 / ratio


def _recurrences(detector: "Detector", past: Past) -> Found:
    """The same matter in the same area, again within days after cases there were closed."""
    made = cut(past, area=detector.area, matter=detector.matter, days=detector.look_back_days)
    rows, window = made.rows, detector.window_days
    closed = (
        rows.filter(pl.col("ended_day") <= 2 * window).select("cell", back="ended_day").unique()
    )
    recent = (
        rows.filter(pl.col("day") < window)
        .join(closed, on="cell")
        .filter((pl.col("back") > pl.col("day")) & (pl.col("back") - pl.col("day") <= window))
        .unique("key", maintain_order=True)
    )
    if not recent.height:
        return []
    seen = recent.group_by("cell").len()
    by_cell = np.zeros(len(made.cells))
    by_cell[seen["cell"].to_numpy()] = seen["len"].to_numpy()
    means = shared_out(made.cells, by_cell)
    found = []
    p_values = np.ones(len(made.cells))
    many = by_cell >= detector.least
    p_values[many] = stats.nbinom.sf(by_cell[many] - 1, *_overdispersed(means[many] + 0.05, 2.0))
    from xianban.foresight.outbreaks import select

    picked = select(np.clip(p_values, 0, 1), fdr=detector.fdr)
    for n in picked.order.tolist():
        area, matter = made.cells[n]
        behind = recent.filter(pl.col("cell") == n)
        if not behind.height:
            continue
        found.append(
            Finding(
                detector=detector.name,
                method=detector.method,
                matter=matter,
                areas=(area,),
                since=past.date_of(int(behind["day"].max())),  # type: ignore[arg-type]
                observed=int(by_cell[n]),
                expected=float(means[n]),
                p_value=float(p_values[n]),
                sure=1.0 - float(picked.q_value[n]),
                **behind_of(behind),
            )
        )
    return found


def risk_of(detector: "Detector", past: Past) -> Any:
    """Foresight's ranking of places and matters for next week; None where there is too little."""
    from xianban.foresight import risk

    made = cut(past, area=detector.area, matter=detector.matter, days=detector.look_back_days)
    places = sorted({*past.terrain.area_at.get(detector.area, {}).values()})
    if made.counts.shape[1] < 84 or len(places) < 2 or made.rows.height < 50:
        return None
    common = made.rows.group_by("cell_matter").len().sort("len", descending=True)
    kept = common.filter(pl.col("len") >= 20)["cell_matter"].to_list()
    kept = kept[: max(1, MOST_CELLS // (len(places) * 12))]
    rows = made.rows.filter(pl.col("cell_matter").is_in(kept))
    if rows.height < 50:
        return None
    placed = all(code in past.terrain.xy for code in places)
    days = past.dates(made.counts.shape[1])
    return risk.rank(
        rows["cell_area"].to_list(),
        cells=places,
        when=days[len(days) - 1 - rows["day"].to_numpy()],
        matters=rows["cell_matter"].to_list(),
        xy=plane(past.terrain, places) if placed and len(places) > 6 else None,
        since=days[0],
        until=days[-1],
    )


def _risks(detector: "Detector", past: Past) -> Found:
    """Places where something is likely next week, and likelier than is usual for them."""
    ranked = past.extra.get("risk") if "risk" in past.extra else risk_of(detector, past)
    if ranked is None or ranked.finding:
        return []
    usual = 1 - np.exp(-np.exp(ranked.base))
    found = []
    for row, column in zip(*np.nonzero(ranked.probability >= max(RISK_FROM, min(0.95, usual * RISK_FACTOR))), strict=True):  # fmt: skip
        chance, expected = ranked.probability[row, column], float(ranked.expected[row, column])
        factor = {
            group: round(float(np.exp(ranked.reasons[row, column, n])), 2)
            for n, group in enumerate(ranked.groups)
        }
        if factor.get("history", max(factor.values())) < RISK_FACTOR and max(factor.values()) < RISK_FACTOR:  # fmt: skip
            continue
        found.append(
            Finding(
                detector=detector.name,
                method=detector.method,
                matter=str(ranked.matters[column]),
                areas=(str(ranked.cells[row]),),
                since=past.today + timedelta(days=1),
                observed=max(1, round(expected)),
                expected=float(usual),
                p_value=1 - float(chance),
                sure=float(chance),
                why=factor,
            )
        )
    return found


METHODS: Mapping[str, Callable[["Detector", Past], Found]] = {
    "daily": _rises,
    "weekly": _slow_rises,
    "cluster": _clusters,
    "issue": _hot_issues,
    "recurrence": _recurrences,
    "gathering": gatherings,
    "relapse": relapses,
    "risk": _risks,
}


def _commonest(words: Sequence[str]) -> str:
    names, counts = np.unique(np.array(words, dtype=object).astype(str), return_counts=True)
    return str(names[counts.argmax()])


def with_courses(found: Sequence[Finding], past: Past) -> Found:
    """Each finding with its days to draw, and what comes in two weeks if nothing is done."""
    if not found or not past.rows.height:
        return list(found)
    days = min(past.days, OUTLOOK_PAST)
    counts = np.stack([days_of(one.areas, one.matter, past, days) for one in found])
    dates = past.dates(days)
    usual = _usual(counts, past, dates)
    ahead = _ahead(counts, past, dates)
    return [
        replace(one, series=_series(counts[n], dates, usual, n), outlook=ahead[n])
        for n, one in enumerate(found)
    ]


def days_of(areas: Sequence[str], about: str, past: Past, days: int) -> NDArray[np.int64]:
    """People on each of so many newest days, oldest first, about a matter in areas of one level."""
    level = next(
        (name for name, m in past.terrain.area_at.items() if areas[0] in {*m.values()}), ""
    )
    inside = {code for code, top in past.terrain.area_at.get(level, {}).items() if top in areas}
    matters = {
        code
        for line in past.terrain.matter_at.values()
        for code, top in line.items()
        if top == about
    }
    rows = past.rows.filter(
        pl.col("area").is_in(sorted(inside)) & pl.col("matter").is_in(sorted(matters)) & (pl.col("day") < days)
    )  # fmt: skip
    counts = np.bincount(rows["day"].to_numpy(), minlength=days)[:days]
    return np.asarray(counts[::-1], dtype=np.int64)


def _usual(counts: NDArray[Any], past: Past, dates: NDArray[Any]) -> Any:
    from xianban.foresight import outbreaks

    days = counts.shape[1]
    evaluate = max(1, min(CHART_DAYS, days - 7))
    if days < 8:
        return None
    if days < LEAST_DAYS + CHART_DAYS:
        return outbreaks.short(counts, evaluate=evaluate)
    holidays = [d.isoformat() for d in past.terrain.holidays]
    return outbreaks.daily(counts, dates=dates, holidays=holidays, evaluate=evaluate)


def _series(counts: NDArray[Any], dates: NDArray[Any], usual: Any, n: int) -> dict[str, Any]:
    if usual is None:
        return {"dates": [str(d) for d in dates], "observed": counts.tolist(), "expected": [], "upper": []}  # fmt: skip
    shown = usual.expected.shape[1]
    upper = [None if not np.isfinite(u) else round(float(u), 1) for u in usual.upper[n]]
    return {
        "dates": [str(d) for d in dates[-shown:]],
        "observed": counts[-shown:].tolist(),
        "expected": np.round(usual.expected[n], 2).tolist(),
        "upper": upper,
    }


def _ahead(counts: NDArray[Any], past: Past, dates: NDArray[Any]) -> list[dict[str, Any]]:
    from xianban.foresight import forecasts

    if counts.shape[1] < 28:
        return [{} for _ in counts]
    holidays = np.array([np.datetime64(d) for d in past.terrain.holidays], dtype="datetime64[D]")
    fitted = forecasts.fit(counts, dates=dates, holidays=holidays, seed=SEED)
    said = fitted.predict(OUTLOOK_DAYS, quantiles=QUANTILES)
    return [
        {
            "dates": [str(d) for d in said.dates],
            "low": said.values[n, :, 0].astype(int).tolist(),
            "mid": said.values[n, :, 1].astype(int).tolist(),
            "high": said.values[n, :, 2].astype(int).tolist(),
            "mean": np.round(said.mean[n], 2).tolist(),
        }
        for n in range(len(counts))
    ]
