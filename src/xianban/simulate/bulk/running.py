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
    prevented_complaints: int
    staff_hours: float
    staff_hours_available: float
    warnings: dict[str, Any]


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
    _check(days, policy, seed, skill, people)
    if policy == "proactive":
        return simulate_both(days=days, seed=seed, skill=skill, people=people, progress=progress)[1]
    return _live(days, policy, seed, skill, people, lambda day: progress and progress(day, days))


def simulate_both(
    *,
    days: int,
    seed: int,
    skill: float,
    people: int,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Outcome, Outcome]:
    """The same city under the reactive and the proactive policy."""
    _check(days, "proactive", seed, skill, people)
    tell = progress or (lambda done, of: None)
    first = _live(days, "reactive", seed, skill, people, lambda day: tell(day, 2 * days))
    second = _live(days, "proactive", seed, skill, people, lambda day: tell(days + day, 2 * days))
    return first, replace(second, prevented_complaints=first.complaints - second.complaints)


def _check(days: int, policy: str, seed: int, skill: float, people: int) -> None:
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
    days: int, policy: str, seed: int, skill: float, people: int, progress: Callable[[int], Any]
) -> Outcome:
    ground = invented(people, np.random.default_rng([seed, 0]))
    world = World(ground, days=days, before=BEFORE, seed=seed)
    limits = np.array([LIMIT_DAYS[leaves()[kind.matter]["limit_hours"]] for kind in world.kinds])
    proactive = policy == "proactive"
    works = Works(world, limits=limits, reserved=RESERVED if proactive else 0.0)
    watch = Watch(world, skill=skill, seed=seed)
    nuisance = hours = available = 0.0
    complaints = missed = orders = empty = 0
    fixed: list[np.ndarray] = []
    truth: list[np.ndarray] = []
    for day in range(-BEFORE, days):
        felt, said = world.pass_day(day)
        spent = works.take(day, said)
        used, done = works.work(day)
        found = works.settle(day, done)
        watch.learn(day, said, done, found)
        if day >= 0:
            visits = done.sort == COMPLAINT
            looks = done.sort == ORDER
            nuisance += felt
            complaints += len(said.problem)
            hours += used + spent
            available += works.available(day)
            missed += int((visits & (done.at > done.due)).sum())
            empty += int((looks & (found == 0)).sum())
            fixed.append((done.at - done.opened)[visits] * 24)
            if proactive and day < days - 1:
                number, grid, kind = watch.warn(day, works)
                truth.append(_truth(world, grid, kind, day))
                works.order(day + 1, kind=kind, grid=grid, warning=number)
                orders += len(number)
            progress(day + 1)
    missed += int(((works.open["sort"] == COMPLAINT) & (works.open["due"] < days)).sum())
    return Outcome(
        days=days, people=people, policy=policy, seed=seed, skill=skill if proactive else 1.0,
        problems=int(((world.born >= 0) & (world.born < days)).sum()),
        complaints=complaints,
        nuisance_person_days=round(nuisance, 1),
        median_fix_hours=round(float(np.median(np.concatenate(fixed))), 2) if complaints else 0.0,
        missed_limits=missed, orders=orders, empty_orders=empty, prevented_complaints=0,
        staff_hours=round(hours, 1), staff_hours_available=round(available, 1),
        warnings=_judged(watch, truth, days),
    )  # fmt: skip


def _truth(world: World, grid: np.ndarray, kind: np.ndarray, day: int) -> np.ndarray:
    """For each warning: whether there is a problem, complaints of it so far, days since it began, size."""
    live = world.live()
    live = live[world.there(live, day)]
    rows = np.full((len(grid), 4), np.nan)
    rows[:, 0] = 0
    for i, (one, of) in enumerate(zip(grid, kind, strict=True)):
        here = live[(world.grid[live] == one) & (world.kind[live] == of)]
        if len(here):
            first = here[np.argmax(world.size(here, day) * world.reach[here])]
            rows[i] = (
                1,
                world.told[first],
                day - world.begins[first],
                world.size(np.array([first]), day)[0],
            )
    return rows


def _judged(watch: Watch, truth: list[np.ndarray], days: int) -> dict[str, Any]:
    """Warnings against the planted truth, by sign and in all."""
    if not watch.raised:
        return {"raised": 0, "left_out_by_budget": watch.left_out}
    rows, known = np.array(watch.raised), np.concatenate(truth)
    real = known[:, 0] == 1

    def of(chosen: np.ndarray) -> dict[str, Any]:
        told = known[chosen & real, 1]
        return {
            "raised": int(chosen.sum()),
            "precision": round(float(real[chosen].mean()), 3) if chosen.any() else None,
            "median_complaints_before": float(np.median(told)) if len(told) else None,
            "before_fifth_complaint": round(float((told < 5).mean()), 3) if len(told) else None,
            "median_days_after_begin": round(float(np.median(known[chosen & real, 2])), 1)
            if len(told)
            else None,
        }

    return of(np.ones(len(rows), bool)) | {
        "a_day": round(len(rows) / days, 2),
        "left_out_by_budget": watch.left_out,
        "by_sign": {name: of(rows[:, 3] == i) for i, name in enumerate(SIGNS)},
        "by_matter": {kind.matter: of(rows[:, 2] == i) for i, kind in enumerate(watch.world.kinds)},
    }
