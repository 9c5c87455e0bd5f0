"""Who goes where: patrol hours to the places where they meet most, with a floor for every area."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xianban.base.errors import BadInput
from xianban.foresight import checking
from xianban.foresight.allocation.rounds import Job
from xianban.foresight.allocation.visits import Answer, best, lacking

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

ENOUGH = 1e-6
"""Hours by which a floor may be missed through rounding alone."""


@dataclass(frozen=True)
class Plan:
    """Who goes where for how long, what that is expected to meet, and what the floor costs."""

    team: Places
    cell: Places
    hours: Floats
    travel_hours: Floats
    """(visits,) each, ordered by team, then worth: who, where, how long on the spot and on the way"""
    expected: Floats
    """(visits,) problems each visit is expected to meet"""
    met: float
    """Problems expected to be met by the whole plan, of `risk.sum()`"""
    met_without_floor: float
    price: float
    """Problems not met because of the floor; 0 without one. Exact to the gaps of both plans."""
    bound: float
    gap: float
    """No plan under the floor meets more than `bound`; this one is within `gap` of it (a share)."""
    areas: NDArray[Any]
    floor: Floats
    area_hours: Floats
    area_met: Floats
    """(areas,) label, hours that were asked for and that it gets, problems expected to be met"""
    used_hours: Floats
    """(teams,) on the spot and on the way"""
    worth_of_hour: Floats
    """(teams,) problems that one hour more of that team would meet, about"""


def assign(
    risk: ArrayLike,
    *,
    teams: int,
    hours: ArrayLike,
    travel: ArrayLike | None = None,
    areas: ArrayLike | None = None,
    fairness: ArrayLike = 0.0,
    visits: Sequence[float] = (0.5, 1.0, 2.0, 4.0),
    half_after_hours: float = 1.0,
    gap: float = 0.005,
) -> Plan:
    """Say which team goes where and for how long, so that most problems are met.

    A team that stays longer in a place meets more of what is there, but ever less for each further
    half hour. Without a floor the calm areas get nothing; with one, every area gets its hours first,
    and the plan says what that costs.

    Parameters
    ----------
    risk
        Problems expected in each cell during the shift, (cells,), from 0; for instance of
        `risk.rank` or `forecasts`.
    teams
        How many teams there are.
    hours
        Hours of each team for places and ways together: one number, or (teams,).
    travel
        Hours on the way for a visit of a team to a cell, (teams, cells): from where the team starts,
        or half the way there and back. None: no time is lost. It is counted for every visit, so give
        a little where a team's visits lie close together.
    areas
        Label of the area of each cell, (cells,). None: each cell is an area.
    fairness
        The floor: least hours on the spot in every area, one number or one for each label in sorted
        order. 0 is no floor.
    visits
        Lengths in hours that a visit may have. A cell has at most one visit.
    half_after_hours
        Hours on the spot after which half of a cell's problems are met; after twice as many three
        quarters, and so on. Learn it from past rounds.
    gap
        How near to the best plan is near enough, as a share, from 0 (exactly the best, which may
        take long) to less than 1.

    Returns
    -------
    Plan
        `gap` in it is what was reached against a proven bound. Beyond 400 possible visits it may stay
        above what was asked (1.7% was seen in a city of 2,000 cells, 4.3% with a floor that binds):
        the search ends after 24 passes, and whole visits need not come near a bound of split ones.

    Raises
    ------
    BadInput
        For negative or missing numbers and shapes that do not fit; and where the hours do not suffice
        for the floor: the sentence says to what share the floor may fall, or by how much the hours
        must rise. Either was tried and makes the plan possible; with many teams it is near the least
        change, not surely the least. Saying so may take half a minute for a city.

    Notes
    -----
    Maximises the sum over visits of risk * (1 - 2 ** (-hours / half_after_hours)), a concave curve
    taken at the lengths in `visits`: the knapsack with diminishing returns of search theory (Koopman,
    "The Theory of Search III", Operations Research 5 (1957)), as a generalised assignment with
    multiple choice (Martello and Toth, "Knapsack Problems" (1990), chapters 3 and 7), solved by HiGHS
    on columns made on demand (Gilmore and Gomory, Operations Research 9 (1961)).

    False alarms: none of its own; a plan is as good as its risks. Hours go where risk is said to be,
    so what is found there comes back as more risk there: keep a floor, and learn risk from requests
    rather than from what patrols find.

    When to use another: it makes no route and no timetable; where the way between visits matters most,
    use a vehicle-routing solver on the cells chosen here. For one team the list sorted by
    `risk / hours` is as good.

    Examples
    --------
    >>> plan = assign([8, 3, 1, 0.5], teams=1, hours=4, areas=["N", "N", "S", "S"], fairness=1)
    >>> [(int(c), float(h)) for c, h in zip(plan.cell, plan.hours)]
    [(0, 2.0), (1, 1.0), (2, 1.0)]
    >>> round(plan.met, 2), round(plan.met_without_floor, 2), round(plan.price, 2)
    (8.0, 8.25, 0.25)
    """
    job, labels, total = _asked(
        risk, teams=teams, hours=hours, travel=travel, areas=areas, fairness=fairness,
        visits=visits, half_after_hours=half_after_hours,
    )  # fmt: skip
    if not (isinstance(gap, (int, float)) and 0 <= gap < 1):
        raise BadInput(f"gap is {gap!r}; it must be from 0 to less than 1")
    found = None if lacking(job) > ENOUGH else best(job, gap=gap)
    if found is None or found.short > ENOUGH:
        raise BadInput(_remedy(job))
    without = found
    if job.floor.any():
        without = best(replace(job, floor=np.zeros_like(job.floor)), gap=gap)
    return _plan(job, found, labels, total=total, without=without)


def _asked(
    risk: ArrayLike, *, teams: int, hours: ArrayLike, travel: ArrayLike | None,
    areas: ArrayLike | None, fairness: ArrayLike, visits: Sequence[float], half_after_hours: float,
) -> tuple[Job, NDArray[Any], float]:  # fmt: skip
    """What is asked, checked; the labels of areas; and all expected problems, the unit of worth."""
    risks = _from_zero(risk, name="risk", ndim=1)
    checking.whole(teams, name="teams", least=1)
    lengths = np.unique(_from_zero(visits, name="visits", ndim=1))
    half = _from_zero(half_after_hours, name="half_after_hours", ndim=0)
    if lengths[0] == 0 or half == 0:
        raise BadInput("visits and half_after_hours must be more than 0; give hours")
    marks = np.arange(risks.size) if areas is None else np.asarray(areas)
    if marks.shape != risks.shape:
        raise BadInput(f"areas are {marks.size} for {risks.size} cells; give one label for each")
    lacking_label = [mark is None or mark != mark for mark in marks.tolist()]
    if any(lacking_label):
        raise BadInput(f"areas has no label at [{lacking_label.index(True)}]; give every cell one")
    try:
        labels, area = np.unique(marks, return_inverse=True)
    except TypeError as reason:
        raise BadInput("areas mixes kinds of labels; give text alone or numbers alone") from reason
    floor = _spread(fairness, name="fairness", size=labels.size, of="areas")
    ways = np.zeros((teams, risks.size))
    if travel is not None:
        ways = _from_zero(travel, name="travel", ndim=2)
        if ways.shape != (teams, risks.size):
            raise BadInput(
                f"travel is {ways.shape[0]} by {ways.shape[1]} for {teams} teams and "
                f"{risks.size} cells; give one row for each team and one column for each cell"
            )
    most = np.bincount(area) * lengths[-1]
    if (floor > most + ENOUGH).any():
        at = int((floor - most).argmax())
        raise BadInput(
            f"area {labels[at]} has room for {most[at]:g} hours in visits of at most {lengths[-1]:g}, "
            f"and its floor is {floor[at]:g}; lower the floor or allow longer visits"
        )
    total = float(risks.sum()) or 1.0
    worth = risks[:, None] / total * (1 - 2.0 ** (-lengths / half))
    job = Job(
        worth, lengths, ways, _spread(hours, name="hours", size=teams, of="teams"), area, floor
    )
    return job, labels, total


def _from_zero(values: ArrayLike, *, name: str, ndim: int) -> Floats:
    array = checking.numbers(values, name=name, ndim=None if ndim == 0 else ndim)
    if (array < 0).any():
        raise BadInput(f"{name} has {array.min():g}; it must be 0 or more everywhere")
    return array


def _spread(values: ArrayLike, *, name: str, size: int, of: str) -> Floats:
    """One number for all, or one for each."""
    array = _from_zero(values, name=name, ndim=0).reshape(-1)
    if array.size not in (1, size):
        raise BadInput(f"{name} are {array.size} for {size} {of}; give one number or one for each")
    return np.array(np.broadcast_to(array, size), dtype=np.float64)


def _plan(job: Job, found: Answer, labels: NDArray[Any], *, total: float, without: Answer) -> Plan:
    worth = job.worth[found.cell, found.length] * total
    order = np.lexsort((-worth, found.team))
    team, cell, length = found.team[order], found.cell[order], found.length[order]
    hours, way, worth = job.lengths[length], job.travel[team, cell], worth[order]
    met, count = found.worth * total, labels.size
    # a plan under a floor is also one without: both gaps can make it come out better by a hair
    free = max(without.worth * total, met)
    return Plan(
        team=team, cell=cell, hours=hours, travel_hours=way, expected=worth,
        met=met, met_without_floor=free, price=free - met,
        bound=found.bound * total, gap=1 - found.worth / found.bound if found.bound > 0 else 0.0,
        areas=labels, floor=job.floor,
        area_hours=_totals(job.area[cell], hours, count),
        area_met=_totals(job.area[cell], worth, count),
        used_hours=_totals(team, hours + way, job.hours.size),
        worth_of_hour=found.hour_worth * total,
    )  # fmt: skip


def _totals(of: Places, amounts: Floats, size: int) -> Floats:
    return np.bincount(of, amounts, size).astype(np.float64)


def _remedy(job: Job) -> str:
    """By how much the floor must fall or the hours must rise; each is tried before it is said."""
    idle = replace(job, worth=np.zeros_like(job.worth))

    def lowered(share: int) -> Job:
        return replace(idle, floor=job.floor * share / 100)

    def raised(rise: int) -> Job:
        return replace(idle, hours=job.hours * (100 + rise) / 100)

    less, rise = _least(lambda off: lowered(100 - off), most=100), _least(raised, most=100_000)
    return (
        f"the floor asks for {job.floor.sum():g} hours in {int((job.floor > 0).sum())} areas, and no "
        f"plan was found by which {job.hours.sum():g} hours of {job.hours.size} teams, ways included, "
        f"give them; lower it to "
        f"{100 - less}% of that, or raise the hours by {rise}%"
    )


def _least(changed: Callable[[int], Job], *, most: int) -> int:
    """A change in percent that makes the floor possible, near the least; it is tried.

    Split visits say from where on it may be possible, quickly; from there whole ones try.
    """
    low, high = 0, 1
    while high < most and lacking(changed(high)) > ENOUGH:
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if lacking(changed(middle)) > ENOUGH else (low, middle)

    def fails(percent: int) -> bool:
        return best(changed(percent), gap=0.0, thorough=False).short > ENOUGH

    step, low = 1, high - 1
    while high < most and fails(high):
        low, high, step = high, min(high + step, most), 2 * step
    while high - low > max(1, step // 8):
        middle = (low + high) // 2
        low, high = (middle, high) if fails(middle) else (low, middle)
    return high
