"""The dispatcher's day, in Chinese: ten cases by keys, a ruling, a consultation, a gap found from a case."""

import re

import pytest
from playwright.sync_api import expect

from builders import EAST, GRID, make_case, user
from xianban.base.clock import utc_now
from xianban.casework.api import perform
from xianban.casework.models import Case
from xianban.dispatch.api import Said, propose

UNSURE = {"doubt": "low", "matter": "0202", "probability": 0.4, "confident": False}
SAID = "磨坊旁边堆着垃圾，第{}天了没人管"


@pytest.fixture(autouse=True)
def _read_once(town):
    """The machine reads its model at the first question, which takes a while on a busy machine."""
    propose([Said(text=SAID)], at=utc_now())


def unsure(n=1, **more):
    values = {"assignment": None, "proposal": UNSURE, "text": SAID.format(n), **more}
    return make_case(now=utc_now(), **values)


def press(desk, key):
    with desk.expect_navigation():
        desk.keyboard.press(key)
    desk.wait_for_load_state()


def test_ten_cases_by_keys(town, sign_in):
    cases = [unsure(n) for n in range(10)]
    desk = sign_in("dispatcher")
    desk.goto(f"{town.url}/dispatch/")
    expect(desk.locator(".candidate")).to_have_count(3)
    # a syllable that is being composed is no key of the page
    desk.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '1', isComposing: true, bubbles: true}))"
    )
    expect(desk.locator(".candidate")).to_have_count(3)
    press(desk, "j")
    press(desk, "k")
    press(desk, "1")
    expect(desk.locator(".undo")).to_contain_text("刚才")
    press(desk, "u")
    expect(desk.get_by_text("已撤回，请重新选择。")).to_be_visible()
    press(desk, "2")
    desk.keyboard.press("4")
    desk.keyboard.type("water")
    desk.locator("#found button", has_text="Waterworks").first.wait_for()
    desk.keyboard.press("Enter")
    press(desk, "Enter")
    for _ in range(8):
        press(desk, "1")
    expect(desk.get_by_text("没有等您决定的")).to_be_visible()
    states = Case.objects.filter(pk__in=[one.case_id for one in cases])
    assert set(states.values_list("state", flat=True)) == {"dispatched"}
    assert "water" in set(states.values_list("unit", flat=True))


def test_what_was_typed_before_the_page_was_ready_is_looked_up(town, sign_in):
    unsure()
    desk = sign_in("dispatcher")
    held = []
    desk.route("**/htmx.min.js*", lambda route: held.append(route))
    desk.goto(f"{town.url}/dispatch/", wait_until="commit")
    desk.locator("#find").press_sequentially("water")
    assert held
    held[0].continue_()
    expect(desk.locator("#found button", has_text="Waterworks").first).to_be_visible()


def test_a_dispute_is_ruled_by_keys(town, sign_in):
    case = make_case(now=utc_now())
    said = {"reason": "not_our_duty", "text": "这条路归区里管，见道路移交协议第三条"}
    perform(
        case.case_id, "object", acting=user("handler", unit="street-east"), now=utc_now(), data=said
    )
    desk = sign_in("dispatcher")
    desk.goto(f"{town.url}/dispatch/")
    expect(desk.get_by_text("道路移交协议第三条")).to_be_visible()
    desk.keyboard.press("2")
    desk.keyboard.type("移交协议有效，由另一单位办理")
    expect(desk.locator("#ruling-text")).to_have_value("移交协议有效，由另一单位办理")
    with desk.expect_navigation():
        desk.keyboard.press("Control+Enter")
    expect(desk.get_by_text(re.compile("已裁定，由.+办理"))).to_be_visible()
    assert Case.objects.get(pk=case.case_id).state == "dispatched"


def test_a_consultation_from_question_to_decision(town, sign_in):
    case = unsure()
    desk = sign_in("dispatcher")
    desk.goto(f"{town.url}/dispatch/{case.number}/")
    press(desk, "c")
    desk.locator("#act-consult [name=question]").fill("磨坊门前的空地归谁保洁？")
    desk.locator("#act-consult [name=units]").fill("Bridge Street Office、Landscaping Bureau")
    desk.locator("#act-consult [name='limit.number']").fill("4")
    with desk.expect_navigation():
        desk.locator("#act-consult button[type=submit]").click()
    expect(desk.locator(".answers li")).to_have_count(2)

    handler = sign_in("handler", width=390)
    handler.goto(f"{town.url}/cases/{case.number}/consultation/")
    handler.get_by_label("归我们办", exact=True).check()
    handler.locator("#act-opine [name=text]").fill("空地在街道保洁范围内")
    handler.locator("#act-opine [name=basis]").fill("环卫责任区划分表")
    with handler.expect_navigation():
        handler.locator("#act-opine button[type=submit]").click()
    expect(handler.locator(".answers")).to_contain_text("环卫责任区划分表")

    desk.reload()
    expect(desk.locator("#act-decide [name=unit]")).to_have_value("Bridge Street Office")
    desk.locator("#act-decide [name=text]").fill("按责任区划分，由街道办理")
    desk.locator("#act-decide [name=without_answers]").fill("责任已经清楚")
    with desk.expect_navigation():
        desk.locator("#act-decide button[type=submit]").click()
    expect(desk.get_by_text("决定由Bridge Street Office主办")).to_be_visible()
    kept = Case.objects.get(pk=case.case_id)
    assert (kept.state, kept.unit) == ("dispatched", "street-east")


def test_a_gap_is_found_from_a_case(town, sign_in):
    case = unsure(area=EAST, proposal={**UNSURE, "doubt": "gap"})
    desk = sign_in("dispatcher")
    desk.goto(f"{town.url}/dispatch/{case.number}/")
    expect(desk.get_by_text("权责清单没有写明这件事在这里由谁办。")).to_be_visible()
    with desk.expect_navigation():
        desk.get_by_text("看清单的空白").first.click()
    expect(desk.locator("#cases ~ ul").first).to_contain_text("磨坊旁边")
    desk.fill("#unit", "Waterworks")
    desk.fill("#reason", "区属道路两侧一直由水务保洁")
    with desk.expect_navigation():
        desk.get_by_role("button", name="提出建议").click()
    expect(desk.locator("article.asked")).to_contain_text("Waterworks")


def test_without_scripts_and_on_a_phone(town, sign_in):
    case = unsure(area=GRID)
    desk = sign_in("dispatcher", width=390, scripted=False)
    desk.goto(f"{town.url}/dispatch/")
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390
    desk.locator("#find").fill("water")
    desk.locator("#find").press("Enter")
    desk.locator("#found button", has_text="Waterworks").first.click()
    expect(desk.get_by_text("没有等您决定的")).to_be_visible()
    assert Case.objects.get(pk=case.case_id).unit == "water"
