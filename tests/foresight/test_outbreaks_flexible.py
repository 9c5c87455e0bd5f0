"""Weekly counts judged as the improved Farrington method does."""

import csv
import gzip
from dataclasses import FrozenInstanceError, fields
from datetime import date

import numpy as np
import pytest
from scipy import stats

from xianban.base.errors import BadInput
from xianban.foresight.outbreaks import Reason, flexible, tails
from xianban.foresight.outbreaks.flexible import SERIES_A_TASK, reference_runs

OLDER = {"season_levels": 1, "skip_recent": 3, "trend_alpha": 0.05, "threshold": "delta"}
ARRAYS = ("expected", "upper", "p_value", "score", "alarm", "reason")
WEEKS = 320


def quiet(mean, *, dispersion=1.0, series=300, weeks=WEEKS, seed=0, season=0.0, missing=0.0):
    """Counts with nothing in them: Poisson or negative binomial, seasonal, with extra zeros."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi, (series, 1))
    wave = np.exp(season * np.cos(2 * np.pi * np.arange(weeks) / 52 + phase))
    expected = np.broadcast_to(np.asarray(mean, float).reshape(-1, 1), (series, 1)) * wave
    if dispersion > 1:
        counts = rng.negative_binomial(expected / (dispersion - 1), 1 / dispersion)
    else:
        counts = rng.poisson(expected)
    return counts * (rng.random(counts.shape) >= missing)


def same(found, other, *, series=slice(None), columns=slice(None)):
    for name in ARRAYS:
        np.testing.assert_array_equal(
            getattr(found, name)[series][:, columns], getattr(other, name), err_msg=name
        )


# A plain fit, as the oracle: iteratively reweighted least squares on a full design matrix.


def plain_glm(design, y, weights):
    fitted = y + 0.1
    before = np.inf
    for _ in range(100):
        w = weights * fitted
        z = np.log(fitted) + (y - fitted) / fitted
        root = np.sqrt(w)
        beta = np.linalg.lstsq(design * root[:, None], z * root)[0]
        fitted = np.exp(design @ beta)
        if np.max(np.abs(beta - before)) < 1e-10:
            break
        before = beta
    covariance = np.linalg.inv((design.T * (weights * fitted)) @ design)
    phi = np.sum(weights * (y - fitted) ** 2 / fitted) / (y.size - design.shape[1])
    return beta, fitted, covariance, phi


def plain_fit(design, y, above):
    weights = np.ones(y.size)
    beta, fitted, covariance, phi = plain_glm(design, y, weights)
    leverage = fitted * np.einsum("ij,jk,ik->i", design, covariance, design)
    residual = 1.5 * (y ** (2 / 3) * fitted ** (-1 / 6) - np.sqrt(fitted))
    residual /= np.sqrt(max(phi, 1) * (1 - leverage))
    weights = np.where(residual > above, residual, 1.0) ** -2.0
    weights *= y.size / weights.sum()
    beta, fitted, covariance, phi = plain_glm(design, y, weights)
    relative = np.sum(weights * ((y - fitted) / fitted) ** 2) / (y.size - design.shape[1])
    return beta, covariance, max(phi, 1.0), relative


def plain_judgement(series, *, levels, skip, trend_alpha, delta, alpha=0.005, above=2.58):
    """Expected count, upper bound and p-value of the last week, by the plainest means."""
    now = series.size - 1
    part = np.full(now, -1)
    for year in range(1, 6):
        centre = now - 52 * year
        part[centre - 3 : centre + 4] = levels - 1
        if levels > 1:
            for j, between in enumerate(np.array_split(np.arange(centre + 4, centre + 49), 9)):
                part[between] = j
    part[now - skip :] = -1
    weeks = np.flatnonzero(part >= 0)
    y = series[weeks].astype(float)
    design = (part[weeks][:, None] == np.arange(levels)).astype(float)
    at = np.zeros(levels)
    at[-1] = 1
    with_trend = np.column_stack([design, weeks - now])
    beta, covariance, phi, relative = plain_fit(with_trend, y, above)
    t_value = beta[-1] / np.sqrt(relative * covariance[-1, -1])
    p_trend = 2 * stats.t.sf(abs(t_value), y.size - levels - 1)
    at_trend = np.append(at, 0.0)
    if p_trend < trend_alpha and np.exp(at_trend @ beta) <= y.max():
        at = at_trend
    else:
        beta, covariance, phi, relative = plain_fit(design, y, above)
    mean = np.exp(at @ beta)
    if delta:
        error = mean**2 * relative * (at @ covariance @ at)
        spread = np.sqrt(4 / 9 * mean ** (1 / 3) * (phi + error / mean))
        upper = (mean ** (2 / 3) + stats.norm.isf(alpha) * spread) ** 1.5
        return mean, upper, stats.norm.sf(series[-1] ** (2 / 3), mean ** (2 / 3), spread)
    law = stats.nbinom(mean / (phi - 1), 1 / phi) if phi > 1 else stats.poisson(mean)
    return mean, law.isf(alpha), law.sf(series[-1]) + law.pmf(series[-1]) / 2


@pytest.mark.parametrize("older", [False, True])
def test_it_answers_as_a_plain_fit_does(older):
    means = np.repeat([1.5, 8.0, 40.0, 400.0], 6)
    counts = quiet(means, dispersion=1.7, series=24, seed=3, season=0.4)
    counts = np.vstack([counts, quiet(25, series=4, seed=4)])
    counts[::5, 100:104] *= 6  # a past outbreak, to be weighed down
    counts[1::4, :200] //= 2  # a rise that a trend takes for one
    found = flexible(counts, **(OLDER if older else {}))
    choices = (
        {"levels": 1, "skip": 3, "trend_alpha": 0.05, "delta": True}
        if older
        else {"levels": 10, "skip": 26, "trend_alpha": 1.0, "delta": False}
    )
    for i, series in enumerate(counts):
        mean, upper, p_value = plain_judgement(series, **choices)
        np.testing.assert_allclose(found.expected[i, 0], mean, rtol=2e-4)
        np.testing.assert_allclose(found.upper[i, 0], upper, rtol=2e-4 if older else 0)
        np.testing.assert_allclose(found.p_value[i, 0], p_value, rtol=5e-3, atol=1e-12)


def stored(path):
    with gzip.open(path, "rt") as file:
        return np.array(list(csv.reader(file))[1:], dtype=float)


@pytest.mark.parametrize(("name", "older"), [("Noufaily", False), ("Default", True)])
def test_it_agrees_with_r(data, name, older):
    counts = stored(data / "series/weekly.csv.gz")[:, 1:]
    answers = stored(data / f"series/weekly_r_flex{name}.csv.gz").reshape(210, 49, -1)
    found = flexible(counts, evaluate=49, low=(0, 4), **(OLDER if older else {}))
    equal = np.floor(found.upper) == np.floor(answers[..., 3])
    assert equal.mean() >= 0.998
    for series, column in np.argwhere(~equal):
        now = 575 + column
        weeks = [now - 52 * year + shift for year in range(1, 6) for shift in range(-3, 4)]
        past = counts[series, weeks]
        if past.sum() == 0:  # ours says 1/70 and bounds it by 1, R nought
            continue
        near_whole = abs(found.upper[series, column] - answers[series, column, 3]) < 1e-3
        residual = 1.5 * (past.max() ** (2 / 3) * past.mean() ** (-1 / 6) - past.mean() ** 0.5)
        residual /= np.sqrt(past.var(ddof=1) / past.mean() * 34 / 35)
        on_the_edge_of_reweighting = abs(residual - 2.58) < 1e-3
        assert older
        assert near_whole or on_the_edge_of_reweighting
    assert (found.alarm != (answers[..., 2] == 1)).sum() <= 1
    likely = answers[..., 4]
    if older:
        same_bound = np.isclose(found.upper, answers[..., 3], rtol=1e-3)
        np.testing.assert_allclose(found.p_value[same_bound], likely[same_bound], atol=1e-4)
    else:  # R's is the chance of the count or more, ours counts the count itself by half
        assert (found.p_value <= likely + 1e-4)[equal].all()


# Laws.


def test_a_step_is_judged_with_earlier_steps_alone():
    counts = quiet(6, dispersion=1.5, series=40)
    found = flexible(counts, evaluate=5)
    for column in range(5):
        one = flexible(counts[:, : WEEKS - 4 + column])
        same(found, one, columns=slice(column, column + 1))


def test_a_series_is_judged_alone_and_in_any_order():
    counts = quiet(np.geomspace(0.2, 300, SERIES_A_TASK + 50), series=SERIES_A_TASK + 50)
    found = flexible(counts)
    order = np.random.default_rng(1).permutation(len(counts))
    same(found, flexible(counts[order]), series=order)
    same(found, flexible(counts[-1:]), series=slice(-1, None))


def test_what_is_older_or_left_out_changes_nothing():
    counts = quiet(6, series=40)
    longer = np.hstack([quiet(60, series=40, weeks=80, seed=9), counts])
    np.testing.assert_array_equal(flexible(counts).upper, flexible(longer).upper)
    recent = counts.copy()
    recent[:, -27:-1] *= 9  # the 26 weeks that teach nothing
    np.testing.assert_array_equal(flexible(counts).upper, flexible(recent).upper)
    recent[:, -28] *= 9
    assert (flexible(counts).expected != flexible(recent).expected).any()


@pytest.mark.parametrize("choices", [{}, OLDER])
def test_more_now_is_rarer_and_moves_no_bound(choices):
    counts = quiet(np.geomspace(0.05, 200, 60), series=60, dispersion=1.4)
    before = flexible(counts, **choices)
    counts[:, -1] += 1 + counts[:, -1]
    after = flexible(counts, **choices)
    np.testing.assert_array_equal(before.upper, after.upper)
    assert (after.p_value < before.p_value).all()
    assert (after.score > before.score).all()


def test_an_alarm_is_a_count_above_the_bound_with_enough_lately():
    counts = quiet(np.geomspace(0.02, 100, 600), series=600, dispersion=2)
    counts[::2, -1] += 4
    found = flexible(counts, low=(5, 4))
    above = counts[:, -1] > found.upper[:, 0]
    enough = counts[:, -4:].sum(axis=1) >= 5
    np.testing.assert_array_equal(found.alarm[:, 0], above & enough)
    np.testing.assert_array_equal(found.score[:, 0] > 1, above)
    assert (above & ~enough).any()
    assert (above & enough).any()
    np.testing.assert_array_equal(found.reason[:, 0] == Reason.FEW_RECENT, ~enough)


def test_a_smaller_alpha_bounds_higher():
    counts = quiet(8, series=50, dispersion=1.5)
    bounds = [flexible(counts, alpha=alpha).upper for alpha in (0.05, 0.005, 1e-6)]
    assert (bounds[0] <= bounds[1]).all()
    assert (bounds[1] < bounds[2]).all()


def test_a_past_outbreak_is_weighed_down():
    counts = quiet(10, series=50)
    counts[:, -53] = 70
    assert flexible(counts).upper.mean() < flexible(counts, reweight_above=None).upper.mean() - 2


def test_a_trend_is_followed_but_not_beyond_what_was_seen():
    weeks = np.arange(WEEKS)
    falling = np.round(200 * np.exp(-0.006 * weeks))[None, :]
    assert flexible(falling).expected[0, 0] == pytest.approx(falling[0, -1], rel=0.1)
    rising = np.round(10 * np.exp(0.01 * weeks))[None, :]
    found = flexible(rising)
    assert found.expected[0, 0] <= rising[0, :-27].max()
    assert flexible(falling, trend_alpha=0).expected[0, 0] > 1.2 * falling[0, -1]


@pytest.mark.parametrize("skip", [0, 2, 3, 26, 52])
@pytest.mark.parametrize("levels", [1, 2, 10])
def test_the_weeks_compared_with_are_past_and_taken_once(skip, levels):
    runs, parts = reference_runs(300, 52, 5, 3, levels, skip)
    weeks = [week for first, length, _ in runs for week in range(first, first + length)]
    assert weeks == sorted(set(weeks))
    assert weeks[0] == 300 - 260 - 3
    assert weeks[-1] < 300 - skip
    assert parts == levels
    own = [week for first, n, part in runs if part == parts - 1 for week in range(first, first + n)]
    assert all(min((300 - week) % 52, (week - 300) % 52) <= 3 for week in own)
    if levels > 1:  # every week but those left out
        assert weeks == list(range(37, 300 - skip))


def test_on_a_real_city_it_warns_of_a_few_weeks_in_a_hundred(data):
    """Sanitation complaints of Chicago, 50 wards; three years, so that two are compared with."""
    counts = np.zeros((50, 156), int)
    with gzip.open(data / "requests311/chicago_sanitation_2011_2013.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            ward = int(float(row["Ward"] or 0))
            week = (date.fromisoformat(row["Creation_Date"]) - date(2011, 1, 3)).days // 7
            if 1 <= ward <= 50 and 0 <= week < 156:
                counts[ward - 1, week] += 1
    found = flexible(counts, evaluate=40, years_back=2)
    assert found.judged.all()
    assert 0.015 < found.alarm.mean() < 0.035
    assert found.p_value.mean() == pytest.approx(0.5, abs=0.03)


# Noise: what it says of false alarms.

ROWS = 6000


@pytest.mark.parametrize(
    ("noise", "least", "most"),
    [
        ({"mean": 0.5}, 0.001, 0.007),
        ({"mean": 2}, 0.002, 0.008),
        ({"mean": 10}, 0.003, 0.009),
        ({"mean": 10, "season": 0.5}, 0.002, 0.009),
        ({"mean": 10, "dispersion": 2}, 0.004, 0.011),
        ({"mean": 50, "dispersion": 5}, 0.004, 0.011),
        ({"mean": 2, "dispersion": 4}, 0.006, 0.016),
        ({"mean": 2, "missing": 0.3}, 0.0, 0.004),
    ],
)
def test_false_alarms_are_what_the_docs_say(noise, least, most):
    found = flexible(quiet(**noise, series=ROWS, seed=11), low=(0, 4))
    assert least <= found.alarm.mean() <= most
    assert found.p_value.mean() == pytest.approx(0.5, abs=0.02)
    assert 0.03 < (found.p_value < 0.05).mean() < 0.085


def test_the_older_variant_warns_too_often_where_counts_vary_more_than_poisson():
    found = flexible(quiet(10, dispersion=2, series=ROWS, seed=12), low=(0, 4), **OLDER)
    assert 0.010 < found.alarm.mean() < 0.025


def test_a_doubling_is_found():
    counts = quiet(15, dispersion=1.5, series=400, seed=2)
    counts[:, -1] += 25
    assert flexible(counts).alarm.mean() > 0.9


# Too little to say.


def test_too_short_a_past_is_a_finding():
    found = flexible(quiet(5, series=3, weeks=100), evaluate=2)
    assert not found.judged.any()
    assert not found.alarm.any()
    assert (found.reason == Reason.SHORT_PAST).all()
    assert (found.p_value == 1).all()
    assert (found.score == 0).all()
    assert np.isinf(found.upper).all()
    assert found.expected[0, 0] == pytest.approx(quiet(5, series=3, weeks=100)[0, :98].mean())
    assert "too short" in Reason(found.reason[0, 0]).sentence


def test_one_step_of_one_series_is_too_short():
    found = flexible([[4]])
    assert found.expected.shape == (1, 1)
    assert found.reason[0, 0] == Reason.SHORT_PAST


def test_it_starts_when_two_years_and_a_window_are_there():
    counts = quiet(5, series=1, weeks=2 * 52 + 3 + 1)
    assert flexible(counts).judged.all()
    assert not flexible(counts[:, 1:]).judged.any()
    assert flexible(counts[:, 1:], years_back=1).judged.all()


def test_a_past_without_a_count_is_judged_by_its_length():
    counts = np.zeros((3, WEEKS), int)
    counts[:, -1] = [0, 1, 6]
    for choices in ({}, OLDER):
        found = flexible(counts, **choices)
        np.testing.assert_allclose(found.expected, 1 / 70)
        np.testing.assert_array_equal(found.upper, 1)
        assert found.alarm[:, 0].tolist() == [False, False, True]
        law = stats.nbinom(0.5, 35 / 36)
        for p_value, count in zip(found.p_value[:, 0], counts[:, -1], strict=True):
            assert p_value == pytest.approx(law.sf(count) + law.pmf(count) / 2, rel=1e-9)


def test_no_answer_is_ever_missing():
    rng = np.random.default_rng(8)
    rare = (rng.random((400, WEEKS)) < np.geomspace(1e-4, 0.2, 400)[:, None]).astype(int)
    huge = quiet(1e6, series=20)
    constant = np.full((2, WEEKS), [[1], [100_000]])
    once = np.zeros((WEEKS, WEEKS), int)
    np.fill_diagonal(once, 3)
    for counts in (rare, huge, constant, once):
        for choices in ({}, OLDER, {"season_levels": 46}, {"skip_recent": 0, "half_window": 0}):
            found = flexible(counts, evaluate=3, **choices)
            for name in ARRAYS:
                assert np.isfinite(getattr(found, name)).all(), name
            assert (found.p_value > 0).all()
            assert (found.p_value <= 1).all()
            assert found.judged.all()


def test_the_answer_is_frozen_and_typed():
    found = flexible(quiet(5, series=3))
    assert [field.name for field in fields(found)] == list(ARRAYS)
    with pytest.raises(FrozenInstanceError):
        found.alarm = None
    assert found.alarm.dtype == bool
    assert found.expected.dtype == np.float64


GOOD = np.ones((2, 200))


@pytest.mark.parametrize(
    ("counts", "choices", "says"),
    [
        (GOOD * np.nan, {}, "not a number"),
        (-GOOD, {}, "whole numbers from 0"),
        (GOOD / 2, {}, "whole numbers from 0"),
        (GOOD[0], {}, "1 dimension where 2"),
        ([[1, 2], [3]], {}, "equal rows"),
        ([], {}, "counts is empty"),
        (np.empty((0, 5)), {}, "empty"),
        (GOOD, {"evaluate": 0}, "evaluate"),
        (GOOD, {"evaluate": 201}, "from 1 to 200"),
        (GOOD, {"alpha": 0}, "alpha"),
        (GOOD, {"alpha": 1.5}, "alpha"),
        (GOOD, {"season": 0}, "season"),
        (GOOD, {"season": 10}, "do not fit a season"),
        (GOOD, {"years_back": 0}, "years_back"),
        (GOOD, {"half_window": -1}, "half_window"),
        (GOOD, {"half_window": 1.5}, "half_window"),
        (GOOD, {"season_levels": 0}, "season_levels"),
        (GOOD, {"skip_recent": -1}, "skip_recent"),
        (GOOD, {"skip_recent": 53}, "skip_recent"),
        (GOOD, {"trend_alpha": 2}, "trend_alpha"),
        (GOOD, {"trend_alpha": np.nan}, "trend_alpha"),
        (GOOD, {"threshold": "normal"}, "threshold"),
        (GOOD, {"reweight_above": 0}, "reweight_above"),
        (GOOD, {"low": 5}, "low"),
        (GOOD, {"low": (-1, 4)}, "low"),
        (GOOD, {"low": (5, 0)}, "low"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(counts, choices, says):
    with pytest.raises(BadInput, match=says) as refusal:
        flexible(counts, **choices)
    assert "\n" not in str(refusal.value)


# Tails of counts.


def test_tails_are_scipy_s():
    rng = np.random.default_rng(4)
    mean = 10 ** rng.uniform(-3, 4, 1500)
    excess = 10 ** rng.uniform(-3, 2, 1500)
    law = stats.nbinom(mean / excess, 1 / (1 + excess))
    count = np.floor(law.isf(10 ** rng.uniform(-40, 0, 1500)))
    count = np.maximum(np.nan_to_num(count), 0)
    chance = [tails.chance(*each) for each in zip(count, mean, excess, strict=True)]
    tail = [tails.tail(*each) for each in zip(count, mean, excess, strict=True)]
    np.testing.assert_allclose(chance, law.pmf(count), rtol=1e-9)
    np.testing.assert_allclose(tail, law.sf(count - 1), rtol=1e-9)
    for alpha in (0.2, 0.005, 1e-7):
        deviate = float(stats.norm.isf(alpha))
        bound = [
            tails.largest_usual(*each, alpha, deviate) for each in zip(mean, excess, strict=True)
        ]
        np.testing.assert_array_equal(bound, law.isf(alpha))


@pytest.mark.parametrize(
    ("mean", "excess"),
    [(1.0, 1e6), (1e-3, 1e4), (1e6, 1e5), (0.02, 30.0), (1e-9, 1e-10), (30.0, 900.0)],
)
@pytest.mark.parametrize("alpha", [0.3, 0.005, 1e-5])
def test_bounds_of_very_skewed_counts_hold(mean, excess, alpha):
    bound = tails.largest_usual(mean, excess, alpha, float(stats.norm.isf(alpha)))
    assert tails.tail(bound + 1, mean, excess) <= alpha
    assert bound == 0 or tails.tail(bound, mean, excess) > alpha


def test_tails_of_a_poisson_count_are_scipy_s():
    mean = np.geomspace(1e-3, 1e5, 200)
    for factor in (0.5, 1, 1.3):
        count = np.floor(mean * factor) + 1
        tail = [tails.tail(*each, tails.POISSON) for each in zip(count, mean, strict=True)]
        np.testing.assert_allclose(tail, stats.poisson.sf(count - 1, mean), rtol=1e-7, atol=1e-300)
