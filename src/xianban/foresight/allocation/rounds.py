"""Whole visits for many teams: each team's round is planned anew, exactly, until the plan is good.

One team's best round among the cells that no other team visits is a knapsack of which each cell gives
at most one item (multiple choice; Martello and Toth 1990, section 3.9 gives the recursion). The first
pass pays the linear programme's prices for cells, so that a team leaves to others what is worth more
to them (a Lagrangian heuristic); later passes pay what is true.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

SHORT = 1000.0
"""Cost of an hour missing to a floor, where all problems together are worth 1: never worth it."""
STEPS_PER_HOUR = 60
"""A round is planned in minutes; what takes a part of one is taken for a whole."""
OFFERED = 60
"""Cells offered to a team in one round."""
PASSES = 24
HARDER = 1.6
"""From pass to pass an hour missing to a floor weighs so much more, beginning with its price, so that
the team that fills it cheapest comes first; in the last pass of an episode it weighs all there is."""
EPISODE = 6


@dataclass(frozen=True)
class Job:
    """What is asked: worth and hours of each length of visit, and who has how many hours."""

    worth: Floats
    """(cells, lengths), all together about 1"""
    lengths: Floats
    """(lengths,) hours on the spot"""
    travel: Floats
    """(teams, cells) hours on the way, for each visit"""
    hours: Floats
    """(teams,)"""
    area: Places
    """(cells,) from 0"""
    floor: Floats
    """(areas,) hours on the spot, at least"""


def short(job: Job, taken: Places) -> float:
    """Hours missing to the floors, in all."""
    return float(np.maximum(_missing(job, taken), 0).sum())


def _missing(job: Job, taken: Places) -> Floats:
    _, cell, length = _visits(job, taken)
    on_spot = np.bincount(job.area[cell], job.lengths[length], job.floor.size)
    return np.asarray(job.floor - on_spot)


def _visits(job: Job, taken: Places) -> tuple[Places, Places, Places]:
    shape = (job.hours.size, job.area.size, job.lengths.size)
    team, cell, length = np.unravel_index(taken, shape)
    return team.astype(np.int64), cell.astype(np.int64), length.astype(np.int64)


def _value(job: Job, taken: Places) -> float:
    _, cell, length = _visits(job, taken)
    return float(job.worth[cell, length].sum()) - SHORT * short(job, taken)


def improved(job: Job, taken: Places, *, gain: Floats, prices: Floats, enough: float) -> Places:
    """A plan worth `enough`, or the best of some passes over the teams in changing order.

    `taken` are visits (positions in teams x cells x lengths) that are good to begin with; `gain` what
    each visit is worth beyond its prices, -inf where it does not fit; `prices` of the rows.
    """
    rng = np.random.default_rng(0)
    best, most = taken, _value(job, taken)
    if most >= enough - 1e-9:
        return best
    cells, floors = prices[: job.area.size], prices[job.area.size + job.hours.size :]
    typical = float(job.worth.max()) / float(job.lengths[0])
    for turn in range(PASSES):
        step = turn % EPISODE
        paid = cells * (1 - step / 2 if step < 2 else 0.0) * rng.uniform(0.5, 1.0)
        weight = np.minimum((floors + 0.05 * typical) * HARDER**step, SHORT)
        if step == EPISODE - 1:
            weight = np.full_like(floors, SHORT)
        for team in rng.permutation(job.hours.size):
            taken = _again(job, taken, int(team), gain=gain[team], paid=paid, weight=weight)
        if (value := _value(job, taken)) > most:
            best, most = taken, value
        if most >= enough - 1e-9:
            break
    return best


def _again(
    job: Job, taken: Places, team: int, *, gain: Floats, paid: Floats, weight: Floats
) -> Places:
    """The same plan with one team's round chosen anew among the cells that no other visits."""
    whose, cell, _ = _visits(job, taken)
    others = taken[whose != team]
    missing = np.maximum(_missing(job, others), 0)
    best_gain = gain.max(axis=1).copy()
    best_gain[cell[whose != team]] = -np.inf
    order = np.argsort(-best_gain, kind="stable")
    needed = _needed(job, order[np.isfinite(best_gain[order])], missing)
    offered = np.union1d(order[:OFFERED], needed)
    offered = offered[np.isfinite(best_gain[offered])]
    values = job.worth[offered] + paid[offered, None]
    needs = np.isin(offered, needed)
    filled = np.minimum(job.lengths, missing[job.area[offered], None])
    values = values + weight[job.area[offered], None] * np.where(needs[:, None], filled, 0.0)
    takes = np.ceil((job.travel[team, offered, None] + job.lengths) * STEPS_PER_HOUR - 1e-6)
    room = int(np.floor(job.hours[team] * STEPS_PER_HOUR + 1e-6))
    items, lengths = knapsack(values, takes.astype(np.int64), room)
    round_of_team = (team * job.area.size + offered[items]) * job.lengths.size + lengths
    return np.concatenate([others, round_of_team])


def _needed(job: Job, order: Places, missing: Floats) -> Places:
    """The best cells of each area that is below its floor, as many as it takes to fill it."""
    wanted = np.ceil(missing / job.lengths[-1] - 1e-9)
    of_area = job.area[order]
    found = [order[of_area == area][: int(wanted[area])] for area in np.flatnonzero(wanted)]
    return np.concatenate([np.zeros(0, dtype=np.int64), *found])


def knapsack(values: Floats, takes: Places, room: int) -> tuple[Places, Places]:
    """Which item, in which of its forms, is worth most within the room: (chosen,) each.

    `values` and `takes` are (items, forms); of each item one form at most.
    """
    best = np.zeros(room + 1)
    form = np.full((values.shape[0], room + 1), -1, dtype=np.int64)
    for item in range(values.shape[0]):
        before = best.copy()
        for kind in range(values.shape[1]):
            size, value = takes[item, kind], values[item, kind]
            if size > room or value <= 0:
                continue
            better = before[: room + 1 - size] + value > best[size:]
            best[size:][better] = (before[: room + 1 - size] + value)[better]
            form[item, size:][better] = kind
    chosen, left = [], room
    for item in range(values.shape[0] - 1, -1, -1):
        if (kind := form[item, left]) >= 0:
            chosen.append((item, kind))
            left -= takes[item, kind]
    found = np.array(chosen, dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]
