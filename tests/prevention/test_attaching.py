"""What comes after an order and has the cause that it treats: attached once, told once, and cut for good."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from worlds import UNTIL, planted, quiet

from builders import BRIDGE, CITY, GRID_2, QUAY_GRID, make_case, user
from xianban.accounts.api import MACHINE
from xianban.base.errors import NotAllowed, WrongState
from xianban.casework.api import access, case_view, hear, perform
from xianban.ledger.api import history
from xianban.ledger.models import Notice
from xianban.prevention import api
from xianban.prevention.models import Followed, Order, Warning
from xianban.prevention.rules.attaching import Place, Treated, treated_by

NOW = UNTIL + timedelta(hours=1)
LATER = NOW + timedelta(hours=2)
ANALYST = user("analyst")
HANDLER = user("handler", unit="street-east")


@pytest.fixture
def ordered(rounds):
    """An order against rubbish on Bridge Street."""
    rounds(quiet() + planted())
    row = Warning.objects.filter(matter="0202", shown="raised").order_by("id").first()
    made = api.order(row.pk, measures="清运", legal_basis="市容条例第十条", acting=ANALYST, now=NOW)
    api.attach_new(now=NOW)
    return made


def late(minutes=30, **more):
    return make_case(now=NOW + timedelta(minutes=minutes), **more)


def links(case_id):
    return {link.number for link in case_view(case_id, user("dispatcher"), now=LATER).links}


def told():
    return sorted(Notice.objects.filter(kind="cause_treated").values_list("to", flat=True))


def test_who_comes_after_the_order_is_attached_and_told_once(ordered):
    mine = late(person=77)
    assert api.attach_new(now=LATER) == 1
    assert api.attach_new(now=LATER) == 0
    assert links(mine.case_id) == {ordered.number}
    assert told() == ["person:77"]
    assert Notice.objects.get(kind="cause_treated").payload["number"] == mine.number
    assert api.treatment_of(mine.case_id).lead.code == "street-east"
    view = case_view(mine.case_id, HANDLER, now=LATER)
    assert (view.state, view.unit.code) == ("dispatched", "street-east")
    assert {clock.kind for clock in view.clocks} == {"sign", "contact", "handle"}
    shown = api.warning(ordered.warning_id, ANALYST, now=LATER).order
    assert (shown.attached, shown.told) == (1, 1)
    assert [one.number for one in shown.attached_cases] == [mine.number]


def test_only_its_matter_and_its_place(ordered):
    elsewhere, other, near, own = (
        late(area=QUAY_GRID),
        late(matter="0201"),
        late(area=GRID_2),
        late(origin="warning"),
    )
    api.attach_new(now=LATER)
    covered = set(Warning.objects.get(pk=ordered.warning_id).areas)
    reached = bool(covered & {GRID_2, BRIDGE, "990100001001", "990100", CITY})
    assert links(elsewhere.case_id) == links(other.case_id) == links(own.case_id) == set()
    assert bool(links(near.case_id)) == reached


def test_what_came_between_the_look_and_the_order_is_caught_up_with(rounds):
    rounds(quiet() + planted())
    mine = make_case(now=UNTIL + timedelta(minutes=10), person=5)
    before = make_case(now=UNTIL - timedelta(days=3))
    row = Warning.objects.filter(matter="0202", shown="raised").order_by("id").first()
    made = api.order(row.pk, measures="清运", legal_basis="条例", acting=ANALYST, now=NOW)
    assert api.attach_new(now=NOW) == 1
    assert links(mine.case_id) == {made.number}
    assert not links(before.case_id)  # was there when the warning was found, and not behind it
    assert Order.objects.get().caught_up


def test_an_order_that_was_to_attach_nothing_attaches_nothing(rounds):
    rounds(quiet() + planted())
    row = Warning.objects.filter(matter="0202", shown="raised").order_by("id").first()
    api.order(row.pk, measures="清运", legal_basis="条例", attach=False, acting=ANALYST, now=NOW)
    mine = late()
    assert api.attach_new(now=LATER) == 0
    assert not links(mine.case_id)


def test_a_case_waits_until_its_unit_is_sure_and_the_dispatcher_sees_why(ordered):
    mine = late(assignment=None, person=8)
    api.attach_new(now=LATER)
    assert not links(mine.case_id)
    seen = api.treatment_seen(mine.case_id, user("dispatcher"))
    assert (seen.number, seen.attached, seen.in_sight) == (ordered.number, False, True)
    perform(mine.case_id, "dispatch", acting=user("dispatcher"), now=LATER, data={"unit": "street-east"})  # fmt: skip
    assert api.attach_new(now=LATER) == 1
    assert api.treatment_seen(mine.case_id, HANDLER).attached
    assert told() == ["person:8"]


def test_one_whose_matter_is_corrected_comes_in_by_that(ordered):
    mine = late(matter="0201")
    api.attach_new(now=LATER)
    assert not links(mine.case_id)
    perform(mine.case_id, "refine", acting=user("dispatcher"), now=LATER, data={"matter": "0202"})
    assert api.attach_new(now=LATER) == 1


def test_who_joins_an_attached_case_hears_it_too(ordered):
    mine = late(person=77)
    api.attach_new(now=LATER)
    hear(mine.case_id, 78, acting=MACHINE, now=LATER)
    api.attach_new(now=LATER)
    api.attach_new(now=LATER)
    assert told() == ["person:77", "person:78"]
    assert api.warning(ordered.warning_id, ANALYST, now=LATER).order.told == 2


@pytest.mark.parametrize("handler", [HANDLER, user("dispatcher")])
def test_it_is_detached_with_a_reason_and_stays_so(ordered, handler):
    mine = late(person=77)
    api.attach_new(now=LATER)
    offers = {offer.verb: offer for offer in access(handler).acts_for(mine.case_id, now=LATER)}
    assert offers["unlink"].fields[0].choices == (ordered.number,)
    perform(mine.case_id, "unlink", acting=handler, now=LATER, data={"other": ordered.number, "text": "是店家自己的垃圾"})  # fmt: skip
    api.attach_new(now=LATER)
    assert api.treatment_of(mine.case_id) is None
    assert not links(mine.case_id)
    act = list(history(f"case:{mine.case_id}"))[-1]
    assert (act.verb, act.payload["said"]["text"]) == ("unlink", "是店家自己的垃圾")
    assert "unlink" not in {offer.verb for offer in access(handler).acts_for(mine.case_id, now=LATER)}  # fmt: skip
    perform(mine.case_id, "link", acting=user("dispatcher"), now=LATER, data={"other": ordered.number, "kind": "related"})  # fmt: skip
    assert api.treatment_of(mine.case_id)  # a person may, all the same


def test_what_is_not_linked_cannot_be_cut_and_strangers_may_not(ordered):
    mine, other = late(), late(area=QUAY_GRID)
    api.attach_new(now=LATER)
    with pytest.raises(WrongState, match="not linked"):
        perform(mine.case_id, "unlink", acting=HANDLER, now=LATER, data={"other": other.number, "text": "x"})  # fmt: skip
    with pytest.raises(NotAllowed):
        perform(mine.case_id, "unlink", acting=user("leader"), now=LATER, data={"other": ordered.number, "text": "x"})  # fmt: skip


def test_after_the_answer_nothing_attaches_until_it_is_put_right(ordered):
    early = late(person=77)
    api.attach_new(now=LATER)
    perform(ordered.case, "sign", acting=HANDLER, now=LATER)
    perform(ordered.case, "report", acting=HANDLER, now=LATER, data={"text": "做好了"})
    api.follow(now=LATER)
    after = late(200)
    assert api.attach_new(now=NOW + timedelta(hours=4)) == 0
    assert not links(after.case_id)
    assert api.treatment_of(early.case_id).done_at
    perform(ordered.case, "reopen", acting=user("supervisor"), now=NOW + timedelta(hours=5), data={"text": "没好"})  # fmt: skip
    assert api.treatment_of(early.case_id).done_at is None
    again = late(400)
    assert api.attach_new(now=NOW + timedelta(hours=7)) == 2  # with what waits still
    assert links(again.case_id) == links(after.case_id) == {ordered.number}


def test_a_round_that_was_cut_off_is_done_again(ordered):
    mine = late(person=77)
    upto = Followed.objects.get().upto
    api.attach_new(now=LATER)
    Followed.objects.update(upto=upto)
    assert api.attach_new(now=LATER) == 0
    assert told() == ["person:77"]
    assert links(mine.case_id) == {ordered.number}


def test_what_nothing_touches_is_not_looked_at(ordered, django_assert_max_num_queries):
    late()
    api.attach_new(now=LATER)
    api.attach_new(now=LATER)
    with django_assert_max_num_queries(5):
        api.attach_new(now=LATER)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_attach_it_once(ordered):
    mine = [late(20 + n, person=70 + n) for n in range(4)]
    barrier, faults = Barrier(2), []

    def work():
        try:
            barrier.wait()
            api.attach_new(now=LATER)
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    if connection.vendor == "sqlite" and ":memory:" in str(connection.settings_dict["NAME"]):
        pytest.skip("two threads need a database that both can open")
    threads = [Thread(target=work) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not faults
    assert [links(one.case_id) for one in mine] == [{ordered.number}] * 4
    assert told() == [f"person:{70 + n}" for n in range(4)]
    verbs = [act.verb for act in history(f"case:{mine[0].case_id}")]
    assert verbs.count("link") == 1


AT = NOW


def treats(case=1, *, matter="02", areas=("street",), points=(), method="daily", at=AT):
    return Treated(case, matter, areas, points, method, AT, at)


def place(*, matters=("02", "0202"), areas=("city", "street", "grid"), **more):
    return Place(matters, areas, AT + timedelta(hours=1), **more)


def test_the_narrowest_area_wins_then_the_newest_order():
    wide, narrow = treats(1), treats(2, areas=("grid",))
    newer = treats(3, at=AT + timedelta(days=1))
    assert treated_by(place(), [wide, narrow, newer], reach_m=0) is narrow
    assert treated_by(place(areas=("city", "street")), [wide, newer], reach_m=0) is newer
    assert treated_by(place(areas=("city", "lane")), [wide, narrow], reach_m=0) is None


@pytest.mark.parametrize(("lat", "reach", "found"), [(31.201, 150, True), (31.202, 150, False), (31.201, 0, False)])  # fmt: skip
def test_a_point_near_by_is_enough(lat, reach, found):
    one = treats(areas=("other",), points=((31.2, 121.4),))
    got = treated_by(place(lat=lat, lon=121.4), [one], reach_m=reach)
    assert bool(got) is found


@pytest.mark.parametrize("method", ["season", "risk"])
def test_what_no_request_has_shown_treats_no_cause(method):
    assert treated_by(place(), [treats(method=method)], reach_m=150) is None


def test_what_came_before_the_look_was_looked_at():
    early = Place(("02",), ("street",), AT - timedelta(seconds=1))
    assert treated_by(early, [treats()], reach_m=150) is None
