"""One's inbox and preferences; and how much a resident wants to hear."""

import pytest
from django.test import Client

from builders import make_case, monday
from xianban.accounts.api import MACHINE
from xianban.intake import api as intake
from xianban.ledger.api import NewNotice, enqueue, send_due
from xianban.notices import api as notices


def tell(people, name, number="20261102-000001", kind="reminder"):
    values = {"number": number, "matter": "0202", "area": "990100", "unit": "street-east"}
    enqueue([NewNotice(kind, f"user:{people[name]}", f"{name}{number}", values)], now=monday(9))
    send_due(now=monday(9), send=lambda notice: notices.sort(notice, now=monday(9)))


def form(**more):
    return {"digests": "8:30，14:00", "quiet_from": "21", "quiet_until": "8", **more}


def test_the_inbox_counts_what_is_new_and_leads_to_the_case(people, signed_in):
    case = make_case()
    tell(people, "agent", case.number)
    client = signed_in("agent")
    page = client.get("/cases/").content.decode()
    assert '<span class="count vermilion" id="unread">1' in page
    page = client.get("/me/inbox/").content.decode()
    assert case.number in page
    line = notices.inbox(
        people["agent"], language="zh-hans", now=monday(9), say_when=lambda when, now: ""
    )[0]
    assert client.get(f"/me/inbox/{line.id}/").url == f"/cases/{case.number}/"
    assert 'id="unread"' not in client.get("/cases/").content.decode()


def test_a_line_about_a_case_out_of_sight_leads_nowhere(people, signed_in):
    case = make_case(area="990200001001001")
    tell(people, "handler_east", case.number)
    client = signed_in("handler_east")
    line = notices.inbox(
        people["handler_east"], language="en", now=monday(9), say_when=lambda when, now: ""
    )[0]
    assert client.get(f"/me/inbox/{line.id}/").url == "/me/inbox/"


def test_nobody_reads_anothers_inbox(people, signed_in):
    tell(people, "agent")
    line = notices.inbox(
        people["agent"], language="en", now=monday(9), say_when=lambda when, now: ""
    )[0]
    assert signed_in("supervisor").get(f"/me/inbox/{line.id}/").status_code == 404
    assert notices.unread(people["agent"]) == 1


def test_what_came_while_the_page_was_open_stays_new(people, signed_in):
    tell(people, "agent")
    client = signed_in("agent")
    newest = client.get("/me/inbox/").context["newest"]
    tell(people, "agent", "20261102-000002")
    client.post("/me/inbox/", {"upto": newest})
    assert notices.unread(people["agent"]) == 1


def test_preferences_are_kept_and_shown(people, signed_in):
    client = signed_in("agent")
    sent = form(**{"due.sms": "now", "due.mail": "off"}, phone="138 0013 8000")
    assert client.post("/me/notices/", sent).status_code == 302
    kept = notices.choice_of(people["agent"], email="")
    assert kept.wishes.modes["due"] == {"mail": "off", "sms": "now", "wechat": "off"}
    assert kept.wishes.digests == (510, 840)
    assert kept.phone == "13800138000"
    assert not kept.wishes.rest_days
    assert "8:30, 14:00" in client.get("/me/notices/").content.decode()
    client.post("/me/notices/", {"reset": "1"})
    assert notices.choice_of(people["agent"], email="").wishes.modes["due"]["mail"] == "now"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"digests": "half past"}, "汇总时间"),
        ({"digests": "8:30," * 7}, "汇总时间"),
        ({"quiet_from": "25"}, "安静时间"),
        ({"phone": "twelve"}, "电话号码"),
        ({"due.sms": "often"}, "发送方式"),
    ],
)
def test_what_is_wrong_is_said_and_stays_typed(signed_in, wrong, said):
    answer = signed_in("agent").post("/me/notices/", form(wechat="wx-li") | wrong)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert 'value="wx-li"' in answer.content.decode()


def test_a_test_reaches_the_inbox_at_once_and_other_channels_soon(people, signed_in):
    client = signed_in("agent")
    client.post("/me/notices/", form(phone="13800138000"))
    client.post("/me/notices/do/test/")
    assert notices.unread(people["agent"]) == 1
    import random

    told = notices.deliver(now=monday(30), say_when=lambda when, now: "", rng=random.Random(1))
    assert told.sent == 1  # at 6:00: a test waits for nothing


def test_on_duty_until_the_morning(people, signed_in, now):
    now.at = monday(22)
    client = signed_in("supervisor")
    client.post("/me/notices/do/duty/", {"on": "1"})
    kept = notices.choice_of(people["supervisor"], email="")
    assert kept.wishes.on_duty_until == monday(32)
    client.post("/me/notices/do/duty/", {"off": "1"})
    assert notices.choice_of(people["supervisor"], email="").wishes.on_duty_until is None


class TestResidents:
    @pytest.fixture
    def receipt(self, town):
        said = intake.Submission(door="web", key="k", text="rubbish", phone="13800138000")
        return intake.receive(said, now=monday(9), acting=MACHINE)

    def person(self, receipt):
        return intake.request_by_code(receipt.number, receipt.code).person

    def test_by_number_and_code(self, receipt):
        page = f"/follow/{receipt.number}/{receipt.code}/notices/"
        assert "每一步都告诉我" in Client().get(page).content.decode()
        assert "已记下" in Client().post(page, {"level": "key"}).content.decode()
        assert notices.level_of(self.person(receipt)) == "key"
        assert Client().post(page, {"level": "loud"}).status_code == 400

    def test_by_the_link_of_a_message_and_only_by_sending(self, receipt):
        page = f"/notices/{notices.stop_token(self.person(receipt))}/"
        Client().get(page)
        assert notices.level_of(self.person(receipt)) == "all"
        Client().post(page, {"List-Unsubscribe": "One-Click"})
        assert notices.level_of(self.person(receipt)) == "none"

    def test_a_wrong_code_or_link_opens_nothing(self, receipt):
        assert Client().get(f"/follow/{receipt.number}/AAAAAAAA/notices/").status_code == 404
        token = notices.stop_token(self.person(receipt))
        assert Client().get(f"/notices/x{token}/").status_code == 404
