"""Hearing of a place, page by page, without an account and without JavaScript."""

import pytest
from django.test import Client

from builders import MILL
from xianban.intake.api import subscription_code

ASK = {"area_name": "Mill", "contact": "13812345678", "matter": ""}


def ask(**more):
    return Client().post("/subscribe/", {**ASK, **more})


def newest():
    from xianban.intake.models import Subscription

    return Subscription.objects.order_by("-pk").first()


def test_ask_confirm_and_end(town):
    assert ask().url == "/subscribe/sent/"
    row = newest()
    assert (row.area, row.confirmed_at) == (MILL, None)
    code = subscription_code(row.pk)
    client = Client()
    opened = client.post("/subscribe/", {"number": row.pk, "code": code.lower(), "confirm": "1"})
    page = client.get(opened.url).content.decode()
    assert "已订阅" in page
    assert "Mill" in page
    ended = client.post(opened.url, {"end": "1"}, follow=True)
    assert "已退订" in ended.content.decode()
    assert newest() is None
    assert client.get(opened.url).status_code == 404


def test_opening_the_address_confirms_nothing(town):
    ask()
    row = newest()
    page = Client().get(f"/subscribe/{row.pk}/{subscription_code(row.pk)}/").content.decode()
    assert "还没有确认" in page
    assert newest().confirmed_at is None


def test_it_is_not_said_whether_somebody_subscribed(town):
    first, second = ask(), ask()
    assert first.url == second.url


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"area_name": ""}, "请写明哪个社区"),
        ({"area_name": "Atlantis"}, "没有找到这个地方"),
        ({"area_name": "i"}, "这样的地方有几个"),
        ({"contact": "call me"}, "这不像手机号或邮箱"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_kept(town, wrong, sentence):
    response = ask(**wrong)
    page = response.content.decode()
    assert response.status_code == 400
    assert sentence in page
    assert all(value in page for name, value in ASK.items() if name not in wrong)
    assert newest() is None


def test_one_of_several_is_chosen(town):
    assert 'name="choose"' in ask(area_name="i").content.decode()
    ask(area_name="i", choose=MILL)
    assert newest().area == MILL


def test_codes_cannot_be_guessed(town):
    ask()
    pk = newest().pk
    found = [Client().get(f"/subscribe/{pk}/AAAAAAA{n}/").status_code for n in range(10)]
    assert set(found) == {404}
    assert Client().get(f"/subscribe/{pk}/{subscription_code(pk)}/").status_code == 429


def test_a_link_names_the_place(town):
    assert 'value="Mill"' in Client().get(f"/subscribe/?area={MILL}").content.decode()
    assert Client().get("/subscribe/?area=<script>").status_code == 200


def test_the_pages_answer_before_there_is_a_city(db):
    from xianban.city.api import forget

    forget()
    assert Client().get("/subscribe/").status_code == 200
    assert Client().post("/subscribe/", ASK).status_code in (400, 404)
