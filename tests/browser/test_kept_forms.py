"""A form that is interrupted: the session ends before it is sent, or one goes back to it afterwards."""

import pytest
from playwright.sync_api import expect

from browser.conftest import PASSWORD
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_users
from xianban.base.clock import utc_now


@pytest.fixture
def desk(town, sign_in):
    """A supervisor's."""
    chief = NewUser("supervisor", name="孙", password=PASSWORD, grants=(Granted(Role.SUPERVISOR),))
    add_users([chief], acting=MACHINE, now=utc_now())
    return sign_in("supervisor")


def test_a_meeting_that_was_being_called_when_the_session_ended(town, desk):
    desk.goto(f"{town.url}/meetings/new/")
    form = desk.locator("main form[method=post]")
    form.locator("[name=title]").fill("磨坊街垃圾怎么办")
    form.locator("[name=agenda]").fill("一、谁来清运\n二、夜里谁看")
    form.locator("[name=place]").fill("三楼会议室 <b>东</b>")
    form.locator("[name=unit]").nth(1).fill("Waterworks")
    desk.context.clear_cookies(name="sessionid")
    with desk.expect_navigation():
        form.locator("button[type=submit]").last.click()
    desk.fill("#id_login", "supervisor")
    desk.fill("#id_password", PASSWORD)
    with desk.expect_navigation():
        desk.click("main button[type=submit]")
    expect(desk.locator("#kept")).to_contain_text("登录过期了")
    expect(form.locator("[name=title]")).to_have_value("磨坊街垃圾怎么办")
    expect(form.locator("[name=agenda]")).to_have_value("一、谁来清运\n二、夜里谁看")
    expect(form.locator("[name=place]")).to_have_value("三楼会议室 <b>东</b>")
    form.locator("[name=unit]").first.fill("Bridge Street Office")
    with desk.expect_navigation():
        form.locator("button[type=submit]").last.click()
    expect(desk.locator("h1")).to_contain_text("磨坊街垃圾怎么办")
    assert not desk.locator("#kept").count()


def test_back_on_a_form_its_button_does_not_go_on_saying_that_it_works(town, desk):
    desk.goto(f"{town.url}/meetings/new/")
    form = desk.locator("main form[method=post]")
    button = form.locator("button[type=submit]").last
    # as a browser brings a page back that it had put aside whole
    desk.evaluate("document.addEventListener('submit', (event) => event.preventDefault())")
    form.evaluate("(form) => form.dispatchEvent(new SubmitEvent('submit', {bubbles: true, cancelable: true}))")  # fmt: skip
    expect(button).to_have_attribute("aria-busy", "true")
    desk.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert button.get_attribute("aria-busy") is None
    assert form.get_attribute("data-sent") is None
