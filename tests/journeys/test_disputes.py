"""Returned dispatches: the window, the ruling, the third time, and whose clocks run meanwhile."""

from datetime import timedelta

import pytest

from builders import make_case, monday
from journeys.steps import DISPATCHER, SUPERVISOR, Story, handler_of
from xianban.base.errors import BadInput, NotAllowed, WrongState
from xianban.casework.models import Case
from xianban.casework.queries.standings import replayed, standing_of
from xianban.ledger.models import Notice

HOUR = timedelta(hours=1)
REASON = {"reason": "not_our_duty", "text": "the road is the district's"}


@pytest.fixture
def story(town):
    return Story(make_case(person=501), monday())


def same_in_the_ledger(story):
    assert replayed(story.id) == standing_of(Case.objects.get(pk=story.id))


def test_returned_upheld_and_given_to_another_unit(story):
    promised = story.view().due_at
    view = story.act(handler_of("street-east"), "object", after=HOUR, **REASON)
    assert view.state == "contested"
    verdicts = {clock.kind: clock.verdict for clock in view.clocks}
    assert verdicts == {
        "handle": "running",
        "sign": "paused",
        "contact": "paused",
        "ruling": "running",
    }
    assert story.clock("handle").unit.code == ""  # the desk has the ball, the resident's time runs

    view = story.act(DISPATCHER, "uphold", after=HOUR, unit="landscaping", text="a flower bed")
    assert (view.state, view.unit.code, view.due_at) == ("dispatched", "landscaping", promised)
    assert story.clock("ruling").verdict == "met"
    assert [c.verdict for c in view.clocks if c.kind == "sign"] == ["void", "running"]
    assert story.clock("sign").due_at == story.now + 2 * HOUR
    assert story.clock("contact").due_at == monday() + 3 * HOUR  # one hour of two was left
    assert story.clock("handle").unit.code == "landscaping"
    assert Notice.objects.filter(to="unit:landscaping", kind="dispatched").exists()
    same_in_the_ledger(story)


def test_rejected_it_goes_back_and_cannot_be_returned_again(story):
    unit = handler_of("street-east")
    story.act(unit, "sign", after=HOUR / 2)
    story.act(unit, "object", after=HOUR / 2, **REASON)
    view = story.act(DISPATCHER, "reject", after=HOUR, text="it is yours by the list")
    assert view.state == "signed"
    assert "object" not in story.offers(unit)
    with pytest.raises(WrongState, match="returned this case once"):
        story.act(unit, "object", **REASON)
    same_in_the_ledger(story)


def test_after_two_hours_it_stays(story):
    unit = handler_of("street-east")
    assert "object" in story.offers(unit)
    with pytest.raises(WrongState, match="within 2 h"):
        story.act(unit, "object", after=2 * HOUR + timedelta(seconds=1), **REASON)
    assert "object" not in story.offers(unit)


def test_a_critical_one_after_half_an_hour(town):
    story = Story(make_case(matter="0101"), monday())
    with pytest.raises(WrongState, match=r"within 0\.5 h"):
        story.act(handler_of("water"), "object", after=timedelta(minutes=31), **REASON)


def test_a_reason_is_needed_and_must_be_one_of_the_list(story):
    with pytest.raises(BadInput, match="needs “text”"):
        story.act(handler_of("street-east"), "object", reason="not_our_duty")
    with pytest.raises(BadInput, match="choose one of"):
        story.act(handler_of("street-east"), "object", reason="no time", text="x")


def test_only_the_unit_returns_and_only_the_desk_rules(story):
    with pytest.raises(NotAllowed):
        story.act(DISPATCHER, "object", **REASON)
    story.act(handler_of("street-east"), "object", **REASON)
    with pytest.raises(NotAllowed):
        story.act(handler_of("street-east"), "reject", text="no")
    with pytest.raises(BadInput, match="names another unit"):
        story.act(DISPATCHER, "uphold", unit="street-east", text="x")


def test_the_third_return_ends_in_designation_and_that_ends_returns(story):
    for unit, other in (("street-east", "landscaping"), ("landscaping", "transport")):
        story.act(handler_of(unit), "object", after=HOUR / 4, **REASON)
        story.act(DISPATCHER, "uphold", after=HOUR / 4, unit=other, text="try them")
    story.act(handler_of("transport"), "object", after=HOUR / 4, **REASON)
    assert {"uphold", "reject"}.isdisjoint(story.offers(SUPERVISOR))
    with pytest.raises(WrongState, match="designate"):
        story.act(DISPATCHER, "reject", text="again")
    view = story.act(
        SUPERVISOR, "designate", after=HOUR, unit="construction", text="settled at a meeting"
    )
    assert (view.state, view.unit.code, view.designated) == ("dispatched", "construction", True)
    with pytest.raises(WrongState, match="designated"):
        story.act(handler_of("construction"), "object", **REASON)
    same_in_the_ledger(story)


def test_a_redispatch_keeps_the_resident_s_clock(story):
    unit = handler_of("street-east")
    story.act(unit, "sign", after=HOUR)
    story.act(unit, "contact", contacted=True)
    promised = story.view().due_at
    view = story.act(
        DISPATCHER, "redispatch", after=3 * HOUR, unit="landscaping", text="theirs after all"
    )
    assert (view.state, view.due_at) == ("dispatched", promised)
    assert [clock.verdict for clock in view.clocks if clock.kind == "contact"] == ["met"]
    assert len([clock for clock in view.clocks if clock.kind == "handle"]) == 1
    assert story.clock("sign").started_at == story.now
    same_in_the_ledger(story)


def test_a_community_is_never_made_to_lead(story):
    for verb, more in (("redispatch", {}),):
        with pytest.raises(BadInput, match="helps and never leads"):
            story.act(DISPATCHER, verb, unit="mill", text="x", **more)
    story.act(handler_of("street-east"), "sign")
    story.act(
        handler_of("street-east"), "invite", unit="mill", ask="come along"
    )  # to help it may be asked
    with pytest.raises(BadInput, match="no unit"):
        story.act(DISPATCHER, "redispatch", unit="nobody", text="x")
