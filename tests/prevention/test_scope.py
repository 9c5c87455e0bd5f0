"""What is found, planned and ordered in one district is not seen from another, nor acted upon."""

from datetime import date, timedelta

import pytest
from worlds import UNTIL

from builders import CITY, EAST, GRID, HARBOUR, MILL, QUAY_GRID, WEST, make_case, user
from xianban.base.errors import NotAllowed, NotFound
from xianban.prevention import api
from xianban.prevention.models import Measure, Order, Summons, Warning

NOW = UNTIL + timedelta(hours=1)
CHIEF, EASTERN, WESTERN = user("analyst"), user("analyst", area=EAST), user("analyst", area=WEST)
EFFECT = {"state": "done", "relative": -0.4, "low": -0.6, "high": -0.1}


def found(district, street, community, area, *, days=0, case=None):
    """A warning there, so many days old; ordered and measured where it has a case."""
    at = UNTIL - timedelta(days=days)
    row = Warning.objects.create(
        detector="daily_rise", detector_n=1, method="daily", title=f"found in {district}", matter="0202",
        area=area, areas=[area], district=district, street=street, community=community, desk=street,
        shown="raised", raised_day=at.date(), raised_at=at, stand="ordered" if case else "new", case=case,
        since=at.date(), first_at=at, last_at=at, observed=9, expected=1.0, people=9, people_at_first=9,
        most_people=9, confidence=0.9, p_value=0.001, size=8.0, helped=0.5, harm=3.6,
    )  # fmt: skip
    if case:
        order = Order.objects.create(warning=row, case=case, number=f"n-{case}", by="machine", at=at, limit="7d", measures="x")  # fmt: skip
        Measure.objects.create(order=order, registered_at=at, plan={"weeks": 4}, **EFFECT)
    return row


@pytest.fixture
def both(town):
    """On each side something new, and something older that was acted upon and helped."""
    east, west = (EAST, "990100001", MILL, GRID), (WEST, HARBOUR, "990200001001", QUAY_GRID)
    for side in (east, west):
        found(*side, days=60, case=make_case(area=side[-1]).case_id)
    return found(*east), found(*west)


def test_earlier_ones_alike_are_those_in_sight(both):
    assert len(api.warning(both[0].pk, CHIEF, now=NOW).similar) == 2
    (one,) = api.warning(both[0].pk, EASTERN, now=NOW).similar
    assert one.title == f"found in {EAST}"


def test_what_worked_in_an_area_is_what_worked_there(both):
    for area, actor, where in ((CITY, CHIEF, {EAST, WEST}), (EAST, EASTERN, {EAST}), (GRID, CHIEF, {EAST})):  # fmt: skip
        worked = api.area_profile(area, actor).worked
        assert {one.title for one in worked} == {f"found in {code}" for code in where}, area


@pytest.fixture
def topics(town):
    """A topic of the city and one of each district, each seen to by another unit."""
    terms = {"month": "2026-11", "matter": "0202", "acting": CHIEF, "now": NOW}
    measure = {"text": "x", "due": "2026-11-30"}
    made = {}
    for area, owner in ((CITY, "water"), (EAST, "street-east"), (WEST, "street-west")):
        steps = [measure | {"unit": "police" if area == WEST else owner}]
        made[area] = api.choose_topic(area=area, owner=owner, title=area, measures=steps, **terms)
    return made


@pytest.mark.parametrize(
    ("actor", "seen"),
    [
        (CHIEF, {CITY, EAST, WEST}),
        (EASTERN, {CITY, EAST}),
        (user("analyst", area=HARBOUR), {CITY, WEST}),
        (user("handler", unit="street-east"), {CITY, EAST}),
        (user("handler", unit="police"), {WEST}),  # of the whole city, with a share in one
    ],
)
def test_topics_are_those_of_one_s_area_around_it_and_one_s_own(topics, actor, seen):
    assert {one.title for one in api.topics(actor)} == seen
    for area, key in topics.items():
        if area not in seen:
            for act in (
                lambda key=key: api.topic(key, actor),
                lambda key=key: api.tick_measure(key, 0, acting=actor, now=NOW),
                lambda key=key: api.close_topic(key, result="x", acting=actor, now=NOW),
            ):
                with pytest.raises(NotFound, match="no such topic"):
                    act()


def test_events_are_those_of_one_s_area_and_around_it(town):
    keys = {
        area: api.plan_event(name=area, area=area, starts=date(2026, 11, 1), ends=date(2026, 11, 9), acting=CHIEF, now=NOW)
        for area in (CITY, EAST, WEST)
    }  # fmt: skip
    assert {one.name for one in api.events(EASTERN, now=NOW)} == {CITY, EAST}
    with pytest.raises(NotFound):
        api.drop_event(keys[WEST], acting=EASTERN, now=NOW)


@pytest.mark.parametrize("actor", [EASTERN, user("leader", unit="street-east")])
def test_a_detector_is_changed_by_those_of_the_whole_city(town, actor):
    with pytest.raises(NotAllowed, match="whole city"):
        api.challenge("daily_rise", {"least": 60}, reason="x", acting=actor, now=NOW)


def test_a_summons_is_answered_under_its_own_warning(both):
    east, west = both
    terms = {"task": 1, "caller": "street-east", "by": "machine", "at": NOW, "arrive_by": NOW + timedelta(hours=9)}  # fmt: skip
    key = Summons.objects.create(warning=east, case=1, unit="police", **terms).pk
    with pytest.raises(NotFound):
        api.arrive(key, warning=west.pk, acting=user("handler", unit="police"), now=NOW)
    api.arrive(key, warning=east.pk, acting=user("handler", unit="police"), now=NOW)
