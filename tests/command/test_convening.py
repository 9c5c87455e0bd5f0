"""Pressing and meetings, through the door."""

from datetime import timedelta

import pytest

from builders import BRIDGE, EAST, HARBOUR, QUAY_GRID, make_case, monday, user
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.casework.api import Filters, case_view, late_counts, perform, to_press
from xianban.command.api import (
    convene,
    escalate_cases,
    hold,
    judge_task,
    meeting,
    meetings,
    press_cases,
    pressings,
    remind,
    report_task,
    set_task,
)
from xianban.ledger.api import history, verify
from xianban.ledger.models import Notice

SUPERVISOR, EASTERN, WESTERN = user("supervisor"), user("supervisor", area=EAST), user("supervisor", area=HARBOUR)  # fmt: skip
HANDLER, POLICE = user("handler", unit="street-east"), user("handler", unit="police")
LATE = monday(9) + timedelta(days=3)  # of an urgent matter: 24 h


def signed(**more):
    case = make_case(now=monday(9), **more)
    perform(case.case_id, "sign", acting=HANDLER, now=monday(9.2))
    return case


def test_late_by_unit_and_area(town):
    east, west = make_case(now=monday(9)), make_case(now=monday(9), area=QUAY_GRID)
    make_case(now=LATE)
    units = {one.unit: one for one in late_counts(SUPERVISOR, now=LATE)}
    assert (units["street-east"].open, units["street-east"].late) == (2, 1)
    assert units["street-west"].late == 1
    assert {one.street for one in late_counts(EASTERN, now=LATE)} == {BRIDGE}
    ranked = to_press(SUPERVISOR, Filters(late=True), now=LATE)
    assert {one.row.id for one in ranked} == {east.case_id, west.case_id}
    assert late_counts(EASTERN, Filters(unit="street-west"), now=LATE) == ()
    soon = Filters(within=timedelta(hours=3))
    assert sum(one.soon for one in late_counts(EASTERN, soon, now=LATE)) == 1


def test_most_people_and_most_urgent_first(town):
    plain = make_case(now=monday(9))
    many = make_case(now=monday(9), supporters=5)
    critical = make_case(now=monday(9), matter="0101")
    ranked = to_press(SUPERVISOR, Filters(late=True), now=LATE)
    assert [one.row.id for one in ranked] == [many.case_id, critical.case_id, plain.case_id]
    assert ranked[0].people == 6
    weights = [one.weight for one in ranked]
    assert weights == sorted(weights, reverse=True)


def test_by_the_clock_that_is_late(town):
    unsigned, begun = make_case(now=monday(9)), signed()
    by = {one.row.id for one in to_press(SUPERVISOR, Filters(late=True, clock="sign"), now=LATE)}
    assert by == {unsigned.case_id}
    assert begun.case_id not in by


def test_press_and_what_came_of_it(town):
    case = signed()
    other = make_case(now=monday(9), area=QUAY_GRID)
    until = LATE + timedelta(hours=4)
    done = press_cases([case.case_id, other.case_id], reason="三天没有回音", answer_by=until, acting=EASTERN, now=LATE)  # fmt: skip
    assert done.done == (case.number,)
    assert [type(why) for _, why in done.refused] == [NotFound]
    (one,) = pressings(EASTERN, now=LATE)
    assert (one.verdict, one.unit.code, one.moved) == ("waiting", "street-east", 0)
    assert case_view(case.case_id, EASTERN, now=LATE).pressed == 1
    assert pressings(WESTERN, now=LATE) == ()
    assert pressings(EASTERN, now=until + timedelta(1))[0].verdict == "overdue"
    perform(case.case_id, "report", acting=HANDLER, now=until - timedelta(hours=1), data={"text": "done"})  # fmt: skip
    assert pressings(EASTERN, now=until + timedelta(1))[0].verdict == "answered"
    assert history(f"case:{case.case_id}")[-2].payload["said"]["within"] == "4h"


def test_press_and_escalate_is_one_act_or_none(town):
    case = signed()
    before = case_view(case.case_id, SUPERVISOR, now=LATE)
    leader = user("leader")  # may press, not escalate
    done = press_cases([case.case_id], reason="x", answer_by=LATE + timedelta(1), escalate=True, acting=leader, now=LATE)  # fmt: skip
    assert not done.done
    assert case_view(case.case_id, SUPERVISOR, now=LATE).version == before.version
    done = escalate_cases([case.case_id], reason="久拖未决", acting=SUPERVISOR, now=LATE)
    assert done.done == (case.number,)
    assert case_view(case.case_id, SUPERVISOR, now=LATE).level != before.level


@pytest.mark.parametrize(
    ("ids", "reason", "hours"),
    [([], "why", 4), ([1], " ", 4), ([1], "why", -1), ([1], "why", 24 * 91), ([1], "x" * 2001, 4)],
)
def test_no_press_without_case_reason_and_date(town, ids, reason, hours):
    with pytest.raises(BadInput):
        press_cases(ids, reason=reason, answer_by=LATE + timedelta(hours=hours), acting=SUPERVISOR, now=LATE)  # fmt: skip


def called(acting=SUPERVISOR, **more):
    values = {
        "title": "北岸垃圾",
        "agenda": "一、情况；二、分工",
        "starts_at": LATE + timedelta(days=1),
        "place": "三楼会议室",
        "units": ["street-east", "police"],
        "acting": acting,
        "now": LATE,
    }
    return convene(**(values | more))


def test_from_the_agenda_to_the_last_task(town):
    case = signed()
    key = called(cases=[case.case_id], area=BRIDGE)
    assert {n.to for n in Notice.objects.filter(kind="meeting_called")} == {"unit:street-east", "unit:police"}  # fmt: skip
    hold(key, minutes="到会三家", decision="三天内清完", acting=SUPERVISOR, now=LATE)
    due = LATE + timedelta(days=2)
    own = set_task(key, text="重画停车位", unit="police", due_at=due, acting=SUPERVISOR, now=LATE)
    inside = set_task(key, text="派人到场", unit="police", due_at=due, case_id=case.case_id, acting=SUPERVISOR, now=LATE)  # fmt: skip
    lead = set_task(key, text="清运", unit="street-east", due_at=due, case_id=case.case_id, acting=SUPERVISOR, now=LATE)  # fmt: skip
    seen = meeting(key, POLICE, now=LATE)
    assert (seen.state, seen.open_tasks) == ("following", 3)
    assert [task.may_report for task in seen.tasks] == [True, False, False]
    view = case_view(case.case_id, SUPERVISOR, now=LATE)
    assert (view.tasks[0].unit.code, view.pressed) == ("police", 1)
    assert view.tasks[0].due_at == due

    report_task(key, own, result="画好了", acting=POLICE, now=due)
    judge_task(key, own, verdict="open", reason="少一条线", acting=SUPERVISOR, now=due)
    report_task(key, own, result="补上了", acting=POLICE, now=due)
    judge_task(key, own, verdict="done", acting=SUPERVISOR, now=due)
    perform(case.case_id, "answer_task", acting=POLICE, now=due, data={"task": "1", "text": "去过"})
    assert [t.state for t in meeting(key, SUPERVISOR, now=due).tasks] == ["done", "done", "open"]
    perform(case.case_id, "report", acting=HANDLER, now=due, data={"text": "清完"})
    (seen,) = meetings(SUPERVISOR, now=due)
    assert (seen.state, seen.open_tasks) == ("done", 0)
    verbs = [act.verb for act in history(f"meeting:{key}")]
    assert verbs == ["convene", "hold", "set_task", "set_task", "set_task", "report_task", "return_task", "report_task", "accept_task"]  # fmt: skip
    assert verify().broken is None
    assert (own, inside, lead) == (1, 2, 3)


def test_who_sees_a_meeting(town):
    key = called(area=BRIDGE, units=["street-east"])
    for actor in (SUPERVISOR, EASTERN, HANDLER, user("leader", unit="street-east")):
        assert meeting(key, actor, now=LATE).id == key
    for actor in (WESTERN, POLICE, user("leader", unit="water"), user("agent")):
        with pytest.raises(NotFound):
            meeting(key, actor, now=LATE)
        assert meetings(actor, now=LATE) == ()
    with pytest.raises(NotAllowed):
        hold(key, minutes="x", decision="y", acting=HANDLER, now=LATE)
    with pytest.raises(NotFound):
        report_task(key, 1, result="x", acting=POLICE, now=LATE)


def test_convening_stays_within_scope(town):
    west = make_case(now=monday(9), area=QUAY_GRID)
    with pytest.raises(NotFound):
        called(EASTERN, area=BRIDGE, cases=[west.case_id])
    for area in ("", HARBOUR):
        with pytest.raises(NotAllowed):
            called(EASTERN, area=area)
    with pytest.raises(NotAllowed):
        called(HANDLER, area=BRIDGE)
    for wrong in ({"units": []}, {"units": ["nobody"]}, {"title": ""}, {"agenda": " "}, {"matter": "9"}, {"starts_at": LATE + timedelta(days=100)}):  # fmt: skip
        with pytest.raises(BadInput):
            called(**wrong)


def test_reminders_go_once(town):
    key = called()
    set_task(key, text="报方案", unit="police", due_at=LATE + timedelta(days=2), acting=SUPERVISOR, now=LATE)  # fmt: skip
    assert remind(now=LATE) == 0
    for _ in range(2):
        remind(now=LATE + timedelta(days=1, hours=1))
    assert Notice.objects.filter(kind="meeting_task_soon").count() == 1
    for _ in range(2):
        remind(now=LATE + timedelta(days=3))
    late = Notice.objects.filter(kind="meeting_task_late")
    assert {n.to for n in late} == {"unit:police", SUPERVISOR.key}
    judge_task(key, 1, verdict="dropped", reason="不再需要", acting=SUPERVISOR, now=LATE)
    with pytest.raises(WrongState):
        report_task(key, 1, result="x", acting=POLICE, now=LATE)
