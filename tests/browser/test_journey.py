"""One request from the first word to the last, as the people in it see it."""

import re

from playwright.sync_api import Page, expect

WORDS = "rubbish lies about beside the mill since Friday"


def report(page: Page, url: str, text: str = WORDS) -> tuple[str, str]:
    """Report something on a phone; number and code."""
    page.set_default_timeout(30_000)
    page.goto(url)
    page.fill("#id_text", text)
    page.fill("#id_place", "Mill")
    page.fill("#id_name", "Ann Miller")
    page.fill("#id_phone", "13812345678")
    page.get_by_role("button", name="提交").click()
    page.wait_for_url("**/follow/**")
    return page.inner_text("#number"), page.inner_text("#code")


def act(desk: Page, verb: str, **said: str) -> None:
    """Open an act's form, fill it in and send it."""
    form = desk.locator(f"#act-{verb}")
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    answer = form.locator("button[type=submit]")
    for name, value in said.items():
        field = form.locator(f"[name='{name}']")
        if field.first.get_attribute("type") == "submit":  # the answer sends the form
            answer = form.locator(f"button[name='{name}'][value='{value}']")
        elif field.first.get_attribute("type") == "radio":
            form.locator(f"[name='{name}'][value='{value}']").check()
        else:
            field.fill(value)
    with desk.expect_navigation():
        answer.click()


def test_from_the_first_word_to_the_last(page, town, sign_in):
    number, code = report(page, town.url)
    case = f"{town.url}/cases/{number}/"

    dispatcher = sign_in("dispatcher")
    expect(dispatcher.get_by_text(number)).to_be_visible()
    dispatcher.goto(case)
    if dispatcher.locator("#act-dispatch").count():
        act(dispatcher, "dispatch", unit="Bridge Street Office", text="please see to it today")

    handler = sign_in("handler")
    handler.goto(case)
    act(handler, "sign")
    act(handler, "contact", contacted="yes", text="rang them, coming at noon")
    act(handler, "report", text="It was taken away at noon.", solved="yes")
    expect(handler.locator(".head .chip").last).to_have_text("已答复")

    page.reload()
    expect(page.locator("#headline")).to_contain_text("已经答复")
    expect(page.get_by_text("It was taken away at noon.").first).to_be_visible()
    page.get_by_label("解决了", exact=True).check()
    page.get_by_label("满意", exact=True).check()
    page.get_by_role("button", name="提交评价").click()
    expect(page.locator("#headline")).to_have_text("这件事已经办结")

    agent = sign_in("agent")
    agent.goto(case)
    expect(agent.locator(".head .chip").last).to_have_text("已办结")
    assert code == page.url.rstrip("/").rsplit("/", 1)[1]


def test_not_solved_comes_back_to_the_desk(page, town, sign_in):
    number, _ = report(page, town.url)
    dispatcher = sign_in("dispatcher")
    dispatcher.goto(f"{town.url}/cases/{number}/")
    if dispatcher.locator("#act-dispatch").count():
        act(dispatcher, "dispatch", unit="Bridge Street Office")
    handler = sign_in("handler")
    handler.goto(f"{town.url}/cases/{number}/")
    act(handler, "sign")
    act(handler, "report", text="It was taken away.")
    agent = sign_in("agent")
    agent.goto(f"{town.url}/cases/{number}/")
    act(
        agent,
        "follow_up",
        contacted="yes",
        solved="no",
        satisfaction="dissatisfied",
        text="half of it is left",
    )
    expect(agent.locator(".head .chip").last).to_have_text("整改")
    page.reload()
    expect(page.locator("#headline")).to_contain_text("正在重新办理")


def test_a_double_click_makes_one_case(page, town, sign_in):
    page.goto(town.url)
    page.fill("#id_text", WORDS)
    page.get_by_role("button", name="提交").dblclick()
    page.wait_for_url("**/follow/**")
    assert sign_in("dispatcher").locator("a.whole").count() == 1


def test_going_back_and_sending_the_same_words_is_one_case(page, town, sign_in):
    for _ in range(2):
        page.goto(town.url)
        page.fill("#id_text", WORDS)
        page.get_by_role("button", name="提交").click()
        page.wait_for_url("**/follow/**")
    page.go_back()
    page.fill("#id_text", WORDS + ", and more since")
    page.get_by_role("button", name="提交").click()
    page.wait_for_url("**/follow/**")
    assert sign_in("dispatcher").locator("a.whole").count() == 2


def test_it_works_without_javascript(browser, town):
    context = browser.new_context(
        java_script_enabled=False, locale="zh-CN", viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    number, code = report(page, town.url)
    page.goto(f"{town.url}/follow/")
    page.fill("#id_number", number)
    page.fill("#id_code", code.lower())
    page.locator("main button[type=submit]").click()
    expect(page.locator("#headline")).to_be_visible()
    context.close()


def test_the_matter_is_suggested_while_one_types(page, town):
    page.goto(town.url)
    page.locator("#id_text").press_sequentially("rubbish lies about", delay=5)
    expect(page.locator("#hints .notice")).to_be_visible()
    assert re.search("像是|可能是", page.inner_text("#hints"))


def test_what_was_typed_outlives_a_reload(page, town):
    page.goto(town.url)
    page.fill("#id_text", "half a sentence about the")
    page.reload()
    assert page.input_value("#id_text") == "half a sentence about the"


def test_two_people_on_one_case(page, town, sign_in):
    number, _ = report(page, town.url)
    first, second = sign_in("dispatcher"), sign_in("dispatcher")
    for desk in (first, second):
        desk.goto(f"{town.url}/cases/{number}/")
    act(first, "note", text="I ring the reporter")
    act(second, "note", text="I ring the reporter as well")
    expect(second.locator("#conflict")).to_contain_text("Dispatcher")
    assert second.locator("#act-note textarea").input_value() == "I ring the reporter as well"
    act(second, "note", text="I leave it to my colleague")
    expect(second.locator(".line-of-acts").first).to_contain_text("I leave it to my colleague")


def test_lists_by_keyboard(page, town, sign_in):
    for n in range(3):
        report(page, town.url, f"{WORDS} number {n}")
    desk = sign_in("dispatcher")
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    desk.keyboard.press("k")
    focused = desk.evaluate("document.activeElement.className")
    assert focused == "whole"
    desk.keyboard.press("/")
    assert desk.evaluate("document.activeElement.id") == "q"
    desk.keyboard.press("Escape")
    desk.keyboard.press("j")
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile(r"/cases/\d{8}-\d+/"))


def test_a_tap_on_the_map_marks_the_place(page, town):
    page.goto(town.url)
    page.locator("details:has(#map) > summary").click()
    page.locator("#map.leaflet-container").wait_for()
    page.wait_for_timeout(500)
    page.locator("#map").click(position={"x": 150, "y": 150})
    assert page.locator("#map .here").count() == 1
    assert float(page.input_value("#id_lat"))
    expect(page.locator("#picked")).to_contain_text("已记下位置：West")


def test_where_one_stands_marks_the_place(browser, town):
    context = browser.new_context(
        locale="zh-CN",
        permissions=["geolocation"],
        geolocation={"latitude": 31.2, "longitude": 121.4},
        viewport={"width": 390, "height": 844},
    )
    page = context.new_page()
    page.goto(town.url)
    page.get_by_role("button", name="用我现在的位置").click()
    expect(page.locator("#picked")).to_contain_text("已记下位置：East")
    assert page.input_value("#id_lat") == "31.200000"
    context.close()
