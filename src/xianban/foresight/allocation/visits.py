"""The best list of visits, by linear programming with columns made on demand, then whole numbers.

A visit is a team, a cell and a length out of a few. There may be hundreds of thousands; the linear
programme starts with a few for each cell and takes in those that its own prices call for until there
are none, so that its optimum bounds every plan there could be (Gilmore and Gomory 1961). As only
about one visit in each team comes out split, whole visits lose little against that bound: small jobs
are solved by branching, large ones team by team (`rounds`), and the gap says how near that came.
"""

from dataclasses import dataclass, replace

import highspy
import numpy as np
from numpy.typing import NDArray

from xianban.base.errors import BrokenPromise
from xianban.foresight.allocation.rounds import SHORT, Job, improved, short

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

FIRST_TEAMS = 3
"""Teams for which each cell's visits are there from the start."""
ALL_AT_ONCE = 400
"""With as many visits or fewer, all are there from the start."""
TOGETHER = 3_000
"""So many of the visits that prices favour are weighed where planning team by team falls short."""
NODES = 500
"""Branches tried before what was found is taken."""
WHOLE = 1e-6
ROUNDS = 60


@dataclass(frozen=True)
class Answer:
    team: Places
    cell: Places
    length: Places
    """(visits,) each"""
    worth: float
    bound: float
    """No plan is worth more."""
    short: float
    """Hours missing to the floors, in all."""
    hour_worth: Floats
    """(teams,) what one hour more would be worth, by the linear programme's prices"""


@dataclass(frozen=True)
class Relaxed:
    """The best plan if visits could be split: what bounds every plan of whole ones."""

    columns: Places
    values: Floats
    cost: float
    prices: Floats
    fits: NDArray[np.bool_]
    """(teams, cells, lengths): visits that the team's hours allow at all"""
    gain: Floats
    """The same shape: worth beyond the prices"""


def relaxed(job: Job) -> Relaxed:
    """Solve with split visits, taking in visits until the prices call for no more."""
    shape = (job.hours.size, job.area.size, job.lengths.size)
    needs = job.travel[:, :, None] + job.lengths
    fits = needs <= job.hours[:, None, None] + 1e-9
    chosen = fits.copy() if fits.sum() <= ALL_AT_ONCE else fits & _first(job)[:, :, None]
    for _ in range(ROUNDS):
        columns = np.flatnonzero(chosen)
        values, cost, prices = _solved(job, columns, shape)
        gain = np.where(fits, _gain(job, needs, prices), -np.inf)
        missing = ~chosen & (gain > 1e-9)
        if not missing.any():
            return Relaxed(columns, values[: columns.size], cost, prices, fits, gain)
        chosen |= missing & (
            gain >= gain.max(axis=0, keepdims=True, where=missing, initial=-np.inf) - 1e-12
        )
    raise BrokenPromise("the list of visits kept growing, which finite prices do not allow")


def lacking(job: Job) -> float:
    """Hours that are missing to the floors even if visits could be split."""
    return relaxed(replace(job, worth=np.zeros_like(job.worth))).cost / SHORT


def best(job: Job, *, gap: float, thorough: bool = True) -> Answer:
    """The visits worth most, within `gap` (relative) of the best where that is reached.

    Not `thorough`: where planning team by team falls short of a floor, leave it at that.
    """
    shape = (job.hours.size, job.area.size, job.lengths.size)
    split = relaxed(job)
    columns, values, prices = split.columns, split.values, split.prices
    bound = -split.cost
    taken = columns[values > 1 - WHOLE]
    if (np.abs(values - np.round(values)) > WHOLE).any():
        if thorough and split.fits.sum() <= ALL_AT_ONCE:
            taken, proven = _whole(job, columns, shape, gap=gap)
            bound = min(bound, proven)
        else:
            gain = split.gain
            taken = improved(job, taken, gain=gain, prices=prices, enough=bound * (1 - gap))
            if thorough and short(job, taken) > WHOLE:  # rare: team by team got stuck below a floor
                favoured = np.union1d(np.argsort(-gain, axis=None)[:TOGETHER], taken)
                taken, _ = _whole(job, favoured, shape, gap=gap)
    team, cell, length = np.unravel_index(taken, shape)
    worth = float(job.worth[cell, length].sum())
    hour_worth = -prices[job.area.size : job.area.size + job.hours.size]
    return Answer(
        team, cell, length, worth, max(bound, worth), short(job, taken), np.maximum(hour_worth, 0.0)
    )


def _whole(
    job: Job, columns: Places, shape: tuple[int, ...], *, gap: float
) -> tuple[Places, float]:
    """The whole visits worth most among those given, and what no others among them exceed."""
    values, least, _ = _solved(job, columns, shape, gap=gap)
    return columns[values[: columns.size] > 0.5], -least


def _first(job: Job) -> NDArray[np.bool_]:
    """(teams, cells): the nearest few teams of each cell; equally near ones take turns."""
    teams, cells = job.travel.shape
    turn = (np.arange(teams)[:, None] - np.arange(cells)) % teams
    order = np.lexsort((turn, job.travel), axis=0)
    chosen = np.zeros((teams, cells), dtype=bool)
    np.put_along_axis(chosen, order[:FIRST_TEAMS], True, axis=0)
    return chosen


def _gain(job: Job, needs: Floats, prices: Floats) -> Floats:
    """(teams, cells, lengths): what a visit is worth beyond the prices of what it takes."""
    cells, teams = job.area.size, job.hours.size
    of_cell, of_team = prices[:cells], prices[cells : cells + teams]
    of_floor = prices[cells + teams :][job.area]
    on_spot = job.worth + of_cell[:, None] + of_floor[:, None] * job.lengths
    return np.asarray(on_spot + of_team[:, None, None] * needs)


class _Quiet(highspy.Highs):
    """A solver without callbacks: registering them prints a banner on standard output."""

    def enableCallbacks(self) -> None:  # noqa: N802 - the library's name
        pass


def _solved(
    job: Job,
    columns: Places,
    shape: tuple[int, ...],
    *,
    gap: float | None = None,
) -> tuple[Floats, float, Floats]:
    """Values, least cost and row prices; with a gap, of whole visits, and the cost that is proven.

    Rows: each cell at most one visit; each team its hours; each area its floor, less what is short.
    """
    team, cell, length = np.unravel_index(columns, shape)
    cells, teams, areas = job.area.size, job.hours.size, job.floor.size
    spot = job.lengths[length]
    count, floored = columns.size, np.flatnonzero(job.floor > 0)
    if not count + floored.size:  # no visit fits into anybody's hours: the plan is to stay
        return np.zeros(0), 0.0, np.zeros(cells + teams + areas)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = count + floored.size, cells + teams + areas
    lp.col_cost_ = np.concatenate([-job.worth[cell, length], np.full(floored.size, SHORT)])
    lp.col_lower_ = np.zeros(lp.num_col_)
    lp.col_upper_ = np.concatenate([np.ones(count), job.floor[floored]])
    lp.row_lower_ = np.concatenate([np.full(cells + teams, -highspy.kHighsInf), job.floor])
    lp.row_upper_ = np.concatenate([np.ones(cells), job.hours, np.full(areas, highspy.kHighsInf)])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.append(np.arange(count) * 3, count * 3 + np.arange(floored.size + 1))
    rows = np.stack([cell, cells + team, cells + teams + job.area[cell]], axis=1).ravel()
    amounts = np.stack([np.ones(count), spot + job.travel[team, cell], spot], axis=1).ravel()
    lp.a_matrix_.index_ = np.concatenate([rows, cells + teams + floored]).astype(np.int32)
    lp.a_matrix_.value_ = np.concatenate([amounts, np.ones(floored.size)])
    if gap is not None:
        kinds = [highspy.HighsVarType.kInteger] * count
        lp.integrality_ = kinds + [highspy.HighsVarType.kContinuous] * floored.size
    solver = _Quiet()
    solver.silent()
    options: dict[str, float] = {"threads": 1, "random_seed": 0}
    if gap is not None:
        options |= {"mip_rel_gap": gap, "mip_max_nodes": NODES}
    for option, value in options.items():
        solver.setOptionValue(option, value)
    solver.passModel(lp)
    solver.run()
    solution, info = solver.getSolution(), solver.getInfo()
    if not solution.value_valid:
        raise BrokenPromise(
            f"the solver ended with {solver.modelStatusToString(solver.getModelStatus())}; "
            "a plan without any visit is always possible"
        )
    if gap is not None:
        return np.array(solution.col_value), info.mip_dual_bound, np.zeros(0)
    return np.array(solution.col_value), info.objective_function_value, np.array(solution.row_dual)
