"""A handler's day, points to answer, colleagues, many cases at once, named lists."""

from datetime import timedelta

import pytest

from builders import BRIDGE, GRID, make_case, monday, user
from xianban.accounts.api import MACHINE, Actor, Granted, NewUser, Role, actor_named, add_users
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.casework import api as casework
from xianban.casework.queries.standings import replayed, standing_of
from xianban.casework.rules.working_day import next_act

EAST_UNIT = "street-east"


@pytest.fixture
def staff(town):
    new = [
        NewUser("ann", name="Ann", grants=(Granted(Role.HANDLER, "", EAST_UNIT),)),
        NewUser("bob", name="Bob", grants=(Granted(Role.HANDLER, "", EAST_UNIT),)),
        NewUser("cat", name="Cat", grants=(Granted(Role.HANDLER, "", "street-west"),)),
        NewUser("gus", name="Gus", grants=(Granted(Role.GRID_WORKER, BRIDGE),)),
    ]
    add_users(new, acting=MACHINE, now=monday(8))
    return {one.username: actor_named(one.username) for one in new}


def do(case, verb, who, at=9.5, **data):
    return casework.perform(case.case_id, verb, acting=who, now=monday(at), data=data)


def test_the_usual_next_act():
    assert next_act("dispatched", {"sign", "contact"}) == "sign"
    assert next_act("signed", {"contact", "handle"}) == "contact"
    assert next_act("signed", {"handle"}) == "start"
    assert next_act("rectifying", {"handle"}) == "report"
    assert next_act("suspended", {"review"}) == ""


def test_a_day_in_groups_and_counts(staff):
    fresh = make_case(now=monday(9))
    returned = make_case(now=monday(9), text="half of it is left")
    for verb, data in (("sign", {}), ("report", {"text": "taken away"})):
        do(returned, verb, staff["ann"], **data)
    casework.perform(
        returned.case_id,
        "reopen",
        acting=user("agent"),
        now=monday(9.7),
        data={"text": "not solved"},
    )
    waiting = make_case(now=monday(9), text="done already")
    for verb, data in (("sign", {}), ("report", {"text": "taken away"})):
        do(waiting, verb, staff["ann"], **data)
    day = casework.working_day(staff["ann"], now=monday(9.8))
    keys = {name: [one.row.id for one in rows] for name, rows in day.groups.items()}
    assert keys["today"] == [fresh.case_id]
    assert keys["returned"] == [returned.case_id]
    assert keys["waiting"] == [waiting.case_id]
    assert day.groups["today"][0].next == "sign"
    assert day.groups["waiting"][0].holder in ("desk", "resident")
    assert (day.counts["today"], day.counts["returned"], day.counts["waiting"]) == (1, 1, 1)
    late = casework.working_day(staff["ann"], now=monday(9) + timedelta(days=3))
    assert {one.row.id for one in late.groups["late"]} == {fresh.case_id, returned.case_id}
    assert late.counts["late"] == 2
    assert not any(casework.working_day(staff["cat"], now=monday(9.8)).counts.values())
    assert casework.working_day(staff["gus"], now=monday(9.8)).counts["today"] == 1


def test_what_is_owed_as_a_helper(staff):
    case = make_case(now=monday(9))
    do(case, "sign", staff["ann"])
    do(case, "invite", staff["ann"], unit="street-west", ask="lend us the lorry")
    day = casework.working_day(staff["cat"], now=monday(10))
    assert [(one.row.id, one.ask) for one in day.owed] == [(case.case_id, "lend us the lorry")]
    assert day.counts["owed"] == 1


def test_a_colleague_is_assigned_and_another_unit_begins_anew(staff):
    case = make_case(now=monday(9))
    view = do(case, "assign", staff["ann"], person=str(staff["bob"].id))
    assert (view.assignee.id, view.assignee.name) == (staff["bob"].id, "Bob")
    mine = casework.working_day(staff["bob"], now=monday(9.6), mine=True)
    assert mine.counts["today"] == 1
    assert casework.working_day(staff["ann"], now=monday(9.6), mine=True).counts["today"] == 0
    with pytest.raises(BadInput, match="somebody of"):
        do(case, "assign", staff["ann"], person=str(staff["cat"].id))
    with pytest.raises(WrongState, match="already"):
        do(case, "assign", staff["ann"], person=str(staff["bob"].id))
    view = do(case, "redispatch", user("dispatcher"), unit="transport", text="theirs")
    assert view.assignee is None
    from xianban.casework.models import Case

    assert replayed(case.case_id) == standing_of(Case.objects.get(pk=case.case_id))


def test_assigning_is_offered_with_names_where_there_is_somebody(staff):
    case = make_case(now=monday(9))
    offers = casework.access(staff["ann"]).acts_for(case.case_id, now=monday(9.5))
    (assign,) = [offer for offer in offers if offer.verb == "assign"]
    assert assign.fields[0].names == ("Ann", "Bob")


def test_what_an_extension_would_bring_and_nothing_is_written(staff):
    case = make_case(now=monday(9))
    do(case, "sign", staff["ann"])
    version = casework.case_view(case.case_id, staff["ann"], now=monday(9.5)).version
    told = casework.rehearse(
        case.case_id,
        "extend",
        acting=staff["ann"],
        now=monday(10),
        data={"by": "12h", "text": "the lorry is in the workshop"},
    )
    assert told.due_after - told.due_before == timedelta(hours=12)
    seen = casework.case_view(case.case_id, staff["ann"], now=monday(10))
    assert (seen.version, seen.due_at) == (version, told.due_before)
    with pytest.raises(BadInput, match="more than the limit"):
        casework.rehearse(
            case.case_id,
            "extend",
            acting=staff["ann"],
            now=monday(10),
            data={"by": "90d", "text": "long"},
        )


def test_many_at_once_each_by_itself_and_once(staff):
    one, two = (make_case(now=monday(9), text=f"heap {n}") for n in range(2))
    elsewhere = make_case(now=monday(9), area="990200001001001")
    do(two, "sign", staff["ann"])
    keys = [one.case_id, two.case_id, elsewhere.case_id]
    seen = casework.batch_preview(staff["ann"], "sign", keys, now=monday(10))
    assert {line.row.id: line.refusal is None for line in seen} == {
        one.case_id: True,
        two.case_id: False,
    }
    versions = {line.row.id: line.row.version for line in seen}
    for before in (False, True):
        done = casework.perform_each("sign", versions, acting=staff["ann"], now=monday(10))
        first, second = sorted(done, key=lambda result: result.case_id)
        assert (first.refusal, first.before) == (None, before)
        assert isinstance(second.refusal, WrongState)


def test_what_is_not_done_in_batches(staff):
    case = make_case(now=monday(9))
    with pytest.raises(BadInput, match="one case at a time"):
        casework.batch_preview(staff["ann"], "report", [case.case_id], now=monday(10))
    with pytest.raises(BadInput, match="at most"):
        casework.batch_preview(staff["ann"], "sign", list(range(1, 102)), now=monday(10))
    hidden = casework.perform_each("sign", {case.case_id: 1}, acting=staff["cat"], now=monday(10))
    assert isinstance(hidden[0].refusal, NotFound)


def test_lists_are_named_kept_first_and_shared(staff):
    ann, bob, cat = staff["ann"], staff["bob"], staff["cat"]
    mine = casework.save_view(
        " 我的  急件 ", {"urgency": "urgent", "strange": "x"}, acting=ann, first=True
    )
    assert (mine.name, mine.asks, mine.first) == ("我的 急件", {"urgency": "urgent"}, True)
    other = casework.save_view("late", {"tab": "late"}, acting=ann, shared_with=EAST_UNIT)
    casework.change_view(other.key, acting=ann, first=True)
    assert [view.first for view in casework.views_of(ann)] == [True, False]
    assert [(view.name, view.own) for view in casework.views_of(bob)] == [("late", False)]
    assert casework.views_of(cat) == ()
    with pytest.raises(NotFound):
        casework.delete_view(other.key, acting=bob)
    with pytest.raises(NotAllowed):
        casework.save_view("x", {}, acting=cat, shared_with=EAST_UNIT)
    casework.delete_view(other.key, acting=ann)
    assert casework.views_of(bob) == ()


POINTS = "- [ ] ! swept clean|- [ ] a photograph"


@pytest.fixture
def with_points(monkeypatch, town):
    from dataclasses import replace

    from xianban.city.rules.checklist import guide_of
    from xianban.city.rules.city import City

    plain = City.duty_for

    def duty_for(self, *args, **values):
        found = plain(self, *args, **values)
        return found and replace(found, checklist=guide_of(POINTS).points, reply="{matter} done")

    monkeypatch.setattr(City, "duty_for", duty_for)


def check(point, answer="done", note=""):
    return {"point": point, "answer": answer, "note": note}


def test_done_needs_its_points_and_they_stay_with_the_act(staff, with_points):
    ann, case = staff["ann"], make_case(now=monday(9))
    do(case, "sign", ann)
    with pytest.raises(BadInput, match="before these points are answered: swept clean"):
        do(case, "report", ann, text="done", checks=[check("a photograph")])
    with pytest.raises(BadInput, match="say why"):
        do(case, "report", ann, text="done", checks=[check("swept clean", "not_applicable")])
    said = [check("swept clean", "not_applicable", "rain took it, ask 13812345678")]
    view = do(case, "report", ann, text="done", checks=said)
    (event,) = [event for event in view.timeline if event.verb == "report"]
    assert event.values["checks"][0]["note"].startswith("rain took it")
    assert "13812345678" not in str(event.values)
    assert view.duty["reply"] == "Rubbish done"


@pytest.mark.parametrize("said", ["x", [{"point": "a"}], [{"answer": "maybe", "point": "a"}]])
def test_answers_that_are_none(staff, with_points, said):
    case = make_case(now=monday(9))
    do(case, "sign", staff["ann"])
    with pytest.raises(BadInput):
        do(case, "report", staff["ann"], text="done", checks=said)


def test_a_stranger_has_no_day(town):
    nobody = Actor("user", 99, "Nobody")
    day = casework.working_day(nobody, now=monday(9))
    assert not any(day.counts.values())
    assert make_case(area=GRID)
