"""A resident asks for a copy, a correction, an erasure: what it takes, what goes, what stays."""

from datetime import timedelta

import pytest

from builders import EAST, WEST, monday, user
from privacy.told import HANDLER, PLANTED, end, photograph, tell
from xianban.accounts.api import MACHINE
from xianban.appraisal.api import broken_seal
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.casework.api import case_search, case_view, index_cases, verify_heads
from xianban.files.api import broken_file, files_owned
from xianban.intake import api as intake
from xianban.ledger.api import history, verify
from xianban.privacy import api
from xianban.privacy.queries import code_of
from xianban.residents.api import ErasureGround, find_by_phone, masked, reveal

STEWARD = user("steward")
NEW = {"name": "欧阳翠兰", "phone": "13800001111", "email": ""}


def ended(**more):
    said, _ = tell(**more)
    end(said.case_id, now=monday(10), person=said.person)
    return said


def asked(said, kind, *, now=None, **more):
    """Asked and confirmed with the code that was sent."""
    now = now or monday(11)
    key = api.ask(said, kind, now=now, **more)
    return key, api.confirm(key, said, code_of(key), now=now)


def test_a_code_is_needed_and_guessing_ends(town):
    said = ended()
    other, _ = tell(phone="13700000000", email="x@y.example")
    key = api.ask(said, "erase", now=monday(11))
    with pytest.raises(NotFound):
        api.confirm(key, other, code_of(key), now=monday(11))
    for _ in range(4):
        with pytest.raises(BadInput, match="does not fit"):
            api.confirm(key, said, "AAAAAAAA", now=monday(11))
    with pytest.raises(BadInput, match="too often"):
        api.confirm(key, said, code_of(key), now=monday(11))
    assert not masked([said.person])[said.person].erased


def test_a_code_ends_after_a_day(town):
    said = ended()
    key = api.ask(said, "erase", now=monday(11))
    with pytest.raises(WrongState, match="no longer valid"):
        api.confirm(key, said, code_of(key), now=monday(11 + 25))


def test_the_code_goes_out_three_times_a_day_and_stands_nowhere(town):
    from xianban.ledger.models import Notice

    said = ended()
    for _ in range(6):
        api.ask(said, "copy", now=monday(11))
    notices = Notice.objects.filter(kind="rights_code")
    assert notices.count() == 3
    code = code_of(notices[0].payload["right"])
    assert code not in str(list(notices.values()))
    assert api.with_codes(notices[0].payload)["code"] == code


def test_the_copy_holds_everything_and_who_looked(town):
    said, _ = tell(files=(photograph(),))
    why = {"purpose": "call_back", "reason": "核实漏水位置"}
    reveal(said.person, acting=HANDLER, now=monday(10), subject=f"case:{said.case_id}", **why)
    key, state = asked(said, "copy")
    assert state == "done"
    copy = api.copy_of(said.person, now=monday(11), subject=f"right:{key}")
    told = str(copy)
    for planted in (
        "欧阳翠花",
        "13911223344",
        "cuihua@mail.example",
        "紫砂壶",
        "310101199001011234",
    ):
        assert planted in told
    assert copy.requests[0].files == ("慕容家门口.jpg",)
    assert copy.requests[0].until["words"].hold == "open"
    assert [(look.verb, look.reason) for look in copy.looks[-1:]] == [
        ("person.reveal", "核实漏水位置")
    ]
    assert history(f"person:{said.person}")[-1].verb == "person.copy"


def test_the_contact_is_corrected_and_the_old_one_forgotten(town):
    said, _ = tell()
    asked(said, "correct", contact=NEW)
    agent = user("agent")
    why = {"purpose": "call_back", "reason": "来电", "acting": agent, "now": monday(12)}
    assert find_by_phone("13800001111", **why) == [said.person]
    assert find_by_phone("13911223344", **why) == []
    acts = history(f"person:{said.person}")
    assert "13800001111" not in str(acts)
    assert "欧阳翠兰" not in str(acts)
    with pytest.raises(BadInput, match="leave a telephone"):
        api.ask(said, "correct", contact={"name": "x"}, now=monday(11))


def test_two_with_the_same_corrected_number_stay_apart(town):
    first, _ = tell()
    second, _ = tell(phone="13800001111", email="")
    asked(first, "correct", contact=NEW)
    assert first.person != second.person
    key, _ = asked(second, "copy")
    assert len(api.copy_of(second.person, now=monday(11), subject=f"right:{key}").requests) == 1


def test_an_ended_case_is_erased_at_once(town):
    said = ended(files=(photograph(),))
    intake_area = next(iter(town.areas))
    intake.subscribe(
        area=intake_area, phone=PLANTED["phone"], email=PLANTED["email"], now=monday(9)
    )
    key, state = asked(said, "erase")
    assert state == "done"
    assert masked([said.person])[said.person].erased
    seen = intake.requests_of_person(said.person)[0]
    assert (seen.title, seen.text, seen.place) == ("", "", "")
    assert files_owned(f"request:{said.id}") == []
    assert intake.subscriptions_of([said.person]) == {}
    assert [act.verb for act in history(f"right:{key}")] == ["ask"]
    assert verify().broken is None
    assert verify_heads() is broken_seal() is broken_file() is None
    assert api.confirm(key, said, code_of(key), now=monday(11)) == "done"  # sent twice


def test_the_words_of_others_on_the_same_case_stay(town):
    said, _ = tell()
    other = intake.Submission(door="web", text="楼下也漏了", place="Mill", phone="13700000000")
    intake.attach(other, said.case_id, acting=MACHINE, now=monday(9))
    api.erase_person(said.person, acting=STEWARD, now=monday(11), ground=ErasureGround.ASKED)
    view = str(case_view(said.case_id, user("dispatcher"), now=monday(11)))
    assert "楼下也漏了" in view
    assert "紫砂壶" not in view


def test_an_open_case_waits_for_whoever_is_in_charge(town):
    said, _ = tell()
    key, state = asked(said, "erase")
    assert state == "waiting"
    (row,) = api.rights(STEWARD, now=monday(12))
    assert (row.holds, row.state) == (("open",), "waiting")
    assert 18 <= (row.due_at - monday(11)).days <= 24  # fifteen working days
    with pytest.raises(NotAllowed):
        api.rights(user("handler"), now=monday(12))
    with pytest.raises(NotAllowed):
        api.decide(key, "erase", "x", acting=HANDLER, now=monday(12))
    with pytest.raises(BadInput, match="why"):
        api.decide(key, "after", " ", acting=STEWARD, now=monday(12))
    api.decide(key, "after", "案件还在办理，办结后自动删除", acting=STEWARD, now=monday(12))
    assert api.carry_out_deferred(now=monday(13)) == 0
    end(said.case_id, now=monday(14), person=said.person)
    assert api.carry_out_deferred(now=monday(15)) == 1
    assert masked([said.person])[said.person].erased
    assert [act.verb for act in history(f"right:{key}")] == ["ask", "after", "erase"]


def test_who_left_no_contact_proves_with_number_and_code_alone(town):
    said = ended(name="", phone="", email="")
    key = api.ask(said, "erase", now=monday(11))
    assert not api.reachable(said.person)
    assert api.confirm(key, said, "", now=monday(11)) == "done"


def test_the_search_forgets(town):
    said = ended()
    index_cases()

    def found():
        page = case_search(user("dispatcher"), "紫砂壶", now=monday(12))
        return [row.id for row in page.rows]

    assert found() == [said.case_id]
    asked(said, "erase")
    assert found() == []
    index_cases()
    assert found() == []


def test_erasures_are_decided_where_the_case_lies(town):
    said, _ = tell()
    key, state = asked(said, "erase")
    assert state == "waiting"
    far, near = user("steward", area=WEST), user("steward", area=EAST)
    assert not api.rights(far, now=monday(12))
    with pytest.raises(NotFound):
        api.decide(key, "refuse", "x", acting=far, now=monday(12))
    assert [one.id for one in api.rights(near, now=monday(12))] == [key]
    api.decide(key, "refuse", "x", acting=near, now=monday(12))


def test_samples_of_what_would_go_are_of_one_s_own_area(town):
    ended()
    api.count_anew(now=monday(9) + timedelta(days=4000))
    samples = [
        {
            number
            for one in api.outlook(user("steward", area=area)).classes
            for number in one.samples
        }
        for area in (EAST, WEST)
    ]
    assert samples[0]
    assert not samples[1]
