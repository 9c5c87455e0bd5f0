"""Scores, intervals, places, periods and decisions from plain values, worked by hand."""

import random
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from xianban.appraisal.rules.counting import counted
from xianban.appraisal.rules.deciding import (
    check_request,
    corrected,
    may_freeze,
    refuse_own,
)
from xianban.appraisal.rules.intervals import joint_level, wilson
from xianban.appraisal.rules.periods import name_at, previous, span_of
from xianban.appraisal.rules.ranking import Entrant, places
from xianban.appraisal.rules.scoring import percent, rounded, scored, written
from xianban.appraisal.rules.words import GROUNDS
from xianban.base.errors import BadInput, NotAllowed, WrongState
from xianban.city.api import Profile, profile_from, stated_from

SHANGHAI = ZoneInfo("Asia/Shanghai")
THREE = Profile()


def tallies(valid, contacted, satisfied, basically, solved, **more):
    named = {"valid": valid, "contacted": contacted, "satisfied": satisfied}
    return named | {"basically": basically, "solved": solved, "cases": valid} | more


# (V, C, M, B, S) -> 100 × (.10·C/V + .40·(M + .9·B)/V + .50·S/V), one decimal, by hand
SCORES = [
    ((1, 1, 1, 0, 1), "100.0"),
    ((1, 0, 0, 0, 0), "0.0"),
    ((1, 0, 0, 1, 0), "36.0"),
    ((10, 9, 6, 2, 7), "75.2"),  # 9 + 31.2 + 35
    ((3, 2, 1, 1, 2), "65.3"),  # 6.666… + 25.333… + 33.333…
    ((16, 15, 10, 3, 11), "75.5"),  # 9.375 + 31.75 + 34.375
    ((8, 8, 5, 1, 5), "70.8"),  # 10 + 29.5 + 31.25 = 70.75: halves go up
    ((40, 39, 20, 17, 33), "86.3"),  # 9.75 + 35.3 + 41.25
    ((7, 7, 7, 0, 6), "92.9"),
]


@pytest.mark.parametrize(("counts", "score"), SCORES)
def test_three_rates(counts, score):
    found = scored(tallies(*counts), THREE)
    assert written(found.exact, 1) == score
    assert found.n == counts[0]


def test_without_a_valid_follow_up_there_is_no_figure():
    nothing = tallies(0, 0, 0, 0, 0)
    found = scored(nothing, THREE)
    assert (found.exact, found.n) == (None, 0)
    assert all(rate.value is None for rate in found.rates)
    assert scored(nothing, replace(THREE, without_figure="zero")).exact == 0


def test_a_share_of_the_peers_and_a_mark_for_any():
    profile = profile_from(
        {
            "rates": [
                {"name": "volume", "weight": 0.25, "count": {"cases": 1.0}, "of": {"peers_cases": 1.0}},
                {"name": "some", "weight": 0.75, "count": {"solved": 1.0}, "of": {"valid": 1.0}, "any": True},
            ]
        }
    )  # fmt: skip
    found = scored(tallies(10, 0, 0, 0, 3), profile, peers=tallies(40, 0, 0, 0, 9))
    assert [rate.value for rate in found.rates] == [Fraction(1, 4), 1]
    assert written(found.exact, 1) == "81.3"  # 6.25 + 75 = 81.25


def test_a_rate_may_count_against():
    profile = profile_from(
        {
            "rates": [
                {
                    "name": "kept at once",
                    "weight": 1.0,
                    "count": {"cases": 1.0, "redone": -1.0},
                    "of": {"cases": 1.0},
                }
            ]
        }
    )
    assert scored(tallies(8, 0, 0, 0, 0, redone=2), profile).exact == 75


def test_a_profile_survives_its_plain_form():
    assert profile_from(stated_from(THREE)) == THREE


def test_scaling_every_tally_leaves_the_score_and_narrows_the_interval():
    once, tenfold = scored(tallies(10, 9, 6, 2, 7), THREE), scored(tallies(100, 90, 60, 20, 70), THREE)  # fmt: skip
    assert once.exact == tenfold.exact
    assert once.low < tenfold.low < float(once.exact) < tenfold.high < once.high


@pytest.mark.parametrize(
    ("value", "decimals", "says"),
    [
        (Fraction(7075, 100), 1, "70.8"),
        (Fraction(7074999, 100000), 1, "70.7"),
        (Fraction(1, 2), 0, "1"),
        (Fraction(100), 1, "100.0"),
        (Fraction(5, 1000), 2, "0.01"),
        (Fraction(-1, 20), 1, "-0.1"),
        (Fraction(0), 2, "0.00"),
    ],
)
def test_halves_are_rounded_up(value, decimals, says):
    assert written(value, decimals) == says
    assert float(rounded(value, decimals)) == float(says)


def test_percent():
    assert percent(Fraction(23, 26)) == "88.46"


# R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3: Wilson's score
WILSON = [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]  # fmt: skip


@pytest.mark.parametrize(("x", "n", "low", "high"), WILSON)
def test_wilson_as_published(x, n, low, high):
    found = wilson(x / n, n, confidence=0.95)
    assert found == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    mirrored = wilson(1 - x / n, n, confidence=0.95)
    assert mirrored == (pytest.approx(1 - found[1]), pytest.approx(1 - found[0]))


def test_nothing_known_is_the_whole_range():
    assert wilson(0.0, 0, confidence=0.95) == (0.0, 1.0)


def entrant(code, score, n=100, half=2.0):
    return Entrant(code, Fraction(score), n, score - half, score + half)


def place_of(found):
    return {one.code: (one.rank, one.best, one.worst) for one in found}


def test_places_and_their_ranges():
    found = places([entrant("a", 95), entrant("b", 93), entrant("c", 80), entrant("d", 78)], enough=30)  # fmt: skip
    assert place_of(found) == {"a": (1, 1, 2), "b": (2, 1, 2), "c": (3, 3, 4), "d": (4, 3, 4)}


def test_who_had_too_few_gets_the_range_and_no_place():
    found = places([entrant("few", 100, n=2, half=40), entrant("a", 90), entrant("b", 70)], enough=30)  # fmt: skip
    assert place_of(found) == {"few": (None, 1, 3), "a": (2, 1, 2), "b": (3, 2, 3)}


def test_equal_scores_go_by_volume_and_equal_volumes_share_a_place():
    found = places([entrant("a", 90, n=40), entrant("b", 90, n=50), entrant("c", 90, n=40)], enough=30)  # fmt: skip
    assert {one.code: one.rank for one in found} == {"b": 1, "a": 2, "c": 2}


def test_no_figure_no_place():
    found = places([Entrant("none", None, 0, 0, 100), entrant("a", 50)], enough=1)
    assert place_of(found) == {"none": (None, None, None), "a": (1, 1, 1)}


def test_a_place_lies_in_its_range_whatever_the_numbers():
    rng = random.Random(7)
    for _ in range(200):
        entrants = []
        for i in range(rng.randint(1, 12)):
            score, half = rng.randint(0, 1000) / 10, rng.random() * 30
            entrants.append(Entrant(str(i), Fraction(str(score)), rng.randint(1, 99), score - half, score + half))  # fmt: skip
        for one in places(entrants, enough=1):
            assert one.best <= one.rank <= one.worst


def test_ranges_hold_jointly_on_pure_noise():
    """Twelve equal units, sixty follow-ups each: the range of each holds every place but seldom."""
    rng, profile, wrong, runs = random.Random(11), THREE, 0, 300
    level = joint_level(profile.confidence, 12)
    for _ in range(runs):
        entrants = []
        for i in range(12):
            solved = sum(rng.random() < 0.8 for _ in range(60))
            found = scored(tallies(60, solved, solved, 0, solved), profile, confidence=level)
            entrants.append(Entrant(str(i), found.exact, 60, found.low, found.high))
        wrong += any((p.best, p.worst) != (1, 12) for p in places(entrants, enough=30))
    assert wrong / runs <= 0.05


def test_lists_only_where_switched_on_and_only_of_the_known():
    entrants = [entrant("few", 100, n=2), *(entrant(str(score), score) for score in (90, 80, 70))]
    assert {one.listed for one in places(entrants, enough=30)} == {""}
    listed = {p.code: p.listed for p in places(entrants, enough=30, red_list=1, black_list=1)}
    assert listed == {"few": "", "90": "red", "80": "", "70": "black"}


PERIODS = [
    # first day, hour, name, first moment and first moment after it, in the city's time
    (1, 0, "2026-10", "2026-10-01T00:00", "2026-11-01T00:00"),
    (1, 0, "2026-12", "2026-12-01T00:00", "2027-01-01T00:00"),
    (19, 0, "2026-10", "2026-09-19T00:00", "2026-10-19T00:00"),
    (19, 12, "2026-10", "2026-09-19T12:00", "2026-10-19T12:00"),
    (19, 0, "2026-01", "2025-12-19T00:00", "2026-01-19T00:00"),
    (28, 0, "2026-03", "2026-02-28T00:00", "2026-03-28T00:00"),
]


@pytest.mark.parametrize(("day", "hour", "name", "start", "end"), PERIODS)
def test_periods_run_from_any_day(day, hour, name, start, end):
    profile = replace(THREE, first_day=day, first_hour=hour)
    span = span_of(name, profile, SHANGHAI)
    said = [datetime.fromisoformat(text).replace(tzinfo=SHANGHAI) for text in (start, end)]
    assert [span.start, span.end] == said
    assert name_at(span.start, profile, SHANGHAI) == name
    assert name_at(span.end, profile, SHANGHAI) > name
    assert span_of(previous(name), profile, SHANGHAI).end == span.start


@pytest.mark.parametrize("name", ["", "2026", "2026-13", "2026-00", "2026-1", "x", "1200-01"])
def test_what_is_no_period(name):
    with pytest.raises(BadInput, match="2026-10"):
        span_of(name, THREE, SHANGHAI)


def judged(case_id, day, heard=True, unit="u", **more):
    values = {
        "solved": True,
        "satisfaction": "satisfied",
        "contacted": True,
        "dispatched": None,
        "signed": True,
        "answered": False,
        "redone": False,
        "returned": False,
        "misdirected": False,
    } | more
    at = datetime(2026, 10, day, tzinfo=UTC)
    return SimpleNamespace(case_id=case_id, unit=unit, at=at, n=day, heard=heard, **values)


FOUND = [
    judged(1, 2, solved=False, satisfaction="dissatisfied"),
    judged(1, 5, heard=False),
    judged(1, 9),
    judged(2, 3, heard=False, solved=None, satisfaction="unstated"),
    judged(2, 4, heard=False, solved=None, satisfaction="unstated"),
    judged(3, 1, unit="a"),
    judged(3, 8, unit="b", solved=False),
]
COUNTED = {
    "last": [(1, 9), (2, 4), (3, 1), (3, 8)],
    "first": [(1, 2), (2, 4), (3, 1), (3, 8)],
    "each": [(1, 2), (1, 9), (2, 4), (3, 1), (3, 8)],
}


@pytest.mark.parametrize("counting", COUNTED)
def test_which_follow_ups_count(counting):
    rows = list(counted(FOUND, counting=counting))
    assert [(row.judged.case_id, row.judged.n) for row in rows] == COUNTED[counting]
    assert sum(row.tallies["cases"] for row in rows) == 4
    silent = rows[[row.judged.case_id for row in rows].index(2)].tallies
    assert {name for name, value in silent.items() if value} == {"cases", "dispatched", "signed"}


def test_nobody_decides_for_themselves():
    refuse_own("user:1", "u", decider="user:2", units={"v"})
    for decider, units in (("user:1", set()), ("user:2", {"u"})):
        with pytest.raises(NotAllowed):
            refuse_own("user:1", "u", decider=decider, units=units)


def test_when_a_period_may_be_frozen():
    end, later = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
    may_freeze(ends_at=end, now=later, waiting=0, frozen=False)
    for more in ({"now": datetime(2026, 10, 31, tzinfo=UTC)}, {"waiting": 1}, {"frozen": True}):
        with pytest.raises(WrongState):
            may_freeze(**({"ends_at": end, "now": later, "waiting": 0, "frozen": False} | more))


def test_a_request_needs_a_ground_and_evidence():
    check_request("malicious", "see the recording", grounds=GROUNDS)
    for ground, evidence in (("because", "x"), ("malicious", "  "), ("malicious", "x" * 4001)):
        with pytest.raises(BadInput):
            check_request(ground, evidence, grounds=GROUNDS)


def test_what_a_ruling_puts_right():
    row = tallies(1, 0, 0, 0, 0, dissatisfied=1)
    found = corrected({"solved": True, "contacted": True, "satisfaction": "basically"}, row)
    assert found == row | {"solved": 1, "contacted": 1, "basically": 1, "dissatisfied": 0}
    for said in ({"unit": "x"}, {"solved": "yes"}, {"satisfaction": "glad"}):
        with pytest.raises(BadInput):
            corrected(said, row)
    with pytest.raises(WrongState):
        corrected({"solved": True}, row | {"valid": 0})
