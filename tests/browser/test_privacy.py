"""A resident on a phone and what is kept of them: a copy, a correction, and erasure; in two languages."""

import json
import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from browser.conftest import PASSWORD
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_user, forget_tallies
from xianban.base.clock import utc_now
from xianban.base.home import home
from xianban.config.worker import send_notices

WORDS = "rubbish lies about beside the mill since Friday"
CODE = re.compile(r"(?:确认码|code is) ([0-9A-Z]{8})")
CHINESE = {
    "send": "提交",
    "mine": "您的信息：副本、更正、删除",
    "copy": "取一份副本",
    "show": "看副本",
    "download": "下载（JSON）",
    "correct": "更正联系方式",
    "next": "下一步",
    "corrected": "联系方式已更正，旧的已经删掉。",
    "do_correct": "更正",
    "looked": "您本人 取了副本",
    "erase": "删除我的信息",
    "ask": "提交删除要求",
    "waits": "由专人决定",
    "unneeded": "不用办了？",
    "withdraw": "撤回这件诉求",
    "for_good": "删除，不能恢复",
    "erased": "密钥已销毁，任何人都不能恢复。",
    "tomorrow": "请明天再来",
    "gone": "诉求内容已经删除。",
}
ENGLISH = {
    "send": "Send",
    "mine": "Your data: copy, correct, erase",
    "copy": "Take a copy",
    "show": "Show the copy",
    "download": "Download (JSON)",
    "correct": "Correct the contact",
    "next": "Next",
    "corrected": "Your contact is corrected, and the old one is gone.",
    "do_correct": "Correct",
    "looked": "You took a copy",
    "erase": "Erase my data",
    "ask": "Ask for erasure",
    "waits": "a person decides",
    "unneeded": "No longer needed?",
    "withdraw": "Withdraw this request",
    "for_good": "Erase for good",
    "erased": "nobody can bring it back",
    "tomorrow": "ask again tomorrow",
    "gone": "What was reported is erased.",
}


@pytest.fixture(autouse=True)
def _empty_outbox():
    for path in (home() / "outbox").glob("*"):
        path.unlink()


def sent_code(to):
    """The code that went to a telephone last, by the worker's round over the outbox."""
    send_notices(utc_now())
    letters = sorted((home() / "outbox").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    told = [json.loads(path.read_text("utf-8")) for path in letters]
    return [found[1] for one in told if one["to"] == to and (found := CODE.search(one["text"]))][-1]


def press(page, name):
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).locator("visible=true").click()


@pytest.mark.parametrize(("lang", "said"), [("zh-CN", CHINESE), ("en-GB", ENGLISH)])
def test_a_copy_a_correction_and_erasure(browser, town, sign_in, lang, said):
    admin = NewUser("chief", name="陈主任", password=PASSWORD, grants=(Granted(Role.ADMINISTRATOR),))  # fmt: skip
    add_user(admin, acting=MACHINE, now=utc_now())
    context = browser.new_context(locale=lang, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(town.url)
    page.fill("#id_text", WORDS)
    page.fill("#id_name", "Ann Miller")
    page.fill("#id_phone", "13812345678")
    page.get_by_role("button", name=said["send"], exact=True).click()
    page.wait_for_url("**/follow/**")
    story = page.url

    # number and code show the contact masked; the copy in full only with a code that is sent
    page.get_by_role("link", name=said["mine"]).click()
    expect(page.locator("main")).to_contain_text("138****5678")
    assert "13812345678" not in page.content()
    press(page, said["copy"])
    page.fill("#code", "WRONGONE")
    press(page, said["show"])
    expect(page.locator("#code")).to_have_attribute("aria-invalid", "true")
    page.fill("#code", sent_code("13812345678").lower())
    press(page, said["show"])
    for kept in (WORDS, "Ann Miller", "13812345678"):
        expect(page.locator("main")).to_contain_text(kept)
    with page.expect_download() as waiting:
        page.get_by_role("button", name=said["download"]).click()
    copy = json.loads(waiting.value.path().read_text("utf-8"))
    assert copy["contact"]["phone"] == "13812345678"

    # another telephone; the old one is gone
    page.goto(f"{story}mine/")
    expect(page.locator("main")).to_contain_text(said["looked"])
    page.locator("#correct summary").click()
    page.fill("#new-phone", "1")
    press(page, said["next"])
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#new-phone")).to_have_value("1")
    page.fill("#new-phone", "139 8765 4321")
    press(page, said["next"])
    page.fill("#code", sent_code("13812345678"))
    press(page, said["do_correct"])
    expect(page.get_by_text(said["corrected"])).to_be_visible()
    expect(page.locator("main")).to_contain_text("139****4321")

    # while the case goes on a person decides, and their reason is read by number and code
    page.locator("#erase summary").click()
    press(page, said["next"])
    page.fill("#code", sent_code("13987654321"))
    press(page, said["ask"])
    expect(page.locator("main")).to_contain_text(said["waits"])
    desk = sign_in("chief")
    desk.goto(f"{town.url}/personal-data/")
    desk.locator("[name=reason]").fill("清运还没有结束，要能找到您")
    press(desk, "了结后自动删除")
    expect(desk.get_by_text("已决定，并记入台账。")).to_be_visible()
    page.reload()
    expect(page.locator("blockquote")).to_contain_text("清运还没有结束")

    # once the case is over it is done at once and for good, for staff too
    page.goto(story)
    page.get_by_text(said["unneeded"]).click()
    press(page, said["withdraw"])
    page.goto(f"{story}mine/")
    page.locator("#erase summary").click()
    press(page, said["next"])  # three codes a day are enough: it is said, and nobody waits in vain
    expect(page.get_by_role("alert")).to_contain_text(said["tomorrow"])
    forget_tallies(now=utc_now() + timedelta(days=1))
    press(page, said["next"])
    page.fill("#code", sent_code("13987654321"))
    press(page, said["for_good"])
    expect(page.get_by_text(said["erased"])).to_be_visible()
    page.goto(story)
    expect(page.locator("main")).to_contain_text(said["gone"])
    assert WORDS not in page.content()
    number = story.strip("/").split("/")[-2]
    agent = sign_in("agent")
    agent.goto(f"{town.url}/cases/{number}/")
    assert "rubbish lies" not in agent.content()
    assert "Miller" not in agent.content()
    expect(agent.get_by_role("heading", level=1)).to_have_text(number)
    agent.goto(f"{town.url}/cases/?tab=ended")
    expect(agent.locator("a.whole").first).to_have_text(number)
    context.close()
