"""What acting changed: what came, against what would have come without it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from xianban.base.errors import BadInput
from xianban.foresight import checking
from xianban.foresight.effects.counterfactual import LEAST_SHARE, Told, tell

Floats = NDArray[np.float64]

LEAST_BEFORE = 8
LEAST_CONTROLS = 4
LEAST_EXPECTED = 5.0
MODEL_PLACEBOS = 4.0
"""The spread that the model itself gives counts as much as so many placebos."""


@dataclass(frozen=True)
class Effect:
    """What acting changed, how sure that is, and what is needed to draw it.

    Relative figures are shares of what would have come: -0.2 is a fifth less. Where `enough` is
    False, `reason` says in one sentence what is missing, and the interval is as wide as what is not
    known, up to -1 to infinity; nothing is ever NaN.
    """

    relative: float
    low: float
    high: float
    """Interval of `relative`; `high` may be infinite."""
    prevented: float
    """Cases that did not come, over all steps from the start; negative where more came."""
    prevented_low: float
    prevented_high: float
    """Interval of `prevented`; leaves out 0 exactly where that of `relative` does."""
    p_value: float
    """Two-sided, of no effect; continuous."""
    placebo_p: float
    """Share of areas, the treated one included, whose own error is at least as large: a rank."""
    observed: float
    expected: float
    """Totals from the start on: what came, and what would have come."""
    counterfactual: Floats
    counterfactual_low: Floats
    counterfactual_high: Floats
    """(steps,) cases that would have come at each step, and the band of single counts."""
    weights: Floats
    """(controls,) share of each control in the counterfactual; they sum to 1, some below 0."""
    placebos: Floats
    """(controls,) the relative effect that each control shows, where none acted; 0 if it had no cases."""
    before_score: float
    """Standard errors by which the steps left out before the start exceeded what was expected.

    Above 2, the action probably followed a high: a fall from there alone is no success.
    """
    enough: bool
    reason: str


def measure(
    treated: ArrayLike,
    *,
    controls: ArrayLike,
    start: int,
    skip_before: int = 4,
    coverage: float = 0.95,
) -> Effect:
    """Say what acting changed: how many cases did not come, and how sure that is.

    The area acted upon is compared with what the areas not acted upon, and its own past, say it
    would have had. Season, trend and shocks shared by the city cancel, also where areas share them
    to different degrees. The interval is as wide as the errors made on areas where nobody acted.

    Parameters
    ----------
    treated
        Counts of the area acted upon, (steps,), oldest first; or of several, (areas, steps), which
        are added up. A step is a week or a day; for days give at least some months, and beware that
        the weekday's pattern must be shared by the areas.
    controls
        Counts of areas not acted upon nor touched by the action (no neighbours into which a problem
        moves), (controls, steps). At least 4; from 20 on the interval is stable.
    start
        The first step with the action, counted from 0. All from there on are judged; cut the arrays
        to judge less.
    skip_before
        Steps just before the start that do not teach what is usual, only what lasts. Action follows
        high counts; a baseline that holds the very high that led to acting expects too much, and
        the fall back to normal (regression to the mean) looks like success. Give at least the steps
        that were looked at when deciding to act. The price: where an area was chosen because it rose
        above its own past, its past was low by chance and the answer leans against the action, the
        more the shorter the history; 0 is then the fairer choice.
    coverage
        Of the intervals, between 0 and 1.

    Returns
    -------
    Effect
        With `enough` False and a `reason` where there are fewer than 8 steps before, fewer than
        4 controls with cases before, fewer than 5 cases expected after, or an interval without end.

    Raises
    ------
    BadInput
        For counts that are not whole numbers from 0, arrays of different length, a start outside.

    Notes
    -----
    False alarms: on simulated areas without effect (Poisson, negative-binomial, zero-inflated,
    drifting, 5 to 200 controls) `p_value` falls below 0.05 in about 0.05 of cases; `placebo_p` is
    exact where the treated area could as well have been any other, and never below
    1 / (controls + 1). An effect that was chosen for being the largest of many is not covered:
    correct for that with `outbreaks.select` over the p-values.

    The counterfactual is kriging across areas with weights that sum to one, and in time; see
    `counterfactual`. It is difference-in-differences where areas share nothing but the level of the
    city, and synthetic control with a ridge where they share more: Arkhangelsky, Athey, Hirshberg,
    Imbens and Wager, "Synthetic Difference-in-Differences", American Economic Review 111 (2021),
    section I; Ben-Michael, Feller and Rothstein, "The Augmented Synthetic Control Method", JASA 116
    (2021), section 3. Placebos: Abadie, Diamond and Hainmueller, "Synthetic Control Methods for
    Comparative Case Studies", JASA 105 (2010), section 3.4. The interval turns the test round
    (Fieller): it holds those effects at which what came is no surprise.

    When to use another: without any area left out of the action, there is no counterfactual here;
    `outbreaks` can only say that the area is lower than its past. To decide beforehand where acting
    pays, draw areas by lot: no method makes up for that.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> season = 1 + 0.4 * np.sin(np.arange(104) / 52 * 2 * np.pi)
    >>> counts = rng.poisson(rng.uniform(20, 60, size=(31, 1)) * season)
    >>> counts[0, 92:] = rng.binomial(counts[0, 92:], 0.7)  # from week 92 on 30% are prevented
    >>> found = measure(counts[0], controls=counts[1:], start=92)
    >>> found.low < -0.3 < found.high < 0
    True
    """
    # a single row or a table; what is neither is refused as a row
    areas = checking.counts(treated, name="treated", ndim=2 if checking.is_table(treated) else 1)
    series = areas if areas.ndim == 1 else areas.sum(axis=0)
    others = checking.counts(controls, name="controls")
    if others.shape[1] != series.size:
        raise BadInput(
            f"controls have {others.shape[1]} steps and treated has {series.size}; "
            "give the same steps of both"
        )
    checking.whole(start, name="start", least=1, most=series.size - 1)
    checking.whole(skip_before, name="skip_before", least=0)
    checking.share(coverage, name="coverage")
    before = start - skip_before
    usable = others[:, : max(before, 0)].sum(axis=1) > 0
    missing = _missing(series, before=before, usable=int(usable.sum()))
    if missing:
        return _unknown(series, start=start, controls=others.shape[0], reason=missing)
    told = tell(np.vstack([series[None], others[usable]]), before=before, start=start)
    return _judged(told, series, start=start, before=before, usable=usable, coverage=coverage)


def _missing(series: Floats, *, before: int, usable: int) -> str:
    """What stands in the way of any answer; empty where nothing does."""
    if before < LEAST_BEFORE:
        return (
            f"{max(before, 0)} steps are left before the start; at least {LEAST_BEFORE} are "
            "needed to know what is usual"
        )
    if usable < LEAST_CONTROLS:
        return (
            f"{usable} controls had any case before the start; at least {LEAST_CONTROLS} are "
            "needed to know what would have come"
        )
    if not series[:before].any():
        return "the treated area had no case before the start, so nothing could be prevented"
    return ""


def _unknown(series: Floats, *, start: int, controls: int, reason: str) -> Effect:
    """Nothing can be said: the widest interval there is, around no effect."""
    came = float(series[start:].sum())
    return Effect(
        relative=0.0, low=-1.0, high=np.inf,
        prevented=0.0, prevented_low=-came, prevented_high=np.inf,
        p_value=1.0, placebo_p=1.0, observed=came, expected=came,
        counterfactual=series.copy(), counterfactual_low=np.zeros(series.size),
        counterfactual_high=np.full(series.size, np.inf), weights=np.zeros(controls),
        placebos=np.zeros(controls), before_score=0.0, enough=False, reason=reason,
    )  # fmt: skip


def _judged(
    told: Told,
    series: Floats,
    *,
    start: int,
    before: int,
    usable: NDArray[np.bool_],
    coverage: float,
) -> Effect:
    seen, expected, own, rest = told.errors(slice(start, None))
    errors = (seen - expected) / np.sqrt(own + rest)
    placebos = errors[1:]
    freedom = placebos.size + MODEL_PLACEBOS - 1
    spread = np.sqrt(((placebos**2).sum() + MODEL_PLACEBOS) / (placebos.size + MODEL_PLACEBOS))
    reach = float(spread * stats.t.ppf(0.5 + coverage / 2, freedom))
    low, high = _ratios(seen[0], expected[0], own=own[0] * reach**2, rest=rest[0] * reach**2)
    level = series[:before].mean()
    half = float(reach * np.sqrt(own[0] + rest[0]) * level)
    came, would = float(series[start:].sum()), float(expected[0] * level)
    path = np.maximum(told.expected[0], 0) * level
    band = (
        reach
        * level
        * np.sqrt(
            told.gap_variance[0] * np.diag(told.error) * np.maximum(told.expected[0], LEAST_SHARE)
        )
    )
    weights, shown = np.zeros(usable.size), np.zeros(usable.size)
    weights[usable], shown[usable] = told.weights, seen[1:] / expected[1:] - 1
    reason = _doubt(would, high)
    return Effect(
        relative=came / would - 1, low=low - 1, high=high - 1,
        prevented=would - came,
        prevented_low=max(would - half, 0.0) - came,
        prevented_high=would + half - came,
        p_value=float(2 * stats.t.sf(abs(errors[0]) / spread, freedom)),
        placebo_p=float((1 + (np.abs(placebos) >= abs(errors[0])).sum()) / (placebos.size + 1)),
        observed=came, expected=would, counterfactual=path,
        counterfactual_low=np.maximum(path - band, 0), counterfactual_high=path + band,
        weights=weights, placebos=shown,
        before_score=_before_score(told, slice(before, start), float(spread)),
        enough=not reason, reason=reason,
    )  # fmt: skip


def _ratios(seen: float, expected: float, *, own: float, rest: float) -> tuple[float, float]:
    """The ratios R at which (seen - R expected)^2 is at most R own + R^2 rest: ends of the interval."""
    square, linear = expected**2 - rest, 2 * seen * expected + own
    root = np.sqrt(max(linear**2 - 4 * square * seen**2, 0.0))
    low = 2 * seen**2 / (linear + root)
    high = (linear + root) / (2 * square) if square > 0 else np.inf
    return float(low), float(high)


def _doubt(expected: float, high: float) -> str:
    """What makes the answer too weak to act upon; empty where nothing does."""
    if expected < LEAST_EXPECTED:
        return (
            f"only {expected:.1f} cases would have come after the start; at least "
            f"{LEAST_EXPECTED:.0f} are needed, so wait or add up areas"
        )
    if not np.isfinite(high):
        return "the areas differ so much that what would have come cannot be bounded; give more controls"
    return ""


def _before_score(told: Told, steps: slice, spread: float) -> float:
    if steps.start == steps.stop:
        return 0.0
    seen, expected, own, rest = told.errors(steps)
    return float((seen[0] - expected[0]) / np.sqrt(own[0] + rest[0]) / spread)
