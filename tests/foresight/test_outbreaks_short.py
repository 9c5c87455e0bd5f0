"""Young series judged with what is not known counted in."""

from math import sqrt

import numpy as np
import pytest
from scipy import optimize, stats

from xianban.base.errors import BadInput
from xianban.foresight.outbreaks import Reason, short
from xianban.foresight.outbreaks.chances import LEAST_EXCESS
from xianban.foresight.outbreaks.short import (
    CYCLE_SHAPE,
    LEAST_PAST,
    SPREAD_NODES,
    SPREAD_STEPS,
    USUAL_SPREAD,
)

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


def plain(counts, now, *, alpha=0.005, window=28, guard=2, cycle=7):
    """What `short` says of step `now` of one series, reckoned one number at a time."""
    if now < LEAST_PAST:
        return (sum(counts[:now]) + 0.5) / (now + 1), np.inf, 1.0
    end = now - min(guard, now - LEAST_PAST)
    past = [float(count) for count in counts[max(end - window, 0) : end]]
    today = (now - max(end - window, 0)) % cycle
    expected, spreads = plainly_due(past, today, cycle)

    def chance(tail):
        """The mean over the dispersions; negative binomial of this mean, spread times as varied."""
        return sum(tail(expected / (spread - 1), 1 / spread) for spread in spreads) / len(spreads)

    def mid_p_between(count):
        # Between whole numbers the tail goes on as the beta distribution it equals at each of them.
        return chance(
            lambda size, p: (
                stats.beta.cdf(1 - p, count, size) / 2 + stats.beta.cdf(1 - p, count + 1, size) / 2
            )
        )

    came = int(counts[now])
    p_value = chance(
        lambda size, p: stats.nbinom.sf(came, size, p) + stats.nbinom.pmf(came, size, p) / 2
    )
    least = expected + LEAST_EXCESS * sqrt(sum(spreads) / len(spreads) * expected)
    if mid_p_between(least) <= alpha:
        return expected, least, p_value
    upper = optimize.brentq(lambda count: mid_p_between(count) - alpha, least, 1e5, xtol=1e-11)
    return expected, upper, p_value


def plainly_due(past, today, cycle):
    """Mean of the step to come, and equally likely ratios of its variance to that mean."""
    steps, total = len(past), sum(past) + 0.5
    days = [step % cycle for step in range(steps)]
    spread = USUAL_SPREAD
    for _ in range(2):
        share, known = [1.0] * cycle, 0.0
        for day in range(cycle if cycle > 1 else 0):
            came = sum(past[step] for step in range(steps) if days[step] == day) / spread
            due = total / steps * days.count(day) / spread
            share[day] = (came + CYCLE_SHAPE) / (due + CYCLE_SHAPE)  # gamma prior of mean 1
            known += due / (due + CYCLE_SHAPE) * (cycle - 1) / cycle
        weight = sum(share[day] for day in days)
        pearson = 0.0
        for step in range(steps):
            mean = total * share[days[step]] / weight
            pearson += (past[step] - mean) ** 2 / mean
        free = max(steps - 1 - known, 1.0)
        squares = pearson + SPREAD_STEPS * USUAL_SPREAD
        spread = max(squares / (free + SPREAD_STEPS), 1.0)
    expected = total * share[today] / weight
    seen = sum(past[step] for step in range(steps) if days[step] == today) / spread
    of_day = 1 / (seen + CYCLE_SHAPE) if cycle > 1 else 0.0
    spreads = []
    for node in range(SPREAD_NODES):  # a scaled inverse chi-square, by its mid-quantiles
        quantile = stats.chi2.ppf((node + 0.5) / SPREAD_NODES, free + SPREAD_STEPS)
        may_be = max(squares / quantile, 1.0)
        # Of one step, of the level (rate * share, rate known from `weight` steps), of the share.
        variance = may_be * expected
        variance += may_be * expected * share[today] / weight + expected**2 * of_day
        spreads.append(variance / expected)
    return expected, spreads


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"cycle": 1},
        {"window": 10, "guard": 0, "alpha": 0.02},
        {"cycle": 9, "guard": 5},
        {"alpha": 0.6},  # where the least excess decides
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("kind", "mean", "days"),
    [
        ("poisson", 6, 30),
        ("weekdays", 40, 33),
        ("negative-binomial", 4, 25),
        ("zero-inflated", 3, 21),
        ("poisson", 0, 20),
        ("poisson", 5, 7),
        ("negative-binomial", 5, 8),
        ("negative-binomial", 12, 60),
    ],
)
def test_is_what_a_plain_reckoning_gives(kind, mean, days, given):
    counts = quiet(kind, mean, days, series=3, seed=days) if mean else np.zeros((3, days), int)
    counts[1, -1] += 9
    counts[2, -1] += 60
    found = short(counts, evaluate=3, **given)
    for series in range(3):
        for column in range(3):
            expected, upper, p_value = plain(counts[series], days - 3 + column, **given)
            assert found.expected[series, column] == pytest.approx(expected, rel=1e-10)
            assert found.upper[series, column] == pytest.approx(upper, rel=1e-7)
            assert found.p_value[series, column] == pytest.approx(p_value, rel=1e-8, abs=0)


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
