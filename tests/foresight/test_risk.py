"""Where to look next week: laws, chances that come true, an independent oracle, and bad input."""

import doctest
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize

from xianban.base.errors import BadInput
from xianban.foresight import risk
from xianban.foresight.risk import history, places, ranking, regression

START = np.datetime64("2024-01-01")


def events_of(counts):
    """(week, cell, matter) counts as lists of events: cell, date, matter."""
    week, cell, matter = np.nonzero(counts)
    many = counts[week, cell, matter].astype(int)
    week, cell, matter = (np.repeat(values, many) for values in (week, cell, matter))
    day = (np.arange(len(week)) * 3) % 7
    return cell, START + 7 * week + day, matter


def ranked(counts, **more):
    cell, when, matter = events_of(counts)
    given = {
        "cells": counts.shape[1], "when": when, "matters": matter, "since": START,
        "until": START + 7 * len(counts) - 1,
    }  # fmt: skip
    return risk.rank(cell, **(given | more))


def town(rng, *, weeks=80, cells=60, matters=3, rate=0.3):
    usual = rate * rng.gamma(0.8, 1 / 0.8, (cells, 1)) * rng.gamma(3, 1 / 3, (1, matters))
    return usual, rng.poisson(usual, (weeks, cells, matters))


# laws


def test_chances_are_chances_and_ranks_follow_them():
    _, counts = town(np.random.default_rng(0))
    found = ranked(counts)
    assert found.finding == ""
    assert ((found.probability > 0) & (found.probability < 1)).all()
    assert sorted(found.rank.ravel()) == list(range(1, found.rank.size + 1))
    ordered = found.probability.ravel()[np.argsort(found.rank, axis=None)]
    assert (np.diff(ordered) <= 0).all()
    assert [chance for _, _, chance in found.top(5)] == ordered[:5].tolist()


def test_reasons_and_base_make_up_the_chance():
    rng = np.random.default_rng(0)
    _, counts = town(rng)
    found = ranked(counts, xy=rng.normal(size=(60, 2)), assets=rng.normal(size=(60, 2)))
    assert found.groups == ("matter", "own history", "neighbours", "season", "assets")
    rate = np.exp(found.base + found.reasons.sum(axis=-1))
    np.testing.assert_allclose(found.expected, rate)
    np.testing.assert_allclose(found.probability, -np.expm1(-rate), rtol=1e-9)
    alone = ranked(counts)
    assert (alone.reasons[..., [2, 4]] == 0).all()


def test_order_of_events_and_names_of_places_do_not_matter():
    rng = np.random.default_rng(1)
    _, counts = town(rng)
    cell, when, matter = events_of(counts)
    plain = ranked(counts)
    mixed = rng.permutation(len(cell))
    names = [f"街{place}" for place in range(60)]
    turned = risk.rank(
        [names[place] for place in cell[mixed]], cells=names, when=when[mixed],
        matters=matter[mixed], since=START, until=START + 7 * 80 - 1,
    )  # fmt: skip
    order = [turned.matters.index(label) for label in plain.matters]
    np.testing.assert_allclose(turned.probability[:, order], plain.probability, rtol=1e-6)


def test_permuting_places_permutes_chances():
    rng = np.random.default_rng(1)
    _, counts = town(rng)
    xy = rng.normal(size=(60, 2))
    order = rng.permutation(60)
    plain, mixed = ranked(counts, xy=xy), ranked(counts[:, order], xy=xy[order])
    same = [mixed.matters.index(label) for label in plain.matters]
    np.testing.assert_allclose(mixed.probability[:, same], plain.probability[order], rtol=1e-6)


def test_each_week_is_judged_from_earlier_weeks_alone():
    rng = np.random.default_rng(2)
    _, counts = town(rng)
    ends = 7.0 * np.arange(82)
    beside = places.beside(xy=rng.normal(size=(60, 2)), neighbours=None, cells=60)
    ask = {"weeks": np.array([70]), "beside": beside, "assets": None}
    whole = history.columns_of(counts.astype(float), ends=ends, **ask)
    changed = counts.astype(float)
    changed[70:] = 9
    later = history.columns_of(changed, ends=ends, **ask)
    assert (whole.values == later.values).all()
    cut = history.columns_of(counts[:70].astype(float), ends=ends, **ask)
    assert (cut.values == whole.values).all()


def test_events_outside_the_span_are_left_out():
    _, counts = town(np.random.default_rng(3))
    whole = ranked(counts, until=START + 7 * 60 - 1)
    cut = ranked(counts[:60])
    same = [whole.matters.index(label) for label in cut.matters]
    np.testing.assert_allclose(whole.probability[:, same], cut.probability)


def test_the_days_asked_for_follow_the_last_day():
    _, counts = town(np.random.default_rng(3))
    week, fortnight = ranked(counts), ranked(counts, days=14)
    assert week.first_day == START + 7 * 80
    assert week.last_day - week.first_day == np.timedelta64(6, "D")
    assert fortnight.probability.mean() > 1.3 * week.probability.mean()


def test_more_events_in_a_place_raise_its_chance():
    _, counts = town(np.random.default_rng(4))
    before = ranked(counts)
    cell, column = np.unravel_index(before.rank.argmax(), before.rank.shape)
    more = counts.copy()
    more[-6:, cell, before.matters[column]] += 2
    after = ranked(more)
    where = (cell, after.matters.index(before.matters[column]))
    assert after.probability[where] > 3 * before.probability[cell, column]
    assert after.reasons[where][1] > before.reasons[cell, column, 1]


def test_what_stands_there_and_what_happens_next_door_are_learnt():
    rng = np.random.default_rng(5)
    bins = rng.normal(size=(150, 1))
    counts = rng.poisson(0.05 * np.exp(0.8 * bins), (40, 150, 1))
    with_assets, without = ranked(counts, assets=bins), ranked(counts)
    truth = -np.expm1(-0.05 * np.exp(0.8 * bins))
    assert (
        np.abs(with_assets.probability - truth).mean() < np.abs(without.probability - truth).mean()
    )
    assert np.corrcoef(with_assets.reasons[:, 0, 4], bins[:, 0])[0, 1] > 0.9
    # a trouble that moves along a street: last week next door is what tells
    street = np.zeros((60, 30, 1))
    for week in range(60):
        street[week, (week * 2 + np.arange(3)) % 30] = 1
    pairs = np.stack([np.arange(29), np.arange(1, 30)], axis=1)
    moving = ranked(street, neighbours=pairs)
    assert np.ptp(moving.reasons[:, 0, 2]) > 0.3


# noise: chances come true


WEEKS = 120


def poisson(rng, usual):
    return rng.poisson(usual, (WEEKS, *usual.shape)), -np.expm1(-usual)


def negative_binomial(rng, usual):
    shared = rng.gamma(0.7, 1 / 0.7, (WEEKS, *usual.shape))
    return rng.poisson(usual * shared), 1 - (1 + usual / 0.7) ** -0.7


def mostly_zero(rng, usual):
    return rng.poisson(usual / 8, (WEEKS, *usual.shape)), -np.expm1(-usual / 8)


def zero_inflated(rng, usual):
    open_ = rng.random((WEEKS, *usual.shape)) < 0.5
    return rng.poisson(usual * 2, open_.shape) * open_, -np.expm1(-usual * 2) / 2


def seasonal(rng, usual):
    turn = np.exp(0.7 * np.sin(2 * np.pi * np.arange(WEEKS + 1) / 52.18))
    return rng.poisson(usual * turn[:-1, None, None]), -np.expm1(-usual * turn[-1])


@pytest.mark.parametrize(
    "noise", [poisson, negative_binomial, mostly_zero, zero_inflated, seasonal]
)
def test_chances_are_the_true_ones_on_noise(noise):
    rng = np.random.default_rng(6)
    usual, _ = town(rng, cells=150)
    counts, truth = noise(rng, usual)
    found = ranked(counts, xy=rng.normal(size=(150, 2)))
    truth = truth[:, [int(label) for label in found.matters]]
    assert abs(found.probability.mean() / truth.mean() - 1) < 0.12
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1)):
        inside = (found.probability >= low) & (found.probability < high)
        if inside.sum() >= 30:
            assert abs(found.probability[inside].mean() - truth[inside].mean()) < 0.04
    assert found.check.weeks == 8
    assert found.check.brier < found.check.brier_average
    assert found.check.number.sum() == 8 * 450
    near = np.abs(found.check.said - found.check.came)[found.check.number > 100]
    assert near.max() < 0.15


def test_places_that_are_alike_are_not_told_apart():
    """Noise alone: no place's chance strays far from what all have."""
    rng = np.random.default_rng(7)
    found = ranked(rng.poisson(0.3, (100, 100, 1)), xy=rng.normal(size=(100, 2)))
    truth = -np.expm1(-0.3)
    assert abs(found.probability.mean() - truth) < 0.03
    assert found.probability.std() < 0.06


# oracle


def test_the_regression_is_that_of_a_plain_optimiser():
    rng = np.random.default_rng(8)
    columns = rng.normal(size=(800, 3)) * [1, 2, 0.5] + [0, 1, 0]
    rate = np.exp(-1 + columns @ [0.5, -0.2, 0.3])
    came = rng.random(800) < -np.expm1(-rate)
    fit = regression.regress(columns, came)
    standard = (columns - columns.mean(axis=0)) / columns.std(axis=0)

    def loss(weights):
        thought = np.exp(weights[0] + standard @ weights[1:])
        like = np.where(came, np.log(-np.expm1(-thought)), -thought).sum()
        return -like + regression.RIDGE * (weights[1:] ** 2).sum() / 2

    plain = optimize.minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-6}).x
    np.testing.assert_allclose([fit.base, *fit.weights], plain, atol=2e-3)


def test_neighbours_may_be_told_in_three_ways():
    xy = np.stack([np.arange(9.0), np.zeros(9)], axis=1)
    near = places.beside(xy=xy, neighbours=None, cells=9)
    assert near.shape == (9, 9)
    np.testing.assert_allclose(near.sum(axis=1), 1)
    assert (np.diag(near) == 0).all()
    assert near[0, 6] > 0
    assert near[0, 7] == 0
    pairs = places.beside(xy=None, neighbours=[[0, 1], [1, 2]], cells=4)
    table = np.zeros((4, 4))
    table[[0, 1, 1, 2], [1, 0, 2, 1]] = 1
    assert (pairs == places.beside(xy=None, neighbours=table, cells=4)).all()
    assert (pairs[3] == 0).all()


def test_places_that_stand_at_one_point_are_neighbours_all_the_same():
    near = places.beside(xy=np.zeros((9, 2)), neighbours=None, cells=9)
    assert (np.diag(near) == 0).all()
    assert (near.sum(axis=1) > 0.99).all()


# too little data, and bad input


def test_too_little_data_is_said_and_plain_rates_are_given():
    found = risk.rank(
        ["a", "a", "b"],
        cells=["a", "b", "c"],
        when=["2026-01-01", "2026-01-09", "2026-01-20"],
        until="2026-01-21",
    )
    assert found.finding.startswith("3 events in 3 weeks are too few")
    assert found.check.weeks == 0
    assert np.isfinite(found.probability).all()
    assert found.probability[2, 0] < found.probability[1, 0] < 1
    np.testing.assert_allclose(found.probability, -np.expm1(-found.expected))
    quiet = risk.rank([], cells=3, when=[], since="2026-01-01", until="2026-06-30")
    assert "too few" in quiet.finding
    assert (quiet.probability < 0.05).all()


def test_one_place_or_a_place_where_it_always_happens_is_no_error():
    always = ranked(np.ones((60, 1, 1)))
    assert always.probability[0, 0] > 0.9
    assert np.isfinite(always.reasons).all()
    assert always.check.weeks == 0


GOOD = {"events": [0, 1], "cells": 2, "when": ["2026-01-01", "2026-02-01"]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"events": [0, 5]}, r"events names 5 at \[1\], which is none of the cells"),
        ({"events": [0, np.nan]}, r"events has no label at \[1\]"),
        ({"events": "ab"}, "events is 'ab'; give a list"),
        ({"events": [], "when": []}, "events is empty; give since and until"),
        ({"cells": 0}, "cells is 0"),
        ({"events": [0] * 501, "when": ["2026-01-01"] * 501, "matters": range(501)}, "at most 500"),
        ({"cells": 10**12}, "cells is 1000000000000; it must be a whole number from 1 to"),
        ({"when": [0, 31]}, "when are numbers, not dates"),
        ({"cells": 900_000, "since": "0001-01-01"}, "give a later since, or fewer cells"),
        ({"cells": []}, "none of the cells|cells is empty"),
        ({"cells": [0, 1, 1]}, "cells names a place twice"),
        ({"when": ["2026-01-01"]}, "1 dates for 2 events"),
        ({"when": ["2026-01-01", "soon"]}, "when are not dates"),
        ({"when": ["2026-01-01", "NaT"]}, r"when has no date at \[1\]"),
        ({"matters": ["a"]}, "matters are 1 for 2 events"),
        ({"matters": ["a", None]}, r"matters has no label at \[1\]"),
        ({"xy": [[0, 0]]}, r"xy has shape \(1, 2\) for 2 cells"),
        ({"xy": [[0, 0], [np.nan, 1]]}, "not a number"),
        ({"xy": [[0, 0], [1, 1]], "neighbours": [[0, 1]]}, "both given"),
        ({"neighbours": [[0, 2]]}, "neighbours has shape"),
        ({"assets": [[1]]}, "assets has 1 rows for 2 cells"),
        ({"since": "2026-03-01", "until": "2026-02-01"}, "is before since"),
        ({"until": "soon"}, "until is 'soon'"),
        ({"days": 0}, "days is 0"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(change, said):
    given = GOOD | change
    with pytest.raises(BadInput, match=said) as refused:
        risk.rank(given.pop("events"), **given)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("module", [ranking])
def test_examples_in_docstrings_run(module):
    assert doctest.testmod(module).failed == 0


def test_the_page_of_the_docs_runs(capsys):
    page = Path(__file__).parents[2] / "docs" / "foresight" / "risk.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    assert blocks
    for block in blocks:
        exec(block, {})
    assert capsys.readouterr().out


# data


def test_chicago_is_ranked_better_than_by_its_last_eight_weeks(data):
    pl = pytest.importorskip("polars")
    table = pl.read_csv(data / "requests311" / "chicago_sanitation_2011_2013.csv.gz").unique(
        maintain_order=True
    )
    table = table.filter(
        (pl.col("Creation_Date") >= "2011-01-01") & pl.col("Community_Area").is_between(1, 77)
    )
    when = table["Creation_Date"].to_numpy().astype("datetime64[D]")
    cell = table["Community_Area"].to_numpy() - 1
    matter = table["What_is_the_Nature_of_this_Code_Violation"].fill_null("none").to_numpy()
    names, number = np.unique(matter.astype(str), return_inverse=True)

    def week_counts(after, upto):
        counts = np.zeros((77, len(names)))
        inside = (when > after) & (when <= upto)
        np.add.at(counts, (cell[inside], number[inside]), 1)
        return counts

    ours, plain = [], []
    for until in np.datetime64("2013-06-29") + 28 * np.arange(2):
        past = when <= until
        found = risk.rank(
            cell[past], cells=77, when=when[past], matters=matter[past].astype(str),
            since="2011-01-01", until=until,
        )  # fmt: skip
        order = np.searchsorted(names, np.array(found.matters))
        came = week_counts(until, until + 7)[:, order] > 0
        lately = -np.expm1(-week_counts(until - 56, until)[:, order] / 8)
        ours.append(((found.probability - came) ** 2).mean())
        plain.append(((lately - came) ** 2).mean())
    assert np.mean(ours) < 0.95 * np.mean(plain)
