"""Reporting without signing in, and without JavaScript."""

import re

import pytest
from django.test import Client

from builders import load_town
from xianban.web.forms import new_key

SAID = {
    "text": "rubbish lies beside the bus stop",
    "place": "Mill",
    "name": "Ann",
    "phone": "13812345678",
}


def send(client, **more):
    return client.post("/", {"key": new_key(), **SAID, **more})


def number_and_code(response):
    return re.fullmatch(r"/follow/([\d-]+)/(\w+)/", response.url).groups()


def cases():
    from xianban.casework.models import Case

    return Case.objects.count()


def test_the_first_page_is_the_form_itself(town):
    response = Client().get("/")
    assert response.status_code == 200
    page = response.content.decode()
    assert '<form method="post" action="/"' in page
    assert 'name="text"' in page
    assert "Testburg" in page


def test_the_first_page_answers_before_there_is_a_city(db, now):
    from xianban.city.api import forget

    forget()
    assert Client().get("/").status_code == 200
    response = Client().post("/", {"key": new_key(), **SAID})
    assert response.status_code == 503
    assert SAID["text"] in response.content.decode()


def test_a_report_gets_a_number_a_code_and_a_promise(town):
    client = Client(enforce_csrf_checks=True)
    response = send(client)
    assert response.status_code == 302
    number, code = number_and_code(response)
    page = client.get(response.url).content.decode()
    assert number in page
    assert code in page
    assert "答复您" in page
    assert "13812345678" not in page


def test_sent_twice_it_is_one_case(town):
    client = Client()
    key = new_key()
    first, second = (client.post("/", {"key": key, **SAID}) for _ in range(2))
    assert first.url == second.url
    assert cases() == 1


def test_other_words_under_the_same_form_are_another_case(town):
    client = Client()
    key = new_key()
    first = client.post("/", {"key": key, **SAID})
    second = client.post("/", {"key": key, **SAID, "text": "and the lamp is dark"})
    assert first.url != second.url
    assert cases() == 2


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"text": ""}, "请写下发生了什么。"),
        ({"text": "灯"}, "请再多写几个字"),
        ({"phone": "call me"}, "请填写数字电话号码"),
        ({"place": "x" * 201}, "地点请控制在"),
        ({"text": "x" * 5001}, "请控制在 5000 字以内"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_kept(town, wrong, sentence):
    response = send(Client(), **wrong)
    page = response.content.decode()
    assert response.status_code == 400
    assert sentence in page
    kept = {name: value for name, value in SAID.items() if name not in wrong}
    assert all(value in page for value in kept.values())
    assert cases() == 0


def test_a_point_that_makes_no_sense_does_not_stop_a_report(town):
    assert send(Client(), lat="north", lon="500").status_code == 302


def test_a_report_needs_no_contact(town):
    assert send(Client(), name="", phone="").status_code == 302


def test_script_in_every_field_is_shown_as_text(town):
    evil = "<script>alert(1)</script>"
    response = send(Client(), text=evil + " in the road", place=evil, name=evil)
    page = Client().get(response.url).content.decode()
    assert evil not in page
    assert "&lt;script&gt;" in page


def test_too_many_reports_from_one_place_are_asked_to_wait(town, monkeypatch):
    monkeypatch.setattr("xianban.web.pages.report.REPORTS_AN_HOUR", 2)
    client = Client()
    codes = [send(client, text=f"hole number {n}").status_code for n in range(3)]
    assert codes == [302, 302, 429]


def test_hints_name_the_matter_and_never_another_persons_words(town):
    send(Client())
    page = Client().post("/report/hints/", {"text": SAID["text"], "place": "Mill"}).content.decode()
    assert "可能是：" in page or "像是：" in page
    assert "件相像的诉求正在办" in page
    assert SAID["text"] not in page
    assert Client().post("/report/hints/", {"text": ""}).content.strip() == b""


def test_pages_in_english(town):
    client = Client()
    response = client.get("/?lang=en")
    assert "What happened?" in response.content.decode()
    assert response.headers["Content-Language"] == "en"
    assert "What happened?" in client.get("/").content.decode()
    assert "发生了什么事" in client.get("/?lang=zh-hans").content.decode()


def test_the_policy_lets_nothing_in_from_elsewhere(town):
    policy = Client().get("/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy


def test_what_a_resident_loads_first_is_small(town):
    """Page, style, scripts, icons and the map together, as they go over the wire."""
    client = Client()
    page = client.get("/").content
    files = set(re.findall(rb'(?:src|href)="(/static/[^"?#]+)', page))
    files |= {
        b"/static/vendor/leaflet.js",
        b"/static/vendor/leaflet.css",
        b"/static/vendor/icons.svg",
    }
    shapes = client.get("/map/areas.geojson", headers={"Accept-Encoding": "gzip"})
    total = len(page) + len(shapes.content)
    for file in files:
        body = client.get(file.decode(), headers={"Accept-Encoding": "gzip"})
        total += len(b"".join(body.streaming_content))
    assert total < 200_000


@pytest.mark.parametrize("drawn", [True, False])
def test_a_city_without_polygons_shows_no_empty_map(db, tmp_path, now, drawn):
    load_town(tmp_path / "town", drawn=drawn)
    page = Client().get("/").content.decode()
    assert ('id="map"' in page) == drawn
    assert "用我现在的位置" in page
