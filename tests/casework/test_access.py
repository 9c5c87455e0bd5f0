"""Who sees which cases, and may do what to them."""

import pytest

from builders import CITY, EAST, GRID, GRID_2, MILL, QUAY_GRID, WEST, make_case, monday, user
from journeys.steps import handler_of
from xianban.accounts.api import MACHINE, resident_actor
from xianban.base.errors import NotAllowed, NotFound
from xianban.casework.api import (
    Filters,
    access,
    case_by_number,
    case_counts,
    case_list,
    case_view,
    perform,
    public_story,
)


@pytest.fixture
def three(town):
    """A case in East, one in its second grid, one in West."""
    return [
        make_case(area=area, person=501 + n) for n, area in enumerate((GRID, GRID_2, QUAY_GRID))
    ]


def seen(actor, three):
    listed = {row.id for row in case_list(actor, now=monday()).rows}
    found = {case.case_id for case in three if access(actor).sees(case.case_id)}
    assert listed == found, "the list and the page disagree"
    assert case_counts(actor, now=monday()).open == len(found)
    return [case.case_id in found for case in three]


@pytest.mark.parametrize(
    ("actor", "sees"),
    [
        (MACHINE, [True, True, True]),
        (user("agent"), [True, True, True]),
        (user("agent", area=CITY), [True, True, True]),
        (user("supervisor", area=EAST), [True, True, False]),
        (user("leader", area=WEST), [False, False, True]),
        (user("grid_worker", area=GRID), [True, False, False]),
        (user("auditor", area=MILL), [True, True, False]),
        (user("handler", area=CITY, unit="street-east"), [True, True, False]),
        (user("handler", area=EAST, unit="street-west"), [False, False, False]),
        (user("handler", unit="police"), [False, False, False]),
        (user("steward"), [False, False, False]),
        (user("integrator"), [False, False, False]),
        (resident_actor(502), [False, True, False]),
        (resident_actor(999), [False, False, False]),
    ],
    ids=lambda value: (
        getattr(value, "key", None) and f"{value.name or value.key}-{value.grants}"[:60]
    ),
)
def test_who_sees_what(three, actor, sees):
    assert seen(actor, three) == sees


def test_a_unit_that_is_asked_to_help_sees_the_case_from_then_on(three):
    police = handler_of("police")
    perform(three[0].case_id, "sign", acting=handler_of("street-east"), now=monday(10))
    data = {"unit": "police", "ask": "come"}
    perform(three[0].case_id, "invite", acting=handler_of("street-east"), now=monday(10), data=data)
    assert seen(police, three) == [True, False, False]
    verbs = {offer.verb for offer in access(police).acts_for(three[0].case_id, now=monday(10))}
    assert verbs == {"answer_task", "note", "link"}
    [task] = [
        o
        for o in access(police).acts_for(three[0].case_id, now=monday(10))
        if o.verb == "answer_task"
    ]
    assert task.fields[0].choices == ("1",)


def test_out_of_sight_is_as_if_it_were_not_there(three):
    stranger = user("supervisor", area=WEST)
    for ask in (
        lambda: case_view(three[0].case_id, stranger, now=monday()),
        lambda: access(stranger).acts_for(three[0].case_id, now=monday()),
        lambda: perform(
            three[0].case_id, "press", acting=stranger, now=monday(), data={"text": "x"}
        ),
        lambda: case_by_number(three[0].number, stranger),
        lambda: case_view(99_999, stranger, now=monday()),
    ):
        with pytest.raises(NotFound, match=r"none that you may see|no such case"):
            ask()


def test_a_number_out_of_sight_and_one_that_is_not_there_sound_alike(three):
    said = []
    for number in (three[0].number, "20261102-98765"):
        with pytest.raises(NotFound) as refusal:
            case_by_number(number, user("supervisor", area=WEST))
        said.append(str(refusal.value))
    assert said[0] == said[1]


def test_seeing_is_not_doing(three):
    with pytest.raises(NotAllowed, match="your roles do not let you"):
        perform(three[0].case_id, "sign", acting=user("leader"), now=monday())


def test_offers_are_exactly_what_can_be_done_now(three):
    def verbs(actor):
        return [offer.verb for offer in access(actor).acts_for(three[0].case_id, now=monday())]

    assert verbs(user("handler", unit="street-east")) == [
        "sign",
        "object",
        "contact",
        "note",
        "link",
        "escalate",
    ]
    assert verbs(user("leader")) == ["press"]
    assert verbs(user("auditor")) == []
    assert verbs(resident_actor(501)) == ["say", "withdraw"]


def test_an_offer_says_what_follows(three):
    offers = {
        o.verb: o
        for o in access(user("handler", unit="street-east")).acts_for(
            three[0].case_id, now=monday()
        )
    }
    assert offers["sign"].consequence["to"] == "signed"
    assert offers["sign"].consequence["stops"] == ("sign",)
    assert [field.name for field in offers["object"].fields] == ["reason", "text", "files"]
    assert set(offers["contact"].consequence["by_outcome"]) == {"reached", "unreached"}


def test_a_resident_gets_the_public_form_only(three):
    case_id = three[0].case_id
    perform(
        case_id, "note", acting=user("agent"), now=monday(), data={"text": "caller is known to us"}
    )
    view = case_view(case_id, resident_actor(501), now=monday())
    assert (view.timeline, view.persons, view.proposal, view.tasks) == ((), (), {}, ())
    story = public_story(case_id, now=monday(), person=501)
    assert "known to us" not in str(story)
    assert story.may == ("say", "withdraw")
    assert public_story(case_id, now=monday(), person=999).may == ()
    assert story.promised_at == three[0].due_at
    assert story.holder == "unit"


def test_filters_narrow_and_never_widen(three):
    east = user("supervisor", area=EAST)
    assert case_list(east, Filters(area=WEST), now=monday()).rows == ()
    assert len(case_list(east, Filters(area=GRID_2), now=monday()).rows) == 1
