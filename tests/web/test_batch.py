"""One act for many cases, and lists with a name."""

import pytest

from builders import QUAY_GRID, make_case, monday, user
from xianban.accounts.api import actor_named
from xianban.casework.api import case_view, perform, views_of


@pytest.fixture
def three(people):
    cases = [make_case(now=monday(9), title=f"heap {n}") for n in range(3)]
    perform(cases[2].case_id, "sign", acting=user("handler", unit="street-east"), now=monday(9))
    return cases


def state_of(case, now):
    return case_view(case.case_id, actor_named("handler_east"), now=now.at).state


def test_many_are_signed_and_a_double_click_changes_nothing(three, signed_in, now):
    client = signed_in("handler_east")
    assert 'form="batch"' in client.get("/cases/").content.decode()
    hidden = make_case(now=monday(9), area=QUAY_GRID, title="the western secret")
    keys = [case.case_id for case in [*three, hidden]]
    page = client.post("/cases/batch/", {"verb": "sign", "case": keys}).content.decode()
    assert "可以办的 2 件" in page
    assert "不能办的 1 件" in page
    assert "the western secret" not in page
    said = {"verb": "sign", "case": keys[:3], "key": "k1"}
    said |= {f"version.{key}": 1 for key in keys[:3]}
    first = client.post("/cases/batch/do/", said)
    again = client.post("/cases/batch/do/", said)
    assert first.url == again.url == "/cases/batch/k1/"
    page = client.get(first.url).content.decode()
    assert "办好 2 件" in page
    assert "再试这几件" in page
    assert [state_of(case, now) for case in three] == ["signed"] * 3


def test_what_is_to_be_said_is_asked_and_kept(three, signed_in, now):
    client = signed_in("handler_east")
    said = {"verb": "note", "case": [three[0].case_id, three[1].case_id], "key": "k2"}
    refused = client.post("/cases/batch/do/", said)
    assert refused.status_code == 400
    assert "请填写这一项" in refused.content.decode()
    page = client.post("/cases/batch/do/", {**said, "text": "on the way"}, follow=True)
    assert "办好 2 件" in page.content.decode()
    assert client.get("/cases/batch/nothing/").status_code == 302


def test_answers_are_not_given_in_batches(three, signed_in):
    client = signed_in("handler_east")
    refused = client.post("/cases/batch/", {"verb": "report", "case": [three[0].case_id]})
    assert refused.status_code == 400
    assert "一件一件办" in refused.content.decode()
    assert client.post("/cases/batch/", {"verb": "sign"}).status_code == 400


def test_a_list_is_named_opens_first_and_is_shared(three, signed_in, people):
    client = signed_in("handler_east")
    asks = "?tab=soon&urgency=urgent&strange=x"
    kept = client.post("/cases/views/", {"name": "急件", "asks": asks})
    (view,) = views_of(actor_named("handler_east"))
    assert view.asks == {"tab": "soon", "urgency": "urgent"}
    assert f"view={view.key}" in kept.url
    assert "急件" in client.get(kept.url).content.decode()
    client.post(f"/cases/views/{view.key}/", {"what": "first"})
    assert "urgency=urgent" in client.get("/cases/").url
    client.post(f"/cases/views/{view.key}/", {"what": "share", "unit": "street-east"})
    assert "默认打开" in client.get("/cases/views/").content.decode()
    other = signed_in("handler_west")
    assert "急件" not in other.get("/cases/views/").content.decode()
    assert other.post(f"/cases/views/{view.key}/", {"what": "delete"}).status_code == 404
    assert client.post("/cases/views/", {"name": " ", "asks": asks}).status_code == 400
    client.post(f"/cases/views/{view.key}/", {"what": "delete"})
    assert client.get("/cases/").status_code == 200


def test_mine_in_the_list(three, signed_in, people, now):
    client = signed_in("handler_east")
    said = {"person": people["handler_east"]}
    client.post(f"/cases/{three[0].number}/do/assign/", said)
    page = client.get("/cases/?who=me").content.decode()
    assert "heap 0" in page
    assert "heap 1" not in page
