"""A city with known truth: the same problems whatever is done, and hours that add up."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from xianban.base.errors import BadInput
from xianban.simulate.bulk.comparing import compare
from xianban.simulate.bulk.ground import invented
from xianban.simulate.bulk.running import simulate, simulate_both
from xianban.simulate.bulk.works import Done, Works
from xianban.simulate.bulk.world import World, poisson

SMALL = 60_000


def a_world(seed=1, days=40):
    ground = invented(SMALL, np.random.default_rng([seed, 0]))
    return World(ground, days=days, before=20, seed=seed)


def test_the_same_seed_has_the_same_problems_under_every_policy():
    first, second = simulate_both(days=120, seed=4, skill=1.0, people=SMALL)
    assert first.problems == second.problems > 20
    assert first.staff_hours_available == second.staff_hours_available
    assert second.orders > 0
    assert simulate(days=120, seed=4, people=SMALL) == first
    assert simulate(days=120, seed=5, people=SMALL).complaints != first.complaints


def test_what_is_mended_is_felt_no_more_and_complained_of_for_days_at_most():
    world, other = a_world(), a_world()
    for day in range(-20, 0):
        world.pass_day(day)
        other.pass_day(day)
    live = world.live()
    world.mend(live, 0)
    after = [world.pass_day(day) for day in range(10)]
    assert (
        sum(felt.sum() for felt, _ in after)
        < sum(other.pass_day(day)[0].sum() for day in range(10)) / 2
    )
    assert not np.isin(after[9][1].problem, live).any()


def test_chance_depends_on_problem_day_and_stream_alone():
    world = a_world()
    few, many = world.chance(np.arange(5), 3, 1), world.chance(np.arange(5000), 3, 1)
    assert (few == many[:5]).all()
    assert abs(many.mean() - 0.5) < 0.02
    assert abs(np.corrcoef(many, world.chance(np.arange(5000), 4, 1))[0, 1]) < 0.05


@given(mean=st.floats(0.01, 40), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_inversion_gives_poisson_numbers(mean, seed):
    drawn = poisson(np.full(4000, mean), np.random.default_rng(seed).random(4000))
    assert abs(drawn.mean() - mean) < 5 * np.sqrt(mean / 4000)
    assert mean < 0.5 or abs(drawn.var() / mean - 1) < 0.2


def test_nobody_works_more_hours_than_there_are():
    world = a_world()
    works = Works(world, limits=np.ones(len(world.kinds)), reserved=0.3)
    for day in range(-20, 40):
        works.take(day, world.pass_day(day)[1])
        left = works.open["left"].sum()
        used, done = works.work(day)
        works.settle(day, done)
        assert used <= works.available(day) + 1e-6
        assert left - used == pytest.approx(works.open["left"].sum(), abs=1e-6)
        assert (done.at >= done.opened).all()


def test_without_skill_warnings_find_nearly_nothing():
    blind = simulate(policy="proactive", days=200, seed=2, skill=0.0, people=SMALL)
    seeing = simulate(policy="proactive", days=200, seed=2, skill=1.0, people=SMALL)
    assert blind.empty_orders > 0.7 * blind.orders
    assert seeing.warnings["precision"] > 2 * blind.warnings["precision"]


@pytest.mark.slow
def test_looking_ahead_helps_and_looking_blindly_does_not():
    seeing, blind = (compare(seeds=10, skill=skill) for skill in (1.0, 0.0))
    for name in ("nuisance_person_days", "complaints"):
        (row,) = (row for row in seeing.rows if row.name == name)
        assert row.high < 0
        (row,) = (row for row in blind.rows if row.name == name)
        assert row.high > 0
    assert seeing.warnings["precision"] > 0.6


@pytest.mark.parametrize(
    "wrong", [{"days": 0}, {"people": 5}, {"skill": 1.5}, {"policy": "lazy"}, {"seed": -1}]
)
def test_refusals_say_what_may_be_given(wrong):
    with pytest.raises(BadInput, match=next(iter(wrong))):
        simulate(**{"days": 10, "people": SMALL} | wrong)


def test_the_command_prints_one_document():
    from xianban.config.commands.simulate import simulate as command

    ran = CliRunner().invoke(
        command, ["--days", "20", "--people", "60000", "--policy", "proactive", "--json"]
    )
    told = json.loads(ran.stdout)
    assert {
        "complaints", "nuisance_person_days", "median_fix_hours", "missed_limits", "orders",
        "empty_orders", "prevented_complaints", "staff_hours",
    } <= set(told)  # fmt: skip
    ran = CliRunner().invoke(
        command, ["compare", "--days", "10", "--seeds", "2", "--people", "60000", "--json"]
    )
    assert json.loads(ran.stdout)["seeds"] == 2


def test_hours_until_done_are_those_of_cases_that_came_since_the_first_day():
    columns = {"sort": np.array([0, 0, 1, 0]), "opened": np.array([-3.0, 1.0, 1.0, 2.0])}
    done = Done(columns, at=np.array([1.0, 1.5, 5.0, 4.0]))
    assert done.fix_hours.tolist() == [12.0, 48.0]
