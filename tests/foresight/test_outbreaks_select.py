"""Of many p-values, the findings to act on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from xianban.base.errors import BadInput
from xianban.foresight.outbreaks import flexible, select

P_VALUES = arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1))


@given(P_VALUES)
@settings(max_examples=60, deadline=None)
def test_q_values_are_scipy_s(p_values):
    for dependence, method in (("positive", "bh"), ("any", "by")):
        found = select(p_values, fdr=0.2, dependence=dependence)
        expected = stats.false_discovery_control(p_values, method=method)
        np.testing.assert_allclose(found.q_value, expected, rtol=1e-12, atol=1e-300)
        np.testing.assert_array_equal(found.selected, found.q_value <= 0.2)


@given(P_VALUES, st.integers(0, 70), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_laws(p_values, budget, seed):
    found = select(p_values, fdr=0.3, budget=budget)
    assert found.selected.sum() == min(found.passed, budget) == found.order.size
    assert found.over_budget == found.passed - found.order.size
    assert sorted(found.rank) == list(range(1, p_values.size + 1))
    np.testing.assert_array_equal(found.rank[found.order], np.arange(1, found.order.size + 1))
    assert (np.diff(p_values[found.order]) >= 0).all()
    if 0 < found.order.size < p_values.size:
        assert p_values[found.selected].max() <= p_values[~found.selected].min()
    order = np.random.default_rng(seed).permutation(p_values.size)
    np.testing.assert_array_equal(select(p_values[order], fdr=0.3).q_value, found.q_value[order])
    assert select(p_values, fdr=0.1).passed <= found.passed
    assert select(p_values, fdr=0.3, dependence="any").passed <= found.passed


def test_a_budget_alone_takes_the_rarest():
    found = select([[0.5, 0.2], [0.9, 0.3]], fdr=None, budget=2)
    assert found.selected.tolist() == [[False, True], [False, True]]
    assert found.order.tolist() == [1, 3]
    assert found.rank.tolist() == [[3, 1], [4, 2]]


def test_equals_are_ranked_by_score_then_by_position():
    assert select([0, 0, 0], scores=[1, 3, 2]).order.tolist() == [1, 2, 0]
    assert select([0, 0, 0]).order.tolist() == [0, 1, 2]


def test_nothing_the_matter_seldom_keeps_anything():
    rng = np.random.default_rng(0)
    kept = [select(rng.random(500), fdr=0.1).passed > 0 for _ in range(1500)]
    assert np.mean(kept) == pytest.approx(0.1, abs=0.025)


def test_the_share_of_false_findings_is_what_was_asked():
    rng = np.random.default_rng(1)
    false, found = [], []
    for _ in range(400):
        z = rng.standard_normal(500)
        z[:50] += 3
        kept = select(stats.norm.sf(z), fdr=0.2).selected
        false.append(kept[50:].sum() / max(kept.sum(), 1))
        found.append(kept[:50].mean())
    assert np.mean(false) == pytest.approx(0.2 * 0.9, abs=0.02)
    assert np.mean(found) > 0.5


@pytest.mark.parametrize("dispersion", [1.0, 2.0])
def test_on_fitted_baselines_false_findings_stay_few(dispersion):
    """Not exactly at `fdr`, as the docs say; but few, and the true ones first."""
    rng = np.random.default_rng(2)
    size = (4000, 320)
    counts = (
        rng.poisson(10, size)
        if dispersion == 1
        else rng.negative_binomial(10 / (dispersion - 1), 1 / dispersion, size)
    )
    assert select(flexible(counts).p_value, fdr=0.1).passed <= 4
    counts[:40, -1] += 40
    found = select(flexible(counts).p_value, fdr=0.1, budget=60)
    assert found.selected[:40].mean() > 0.9
    assert found.selected[40:].sum() <= 12
    assert (found.order[:20] < 40).all()


@pytest.mark.parametrize(
    ("p_values", "more", "says"),
    [
        ([0.1, np.nan], {}, "not a number"),
        ([0.1, 1.2], {}, "from 0 to 1"),
        ([-0.1], {}, "from 0 to 1"),
        ([], {}, "empty"),
        ([[0.1], [0.1, 0.2]], {}, "equal rows"),
        ([0.1], {"fdr": 0}, "fdr"),
        ([0.1], {"fdr": 1}, "fdr"),
        ([0.1], {"fdr": None}, "at least one"),
        ([0.1], {"budget": -1}, "budget"),
        ([0.1], {"budget": 1.5}, "budget"),
        ([0.1], {"dependence": "none"}, "dependence"),
        ([0.1], {"scores": [1, 2]}, "one score for each"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(p_values, more, says):
    with pytest.raises(BadInput, match=says) as refusal:
        select(p_values, **more)
    assert "\n" not in str(refusal.value)
