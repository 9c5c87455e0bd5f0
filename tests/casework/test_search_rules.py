"""Tokens: whatever contains what is sought has its tokens, and is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xianban.base.errors import BadInput
from xianban.casework.rules.searching import (
    MOST_WAYS,
    Document,
    fits,
    folded,
    pairs,
    sought,
    token_for,
    tokens_of,
    ways_to,
)

LETTERS = st.one_of(
    st.sampled_from("路灯不亮水管漏 ，。、AbＡ１2-𠀀é"), st.characters(exclude_categories=["Cs"])
)
TEXTS = st.text(LETTERS, min_size=2, max_size=80)


def document(said="", number="20261102-1234", areas=("c", "e", "b")):
    return Document(folded(said), number, areas)


def found(one, typed, named=None):
    """What the index and the reading do together."""
    wanted = sought(typed)
    tokens = tokens_of(one)
    known = any(way <= tokens for way in ways_to(wanted, named or {}))
    meant = fits(one, wanted, named or {})
    assert known or not meant, "what is meant must be known to the index"
    return known and meant


@given(text=TEXTS, data=st.data())
def test_whatever_contains_the_words_is_found(text, data):
    start = data.draw(st.integers(0, len(text) - 2))
    typed = text[start : data.draw(st.integers(start + 2, len(text)))]
    try:
        sought(typed)
    except BadInput:
        assert not any(pairs(word) for word in folded(typed).split())
        return
    assert found(document(text), typed)


@given(before=TEXTS, middle=TEXTS, after=TEXTS)
def test_several_words_are_found_wherever_they_stand(before, middle, after):
    try:
        sought(f"{after} {before}")
    except BadInput:
        return
    assert found(document(before + middle + after), f"{after} {before}")


@given(said=TEXTS, typed=TEXTS)
def test_what_does_not_contain_it_is_not_found(said, typed):
    try:
        wanted = sought(typed)
    except BadInput:
        return
    one = document(said, number="x")
    assert found(one, typed) == all(word in one.said for word in wanted.words)


@given(day=st.integers(20200101, 20991231), key=st.integers(1, 10**9), data=st.data())
def test_any_part_of_a_number_from_three_characters_finds_it(day, key, data):
    number = f"{day}-{key}"
    start = data.draw(st.integers(0, len(number) - 3))
    part = number[start : data.draw(st.integers(start + 3, len(number)))]
    assert found(document(number=number), part)


@pytest.mark.parametrize(
    ("said", "typed", "hit"),
    [
        ("幸福路的路灯不亮", "路灯", True),
        ("幸福路的路灯不亮", "灯路", False),
        ("路灯亮，灯不亮", "路灯不亮", False),  # has all pairs and not the word
        ("幸福路的路灯不亮", "路灯 幸福", True),
        ("幸福路的路灯不亮", "路灯　水管", False),
        ("ＡＢＣ小区", "abc", True),
        ("The Streetlight is out", "LIGHT", True),
        ("3号楼12单元", "12", True),
    ],
)
def test_examples(said, typed, hit):
    assert found(document(said), typed) == hit


@pytest.mark.parametrize("typed", ["", " ", "路", "a b", "，。", "12", "路" * 101])
def test_too_little_or_too_much_is_refused(typed):
    if typed == "12":
        assert sought(typed).number == ""
        return
    with pytest.raises(BadInput, match=r"give|long"):
        sought(typed)


def test_an_area_is_found_by_its_name_through_its_code():
    named = {"北岸": ["b"]}
    assert found(document("没有灯"), "北岸", named)
    assert found(document("没有灯"), "北岸 没有", named)
    assert not found(document("没有灯", areas=("c", "w")), "北岸", named)
    assert token_for("area", "b") in tokens_of(document())


def test_many_areas_of_a_name_are_left_to_reading():
    named = {"街道": [f"s{n}" for n in range(40)], "东城": ["e", "e2"], "西城": ["e", "w"]}
    ways = ways_to(sought("街道 东城 西城"), named)
    assert 1 <= len(ways) <= MOST_WAYS
    assert ways_to(sought("街道"), named) == [frozenset()]
    assert found(document("", areas=("c", "s7")), "街道", named)
