"""Near copies: against brute force, laws, random texts, and bad input."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xianban.base.errors import BadInput
from xianban.foresight.issues import near_duplicates


def grams(text):
    plain = "".join(c for c in text.lower() if c.isalnum())
    return {plain[k : k + 3] for k in range(len(plain) - 2)} or ({plain} if plain else set())


def likeness(one, other):
    a, b = grams(one), grams(other)
    return len(a & b) / len(a | b) if a and b else 0.0


def edited(text, edits, rng):
    signs = list(text)
    for _ in range(edits):
        signs[rng.integers(len(signs))] = chr(rng.integers(0x4E00, 0x4E00 + 2000))
    return "".join(signs)


@pytest.fixture(scope="module")
def copies():
    """300 random titles, each with three copies that differ in up to six characters."""
    rng = np.random.default_rng(11)
    texts = ["".join(chr(c) for c in rng.integers(0x4E00, 0x4E00 + 2000, 30)) for _ in range(300)]
    return [edited(t, k, rng) for t in texts for k in (0, 1, 3, 6)]


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.9])
def test_finds_what_brute_force_finds(copies, threshold):
    found = near_duplicates(copies, threshold=threshold)
    pairs = [
        (i, j)
        for first in range(0, len(copies), 4)
        for i, j in itertools.combinations(range(first, first + 4), 2)
        if likeness(copies[i], copies[j]) >= threshold
    ]
    together = np.mean([found.group[i] == found.group[j] for i, j in pairs])
    assert len(pairs) >= 10
    assert together > 0.97


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.9])
def test_every_pair_is_as_alike_as_it_says(copies, threshold):
    found = near_duplicates(copies, threshold=threshold)
    for i, j, value in zip(found.first, found.second, found.likeness, strict=True):
        assert i < j
        assert value == pytest.approx(likeness(copies[i], copies[j]), abs=1e-6)
        assert value >= np.float32(threshold)


def test_pairs_span_the_groups(copies):
    found = near_duplicates(copies)
    groups = len(np.unique(found.group))
    assert len(found.first) == len(copies) - groups  # a tree for each group
    assert (found.group[found.first] == found.group[found.second]).all()
    assert (found.group <= np.arange(len(copies))).all()
    assert (found.group[found.group] == found.group).all()


def test_random_texts_are_no_copies():
    rng = np.random.default_rng(12)
    texts = ["".join(chr(c) for c in rng.integers(0x4E00, 0x4E00 + 200, 12)) for _ in range(5000)]
    assert len(near_duplicates(texts).first) == 0


def test_a_crowd_of_copies_is_one_group():
    assert set(near_duplicates(["西湖路的路灯坏了三个月"] * 5000).group) == {0}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=20))
def test_a_text_and_itself_are_together_whatever_it_holds(texts):
    found = near_duplicates(texts + texts)
    for i, text in enumerate(texts):
        if grams(text):
            assert found.group[i] == found.group[i + len(texts)]


def test_width_case_and_marks_do_not_count():
    found = near_duplicates(
        ["58车贷ＡＢＣ案件，进展如何？", "58车贷abc案件进展如何", "！！", "……", ""]
    )
    assert found.group.tolist() == [0, 0, 2, 3, 4]


def test_the_same_answer_each_time(copies):
    assert (near_duplicates(copies).group == near_duplicates(copies).group).all()


@pytest.mark.parametrize(
    ("texts", "threshold", "words"),
    [
        ([], 0.7, "empty"),
        ("路灯", 0.7, "one text"),
        (None, 0.7, "texts is None; give a list"),
        (["路灯", 3], 0.7, r"texts\[1\] is int"),
        (["路灯"], 0.0, "between 0 and 1"),
        (["路灯"], 1.0, "between 0 and 1"),
        (["路灯"], float("nan"), "between 0 and 1"),
    ],
)
def test_bad_input_is_named(texts, threshold, words):
    with pytest.raises(BadInput, match=words):
        near_duplicates(texts, threshold=threshold)
