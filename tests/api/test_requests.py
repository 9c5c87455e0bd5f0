import json

import pytest
from django.test import Client

from xianban.intake.models import Request

URL = "/api/v1/requests"
LAMP = {
    "text": "Rubbish lies about beside the mill",
    "matter": "Rubbish",
    "place": "Mill",
    "phone": "13812341234",
}
client = Client()


def post(body, key="", **headers):
    headers |= {"Idempotency-Key": key} if key else {}
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(URL, content, content_type="application/json", headers=headers)


def problem(response, status):
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    found = json.loads(response.content)
    assert found["status"] == status
    assert set(found) == {"type", "title", "status", "detail", "errors"}
    return found


def test_a_request_is_taken_and_can_be_followed(town):
    response = post(LAMP)
    assert response.status_code == 201
    receipt = response.json()
    assert receipt["state"] == "dispatched"
    assert receipt["matter"] == {"code": "0202", "name": "Rubbish"}
    assert receipt["unit"] == {"code": "street-east", "name": "Bridge Street Office"}
    story = client.get(receipt["url"]).json()
    assert story["number"] == receipt["number"]
    assert story["state"] == "dispatched"
    assert story["steps"]
    assert "1234" not in json.dumps(story["steps"])


def test_sent_again_with_its_key_it_is_the_same(town):
    first, again = post(LAMP, "k1"), post(LAMP, "k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Request.objects.count() == 1


def test_a_key_that_meant_something_else_is_refused_and_tells_nothing(town):
    receipt = post(LAMP, "k1").json()
    found = problem(post({**LAMP, "text": "Something else"}, "k1"), 409)
    assert "was used before" in found["detail"]
    assert receipt["code"] not in json.dumps(found)


def test_an_unsure_machine_names_no_unit(town):
    receipt = post({"text": "Hm"}).json()
    assert receipt["unit"] is None
    assert receipt["state"] == "received"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"text": " \n\t"}, "text"),
        ({"text": "a", "lat": 91, "lon": 0}, "lat"),
        ({"text": "a", "lat": 1}, "lon"),
        ({"text": "a", "matter": "Dragons"}, "matter_hint"),
        ({"text": "a", "title": "x" * 301}, "title"),
        ({"text": "a", "tekst": "b"}, "tekst"),
        ({"text": 3}, "text"),
    ],
)
def test_what_is_wrong_is_named(town, body, field):
    found = problem(post(body), 422)
    assert field in [error["field"].split(".")[-1] for error in found["errors"]]
    assert Request.objects.count() == 0


def test_what_no_database_can_hold_is_left_out(town):
    assert post({"text": "a\x00b \ud83d\ude00", "title": "\x00"}).status_code == 201
    assert Request.objects.get().text == "ab 😀"


@pytest.mark.parametrize("content", ["", "{", "[]", '"x"', b"\xff\xfe", '{"text": NaN}'])
def test_a_body_that_is_no_request(town, content):
    found = post(content)
    assert found.status_code in (400, 422)
    problem(found, found.status_code)


def test_a_wrong_number_and_a_wrong_code_look_alike(town):
    receipt = post(LAMP).json()
    wrong = "000000" if receipt["code"] != "000000" else "111111"
    answers = [
        problem(client.get(f"{URL}/{receipt['number']}?code={wrong}"), 404),
        problem(client.get(f"{URL}/20261102-99999?code={receipt['code']}"), 404),
        problem(client.get(f"{URL}/nothing?code=x"), 404),
    ]
    assert answers[0] == answers[1] == answers[2]
    problem(client.get(f"{URL}/{receipt['number']}"), 422)


def test_an_address_may_send_so_much_and_no_more(town, settings):
    settings.API_RATE_PER_MINUTE = 2
    assert [post(LAMP).status_code for _ in range(2)] == [201, 201]
    response = post(LAMP)
    problem(response, 429)
    assert response.headers["Retry-After"] == "60"
    elsewhere = client.post(URL, LAMP, content_type="application/json", REMOTE_ADDR="10.0.0.9")
    assert elsewhere.status_code == 201


def test_behind_a_proxy_the_caller_counts_and_cannot_pretend(town, settings):
    settings.API_RATE_PER_MINUTE, settings.TRUSTED_PROXIES = 1, 1
    sent = [
        post(LAMP, **{"X-Forwarded-For": passed}).status_code
        for passed in ("1.1.1.1", "2.2.2.2", "9.9.9.9, 1.1.1.1", "2.2.2.2")
    ]
    assert sent == [201, 201, 429, 429]


def test_without_a_city_it_says_what_to_do(db):
    from xianban.city.api import forget

    forget()
    assert "xianban city load" in problem(post(LAMP), 404)["detail"]


def test_nothing_there(db):
    assert "/api/docs" in problem(client.get("/api/v1/nothing"), 404)["detail"]
