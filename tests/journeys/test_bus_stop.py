"""A bus stop hidden behind a flower bed: from the grid to the bureau, with three units that help."""

from datetime import timedelta

from builders import GRID, make_case, monday
from journeys.steps import AGENT, DISPATCHER, GRID_WORKER, RESIDENT, STREET_DESK, Story, handler_of
from xianban.casework.api import public_story, verify_heads
from xianban.casework.models import Case
from xianban.casework.queries.standings import replayed, standing_of
from xianban.ledger.models import Notice

HOUR = timedelta(hours=1)
HELPERS = ("construction", "landscaping", "police")


def test_bus_stop(town):
    opened = make_case(
        acting=GRID_WORKER,
        origin="grid",
        matter="0201",
        area=GRID,
        text="the flower bed hides the bus stop; people step onto the road",
        person=RESIDENT.id,
        assignment=None,
        level="grid",
    )
    story = Story(opened, monday())

    # too much for the grid, for the community, for the street: up to the district, by those in charge
    story.act(GRID_WORKER, "escalate", text="no way to move the bed here", to="street")
    assert story.view().level == "street"
    story.act(STREET_DESK, "escalate", after=HOUR, text="the road is not ours", to="district")
    assert story.view().level == "district"
    promised = story.view().due_at

    # the bureau whose matter it is leads; the resident's promise stays the one that was made
    story.act(DISPATCHER, "dispatch", after=HOUR, unit="transport")
    assert story.view().due_at == promised == monday() + timedelta(days=7)
    lead = handler_of("transport")
    story.act(lead, "sign", after=HOUR)
    story.act(lead, "contact", after=HOUR, contacted=True, text="agreed on a visit")
    story.act(lead, "start")
    for unit in HELPERS:
        story.act(lead, "invite", unit=unit, ask=f"what can {unit} do?", limit="2d", whistle=True)
    told = Notice.objects.filter(kind="invited").values_list("to", flat=True)
    assert set(told) == {f"unit:{unit}" for unit in HELPERS}

    # each answers its own task, and the lead answers the resident when all have
    for n, unit in enumerate(HELPERS, start=1):
        assert "answer_task" in story.offers(handler_of(unit))
        story.act(handler_of(unit), "answer_task", after=HOUR, task=n, text=f"{unit} is done")
    assert {task.state for task in story.view().tasks} == {"answered"}
    assert {c.verdict for c in story.view().clocks if c.kind == "task"} == {"met"}
    view = story.act(lead, "report", after=24 * HOUR, text="the stop was moved ten metres north")
    assert view.state == "reported"
    assert story.clock("handle").verdict == "met"
    assert Notice.objects.filter(kind="answered", to="person:501").count() == 1

    # heard, and judged by the resident
    story.act(AGENT, "follow_up", after=HOUR, contacted=False)
    view = story.act(RESIDENT, "rate", after=HOUR, solved=True, satisfaction="satisfied")
    assert (view.state, view.ending) == ("closed", "satisfied")
    words = [step.what for step in public_story(story.id, now=story.now).steps]
    assert words == [
        "received",
        "escalate",
        "escalate",
        "dispatched",
        "sign",
        "contact",
        "start",
        "report",
        "rated",
    ]
    assert verify_heads() is None
    assert replayed(story.id) == standing_of(Case.objects.get(pk=story.id))
