"""Young series judged with what is not known counted in."""

import numpy as np
import pytest

from xianban.base.errors import BadInput
from xianban.foresight.outbreaks import Reason, short

ARRAYS = ("expected", "upper", "p_value", "score", "alarm", "reason")
WEEK = np.array([1.3, 1.2, 1.1, 1.0, 1.0, 0.8, 0.6])


def quiet(kind, mean, days, *, series=800, seed=0):
    rng = np.random.default_rng(seed)
    due = np.full((series, days), float(mean))
    if kind == "weekdays":
        due *= WEEK[np.arange(days) % 7]
    if kind == "negative-binomial":
        return rng.negative_binomial(due, 1 / 2)
    if kind == "zero-inflated":
        return rng.poisson(due / 0.6) * (rng.random(due.shape) < 0.6)
    return rng.poisson(due)


@pytest.mark.parametrize("kind", ["poisson", "weekdays", "negative-binomial", "zero-inflated"])
@pytest.mark.parametrize("days", [8, 15, 40])
def test_raises_no_more_alarms_than_it_says_on_noise(kind, days):
    for mean in (0.5, 4, 25):
        found = short(quiet(kind, mean, days), alpha=0.01)
        assert found.alarm.mean() < 0.035, mean
        if kind in ("poisson", "weekdays"):
            assert found.alarm.mean() < 0.014, mean


def test_needs_more_the_less_it_has_seen():
    counts = np.full((1, 60), 10)
    upper = [short(counts[:, :days], cycle=1).upper[0, 0] for days in (8, 15, 31)]
    assert upper[0] > upper[1] > upper[2] > 10


def test_finds_what_is_plain():
    counts = quiet("poisson", 10, 15, seed=1)
    counts[:, -1] = 40
    assert short(counts).alarm.mean() > 0.95


def test_learns_the_days_of_the_week():
    due = np.tile([20, 20, 20, 20, 20, 60, 60], 5)[:34]
    counts = np.random.default_rng(2).poisson(due, (200, 34))
    assert short(counts).alarm.mean() < 0.01
    assert short(counts, cycle=1).expected.mean() < short(counts).expected.mean() - 10


def test_each_day_is_judged_with_earlier_days_alone_and_each_series_by_itself():
    counts = quiet("poisson", 5, 30, series=9)
    found = short(counts, evaluate=10)
    part = short(counts[:, :-4], evaluate=6)
    order = np.random.default_rng(0).permutation(9)
    turned = short(counts[order], evaluate=10)
    alone = short(counts[3:4], evaluate=10)
    for name in ARRAYS:
        whole = getattr(found, name)
        np.testing.assert_allclose(whole[:, :6], getattr(part, name), rtol=1e-9)
        np.testing.assert_allclose(whole[order], getattr(turned, name), rtol=1e-9)
        np.testing.assert_allclose(whole[3:4], getattr(alone, name), rtol=1e-9)


def test_alarm_upper_score_and_p_value_say_the_same():
    counts = quiet("negative-binomial", 3, 25)
    counts[::4, -1] += 12
    found = short(counts, alpha=0.02)
    np.testing.assert_array_equal(found.alarm, counts[:, -1:] > found.upper)
    np.testing.assert_array_equal(found.alarm, found.score > 1)
    np.testing.assert_array_equal(found.alarm, found.p_value < 0.02)
    assert found.alarm.any()


def test_more_is_never_less_unusual():
    counts = np.repeat(quiet("poisson", 5, 20, series=1), 40, axis=0)
    counts[:, -1] = np.arange(40)
    assert (np.diff(short(counts).p_value[:, 0]) < 0).all()


def test_a_past_under_a_week_is_a_finding():
    found = short(np.ones((2, 9)), evaluate=9)
    assert (found.reason[0] == Reason.SHORT_PAST).tolist() == [True] * 7 + [False] * 2
    assert (found.p_value[:, :7] == 1).all()
    assert not any(np.isnan(getattr(found, name)).any() for name in ARRAYS)


def test_nothing_yet_is_no_alarm_and_one_event_no_wonder():
    counts = np.zeros((2, 12))
    counts[1, -1] = 1
    found = short(counts)
    assert not found.alarm.any()
    assert (found.expected > 0).all()


@pytest.mark.parametrize(
    ("counts", "given", "said"),
    [
        ([[1, np.nan]], {}, "not a number"),
        ([[1, -1]], {}, "whole numbers from 0"),
        (np.zeros((3, 0)), {}, "empty"),
        (np.zeros(20), {}, "1 dimension where"),
        (np.zeros((2, 20)), {"evaluate": 21}, "evaluate"),
        (np.zeros((2, 20)), {"window": 6}, "window"),
        (np.zeros((2, 20)), {"guard": -1}, "guard"),
        (np.zeros((2, 20)), {"cycle": 0}, "cycle"),
        (np.zeros((2, 20)), {"alpha": 0}, "alpha"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_sentence(counts, given, said):
    with pytest.raises(BadInput, match=said) as refusal:
        short(counts, **given)
    assert "\n" not in str(refusal.value)
