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


def asked_of(page):
    """The question on a page, answered, and its token."""
    a, b = map(int, re.search(r"(\d+) 加 (\d+) 等于多少", page).groups())
    return {"asked": re.search(r'name="asked" value="([^"]+)"', page)[1], "answer": str(a + b)}


def test_beyond_many_reports_from_one_address_one_easy_question_is_asked(town, monkeypatch):
    monkeypatch.setattr("xianban.intake.rules.flood.FROM_ADDRESS", 2)
    client, key = Client(), new_key()
    codes = [send(client, text=f"hole number {n}").status_code for n in range(2)]
    asked = send(client, text="hole number 3", key=key)
    page = asked.content.decode()
    assert [*codes, asked.status_code] == [302, 302, 429]
    assert "hole number 3" in page
    assert SAID["phone"] in page
    said = asked_of(page)
    wrong = send(client, text="hole number 3", key=key, **{**said, "answer": "99"})
    assert "答得不对" in wrong.content.decode()
    assert send(client, text="hole number 3", key=new_key(), **said).status_code == 429
    said["answer"] = (
        "〇一二三四五六七八九"[int(said["answer"])] if int(said["answer"]) < 10 else said["answer"]
    )
    assert send(client, text="hole number 3", key=key, **said).status_code == 302
    assert cases() == 3


def test_sixty_people_behind_one_address_all_report(town):
    codes = {
        send(Client(), text=f"no heating in room {n}", phone=f"138000000{n:02}").status_code
        for n in range(60)
    }
    assert codes == {302}
    assert cases() == 60


def test_hints_name_the_matter_and_never_another_persons_words(town):
    send(Client())
    page = Client().post("/report/hints/", {"text": SAID["text"], "place": "Mill"}).content.decode()
    assert "可能是：" in page or "像是：" in page
    assert "件相像的诉求正在办" in page
    assert "1 人反映" in page
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


def join_token(page):
    return re.search(r'name="join" value="([^"]+)"', page)[1]


def test_me_too_joins_the_case_with_a_code_of_its_own(town):
    first = number_and_code(send(Client()))
    page = Client().post("/report/hints/", {"text": SAID["text"], "place": "Mill"}).content.decode()
    key, join = new_key(), join_token(page)
    sent = [send(Client(), text="it is here too", phone="", key=key, join=join) for _ in range(2)]
    assert sent[0].url == sent[1].url
    number, code = number_and_code(sent[0])
    assert (number, code) != first
    assert number == first[0]
    assert cases() == 1
    story = Client().get(sent[0].url).content.decode()
    assert "另有 1 人反映同一件事" in story
    assert "it is here too" in story
    assert SAID["text"] not in story
    assert SAID["phone"] not in story


def test_a_case_that_was_not_offered_cannot_be_joined(town):
    number, _ = number_and_code(send(Client()))
    other = send(Client(), text="it is here too", join=number.split("-")[1])
    assert number_and_code(other)[0] != number


def test_without_scripts_one_may_look_first(town):
    send(Client())
    page = send(Client(), look="1").content.decode()
    assert "我也遇到" in page
    assert SAID["text"] in page
    assert cases() == 1
    page = send(Client(), place="Harb", choose="Harbour Street").content.decode()
    assert 'value="Harbour Street"' in page
    assert cases() == 1


def test_places_are_offered_by_name(town):
    page = Client().get("/report/places/", {"place": "harb"}).content.decode()
    assert 'data-choose="Harbour Street"' in page
    assert Client().get("/report/places/", {"place": ""}).content.strip() == b""


def test_a_point_is_put_into_words(db, tmp_path, now):
    load_town(tmp_path / "town", drawn=True)
    said = Client().get("/report/where/", {"lat": "31.2", "lon": "121.4"}).content.decode()
    assert "East" in said
    outside = Client().get("/report/where/", {"lat": "1", "lon": "1"}).content.decode()
    assert "不在Testburg范围内" in outside
    assert Client().get("/report/where/", {"lat": "north"}).content == b""


def test_a_script_is_told_where_to_go_on(town):
    said = {"key": new_key(), **SAID}
    answer = Client().post("/", said, headers={"Accept": "application/json"})
    assert answer.json()["to"] == Client().post("/", said).url


def test_a_city_may_ask_for_a_contact(db, tmp_path, now):
    folder = load_town(tmp_path / "town")
    from xianban.city.api import forget, load

    with (tmp_path / "town" / "city.toml").open("a") as file:
        file.write('[settings]\ncontact = "required"\n')
    load(tmp_path / "town", effective=now.at.date(), acting="test", now=now.at)
    forget()
    assert folder is not None
    page = Client().get("/").content.decode()
    assert "电话要填" in page
    assert "这里要求留下电话" in send(Client(), phone="").content.decode()
    assert send(Client()).status_code == 302


def test_the_notice_that_was_shown_is_kept_with_the_request(town):
    from xianban.intake.models import Request
    from xianban.web.notice import VERSION

    page = Client().get("/").content.decode()
    assert "《个人信息保护法》第十三条" in page
    send(Client())
    assert Request.objects.get().notice == VERSION
    assert VERSION in Client().get("/privacy/").content.decode()


def test_other_words_of_the_notice_are_another_version():
    """Whoever changes what residents are told gives it a new version, here and in `web.notice`."""
    import hashlib
    from pathlib import Path

    import xianban.web
    from xianban.web.notice import VERSION

    folder = Path(xianban.web.__file__).parent / "templates" / "resident"
    short = (folder / "report.html").read_text(encoding="utf-8")
    short = short[short.index('id="notice"') : short.index("privacy")]
    words = re.findall(r"[\u4e00-\u9fff]+", short)
    words += re.findall(r"[\u4e00-\u9fff]+", (folder / "privacy.html").read_text(encoding="utf-8"))
    digest = hashlib.sha256("".join(words).encode()).hexdigest()[:12]
    assert (VERSION, digest) == ("2026-11-26", "c34050291774")


def test_large_type_is_remembered(town):
    client = Client()
    assert '<html lang="zh-hans">' in client.get("/").content.decode()
    assert '<html lang="zh-hans" class="large">' in client.get("/?type=large").content.decode()
    assert 'class="large"' in client.get("/follow/").content.decode()
    client.get("/?type=normal")
    assert '<html lang="zh-hans">' in client.get("/").content.decode()
    assert client.get("/?type=huge").status_code == 200
