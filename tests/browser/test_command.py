"""A supervisor finds the late, presses, escalates, convenes and follows; a leader opens a figure."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from browser.conftest import PASSWORD
from builders import GRID, make_case, user
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_users
from xianban.base.clock import utc_now
from xianban.casework.api import perform
from xianban.command.api import keep_figures


@pytest.fixture
def overseen(town):
    """Two late cases, and those who oversee."""
    now = utc_now()
    new = [
        NewUser("supervisor", name="Sun", password=PASSWORD, grants=(Granted(Role.SUPERVISOR),)),
        NewUser("leader", name="Li", password=PASSWORD, grants=(Granted(Role.LEADER),)),
    ]
    add_users(new, acting=MACHINE, now=now)
    then = now - timedelta(days=4)
    cases = [make_case(now=then, area=GRID, text=f"垃圾成堆 {i}") for i in range(2)]
    perform(cases[0].case_id, "sign", acting=user("handler", unit="street-east"), now=then)
    make_case(now=now, area=GRID, text="今天的")
    keep_figures(now=now)
    return cases


def test_a_supervisor_from_the_late_to_the_last_task(town, overseen, sign_in):
    page = sign_in("supervisor")
    page.goto(f"{town.url}/command/")
    expect(page.locator("#late-map .street-fill, #late-map path").first).to_be_visible()
    page.get_by_label(f"选中 {overseen[0].number}").check()
    page.get_by_label("理由").fill("四天没有回音，请今天到场")
    page.get_by_label("督办时同时上报一级").check()
    page.get_by_role("button", name="督办选中").click()
    expect(page.get_by_text("已督办 1 件")).to_be_visible()
    expect(page.locator("#pressed").get_by_text("等待答复", exact=True)).to_be_visible()
    page.get_by_label(f"选中 {overseen[0].number}").check()
    page.get_by_role("button", name="召集会议").click()
    page.get_by_label("会议名称").fill("北岸垃圾")
    page.get_by_label("地点").fill("三楼会议室")
    page.get_by_label("议程").fill("一、情况；二、分工")
    page.get_by_role("button", name="召集", exact=True).click()
    expect(page.get_by_text("已召集会议")).to_be_visible()
    page.locator("#minutes").fill("到会两家")
    page.locator("#decision").fill("三天内清完")
    page.get_by_role("button", name="记入台账").click()
    expect(page.locator(".decision")).to_have_text("三天内清完")
    page.locator("#tasks summary", has_text="交办一项").click()
    page.locator("#text").fill("每天清运两次")
    page.locator("#unit").fill("Bridge Street Office")
    page.get_by_role("button", name="交办一项", exact=True).click()
    expect(page.locator(".meeting-tasks")).to_contain_text("每天清运两次")

    handler = sign_in("handler")
    handler.goto(f"{town.url}/meetings/")
    handler.get_by_role("link", name="北岸垃圾").click()
    handler.locator("summary", has_text="报完成").click()
    handler.get_by_label("做了什么").fill("已按两班清运")
    handler.get_by_role("button", name="报完成").click()
    page.reload()
    page.locator("summary", has_text="确认或退回").click()
    page.get_by_role("button", name="确认完成").click()
    expect(page.locator(".meeting-tasks")).to_contain_text("已完成")


def test_a_leader_opens_a_figure_and_gets_its_list(town, overseen, sign_in):
    page = sign_in("leader")
    page.goto(f"{town.url}/city/")
    card = page.locator(".figure-card", has_text="现在超期")
    shown = int(card.locator("strong").inner_text())
    card.click()
    expect(page.locator("ul.rows > li")).to_have_count(shown)
    page.goto(f"{town.url}/city/")
    card = page.locator(".figure-card", has_text="今天收到")
    shown = int(card.locator("strong").inner_text())
    assert shown >= 1
    card.click()
    expect(page.locator("ul.rows > li")).to_have_count(shown)


def test_the_wall_needs_no_scrolling(town, overseen, sign_in):
    page = sign_in("leader")
    for width, height in ((1920, 1080), (3840, 2160)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{town.url}/city/wall/")
        expect(page.get_by_role("heading", name="此刻")).to_be_visible()
        tall = page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        wide = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert tall
        assert wide
        fits = page.evaluate("""() => { const card = document.querySelector(".wall-matters");
            card.innerHTML = card.querySelector("h2").outerHTML + `<ol class="rising">${"<li><a>供水管线漏水爆管</a> <strong>31</strong> <span class='soft small'>平常约 8，多出 2.9 倍</span></li>".repeat(5)}</ol>`;
            return card.scrollHeight <= card.clientHeight; }""")
        assert fits  # five that rise, none cut off
        big = page.locator(".figure-card strong").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")  # fmt: skip
        assert big > height / 20  # legible from across the room


def test_the_wall_is_loaded_again_until_it_is_stopped(town, overseen, sign_in):
    page = sign_in("leader")
    page.clock.install()
    page.goto(f"{town.url}/city/wall/")

    def minute_loads():
        page.evaluate("document.body.dataset.seen = 'yes'")
        page.clock.run_for(61_000)
        return page.locator("body:not([data-seen])")

    expect(minute_loads()).to_have_count(1)
    stop = page.get_by_role("button", name="暂停更新")
    stop.click()
    expect(stop).to_have_attribute("aria-pressed", "true")
    expect(stop).to_have_css("color", "rgb(255, 255, 255)")  # readable under the pointer too
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    expect(minute_loads()).to_have_count(0)
    assert not asked
    stop.click()
    page.context.set_offline(True)
    expect(minute_loads()).to_have_count(0)
    expect(page.get_by_text("更新不了")).to_be_visible()
    page.context.set_offline(False)
    expect(minute_loads()).to_have_count(1)
