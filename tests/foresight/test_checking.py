"""Every refusal names what, where and the remedy, in one sentence."""

import numpy as np
import pytest

from xianban.base.errors import BadInput
from xianban.foresight import checking


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([[1, np.nan]], r"not a number at \[0, 1\]"),
        ([[1, -2]], r"-2 at \[0, 1\]; counts are whole"),
        ([[1, 2.5]], r"2\.5 at \[0, 1\]"),
        ([1, 2], "1 dimension where 2 are needed"),
        ([[]], "is empty"),
        ([[1], [1, 2]], "equal rows"),
        ([["a"]], "not a table of numbers"),
        ([[np.inf]], r"infinite at \[0, 0\]"),
        ([[1, 10**11]], r"1e\+11 at \[0, 1\]; a count is at most 10,000,000,000"),
        ([], "is empty"),
        (np.array([[1, -2]]), r"-2 at \[0, 1\]; counts are whole"),
        (np.array([[1j]]), "not a table of numbers"),
        (np.array([["2026-11-25"]], "datetime64[D]"), "not a table of numbers"),
        (np.ma.masked_equal([[1, 2]], 2), r"not a number at \[0, 1\]"),
    ],
)
def test_counts_that_are_none_are_refused_in_a_sentence(given, said):
    with pytest.raises(BadInput, match=said):
        checking.counts(given)


def test_counts_come_back_as_they_were():
    assert checking.counts([[0, 3]]).tolist() == [[0.0, 3.0]]


@pytest.mark.parametrize("kind", [np.int8, np.uint64, np.float32, bool, object])
def test_counts_of_any_kind_become_float64_and_stay_the_caller_s(kind):
    given = np.array([[0, 1], [1, 0]], dtype=kind, order="F")
    given.flags.writeable = False
    read = checking.counts(given)
    assert read.dtype == np.float64
    assert read.flags.c_contiguous
    assert read.tolist() == [[0.0, 1.0], [1.0, 0.0]]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["2026-11-25", "2026-11-27"], "leap after 2026-11-25"),
        (["2026-11-25", "NaT"], r"no date at \[1\]"),
        (["soon"], "are not dates"),
        ([0, 1], "are numbers, not dates"),
        ([], "is empty"),
        (["2026-11-25"], "1 for 2 columns"),
    ],
)
def test_dates_that_leap_are_refused_in_a_sentence(given, said):
    with pytest.raises(BadInput, match=said):
        checking.dates(given, length=2)


def test_bounds_are_said():
    with pytest.raises(BadInput, match="alpha is 1; it must lie between"):
        checking.share(1, name="alpha")
    with pytest.raises(BadInput, match="season is True"):
        checking.whole(True, name="season", least=1)
    with pytest.raises(BadInput, match="from 1 to 3"):
        checking.whole(4, name="n", least=1, most=3)
    with pytest.raises(BadInput, match="one of a, b"):
        checking.one_of("c", name="kind", among=["a", "b"])
