"""Where to look next week: the chance of at least one event per place and matter."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .history import GROUPS, Floats, columns_of
from .places import beside
from .reading import Past, read, read_assets
from .regression import Fit, regress

LEAST_WEEKS = 12
LEAST_EVENTS = 50
WARM_UP_WEEKS = 4
MOST_ROWS = 400_000
CHECK_WEEKS = 8
BINS = np.array([0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0])


@dataclass(frozen=True)
class Check:
    """How chances given the same way for past weeks, from before them, came true.

    `weeks` of the past were kept out (0: there was too little to check). By bins of the chance:
    `said` the mean chance, `came` the share that came true, `number` how many chances. `brier` is
    their mean squared error, `brier_average` that of saying each matter's average everywhere.
    """

    weeks: int
    said: Floats
    came: Floats
    number: NDArray[np.intp]
    brier: float
    brier_average: float


@dataclass(frozen=True)
class Risk:
    """Chances per (cell, matter) for the days after `until`, with their reasons.

    `probability` in [0, 1]; `rank` 1 is the likeliest, ties in the order of cells; `expected` the
    rate behind it, -log(1 - probability). `reasons` (cell, matter, group): how much each of
    `groups` moves the log rate from the average row of the past; `base` plus their sum is the log
    rate, so exp(reason) is a factor. `finding` is empty, or says in a sentence that there was too
    little data and what is given instead.
    """

    cells: tuple[Hashable, ...]
    matters: tuple[Hashable, ...]
    probability: Floats
    rank: NDArray[np.intp]
    expected: Floats
    groups: tuple[str, ...]
    reasons: Floats
    base: float
    first_day: np.datetime64
    last_day: np.datetime64
    check: Check
    finding: str

    def top(self, count: int = 10) -> list[tuple[Hashable, Hashable, float]]:
        """The likeliest (cell, matter, probability), likeliest first."""
        order = np.argsort(self.rank, axis=None)[:count]
        rows, columns = np.unravel_index(order, self.rank.shape)
        return [
            (self.cells[row], self.matters[column], float(self.probability[row, column]))
            for row, column in zip(rows, columns, strict=True)
        ]


def rank(
    events: ArrayLike,
    *,
    cells: Any,
    when: ArrayLike,
    matters: Any = None,
    xy: ArrayLike | None = None,
    neighbours: ArrayLike | None = None,
    assets: ArrayLike | None = None,
    since: Any = None,
    until: Any = None,
    days: int = 7,
) -> Risk:
    """Say where and about what at least one problem is likely next week, for those who patrol.

    It ranks places and things, never people: `cells` are streets, grid cells, lifts or bins.

    Parameters
    ----------
    events
        (events,): the cell of each past event, one of `cells`, in any order.
    cells
        The labels of all places, each once, those where nothing happened too; or a whole number n,
        for places 0 to n - 1.
    when
        (events,): the date of each event.
    matters
        (events,): what each was about. None: one matter, named "all".
    xy
        (cells, 2): coordinates in one unit of length (metres; not degrees far from the equator);
        the six nearest are a place's neighbours.
    neighbours
        Instead of `xy`: a 0/1 table (cells, cells), or pairs of positions in `cells`.
    assets
        (cells, k): what stands there, as numbers (bins, stalls, age of pipes).
    since, until
        The first and the last day of the past, ends included; the first and the last event's if
        None. Give `until`: a quiet last week is news too. Events outside are left out.
    days
        How many days a "week" has, 1 to 92; the chances are for the `days` after `until`.

    Returns
    -------
    Risk
        `probability` and `rank` (cells, matters), `reasons`, and `check`: how such chances came
        true in the last 8 weeks, when given from before them.

    Raises
    ------
    BadInput
        Where lengths differ, a cell is unknown, a date is missing or numbers are not finite. Fewer
        than 12 weeks or 50 events is no error: `finding` says so, and plain rates, drawn to the
        average of their matter, are given.

    How
    ---
    The past is cut into weeks that end on `until`. For each week, cell and matter the rate of
    earlier weeks (fading with half-lives of 3 and 13 weeks, and not at all), the place's other
    matters, its neighbours, the city's last weeks and the time of year, and assets predict whether
    at least one event came: chance = 1 - exp(-rate), log rate linear, small ridge. Self-exciting
    and near-repeat patterns enter by the fading rates. Source: Mohler et al. (2015), Randomized
    controlled field trials of predictive policing, JASA 110, 1399-1411, for fading rates per cell
    (here for places, without persons); McCullagh & Nelder (1989), Generalized linear models,
    section 4.3, for the complementary log-log link.

    False alarms: a chance of .3 comes true in about 3 of 10, on Poisson, negative-binomial,
    mostly-zero and seasonal noise; `check` shows it for your own data. Looking more where the
    chance is high finds more there: feed only events that residents reported or that every place
    had the same chance to show, or the ranking comes to follow its own patrols.

    For how many to expect, day by day with intervals, use `forecasts.fit`; for places with more
    than usual now, `clusters.scan`; for who goes where, `allocation.assign`.

    >>> import numpy as np
    >>> from xianban.foresight import risk
    >>> rng = np.random.default_rng(2)
    >>> usual = np.array([0.02, 0.02, 0.02, 0.4])  # a day
    >>> day, cell = np.nonzero(rng.random((200, 4)) < usual)
    >>> found = risk.rank(cell, cells=4, when=np.datetime64("2026-01-01") + day,
    ...                   since="2026-01-01", until="2026-07-19")
    >>> found.top(1)[0][0], bool(found.probability[3, 0] > 0.8)
    (3, True)
    """
    past = read(
        events, cells=cells, when=when, matters=matters, since=since, until=until, days=days
    )
    counts = past.counts
    links = beside(xy=xy, neighbours=neighbours, cells=counts.shape[1])
    things = read_assets(assets, cells=counts.shape[1])
    finding = _too_little(counts)
    if finding:
        return _plain(past, finding)
    weeks = _weeks(counts)
    learnt = counts[weeks[:-1]]
    columns = columns_of(counts, weeks=weeks, ends=past.ends, beside=links, assets=things)
    values = columns.values
    fit = _fit(values[:-1], learnt)
    parts = fit.parts(values[-1])
    reasons = np.stack(
        [parts[..., columns.group == group].sum(axis=-1) for group in range(len(GROUPS))], axis=-1
    )
    return _answer(
        past,
        probability=fit.chance(values[-1]),
        reasons=reasons,
        base=fit.base,
        check=_check(values[:-1], learnt),
        finding="",
    )


def _too_little(counts: Floats) -> str:
    weeks, number = len(counts), int(counts.sum())
    if weeks >= LEAST_WEEKS and number >= LEAST_EVENTS:
        return ""
    return (
        f"{number} events in {weeks} weeks are too few to learn from "
        f"({LEAST_EVENTS} in {LEAST_WEEKS} are needed); these are plain rates"
    )


def _weeks(counts: Floats) -> NDArray[np.intp]:
    """The weeks that are learnt from, and the one to come.

    Where all are too many for memory: the newest, and some of the older ones from the whole span,
    since a season cannot be learnt from one part of the year.
    """
    every = np.arange(WARM_UP_WEEKS, len(counts) + 1)
    most = max(2 * LEAST_WEEKS, MOST_ROWS // (counts.shape[1] * counts.shape[2]))
    if len(every) <= most:
        return every
    newest = CHECK_WEEKS + 2
    older = np.linspace(0, len(every) - newest - 1, most - newest).astype(np.intp)
    return np.concatenate([every[older], every[-newest:]])


def _fit(values: Floats, counts: Floats) -> Fit:
    return regress(values.reshape(-1, values.shape[-1]), counts.reshape(-1) > 0)


def _check(values: Floats, counts: Floats) -> Check:
    """Learn from what was before the last weeks, and see how it fares in them."""
    kept = min(CHECK_WEEKS, len(counts) // 3)
    before = counts[:-kept]
    if not 0 < (before > 0).mean() < 1:
        nothing = np.zeros(0)
        return Check(0, nothing, nothing, np.zeros(0, np.intp), 0.0, 0.0)
    chance = _fit(values[:-kept], before).chance(values[-kept:])
    came = counts[-kept:] > 0
    average = (before > 0).mean(axis=(0, 1))
    place = np.clip(np.digitize(chance.ravel(), BINS) - 1, 0, len(BINS) - 2)
    number = np.bincount(place, minlength=len(BINS) - 1)
    full = number > 0
    said = np.bincount(place, chance.ravel(), minlength=len(BINS) - 1)[full] / number[full]
    share = np.bincount(place, came.ravel(), minlength=len(BINS) - 1)[full] / number[full]
    return Check(
        weeks=kept,
        said=said,
        came=share,
        number=number[full],
        brier=float(((chance - came) ** 2).mean()),
        brier_average=float(((average - came) ** 2).mean()),
    )


def _plain(past: Past, finding: str) -> Risk:
    """A rate per place and matter, drawn to its matter's average as if that had 4 weeks."""
    weeks = len(past.counts)
    average = (past.counts.sum(axis=(0, 1)) + 0.5) / (weeks * past.counts.shape[1] + 1)
    rate = (past.counts.sum(axis=0) + 4 * average) / (weeks + 4)
    base = float(np.log(average.mean()))
    reasons = np.zeros((*rate.shape, len(GROUPS)))
    reasons[..., 0] = np.log(average) - base
    reasons[..., 1] = np.log(rate) - np.log(average)
    nothing = np.zeros(0)
    check = Check(0, nothing, nothing, np.zeros(0, np.intp), 0.0, 0.0)
    return _answer(
        past, probability=-np.expm1(-rate), reasons=reasons, base=base, check=check, finding=finding
    )


def _answer(
    past: Past, *, probability: Floats, reasons: Floats, base: float, check: Check, finding: str
) -> Risk:
    order = np.argsort(-probability, axis=None, kind="stable")
    place = np.empty(order.size, dtype=np.intp)
    place[order] = np.arange(1, order.size + 1)
    return Risk(
        cells=past.cells,
        matters=past.matters,
        probability=probability,
        rank=place.reshape(probability.shape),
        expected=np.exp(base + reasons.sum(axis=-1)),
        groups=GROUPS,
        reasons=reasons,
        base=base,
        first_day=past.until + 1,
        last_day=past.until + past.days,
        check=check,
        finding=finding,
    )
