"""Residents on a phone: report, follow, rate and open again; join, subscribe; with a bad connection,
with larger letters, and without JavaScript; in Chinese and in English."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from builders import MILL, user
from xianban.base.clock import utc_now
from xianban.casework.api import case_view, perform

WORDS = "rubbish lies about beside the mill since Friday"


def cases():
    from xianban.casework.models import Case

    return Case.objects.count()


def send(page: Page, name="提交"):
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_url("**/follow/**")
    return page.inner_text("#number"), page.inner_text("#code")


def answer(number: str):
    """The unit takes the case and answers it."""
    case_id, now = int(number.split("-")[1]), utc_now()
    view = case_view(case_id, user("dispatcher"), now=now)
    unit = view.unit.code or "street-east"
    if not view.unit.code:
        perform(case_id, "dispatch", acting=user("dispatcher"), now=now, data={"unit": unit})
    handler = user("handler", unit=unit)
    perform(case_id, "sign", acting=handler, now=now)
    perform(case_id, "report", acting=handler, now=now, data={"text": "taken away at noon"})


@pytest.fixture
def person(browser, town):
    """A phone for somebody, with whatever makes it differ."""
    opened = []

    def phone(*, lang="zh-CN", **more):
        context = browser.new_context(
            **{
                "locale": lang,
                "viewport": {"width": 390, "height": 844},
                "reduced_motion": "reduce",
                **more,
            }
        )
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(town.url)
        return page

    yield phone
    for context in opened:
        context.close()


def test_words_a_place_and_one_tap_are_enough(person):
    """What it costs: two fields and four taps, well within a minute as people type."""
    page, started, taps = person(), time.monotonic(), 0
    page.click("#id_text")
    taps += 1
    page.locator("#id_text").press_sequentially("垃圾没人清运，堆了三天", delay=120)
    page.click("#id_place")
    taps += 1
    page.locator("#id_place").press_sequentially("Mil", delay=200)
    page.locator("[data-choose=Mill]").click()
    taps += 1
    assert page.input_value("#id_place") == "Mill"
    send(page)
    taps += 1
    assert taps == 4
    assert time.monotonic() - started < 60
    required = page.context.new_page()
    required.goto(page.url.split("/follow/")[0])
    asked = required.locator("form[data-report] [required]").all()
    assert [field.get_attribute("name") for field in asked] == ["text"]


@pytest.mark.parametrize(
    ("lang", "sends", "again"),
    [("zh-CN", "提交", "正在重新办理"), ("en-GB", "Send", "is working on it again")],
)
def test_report_follow_rate_and_open_again(person, lang, sends, again):
    page = person(lang=lang)
    page.fill("#id_text", WORDS)
    page.fill("#id_place", "Mill")
    number, code = send(page, sends)
    answer(number)
    page.goto(page.url.split("/follow/")[0] + "/follow/")
    page.fill("#id_number", number)
    page.fill("#id_code", code.lower())
    page.locator("main button[type=submit]").click()
    expect(page.get_by_text("taken away at noon").first).to_be_visible()
    page.locator("input[name=solved][value=no]").check()
    page.fill("#rate-text", "half of it is left")
    page.locator("#rate button[type=submit]").click()
    expect(page.locator("#headline")).to_contain_text(again)
    unit = case_view(int(number.split("-")[1]), user("dispatcher"), now=utc_now()).unit.code
    perform(
        int(number.split("-")[1]),
        "report",
        acting=user("handler", unit=unit),
        now=utc_now(),
        data={"text": "all of it now"},
    )
    page.reload()
    page.locator("input[name=solved][value=yes]").check()
    page.locator("#rate button[type=submit]").click()
    expect(page.locator("#reopen-text")).to_be_visible()
    page.fill("#reopen-text", "it is back")
    page.locator("form:has(#reopen-text) button[type=submit]").click()
    expect(page.locator("#headline")).to_contain_text(again)


def test_me_too(person):
    first = person()
    first.fill("#id_text", WORDS)
    first.fill("#id_place", "Mill")
    number, code = send(first)
    second = person()
    second.fill("#id_place", "Mill")
    second.locator("#id_text").press_sequentially(WORDS, delay=2)
    expect(second.get_by_text("1 人反映")).to_be_visible()
    assert code not in second.content()
    second.get_by_role("button", name="我也遇到").click()
    second.wait_for_url("**/follow/**")
    assert second.inner_text("#number") == number
    assert second.inner_text("#code") != code
    expect(second.get_by_text("另有 1 人反映同一件事")).to_be_visible()
    assert cases() == 1


@pytest.mark.parametrize("scripted", [True, False])
def test_hear_of_a_place(person, town, scripted):
    from xianban.intake.api import subscription_code
    from xianban.intake.models import Subscription

    page = person(java_script_enabled=scripted)
    page.get_by_role("link", name="订阅一个地方").first.click()
    page.fill("#id_contact", "13812345678")
    if scripted:
        page.locator("#id_area_name").press_sequentially("Mil", delay=20)
        page.locator("[data-choose=Mill]").click()
        assert page.input_value("#id_area_name") == "Mill"
    else:
        page.fill("#id_area_name", "Mil")
    page.get_by_role("button", name="发确认码给我").click()
    page.wait_for_url("**/subscribe/sent/")
    row = Subscription.objects.get()
    assert row.area == MILL
    page.fill("#id_number", str(row.pk))
    page.fill("#id_code", subscription_code(row.pk))
    page.get_by_role("button", name="确认订阅").click()
    expect(page.get_by_role("heading", name="已订阅")).to_be_visible()
    page.get_by_role("button", name="退订并删除").click()
    expect(page.get_by_text("已退订")).to_be_visible()
    assert not Subscription.objects.exists()


def test_without_javascript_one_looks_chooses_and_joins(person):
    first = person(java_script_enabled=False)
    first.fill("#id_text", WORDS)
    first.fill("#id_place", "Mill")
    number, _ = send(first)
    page = person(java_script_enabled=False)
    page.fill("#id_text", WORDS)
    page.fill("#id_place", "Mil")
    page.get_by_role("button", name="先看看是什么事").click()
    page.locator("button[name=choose][value=Mill]").click()
    assert page.input_value("#id_place") == "Mill"
    page.get_by_role("button", name="我也遇到").first.click()
    page.wait_for_url("**/follow/**")
    assert page.inner_text("#number") == number


def test_what_is_sent_without_a_connection_arrives_when_it_is_back_once(person):
    page = person()
    page.fill("#id_text", WORDS)
    page.fill("#id_place", "Mill")
    page.context.set_offline(True)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#waiting")).to_contain_text("没有连上网，还没有提交成功")
    assert cases() == 0
    page.context.set_offline(False)
    page.wait_for_url("**/follow/**")
    assert cases() == 1


def test_a_closed_page_sends_what_waited_when_it_is_opened_again(person, town):
    page = person()
    page.fill("#id_text", WORDS)
    page.context.set_offline(True)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#waiting")).to_contain_text("没有连上网")
    page.close()
    context = person().context  # another phone has nothing of it
    assert cases() == 0
    context.close()
    again = page.context.new_page()
    page.context.set_offline(False)
    again.goto(town.url)
    expect(again.get_by_role("link", name="看编号和查询码")).to_be_visible()
    assert cases() == 1
    again.reload()
    again.wait_for_timeout(500)
    assert cases() == 1
    assert again.input_value("#id_text") == ""


def test_an_answer_that_was_lost_on_the_way_is_no_second_report(person):
    page = person()
    page.fill("#id_text", WORDS)
    lost = []

    def swallow(route):
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch())  # it arrives, and its answer does not
            route.abort()
        else:
            route.continue_()

    page.route(re.compile(r"^http://[^/]+/$"), swallow)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#waiting")).to_contain_text("没有连上网")
    assert cases() == 1
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url("**/follow/**")
    assert cases() == 1


def test_a_draft_is_kept_and_can_be_removed(person, town):
    page = person()
    page.fill("#id_text", "half a sentence about the")
    page.fill("#id_phone", "13812345678")
    page.close()
    again = page.context.new_page()
    again.goto(town.url)
    assert again.input_value("#id_text") == "half a sentence about the"
    assert again.input_value("#id_phone") == ""
    expect(again.get_by_text("这是您上次没写完的")).to_be_visible()
    again.get_by_role("button", name="删掉草稿").click()
    assert again.input_value("#id_text") == ""
    again.reload()
    assert again.input_value("#id_text") == ""


def test_a_shared_device_keeps_nothing(person):
    page = person()
    page.fill("#id_text", "half a sentence about the")
    page.get_by_label("这是公用设备").check()
    kept = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
    assert "half a sentence" not in page.evaluate(kept)
    page.fill("#id_text", "half a sentence about the lamp")
    page.context.set_offline(True)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#waiting")).to_contain_text("请不要关闭这个页面")
    assert "half a sentence" not in page.evaluate(kept)
    page.context.set_offline(False)
    page.wait_for_url("**/follow/**")
    assert "half a sentence" not in page.evaluate(kept)


def test_what_is_wrong_gets_the_focus_and_nothing_is_lost(person):
    page = person()
    page.fill("#id_text", "灯")
    page.fill("#id_place", "Mill")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".faults[role=alert]")).to_be_focused()
    page.locator(".faults a").first.click()
    expect(page.locator("#id_text")).to_be_focused()
    assert page.input_value("#id_place") == "Mill"


@pytest.mark.parametrize("width", [360, 390])
def test_larger_letters_still_fit(person, town, width):
    page = person(viewport={"width": width, "height": 740})
    before = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    page.get_by_role("link", name="大字").click()
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") > before * 1.25
    page.fill("#id_text", WORDS)
    send(page)
    story = page.url
    for address in ("/", "/follow/", "/subscribe/", "/subscribe/sent/", "/privacy/", story):
        page.goto(address if address == story else town.url + address)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, address
    page.get_by_role("link", name="标准字").click()
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == before


def test_a_tap_on_the_map_says_where_it_is(person):
    page = person()
    page.get_by_text("在地图上点出位置").click()
    page.locator("#map.leaflet-container path").first.wait_for()
    page.locator("#map").click(position={"x": 230, "y": 170})
    expect(page.locator("#picked")).to_contain_text("已记下位置：East")
    page.fill("#id_text", WORDS)
    send(page)
    from xianban.intake.models import Request

    assert Request.objects.get().lat is not None


def test_every_field_has_a_name_and_the_order_is_that_of_the_page(person):
    page = person()
    for field in page.locator("main input:not([type=hidden]), main textarea, main select").all():
        name = field.evaluate("it => it.labels.length ? it.labels[0].innerText : ''")
        assert name, field.get_attribute("name")
    assert page.locator("#hints").get_attribute("aria-live") == "polite"
    assert page.locator("#places").get_attribute("aria-live") == "polite"
    page.locator("#id_text").focus()
    order = []
    for _ in range(6):
        order.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        page.keyboard.press("Tab")
    assert order[0] == "id_text"
    assert order[1] == "id_place"
    assert order.index("id_place") < order.index("id_name")
