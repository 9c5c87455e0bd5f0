"""How cases begin."""

from datetime import timedelta

import pytest

from builders import BRIDGE, EAST, GRID, MILL, make_case, monday, user
from xianban.accounts.api import MACHINE, resident_actor
from xianban.base.errors import BadInput
from xianban.casework.api import NewCase, case_view, forget_words, open_cases, perform, verify_heads
from xianban.casework.models import Case, Clock
from xianban.casework.queries.standings import replayed, standing_of
from xianban.casework.rules.standing import COLUMNS
from xianban.ledger.api import history, verify
from xianban.ledger.models import Notice


def test_with_an_assignment_it_is_dispatched_and_three_clocks_run(town):
    opened = make_case(person=7)
    assert opened.number == f"20261102-{opened.case_id}"
    assert (opened.state, opened.unit) == ("dispatched", "street-east")
    assert opened.due_at == monday() + timedelta(hours=24)
    clocks = {clock.kind: clock for clock in Clock.objects.all()}
    assert set(clocks) == {"handle", "sign", "contact"}
    assert all(clock.unit == "street-east" for clock in clocks.values())
    assert clocks["handle"].wake_at == monday() + timedelta(hours=18)  # three quarters


def test_the_areas_around_it_are_columns_of_the_case(town):
    case = Case.objects.get(pk=make_case().case_id)
    assert (case.district, case.street, case.community, case.area) == (EAST, BRIDGE, MILL, GRID)


def test_without_one_a_person_decides_and_the_resident_s_clock_runs_already(town):
    opened = make_case(assignment=None)
    assert (opened.state, opened.unit) == ("received", "")
    assert {clock.kind for clock in Clock.objects.all()} == {"handle", "dispatch"}


def test_working_days_count_in_the_city_s_calendar(town):
    opened = make_case(matter="0201")  # five working days from a Monday
    assert opened.due_at == monday() + timedelta(days=7)
    assert opened.unit == "transport"


def test_the_clock_of_an_old_message_can_begin_when_it_comes_in(town):
    long_ago = monday() - timedelta(days=900)
    opened = make_case(received_at=long_ago, clocks_from=monday())
    assert opened.due_at == monday() + timedelta(hours=24)
    assert make_case(received_at=long_ago).due_at == long_ago + timedelta(hours=24)


def test_a_community_never_leads(town):
    from dataclasses import replace

    wrong = replace(town.duty_for("0202", GRID, on=monday().date()), lead="mill")
    assert make_case(assignment=wrong).state == "received"


def test_many_at_once_are_all_or_none(town):
    good = NewCase(origin="web", text="x", received_at=monday(), matter="0202", area=GRID)
    bad = NewCase(origin="web", text="x", received_at=monday(), urgency="whenever")
    with pytest.raises(BadInput):
        open_cases([good, bad], acting=MACHINE, now=monday())
    assert Case.objects.count() == 0
    assert len(open_cases([good] * 40, acting=MACHINE, now=monday())) == 40
    assert verify_heads() is None


def test_the_ledger_knows_all_but_the_words(town):
    opened = make_case(text="Zhang lives at number 4")
    acts = history(f"case:{opened.case_id}")
    assert [act.verb for act in acts] == ["open"]
    assert "Zhang" not in str(acts[0].payload)
    assert replayed(opened.case_id) == standing_of(Case.objects.get(pk=opened.case_id))


def test_reporter_and_unit_are_told_once_with_codes_and_no_words(town):
    make_case(person=7, text="secret words")
    told = {row.to: row for row in Notice.objects.all()}
    assert set(told) == {"person:7", "unit:street-east"}
    assert told["person:7"].kind == "dispatched"
    assert told["person:7"].payload["due_at"].startswith("2026-11-03T01:00")
    assert "secret" not in str([row.payload for row in told.values()])
    Notice.objects.all().delete()
    make_case(person=7, tell=False)
    assert Notice.objects.count() == 0


def test_critical_notices_are_urgent(town):
    make_case(matter="0101", person=7)
    assert all(Notice.objects.values_list("urgent", flat=True))


def test_the_page_of_a_new_case(town):
    opened = make_case(person=7, proposal={"probability": 0.8})
    view = case_view(opened.case_id, MACHINE, now=monday(10))
    assert view.unit.name == "Bridge Street Office"
    assert view.matter_path == ("Streets", "Rubbish")
    assert view.area_path[-1] == "Mill 1"
    assert view.persons == (7,)
    assert [event.verb for event in view.timeline] == ["open"]
    assert {clock.kind: clock.verdict for clock in view.clocks}["sign"] == "running"


def test_clocks_have_their_columns_in_the_order_of_the_values():
    columns = [field.attname for field in Clock._meta.concrete_fields]
    assert columns == ["id", "case_id", *COLUMNS["clocks"]]


def test_what_a_resident_says_stays_out_of_the_ledger_and_can_be_forgotten(town):
    opened = make_case(person=7, place="Mill Road 4, third floor")
    said = {"text": "I am Zhang, ring at the back door"}
    perform(opened.case_id, "say", acting=resident_actor(7), now=monday(), data=said)
    place = {"place": "Mill Road 6"}
    perform(opened.case_id, "refine", acting=user("dispatcher"), now=monday(), data=place)
    payloads = str([act.payload for act in history(f"case:{opened.case_id}")])
    assert "Zhang" not in payloads
    assert "Mill Road" not in payloads
    view = case_view(opened.case_id, MACHINE, now=monday())
    assert view.place == "Mill Road 6"
    assert view.timeline[1].values["text"].startswith("I am Zhang")
    assert forget_words(7) == 1
    assert "text" not in case_view(opened.case_id, MACHINE, now=monday()).timeline[1].values
    assert verify().broken is None
