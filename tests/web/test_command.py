"""Those who oversee: the pages say what the lists hold, act, and keep within scope."""

import re
from datetime import timedelta

import pytest

from builders import BRIDGE, CITY, EAST, QUAY_GRID, make_case, monday, user
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_users
from xianban.casework.api import Filters, case_counts, case_list, case_view, perform
from xianban.command.api import keep_figures, meetings, press_cases

LATE = monday(9) + timedelta(days=3)
OVERSEEN = ("/command/", "/command/stages/", "/city/", "/city/wall/", "/meetings/")


@pytest.fixture
def late(people, now):
    """Three cases that are late by Thursday, one of them signed; figures are kept."""
    cases = [make_case(now=monday(9), text="垃圾成堆"), make_case(now=monday(9), area=QUAY_GRID, text="码头垃圾"), make_case(now=monday(10), supporters=9, text="大家都说")]  # fmt: skip
    perform(cases[0].case_id, "sign", acting=user("handler", unit="street-east"), now=monday(11))
    now.at = LATE
    keep_figures(now=LATE)
    return cases


def shown(response):
    assert response.status_code == 200, response.content.decode()[:500]
    return response.content.decode()


def all_rows(actor, filters):
    rows, after = [], ""
    while True:
        page = case_list(actor, filters, now=LATE, after=after)
        rows += page.rows
        after = page.next
        if not after:
            return rows


def test_the_heaviest_first_and_why(late, signed_in):
    page = shown(signed_in("supervisor").get("/command/"))
    order = [page.index(f">{case.number}<") for case in (late[2], late[0])]
    assert order == sorted(order)
    assert "10 人在等" in page
    for narrowed, n in (("unit=street-east", 2), ("area=" + BRIDGE, 2), ("matter=01", 0), ("clock=sign", 2), ("tab=soon", 0)):  # fmt: skip
        page = shown(signed_in("supervisor").get(f"/command/?{narrowed}"))
        assert len(re.findall('name="case"', page)) == n, narrowed


@pytest.mark.parametrize(("address", "most"), [("/command/", 24), ("/city/", 40)])
def test_few_queries(late, signed_in, django_assert_max_num_queries, address, most):
    client = signed_in("supervisor")
    client.get(address)
    with django_assert_max_num_queries(most):
        shown(client.get(address))


def test_press_several_and_follow(late, signed_in, now):
    client = signed_in("supervisor")
    numbers = [late[0].number, late[1].number]
    answer_by = (LATE + timedelta(hours=32)).strftime("%Y-%m-%dT%H:%M")
    said = {"case": numbers, "reason": "三天没有回音 <b>", "answer_by": answer_by}
    page = shown(client.post("/command/do/press/", said, follow=True))
    assert "已督办 2 件" in page
    assert "等待答复" in page
    assert "三天没有回音 &lt;b&gt;" in page
    assert [case_view(c.case_id, user("supervisor"), now=LATE).pressed for c in late] == [1, 1, 0]
    now.at = LATE + timedelta(days=3)
    assert "过期未答复" in shown(client.get("/command/"))


def test_a_figure_of_pressings_opens_what_it_counts(people, signed_in, now):
    cases = [make_case(now=monday(9), text=f"垃圾{n}") for n in range(23)]
    now.at = LATE
    for case in cases:
        press_cases([case.case_id], reason="请答复", answer_by=LATE + timedelta(hours=3), acting=user("supervisor"), now=LATE)  # fmt: skip
    now.at = LATE + timedelta(hours=4)
    client = signed_in("supervisor")
    page = shown(client.get("/command/"))
    there = re.search(r'<a[^>]*href="([^"]*pressed=overdue[^"]*)"', page)[1].split("#")[0]
    assert ">23<" in page
    row = '<tr><th scope="row"><a href="/cases/'
    assert page.count(row) == 20
    assert shown(client.get("/command/" + there.replace("&amp;", "&"))).count(row) == 23
    assert shown(client.get("/command/?pressed=answered")).count(row) == 0


def test_what_was_typed_stays(late, signed_in):
    client = signed_in("supervisor")
    said = {"case": [late[0].number], "reason": "请尽快", "answer_by": "yesterday"}
    refused = client.post("/command/do/press/", said)
    page = refused.content.decode()
    assert refused.status_code == 400
    assert "请尽快" in page
    assert re.search(f'value="{late[0].number}" checked', page)
    assert client.post("/command/do/press/", {"reason": "x"}).status_code == 400
    assert client.post("/command/do/erase/", said).status_code == 400
    assert client.get("/command/do/press/").status_code == 302


def test_from_the_late_to_the_last_task(late, signed_in):
    client, helper = signed_in("supervisor"), signed_in("helper")
    asked = client.post("/command/do/convene/", {"case": [late[0].number]})
    form = shown(client.get(asked.url))
    assert late[0].number in form
    assert "Bridge Street Office" in form
    start = (LATE + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    typed = {"title": "北岸垃圾", "agenda": "分工", "starts_at": start, "place": "三楼", "unit": ["Bridge Street Office", "Traffic Police", ""], "cases": late[0].number}  # fmt: skip
    bad = client.post("/meetings/new/", typed | {"unit": ["Nobody"]})
    assert bad.status_code == 400
    assert "分工" in bad.content.decode()
    assert "已召集会议" in shown(client.post("/meetings/new/", typed, follow=True))
    (one,) = meetings(user("supervisor"), now=LATE)
    address = f"/meetings/{one.id}/"
    shown(client.post(address + "do/hold/", {"minutes": "到会两家", "decision": "三天清完"}, follow=True))  # fmt: skip
    due = (LATE + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    task = {"text": "重画车位", "unit": "Traffic Police", "due_at": due}
    shown(client.post(address + "do/task/", task, follow=True))
    shown(client.post(address + "do/task/", task | {"case": late[0].number}, follow=True))
    assert (
        case_view(late[0].case_id, user("supervisor"), now=LATE).tasks[0].ask.endswith("重画车位")
    )
    assert "北岸垃圾" in shown(helper.get("/meetings/"))
    assert "三天清完" in shown(helper.get(address))
    assert helper.post(address + "do/hold/", {"minutes": "x", "decision": "y"}).status_code == 409
    shown(helper.post(address + "do/report/", {"n": "1", "result": "画好了"}, follow=True))
    assert client.post(address + "do/judge/", {"n": "1", "verdict": "open"}).status_code == 400
    shown(client.post(address + "do/judge/", {"n": "1", "verdict": "done"}, follow=True))
    assert [t.state for t in meetings(user("supervisor"), now=LATE)[0].tasks] == ["done", "open"]
    for name in ("handler_west", "agent", "newcomer"):
        assert signed_in(name).get(address).status_code == 404, name


def test_figures_equal_the_lists_that_they_open(late, signed_in, now):
    client, actor = signed_in("leader"), user("leader")
    now.at = monday(12)
    page = shown(client.get("/city/"))
    today = re.search(r'href="(/cases/\?tab=all&amp;from=[^"]+)"', page)[1].replace("&amp;", "&")
    listed = shown(client.get(today))
    assert len(re.findall(r'class="number num"', listed)) == 3
    assert re.search(r"今天收到.*?<strong class=\"num\">3<", page, re.S)
    now.at = LATE
    page = shown(client.get("/city/"))
    n = case_counts(actor, Filters(), now=LATE).late
    assert n == len(all_rows(actor, Filters(late=True))) == 3
    assert re.search(r"现在超期.*?<strong class=\"num\">3<", page, re.S)
    assert len(re.findall(r'class="number num"', shown(client.get("/cases/?tab=late")))) == 3


def test_stage_figures_open_their_visits(late, signed_in):
    client = signed_in("leader")
    page = shown(client.get("/command/stages/?period=2026-11"))
    links = re.findall(r'href="(/command/stages/2026-11/[^"]+)">([\d,]+)</a>', page)
    assert links
    for address, n in links:
        visits = shown(client.get(address.replace("&amp;", "&")))
        assert visits.count('<th scope="row">') == int(n)
    assert "最耗时的环节是" in page
    assert client.get("/command/stages/yesterday/sign/").status_code == 400
    assert client.get("/command/stages/2026-11/sleep/").status_code == 400
    assert client.get("/command/stages/2026-11/sign/?by=unit&code=nobody").status_code == 200


@pytest.mark.parametrize("address", OVERSEEN)
def test_only_who_oversees(late, signed_in, address):
    assert signed_in("leader").get(address).status_code == 200
    for name in ("agent", "dispatcher", "steward", "newcomer"):
        assert signed_in(name).get(address).status_code == 403, name


def test_the_wall_is_fresh_and_whole_without_script(late, signed_in):
    page = shown(signed_in("leader").get("/city/wall/"))
    assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in page
    assert not re.search(r"<script(?![^>]*(src=|application/json))", page)
    assert " style=" not in page


@pytest.fixture
def narrow(people, late):
    """A street's supervisor and a unit's leader."""
    made = [
        NewUser("of_street", name="S", password="x-long-enough-1", grants=(Granted(Role.SUPERVISOR, BRIDGE),)),
        NewUser("of_unit", name="U", password="x-long-enough-1", grants=(Granted(Role.LEADER, "", "street-west"),)),
    ]  # fmt: skip
    ids = add_users(made, acting=MACHINE, now=monday(8))
    people |= dict(zip(("of_street", "of_unit"), ids, strict=True))
    return people


def test_a_street_sees_the_street_and_a_unit_the_unit(narrow, late, signed_in):
    street, unit = signed_in("of_street"), signed_in("of_unit")
    for address in OVERSEEN:
        for client, hidden in ((street, ("码头垃圾", "Harbour")), (unit, ("垃圾成堆", "Bridge Street"))):  # fmt: skip
            page = shown(client.get(address))
            assert not [word for word in hidden if word in page], address
    for other in (f"by=area&code={CITY}", f"by=area&code={EAST}", "by=unit&code=water"):
        for address in ("/city/", "/city/wall/", "/command/stages/"):
            assert street.get(f"{address}?{other}").status_code == 404, (address, other)
            assert unit.get(f"{address}?{other}").status_code == 404, (address, other)
    refused = street.post("/command/do/press/", {"case": [late[1].number], "reason": "x", "answer_by": "2026-11-06T18:00"})  # fmt: skip
    assert refused.status_code in (404, 409)
    assert case_view(late[1].case_id, user("supervisor"), now=LATE).pressed == 0
    made = street.post("/meetings/new/", {"title": "a", "agenda": "b", "starts_at": "2026-11-06T18:00", "place": "c", "unit": ["Traffic Police"]})  # fmt: skip
    assert made.status_code == 400
