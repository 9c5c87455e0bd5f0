"""Let the city live for so many days under a policy, and say what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xianban.base.errors import BadInput
from xianban.simulate.bulk.ground import invented
from xianban.simulate.bulk.watching import SIGNS, Watch
from xianban.simulate.bulk.works import COMPLAINT, LIMIT_DAYS, ORDER, Works
from xianban.simulate.bulk.world import World
from xianban.simulate.sheets import leaves

POLICIES = ("reactive", "proactive")
BEFORE = 120  # days lived through before counting begins, the same under both policies
RESERVED = 0.4  # share of each unit's hours for orders that look ahead
LEAST_PEOPLE, MOST_PEOPLE = 20_000, 50_000_000
MOST_DAYS = 3650
FIFTH = 5  # a warning is early before so many complaints


@dataclass(frozen=True)
class Outcome:
    """What came of a policy; `warnings` has one row for each, against the truth (see `_judged`)."""

    days: int
    people: int
    policy: str
    seed: int
    skill: float
    problems: int
    complaints: int
    nuisance_person_days: float
    median_fix_hours: float
    missed_limits: int
    orders: int
    empty_orders: int
    order_hours: float
    prevented_complaints: int
    staff_hours: float
    staff_hours_available: float
    warnings: dict[str, Any]
    by_matter: dict[str, dict[str, float]]


def simulate(
    *,
    days: int = 365,
    policy: str = "reactive",
    seed: int = 0,
    skill: float = 1.0,
    people: int = 500_000,
    progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """One life of the city. `prevented_complaints` is against the same city under the reactive policy.

    Raises BadInput for days, people, skill or policy out of range.
    """
    check_asked(days, policy, seed, skill, people)
    if policy == "proactive":
        return simulate_both(days=days, seed=seed, skill=skill, people=people, progress=progress)[1]
    tell = progress or (lambda done, of: None)
    return _live(days, policy, seed, skill, people, lambda day: tell(day, days))[0]


def simulate_both(
    *,
    days: int,
    seed: int,
    skill: float,
    people: int,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Outcome, Outcome]:
    """The same city under the reactive and the proactive policy."""
    check_asked(days, "proactive", seed, skill, people)
    tell = progress or (lambda done, of: None)
    first, gone = _live(days, "reactive", seed, skill, people, lambda day: tell(day, 2 * days))
    second, _ = _live(
        days, "proactive", seed, skill, people, lambda day: tell(days + day, 2 * days), gone
    )
    return first, replace(second, prevented_complaints=first.complaints - second.complaints)


def check_asked(days: int, policy: str, seed: int, skill: float, people: int) -> None:
    """Raises BadInput for what can't be simulated."""
    if policy not in POLICIES:
        raise BadInput(f"no policy {policy!r}; choose one of {', '.join(POLICIES)}")
    if not 1 <= days <= MOST_DAYS:
        raise BadInput(f"days is {days}; it must be from 1 to {MOST_DAYS:,}")
    if not LEAST_PEOPLE <= people <= MOST_PEOPLE:
        raise BadInput(f"people is {people:,}; it must be from {LEAST_PEOPLE:,} to {MOST_PEOPLE:,}")
    if not 0 <= skill <= 1:
        raise BadInput(f"skill is {skill}; it must be from 0 to 1")
    if not 0 <= seed < 2**31:
        raise BadInput(f"seed is {seed}; it must be a whole number from 0 to {2**31 - 1:,}")


def _live(
    days: int,
    policy: str,
    seed: int,
    skill: float,
    people: int,
    progress: Callable[[int], Any],
    otherwise: np.ndarray | None = None,
) -> tuple[Outcome, np.ndarray]:
    """What came of it, and when each problem was gone; `otherwise` is that under the other policy."""
    ground = invented(people, np.random.default_rng([seed, 0]))
    world = World(ground, days=days, before=BEFORE, seed=seed)
    limits = np.array([LIMIT_DAYS[leaves()[kind.matter]["limit_hours"]] for kind in world.kinds])
    proactive = policy == "proactive"
    works = Works(world, limits=limits, reserved=RESERVED if proactive else 0.0)
    watch = Watch(world, skill=skill, seed=seed)
    hours = available = ahead = 0.0
    nuisance, told = np.zeros(len(world.kinds)), np.zeros(len(world.kinds), np.int64)
    missed = orders = empty = 0
    fixed: list[np.ndarray] = []
    truth: list[np.ndarray] = []
    for day in range(-BEFORE, days):
        felt, said = world.pass_day(day)
        spent = works.take(day, said)
        used, done = works.work(day)
        found = works.settle(day, done)
        watch.learn(day, said, done, found)
        if proactive and day < 0:
            watch.try_out(day)
        if day >= 0:
            visits = done.sort == COMPLAINT
            looks = done.sort == ORDER
            nuisance += felt
            told += np.bincount(said.kind, minlength=len(told))
            hours += used + spent
            available += works.available(day)
            missed += int((visits & (done.at > done.due)).sum())
            ahead += float(done.needed[looks].sum())
            empty += int((looks & (found == 0)).sum())
            fixed.append(done.fix_hours)
            if proactive and day < days - 1:
                number, grid, kind = watch.warn(day, works)
                truth.append(_truth(world, grid, kind, day))
                works.order(day + 1, kind=kind, grid=grid, warning=number)
                orders += len(number)
            progress(day + 1)
    missed += int(((works.open["sort"] == COMPLAINT) & (works.open["due"] < days)).sum())
    lived = Outcome(
        days=days, people=people, policy=policy, seed=seed, skill=skill if proactive else 1.0,
        problems=int(((world.born >= 0) & (world.born < days)).sum()),
        complaints=int(told.sum()),
        nuisance_person_days=round(float(nuisance.sum()), 1),
        median_fix_hours=round(float(np.median(np.concatenate(fixed))), 2) if any(map(len, fixed)) else 0.0,
        missed_limits=missed, orders=orders, empty_orders=empty, order_hours=round(ahead, 1), prevented_complaints=0,
        staff_hours=round(hours, 1), staff_hours_available=round(available, 1),
        warnings=_judged(watch, truth, days, otherwise),
        by_matter={
            kind.matter: {"complaints": int(told[i]), "nuisance_person_days": round(float(nuisance[i]), 1)}
            for i, kind in enumerate(world.kinds)
        },
    )  # fmt: skip
    return lived, np.minimum(world.mended, world.ended)


def _truth(world: World, grid: np.ndarray, kind: np.ndarray, day: int) -> np.ndarray:
    """For each warning: which problem is there (-1: none), complaints of it so far, days since it began."""
    live = world.live()
    live = live[world.there(live, day)]
    rows = np.full((len(grid), 4), np.nan)
    rows[:, 0], rows[:, 3] = -1, day
    for i, (one, of) in enumerate(zip(grid, kind, strict=True)):
        here = live[(world.grid[live] == one) & (world.kind[live] == of)]
        if len(here):
            first = here[np.argmax(world.size(here, day) * world.reach[here])]
            rows[i, :3] = first, world.told[first], day - world.begins[first]
    return rows


def _judged(
    watch: Watch, truth: list[np.ndarray], days: int, otherwise: np.ndarray | None
) -> dict[str, Any]:
    """Warnings against the planted truth, by sign and in all.

    Lead is how many days earlier the warning came than the problem was gone under the other policy.
    """
    if not watch.raised:
        return {"raised": 0, "left_out_by_budget": watch.left_out}
    rows, known = np.array(watch.raised), np.concatenate(truth)
    real = known[:, 0] >= 0

    def of(chosen: np.ndarray) -> dict[str, Any]:
        problem, told, since, day = known[chosen & real].T
        gone = None if otherwise is None else np.minimum(otherwise[problem.astype(int)], days)
        return {
            "raised": int(chosen.sum()),
            "a_day": round(int(chosen.sum()) / days, 2),
            "precision": _rounded(real[chosen], np.mean),
            "median_complaints_before": _rounded(told, np.median),
            "before_fifth_complaint": _rounded(told < FIFTH, np.mean),
            "median_days_after_begin": _rounded(since, np.median),
            "median_lead_days": None if gone is None else _rounded(gone - day, np.median),
        }

    return of(np.ones(len(rows), bool)) | {
        "left_out_by_budget": watch.left_out,
        "by_sign": {name: of(rows[:, 3] == i) for i, name in enumerate(SIGNS)},
        "by_matter": {kind.matter: of(rows[:, 2] == i) for i, kind in enumerate(watch.world.kinds)},
    }


def _rounded(values: np.ndarray, how: Callable[[np.ndarray], Any]) -> float | None:
    return round(float(how(values)), 3) if len(values) else None
