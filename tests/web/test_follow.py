"""Following a report by number and code: the story, rating, adding, guessing."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from builders import monday, user
from web.residents import report
from xianban.casework.api import perform, public_story

HANDLER = user("handler", unit="street-east")


def story(number, code, **said):
    address = f"/follow/{number}/{code}/"
    return Client().post(address, said) if said else Client().get(address)


def act(number, verb, *, at, who=HANDLER, **data):
    return perform(int(number.split("-")[1]), verb, acting=who, now=at, data=data)


@pytest.fixture
def answered(town, now):
    number, code = report("rubbish lies beside the mill")
    at = monday(9)
    dispatcher = user("dispatcher")
    from xianban.casework.api import case_view

    view = case_view(int(number.split("-")[1]), dispatcher, now=at)
    if view.state == "received":
        act(number, "dispatch", at=at, who=dispatcher, unit="street-east")
    act(number, "sign", at=at + timedelta(hours=1))
    act(number, "contact", at=at + timedelta(hours=1), contacted=True, text="rang them")
    act(number, "report", at=at + timedelta(hours=2), text="It was taken away this morning.")
    now.at = monday(13)
    return number, code


def test_number_and_code_lead_to_the_story(town):
    number, code = report("rubbish lies beside the mill")
    response = Client().post("/follow/", {"number": f" {number} ", "code": code.lower()})
    assert response.url == f"/follow/{number}/{code}/"


@pytest.mark.parametrize(("number", "code"), [("20261102-999", "AAAAAA"), ("nonsense", "??")])
def test_wrong_numbers_are_refused_in_a_sentence(town, number, code):
    response = Client().post("/follow/", {"number": number, "code": code})
    assert response.status_code in (400, 404)
    assert 'role="alert"' in response.content.decode()


def test_a_code_cannot_be_guessed(town):
    number, code = report("rubbish lies beside the mill")
    statuses = [story(number, f"AAAAA{n}").status_code for n in range(10)]
    assert set(statuses) == {404}
    assert story(number, code).status_code == 429
    assert Client().post("/follow/", {"number": number, "code": code}).status_code == 429


def test_the_story_is_told_in_plain_words(answered):
    page = story(*answered).content.decode()
    assert "已经答复，请您看看解决了没有" in page
    assert "It was taken away this morning." in page
    assert "rang them" not in page  # a note between colleagues


def test_solved_and_satisfied_closes_it(answered):
    response = story(*answered, verb="rate", solved="yes", satisfaction="satisfied", text="thanks")
    assert response.status_code == 302
    assert "这件事已经办结" in story(*answered).content.decode()


def test_not_solved_goes_back_to_the_unit(answered):
    story(*answered, verb="rate", solved="no", text="it is still there")
    page = story(*answered).content.decode()
    assert "正在重新办理" in page
    assert "最迟" in page


def test_a_rating_without_a_verdict_keeps_the_words(answered):
    response = story(*answered, verb="rate", text="well, almost")
    page = response.content.decode()
    assert response.status_code == 400
    assert "请先说说问题解决了没有。" in page
    assert "well, almost" in page


def test_a_closed_case_can_be_reopened(answered):
    story(*answered, verb="rate", solved="yes")
    page = story(*answered).content.decode()
    assert 'value="reopen"' in page
    assert story(*answered, verb="reopen", text="it is back").status_code == 302
    assert "正在重新办理" in story(*answered).content.decode()


def test_something_can_be_added(answered):
    assert story(*answered, verb="say", text="behind the shed too").status_code == 302
    page = story(*answered).content.decode()
    assert "您作了补充" in page
    assert "behind the shed too" in page


def test_what_one_adds_is_told_to_nobody_else(town, now):
    first = report("rubbish lies beside the mill")
    assert story(*first, verb="say", text="behind the shed too").status_code == 302
    key = int(first[0].split("-")[1])
    told = str(public_story(key, now=monday(), person=998).steps) + str(
        public_story(key, now=monday()).steps
    )
    assert "behind the shed" not in told
    assert "'say'" not in told


def test_no_other_act_is_open_to_residents(answered):
    assert story(*answered, verb="close", text="x").status_code == 400


def test_who_left_no_contact_may_rate_too(town, now):
    number, code = report("rubbish lies beside the mill", name="", phone="")
    assert 'value="say"' in story(number, code).content.decode()


def test_the_story_shows_no_codes(answered):
    page = story(*answered, verb="rate", solved="no", text="still there")
    page = story(*answered).content.decode()
    text = re.sub(r"<[^>]+>", " ", page)
    for code in ("street-east", "rectifying", "dispatched", "0202"):
        assert code not in text


def test_once_answered_the_page_no_longer_greets(answered):
    assert "收到了，谢谢您" not in story(*answered).content.decode()


def test_staff_see_who_rated(answered, signed_in):
    number, _ = answered
    story(*answered, verb="rate", solved="no", text="it is still there")
    page = signed_in("dispatcher").get(f"/cases/{number}/").content.decode()
    line = page.split('class="line-of-acts"')[1].split("</li>")[0]
    assert "诉求人评价" in line
    assert "代诉求人评价" not in line
    assert "the resident" not in line


def test_what_the_machine_only_guesses_is_not_told_as_the_matter(town):
    number, code = report("rubbish lies about", place="")
    key = int(number.split("-")[1])
    told = public_story(key, now=monday())
    assert told.state == "received"
    assert told.matter.name
    assert "<dt>事项</dt>" not in story(number, code).content.decode()
    act(number, "dispatch", at=monday(9), who=user("dispatcher"), unit="street-east")
    assert "<dt>事项</dt>" in story(number, code).content.decode()
