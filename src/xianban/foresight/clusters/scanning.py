"""The door: `scan`, and what it answers."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from xianban.base.errors import BadInput
from xianban.foresight import checking
from xianban.foresight.clusters import nulls
from xianban.foresight.clusters.nulls import Floats, Model
from xianban.foresight.clusters.searching import FLOOR, HIGHEST, area_evidence, best_cylinder
from xianban.foresight.clusters.zones import neighbours

STATISTICS = ("expectation", "permutation", "population", "negative-binomial")
BASES = ("score", "evidence")
MOST_DEALT = 1e8
"""Cases the permutation can hold one by one."""


@dataclass(frozen=True, eq=False)
class Cluster:
    """Areas that together had more than expected over the days up to today.

    `areas` are columns of the counts, the middle first; `days` is how many of the last rows;
    `relative_risk` is `observed / expected`; `score` the log likelihood ratio; `recurrence_days`
    how many days apart chance alone would bring a cluster this strong if one scans every day.
    """

    areas: NDArray[np.int64]
    days: int
    observed: int
    expected: float
    relative_risk: float
    score: float
    p_value: float
    recurrence_days: float


def scan(
    counts: ArrayLike,
    *,
    baseline: ArrayLike | None,
    xy: ArrayLike,
    max_neighbours: int = 20,
    max_days: int = 7,
    replicates: int = 999,
    statistic: str = "expectation",
    seed: int | Generator,
    baseline_days: int | None = None,
    dispersion: ArrayLike | None = None,
    p_value_from: str = "evidence",
    top: int = 10,
) -> list[Cluster]:
    """Where something has been gathering in the last days: the emerging clusters, likeliest first.

    Every area with its nearest neighbours, one after another up to `max_neighbours` (itself
    included), over the last 1 to `max_days` days, is compared with what was expected; what is
    found is judged against `replicates` drawn without any cluster. Clusters share no area; at
    most `top` are given; the list is empty where nothing is above what was expected.

    Shapes and units: `counts` (days, areas), whole numbers, the last row today; `baseline` of
    the same shape, the expected counts; `xy` (areas, 2), centroids in any length unit (project
    degrees first). An area with a baseline of 0 must have counted 0. `seed` is a whole number
    from 0 or a Generator (of which one number is drawn). Wrong input raises `BadInput`.

    statistic
        - "expectation" (Neill 2009, Int. J. Forecasting 25, sec. 2): counts are Poisson about the
          baseline; also sees a rise of the whole city.
        - "population" (Kulldorff 1997, 2001): only the baseline's proportions count, the total
          is given; says where more than elsewhere, blind to a rise of the whole city.
        - "permutation" (Kulldorff et al. 2005, PLoS Med 2(3) e59): needs no baseline (give
          None); each area's and each day's total are given. For when no baseline can be trusted.
        - "negative-binomial" (weights of Tango, Takahashi & Kohriyama 2011, Biometrics 67;
          in Poisson form, so that without dispersion it is "expectation"): the variance is
          m + `dispersion` * m**2; one number or one for each area; estimated from the days
          before the last `max_days` where not given.

    False alarms: with the baseline known, the chance that any cluster has p <= .05 is .05. A
    baseline that was estimated inflates it: give `baseline_days`, the number of past days from
    which each area's level was estimated (best as (sum + 1/2) / days, and not from the last
    `max_days`), and the replicates, too, err as such an estimate does. Counts that vary more than
    Poisson inflate it severalfold under every statistic but "negative-binomial". An error that all
    areas share (a holiday) is no part of it: "population" and "permutation" do not see that. A
    scan every day is a test every day: read `recurrence_days`.

    p_value_from
        - "evidence": an area's evidence is the likelihood ratio averaged over all cylinders that
          cover it (Neill, Moore & Cooper 2006; Chan & Walther 2013, Statistica Sinica 23: the
          average finds larger clusters that the maximum misses); a cluster's p-value is the
          chance that any area of a day without clusters has as much as the cluster's best.
        - "score": the classical one, the chance of as high a maximum score.
        Either is continuous (Gumbel's law beyond the ranks, Abrams et al. 2010), and of later
        clusters counts only cylinders without areas of the earlier, so it is never too small.

    The null of the same baseline, places, options and whole-number seed is remembered (the last
    64), so that many sets of counts are scanned in the time of one.

    Use `outbreaks` for one series or large areas each on its own; `issues` for what is said.

    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> baseline = np.full((30, 50), 2.0)
    >>> counts, xy = rng.poisson(baseline), rng.random((50, 2))
    >>> near = np.argsort(((xy - xy[7]) ** 2).sum(axis=1))[:5]
    >>> counts[-3:, near] += rng.poisson(6.0, (3, 5))
    >>> found = scan(counts, baseline=baseline, xy=xy, seed=0)[0]
    >>> found.days, set(near) <= set(found.areas), found.p_value < 0.001
    (3, True, True)
    """
    table = checking.counts(counts)
    places = _places(xy, table)
    expected = _expected(baseline, table, statistic)
    checking.one_of(p_value_from, name="p_value_from", among=BASES)
    days = min(checking.whole(max_days, name="max_days", least=1), len(table))
    most = checking.whole(max_neighbours, name="max_neighbours", least=1)
    checking.whole(replicates, name="replicates", least=19)
    checking.whole(top, name="top", least=1)
    model = _model(
        table,
        expected,
        days=days,
        statistic=statistic,
        dispersion=dispersion,
        baseline_days=baseline_days,
    )
    order = neighbours(places, most)
    found = _strongest(model, order, top)
    if not found:
        return []
    null = nulls.null_of(model, order, replicates=replicates, seed=_seed_number(seed))
    basis = BASES.index(p_value_from)
    return [_cluster(model, each, null[basis].p_value(each.height[basis])) for each in found]


@dataclass(frozen=True, eq=False)
class _Found:
    """A cylinder before it is judged; `height` is its score, and how much evidence."""

    areas: NDArray[np.int64]
    days: int
    height: tuple[float, float]


def _strongest(model: Model, order: NDArray[np.int32], top: int) -> list[_Found]:
    """The best cylinder, then the best without its areas, and so on."""
    taken = np.zeros(len(order), dtype=np.bool_)
    found: list[_Found] = []
    while len(found) < top:
        seen = (model.observed, model.expected, order, model.total, taken)
        score, centre, size, days = best_cylinder(*seen)
        if score <= 0.0:
            break
        areas = order[centre, :size].astype(np.int64)
        less = max(0.0, score - HIGHEST)
        most = float(area_evidence(*seen, less)[areas].max())
        evidence = np.log1p(most) if less == 0.0 else less + np.log(most)
        height = min(score, FLOOR) + float(evidence)
        found.append(_Found(areas, int(days), (float(score), height)))
        taken[areas] = True
    return found


def _cluster(model: Model, found: _Found, p_value: float) -> Cluster:
    expected = float(model.means[found.areas, found.days - 1].sum())
    observed = int(model.counted[found.areas, found.days - 1].sum())
    return Cluster(
        areas=found.areas,
        days=found.days,
        observed=observed,
        expected=expected,
        relative_risk=observed / expected,
        score=found.height[0],
        p_value=p_value,
        recurrence_days=1.0 / p_value,
    )


def _places(xy: ArrayLike, table: Floats) -> Floats:
    places = checking.numbers(xy, name="xy", ndim=2)
    if places.shape != (table.shape[1], 2):
        raise BadInput(
            f"xy is {places.shape} for {table.shape[1]} areas; give one row of x and y for each"
        )
    return places


def _expected(baseline: ArrayLike | None, table: Floats, statistic: str) -> Floats:
    """The baseline, checked; for the permutation, which needs none, ones."""
    checking.one_of(statistic, name="statistic", among=STATISTICS)
    if statistic == "permutation":
        return np.ones_like(table)
    if baseline is None:
        raise BadInput(f'"{statistic}" needs a baseline; give one, or use "permutation"')
    expected = checking.numbers(baseline, name="baseline", ndim=2)
    if expected.shape != table.shape:
        raise BadInput(
            f"baseline is {expected.shape} and counts are {table.shape}; give one for each count"
        )
    if (expected < 0.0).any():
        raise BadInput(f"baseline has {expected.min():g}; what is expected is at least 0")
    impossible = (expected == 0.0) & (table > 0.0)
    if impossible.any():
        day, area = np.argwhere(impossible)[0]
        raise BadInput(
            f"baseline is 0 at [{day}, {area}] where {table[day, area]:g} were counted; "
            "expect a little everywhere, for example (sum + 1/2) / days"
        )
    return expected


def _model(
    table: Floats,
    expected: Floats,
    *,
    days: int,
    statistic: str,
    dispersion: ArrayLike | None,
    baseline_days: int | None,
) -> Model:
    noisy = statistic == "negative-binomial"
    if dispersion is not None and not noisy:
        raise BadInput('dispersion is for "negative-binomial"; choose it, or leave dispersion out')
    if statistic not in ("expectation", "negative-binomial"):
        if baseline_days is not None:
            raise BadInput(
                f'baseline_days is not for "{statistic}"; use "expectation" or "negative-binomial"'
            )
        if statistic == "permutation":
            if table.sum() > MOST_DEALT:
                raise BadInput(
                    f"counts sum to {table.sum():.0f}; the permutation deals out at most "
                    f"{MOST_DEALT:.0f} cases; use fewer days, or another statistic"
                )
            return nulls.permutation(table, days=days)
        return nulls.population(table, expected, days=days)
    if baseline_days is not None:
        checking.whole(baseline_days, name="baseline_days", least=1)
    alpha = _dispersion(dispersion, table, expected, days, baseline_days) if noisy else None
    return nulls.expectation(
        table, expected, days=days, dispersion=alpha, baseline_days=baseline_days
    )


def _dispersion(
    given: ArrayLike | None, table: Floats, expected: Floats, days: int, baseline_days: int | None
) -> Floats:
    """(areas,): as given, or one for all by moments, from the days before those that are scanned."""
    areas = table.shape[1]
    if given is not None:
        alpha = checking.numbers(given, name="dispersion")
        if alpha.size not in (1, areas) or (alpha < 0.0).any():
            raise BadInput(f"dispersion must be one number from 0, or {areas}, one for each area")
        return np.broadcast_to(alpha.reshape(-1), (areas,)).astype(np.float64)
    past, mean = table[:-days], expected[:-days]
    if len(past) < 2 or mean.sum() <= 0.0:
        raise BadInput(
            f"dispersion cannot be estimated from the {len(past)} days before the last {days}; "
            "give it, or more days"
        )
    lost, doubt = 1.0, 0.0
    if baseline_days is not None:  # residuals about a fitted level are smaller, its square larger
        lost = baseline_days / max(baseline_days - 1.0, 1.0)
        doubt = (mean / baseline_days).sum()
    square = max((mean**2).sum() - doubt, 0.5 * (mean**2).sum())
    excess = (lost * (past - mean) ** 2 - past).sum() / square
    return np.full(areas, max(0.0, float(excess)))


def _seed_number(seed: int | Generator) -> int:
    if isinstance(seed, Generator):
        return int(seed.integers(2**63))
    return checking.whole(seed, name="seed", least=0)
