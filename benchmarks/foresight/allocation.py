"""Who goes where: a city of 2,000 cells and 40 teams, beside adding the best visit again and again."""

import time

import numpy as np

from benchmarks.report import Row
from xianban.foresight import allocation

CELLS, TEAMS, HOURS, FLOOR = 2_000, 40, 8.0, 2.0
LENGTHS = np.array([0.5, 1.0, 2.0, 4.0])


def run() -> list[Row]:
    rng = np.random.default_rng(1)
    xy, base = rng.uniform(0, 20, (CELLS, 2)), rng.uniform(0, 20, (TEAMS, 2))
    travel = np.hypot(*(base[:, None] - xy).transpose(2, 0, 1)) / 25  # 20 km square at 25 km/h
    risk = rng.gamma(0.5, 1, CELLS)
    areas = (xy // 2).astype(int) @ [10, 1]  # 100 areas
    allocation.assign(risk[:20], teams=2, hours=HOURS)
    rows = []
    for name, floor in (("no floor", 0.0), (f"{FLOOR:g} h in each of 100 areas", FLOOR)):
        tick, begun = time.perf_counter(), time.process_time()
        plan = allocation.assign(
            risk, teams=TEAMS, hours=HOURS, travel=travel, areas=areas, fairness=floor
        )
        seconds, wall = time.process_time() - begun, time.perf_counter() - tick
        tried = greedy(risk, travel, areas, floor)
        note = f"within {plan.gap:.1%} of a proven bound"
        if floor:
            note += f"; the floor costs {plan.price:.1f} of {plan.met_without_floor:.1f}"
        rows += [
            Row(f"patrols, {name}: problems met", plan.met, "", tried, plan.met / tried,
                "more than greedy", plan.met > tried, note),
            Row(f"patrols, {name}: time", seconds, "s CPU", None, None, "seconds: at most 10",
                seconds <= 10, f"{wall:.1f} s by the clock"),
        ]  # fmt: skip
    return rows


def greedy(risk: np.ndarray, travel: np.ndarray, areas: np.ndarray, floor: float) -> float:
    """Problems met by the new or longer visit that adds most an hour, again and again; floors first."""
    good = risk[:, None] * (1 - 2.0**-LENGTHS)
    needs = travel[:, :, None] + LENGTHS
    left, short = np.full(TEAMS, HOURS), np.full(areas.max() + 1, floor)
    density = good / needs
    owner, form = np.full(CELLS, -1), np.full(CELLS, -1)
    more_good = np.diff(good, axis=1, append=np.nan)
    more_hours = np.diff(LENGTHS, append=np.nan)
    while True:
        new = (needs <= left[:, None, None]) & (owner < 0)[None, :, None]
        longer = (owner >= 0) & (form < LENGTHS.size - 1)
        longer &= more_hours[form] <= left[owner]
        if (wanted := short[areas] > 0).any() and (
            (new & wanted[None, :, None]).any() or (longer & wanted).any()
        ):
            new, longer = new & wanted[None, :, None], longer & wanted
        if not new.any() and not longer.any():
            return float(good[owner >= 0, form[owner >= 0]].sum())
        start = np.where(new, density, -1.0)
        stay = np.where(longer, more_good[np.arange(CELLS), form] / more_hours[form], -1.0)
        if stay.max() >= start.max():
            cell = int(stay.argmax())
            left[owner[cell]] -= more_hours[form[cell]]
            short[areas[cell]] -= more_hours[form[cell]]
            form[cell] += 1
        else:
            team, cell, length = np.unravel_index(start.argmax(), start.shape)
            owner[cell], form[cell] = team, length
            left[team] -= needs[team, cell, length]
            short[areas[cell]] -= LENGTHS[length]
