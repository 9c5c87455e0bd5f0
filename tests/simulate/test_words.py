"""Texts that residents might have written."""

import numpy as np
import pytest

from xianban.simulate.sheets import leaves, sheet
from xianban.simulate.words import Site, fact_of, say, say_vaguely, somebody

ESTATE = Site("云栖苑", "estate", "长庚路", "鹤鸣社区", "钟鼓街道")
ROAD = Site("长庚路", "road", "长庚路", "鹤鸣社区", "钟鼓街道")


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def test_every_matter_has_sayings_of_its_own():
    assert {row["matter"] for row in sheet("sayings")} == set(leaves())
    assert all(row["facts"] and row["details"] for row in sheet("sayings"))


@pytest.mark.parametrize("how", ["phone", "web", "grid"])
def test_every_matter_can_be_told(rng, how):
    for matter in leaves():
        for site in (ESTATE, ROAD):
            said = say(matter, site, rng, how=how)
            assert 6 <= len(said.text) < 400
            assert "{" not in said.text + said.title
            assert said.text[-1] in "。？！"


def test_texts_rarely_repeat(rng):
    texts = [say(matter, ESTATE, rng).text for matter in leaves() for _ in range(20)]
    assert len(set(texts)) > 0.9 * len(texts)


def test_one_problem_is_told_in_different_words(rng):
    fact = fact_of("010203", rng)
    texts = {say("010203", ROAD, rng, fact=fact).text for _ in range(12)}
    assert len(texts) > 8


def test_vague_words_name_no_matter(rng):
    said = say_vaguely(ESTATE, rng)
    assert not any(leaf["level3"] in said.text for leaf in leaves().values())


def test_telephone_numbers_look_right_and_reach_nobody(rng):
    people = [somebody(rng) for _ in range(50)]
    assert all(len(person.phone) == 11 and person.phone.startswith("1540") for person in people)
    assert len({person.phone for person in people}) == 50


def test_the_same_seed_says_the_same():
    one, other = np.random.default_rng(3), np.random.default_rng(3)
    assert say("030104", ROAD, one) == say("030104", ROAD, other)
