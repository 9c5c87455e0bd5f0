"""The lifecycle as data, and clocks, without a database."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from builders import write_town
from xianban.accounts.api import MAY, Role
from xianban.base.errors import BadInput, WrongState
from xianban.casework.rules import clocks, deciding
from xianban.casework.rules.acts import DEEDS, GUARDS, OUTCOMES
from xianban.casework.rules.acts.doing import Doing
from xianban.casework.rules.acts.suspending import months_after
from xianban.casework.rules.standing import (
    ROWS,
    Clock,
    Standing,
    beginning,
    change_between,
    replay,
    snapshot,
)
from xianban.casework.rules.table import (
    BACK,
    CLOCKS,
    NOTICES,
    OF_THEMSELVES,
    SAME,
    TABLE,
    VERBS,
    moves_from,
)
from xianban.casework.rules.values import NewCase
from xianban.casework.rules.words import ENDED, OPEN, STATES

NINE = datetime(2026, 11, 2, 1, tzinfo=UTC)  # Monday, nine o'clock in the town
HOUR = timedelta(hours=1)
BACK_TO = {"contested": ("dispatched", "signed"), "suspended": ("handling", "rectifying")}


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The town, read from its pack into memory."""
    from xianban.city.pack.reading import read_pack
    from xianban.city.rules.build import build_city

    pack = read_pack(write_town(tmp_path_factory.mktemp("town")))
    tables = {
        name: [{**row, "id": n, "row": n} for n, row in enumerate(rows)]
        for name, rows in pack.tables.items()
    }
    return build_city(tables, stamp="test")


def goals(state):
    for move in moves_from(state):
        if move.to == SAME:
            continue
        yield from BACK_TO[state] if move.to == BACK else (move.to,)


def reachable(start):
    seen, todo = set(), [start]
    while todo:
        for state in goals(todo.pop()):
            if state not in seen:
                seen.add(state)
                todo.append(state)
    return seen


# the table


@pytest.mark.parametrize("state", STATES)
def test_every_state_reaches_an_answer_and_an_end(state):
    assert reachable(state) & {"closed"}
    assert reachable(state) & set(ENDED)


@pytest.mark.parametrize("state", STATES)
def test_every_state_can_be_reached_from_the_beginning(state):
    assert state == "received" or state in reachable("received")


@pytest.mark.parametrize("state", OPEN)
def test_every_open_state_can_be_left_by_a_person(state):
    people = {role.value for role in Role}
    ways = [m for m in moves_from(state) if m.to != SAME]
    assert any(people & {str(who) for who in MAY[m.may]} for m in ways)


def test_every_row_names_what_is_there():
    for move in TABLE:
        assert set(move.states) <= set(STATES)
        assert move.to in (*STATES, SAME, BACK)
        assert move.may in MAY, f"{move.verb}: accounts know no permission “{move.may}”"
        assert {*move.ends, *move.voids, *move.pauses, *move.resumes, *move.starts} <= set(CLOCKS)
        assert not move.tells or move.verb in NOTICES


def test_a_row_is_found_by_state_verb_and_outcome_alone():
    rows = [(state, move.verb, move.outcome) for move in TABLE for state in move.states]
    assert len(rows) == len(set(rows))


def test_rows_of_one_verb_ask_for_the_same():
    fields = defaultdict(set)
    for move in TABLE:
        fields[move.verb].add(move.fields)
    assert all(len(found) == 1 for found in fields.values())


def test_every_rule_is_of_a_verb_in_the_table():
    assert set(DEEDS) | set(GUARDS) | set(OUTCOMES) <= set(VERBS)
    assert not set(OF_THEMSELVES) & set(VERBS)


def test_an_ended_case_has_no_running_clock_and_an_open_one_does():
    for move in TABLE:
        if move.to in ENDED and move.verb not in ("follow_up", "rate", "close"):
            assert set(move.voids) == set(CLOCKS)
    for kind in ("follow_up", "reply"):
        for move in moves_from("reported"):
            if move.to not in (SAME, "reported"):
                assert kind in (*move.ends, *move.voids)


# clocks


def running(city, limit, unit="", start=NINE, kind="handle"):
    standing = Standing(state="handling")
    return clocks.start_clock(standing, kind, limit=limit, now=start, city=city, unit=unit)


@pytest.mark.parametrize(
    ("limit", "unit", "due"),
    [
        ("2h", "", NINE + 2 * HOUR),
        ("4wh", "", datetime(2026, 11, 2, 6, 30, tzinfo=UTC)),  # over the midday break, to 14:30
        ("4wh", "water", NINE + 4 * HOUR),  # always open: never pauses
        ("5wd", "", NINE + timedelta(days=7)),  # a week, as Saturday and Sunday do not count
        ("5wd", "water", NINE + timedelta(days=5)),
    ],
)
def test_limits_count_in_the_city_s_time(city, limit, unit, due):
    assert running(city, limit, unit).due_at == due


@pytest.mark.parametrize(("limit", "wakes"), [("8h", NINE + 6 * HOUR), ("4wh", NINE + 3 * HOUR)])
def test_a_reminder_comes_at_three_quarters_of_the_limit_s_own_time(city, limit, wakes):
    assert running(city, limit).wake_at == wakes


@pytest.mark.parametrize("limit", ["8h", "2d", "6wh", "3wd"])
@pytest.mark.parametrize("pause", [0, 1, 30, 75])
def test_a_pause_is_added_in_the_limit_s_own_time(city, limit, pause):
    clock = running(city, limit)
    length = city.limit_seconds(limit)
    clocks.pause_clock(clock, NINE + HOUR, city)
    clocks.resume_clock(clock, NINE + HOUR + pause * HOUR, city)
    used = city.between(NINE, NINE + HOUR, limit)
    assert city.between(NINE + HOUR + pause * HOUR, clock.due_at, limit) == pytest.approx(
        length - used, abs=1
    )


def test_a_pause_does_not_heal_an_overdue_clock(city):
    clock = running(city, "2h")
    due = clock.due_at
    clocks.pause_clock(clock, NINE + 3 * HOUR, city)
    clocks.resume_clock(clock, NINE + 50 * HOUR, city)
    assert clock.due_at == due
    clocks.end_clock(clock, NINE + 51 * HOUR)
    assert clock.state == "missed"


@pytest.mark.parametrize(
    ("after", "state"), [(2 * HOUR, "met"), (2 * HOUR + timedelta(seconds=1), "missed")]
)
def test_met_to_the_very_moment(city, after, state):
    clock = running(city, "2h")
    clocks.end_clock(clock, NINE + after)
    assert (clock.state, clock.ended_at, clock.wake_at) == (state, NINE + after, None)


def test_what_is_void_after_its_time_was_missed_all_the_same(city):
    clock = running(city, "2h")
    clocks.void_clock(clock, NINE + 3 * HOUR)
    assert clock.state == "missed"


# acts on plain values


def begun(city, urgency="urgent", unit="street-east"):
    new = NewCase(origin="web", text="x", received_at=NINE, urgency=urgency, area="990100001001001")
    limits = {
        k: getattr(city.limits(urgency), k) for k in ("sign", "contact", "handle", "follow_up")
    }
    return deciding.begin(new, unit=unit, now=NINE, city=city, limits=limits, level="street")


def doing(city, standing, after=HOUR, actor="user:1", **said):
    return Doing(standing, NINE + after, city, actor, said=said)


def test_what_is_not_in_the_table_cannot_be_done(city):
    with pytest.raises(WrongState, match="a case that is dispatched"):
        deciding.carry_out(doing(city, begun(city), text="x"), "report")
    with pytest.raises(BadInput, match="is not an act"):
        deciding.carry_out(doing(city, begun(city)), "explode")


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ({}, "needs “text”"),
        ({"text": "  "}, "needs"),
        ({"text": "x", "mood": "y"}, "does not take “mood”"),
    ],
)
def test_what_is_said_is_checked(city, said, remedy):
    with pytest.raises(BadInput, match=remedy):
        deciding.carry_out(doing(city, begun(city), **said), "note")


def test_a_change_is_all_that_differs_and_adds_up_again(city):
    standing = begun(city)
    first = beginning(standing)
    before = snapshot(standing)
    deciding.carry_out(doing(city, standing), "sign")
    change = change_between(before, standing)
    assert change == {
        "state": "signed",
        "next_due_at": "2026-11-02T03:00:00+00:00",
        "clocks": [
            {"n": 2, "state": "met", "wake_at": None, "ended_at": "2026-11-02T02:00:00+00:00"}
        ],
    } or set(change) == {"state", "clocks"}
    assert replay([first, change]) == standing


def test_every_kind_of_row_can_be_written_down_and_read_back():
    standing = Standing(state="handling")
    for name, row in ROWS.items():
        getattr(standing, name)[1] = row(1)
    standing.clocks[2] = Clock(2, kind="sign", started_at=NINE, wake_at=NINE, left_s=-4)
    assert replay([beginning(standing)]) == standing


def test_the_dispatch_clock_is_short_for_what_is_critical(city):
    assert deciding.limit_for(begun(city, "normal"), "dispatch", city) == "4h"
    assert deciding.limit_for(begun(city, "critical"), "ruling", city) == "0.5h"


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-05-31", 9, "2027-02-28"),
        ("2026-11-30", 1, "2026-12-30"),
        ("2027-11-30", 3, "2028-02-29"),
    ],
)
def test_months_end_on_the_last_day_of_a_shorter_one(start, months, end):
    assert months_after(datetime.fromisoformat(start), months) == datetime.fromisoformat(end)
