"""Several units heard before one is named, and a dispatch taken back: whose clocks run meanwhile."""

from datetime import timedelta

import pytest

from builders import make_case, monday
from journeys.steps import DISPATCHER, SUPERVISOR, Story, handler_of
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.casework.api import access
from xianban.casework.models import Case
from xianban.casework.queries.standings import replayed, standing_of
from xianban.ledger.models import Notice

HOUR = timedelta(hours=1)
ASKED = {
    "question": "a bus shelter on a flower bed: whose is it?",
    "units": ["landscaping", "transport", "construction"],
    "limit": "8h",
}


@pytest.fixture
def story(town):
    return Story(make_case(matter="0201", assignment=None, person=501), monday())


def same_in_the_ledger(story):
    assert replayed(story.id) == standing_of(Case.objects.get(pk=story.id))


def verdicts(story):
    return {clock.kind: clock.verdict for clock in story.view().clocks}


def told(kind):
    return sorted(Notice.objects.filter(kind=kind).values_list("to", flat=True))


def test_from_the_question_to_the_decision(story):
    promised = story.view().due_at
    with pytest.raises(NotFound):
        story.view() and story.act(handler_of("landscaping"), "opine", task=1, stance="ours")
    story.act(DISPATCHER, "consult", after=HOUR / 2, **ASKED)
    assert verdicts(story) == {
        "handle": "running",
        "dispatch": "paused",
        "task": "running",
        "consult": "running",
    }
    assert told("consulted") == ["unit:construction", "unit:landscaping", "unit:transport"]
    for unit, stance, text in (
        ("landscaping", "part", "we move the hedge"),
        ("transport", "ours", "the shelter is ours"),
    ):
        who = handler_of(unit)
        assert story.offers(who) >= {"opine"}
        assert "answer_task" not in story.offers(who)
        (task,) = [t for t in story.view().consultations[0].answers if t.unit.code == unit]
        story.act(who, "opine", after=HOUR, task=task.n, stance=stance, text=text, basis="§ 3")
    seen = access(handler_of("landscaping"))
    assert seen.sees(story.id)
    with pytest.raises(WrongState, match="may still answer the consultation"):
        story.act(DISPATCHER, "decide", unit="transport", text="as they say")
    view = story.act(
        DISPATCHER,
        "decide",
        after=HOUR,
        unit="transport",
        text="their shelter, with help for the hedge",
        co_units=["landscaping"],
        without_answers="they do not build",
    )
    assert (view.state, view.unit.code, view.designated) == ("dispatched", "transport", True)
    assert view.due_at <= promised
    assert verdicts(story)["dispatch"] == "met"
    assert verdicts(story)["consult"] == "met"
    (done,) = view.consultations
    assert (done.state, done.unit.code) == ("decided", "transport")
    assert [t.state for t in done.answers] == ["answered", "answered", "unanswered"]
    (helping,) = [t for t in view.tasks if t.state == "asked"]
    assert (helping.unit.code, helping.ask, helping.consultation) == (
        "landscaping",
        "we move the hedge",
        0,
    )
    assert told("invited") == ["unit:landscaping"]
    assert told("consultation_decided") == ["unit:construction"]
    with pytest.raises(WrongState, match="designated"):
        story.act(handler_of("transport"), "object", reason="no_powers", text="after all")
    same_in_the_ledger(story)


def test_after_the_time_for_answers_one_need_not_wait(story):
    story.act(DISPATCHER, "consult", **ASKED)
    view = story.act(
        SUPERVISOR, "decide", after=timedelta(hours=9), unit="water", text="nobody answered"
    )
    assert (view.unit.code, view.designated) == ("water", False)  # it was never heard
    same_in_the_ledger(story)


def test_a_dispatch_without_a_decision_ends_the_consultation(story):
    story.act(DISPATCHER, "consult", **ASKED)
    view = story.act(DISPATCHER, "dispatch", after=HOUR, unit="transport")
    assert view.consultations[0].state == "dropped"
    assert {task.state for task in view.tasks} == {"void"}
    assert verdicts(story)["consult"] == "void"
    assert "opine" not in story.offers(handler_of("landscaping"))
    same_in_the_ledger(story)


def test_a_contested_case_is_ruled_upon_by_the_decision(town):
    story = Story(make_case(person=501), monday())
    story.act(handler_of("street-east"), "object", reason="not_our_duty", text="no")
    story.act(DISPATCHER, "consult", **ASKED)
    assert verdicts(story)["ruling"] == "paused"
    view = story.act(
        SUPERVISOR, "decide", after=timedelta(hours=9), unit="street-east", text="yours"
    )
    assert view.disputes[0].ruling == "designate"
    assert view.designated
    assert verdicts(story)["ruling"] == "met"
    same_in_the_ledger(story)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"units": ["nobody"]}, "no unit"),
        ({"units": []}, "one unit at least|needs"),
        ({"limit": "90d"}, "after what the resident was promised"),
        ({"question": ""}, "needs “question”"),
    ],
)
def test_what_a_consultation_asks_for(story, change, match):
    with pytest.raises(BadInput, match=match):
        story.act(DISPATCHER, "consult", **{**ASKED, **change})


def test_only_the_desk_asks_and_only_once(story):
    with pytest.raises((NotAllowed, NotFound)):
        story.act(handler_of("transport"), "consult", **ASKED)
    story.act(DISPATCHER, "consult", **ASKED)
    with pytest.raises(WrongState, match="open already"):
        story.act(DISPATCHER, "consult", **ASKED)
    with pytest.raises(NotFound):  # who is not asked sees nothing of it
        story.act(handler_of("water"), "opine", task=1, stance="ours", text="x")
    others = story.view().consultations[0].answers[1].n
    with pytest.raises(NotAllowed, match="task is"):
        story.act(handler_of("landscaping"), "opine", task=others, stance="ours", text="x")


def test_a_dispatch_is_taken_back_within_minutes_and_before_it_is_signed(story):
    promised = story.act(DISPATCHER, "dispatch", unit="water").due_at
    view = story.act(DISPATCHER, "recall", after=timedelta(minutes=4))
    assert (view.state, view.unit.code, view.due_at) == ("received", "", promised)
    assert told("recalled") == ["unit:water"]
    assert verdicts(story)["contact"] == "paused"
    story.act(DISPATCHER, "dispatch", after=timedelta(minutes=1), unit="transport")
    assert story.clock("contact").verdict == "running"
    assert story.clock("contact").unit.code == "transport"
    with pytest.raises(WrongState, match="within 10 minutes"):
        story.act(DISPATCHER, "recall", after=timedelta(minutes=11))
    same_in_the_ledger(story)


def test_taking_it_back_gains_the_desk_no_time(story):
    due = story.clock("dispatch").due_at
    for _ in range(3):
        story.act(DISPATCHER, "dispatch", after=timedelta(minutes=30), unit="water")
        story.act(DISPATCHER, "recall", after=timedelta(minutes=5))
        assert (story.clock("dispatch").due_at, story.clock("dispatch").verdict) == (due, "running")
    story.act(DISPATCHER, "dispatch", after=timedelta(hours=6), unit="water")
    assert verdicts(story)["dispatch"] == "missed"
    story.act(DISPATCHER, "recall", after=timedelta(minutes=5))
    assert story.clock("dispatch").verdict == "overdue"
    same_in_the_ledger(story)


def test_what_a_consultation_took_is_not_counted_after_it_either(story):
    left = story.clock("dispatch").due_at - story.now
    story.act(DISPATCHER, "consult", **ASKED)
    story.act(
        DISPATCHER, "decide", after=timedelta(hours=6), unit="police", text="x", without_answers="x"
    )
    story.act(DISPATCHER, "recall", after=timedelta(minutes=5))
    assert story.clock("dispatch").due_at == story.now - timedelta(minutes=5) + left
    same_in_the_ledger(story)


def test_what_is_signed_or_ruled_upon_is_not_taken_back(town):
    story = Story(make_case(), monday())
    story.act(handler_of("street-east"), "object", reason="not_our_duty", text="no")
    story.act(DISPATCHER, "uphold", unit="transport", text="yes")
    with pytest.raises(WrongState, match="named by a ruling"):
        story.act(DISPATCHER, "recall")
    story.act(handler_of("transport"), "sign")
    with pytest.raises(WrongState):
        story.act(DISPATCHER, "recall")
