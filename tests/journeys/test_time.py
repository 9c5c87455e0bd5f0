"""Extension, suspension, co-units that are late, levels that rise."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from builders import CITY, make_case, monday
from journeys.steps import DISPATCHER, LEADER, SECOND_SUPERVISOR, SUPERVISOR, Story, handler_of
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_users
from xianban.base.errors import BadInput, NotAllowed, WrongState
from xianban.casework.api import sweep
from xianban.casework.models import Case
from xianban.casework.queries.standings import replayed, standing_of
from xianban.ledger.models import Notice

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def story(town):
    """A case of 24 hours in work."""
    story = Story(make_case(person=501), monday())
    story.act(handler_of("street-east"), "sign", after=HOUR / 2)
    story.act(handler_of("street-east"), "start")
    return story


@pytest.fixture
def supervisors(town):
    """One for the city and one for the district, with accounts, so that notices find them."""
    new = [
        NewUser("city-super", grants=(Granted(Role.SUPERVISOR, CITY),)),
        NewUser("east-super", grants=(Granted(Role.SUPERVISOR, "990100"),)),
    ]
    city, east = add_users(new, acting=MACHINE, now=monday())
    return {"city": f"user:{city}", "district": f"user:{east}"}


def test_extended_once_before_the_limit_with_a_reason(story):
    unit = handler_of("street-east")
    with pytest.raises(BadInput, match="more than the limit itself"):
        story.act(unit, "extend", by="2d", text="parts are missing")
    with pytest.raises(BadInput, match="not a limit"):
        story.act(unit, "extend", by="soon", text="parts are missing")
    view = story.act(unit, "extend", by="12h", text="parts are missing")
    assert view.due_at == monday() + 36 * HOUR
    assert Notice.objects.get(kind="extended").payload["due_at"].startswith("2026-11-03T13:00")
    with pytest.raises(WrongState, match="extended once"):
        story.act(unit, "extend", by="1h", text="again")
    assert "extend" not in story.offers(unit)


def test_not_extended_when_it_is_over(story):
    with pytest.raises(WrongState, match="before it ends"):
        story.act(handler_of("street-east"), "extend", after=25 * HOUR, by="1h", text="too late")


def test_suspended_with_evidence_and_approval_then_reviewed_then_resumed(story):
    unit = handler_of("street-east")
    with pytest.raises(BadInput, match="needs “evidence”"):
        story.act(unit, "request_suspension", text="the owner is away")
    story.act(unit, "request_suspension", text="the owner is away", evidence="letter of 2 November")
    with pytest.raises(NotAllowed):
        story.act(unit, "approve_suspension", text="fine")
    view = story.act(SUPERVISOR, "approve_suspension", after=HOUR, text="back in December")
    assert view.state == "suspended"
    left = monday() + 24 * HOUR - story.now
    assert {c.kind: c.verdict for c in view.clocks if c.verdict in ("paused", "running")} == {
        "handle": "paused",
        "contact": "paused",
        "review": "running",
    }
    assert story.clock("review").due_at == story.now + 30 * DAY
    sweep(now=story.now + 29 * DAY)
    assert story.clock("handle").verdict == "paused"

    story.act(SUPERVISOR, "review_suspension", after=30 * DAY, text="still away")
    assert story.clock("review").due_at == story.now + 30 * DAY
    view = story.act(unit, "resume", after=10 * DAY)
    assert (view.state, view.due_at) == ("handling", story.now + left)
    assert replayed(story.id) == standing_of(Case.objects.get(pk=story.id))


def test_whoever_asks_does_not_approve(story):
    both = handler_of("street-east")
    both = replace(both, grants=(*both.grants, *SUPERVISOR.grants))
    story.act(both, "request_suspension", text="x", evidence="y")
    assert "approve_suspension" not in story.offers(both)
    with pytest.raises(WrongState, match="leave it to another supervisor"):
        story.act(both, "approve_suspension", text="x")
    assert story.act(SECOND_SUPERVISOR, "refuse_suspension", text="no").state == "handling"


def test_no_longer_than_nine_months_even_if_nobody_looks(story, supervisors):
    story.act(handler_of("street-east"), "request_suspension", text="x", evidence="y")
    story.act(SUPERVISOR, "approve_suspension", text="x")
    sweep(now=story.now + 31 * DAY)
    assert Notice.objects.filter(kind="overdue", to=supervisors["district"]).exists()
    cap = story.view().suspensions[0].cap_at
    assert cap == datetime(2027, 8, 2, 1, 30, tzinfo=UTC)
    with pytest.raises(WrongState, match="as long as it may"):
        story.act(SUPERVISOR, "review_suspension", after=cap - story.now, text="x")
    assert sweep(now=cap).resumed == 1
    assert story.view().state == "handling"


def test_co_units_answer_or_the_answer_says_why_not(story):
    unit = handler_of("street-east")
    story.act(unit, "invite", unit="police", ask="block the road")
    story.act(unit, "invite", unit="landscaping", ask="cut the hedge")
    with pytest.raises(NotAllowed, match="answer your own"):
        story.act(handler_of("police"), "answer_task", task=2, text="not ours")
    story.act(handler_of("police"), "answer_task", task=1, text="no need to", unable=True)
    assert story.view().tasks[0].state == "explained"
    with pytest.raises(NotAllowed):
        story.act(handler_of("police"), "answer_task", task=2, text="not ours")
    with pytest.raises(WrongState, match="Landscaping Bureau has not answered"):
        story.act(unit, "report", text="done")
    view = story.act(unit, "report", text="done", without_tasks="the hedge is cut in spring")
    assert [task.state for task in view.tasks] == ["explained", "unanswered"]
    assert {c.verdict for c in view.clocks if c.kind == "task"} == {"met", "void"}


def test_reminded_then_a_level_up_each_time_and_the_supervisor_told(town, supervisors):
    story = Story(make_case(level="street"), monday())
    assert sweep(now=monday() + 2 * HOUR - timedelta(minutes=20)).reminded == 2  # sign and contact
    assert sweep(now=monday() + 2 * HOUR - timedelta(minutes=20)).looked == 0
    done = sweep(now=monday() + 2 * HOUR)
    assert done.missed == 2
    assert story.view().level == "district"  # a late signature raises it; a late contact only tells
    assert Notice.objects.filter(kind="overdue", to=supervisors["district"]).count() == 2
    assert Notice.objects.filter(kind="overdue", to=supervisors["city"]).count() == 0
    sweep(now=monday() + 24 * HOUR)
    assert story.view().level == "city"
    assert Notice.objects.filter(kind="overdue", to=supervisors["city"]).count() == 1
    story.act(handler_of("street-east"), "sign", after=26 * HOUR)
    assert story.clock("sign").verdict == "missed"
    assert story.clock("handle").verdict == "overdue"


def test_pressed_by_the_leader(story):
    story.act(LEADER, "press", text="today, please")
    notice = Notice.objects.get(kind="pressed")
    assert (notice.to, notice.urgent) == ("unit:street-east", True)
    assert story.view().pressed == 1


def test_a_correction_may_bring_the_promise_nearer_and_never_push_it_away(story):
    view = story.act(DISPATCHER, "refine", matter="0201")
    assert view.matter.code == "0201"
    assert view.due_at == monday() + 24 * HOUR
    view = story.act(DISPATCHER, "refine", after=HOUR, matter="0101")
    assert (view.urgency, view.due_at) == ("critical", monday() + 2 * HOUR)
    with pytest.raises(BadInput, match="no matter"):
        story.act(DISPATCHER, "refine", matter="9999")
