from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from xianban.base.errors import BadInput
from xianban.casework.rules.pressing import press_weight
from xianban.casework.rules.stages import spans_of
from xianban.casework.rules.standing import Clock, Dispute, Standing, Suspension, Task
from xianban.command.rules.periods import midnight, span_named, week_of, weeks_before
from xianban.command.rules.times import bottleneck, times_by
from xianban.command.rules.usual import usual

START = datetime(2026, 11, 2, 1, tzinfo=UTC)  # Monday


def at(hours):
    return START + timedelta(hours=hours)


def clock(n, kind, began, ended, state="met", unit="u"):
    return Clock(n, kind=kind, state=state, unit=unit, limit="24h", started_at=at(began), due_at=at(99), ended_at=at(ended))  # fmt: skip


@pytest.mark.parametrize(
    ("late_h", "people", "urgency", "weight"),
    [
        (10, 1, "normal", 10),
        (10, 3, "normal", 30),
        (10, 3, "urgent", 90),
        (10, 3, "critical", 240),
        (0, 0, "normal", 1),  # not late yet, nobody counted: still one hour of one person
    ],
)
def test_whom_to_press(late_h, people, urgency, weight):
    assert press_weight(late_s=late_h * 3600, people=people, urgency=urgency) == weight


def spans(standing, received=0.0):
    return {
        (s.stage, s.n): (s.seconds / 3600, s.unit)
        for s in spans_of(standing, received_at=at(received))
    }


def test_the_stages_of_a_plain_case():
    standing = Standing(unit="u")
    standing.clocks = {
        1: clock(1, "dispatch", 0, 1, unit=""),
        2: clock(2, "handle", 0, 30),
        3: clock(3, "sign", 1, 3),
        4: clock(4, "contact", 1, 5),
        5: clock(5, "follow_up", 30, 50),
    }
    assert spans(standing) == {
        ("dispatch", 1): (1, ""),
        ("sign", 3): (2, "u"),
        ("contact", 4): (2, "u"),
        ("handle", 2): (27, "u"),
        ("follow_up", 5): (20, ""),
    }


def test_what_was_set_aside_is_not_handling():
    """Two tasks that overlap, a suspension and a dispute: each hour is taken off once."""
    standing = Standing(unit="u")
    standing.clocks = {1: clock(1, "handle", 0, 100), 2: clock(2, "sign", 0, 10)}
    standing.disputes = {1: Dispute(1, unit="u", raised_at=at(2), ruled_at=at(5), ruling="reject")}
    standing.suspensions = {
        1: Suspension(1, state="ended", decided_at=at(20), ended_at=at(40), asked_at=at(15))
    }
    standing.tasks = {
        1: Task(1, unit="a", state="answered", asked_at=at(50), answered_at=at(60)),
        2: Task(2, unit="b", state="answered", asked_at=at(55), answered_at=at(65)),
    }
    found = spans(standing)
    assert found["sign", 2] == (10 - 3, "u")
    assert found["handle", 1] == (90 - 20 - 15, "u")
    assert found["suspended", 1] == (20, "u")
    assert found["contested", 1] == (3, "u")
    assert found["co_units", 1] == (10, "a")
    assert found["co_units", 2] == (10, "b")


def test_dispatched_at_once_and_what_is_not_over():
    standing = Standing(unit="u")
    standing.clocks = {
        1: clock(1, "sign", 0, 1, state="void"),
        2: clock(2, "sign", 1, 2, unit="v"),
        3: Clock(3, kind="handle", state="running", started_at=at(0), due_at=at(9), limit="9h"),
    }
    assert spans(standing) == {("dispatch", 0): (0, ""), ("sign", 2): (1, "v")}


def test_times_are_those_of_numpy():
    rng = np.random.default_rng(3)
    seconds = rng.exponential(100, 500)
    keys = [f"u{i % 3}" for i in range(500)]
    found = times_by(keys, seconds)
    for key in set(keys):
        own = seconds[[k == key for k in keys]]
        assert found[key].n == len(own)
        assert found[key].median_s == pytest.approx(np.median(own))
        assert found[key].p90_s == pytest.approx(np.quantile(own, 0.9))
        assert found[key].total_s == pytest.approx(own.sum())
    assert times_by([], np.array([])) == {}


def test_the_bottleneck_is_where_most_was_waited():
    found = times_by(["sign"] * 9 + ["handle"], np.array([1.0] * 9 + [20.0]))
    assert bottleneck(found) == "handle"
    assert bottleneck({}) == ""


def test_usual_holds_what_it_says():
    """On noise, Poisson and twice as wide, at least about 95% of next counts lie in the band."""
    rng = np.random.default_rng(11)
    for draw in (lambda: rng.poisson(40, 9), lambda: rng.negative_binomial(20, 0.5, 9)):
        inside = 0
        for _ in range(2000):
            *past, after = draw().tolist()
            inside += usual(past).says(after) == "usual"
        assert 0.94 < inside / 2000 < 0.995


def test_usual_needs_a_past():
    assert usual([3, 4]) is None
    assert usual([0, 0, 0]).low == 0
    assert usual([10, 10, 10, 10]).says(200) == "more"


def test_periods():
    assert week_of(date(2026, 12, 31)) == "2026-W53"
    assert week_of(date(2027, 1, 1)) == "2026-W53"
    span = span_named("2026-W53")
    assert (span.first, span.until) == (date(2026, 12, 28), date(2027, 1, 4))
    assert span_named("2026-12").until == date(2027, 1, 1)
    assert weeks_before(date(2026, 11, 2), 2) == ["2026-W44", "2026-W45"]
    assert midnight(date(2026, 11, 2), ZoneInfo("Asia/Shanghai")) == datetime(2026, 11, 1, 16, tzinfo=UTC)  # fmt: skip


@pytest.mark.parametrize("name", ["", "2026-W54", "2026-13", "yesterday", "2026-W1", "0000-01"])
def test_no_period(name):
    with pytest.raises(BadInput):
        span_named(name)
