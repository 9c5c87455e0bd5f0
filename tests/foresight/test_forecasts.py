"""Forecasts: laws, honest intervals on noise, an independent oracle, and bad input."""

import doctest
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from xianban.base.errors import BadInput
from xianban.foresight import forecasts
from xianban.foresight.forecasts import design, fitting, forecast, forecaster, hierarchy, newton
from xianban.foresight.forecasts.kernels import mixture_quantiles

FINE = np.arange(1, 100) / 100


def days(length, start="2024-01-01"):
    return np.datetime64(start) + np.arange(length)


def city(*, series=40, length=200, mean=4.0, dispersion=1.5, seed=0):
    """Areas × matters with weekdays, drawn as the model says; the last 28 days are to come."""
    rng = np.random.default_rng(seed)
    level = np.exp(rng.normal(np.log(mean), 0.5, (series, 1)))
    weekday = np.exp(rng.normal(0, 0.2, 7))[np.arange(length) % 7]
    size = level * weekday / (dispersion - 1)
    counts = rng.poisson(rng.gamma(size) * (dispersion - 1))
    return counts, np.arange(series) // 5, np.arange(series) % 5


def pit(forecast_, actual, rng):
    """Randomised probability integral transform from fine quantiles: uniform if calibrated."""
    below = (forecast_.values < actual[..., None]).mean(axis=-1)
    upto = (forecast_.values <= actual[..., None]).mean(axis=-1)
    return below + rng.random(actual.shape) * (upto - below)


# laws


def test_values_are_whole_rise_with_their_chance_and_keep_the_order_asked():
    counts, areas, matters = city()
    ahead = forecasts.fit(counts, dates=days(200), areas=areas, categories=matters, seed=0)
    values = ahead.predict(10, FINE).values
    assert (values == np.floor(values)).all()
    assert (values >= 0).all()
    assert (np.diff(values, axis=-1) >= 0).all()
    turned = ahead.predict(10, [0.9, 0.1]).values
    assert (turned[..., 0] == values[..., 89]).all()
    assert (turned[..., 1] == values[..., 9]).all()


def test_permuting_series_permutes_the_forecast():
    counts, areas, matters = city()
    order = np.random.default_rng(5).permutation(len(counts))
    plain = forecasts.fit(counts, dates=days(200), areas=areas, categories=matters, seed=0)
    mixed = forecasts.fit(
        counts[order], dates=days(200), areas=areas[order], categories=matters[order], seed=0
    )
    np.testing.assert_allclose(mixed.predict().mean, plain.predict().mean[order], rtol=1e-8)


def test_labels_are_only_names():
    counts, areas, matters = city()
    numbers = forecasts.fit(counts, dates=days(200), areas=areas, categories=matters, seed=0)
    names = [f"街道{area}" for area in areas]
    named = forecasts.fit(counts, dates=days(200), areas=names, categories=list(matters), seed=0)
    assert (named.predict().values == numbers.predict().values).all()


def test_moving_the_calendar_by_weeks_moves_the_forecast_with_it():
    counts, _, _ = city()
    first = forecasts.fit(counts, dates=days(200), seed=0).predict()
    later = forecasts.fit(counts, dates=days(200, "2024-01-29"), seed=0).predict()
    assert (first.values == later.values).all()
    assert later.dates[0] - first.dates[0] == np.timedelta64(28, "D")


def test_ten_times_as_many_cases_are_forecast_as_ten_times_as_many():
    counts, _, _ = city(mean=30)
    one = forecasts.fit(counts, dates=days(200), seed=0).predict().mean
    ten = forecasts.fit(10 * counts, dates=days(200), seed=0).predict().mean
    assert abs(np.log(ten / one / 10)).mean() < 0.02


def test_weekday_holiday_and_level_are_found():
    when = days(560, "2024-01-01")
    rng = np.random.default_rng(2)
    off = when[np.isin(when.astype("datetime64[D]").astype(int) % 25, [0, 1])]
    mean = np.where((when.astype(int) + 3) % 7 == 6, 5.0, 20.0)
    mean = np.where(np.isin(when, off), mean * 0.3, mean) * np.where(np.arange(560) > 400, 2, 1)
    counts = rng.poisson(np.tile(mean, (6, 1)))
    ahead = forecasts.fit(counts[:, :532], dates=when[:532], holidays=off, seed=0).predict()
    assert ahead.holiday.any()
    error = np.abs(np.log(ahead.mean / mean[532:]))
    assert np.median(error) < 0.08
    assert error.max() < 0.35


def test_a_named_holiday_may_differ_from_the_others():
    when = days(800)
    rng = np.random.default_rng(2)
    spring = dict.fromkeys(when[[40, 41, 405, 406, 770, 771]], "spring")
    autumn = dict.fromkeys(when[[270, 271, 300, 301, 635, 636, 660, 661]], "autumn")
    mean = np.full(800, 20.0)
    mean[np.isin(when, list(spring))] = 4
    mean[np.isin(when, list(autumn))] = 40
    counts = rng.poisson(np.tile(mean, (10, 1)))
    past = {"dates": when[:760], "seed": 0}
    named = forecasts.fit(counts[:, :760], holidays=spring | autumn, **past).predict(20).mean
    plain = forecasts.fit(counts[:, :760], holidays=[*spring, *autumn], **past).predict(20).mean
    assert abs(named[:, 10:12].mean() - 4) < 1.5
    assert plain[:, 10:12].mean() > 8


def test_what_follows_the_past_does_not_change_it():
    counts, areas, _ = city()
    seen = counts.copy()
    forecasts.fit(counts, dates=days(200), areas=areas, seed=0).predict()
    assert (seen == counts).all()


def test_means_add_up_the_tree_and_a_node_of_one_series_is_that_series():
    counts, _, _ = city(series=7)
    areas = ["a1", "a1", "a2", "b1", "b1", "b1", "c"]
    parents = {"a1": "a", "a2": "a", "b1": "b", "a": "west", "b": "west"}
    ahead = forecasts.fit(counts, dates=days(200), areas=areas, parents=parents, seed=1).predict()
    totals = ahead.totals()
    assert totals.nodes[0] == "(all)"
    assert set(totals.nodes[1:]) == {"west", "a", "a1", "a2", "b", "b1", "c"}
    place = {label: node for node, label in enumerate(totals.nodes)}
    np.testing.assert_allclose(totals.mean[0], ahead.mean.sum(axis=0))
    np.testing.assert_allclose(
        totals.mean[place["west"]], totals.mean[place["a"]] + totals.mean[place["b"]]
    )
    assert totals.parent[place["a1"]] == place["a"]
    assert (totals.values[place["c"]] == ahead.values[6]).all()
    assert (totals.values == np.floor(totals.values)).all()


def test_sums_over_days_agree_with_the_chance_that_they_are_reached():
    counts, areas, _ = city(series=10)
    ahead = forecasts.fit(counts, dates=days(200), areas=areas[:10], seed=0).predict(14, [0.1, 0.9])
    totals = ahead.totals()
    assert (totals.sums[:, 0] <= totals.mean.sum(axis=1)).all()
    assert (totals.sums[:, 1] >= totals.mean.sum(axis=1)).all()
    assert (totals.sums[:, 1] <= totals.values[:, :, 1].sum(axis=1)).all()  # days even out
    reached = ahead.surge(totals.sums[:, 1], over="sum", of="nodes")
    assert ((reached >= 0.1) & (reached < 0.2)).all()


def test_an_area_may_hold_series_of_its_own_and_areas_below():
    counts, _, _ = city(series=3)
    ahead = forecasts.fit(
        counts, dates=days(200), areas=["town", "street", "street"], parents={"street": "town"},
        seed=0,
    ).predict()  # fmt: skip
    totals = ahead.totals()
    np.testing.assert_allclose(totals.mean[totals.nodes.index("town")], ahead.mean.sum(axis=0))


def test_the_same_seed_answers_alike_and_a_generator_will_do():
    counts, areas, _ = city(series=10)
    ask = {"dates": days(200), "areas": areas[:10]}
    first = forecasts.fit(counts, seed=0, **ask).predict()
    again = forecasts.fit(counts, seed=0, **ask).predict()
    assert (first.surge(9) == again.surge(9)).all()
    assert (first.surge(9) == first.surge(9)).all()
    from_generator = forecasts.fit(counts, seed=np.random.default_rng(0), **ask).predict()
    assert (from_generator.values == first.values).all()


def test_surge_falls_with_its_level_and_agrees_with_the_quantiles():
    counts, areas, _ = city(series=10)
    ahead = forecasts.fit(counts, dates=days(200), areas=areas[:10], seed=0).predict(14, FINE)
    chances = np.stack([ahead.surge(level) for level in (0, 3, 6, 12, 400)])
    assert (np.diff(chances, axis=0) <= 0).all()
    assert (chances[0] == 1).all()
    assert (chances[-1] == 0).all()
    each = ahead.surge(5, over="each")
    exact = (ahead.values >= 5).mean(axis=-1)  # share of quantiles at or above 5
    assert np.abs(each - exact).max() < 0.06
    assert (each.max(axis=1) <= ahead.surge(5)).all()
    assert (ahead.surge(5, over="sum") >= ahead.surge(5)).all()
    nodes = ahead.surge(np.zeros(3), of="nodes", over="each")
    assert nodes.shape == (3, 14)


# noise: intervals hold what they say


def poisson(rng, shape):
    return rng.poisson(3.0, shape)


def negative_binomial(rng, shape):
    return rng.poisson(rng.gamma(4.0, size=shape) * 1.0)


def mostly_zero(rng, shape):
    return rng.poisson(0.08, shape)


def zero_inflated(rng, shape):
    return rng.poisson(4.0, shape) * (rng.random(shape) < 0.6)


def seasonal(rng, shape):
    return rng.poisson(np.exp(1 + 0.8 * np.sin(2 * np.pi * np.arange(shape[1]) / 365.25)), shape)


@pytest.mark.parametrize(
    "noise", [poisson, negative_binomial, mostly_zero, zero_inflated, seasonal]
)
def test_intervals_hold_what_they_say_on_noise(noise):
    rng = np.random.default_rng(11)
    counts = noise(rng, (60, 508))
    ahead = forecasts.fit(counts[:, :480], dates=days(480), seed=0).predict(28, FINE)
    u = pit(ahead, counts[:, 480:], rng)
    assert abs((np.abs(u - 0.5) < 0.45).mean() - 0.90) < 0.025
    assert abs((np.abs(u - 0.5) < 0.25).mean() - 0.50) < 0.05
    assert abs(ahead.mean.sum() / counts[:, 480:].sum() - 1) < 0.12


def test_totals_hold_what_they_say_when_matters_rise_together():
    """A shared storm on single days widens the whole's interval, not only each series' own."""
    rng = np.random.default_rng(4)
    storm = np.exp(rng.normal(0, 0.4, 428))
    counts = rng.poisson(3 * storm, (50, 428))
    ahead = forecasts.fit(counts[:, :400], dates=days(400), seed=0).predict(28)
    totals = ahead.totals().values[0]
    whole = counts[:, 400:].sum(axis=0)
    assert 0.75 <= ((whole >= totals[:, 0]) & (whole <= totals[:, -1])).mean() <= 1
    poisson_width = 2 * 1.645 * np.sqrt(whole.mean())
    assert (totals[:, -1] - totals[:, 0]).mean() > 2 * poisson_width


def test_surge_chances_come_true_as_often_as_they_say():
    counts, areas, matters = city(series=200, length=228, seed=8)
    ahead = forecasts.fit(
        counts[:, :200], dates=days(200), areas=areas, categories=matters, seed=0
    ).predict(28)
    bar = np.ceil(ahead.mean.mean(axis=1) * 2.2 + 2)
    came = (counts[:, 200:].max(axis=1) >= bar).mean()
    assert 0.1 < came < 0.9
    assert abs(ahead.surge(bar).mean() - came) < 0.08


def test_a_surge_is_not_carried_on_for_ever():
    rng = np.random.default_rng(0)
    mean = np.full(300, 10.0)
    mean[-10:] = 40
    ahead = forecasts.fit(rng.poisson(np.tile(mean, (8, 1))), dates=days(300), seed=0).predict(180)
    middle = ahead.values[..., 3]
    assert middle[:, -7:].mean() < 0.9 * middle[:, :7].mean()
    assert ahead.mean[:, -7:].mean() < ahead.mean[:, :7].mean()


# oracles


def test_quantiles_are_those_of_scipy():
    rng = np.random.default_rng(0)
    means = rng.gamma(1.0, 20.0, 50)
    over = 1 + rng.gamma(1.0, 1.0, 50)
    levels = np.array([0.01, 0.3, 0.5, 0.99])
    ours = mixture_quantiles(means[:, None], np.ones(1), over, levels)
    theirs = stats.nbinom.ppf(levels, (means / (over - 1))[:, None], (1 / over)[:, None])
    assert (ours == theirs).all()
    poisson_ours = mixture_quantiles(means[:, None], np.ones(1), np.ones(50), levels)
    assert (poisson_ours == stats.poisson.ppf(levels, means[:, None])).all()
    large = mixture_quantiles(np.array([[2e6]]), np.ones(1), np.array([1.0]), levels)
    assert (np.abs(large - stats.poisson.ppf(levels, 2e6)) <= 1).all()


@pytest.mark.parametrize("mean", [1e6, 1e9])
@pytest.mark.parametrize("share", [1e-6, 1e-2])
def test_quantiles_of_huge_counts_need_no_walk(mean, share):
    over, levels = mean * share, np.array([0.01, 0.05, 0.5, 0.95, 0.99])
    got = mixture_quantiles(np.array([[mean]]), np.ones(1), np.array([over]), levels)[0]
    reached = stats.gamma.cdf(got, 1 / share, scale=over)
    assert np.abs(reached - levels).max() < 2e-3


def test_a_newton_step_is_that_of_the_dense_system():
    """The arrow matrix solved by parts against the same matrix written out whole."""
    rng = np.random.default_rng(3)
    groups, length = 3, 30
    columns = rng.normal(size=(length, 4))
    starts = fitting.block_starts(length)
    blocks = len(starts)
    weight = rng.gamma(2.0, size=(groups, length))
    gradient = rng.normal(size=(groups, length)) * 0.05
    prior = newton.Prior(np.array([1.0, 0.5, 0.2, 0.3]), 0.04, 0.9)
    old = newton.Posterior(
        *(rng.normal(size=(groups, width)) * 0.1 for width in (4, blocks)),
        *(np.zeros((groups, *shape)) for shape in ((4, 4), (blocks,), (blocks - 1,), (4,))),
    )
    new = newton.step(
        old, prior=prior, gradient=gradient, weight=weight, columns=columns, starts=starts, most=99
    )
    block = np.repeat(np.arange(blocks), np.diff(np.append(starts, length)))
    whole = np.hstack([columns, block[:, None] == np.arange(blocks)])
    lag = np.abs(np.arange(blocks)[:, None] - np.arange(blocks))
    level_precision = np.linalg.inv(0.04 / (1 - 0.9**2) * 0.9**lag)
    precision = np.zeros((4 + blocks, 4 + blocks))
    precision[:4, :4] = np.diag(1 / prior.effect_var)
    precision[4:, 4:] = level_precision
    for group in range(groups):
        hessian = whole.T @ (weight[group][:, None] * whole) + precision
        at = np.concatenate([old.effects[group], old.level[group]])
        moved = at + np.linalg.solve(hessian, whole.T @ gradient[group] - precision @ at)
        cov = np.linalg.inv(hessian)
        np.testing.assert_allclose(new.effects[group], moved[:4], rtol=1e-8)
        np.testing.assert_allclose(new.level[group], moved[4:], rtol=1e-7, atol=1e-10)
        np.testing.assert_allclose(new.effect_cov[group], cov[:4, :4], rtol=1e-8)
        np.testing.assert_allclose(new.level_var[group], np.diag(cov)[4:], rtol=1e-8)
        np.testing.assert_allclose(new.level_cov[group], np.diag(cov, 1)[4:], rtol=1e-8)
        np.testing.assert_allclose(new.last_cov[group], cov[:4, -1], rtol=1e-8)


def test_joint_futures_have_the_mean_and_quantiles_of_the_values():
    counts, areas, matters = city(series=20)
    ahead = forecasts.fit(
        counts, dates=days(200), areas=areas[:20], categories=matters[:20], seed=0
    ).predict(10, [0.1, 0.5, 0.9], draws=4000)
    drawn = np.concatenate(list(ahead.outlook.futures(draws=4000, seed=1)))
    np.testing.assert_allclose(drawn.mean(axis=0), ahead.mean, rtol=0.08)
    counted = np.quantile(drawn, [0.1, 0.5, 0.9], axis=0, method="inverted_cdf")
    assert np.abs(np.moveaxis(counted, 0, -1) - ahead.values).max() <= 1


def test_the_whole_model_beats_the_same_weekday_of_last_week():
    counts, areas, matters = city(length=228)
    ahead = forecasts.fit(
        counts[:, :200], dates=days(200), areas=areas, categories=matters, seed=0
    ).predict(28, [0.5])
    actual = counts[:, 200:]
    naive = np.abs(actual - np.tile(counts[:, 193:200], 4)).mean()
    assert np.abs(actual - ahead.values[..., 0]).mean() < 0.8 * naive


# too little data, and bad input


def test_too_little_data_is_said_and_never_nan():
    counts = np.zeros((3, 28), dtype=int)
    counts[1, 5] = 1
    fitted = forecasts.fit(counts, dates=days(28), areas=["a", "b", "b"], seed=0)
    ahead = fitted.predict()
    assert not ahead.enough.any()
    assert not fitted.seasonal
    assert np.isfinite(ahead.mean).all()
    assert np.isfinite(ahead.values).all()
    assert ahead.mean.max() < 1
    assert forecasts.fit(counts + 1, dates=days(28), seed=0).predict().enough.all()


def test_one_series_of_four_weeks_has_a_forecast():
    counts = np.random.default_rng(0).poisson(6, (1, 28))
    ahead = forecasts.fit(counts, dates=days(28), seed=0).predict()
    assert 4 < ahead.mean.mean() < 9
    assert ahead.totals().mean.shape == (1, 28)


def test_a_long_run_of_zeros_does_not_run_away():
    counts = np.zeros((4, 500))
    counts[0] = np.random.default_rng(0).poisson(5000, 500)
    ahead = forecasts.fit(counts, dates=days(500), areas=[1, 1, 2, 2], seed=0).predict()
    assert ahead.values[1:].max() <= 1
    assert abs(ahead.mean[0].mean() / 5000 - 1) < 0.05


GOOD = np.ones((2, 40))
NAN = np.where(np.arange(40) == 3, np.nan, GOOD)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"counts": NAN}, r"counts has a value that is not a number at \[0, 3\]"),
        ({"counts": -GOOD}, "counts are whole numbers from 0"),
        ({"counts": GOOD * 0.5}, "counts are whole numbers from 0"),
        ({"counts": np.empty((0, 40))}, "counts is empty"),
        ({"counts": np.ones(40)}, "1 dimension where 2 are needed"),
        ({"dates": days(39)}, "39 for 40 columns"),
        ({"dates": days(41)[[*range(39), 40]]}, "leap after"),
        ({"counts": GOOD[:, :20], "dates": days(20)}, "cover 20 days; give at least 28"),
        ({"areas": ["a"]}, "areas are 1 labels for 2 series"),
        ({"areas": "ab"}, "give one label for each series"),
        ({"areas": ["a", None]}, r"areas has no label at \[1\]"),
        ({"areas": ["a", "(all)"]}, "names the whole"),
        ({"areas": ["a", "b"], "parents": {"a": "b", "b": "a"}}, "go in a circle"),
        ({"areas": ["a", "b"], "parents": ["a"]}, "parents is list"),
        ({"parents": {"a": "b"}}, "parents are given without areas"),
        ({"categories": [1, 2, 3]}, "categories are 3 labels for 2 series"),
        ({"holidays": ["soon"]}, "holidays are not dates"),
        ({"holidays": ["NaT"]}, "holidays has an empty date"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": None}, "seed is None"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(change, said):
    given = {"counts": GOOD, "dates": days(40), "seed": 0} | change
    with pytest.raises(BadInput, match=said) as refused:
        forecasts.fit(given.pop("counts"), **given)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda f: f.predict(0), "horizon is 0"),
        (lambda f: f.predict(7, [0.5, 1]), "a quantile is 1"),
        (lambda f: f.predict(7, []), "quantiles is empty"),
        (lambda f: f.predict(7, [0.5], draws=1), "draws is 1"),
        (lambda f: f.predict().surge(-1), "level is -1"),
        (lambda f: f.predict().surge([1, 2, 3]), "level has shape"),
        (lambda f: f.predict().surge(1, over="week"), "over is 'week'"),
        (lambda f: f.predict().surge(1, of="area"), "of is 'area'"),
    ],
)
def test_a_wrong_question_is_refused_in_a_sentence(ask, said):
    fitted = forecasts.fit(GOOD, dates=days(40), seed=0)
    with pytest.raises(BadInput, match=said):
        ask(fitted)


@pytest.mark.parametrize("module", [forecast, forecaster, design, hierarchy, newton])
def test_examples_in_docstrings_run(module):
    assert doctest.testmod(module).failed == 0


def test_the_page_of_the_docs_runs(capsys):
    page = Path(__file__).parents[2] / "docs" / "foresight" / "forecasts.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    assert blocks
    for block in blocks:
        exec(block, {})
    assert capsys.readouterr().out


# data


def test_the_stored_daily_series_are_forecast_near_the_truth(data):
    """The last 28 days: the true mean and dispersion score .406, last week's values .674."""
    pl = pytest.importorskip("polars")
    table = pl.read_parquet(data / "series" / "daily.parquet").sort("unique_id", "ds")
    counts = table["y"].to_numpy().reshape(500, 759)
    when = table["ds"].to_numpy().astype("datetime64[D]").reshape(500, 759)[0]
    off = when[table["hol"].to_numpy().reshape(500, 759)[0] > 0]
    areas, matters = (table[name].to_numpy().reshape(500, 759)[:, 0] for name in ("area", "cat"))
    past, actual = counts[:, :-28], counts[:, -28:]
    levels = np.array(forecaster.QUANTILES)
    ahead = forecasts.fit(
        past, dates=when[:-28], holidays=off, areas=areas, categories=matters, seed=0
    )
    values = ahead.predict(28, levels).values
    miss = actual[..., None] - values
    loss = 2 * np.maximum(levels * miss, (levels - 1) * miss).mean(axis=(1, 2))
    scale = np.abs(past[:, 7:] - past[:, :-7]).mean(axis=1)
    assert (loss[scale > 0] / scale[scale > 0]).mean() < 0.43
    u = pit(ahead.predict(28, np.arange(1, 200) / 200), actual, np.random.default_rng(0))
    assert 0.88 < (np.abs(u - 0.5) < 0.45).mean() < 0.93
