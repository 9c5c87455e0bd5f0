"""How a case ends: closed by word or by silence, put right, merged, declined, withdrawn."""

from datetime import timedelta

import pytest

from builders import GRID_2, make_case, monday
from journeys.steps import (
    AGENT,
    DISPATCHER,
    NEIGHBOUR,
    RESIDENT,
    SUPERVISOR,
    Story,
    handler_of,
)
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.casework.api import EXITS, hear, persons_of, public_story, sweep
from xianban.casework.models import Case, Interest
from xianban.casework.queries.standings import replayed, standing_of
from xianban.ledger.models import Notice

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UNIT = handler_of("street-east")


def answered(town, **more) -> Story:
    story = Story(make_case(person=501, **more), monday())
    story.act(UNIT, "sign", after=HOUR / 2)
    story.act(UNIT, "report", after=HOUR, text="the rubbish was taken away")
    return story


def same_in_the_ledger(story):
    assert replayed(story.id) == standing_of(Case.objects.get(pk=story.id))


def test_dissatisfied_put_right_and_then_content(town):
    story = answered(town)
    view = story.act(
        AGENT, "follow_up", after=HOUR, contacted=True, solved=True, satisfaction="dissatisfied"
    )
    assert (view.state, view.reopened) == ("rectifying", 1)
    assert (
        story.clock("handle").due_at == story.now + DAY
    )  # a clock of its own; the first stays met
    assert [c.verdict for c in view.clocks if c.kind == "handle"] == ["met", "running"]
    assert Notice.objects.filter(kind="rectifying", to="unit:street-east").exists()
    story.act(UNIT, "report", after=HOUR, text="swept as well")
    view = story.act(RESIDENT, "rate", after=HOUR, satisfaction="satisfied")
    assert (view.state, view.ending) == ("closed", "satisfied")
    with pytest.raises(WrongState, match="rated this answer"):
        story.act(RESIDENT, "rate", satisfaction="dissatisfied")
    same_in_the_ledger(story)


def test_the_second_time_it_goes_up_a_level(town):
    story = answered(town)
    level = story.view().level
    story.act(RESIDENT, "rate", solved=False)
    assert story.view().level == level == "street"
    story.act(UNIT, "report", text="really")
    story.act(RESIDENT, "reopen", text="no, it is still there")
    assert story.view().level == "district"
    same_in_the_ledger(story)


def test_silence_closes_after_a_week_and_never_counts_as_content(town):
    story = answered(town)
    assert sweep(now=story.now + 7 * DAY - HOUR).closed == 0
    assert sweep(now=story.now + 7 * DAY).closed == 1
    view = story.view()
    assert (view.state, view.ending) == ("closed", "no_reply")
    [word] = view.follow_ups
    assert (word.source, word.contacted, word.solved, word.satisfaction) == (
        "machine",
        False,
        None,
        "unstated",
    )
    assert story.act(RESIDENT, "rate", after=8 * DAY, solved=True).ending == "satisfied"
    same_in_the_ledger(story)


def test_a_resident_comes_back_within_a_month_and_no_later(town):
    story = answered(town)
    story.act(SUPERVISOR, "close", text="three calls, nobody there")
    assert story.view().ending == "checked"
    assert "reopen" in public_story(story.id, now=story.now, person=501).may
    with pytest.raises(WrongState, match="more than 30 days ago"):
        story.act(RESIDENT, "reopen", after=31 * DAY, text="again")
    assert story.act(SUPERVISOR, "reopen", text="found on a round").state == "rectifying"


def test_nobody_rates_or_follows_up_but_those_it_is_for(town):
    story = answered(town)
    with pytest.raises(NotFound):
        story.act(NEIGHBOUR, "rate", solved=True)
    with pytest.raises(NotAllowed):
        story.act(UNIT, "follow_up", contacted=True, solved=True)
    with pytest.raises(BadInput, match="yes or no"):
        story.act(AGENT, "follow_up", contacted=True)


def test_merged_both_reporters_hear_the_outcome(town):
    first = Story(make_case(person=501), monday())
    second = Story(make_case(person=502, area=GRID_2), monday())
    second.act(AGENT, "merge", after=HOUR, into=first.view().number)
    view = second.view()
    assert (view.state, view.merged_into.case_id) == ("merged", first.id)
    assert not [clock for clock in view.clocks if clock.verdict in ("running", "paused", "overdue")]
    assert persons_of(first.id) == (501, 502)
    assert Interest.objects.get(case=first.id, person=502).via == second.id

    first.act(UNIT, "sign", after=2 * HOUR)
    first.act(UNIT, "report", after=HOUR, text="one lorry took both heaps")
    answered = Notice.objects.filter(kind="answered").values_list("to", flat=True)
    assert set(answered) == {"person:501", "person:502"}
    story = public_story(second.id, now=first.now)
    assert story.merged_into == first.view().number
    assert [step.what for step in story.steps][-2:] == ["sign", "report"]
    same_in_the_ledger(first)
    same_in_the_ledger(second)


def test_no_chains_no_circles_no_ended_ones(town):
    a, b, c = (Story(make_case(), monday()) for _ in range(3))
    with pytest.raises(BadInput, match="into itself"):
        a.act(AGENT, "merge", into=a.id)
    b.act(AGENT, "merge", into=a.id)
    with pytest.raises(WrongState, match="merged into another"):
        c.act(AGENT, "merge", into=b.id)
    with pytest.raises(WrongState, match="the other way round"):
        a.act(AGENT, "merge", into=c.id)
    with pytest.raises(WrongState, match="a case that is merged"):
        b.act(AGENT, "merge", into=c.id)
    a.act(DISPATCHER, "decline", exit="outside_duty", text="x")
    with pytest.raises(WrongState, match="has ended"):
        c.act(AGENT, "merge", into=a.id)
    with pytest.raises(NotFound):
        c.act(AGENT, "merge", into="20261102-999999")


def test_joined_by_mistake_set_on_its_own_with_the_old_promise(town):
    first, second = (Story(make_case(), monday()) for _ in range(2))
    promised = second.view().due_at
    second.act(AGENT, "merge", into=first.id)
    view = second.act(AGENT, "separate", after=2 * HOUR, text="another street")
    assert (view.state, view.due_at, view.merged_into) == ("received", promised, None)
    second.act(DISPATCHER, "dispatch", unit="street-east")
    assert second.view().due_at == promised
    same_in_the_ledger(second)


@pytest.mark.parametrize("exit", EXITS)
def test_declined_by_a_lawful_exit(town, exit):
    story = Story(make_case(person=501, assignment=None), monday())
    with pytest.raises(BadInput, match="needs “text”"):
        story.act(DISPATCHER, "decline", exit=exit)
    view = story.act(
        DISPATCHER, "decline", exit=exit, text="please call 119; tell them 13812345678 rang"
    )
    assert (view.state, view.exit) == ("declined", exit)
    told = public_story(story.id, now=story.now, person=501)
    assert (told.exit, told.holder) == (exit, "nobody")
    assert "13812345678" not in told.exit_text
    assert Notice.objects.filter(kind="declined", to="person:501").exists()
    assert story.act(RESIDENT, "reopen", after=DAY, text="there are new facts").state == "received"
    same_in_the_ledger(story)


def test_no_seventh_exit_and_not_by_the_unit_itself(town):
    story = Story(make_case(), monday())
    with pytest.raises(BadInput, match="choose one of"):
        story.act(DISPATCHER, "decline", exit="too_hard", text="x")
    with pytest.raises(NotAllowed):
        story.act(UNIT, "decline", exit="outside_duty", text="x")


def test_withdrawn_by_the_only_reporter(town):
    story = Story(make_case(person=501), monday())
    hear(story.id, 502, acting=AGENT, now=monday())
    with pytest.raises(WrongState, match="others have reported"):
        story.act(RESIDENT, "withdraw")
    alone = Story(make_case(person=501), monday())
    assert alone.act(RESIDENT, "withdraw").ending == "withdrawn"
    assert "rate" not in alone.offers(RESIDENT)


def test_what_joins_a_merged_case_joins_the_one_that_goes_on(town):
    first, second = (Story(make_case(), monday()) for _ in range(2))
    second.act(AGENT, "merge", into=first.id)
    assert hear(second.id, 502, acting=AGENT, now=monday()) == first.id
    assert hear(second.id, 502, acting=AGENT, now=monday()) == first.id
    assert persons_of(first.id) == (502,)


def test_a_second_matter_becomes_a_case_of_its_own(town):
    story = Story(make_case(person=501), monday())
    view = story.act(DISPATCHER, "split", text="and the bus stop is hidden", matter="0201")
    [link] = view.links
    assert link.kind == "split"
    assert persons_of(link.case_id) == (501,)
    assert Case.objects.get(pk=link.case_id).unit == "transport"
    assert (
        story.act(AGENT, "link", other=link.case_id, kind="related").links[0].case_id
        == link.case_id
    )


def asked(town, **more):
    """A question that nobody was given."""
    return Story(
        make_case(person=501, matter="03", urgency="consult", assignment=None, **more), monday()
    )


def test_a_question_is_answered_on_the_spot(town):
    story = asked(town)
    view = story.act(AGENT, "answer_consult", text="until six", source="opening-hours")
    assert (view.state, view.ending, view.unit.code) == ("closed", "answered", "")
    assert story.clock("handle").verdict == "met"
    told = public_story(story.id, now=story.now, person=501)
    assert told.answer == "until six"
    assert told.steps[-1].what == "answer_consult"
    assert Notice.objects.filter(kind="consult_answered", to="person:501").exists()
    view = story.act(RESIDENT, "rate", after=HOUR, solved=True, satisfaction="satisfied")
    assert (view.state, view.ending) == ("closed", "satisfied")
    same_in_the_ledger(story)


def test_whoever_is_not_content_with_the_desk_gets_a_unit(town):
    story = asked(town)
    story.act(AGENT, "answer_consult", text="until six")
    view = story.act(RESIDENT, "rate", after=HOUR, solved=False)
    assert (view.state, view.reopened, view.ending) == ("received", 1, "")
    assert {c.kind for c in story.view().clocks if c.verdict == "running"} == {"dispatch", "handle"}
    told = public_story(story.id, now=story.now, person=501)
    assert told.steps[-1].what == "reopen"
    view = story.act(DISPATCHER, "dispatch", unit="street-east")
    assert view.state == "dispatched"
    same_in_the_ledger(story)


def test_only_a_question_and_only_by_the_desk(town):
    complaint = Story(make_case(assignment=None), monday())
    with pytest.raises(WrongState, match="only a question"):
        complaint.act(AGENT, "answer_consult", text="it will be done")
    assert "answer_consult" not in complaint.offers(AGENT)
    assert "answer_consult" in asked(town).offers(AGENT)
    with pytest.raises(NotAllowed):
        asked(town).act(SUPERVISOR, "answer_consult", text="until six")
