"""The door's two steps: fit to the past, then predict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xianban.base.errors import BadInput
from xianban.foresight import checking

from . import hierarchy
from .calibration import corrected, reliability
from .design import Design, design_for
from .fitting import BLOCK_DAYS, Layer, fit_layers
from .forecast import Forecast, Outlook, predict
from .newton import Floats

LEAST_DAYS = 28
LEAST_CASES = 10
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


@dataclass(frozen=True)
class Forecaster:
    """What was learnt from the past of all series together.

    `fitted` (series, day): the mean that was expected on each past day. `dispersion` (series):
    variance over mean beyond what groups share, at least 1. `enough` (series): at least 10 cases.
    `seasonal`: whether the past was long enough (400 days) for a yearly season.
    """

    fitted: Floats
    dispersion: Floats
    enough: NDArray[np.bool_]
    seasonal: bool
    last_date: np.datetime64
    layers: list[Layer] = field(repr=False)
    design: Design = field(repr=False)
    tree: hierarchy.Tree = field(repr=False)
    shares: Floats = field(repr=False)
    seed: int = field(repr=False)

    def predict(
        self, horizon: int = 28, quantiles: ArrayLike = QUANTILES, *, draws: int = 1000
    ) -> Forecast:
        """The days after the last one of the past, `horizon` of them.

        `quantiles`: chances between 0 and 1, in any order; the last axis of `values` keeps it.
        `draws`: how many joint futures `totals()` and `surge()` use; `values` use none. The same
        forecaster gives the same forecast every time.

        >>> import numpy as np
        >>> from xianban.foresight import forecasts
        >>> counts = np.random.default_rng(1).poisson(4, size=(3, 90))
        >>> days = np.arange("2026-01-01", "2026-04-01", dtype="datetime64[D]")
        >>> forecasts.fit(counts, dates=days, seed=0).predict(14, [0.1, 0.5, 0.9]).values.shape
        (3, 14, 3)
        """
        horizon = checking.whole(horizon, name="horizon", least=1, most=366)
        draws = checking.whole(draws, name="draws", least=10)
        levels = checking.numbers(quantiles, name="quantiles", ndim=1)
        for level in levels.tolist():
            checking.share(level, name="a quantile")
        ahead = np.arange(1, horizon + 1)
        dates = self.last_date + ahead
        outlook = Outlook(
            layers=self.layers,
            columns=self.design.columns(dates),
            blocks_ahead=(ahead - 1) // BLOCK_DAYS + 1,
            dispersion=self.dispersion,
        )
        return predict(
            outlook,
            levels=levels,
            asked=corrected(levels, self.shares),
            tree=self.tree,
            dates=dates,
            holiday=self.design.holidays.off(dates),
            enough=self.enough,
            draws=draws,
            seed=self.seed,
        )


def fit(
    counts: ArrayLike,
    *,
    dates: Any,
    holidays: Any = None,
    areas: Any = None,
    parents: Mapping[Any, Any] | None = None,
    categories: Any = None,
    seed: int | np.random.Generator,
) -> Forecaster:
    """Learn how many cases each area and matter brings a day, to say what the next weeks bring.

    All series are fitted together, so that a quiet street borrows its weekdays, its season and
    its holidays from its matter, its area and the whole city, as far as these were found to agree.

    Parameters
    ----------
    counts
        (series, days), whole numbers from 0, oldest day first; at least 28 days. A day on which
        nothing came is 0. A yearly season is learnt from 400 days on.
    dates
        (days,): the date of each column, every day once, in order.
    holidays
        Dates that are holidays, past and to come: an array of dates, or a mapping from date to the
        holiday's name, which lets each named holiday seen in the past differ from the common one.
        Give those of the days to be forecast too; a holiday that is not given is not foreseen.
    areas
        (series,): the label of the area that each series counts in (a code or a name).
    parents
        A mapping from an area to the area above it, for as many levels as there are: {"street":
        "district", "district": "city"}. An area without one stands right under the whole. A
        series may belong to an area of any level.
    categories
        (series,): the label of each series' matter.
    seed
        For joint futures (`totals()`, `surge()`): a whole number from 0, or a numpy Generator, of
        which one number is taken. `values` and `mean` do not depend on it.

    Returns
    -------
    Forecaster
        With `predict(horizon, quantiles)`, and the fitted past.

    Raises
    ------
    BadInput
        Where an array has the wrong shape, gaps, negative or broken counts, dates leap, a label
        is missing, or areas hold themselves. Too few cases is no error: `enough` says so.

    How
    ---
    log mean = what all share + the category's + the area's (at each depth) + the series' own; each
    part has weekdays, two harmonics, holidays, the day after, and a level that moves from week to
    week and returns slowly (an autoregression, so that a surge is not carried on for ever). How
    much groups differ, and how fast levels move, is learnt (empirical Bayes). Counts are negative
    binomial with variance proportional to the mean. Source: log-linear penalised regression with
    random effects after Breslow & Clayton (1993), Approximate inference in generalized linear
    mixed models, JASA 88, 9-25, section 2; variances by the fixed point of MacKay (1992),
    Bayesian interpolation, Neural Computation 4, 415-447.

    False alarms: a 90% interval held 89% to 90% of the counts (randomised at its ends; mean of
    four runs of 60 series each) on Poisson, negative-binomial, mostly-zero, zero-inflated and
    seasonal noise. It does not know of campaigns, new channels or changed categories to come.

    To judge whether a past day was unusual use `outbreaks.daily`; for the chance of at least one
    case per place next week use `risk.rank`.

    >>> import numpy as np
    >>> from xianban.foresight import forecasts
    >>> days = np.arange("2026-01-01", "2026-07-01", dtype="datetime64[D]")
    >>> busy = np.where((days.astype(int) + 3) % 7 < 5, 20, 5)  # quiet at weekends
    >>> counts = np.random.default_rng(3).poisson(np.stack([busy, busy / 5]))
    >>> ahead = forecasts.fit(counts, dates=days, areas=["north", "south"], seed=0).predict(
    ...     7, quantiles=(0.05, 0.5, 0.95)
    ... )
    >>> ahead.values.shape, str(ahead.dates[0])
    ((2, 7, 3), '2026-07-01')
    >>> bool(ahead.values[0, 0, 1] > 2 * ahead.values[0, 3, 1])  # Wednesday against Saturday
    True
    """
    table = checking.counts(counts)
    series, days = table.shape
    when = checking.dates(dates, length=days)
    if days < LEAST_DAYS:
        raise BadInput(
            f"counts cover {days} days; give at least {LEAST_DAYS}, four of each weekday"
        )
    ways = _ways(areas, parents, series=series)
    labels = (
        None
        if categories is None
        else hierarchy.label_list(categories, name="categories", series=series)
    )
    design = design_for(when, holidays)
    tree = hierarchy.tree_of(ways, series=series)
    layers, fitted, dispersion = fit_layers(
        table,
        design.columns(when),
        design.kinds,
        hierarchy.groupings(ways, labels, series=series),
    )
    return Forecaster(
        fitted=fitted,
        dispersion=dispersion,
        enough=table.sum(axis=1) >= LEAST_CASES,
        seasonal=design.harmonics > 0,
        last_date=when[-1],
        layers=layers,
        design=design,
        tree=tree,
        shares=reliability(table, fitted, dispersion),
        seed=_seed(seed),
    )


def _ways(areas: Any, parents: Mapping[Any, Any] | None, *, series: int) -> Any:
    if parents is not None and not isinstance(parents, Mapping):
        raise BadInput(
            f"parents is {type(parents).__name__}; give a mapping from area to the area above"
        )
    if areas is None:
        if parents is not None:
            raise BadInput("parents are given without areas; give one area for each series")
        return None
    return hierarchy.paths(hierarchy.label_list(areas, name="areas", series=series), parents or {})


def _seed(seed: int | np.random.Generator) -> int:
    """One number, so that a forecaster answers alike however often it is asked."""
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**63))
    return checking.whole(seed, name="seed", least=0)
