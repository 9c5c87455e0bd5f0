"""A dispatcher is told as they wish, a handler turns on a second factor, a resident asks for less."""

import random
import re

from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from playwright.sync_api import expect

from browser.conftest import PASSWORD
from browser.test_journey import report
from builders import user
from xianban.accounts.api import MACHINE, set_password
from xianban.base.clock import utc_now
from xianban.casework.api import case_by_number, perform
from xianban.ledger.api import send_due
from xianban.notices import api as notices


def work():
    now = utc_now()
    send_due(now=now, send=lambda notice: notices.sort(notice, now=now))
    return notices.deliver(
        now=now, say_when=lambda when, now: f"{when:%H:%M}", rng=random.Random(1)
    )


def test_told_as_one_wishes(page, town, sign_in):
    number, _code = report(page, town.url)
    page.get_by_role("link", name="怎么通知您，或不再通知").click()
    page.get_by_label("只要结果").check()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已记下，马上生效。")).to_be_visible()
    perform(
        case_by_number(number, MACHINE),
        "dispatch",
        acting=user("dispatcher"),
        now=utc_now(),
        data={"unit": "street-east"},
    )
    work()

    desk = sign_in("handler")
    expect(desk.locator("#unread")).to_contain_text("1")
    desk.locator("a[href='/me/inbox/']").first.click()
    expect(desk.locator(".inbox .unread")).to_have_count(1)
    desk.get_by_role("link", name="通知方式").click()
    desk.get_by_label("督办 · 短信").select_option(label="马上")
    desk.get_by_label("汇总时间").fill("中午")
    desk.get_by_label("手机").fill("138 0013 8000")
    desk.get_by_role("button", name="保存").click()
    expect(desk.get_by_role("alert")).to_contain_text("汇总时间请写成")
    expect(desk.get_by_label("手机")).to_have_value("138 0013 8000")
    desk.get_by_label("汇总时间").fill("8:30, 14:00")
    desk.get_by_role("button", name="保存").click()
    expect(desk.get_by_text("已保存，从下一条通知起生效。")).to_be_visible()
    desk.get_by_role("button", name="发一条测试给我").click()
    expect(desk.get_by_text("测试通知已发往站内通知和短信")).to_be_visible()
    assert work().sent >= 1  # by night too
    desk.goto(f"{town.url}/me/inbox/")
    expect(desk.get_by_text("这是一条测试通知")).to_be_visible()
    desk.get_by_role("button", name="都标为已读").click()
    expect(desk.locator("#unread")).to_have_count(0)
    desk.locator(".inbox a.whole").last.click()
    desk.wait_for_url(f"**/cases/{number}/")


def code_now(secret):
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_two_steps_and_an_issued_password(browser, town, sign_in):
    desk = sign_in("handler")
    desk.goto(f"{town.url}/me/account/")
    expect(desk.get_by_text("就是这里")).to_be_visible()
    desk.get_by_role("link", name="开启两步验证").click()
    desk.fill("#id_password", PASSWORD)  # who turns it on proves who they are
    desk.get_by_role("button", name="确认").click()
    expect(desk.locator("img.qr")).to_be_visible()
    secret = re.search(r"[A-Z2-7]{32}", desk.locator("code").inner_text())[0]
    desk.fill("#id_code", "000000")
    desk.get_by_role("button", name="开启").click()
    expect(desk.get_by_role("alert")).to_be_visible()
    desk.fill("#id_code", code_now(secret))
    desk.get_by_role("button", name="开启").click()
    expect(desk.locator(".codes li")).to_have_count(10)
    recovery = desk.locator(".codes code").first.inner_text()

    set_password("handler", password="four-green-boats-2", acting=MACHINE, now=utc_now())
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    phone = context.new_page()
    phone.goto(f"{town.url}/accounts/login/")
    phone.fill("#id_login", "handler")
    phone.fill("#id_password", "four-green-boats-2")
    phone.click("main button[type=submit]")
    phone.fill("#id_code", recovery)
    phone.get_by_role("button", name="登录").click()
    expect(phone.get_by_text("现在的密码是别人给您的")).to_be_visible()
    phone.fill("#id_oldpassword", "four-green-boats-2")
    for field in ("#id_password1", "#id_password2"):
        phone.fill(field, "five-calm-harbours")
    phone.get_by_role("button", name="修改密码").click()
    phone.goto(f"{town.url}/cases/")
    expect(phone.locator("main")).to_be_visible()
    assert phone.url.endswith("/cases/")
    context.close()


def test_a_locked_name_says_when_to_try_again(page, town):
    page.goto(f"{town.url}/accounts/login/")
    for _ in range(5):
        page.fill("#id_login", "agent")
        page.fill("#id_password", "wrong-wrong-wrong")
        page.click("main button[type=submit]")
    expect(page.get_by_role("alert")).to_contain_text("请 1 分钟后再试")
