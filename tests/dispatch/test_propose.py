"""What is it, where is it, who acts: and when a person must decide."""

from datetime import UTC, datetime

import numpy as np
import pytest

import packs
from xianban.city import api as city
from xianban.city.pack.reading import read_pack
from xianban.city.rules.build import build_city
from xianban.dispatch import queries
from xianban.dispatch.api import Said, propose
from xianban.dispatch.rules import (
    GAP,
    GIVEN,
    LOW,
    NO_PLACE,
    PLACE,
    POINT,
    TEXT,
    UNKNOWN,
    Found,
    Guess,
    find_area,
    guesses,
    propose_one,
    same_everywhere,
)

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # a Friday
TODAY = NOW.date()
GRID = "990101001001001"


@pytest.fixture
def small(tmp_path):
    """The small city in memory."""
    return build_city(read_pack(packs.write_small_pack(tmp_path / "pack")).tables)


def proposed(small, matter="020101", where=None, probability=0.9):
    return propose_one(
        Said(text=""),
        Guess(matter, probability),
        where or Found(GRID, POINT),
        small,
        on=TODAY,
        words=(),
        model="",
    )


# the level of a matter


CODES = ("01", "0101", "010101", "010102", "02", "0201", "020101")
DEPTHS = np.array([1, 2, 3, 3, 1, 2, 3])
LABELS = ("010101", "010102", "020101")


def guessed(*chances, threshold=0.7, labels=LABELS):
    first, second, third = chances
    sums = np.array([[first + second, first + second, first, second, third, third, third]])
    return guesses(np.array([chances]), labels, sums, CODES, DEPTHS, threshold=threshold)[0]


@pytest.mark.parametrize(
    ("chances", "matter", "probability"),
    [
        ((0.9, 0.05, 0.05), "010101", 0.9),
        ((0.5, 0.4, 0.1), "0101", 0.9),  # sure that it is about water, not what about it
        ((0.4, 0.2, 0.4), "010101", 0.4),  # sure of nothing: the likeliest, for a person to see
    ],
)
def test_a_leaf_is_named_only_when_the_model_is_sure_of_it(chances, matter, probability):
    found = guessed(*chances)
    assert (found.matter, pytest.approx(found.probability)) == (matter, probability)
    assert found.alternatives[0][0] == "010101"
    assert len(found.alternatives) == 3


def test_a_label_that_the_city_does_not_know_is_never_proposed():
    found = guessed(0.1, 0.8, 0.1, labels=("010101", "", "020101"))
    assert "" not in [code for code, _ in found.alternatives]


# the place


@pytest.mark.parametrize(
    ("said", "how", "area"),
    [
        (Said(text="锦绣花园停水"), TEXT, GRID),
        (Said(text="人民公园停水", place="锦绣花园"), PLACE, GRID),
        (Said(text="停水", area_hint="990102"), GIVEN, "990102"),
        (Said(text="停水"), UNKNOWN, "990100"),
    ],
)
def test_a_place_is_found_by_hint_then_name_then_words(small, said, how, area):
    found = find_area(said, None, small)
    assert (found.how, found.area) == (how, area)


def test_a_point_counts_before_every_word(small):
    found = find_area(
        Said(text="人民公园", place="人民公园", lat=31.105, lon=121.4025), GRID, small
    )
    assert (found.how, found.area, found.words) == (POINT, GRID, "31.10500, 121.40250")


# who acts, or why a person decides


def test_matter_and_place_give_unit_limits_and_row(small):
    found = proposed(small)
    assert found.confident
    assert found.assignment.lead == "S1"  # the street leads on lamps in its own territory
    assert found.as_json()["reasons"] == {
        "words": [],
        "duty": "matter 020101 at area 990101001",
        "row": found.assignment.row,
    }


def test_below_the_threshold_a_person_decides(small):
    assert proposed(small, probability=0.69).doubt == LOW
    assert proposed(small, probability=0.70).confident


def test_without_a_place_a_person_decides_unless_one_unit_leads_everywhere(small):
    nowhere = Found(small.root, UNKNOWN)
    assert proposed(small, "020101", nowhere).doubt == NO_PLACE
    assert proposed(small, "030101", nowhere).confident
    assert same_everywhere("030101", small, TODAY)
    assert not same_everywhere("020101", small, TODAY)


def test_a_gap_in_the_duty_list_is_a_doubt(tmp_path):
    pack = packs.write_small_pack(
        tmp_path / "pack",
        duties_csv=packs.FILES["duties.csv"].replace("01,,WA,kind:street_office,,,,,,,,\n", "", 1),
    )
    bare = build_city(read_pack(pack).tables)
    assert proposed(bare, "010101").doubt == GAP


# all together, from the pack's examples alone


@pytest.fixture
def loaded(db, tmp_path):
    city.forget()
    queries.forget()
    packs.load_small_city(tmp_path / "pack")
    yield city.current()
    queries.forget()


def test_a_city_without_a_labelled_file_reads_by_its_examples(loaded):
    (found,) = propose([Said(text="从早上八点停水到现在", place="锦绣花园")], at=NOW)
    assert found.matter in loaded.matter_line("010101")
    assert found.alternatives[0][0] == "010101"
    assert found.assignment.lead == "WA"
    assert found.model == "examples"


def test_what_an_agent_said_counts_before_the_words(loaded):
    (found,) = propose(
        [Said(text="从早上八点停水到现在", matter_hint="020102", place="锦绣花园")], at=NOW
    )
    assert (found.matter, found.probability, found.given, found.urgency) == (
        "020102",
        1.0,
        True,
        "critical",
    )
    assert found.words == ()


def test_many_are_answered_as_each_alone(loaded):
    said = [Said(text=text) for text in ("停水了", "路灯坏了", "井盖没了", "", "😀")]
    together = propose(said, at=NOW)
    alone = [propose([one], at=NOW)[0] for one in said]
    assert [p.matter for p in together] == [p.matter for p in alone]
    assert [p.probability for p in together] == pytest.approx(
        [p.probability for p in alone], abs=1e-5
    )
    assert propose([], at=NOW) == []
