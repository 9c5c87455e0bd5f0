"""From a warning to a case: terms of the duty list, what is attached, who hears, and what is on record."""

from datetime import timedelta

import pytest
from worlds import UNTIL, planted, quiet

from builders import GRID, make_case, user
from xianban.accounts.api import MACHINE
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.casework.api import access, case_view, hear, perform
from xianban.ledger.api import history
from xianban.ledger.models import Notice
from xianban.prevention import api
from xianban.prevention.models import Measure, Warning

NOW = UNTIL + timedelta(hours=1)
ANALYST = user("analyst")


@pytest.fixture
def warned(rounds):
    """A warning about rubbish on Bridge Street with two open cases behind it, one of somebody who waits."""
    first = make_case(now=UNTIL - timedelta(days=1))
    second = make_case(now=UNTIL - timedelta(hours=3))
    hear(first.case_id, 77, acting=MACHINE, now=UNTIL)
    rows = quiet() + planted()
    keys = [n for n, row in enumerate(sorted(rows, key=lambda r: r[0]), 1) if row[1:3] == ("0202", GRID)]  # fmt: skip
    rounds.cases.update({keys[-1]: first.case_id, keys[-2]: second.case_id})
    rounds(rows)
    row = Warning.objects.filter(matter="0202", shown="raised").order_by("id").first()
    return row.pk, first, second


def order(warning_id, **more):
    values = {
        "measures": "清运并增设垃圾桶",
        "legal_basis": "市容条例第十条",
        "acting": ANALYST,
        "now": NOW,
    }
    return api.order(warning_id, **{**values, **more})


def test_an_order_is_an_ordinary_case_that_its_unit_finds(warned):
    warning_id, first, second = warned
    made = order(warning_id)
    case = case_view(made.case, user("handler", unit="street-east"), now=NOW)
    assert (case.origin, case.state, case.unit.code) == ("warning", "dispatched", "street-east")
    assert "sign" in {offer.verb for offer in access(user("handler", unit="street-east")).acts_for(made.case, now=NOW)}  # fmt: skip
    assert {link.number for link in case.links} == {first.number, second.number}
    assert made.attached == 2
    assert made.told == 1
    told = Notice.objects.get(kind="cause_treated")
    assert told.to == "person:77"
    assert told.payload["number"] == first.number


def test_what_was_known_and_on_what_authority_is_in_the_ledger(warned):
    order(warned[0])
    act = next(a for a in history(f"warning:{warned[0]}") if a.verb == "order")
    said = act.payload["said"]
    assert said["legal_basis"] == "市容条例第十条"
    assert said["known"]["observed"] >= 20
    assert said["measure"]["matter"] == "0202"
    assert Measure.objects.get().state == "waiting"


def test_without_authority_nothing_is_ordered(warned):
    with pytest.raises(BadInput, match="authority"):
        order(warned[0], legal_basis="")
    assert Warning.objects.get(pk=warned[0]).case is None


def test_it_is_ordered_once(warned):
    order(warned[0])
    with pytest.raises(WrongState):
        order(warned[0])


@pytest.mark.parametrize("actor", [user("handler", unit="street-east"), user("agent")])
def test_whoever_sees_no_warnings_sees_none(warned, actor):
    with pytest.raises(NotFound):
        api.warning(warned[0], actor, now=NOW)
    with pytest.raises(NotFound):
        order(warned[0], acting=actor)


def test_scope_is_the_area_of_the_role(warned):
    assert api.board(user("analyst", area="990100")).total >= 1
    assert api.board(user("analyst", area="990200"), api.Wanted(matter="0202")).total == 0
    with pytest.raises(NotFound):
        api.warning(warned[0], user("analyst", area="990200"), now=NOW)
    with pytest.raises(NotAllowed):
        api.study(warned[0], "confirm", acting=user("auditor"), now=NOW)


def test_the_page_has_everything_to_draw(warned):
    seen = api.warning(warned[0], ANALYST, now=NOW)
    assert seen.offer.lead == "street-east"
    assert seen.offer.attachable == 2
    assert len(seen.series["observed"]) == len(seen.series["expected"]) == len(seen.series["upper"])
    assert len(seen.outlook["low"]) == 14
    assert seen.cases_total >= 2
    assert {"confirm", "watch", "dismiss", "order"} <= {*seen.verbs}
    order(warned[0])
    seen = api.warning(warned[0], ANALYST, now=NOW)
    assert seen.order.effect.state == "waiting"
    assert seen.verbs == ("conclude", "note")
    assert api.warning_of_case(seen.order.case, user("handler", unit="street-east"), now=NOW)
    assert api.counts(ANALYST)["being_done"] == 1


def test_co_units_are_asked_once_the_lead_has_signed(warned):
    made = order(warned[0], co_units=["landscaping"])
    handler = user("handler", unit="street-east")
    api.follow(now=NOW)
    assert not case_view(made.case, handler, now=NOW).tasks
    perform(made.case, "sign", acting=handler, now=NOW)
    api.follow(now=NOW)
    api.follow(now=NOW)
    assert [t.unit.code for t in case_view(made.case, handler, now=NOW).tasks] == ["landscaping"]


def test_a_whistle_is_graded_both_ways(warned):
    made = order(warned[0])
    handler, called = user("handler", unit="street-east"), user("handler", unit="police")
    perform(made.case, "sign", acting=handler, now=NOW)
    (key,) = api.whistle(warned[0], units=["police"], ask="到场联合执法", acting=handler, now=NOW)
    api.arrive(key, warning=warned[0], acting=called, now=NOW + timedelta(hours=5))
    api.grade(key, warning=warned[0], grade=4, acting=handler, now=NOW + timedelta(hours=6))
    with pytest.raises(BadInput, match="why"):
        api.grade(key, warning=warned[0], grade=1, acting=called, now=NOW + timedelta(hours=6))
    api.grade(
        key,
        warning=warned[0],
        grade=2,
        word="本街道可自行处理",
        acting=called,
        now=NOW + timedelta(hours=6),
    )
    shown = api.warning(warned[0], ANALYST, now=NOW + timedelta(hours=7)).summons[0]
    assert (shown.late, shown.grade_of_unit, shown.grade_of_caller) == (True, 4, 2)
    with pytest.raises(NotAllowed):
        api.arrive(key, warning=warned[0], acting=user("handler", unit="water"), now=NOW)
