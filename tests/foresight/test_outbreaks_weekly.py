"""Weekly counts judged against all of their own past."""

import gzip
import sys

import numpy as np
import pytest
from scipy import optimize, stats

from xianban.base.errors import BadInput
from xianban.foresight.outbreaks import Reason, chances, levels, regression, weekly

ARRAYS = ("expected", "upper", "p_value", "score", "alarm", "reason")


def quiet(kind, mean, *, series=150, weeks=260, seed=0):
    """Seasonal, slowly growing counts with nothing in them."""
    rng = np.random.default_rng(seed)
    week = np.arange(weeks)
    due = mean * np.exp(0.4 * np.cos(2 * np.pi * week / 52) + 0.001 * week) * np.ones((series, 1))
    if kind == "poisson":
        return rng.poisson(due)
    if kind == "negative-binomial":
        return rng.negative_binomial(due / 1.5, 1 / 2.5)
    if kind == "zero-inflated":
        return rng.poisson(due / 0.6) * (rng.random(due.shape) < 0.6)
    drift = np.cumsum(rng.normal(0, 0.03, due.shape), axis=1)
    return rng.poisson(due * np.exp(drift))


def same(found, other, *, series=slice(None), columns=slice(None)):
    for name in ARRAYS:
        np.testing.assert_allclose(
            getattr(found, name)[series][:, columns],
            getattr(other, name),
            rtol=1e-6, atol=1e-300, err_msg=name,
        )  # fmt: skip


@pytest.mark.parametrize("kind", ["poisson", "negative-binomial", "zero-inflated", "drifting"])
@pytest.mark.parametrize("mean", [0.5, 5, 40])
def test_raises_no_more_alarms_than_it_says_on_noise(kind, mean):
    found = weekly(quiet(kind, mean), evaluate=8, alpha=0.01)
    # A level that wanders by 3% a week is only half foreseen.
    assert found.alarm.mean() < (0.045 if kind == "drifting" else 0.026)
    if kind == "poisson":
        assert found.alarm.mean() > 0.003


def test_p_values_of_noise_are_even():
    p_value = weekly(quiet("poisson", 20, seed=3), evaluate=8).p_value
    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        assert (p_value < share).mean() == pytest.approx(share, abs=0.04)


def test_each_week_is_judged_with_earlier_weeks_alone():
    counts = quiet("negative-binomial", 6, series=20, seed=1)
    whole = weekly(counts, evaluate=6)
    same(whole, weekly(counts[:, :-3], evaluate=3), columns=slice(0, 3))
    changed = counts.copy()
    changed[:, -3:] = 99
    same(whole, weekly(changed[:, :-3], evaluate=3), columns=slice(0, 3))


def test_a_series_is_judged_alike_wherever_it_stands_and_alone():
    counts = quiet("poisson", 6, series=12, seed=2)
    found = weekly(counts, evaluate=3)
    order = np.random.default_rng(0).permutation(12)
    same(found, weekly(counts[order], evaluate=3), series=order)
    same(found, weekly(counts[5:6], evaluate=3), series=slice(5, 6))


def test_chunks_make_no_difference(monkeypatch):
    counts = quiet("poisson", 6, series=11, seed=2)
    found = weekly(counts, evaluate=2)
    monkeypatch.setattr(sys.modules["xianban.foresight.outbreaks.weekly"], "SERIES_AT_ONCE", 4)
    same(found, weekly(counts, evaluate=2))


def test_more_is_never_less_unusual():
    counts = np.repeat(quiet("poisson", 8, series=1, seed=4), 60, axis=0)
    counts[:, -1] = np.arange(60)
    found = weekly(counts)
    assert (np.diff(found.p_value[:, 0]) < 0).all()
    assert (np.diff(found.score[:, 0]) > 0).all()
    assert np.ptp(found.upper) == 0


def test_alarm_upper_score_and_p_value_say_the_same():
    counts = quiet("negative-binomial", 4, seed=5)
    counts[::3, -4:] += 9
    found = weekly(counts, evaluate=10, alpha=0.02)
    newest = counts[:, -10:]
    np.testing.assert_array_equal(found.alarm, newest > found.upper)
    np.testing.assert_array_equal(found.alarm, found.score > 1)
    np.testing.assert_array_equal(found.alarm, found.p_value < 0.02)
    assert found.alarm.any()


def test_two_high_weeks_say_more_than_one():
    counts = np.repeat(quiet("poisson", 20, series=1, seed=6), 2, axis=0)
    counts[0, -2:] = (20, 32)
    counts[1, -2:] = (32, 32)
    p_value = weekly(counts).p_value[:, 0]
    assert p_value[1] < p_value[0]
    alone = weekly(counts, last_week=0).p_value[:, 0]
    assert alone[1] == pytest.approx(alone[0], rel=0.6)


def test_a_usual_week_after_an_outbreak_raises_no_alarm():
    counts = quiet("poisson", 20, series=5, seed=7)
    counts[:, -2] = 400
    counts[:, -1] = 15
    assert not weekly(counts).alarm.any()


def test_a_week_without_anything_is_never_an_alarm():
    counts = np.zeros((3, 150))
    found = weekly(counts, evaluate=4)
    assert not found.alarm.any()
    assert np.isfinite(found.expected).all()
    counts[1, -1] = 1
    assert weekly(counts).p_value[1, 0] < 0.05


def test_a_level_that_moved_is_followed():
    rng = np.random.default_rng(8)
    counts = rng.poisson(10, (40, 300))
    counts[:, 200:] = rng.poisson(30, (40, 100))
    moving = weekly(counts, evaluate=8)
    assert moving.expected.mean() == pytest.approx(30, rel=0.08)
    assert moving.alarm.mean() < 0.03


def test_huge_counts_keep_their_rank():
    counts = np.repeat(quiet("poisson", 5, series=1, seed=9), 3, axis=0)
    counts[:, -1] = (60, 90, 120)
    p_value = weekly(counts).p_value[:, 0]
    assert 0 < p_value[2] < p_value[1] < p_value[0] < 1e-15


def test_a_short_past_is_a_finding():
    found = weekly(np.ones((2, 27)), evaluate=3)
    short = found.reason == Reason.SHORT_PAST
    assert short.tolist() == [[True, True, False]] * 2
    assert (found.p_value[short] == 1).all()
    assert not found.alarm[short].any()
    assert (found.upper[short] == np.inf).all()
    assert not any(np.isnan(getattr(found, name)).any() for name in ARRAYS)
    assert (weekly([[3]]).reason == Reason.SHORT_PAST).all()


@pytest.mark.parametrize("weeks", [30, 60, 110])
def test_one_series_of_any_length_is_judged(weeks):
    found = weekly(np.random.default_rng(1).poisson(5, (1, weeks)))
    assert found.judged.all()
    assert 2 < found.expected[0, 0] < 9


def test_regression_is_that_of_a_plain_optimiser():
    rng = np.random.default_rng(2)
    design = np.c_[np.ones(80), rng.normal(size=(80, 3))]
    counts = rng.poisson(np.exp(design @ [1.0, 0.3, -0.2, 0.1]), (3, 80)).astype(float)
    weights = rng.uniform(0.2, 1, (3, 80))
    ridge = np.array([0, 0.25, 2.0, 8.0])
    found = regression.fitted(counts, design, ridge=ridge, weights=weights)

    def loss(beta, series):
        eta = design @ beta
        likelihood = (weights[series] * (counts[series] * eta - np.exp(eta))).sum()
        return -(likelihood + 0.5 * beta[0] - (ridge * beta**2).sum() / 2)

    for series in range(3):
        best = optimize.minimize(loss, np.zeros(4), args=(series,), tol=1e-12).x
        np.testing.assert_allclose(found[series], best, atol=2e-5)


def test_level_is_that_of_a_plain_loop():
    rng = np.random.default_rng(3)
    counts, mean = rng.poisson(5, (2, 30)).astype(float), rng.uniform(3, 7, (2, 30))
    found = levels.moving(counts, mean, np.array([1.0, 2.0]), half_life=4, guard=2)
    for series, prior in ((0, 5.0), (1, 10.0)):
        for now in range(30):
            came, due = prior, prior
            for step in range(now - 2):
                weight = 0.5 ** ((now - 3 - step) / 4)
                came += weight * counts[series, step]
                due += weight * mean[series, step]
            assert found[series, now] == pytest.approx(came / due)


@pytest.mark.parametrize(
    ("mean", "spread"), [(3.0, 1.0), (0.2, 1.0), (40.0, 1.0), (3.0, 2.5), (0.3, 4.0)]
)
def test_mid_p_is_scipys(mean, spread):
    count = np.arange(60.0)
    if spread > 1:
        law = stats.nbinom(mean / (spread - 1), 1 / spread)
    else:
        law = stats.poisson(mean)
    plain = law.sf(count) + law.pmf(count) / 2
    np.testing.assert_allclose(chances.mid_p(count, mean, spread), plain, rtol=1e-8)


def test_mid_p_of_even_counts_is_near_the_normal():
    count = np.arange(95.0, 120.0)
    found = chances.mid_p(count, 100.0, 0.25)
    np.testing.assert_allclose(stats.norm.isf(found), (count - 100) / 5, atol=0.25)


def test_on_known_outbreaks_it_finds_more_than_each_week_alone(data):
    def table(name):
        with gzip.open(data / "series" / name, "rt") as lines:
            return np.loadtxt(lines, delimiter=",", skiprows=1)[:, 1:]

    counts = table("weekly.csv.gz")
    truth = table("weekly_outbreak_cases.csv.gz")[:, -12:] > 0
    found = weekly(counts, evaluate=12, alpha=0.01)
    assert found.alarm[~truth].mean() < 0.015
    assert found.alarm[truth].mean() > 0.25


@pytest.mark.parametrize(
    ("counts", "given", "said"),
    [
        ([[1, np.nan]], {}, "not a number"),
        ([[1, -1]], {}, "whole numbers from 0"),
        ([[1.5, 1]], {}, "whole numbers from 0"),
        (np.zeros((0, 5)), {}, "empty"),
        (np.zeros(40), {}, "1 dimension where"),
        (np.zeros((2, 2, 2)), {}, "3 dimensions where"),
        (np.zeros((2, 40)), {"evaluate": 0}, "evaluate"),
        (np.zeros((2, 40)), {"evaluate": 41}, "evaluate"),
        (np.zeros((2, 40)), {"season": 2}, "season"),
        (np.zeros((2, 40)), {"season": np.nan}, "season"),
        (np.zeros((2, 40)), {"alpha": 1}, "alpha"),
        (np.zeros((2, 40)), {"last_week": 1.5}, "last_week"),
        (np.zeros((2, 40)), {"half_lives": ()}, "half_lives"),
        (np.zeros((2, 40)), {"half_lives": (0,)}, "half_lives"),
        (np.zeros((2, 40)), {"half_lives": "x"}, "half_lives"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_sentence(counts, given, said):
    with pytest.raises(BadInput, match=said) as refusal:
        weekly(counts, **given)
    assert "\n" not in str(refusal.value)
