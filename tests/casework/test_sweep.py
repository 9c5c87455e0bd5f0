"""The worker's round: what it does, when it looks again, and whom it tells."""

from datetime import timedelta

import pytest

from builders import CITY, make_case, monday, user
from journeys.steps import Story, handler_of
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_users
from xianban.base.errors import BadInput
from xianban.casework.api import perform, sweep
from xianban.casework.models import Case, Clock
from xianban.ledger.api import history
from xianban.ledger.models import Notice

HOUR = timedelta(hours=1)
UNIT = handler_of("street-east")


def wake(story, kind="handle"):
    return Clock.objects.filter(case=story.id, kind=kind).latest("n").wake_at


@pytest.fixture
def story(town):
    story = Story(make_case(), monday())
    story.act(UNIT, "sign")
    story.act(UNIT, "contact", contacted=True)
    story.act(UNIT, "start")
    return story


def test_a_round_with_nothing_to_do_does_nothing(story):
    before = Case.objects.get(pk=story.id).version
    done = sweep(now=monday() + 17 * HOUR)
    assert (done.looked, done.more) == (0, False)
    assert Case.objects.get(pk=story.id).version == before


def test_reminded_at_three_quarters_and_not_again(story):
    assert sweep(now=monday() + 18 * HOUR).reminded == 1
    assert sweep(now=monday() + 19 * HOUR).looked == 0
    [notice] = Notice.objects.filter(kind="reminder")
    assert (notice.to, notice.payload["clock"]) == ("unit:street-east", "handle")


def test_after_an_extension_there_is_a_reminder_again(story):
    sweep(now=monday() + 18 * HOUR)
    story.act(UNIT, "extend", after=19 * HOUR, by="24h", text="parts")
    assert wake(story) == monday() + 36 * HOUR
    assert sweep(now=monday() + 36 * HOUR).reminded == 1


def test_a_worker_that_slept_says_overdue_at_once_and_skips_the_reminder(story):
    done = sweep(now=monday() + 40 * HOUR)
    assert (done.reminded, done.missed) == (0, 1)


def test_overdue_it_rises_a_level_a_day_until_the_city(story):
    levels = []
    for day in range(1, 6):
        sweep(now=monday() + day * 24 * HOUR)
        levels.append(Case.objects.get(pk=story.id).level)
    assert levels == ["district", "city", "city", "city", "city"]
    assert wake(story) is None


def test_a_late_answer_ends_it_and_is_late_for_good(story):
    sweep(now=monday() + 30 * HOUR)
    story.act(UNIT, "report", after=31 * HOUR, text="done")
    assert story.clock("handle").verdict == "missed"
    assert wake(story) is None


def test_the_round_is_no_longer_than_it_may_be(town):
    for _ in range(5):
        make_case()
    done = sweep(now=monday() + 3 * HOUR, limit=4)
    assert (done.looked, done.more) == (4, True)


def test_the_desk_is_told_of_what_waits_for_it(town):
    [desk, boss] = add_users(
        [
            NewUser("desk", grants=(Granted(Role.DISPATCHER, CITY),)),
            NewUser("boss", grants=(Granted(Role.SUPERVISOR, CITY),)),
        ],
        acting=MACHINE,
        now=monday(),
    )
    make_case(assignment=None)
    sweep(now=monday() + 3.5 * HOUR)
    sweep(now=monday() + 4.5 * HOUR)
    told = set(Notice.objects.values_list("kind", "to"))
    assert told == {
        ("reminder", f"user:{desk}"),
        ("overdue", f"user:{desk}"),
        ("overdue", f"user:{boss}"),
    }


def test_a_miss_during_a_ruling_is_the_desk_s(town):
    story = Story(make_case(matter="0101"), monday())
    water = handler_of("water")
    story.act(water, "object", after=HOUR / 4, reason="wrong_place", text="x")
    sweep(now=monday() + 3 * HOUR)
    act = [
        act
        for act in history(f"case:{story.id}")
        if act.verb == "miss" and act.payload["said"]["clock"] == "handle"
    ]
    assert len(act) == 1
    assert Clock.objects.get(case=story.id, kind="handle").unit == ""
    assert not Notice.objects.filter(kind="overdue", to="unit:water").exists()


@pytest.mark.parametrize(
    ("field", "value"), [("text", "x" * 5001), ("place", "x" * 301), ("place", 301 * "路")]
)
def test_what_does_not_fit_is_said_so(story, field, value):
    with pytest.raises(BadInput, match="characters"):
        perform(story.id, "refine", acting=user("agent"), now=monday(), data={field: value})


def test_characters_that_no_database_keeps_are_left_out(story):
    view = perform(story.id, "note", acting=user("agent"), now=monday(), data={"text": "a\x00b"})
    assert view.timeline[-1].values["text"] == "ab"
