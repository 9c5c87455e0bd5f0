"""Orders in a city of known truth: what each changed, and what the product says that it changed.

What an order changed is what comes in its registered areas, about its matter and in its window, in the
city where it was carried out, against the same city, with the same problems, where it was not. Both are
lived many times from the evening on which it was carried out, with all that chance decides (who complains,
which visit meets the cause) drawn anew; the truth is the ratio of the means.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from xianban.city.api import Prevention
from xianban.prevention.api import Past, measured
from xianban.simulate.bulk.ground import Floats, Ints
from xianban.simulate.bulk.works import MENDED
from xianban.simulate.effects.heard import Heard, codes
from xianban.simulate.effects.lived import WARM_UP, City
from xianban.simulate.effects.placing import LATE, Placed, placed_on

HISTORY = 728  # days of recorded past before the first order
EVERY, EVENINGS = 70, 5  # days from one evening of orders to the next
WAITS = (2, 11)  # days until they are carried out, at least and below
WEEKS = Prevention().effect_weeks
LIVES = 8  # times that the city is lived on, with the orders and without
NOTHING, HALF, WORK = "nothing", "half", "work"
"""What was done: nothing; by hand, every second voice taken away; what an order does."""
NONE = np.zeros(0, np.int64)
KEPT = ("enough", "reason", "relative", "low", "high", "prevented", "prevented_low", "prevented_high",
        "p_value", "observed", "expected", "before_score", "controls")  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """An order, what it changed in truth, and what was measured.

    `without` is the mean of what comes without it, `truth` the relative change of that mean with
    `error`, its standard error from living only so often, and `mended` how many causes it found.
    """

    seed: int
    placed: Placed
    done: str
    mended: int
    without: float
    truth: float
    error: float
    result: dict[str, Any]


def measured_orders(
    *, seed: int, people: int, progress: Callable[[int, int], Any] = lambda done, of: None
) -> list[Measured]:
    """All orders of one city, evening by evening."""
    city = City(people=people, seed=seed, days=HISTORY + EVERY * EVENINGS + WAITS[1] + 7 * WEEKS)
    heard = Heard(city.world)
    _let_live(city, heard, WARM_UP + HISTORY)
    found: list[Measured] = []
    for evening in range(EVENINGS):
        rng = np.random.default_rng([seed, 7, evening])
        found += _of_an_evening(city.copy(), heard.copy(), rng, seed)
        progress(evening + 1, EVENINGS)
        _let_live(city, heard, EVERY)
    return found


def _let_live(city: City, heard: Heard, days: int) -> None:
    for day, said in city.live(days):
        if day >= 0:
            heard.hear(day, said)


def _of_an_evening(city: City, heard: Heard, rng: np.random.Generator, seed: int) -> list[Measured]:  # fmt: skip
    """Orders placed this evening, carried out some days later, and measured when their window is over."""
    chosen = placed_on(heard.past(city.day), rng)
    _let_live(city, heard, int(rng.integers(*WAITS)))
    acts = _acts(city, heard, [one for one, _ in chosen], rng)
    causes = np.unique(np.concatenate([NONE, *acts.values()]))
    starts = city.world.date(city.day + 1)
    without, with_them = _lives(city, heard, NONE), _lives(city, heard, causes)
    idle, worked = _seen(city, heard, NONE), _seen(city, heard, causes)
    found = []
    for n, (one, plan) in enumerate(chosen):
        cells = _cells(heard, one)
        before, after = without[:, cells].sum(axis=1), with_them[:, cells].sum(axis=1)
        ways: list[tuple[Any, ...]] = [
            (NOTHING, idle, (0.0, 0.0), 0, ()),
            (HALF, _halved(idle, one, starts, rng), (-0.5, 0.0), 0, ()),
        ]
        if n in acts:
            mended = len(acts[n])
            changed = _truth(before, after) if mended else (0.0, 0.0)
            ways.append((WORK, worked, changed, mended, _dropped(heard, chosen, acts, n)))
        for done, past, (truth, error), mended, dropped in ways:
            result = measured(plan, past, starts=starts, weeks=WEEKS, dropped=dropped)
            kept = {name: result.get(name) for name in KEPT}
            without_it = float(before.mean())
            found.append(Measured(seed, one, done, mended, without_it, truth, error, kept))
    return found


def _truth(without: Floats, came: Floats) -> tuple[float, float]:
    """The relative change of the mean, and its standard error (of a ratio, by linearisation)."""
    mean = float(without.mean())
    if not mean:
        return 0.0, 0.0
    ratio = float(came.mean()) / mean
    return ratio - 1, float((came - ratio * without).std(ddof=1) / np.sqrt(LIVES) / mean)


def _acts(city: City, heard: Heard, chosen: Sequence[Placed], rng: np.random.Generator) -> dict[int, Ints]:  # fmt: skip
    """Which causes the orders mend that are carried out, by their place in the list.

    Of those that would meet before one unit in one district only one, drawn by lot, so that each
    changes what comes of itself alone.
    """
    world, busy = city.world, np.zeros(city.works.units, np.bool_)
    late = heard.voices(city.day - LATE + 1, LATE) > 0
    found: dict[int, Ints] = {}
    for n in rng.permutation(len(chosen)).tolist():
        inside = _inside(heard, chosen[n])
        grid, kind = np.nonzero(inside)
        units = np.unique(city.works.unit(kind, grid))
        if busy[units].any():
            continue
        busy[units] = True
        live = world.live()
        live = live[world.there(live, city.day + 0.99)]
        looked_at = inside & late
        here = live[looked_at[world.grid[live], world.kind[live]]]
        sees = np.array([one.sees for one in world.kinds])[world.kind[here]]
        found[n] = here[rng.random(len(here)) < sees * MENDED]
    return found


def _inside(heard: Heard, one: Placed) -> np.ndarray:
    """Which grids and kinds an order is about, (grids, kinds)."""
    world = heard.world
    grids = np.isin(codes(world.ground, one.level), one.areas)
    kinds = np.array([kind.matter.startswith(one.matter) for kind in world.kinds])
    return np.outer(grids, kinds)


def _cells(heard: Heard, one: Placed) -> Ints:
    return np.flatnonzero(_inside(heard, one))


def _dropped(heard: Heard, chosen: Sequence[Any], acts: dict[int, Ints], n: int) -> list[str]:
    """Areas of its level in which another order on its matter was carried out."""
    one = chosen[n][0]
    level = heard.terrain.area_at[one.level]
    others = [chosen[m][0] for m in acts if m != n and chosen[m][0].matter == one.matter]
    acted = {level.get(code, code) for other in others for code in other.areas}
    return sorted(acted - {*one.areas})


def _lives(city: City, heard: Heard, causes: Ints) -> Floats:
    """Voices of the window by grid and kind, life by life: (lives, grids x kinds)."""
    lives = []
    for chance in range(LIVES):
        other, told = city.copy(chance=chance), Heard(city.world, heard.terrain)
        other.mend(causes)
        first = other.day + 1
        _let_live(other, told, 7 * WEEKS)
        lives.append(told.voices(first, 7 * WEEKS).ravel())
    return np.array(lives, float)


def _seen(city: City, heard: Heard, causes: Ints) -> Past:
    """What the product knows when the window is over, in the one life that is lived."""
    other, told = city.copy(), heard.copy()
    other.mend(causes)
    _let_live(other, told, 7 * WEEKS)
    return told.past(other.day)


def _halved(past: Past, one: Placed, starts: date, rng: np.random.Generator) -> Past:
    """The same past where every second voice of the window was never heard."""
    inside = {code for code, top in past.terrain.area_at[one.level].items() if top in one.areas}
    rows = past.rows
    there = rows.select(
        pl.col("area").is_in(sorted(inside)) & pl.col("matter").str.starts_with(one.matter)
        & (pl.col("day") <= (past.today - starts).days)
    ).to_series().to_numpy()  # fmt: skip
    return replace(past, rows=rows.filter(pl.Series(~there | (rng.random(rows.height) < 0.5))))
