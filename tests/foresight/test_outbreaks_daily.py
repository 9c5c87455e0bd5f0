"""Daily counts judged against calendar, season and late level."""

import csv
import math
import sys
from datetime import timedelta

import numpy as np
import pytest
from scipy import optimize, stats

from xianban.base.errors import BadInput
from xianban.foresight.outbreaks import Reason, daily

ARRAYS = ("expected", "upper", "p_value", "score", "alarm", "reason")
WEEK = np.array([1.3, 1.2, 1.1, 1.0, 1.0, 0.5, 0.3])


def days(number, first="2023-01-02"):  # a Monday
    return np.datetime64(first) + np.arange(number)


def due(mean, number, *, series=1):
    day = np.arange(number)
    season = np.exp(0.4 * np.cos(2 * np.pi * day / 365.25))
    return mean * season * WEEK[day % 7] * np.ones((series, 1))


def quiet(kind, mean, number, *, series=80, seed=0):
    rng = np.random.default_rng(seed)
    expected = due(mean, number, series=series)
    if kind == "negative-binomial":
        return rng.negative_binomial(expected / 1.5, 1 / 2.5)
    if kind == "zero-inflated":
        return rng.poisson(expected / 0.6) * (rng.random(expected.shape) < 0.6)
    if kind == "drifting":
        expected = expected * np.exp(np.cumsum(rng.normal(0, 0.03, expected.shape), axis=1))
    return rng.poisson(expected)


def same(found, other, *, series=slice(None), columns=slice(None)):
    for name in ARRAYS:
        np.testing.assert_allclose(
            getattr(found, name)[series][:, columns],
            getattr(other, name),
            rtol=1e-5, atol=1e-300, err_msg=name,
        )  # fmt: skip


@pytest.mark.parametrize("kind", ["poisson", "negative-binomial", "zero-inflated", "drifting"])
@pytest.mark.parametrize("mean", [0.5, 20])
def test_raises_no_more_alarms_than_it_says_on_noise(kind, mean):
    counts = quiet(kind, mean, 900)
    found = daily(counts, dates=days(900), evaluate=20, alpha=0.01)
    assert found.alarm.mean() < 0.024
    if kind == "poisson":
        assert found.alarm.mean() > 0.003


def test_learns_the_week_and_the_season():
    counts = quiet("poisson", 50, 1100, series=10)
    found = daily(counts, dates=days(1100), evaluate=14)
    usual = due(50, 1100)[:, -14:]
    assert np.abs(found.expected / usual - 1).mean() < 0.08


def test_knows_holidays_and_the_day_after():
    number, rng = 800, np.random.default_rng(1)
    dates = days(number)
    closed = dates[np.arange(number) % 50 == 9]
    expected = np.full(number, 30.0)
    expected[np.isin(dates, closed)] = 2
    expected[np.isin(dates - 1, closed)] = 60
    counts = rng.poisson(expected, (20, number))
    after = int(np.flatnonzero(np.isin(dates - 1, closed))[-1])
    kept = slice(0, after + 1)
    told = daily(counts[:, kept], dates=dates[kept], holidays=closed, evaluate=2)
    assert told.expected[:, 0].mean() == pytest.approx(2, abs=0.6)
    assert told.expected[:, 1].mean() == pytest.approx(60, rel=0.1)
    assert told.alarm.mean() < 0.05
    untold = daily(counts[:, kept], dates=dates[kept], evaluate=2)
    assert untold.alarm[:, 1].mean() > 0.4


def test_holidays_may_lie_anywhere_and_in_any_unit():
    counts, dates = quiet("poisson", 5, 400, series=3), days(400)
    some = np.array(["2031-01-01", "2023-05-01", "2023-05-01"], "datetime64[s]")
    same(
        daily(counts, dates=dates, holidays=some),
        daily(counts, dates=dates.astype(str).tolist(), holidays=["2023-05-01"]),
    )


def test_a_closed_day_is_no_alarm_and_teaches_nothing():
    counts = quiet("poisson", 20, 700, series=10)
    counts[:, np.arange(700) % 7 >= 5] = 0
    found = daily(counts, dates=days(700), evaluate=14)
    weekend = np.arange(686, 700) % 7 >= 5
    assert not found.alarm[:, weekend].any()
    assert (found.expected[:, weekend] < 0.02).all()
    opened = counts.copy()
    opened[:, -1] = 9  # a Sunday
    assert daily(opened, dates=days(700)).alarm.all()


def test_each_day_is_judged_with_earlier_days_alone():
    counts, dates = quiet("negative-binomial", 6, 790, series=6), days(790)
    whole = daily(counts, dates=dates, evaluate=45)
    same(whole, daily(counts[:, :-15], dates=dates[:-15], evaluate=30), columns=slice(0, 30))
    same(whole, daily(counts, dates=dates), columns=slice(44, 45))


def test_a_series_is_judged_alike_wherever_it_stands_and_alone(monkeypatch):
    counts, dates = quiet("poisson", 6, 500, series=9), days(500)
    found = daily(counts, dates=dates, evaluate=3)
    order = np.random.default_rng(0).permutation(9)
    same(found, daily(counts[order], dates=dates, evaluate=3), series=order)
    same(found, daily(counts[4:5], dates=dates, evaluate=3), series=slice(4, 5))
    monkeypatch.setattr(sys.modules["xianban.foresight.outbreaks.daily"], "SERIES_AT_ONCE", 4)
    same(found, daily(counts, dates=dates, evaluate=3))


def test_alarm_upper_score_and_p_value_say_the_same():
    counts = quiet("negative-binomial", 4, 500)
    counts[::3, -2:] += 15
    found = daily(counts, dates=days(500), evaluate=10, alpha=0.02)
    np.testing.assert_array_equal(found.alarm, counts[:, -10:] > found.upper)
    np.testing.assert_array_equal(found.alarm, found.score > 1)
    np.testing.assert_array_equal(found.alarm, found.p_value < 0.02)
    assert found.alarm[::3, -2:].mean() > 0.9


def test_more_is_never_less_unusual():
    counts = np.repeat(quiet("poisson", 8, 500, series=1), 50, axis=0)
    counts[:, -1] = np.arange(50)
    found = daily(counts, dates=days(500))
    assert (np.diff(found.p_value[:, 0]) < 0).all()


def test_what_varies_less_than_poisson_is_judged_by_its_own_measure():
    rng = np.random.default_rng(2)
    counts = np.rint(100 + rng.normal(0, 2, (30, 500)))
    found = daily(counts, dates=days(500), evaluate=20, alpha=0.01)
    assert found.upper.mean() < 108
    assert 0.001 < found.alarm.mean() < 0.025


def test_a_surge_is_seen_every_day_while_the_level_waits():
    counts = np.repeat(quiet("poisson", 20, 500, series=1), 20, axis=0)
    counts[:, -3:] += 40
    assert daily(counts, dates=days(500), evaluate=3).alarm.all()


def test_pooling_steadies_small_areas():
    counts = quiet("poisson", 0.15, 1100, series=60, seed=4)
    usual = due(0.15, 1100)[:, -28:]
    alone = daily(counts, dates=days(1100), evaluate=28)
    pooled = daily(counts, dates=days(1100), evaluate=28, pool=np.zeros(60))
    error = [np.abs(found.expected - usual).mean() for found in (alone, pooled)]
    assert error[1] < 0.95 * error[0]
    assert pooled.alarm.mean() < 0.015


def test_a_pool_of_one_or_without_weight_changes_little():
    counts = quiet("poisson", 10, 800, series=4)
    alone = daily(counts, dates=days(800))
    weightless = daily(counts, dates=days(800), pool=["a", "b", "a", "b"], pool_events=0)
    np.testing.assert_allclose(alone.expected, weightless.expected, rtol=0.01)
    own = daily(counts, dates=days(800), pool=["a", "b", "c", "d"])
    np.testing.assert_allclose(alone.expected, own.expected, rtol=0.05)


def test_a_short_past_is_a_finding():
    found = daily(np.ones((2, 60)), dates=days(60), evaluate=10)
    assert (found.reason[0] == Reason.SHORT_PAST).tolist() == [True] * 6 + [False] * 4
    assert (found.p_value[:, :6] == 1).all()
    assert not any(np.isnan(getattr(found, name)).any() for name in ARRAYS)
    assert (daily([[3]], dates=days(1)).reason == Reason.SHORT_PAST).all()
    assert not daily(np.zeros((2, 100)), dates=days(100), evaluate=20).alarm.any()


def test_on_known_outbreaks_it_is_early(data):
    stored = np.load(data / "outbreaks" / "daily16.npz")
    with (data / "outbreaks" / "bank_holidays.csv").open() as lines:
        holiday = np.array([row["bankhol"] == "1" for row in csv.DictReader(lines)])
    dates = days(holiday.size)
    truth = stored["out5"][:20, -56:] > 0
    found = daily(
        stored["tot5"][:20], dates=dates, holidays=dates[holiday], season=364, evaluate=56,
        alpha=0.01,
    )  # fmt: skip
    assert found.alarm[~truth].mean() < 0.03
    assert found.alarm[truth].mean() > 0.25


def plain_day(dates, day, closing, season):
    """What the calendar says about one day, and the precision of each coefficient's prior."""
    date, early = dates[day].item(), dates[day].item() - timedelta(1)
    weekdays = [float(date.weekday() == number) for number in range(1, 7)]
    special = [float(date in closing), float(early in closing and date not in closing)]
    angle = 2 * math.pi * day / season
    waves = [math.cos(angle), math.sin(angle), math.cos(2 * angle), math.sin(2 * angle)]
    shifts = [on * wave for wave in waves[:2] for on in weekdays]
    plain, full = [1.0, *weekdays, *special], [day / (2 * season), *waves, *shifts]
    return plain, full, [0.0] + [0.25] * 8, [0.25] + [2.0] * 4 + [8.0] * 12


def plain_fit(counts, design, ridge, taught):
    """Coefficients by a general optimiser, with half an event on the level."""

    def loss(beta):
        line = design @ beta
        likelihood = taught @ (counts * line - np.exp(line))
        return -(likelihood + 0.5 * beta[0] - ridge @ beta**2 / 2)

    def slope(beta):
        residual = taught * (counts - np.exp(design @ beta))
        return ridge * beta - residual @ design - 0.5 * (np.arange(beta.size) == 0)

    def bend(beta):
        return design.T @ (design * (taught * np.exp(design @ beta))[:, None]) + np.diag(ridge)

    start = np.zeros(ridge.size)
    start[0] = math.log((taught @ counts + 0.5) / taught.sum())
    near = optimize.minimize(loss, start, jac=slope, hess=bend, method="trust-exact").x
    return optimize.root(slope, near, jac=bend, tol=1e-12).x


def plain_dispersion(counts, mean, weights, columns):
    return weights @ ((counts - mean) ** 2 / mean) / max(weights.sum() - columns, 1)


def plain_level(counts, mean, day, prior, *, half_life, guard):
    """Events that came over events that were due, the late ones first in memory."""
    came = expected = prior
    for earlier in range(day - guard):
        weight = 0.5 ** ((day - guard - 1 - earlier) / half_life)
        came += weight * counts[earlier]
        expected += weight * mean[earlier]
    return came / expected


def plain_tail(count, mean, spread):
    """Mid-p at any count from 0: the law's tail where whole, its usual continuation between."""
    if spread > 1.0005:
        size, share = mean / (spread - 1), 1 / spread
        if count == int(count):
            law = stats.nbinom(size, share)
            return law.sf(count) + law.pmf(count) / 2
        return (
            stats.beta.cdf(1 - share, count, size) + stats.beta.cdf(1 - share, count + 1, size)
        ) / 2
    spread = min(spread, 1)
    edges = [(count + side) / spread + 0.5 for side in (-0.5, 0.5)]
    # P(Poisson(rate) >= edge) is P(gamma(edge) <= rate).
    return sum(stats.gamma.cdf(mean / spread, edge) if edge > 0 else 1 for edge in edges) / 2


def plain_rests(past, kinds):
    """Days of a weekday, or holidays, that never saw an event where six were due."""
    rests = np.zeros(len(kinds), bool)
    for kind in set(kinds):
        of_kind = np.array([each == kind for each in kinds])
        own = past[of_kind[: past.size]]
        rests |= of_kind & (own.sum() == 0) & (own.size * past.mean() >= 6)
    return rests


def plain_followed(counts, mean, rests, taught, columns, half_lives, guard):
    """The mean times the level of the half-life that foretold best."""
    known, best, chosen, due_then = taught.size, -math.inf, mean, mean * ~rests
    first = max(plain_dispersion(counts[:known], mean[:known], taught, columns), 0.005)
    for half_life in half_lives:
        told = mean.copy()
        for day in range(guard + 1, mean.size) if half_life else ():
            told[day] *= plain_level(
                counts, due_then, day, 5 * first, half_life=half_life, guard=guard
            )
        fit = taught @ stats.poisson.logpmf(counts[:known], told[:known]) / first
        fit += half_life is None  # a moving one must be better by more than chance gives
        if fit > best:
            best, chosen = fit, told
    return chosen


def plain_settled(counts, mean, taught, columns):
    """Dispersion in which Anscombe residuals above 3 weigh as the inverse of their square."""
    raw = max(plain_dispersion(counts, mean, taught, columns), 0.005)
    residual = 1.5 * (counts ** (2 / 3) - mean ** (2 / 3)) / (mean ** (1 / 6) * raw**0.5)
    weights = taught * [min(1, (3 / each) ** 2) if each > 3 else 1 for each in residual]
    return max(plain_dispersion(counts, mean, weights, columns), 0.005)


def plain_upper(mean, spread, alpha):
    least = mean + 0.25 * math.sqrt(spread * mean)
    if plain_tail(least, mean, spread) <= alpha:
        return least
    most = least + 50 * math.sqrt(spread * mean) + 50
    return optimize.brentq(
        lambda count: plain_tail(count, mean, spread) - alpha, least, most, xtol=1e-12
    )


def plain_judgement(counts, dates, closing, day, *, season, half_lives, guard, alpha):
    """Expected, upper and p-value for one day of one series, from the days before it."""
    known = day - day % 28
    rows = [plain_day(dates, each, closing, season) for each in range(day + 1)]
    full = known >= 2 * season
    design = np.array([row[0] + row[1] * full for row in rows])
    ridge = np.array(rows[0][2] + rows[0][3] * full)
    kinds = ["holiday" if d.item() in closing else d.item().weekday() for d in dates[: day + 1]]
    rests = plain_rests(counts[:known], kinds)
    taught = 1.0 - rests[:known]

    beta = plain_fit(counts[:known], design[:known], ridge, taught)
    mean = np.where(rests, 0.5 / (rests[:known].sum() + 1), np.exp(design @ beta))
    # What rests neither came nor was due, but its own mean moves with the level.
    level = plain_followed(
        counts[: day + 1] * ~rests, mean, rests, taught, ridge.size, half_lives, guard
    )
    spread = plain_settled(counts[:known], level[:known], taught, ridge.size)
    expected, spread = level[day], 1.0 if rests[day] else spread
    p_value = plain_tail(counts[day], expected, spread)
    return expected, plain_upper(expected, spread, alpha), p_value


def plain_cases():
    """Name, counts, holidays and settings."""
    rng, number = np.random.default_rng(11), 800
    dates = days(number)
    usual = {"season": 365.25, "half_lives": (4, None, 14), "guard": 2, "alpha": 0.005}
    seasonal = rng.poisson(due(12, number)[0])

    closing = np.r_[dates[np.arange(number) % 47 == 19], dates[[-1, -6]]]
    mean = due(9, number)[0] * np.exp(np.cumsum(rng.normal(0, 0.05, number)))
    mean[np.isin(dates, closing)] *= 0.3
    mean[np.isin(dates - 1, closing)] *= 1.7
    wandering = rng.negative_binomial(mean / 1.5, 1 / 2.5)
    wandering[300:304] += 60  # an outbreak, to be weighed down

    closed = rng.negative_binomial(due(20, 400)[0], 1 / 2)
    closed[np.arange(400) % 7 == 6] = 0
    steady = np.rint(60 * np.exp(0.2 * np.sin(np.arange(420) / 40)) + rng.normal(0, 3, 420))
    settled = usual | {"half_lives": (None, 3, 10), "guard": 1, "alpha": 0.02}
    slow = settled | {"half_lives": (None, 300)}  # better, by less than chance gives
    return [
        ("week and season", seasonal, dates[:0], usual),
        ("holidays and a level that wanders", wandering, closing, settled),
        ("a level too slow to tell from one that stays", wandering, closing, slow),
        ("closed on Sundays, under two seasons", closed, dates[:0], usual | {"alpha": 0.45}),
        ("less than Poisson, a season of its own", steady, dates[:0], usual | {"season": 90}),
    ]


@pytest.mark.parametrize("case", plain_cases(), ids=lambda case: case[0])
def test_is_that_of_a_plain_reckoning(case):
    _, counts, closing, settings = case
    dates, first = days(counts.size), counts.size - 30
    found = daily(counts[None], dates=dates, holidays=closing, evaluate=30, **settings)
    for column in (0, 12, 24, 25, 28, 29):  # of two fits; with a holiday and the day after one
        plain = plain_judgement(counts, dates, set(closing.tolist()), first + column, **settings)
        seen = [getattr(found, name)[0, column] for name in ("expected", "upper", "p_value")]
        np.testing.assert_allclose(seen, plain, rtol=1e-7)


TABLE = np.zeros((2, 70))


@pytest.mark.parametrize(
    ("counts", "given", "said"),
    [
        ([[1, np.nan]], {}, "not a number"),
        ([[1, -1]], {}, "whole numbers from 0"),
        (np.zeros((0, 5)), {}, "empty"),
        (np.zeros(40), {}, "1 dimension where"),
        (TABLE, {"dates": days(69)}, "dates are 69"),
        (TABLE, {"dates": days(71)[np.arange(71) != 30]}, "leap"),
        (TABLE, {"dates": ["x"] * 70}, "not dates"),
        (TABLE, {"holidays": ["x"]}, "holidays"),
        (TABLE, {"holidays": [np.datetime64("NaT")]}, "holidays"),
        (TABLE, {"evaluate": 71}, "evaluate"),
        (TABLE, {"season": 7}, "season"),
        (TABLE, {"alpha": 0}, "alpha"),
        (TABLE, {"guard": -1}, "guard"),
        (TABLE, {"half_lives": (-1,)}, "half_lives"),
        (TABLE, {"pool": [1, 2, 3]}, "pool"),
        (TABLE, {"pool_events": -1}, "pool_events"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_sentence(counts, given, said):
    given = {"dates": days(np.shape(counts)[-1]), **given}
    with pytest.raises(BadInput, match=said) as refusal:
        daily(counts, **given)
    assert "\n" not in str(refusal.value)
