"""The one box: number, words, place, telephone; and lists taken away as files. Never out of scope."""

import csv
import io
import json

import pytest
from openpyxl import load_workbook

from builders import GRID, QUAY_GRID, make_case, monday, user
from web.conftest import PEOPLE
from web.test_scope import SEES
from xianban.casework import api as casework
from xianban.intake.api import Submission, receive
from xianban.ledger.api import history, verify
from xianban.web.pages.exports import safe

PHONE = "13812345678"
WHY = {"purpose": "call_back", "reason": "说要回电"}
MAY_FIND = {"agent", "dispatcher", "supervisor"}
MAY_EXPORT = {
    "dispatcher",
    "supervisor",
    "handler_east",
    "handler_west",
    "helper",
    "analyst",
    "leader",
    "auditor",
    "administrator",
}


@pytest.fixture
def lamps(people):
    made = {
        "east": make_case(text="幸福路的路灯不亮", area=GRID),
        "west": make_case(text="港口的路灯坏了", area=QUAY_GRID),
    }
    casework.index_cases()
    perform = casework.perform
    handler = user("handler", unit="street-east")
    perform(made["east"].case_id, "sign", acting=handler, now=monday(9))
    data = {"unit": "police", "ask": "come"}
    perform(made["east"].case_id, "invite", acting=handler, now=monday(9), data=data)
    return made


@pytest.fixture
def caller(people):
    """A case of somebody with a telephone."""
    said = Submission(
        door="web", text="路灯不亮", name="张三丰", phone=PHONE, key="one", matter_hint="Rubbish"
    )
    return receive(said, acting=user("agent"), now=monday(9))


def box(client, typed, **more):
    return client.post("/cases/find/", {"q": typed}, **more)


@pytest.mark.parametrize("typed", ["路灯", "路灯 Mill", "20261102", "Harbour", "12"])
def test_words_lead_to_a_list(lamps, signed_in, typed):
    response = box(signed_in("agent"), typed, follow=True)
    assert response.status_code == 200
    assert f"查找“{typed}”" in response.content.decode()


def test_a_number_leads_straight_to_the_case(lamps, signed_in):
    number = lamps["east"].number
    assert box(signed_in("agent"), number).url == f"/cases/{number}/"
    assert signed_in("agent").get("/cases/find/", {"q": number}).url == f"/cases/{number}/"


@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_no_row_of_anothers_scope_by_search_or_export_or_number(lamps, signed_in, name):
    client = signed_in(name)
    for side, case in lamps.items():
        inside = side in SEES[name]
        assert (f"/cases/{case.number}/" in _page(client, q="路灯")) == inside
        assert (f"/cases/{case.number}/" in _page(client, q=case.number[4:])) == inside
        straight = box(client, case.number)
        assert straight.status_code == (302 if inside else 404)
        for kind in ("csv", "xlsx"):
            for query in ({"q": "路灯"}, {}):
                answer = client.get(f"/cases/export/{kind}/", query)
                if name not in MAY_EXPORT:
                    assert answer.status_code == 403
                    continue
                numbers = {row[0] for row in _rows(answer, kind)[1:]}
                assert (case.number in numbers) == inside


def _page(client, **query):
    return client.get("/cases/", query).content.decode()


def _rows(answer, kind):
    content = b"".join(answer.streaming_content)
    if kind == "csv":
        assert content.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    book = load_workbook(io.BytesIO(content))
    return [[cell or "" for cell in row] for row in book.active.values]


def test_too_little_is_said_with_a_remedy(lamps, signed_in):
    response = signed_in("agent").get("/cases/", {"q": "灯"})
    assert response.status_code == 400
    assert "请至少写两个连在一起的字" in response.content.decode()


def test_nothing_found_says_what_to_try(lamps, signed_in):
    page = _page(signed_in("agent"), q="没有这样的话")
    assert "没有找到" in page
    assert "少写一个词" in page


def test_filters_and_pages_keep_the_words(people, signed_in, monkeypatch):
    monkeypatch.setattr("xianban.web.pages.case_list.SIZE", 2)
    for n in range(3):
        make_case(text=f"第{n}盏路灯")
    client = signed_in("agent")
    page = _page(client, q="路灯", urgency="urgent")
    assert 'name="q" value="路灯"' in page
    assert "?q=%E8%B7%AF%E7%81%AF&amp;urgency=urgent&amp;after=" in page
    assert "没有找到" in _page(client, q="路灯", state="closed") or "筛选范围内" in _page(
        client, q="路灯", state="closed"
    )


def test_what_is_typed_is_shown_as_text(lamps, signed_in):
    page = _page(signed_in("agent"), q="<script>alert(1)</script>")
    assert "<script>alert" not in page


# by telephone


def test_a_telephone_is_asked_for_a_purpose_and_stands_in_no_address(caller, signed_in):
    response = box(signed_in("agent"), "138 1234 5678")
    page = response.content.decode()
    assert response.status_code == 200
    assert "138****5678" in page
    assert 'action="/cases/find/people/"' in page
    refused = signed_in("agent").post("/cases/find/people/", {"phone": PHONE, "purpose": ""})
    assert refused.status_code == 400


def test_who_looked_and_why_is_on_record_and_the_number_is_not(caller, signed_in, people):
    response = signed_in("agent").post("/cases/find/people/", {"phone": PHONE, **WHY})
    page = response.content.decode()
    assert caller.number in page
    assert PHONE not in page
    assert "张三丰" not in page
    mine = history(f"user:{people['agent']}")[-1]
    assert (mine.verb, mine.payload["purpose"]) == ("person.find", "call_back")
    (person,) = mine.payload["found"]
    theirs = history(f"person:{person}")[-1]
    assert (theirs.verb, theirs.actor) == ("person.find", f"user:{people['agent']}")
    assert PHONE not in json.dumps([mine.payload, theirs.payload])
    assert verify().broken is None


def test_looking_for_nobody_is_on_record_too(caller, signed_in, people):
    page = signed_in("agent").post("/cases/find/people/", {"phone": "13900000000", **WHY})
    assert "没有人留过这个号码" in page.content.decode()
    assert history(f"user:{people['agent']}")[-1].payload["found"] == []


@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_only_those_allowed_find_by_telephone(caller, signed_in, people, name):
    client = signed_in(name)
    before = len(history(f"user:{people[name]}"))
    asked = box(client, PHONE)
    done = client.post("/cases/find/people/", {"phone": PHONE, **WHY})
    expected = 200 if name in MAY_FIND else 403
    assert (asked.status_code, done.status_code) == (expected, expected)
    assert (caller.number in done.content.decode()) == (name in MAY_FIND)
    assert len(history(f"user:{people[name]}")) - before == (name in MAY_FIND)


def test_an_erased_person_is_not_found(caller, signed_in):
    from xianban.accounts.api import MACHINE
    from xianban.residents.api import ErasureGround, erase

    person = casework.persons_of(caller.case_id)[0]
    erase(person, acting=MACHINE, now=monday(10), reason=ErasureGround.ASKED)
    page = signed_in("agent").post("/cases/find/people/", {"phone": PHONE, **WHY})
    assert caller.number not in page.content.decode()


# as a file


def test_a_file_holds_what_the_list_shows_and_no_contact(caller, lamps, signed_in, people):
    for kind in ("csv", "xlsx"):
        rows = _rows(signed_in("dispatcher").get(f"/cases/export/{kind}/"), kind)
        assert rows[0][0] == "编号"
        assert {row[0] for row in rows[1:]} == {
            caller.number, lamps["east"].number, lamps["west"].number
        }  # fmt: skip
        told = json.dumps(rows, ensure_ascii=False)
        assert "路灯不亮" in told
        assert PHONE not in told
        assert "张三丰" not in told
        act = history(f"user:{people['dispatcher']}")[-1]
        assert act.verb == "cases.export"
        assert act.payload == {
            "kind": kind,
            "cases": 3,
            "filters": {},
            "searched": False,
        }


def test_what_was_searched_for_is_not_kept_for_ever(lamps, signed_in, people):
    signed_in("dispatcher").get("/cases/export/csv/", {"q": "幸福路"})
    act = history(f"user:{people['dispatcher']}")[-1]
    assert act.payload["searched"] is True
    assert act.payload["cases"] == 1
    assert "幸福路" not in json.dumps(act.payload, ensure_ascii=False)


def test_no_cell_is_a_formula(people, signed_in):
    bad = ["=1+1", "+86", "-2", "@SUM(A1)", "\t=1", " =cmd|'/c calc'!A1", "＝1", "%0a"]
    for text in bad:
        make_case(text=text, title=text, place=text)
    for kind in ("csv", "xlsx"):
        rows = _rows(signed_in("dispatcher").get(f"/cases/export/{kind}/"), kind)
        assert len(rows) == len(bad) + 1
        for row in rows[1:]:
            assert all(not str(cell).lstrip().startswith(tuple("=+-@＝％%")) for cell in row)
            assert row[9].startswith("'")


@pytest.mark.parametrize("said", ["路灯", "12号", "2026-11-02 09:00", "", "a=b"])
def test_ordinary_cells_stay_as_they_are(said):
    assert safe(said) == said


def test_letters_that_no_workbook_holds_are_left_out():
    assert safe("a\x00b\x0bc") == "abc"
    assert len(safe("路" * 50_000)) == 32_000


def test_more_than_the_limit_is_said_in_the_file(lamps, signed_in, monkeypatch):
    from xianban.web.pages import exports

    monkeypatch.setitem(exports.LIMITS, "csv", 1)
    rows = _rows(signed_in("dispatcher").get("/cases/export/csv/"), "csv")
    assert len(rows) == 3
    assert "只导出了前 1 件" in rows[-1][0]


def test_a_filter_that_is_unknown_exports_nothing(lamps, signed_in):
    answer = signed_in("dispatcher").get("/cases/export/csv/", {"unit": "没有这个单位"})
    assert answer.status_code == 400
    assert signed_in("dispatcher").get("/cases/export/pdf/").status_code == 404


def test_english(lamps, signed_in):
    client = signed_in("agent")
    client.get("/cases/?lang=en")
    page = _page(client, q="路灯")
    assert "Search for" in page
    assert "newest first" in page
