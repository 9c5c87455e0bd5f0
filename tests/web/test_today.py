"""A handler's day, and the forms of the acts that need more than fields."""

import re
from dataclasses import replace

import pytest

from builders import make_case, monday, user
from xianban.accounts.api import actor_named
from xianban.casework.api import case_view, perform
from xianban.city.rules.checklist import guide_of
from xianban.city.rules.city import City


@pytest.fixture
def case(people):
    return make_case(now=monday(9), title="a heap at the mill")


def signed(case):
    perform(case.case_id, "sign", acting=user("handler", unit="street-east"), now=monday(9))


def view_of(case, now):
    return case_view(case.case_id, actor_named("handler_east"), now=now.at)


def test_a_handler_begins_with_today_and_signs_there(case, signed_in, now):
    client = signed_in("handler_east")
    assert client.get("/home/").url == "/today/"
    page = client.get("/today/").content.decode()
    assert "a heap at the mill" in page
    assert "今天到期" in page
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    answer = client.post(
        f"/cases/{case.number}/do/sign/", {"version": version, "from": "today"}, follow=True
    )
    assert answer.redirect_chain[-1][0] == "/today/"
    assert f"/cases/{case.number}/#act-contact" in answer.content.decode()
    assert "a heap at the mill" not in signed_in("handler_west").get("/today/").content.decode()


def test_groups_alone_mine_and_nothing(case, signed_in, now):
    client = signed_in("handler_east")
    assert "a heap at the mill" not in client.get("/today/?group=late").content.decode()
    assert "这一组没有案件" in client.get("/today/?group=late").content.decode()
    assert "都办好了" in client.get("/today/?who=me").content.decode()
    assert client.get("/today/?group=nonsense").status_code == 200
    assert "您还没有角色" in signed_in("newcomer").get("/today/").content.decode()


def test_the_number_of_queries_does_not_grow(people, signed_in, now, django_assert_max_num_queries):
    for n in range(30):
        make_case(now=monday(9), text=f"heap {n}")
    client = signed_in("handler_east")
    client.get("/today/")
    with django_assert_max_num_queries(32):
        page = client.get("/today/").content.decode()
    assert "还有 22 件" in page


def test_an_extension_is_shown_before_it_is_confirmed(case, signed_in, now):
    signed(case)
    client, act = signed_in("handler_east"), f"/cases/{case.number}/do/extend/"
    before = view_of(case, now)
    said = {"by.number": "12", "by.unit": "h", "text": "the lorry is in the workshop"}
    page = client.post(act, {**said, "look": "1"}).content.decode()
    assert "新的期限" in page
    assert "确认延期" in page
    assert "the lorry is in the workshop" in page
    assert view_of(case, now).version == before.version
    assert client.post(act, {**said, "by.number": "90", "look": "1"}).status_code == 400
    assert client.post(act, said).status_code == 302
    assert view_of(case, now).due_at > before.due_at


@pytest.fixture
def with_points(monkeypatch, town):
    plain = City.duty_for

    def duty_for(self, *args, **values):
        found = plain(self, *args, **values)
        points = guide_of("- [ ] ! swept clean|- [ ] a photograph").points
        return found and replace(found, checklist=points, reply="{matter}: all is clean.")

    monkeypatch.setattr(City, "duty_for", duty_for)


def test_done_is_reported_point_by_point(with_points, case, signed_in, now):
    signed(case)
    client, act = signed_in("handler_east"), f"/cases/{case.number}/do/report/"
    page = client.get(f"/cases/{case.number}/").content.decode()
    assert "Rubbish: all is clean." in page
    assert "必答" in page
    refused = client.post(act, {"text": "It is clean.", "checks.1": "done", "checks.1.note": "two"})
    assert refused.status_code == 400
    assert "这几项必须先作答：swept clean" in refused.content.decode()
    assert 'value="two"' in refused.content.decode()
    assert re.search(r'name="checks.1" value="done" checked', refused.content.decode())
    said = {"text": "It is clean.", "checks.0": "done", "checks.0.note": "seen at noon"}
    page = client.post(act, said, follow=True).content.decode()
    assert "swept clean" in page
    assert "seen at noon" in page
    assert "seen at noon" in signed_in("agent").get(f"/cases/{case.number}/").content.decode()


def test_a_colleague_is_named_on_the_page(case, signed_in, people, now):
    client = signed_in("handler_east")
    said = {"person": people["handler_east"]}
    page = client.post(f"/cases/{case.number}/do/assign/", said, follow=True).content.decode()
    assert "指定Handler_East承办" in page
    assert "a heap at the mill" in client.get("/today/?who=me").content.decode()
