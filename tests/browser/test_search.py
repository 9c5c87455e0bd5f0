"""Searching by keyboard: by words, by number, by telephone and a stated purpose."""

from playwright.sync_api import expect

from browser.test_journey import report


def test_from_the_slash_to_the_case(page, town, sign_in):
    number, _ = report(page, town.url)
    desk = sign_in("agent")
    desk.keyboard.press("/")
    expect(desk.locator("#q")).to_be_focused()
    desk.keyboard.type("BBISH LIES")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/cases/?q=*")
    expect(desk.get_by_text(number)).to_be_visible()
    desk.keyboard.press("j")
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**/cases/{number}/")

    desk.keyboard.press("/")
    desk.keyboard.type(number)
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**/cases/{number}/")


def test_a_telephone_stands_in_no_address(page, town, sign_in):
    number, _ = report(page, town.url)
    desk = sign_in("dispatcher")
    asked = []
    desk.on("request", lambda request: asked.append(request.url))
    desk.fill("#q", "138 1234 5678")
    desk.press("#q", "Enter")
    desk.select_option("#find-purpose", "call_back")
    desk.fill("#find-reason", "they asked to be called")
    desk.press("#find-reason", "Enter")
    expect(desk.get_by_text(number)).to_be_visible()
    assert not [url for url in asked if "1234" in url.replace(number, "")]
    assert "Ann Miller" not in desk.content()
    assert "13812345678" not in desk.content()


def test_a_list_is_taken_away(page, town, sign_in):
    number, _ = report(page, town.url)
    desk = sign_in("dispatcher")
    for name in ("CSV", "Excel"):
        with desk.expect_download() as waiting:
            desk.get_by_role("link", name=name).click()
        assert waiting.value.suggested_filename.startswith("cases-")
    assert number in desk.content()
