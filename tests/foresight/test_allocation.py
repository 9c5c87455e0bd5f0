"""Who goes where: laws, a brute-force oracle, a greedy peer, floors and their remedy, refusals."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xianban.base.errors import BadInput
from xianban.foresight.allocation import assign
from xianban.foresight.allocation.rounds import knapsack

LENGTHS = (0.5, 1.0, 2.0, 4.0)


def district(seed, *, cells=60, teams=5, areas=6):
    rng = np.random.default_rng(seed)
    xy, base = rng.uniform(0, 10, (cells, 2)), rng.uniform(0, 10, (teams, 2))
    travel = np.hypot(*(base[:, None] - xy).transpose(2, 0, 1)) / 20
    return {
        "risk": rng.gamma(0.5, 1, cells), "teams": teams, "hours": 6.0, "travel": travel,
        "areas": np.arange(cells) % areas,
    }  # fmt: skip


def plan_of(job, **options):
    job = job | options
    return assign(job.pop("risk"), **job)


def met(risk, hours):
    return risk * (1 - 2.0**-hours)


# Laws


@given(seed=st.integers(0, 10**6), fairness=st.sampled_from([0.0, 1.0, 2.5]))
@settings(max_examples=10, deadline=None)
def test_a_plan_keeps_to_what_was_asked(seed, fairness):
    job = district(seed)
    plan = plan_of(job, fairness=fairness)
    assert np.unique(plan.cell).size == plan.cell.size
    assert set(plan.hours) <= set(LENGTHS)
    assert plan.travel_hours == pytest.approx(job["travel"][plan.team, plan.cell])
    used = np.bincount(plan.team, plan.hours + plan.travel_hours, job["teams"])
    assert plan.used_hours == pytest.approx(used)
    assert (plan.used_hours <= 6 + 1e-6).all()
    assert (plan.area_hours >= fairness - 1e-6).all()
    assert plan.area_hours.sum() == pytest.approx(plan.hours.sum())
    assert plan.expected == pytest.approx(met(job["risk"][plan.cell], plan.hours))
    assert plan.met == pytest.approx(plan.expected.sum()) == pytest.approx(plan.area_met.sum())
    assert plan.met <= plan.bound + 1e-9
    assert plan.gap == pytest.approx(1 - plan.met / plan.bound, abs=1e-9)
    assert plan.price == pytest.approx(plan.met_without_floor - plan.met)
    assert plan.price >= 0
    assert (plan.worth_of_hour >= 0).all()


def test_twice_the_risk_is_twice_the_good():
    job = district(1)
    one, two = plan_of(job), plan_of(job, risk=2 * job["risk"])
    assert two.met == pytest.approx(2 * one.met)
    assert (two.cell == one.cell).all()


def test_more_hours_meet_more_and_a_higher_floor_less_within_the_gaps():
    job = district(2)
    by_hours = [plan_of(job, hours=h) for h in (3, 6, 12)]
    assert by_hours[0].met < by_hours[1].met < by_hours[2].met
    bounds = [plan_of(job, fairness=f).bound for f in (0, 1, 2, 3)]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] > bounds[-1]


def test_the_order_of_cells_changes_the_bound_not_at_all():
    job = district(3)
    order = np.random.default_rng(3).permutation(60)
    moved = {
        "risk": job["risk"][order],
        "travel": job["travel"][:, order],
        "areas": job["areas"][order],
    }
    assert plan_of(job, **moved).bound == pytest.approx(plan_of(job).bound)


def test_an_hour_more_is_worth_about_what_is_said():
    job = district(4, cells=200, teams=8)
    plan = plan_of(job)
    hours = np.full(8, 6.0)
    hours[2] += 1
    assert plan_of(job, hours=hours).bound - plan.bound == pytest.approx(
        plan.worth_of_hour[2], rel=0.15
    )


def test_without_a_floor_it_has_no_price_and_calm_areas_get_nothing():
    risk = np.array([9.0, 9.0, 0.0, 0.0])
    plan = assign(risk, teams=1, hours=3, areas=["busy", "busy", "calm", "calm"])
    assert (plan.price, plan.met) == (0, plan.met_without_floor)
    assert plan.area_hours.tolist() == [3, 0]


def test_nothing_expected_is_a_plan_all_the_same():
    plan = assign(np.zeros(5), teams=2, hours=3, fairness=0.5)
    assert (plan.met, plan.gap, plan.price) == (0, 0, 0)
    assert (plan.area_hours >= 0.5).all()


def test_the_answer_is_the_same_every_time():
    one, two = (plan_of(district(5, cells=300), fairness=1.0) for _ in range(2))
    assert (one.cell == two.cell).all()
    assert (one.team == two.team).all()


# Oracles


def brute_force(risk, travel, hours, areas, floor, lengths):
    """The best met by trying every team and length, or none, for every cell; None: impossible."""
    teams = travel.shape[0]
    choices = [None, *itertools.product(range(teams), lengths)]
    best = None
    for plan in itertools.product(choices, repeat=risk.size):
        used, on_spot, value = np.zeros(teams), np.zeros(floor.size), 0.0
        for cell, choice in enumerate(plan):
            if choice:
                used[choice[0]] += travel[choice[0], cell] + choice[1]
                on_spot[areas[cell]] += choice[1]
                value += met(risk[cell], choice[1])
        if (used <= hours + 1e-9).all() and (on_spot >= floor - 1e-9).all():
            best = value if best is None else max(best, value)
    return best


@pytest.mark.parametrize("seed", range(12))
def test_small_plans_are_the_best_there_are(seed):
    rng = np.random.default_rng(seed)
    risk, travel = rng.gamma(1, 1, 5), rng.uniform(0, 0.8, (2, 5))
    areas, floor = np.array([0, 0, 1, 1, 1]), np.array([0.0, rng.choice([0.0, 1.0, 3.0])])
    hours, lengths = rng.uniform(1, 4, 2), (1.0, 2.0)
    best = brute_force(risk, travel, hours, areas, floor, lengths)
    asked = {"teams": 2, "hours": hours, "travel": travel, "areas": areas, "fairness": floor,
             "visits": lengths, "gap": 0.0}  # fmt: skip
    if best is None:
        with pytest.raises(BadInput, match="floor"):
            assign(risk, **asked)
        return
    plan = assign(risk, **asked)
    assert plan.met == pytest.approx(best)
    assert plan.bound == pytest.approx(best)
    free = brute_force(risk, travel, hours, areas, np.zeros(2), lengths)
    assert plan.met_without_floor == pytest.approx(free)


@pytest.mark.parametrize("seed", range(5))
def test_a_round_is_the_best_knapsack(seed):
    rng = np.random.default_rng(seed)
    values, takes = rng.uniform(-0.2, 1, (5, 2)), rng.integers(1, 9, (5, 2))
    items, forms = knapsack(values, takes, 12)
    assert takes[items, forms].sum() <= 12
    best = 0.0
    for plan in itertools.product((None, 0, 1), repeat=5):
        kept = [(i, k) for i, k in enumerate(plan) if k is not None]
        if sum(takes[i, k] for i, k in kept) <= 12:
            best = max(best, sum(values[i, k] for i, k in kept))
    assert values[items, forms].sum() == pytest.approx(best)


def greedy(job):
    """The visit that meets most for each hour it takes, again and again."""
    risk, travel = job["risk"], job["travel"]
    left, open_cells, value = np.full(job["teams"], job["hours"]), np.ones(risk.size, bool), 0.0
    needs = travel[:, :, None] + np.array(LENGTHS)
    good = met(risk[:, None], np.array(LENGTHS))
    while True:
        fits = (needs <= left[:, None, None] + 1e-9) & open_cells[None, :, None]
        if not fits.any():
            return value
        team, cell, length = np.unravel_index(
            np.where(fits, good / needs, -1).argmax(), needs.shape
        )
        left[team] -= needs[team, cell, length]
        open_cells[cell] = False
        value += good[cell, length]


@pytest.mark.parametrize("seed", range(4))
def test_larger_plans_beat_the_greedy_and_come_near_the_bound(seed):
    job = district(seed, cells=300, teams=12)
    plan = plan_of(job)
    assert plan.met > greedy(job)
    assert plan.gap < 0.03


# Floors that cannot be kept


def remedies(message):
    lower, rise = re.search(
        r"lower it to (\d+)% of that, or raise the hours by (\d+)%", message
    ).groups()
    return int(lower), int(rise)


@pytest.mark.parametrize(("cells", "teams", "fairness"), [(12, 2, 3.0), (60, 3, 5.0)])
def test_a_floor_that_cannot_be_kept_is_refused_with_what_would_do(cells, teams, fairness):
    job = district(6, cells=cells, teams=teams, areas=6)
    with pytest.raises(BadInput, match=f"asks for {6 * fairness:g} hours in 6 areas") as refused:
        plan_of(job, fairness=fairness)
    lower, rise = remedies(str(refused.value))
    assert 0 <= lower < 100
    assert rise > 0
    assert plan_of(job, fairness=fairness * lower / 100).met >= 0
    assert plan_of(job, fairness=fairness, hours=6 * (100 + rise) / 100).met > 0


# Bad input


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"risk": [1.0, np.nan]}, r"risk has a value that is not a number at \[1\]"),
        ({"risk": [1.0, -1.0]}, "risk has -1; it must be 0 or more"),
        ({"risk": []}, "risk is empty"),
        ({"risk": [[1.0, 2.0]]}, "risk has 2 dimensions"),
        ({"teams": 0}, "teams is 0"),
        ({"hours": -1}, "hours has -1"),
        ({"hours": [1, 2, 3]}, "hours are 3 for 2 teams"),
        ({"travel": np.zeros((2, 3))}, "travel is 2 by 3 for 2 teams and 2 cells"),
        ({"areas": ["a"]}, "areas are 1 for 2 cells"),
        ({"areas": ["a", None]}, r"areas has no label at \[1\]"),
        ({"areas": [np.nan, 1.0]}, r"areas has no label at \[0\]"),
        ({"areas": np.array(["a", 1], dtype=object)}, "areas mixes kinds of labels"),
        ({"fairness": [1, 2, 3]}, "fairness are 3 for 2 areas"),
        ({"fairness": 9}, "area 0 has room for 4 hours in visits of at most 4, and its floor is 9"),
        ({"visits": [0, 1]}, "must be more than 0"),
        ({"half_after_hours": 0}, "must be more than 0"),
        ({"gap": 1}, "gap is 1"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(change, said):
    asked = {"risk": [1.0, 2.0], "teams": 2, "hours": 3} | change
    with pytest.raises(BadInput, match=said):
        assign(asked.pop("risk"), **asked)


@pytest.mark.parametrize("change", [{"hours": 0}, {"hours": 0.1}, {"visits": [100]}])
def test_where_no_visit_fits_all_stay(change):
    plan = assign([1.0, 2.0], **{"teams": 2, "hours": 3} | change)
    assert plan.cell.size == 0
    assert (plan.met, plan.bound, plan.gap, plan.price) == (0, 0, 0, 0)
    assert plan.used_hours.tolist() == [0, 0]


def test_nothing_is_printed(capfd):
    assign(
        np.random.default_rng(0).gamma(0.4, 1.0, 60),
        teams=3,
        hours=6,
        areas=np.arange(60) % 5,
        fairness=1,
    )
    assert capfd.readouterr() == ("", "")


def test_the_page_runs_as_written():
    page = (Path(__file__).parents[2] / "docs" / "foresight" / "allocation.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(block, {})
