"""Rules on plain values: no database."""

import json
from datetime import date

import numpy as np
import pytest

from xianban.base.errors import BadInput, WrongState
from xianban.city.rules.preventing import read_detectors, read_planned, read_seasons
from xianban.prevention.rules.budgeting import helped_of, precision_of
from xianban.prevention.rules.measuring import plan_of, result_of, weeks_around
from xianban.prevention.rules.records import Past, record_of, tuned
from xianban.prevention.rules.seasons import next_span
from xianban.prevention.rules.study import TABLE, checked, move_for
from xianban.prevention.rules.words import STANDS


def test_every_act_leads_where_a_warning_may_stand():
    assert all(move.to in ("", *STANDS) and {*move.of} <= {*STANDS} for move in TABLE.values())
    with pytest.raises(WrongState):
        move_for("order", "ordered")
    with pytest.raises(BadInput, match="dismissed"):
        checked(TABLE["dismiss"], reason="bored")


def test_a_record_draws_sureness_and_help_towards_what_is_usual():
    assert precision_of(0, 0) == pytest.approx(0.6)
    assert precision_of(0, 50) < 0.1 < 0.9 < precision_of(50, 0)
    assert helped_of([]) == pytest.approx(0.2)
    assert helped_of([(-0.5, 0.05)]) > helped_of([(-0.5, 0.5)]) > 0.2 > helped_of([(0.3, 0.05)])


def test_a_detector_that_is_mostly_wrong_gets_a_stricter_challenger_and_no_more():
    wrong = [Past("dismissed", "", 6, None, None)] * 30 + [Past("confirmed", "", 3, 2.0, 10.0)] * 5
    config = {"name": "a", "method": "daily", "fdr": 0.05, "least": 5}
    stricter, why = tuned(config, record_of(wrong), over_budget=0.0)
    assert stricter["fdr"] < 0.05
    assert stricter["least"] == 6
    assert "5 were real" in why
    right = record_of([Past("confirmed", "", 3, 2.0, 10.0)] * 30)
    assert right.precision == 1.0
    assert right.early == 30
    assert tuned(config, right, over_budget=0.5) is None
    assert tuned(config, right, over_budget=0.0)[0]["fdr"] > 0.05
    assert tuned(config, record_of(wrong[:10]), over_budget=0.0) is None


def test_a_plan_leaves_out_neighbours_and_whoever_is_acted_upon():
    peers = {f"a{n}": (31.0 + n / 100, 121.0) for n in range(20)}
    plan = plan_of(
        areas=["a0"], level="street", matter="02", peers=peers, touched=["a9"],
        since=date(2026, 10, 1), today=date(2026, 11, 2), weeks=8, coverage=0.9,
    )  # fmt: skip
    assert {*plan.controls} == {f"a{n}" for n in range(4, 20)} - {"a9"}
    assert plan.skip_weeks >= 5


def test_what_was_prevented_is_measured_as_registered():
    rng = np.random.default_rng(5)
    counts = rng.poisson(20, (20, 60))
    counts[0, 52:] = rng.poisson(8, 8)
    plan = {"skip_weeks": 4, "coverage": 0.9}
    found = result_of(counts[:1], counts[1:], start=52, plan=plan)
    assert found["enough"]
    assert found["low"] < -0.6 < found["high"] < 0
    assert len(found["counterfactual"]) == len(found["series"]) == 60
    none = result_of(counts[1:2], counts[2:], start=52, plan=plan)
    assert none["low"] < 0 < none["high"]


@pytest.mark.parametrize(("weeks", "start"), [(2, 1), (4, 3), (10, 9)])
def test_what_cannot_be_measured_is_kept_as_unknown(weeks, start):
    counts = np.zeros((9, weeks), dtype=int)
    found = result_of(counts[:1], counts[1:], start=start, plan={"skip_weeks": 4, "coverage": 0.9})
    json.dumps(found, allow_nan=False)
    assert not found["enough"]


def test_weeks_are_counted_from_the_first_day():
    days, areas = np.array([-8, -7, -1, 0, 6, 7]), np.array(["a", "a", "a", "a", "b", "a"])
    assert weeks_around(days, areas, ["a", "b"], after=2, before=2).tolist() == [[1, 2, 1, 1], [0, 0, 1, 0]]  # fmt: skip


def test_a_season_may_go_over_the_end_of_a_year():
    heating = next_span((11, 15), (3, 15), date(2026, 1, 10))
    assert heating == (date(2025, 11, 15), date(2026, 3, 15))
    assert next_span((11, 15), (3, 15), date(2026, 10, 10))[0] == date(2026, 11, 15)


@pytest.mark.parametrize(
    ("read", "good", "bad"),
    [
        (read_detectors, [{"name": "a", "method": "daily"}], [{"name": "a", "method": "magic"}]),
        (read_detectors, [], [{"name": "a", "method": "daily", "fdr": 2}]),
        (read_detectors, [], [{"name": "a", "method": "daily"}] * 2),
        (read_seasons, [{"name": "h", "title": "供暖", "matter": "01", "starts": "11-15", "ends": "03-15"}], [{"name": "h", "title": "x", "matter": "01", "starts": "13-01", "ends": "03-15"}]),
        (read_planned, [{"name": "w", "area": "99", "starts": "2026-10-01", "ends": "2026-10-02"}], [{"name": "w", "area": "99", "starts": "2026-10-03", "ends": "2026-10-02"}]),
    ],
)  # fmt: skip
def test_what_a_pack_states_is_read_or_refused(read, good, bad):
    assert read(good) is not None
    assert read(bad) is None
