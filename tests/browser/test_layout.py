"""Every page on a phone, a desk and a wall: nothing scrolls sideways, nothing is refused or loaded from elsewhere."""

import pytest
from playwright.sync_api import expect

from browser.test_journey import report

WIDTHS = (360, 390, 1440, 2560)
SEARCHES = (
    "/cases/?q=rubbish",
    "/cases/?q=nothing+of+the+kind",
    "/cases/?q=x",
    "/cases/?q=7654321",
)


@pytest.fixture
def said(page):
    """What the browser complains about while a test runs, and what it asks of other hosts."""
    found = []
    page.on(
        "console", lambda entry: entry.type in ("error", "warning") and found.append(entry.text)
    )
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "request",
        lambda request: (
            not request.url.startswith(("http://localhost", "http://127.0.0.1", "data:"))
            and found.append(request.url)
        ),
    )
    return found


def sideways(page):
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_residents_pages_fit(page, town, said, width, language):
    number, code = report(page, town.url)
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/", "/follow/", f"/follow/{number}/{code}/", "/privacy/", "/accounts/login/"):
        page.goto(f"{town.url}{address}?lang={language}")
        page.wait_for_load_state("networkidle")
        assert sideways(page) <= 0, f"{address} at {width}"
    assert not said


@pytest.mark.parametrize("width", WIDTHS)
def test_staff_pages_fit(page, town, sign_in, width):
    number, _ = report(page, town.url)
    desk = sign_in("dispatcher")
    desk.set_viewport_size({"width": width, "height": 800})
    for address in ("/cases/", "/cases/?tab=ended", "/cases/new/", f"/cases/{number}/", *SEARCHES):
        desk.goto(f"{town.url}{address}")
        desk.wait_for_load_state("networkidle")
        assert sideways(desk) <= 0, f"{address} at {width}"


@pytest.mark.parametrize("scripted", [True, False])
def test_on_a_phone_the_story_stands_first_and_acts_are_at_the_thumb(
    browser, page, town, sign_in, scripted
):
    number, _ = report(page, town.url)
    desk = sign_in("dispatcher", width=390, scripted=scripted)
    desk.goto(f"{town.url}/cases/{number}/")
    bar, acts = desk.locator(".act-bar"), desk.locator("#acts")
    assert bar.bounding_box()["y"] > 700  # of 844, without scrolling
    for section in (".head", "[aria-labelledby=clocks-h]", "[aria-labelledby=way-h]"):
        assert desk.locator(section).bounding_box()["y"] < acts.bounding_box()["y"]
    link = bar.locator("a").first
    goal = desk.locator(link.get_attribute("href"))
    link.click()
    assert -1 <= goal.bounding_box()["y"] < 700
    if scripted and goal.get_attribute("id") != "acts":  # it is opened already
        assert goal.get_attribute("open") is not None


@pytest.mark.parametrize("scripted", [True, False])
def test_what_was_wrong_is_in_sight(page, town, sign_in, scripted):
    number, _ = report(page, town.url)
    desk = sign_in("dispatcher", width=390, scripted=scripted)
    desk.goto(f"{town.url}/cases/{number}/")
    desk.click("#act-note > summary")
    with desk.expect_navigation():
        desk.click("#act-note form button[type=submit]")
    expect(desk.locator("#act-note .fault")).to_be_in_viewport()


def test_on_a_desk_there_is_no_bar(page, town, sign_in):
    number, _ = report(page, town.url)
    desk = sign_in("dispatcher")
    desk.goto(f"{town.url}/cases/{number}/")
    assert not desk.locator(".act-bar").is_visible()
    acts, way = (desk.locator(it).bounding_box() for it in ("#acts", "[aria-labelledby=way-h]"))
    assert acts["x"] > way["x"] + way["width"] - 1


def test_buttons_are_large_enough_for_a_thumb(page, town):
    page.goto(town.url)
    for button in page.locator(
        "main button:visible, main input:visible:not([type=hidden]):not([type=file])"
    ).all():
        box = button.bounding_box()
        assert box is None or box["height"] >= 44, button.get_attribute("id") or button.inner_text()


def test_the_first_tab_skips_to_the_content(page, town):
    page.goto(town.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
