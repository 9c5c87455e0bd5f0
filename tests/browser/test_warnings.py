"""Acting first, in Chinese: from a warning to its measured effect, and what else may become of one."""

import dataclasses
import json
from datetime import UTC, datetime, time, timedelta

import pytest
from playwright.sync_api import expect

from browser.conftest import PASSWORD
from browser.test_journey import act, report
from builders import EAST, GRID, WEST, user, write_town
from prevention.worlds import frame, planted, quiet
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_users
from xianban.base.clock import utc_now
from xianban.base.home import home
from xianban.casework import api as casework
from xianban.casework.models import Case
from xianban.city import api as city
from xianban.config.worker import send_notices
from xianban.intake import api as intake
from xianban.prevention import api as prevention
from xianban.prevention.models import Order, Warning

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
PEERS = [f"99020000{n}" for n in range(2, 10)]  # streets to compare with
DUTIES = """\
matter,area,lead,co_units,limit,contact_limit,legal_basis,playbook
01,,water,,,,,
0202,,kind:street_office,landscaping,3d,,市容条例第十条,到场清运|增设垃圾桶
02,,kind:street_office,,,,,
03,,kind:street_office,,,,,
"""
PEOPLE = [
    NewUser("analyst", name="许研判", password=PASSWORD, grants=(Granted(Role.ANALYST),)),
    NewUser("supervisor", name="孙督办", password=PASSWORD, grants=(Granted(Role.SUPERVISOR),)),
    NewUser("helper", name="林园林", password=PASSWORD, grants=(Granted(Role.HANDLER, "", "landscaping"),)),
]  # fmt: skip


@pytest.fixture
def until(town, tmp_path):
    """Last midnight in a town with more grids, a lead and a co-unit for rubbish, and an analyst."""
    pack = write_town(tmp_path / "more", drawn=True)
    with (pack / "areas.csv").open("a", encoding="utf-8") as sheet:
        sheet.writelines(f"{code},Quarter {code[-1]},street,{WEST},,,,\n" for code in PEERS)
    (pack / "duties.csv").write_text(DUTIES, encoding="utf-8")
    city.load(pack, now=utc_now())
    city.forget()
    add_users(PEOPLE, acting=MACHINE, now=utc_now())
    today = utc_now().astimezone(city.current().tz).date()
    return datetime.combine(today, time(), city.current().tz).astimezone(UTC)


@pytest.fixture
def night(until, monkeypatch):
    """The worker's night over a past that is made up; `night.cases` says which requests have cases."""
    from xianban.prevention.actions import rounds as acts

    cases = {}
    monkeypatch.setattr(acts, "cases_of_requests", lambda keys: {key: cases[key] for key in keys if key in cases})  # fmt: skip

    def look(rows, *, at=until, behind=()):
        newest = sorted((row for row in rows if row[1:3] == ("0202", GRID)), key=lambda row: row[0])
        keys = {id(row): n for n, row in enumerate(sorted(rows, key=lambda row: row[0]), 1)}
        cases.update(zip((keys[id(row)] for row in reversed(newest)), behind, strict=False))
        past = prevention.past_of(frame(rows), until=at, terrain=prevention.terrain_of(city.current()))  # fmt: skip
        return prevention.record_round("nightly", past, now=at)

    return look


def usual(until, **more):
    """Rubbish as always, in every street of the town."""
    return quiet(until=until, areas=(GRID, *PEERS), matters=("0202",), **more)


def rubbish():
    return Warning.objects.filter(matter="0202", method="daily", shown="raised").get()


def heard():
    """What went out by text message."""
    return [json.loads(path.read_text("utf-8"))["text"] for path in (home() / "outbox").glob("*.json")]  # fmt: skip


def to_row(desk, title):
    """Down the board by keyboard to a warning."""
    for _ in range(20):
        desk.keyboard.press("j")
        if title in desk.evaluate("document.activeElement.textContent"):
            return
    raise AssertionError(f"{title} is not on the board")


def comes(text, phone, url):
    """A report that comes in, and has its unit; its number and the address of its story."""
    now = utc_now()
    got = intake.receive(
        intake.Submission(door="web", text=text, place="Mill", name="Ann Miller", phone=phone, matter_hint="0202", area_hint=GRID),
        acting=MACHINE, now=now,
    )  # fmt: skip
    if got.state == "received":
        casework.perform(got.case_id, "dispatch", acting=user("dispatcher"), now=now, data={"unit": "street-east"})  # fmt: skip
    return got.number, f"{url}/follow/{got.number}/{intake.follow_code(got.request_id)}/"


def test_from_a_warning_to_its_measured_effect(page, town, sign_in, until, night):
    number, _ = report(page, town.url)  # a resident has said so; the rest the history knows
    story = page.url
    past = usual(until) + planted(25, until=until)
    night(past, behind=[Case.objects.get().pk])

    # the analyst, by keyboard: from the board to an order as the duty list has it
    desk = sign_in("analyst")
    desk.goto(f"{town.url}/warnings/")
    expect(desk.locator(".budget")).to_contain_text("今日名额用了")
    to_row(desk, "Rubbish")
    with desk.expect_navigation():
        desk.keyboard.press("o")
    expect(desk.locator("#measures")).to_be_focused()
    expect(desk.locator("#measures")).to_have_value("到场清运\n增设垃圾桶")
    expect(desk.locator("#lead")).to_have_value("Bridge Street Office")
    expect(desk.get_by_label("协办单位 1")).to_have_value("Landscaping Bureau")
    expect(desk.locator("#legal_basis")).to_have_value("市容条例第十条")
    with desk.expect_navigation():
        desk.get_by_role("button", name="立案先办").click()
    expect(desk.get_by_text("关联在办诉求 1 件，告知诉求人 1 位")).to_be_visible()
    expect(desk.locator("#effect")).to_contain_text("案件答复或了结后第二天开始计算")
    order = Order.objects.get()

    # whoever reported hears it, and reads it in the story of their own report
    send_notices(until + DAY + timedelta(hours=12))  # at noon: nobody is told at night
    assert any(number in text and "Bridge Street Office着手治理" in text for text in heard())
    page.goto(story)
    expect(page.locator("#treated")).to_contain_text("Bridge Street Office从")
    expect(page.locator("#treated")).to_contain_text("您的诉求仍会单独答复")

    # somebody who reports the same after the order is attached by the worker, and told alike
    second, later_story = comes("the bins by the school overflow", "13912345678", town.url)
    page.goto(later_story)
    expect(page.locator("#treated")).to_have_count(0)
    prevention.attach_new(now=utc_now())
    page.reload()
    expect(page.locator("#treated")).to_contain_text("Bridge Street Office从")
    expect(page.locator("#treated")).to_contain_text("您的诉求仍会单独答复")
    send_notices(until + DAY + timedelta(hours=12))
    assert any(second in text and "着手治理" in text for text in heard())
    desk.reload()
    desk.locator("#attached summary").click()
    expect(desk.locator("#attached")).to_contain_text(second)

    # its handler sees which case treats the cause; a third was about something else, and is detached
    third, third_story = comes("old furniture at the corner shop", "13712345678", town.url)
    prevention.attach_new(now=utc_now())
    handler = sign_in("handler")
    handler.goto(f"{town.url}/cases/{second}/")
    expect(handler.locator("#treated")).to_contain_text(order.number)
    handler.goto(f"{town.url}/cases/{third}/")
    handler.get_by_role("link", name="不是这个原因？解除关联").click()
    handler.select_option("#unlink-other", order.number)
    act(handler, "unlink", text="店家自己的垃圾，已劝清")
    expect(handler.locator("#treated")).to_have_count(0)
    expect(handler.locator("main")).to_contain_text("店家自己的垃圾，已劝清")
    prevention.attach_new(now=utc_now())
    page.goto(third_story)
    expect(page.locator("#treated")).to_have_count(0)
    page.goto(story)

    # an ordinary case: the lead signs, the worker asks the co-unit, both act, the lead answers
    case = f"{town.url}/cases/{order.number}/"
    handler.goto(case)
    expect(handler.locator(".facts").first).to_contain_text("预警")
    act(handler, "sign")
    prevention.follow(now=utc_now())
    helper = sign_in("helper", width=390)
    helper.goto(case)
    act(helper, "answer_task", text="已在磨坊门口增设四个分类桶")
    handler.goto(case)
    expect(handler.locator("main")).to_contain_text("已在磨坊门口增设四个分类桶")
    handler.get_by_role("link", name="看预警、职权和效果").click()
    expect(handler.locator("#order")).to_contain_text("市容条例第十条")
    expect(handler.locator("#order")).to_contain_text("已邀请")
    handler.goto(case)
    act(handler, "report", text="清运改为每日两班，四个桶已到位")
    supervisor = sign_in("supervisor")
    supervisor.goto(case)
    act(supervisor, "close", text="现场已核实")
    prevention.follow(now=utc_now())
    page.reload()
    expect(page.locator("#treated")).to_contain_text("背后的共同原因也治理了")
    page.goto(later_story)
    expect(page.locator("#treated")).to_contain_text("背后的共同原因也治理了")

    # eight weeks go by, with a third of what used to come; the night's round measures it
    later = until + 9 * WEEK
    since = [
        row
        for n, row in enumerate(usual(later, days=63, seed=7))
        if row[2] != GRID or n % 3 == 0
    ]  # fmt: skip
    night(past + since, at=later)
    desk.reload()
    expect(desk.locator("#effect .lead")).to_contain_text("约少发生")
    expect(desk.locator("#effect .lead")).to_contain_text("90% 区间")
    expect(desk.locator("#effect")).to_contain_text("第 8 周，共 8 周")
    expect(desk.locator("#effect canvas, #effect svg").first).to_be_visible()
    desk.get_by_role("link", name="过去", exact=False).first.click()
    expect(desk.locator(".figures")).to_contain_text("测过 1 次")
    desk.locator(".figures a[href*=measured]").click()
    expect(desk.locator("main")).to_contain_text(order.number)
    expect(desk.locator("main")).to_contain_text("少")
    shown = prevention.record(Warning.objects.get(order=order).detector)
    assert shown.effects == 1
    assert shown.effect < 0


def test_what_is_dismissed_by_keyboard_stays_away_until_it_grew(town, sign_in, until, night):
    past = usual(until) + planted(25, until=until)
    night(past)
    title = rubbish().title
    desk = sign_in("analyst")
    desk.goto(f"{town.url}/warnings/")
    to_row(desk, title)
    desk.keyboard.press("d")
    expect(desk.locator(".warned-row select:focus")).to_have_count(1)
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Tab")
    desk.keyboard.type("社区清仓甩卖，一天就过去")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    expect(desk.get_by_text("已判为误报")).to_be_visible()
    expect(desk.locator(".warned-row", has_text=title)).to_have_count(0)

    night(past + planted(6, days=1, until=until + DAY), at=until + DAY)
    desk.reload()
    expect(desk.locator(".warned-row", has_text=title)).to_have_count(0)
    desk.get_by_role("link", name="误报").first.click()
    desk.locator(".warned-row a.whole", has_text=title).click()
    expect(desk.locator(".head")).to_contain_text("偶然波动")
    expect(desk.locator("#acts-h ~ ol")).to_contain_text("社区清仓甩卖，一天就过去")

    grown = past + planted(6, days=1, until=until + DAY) + planted(60, days=1, until=until + 2 * DAY)  # fmt: skip
    night(grown, at=until + 2 * DAY)
    desk.goto(f"{town.url}/warnings/")
    desk.locator(".warned-row a.whole", has_text=title).click()
    expect(desk.locator("#acts-h ~ ol")).to_contain_text("又回来了")
    assert Warning.objects.filter(matter="0202", method="daily").count() == 1


def test_what_finds_no_place_is_kept_counted_and_shown(town, sign_in, until, night):
    object.__setattr__(
        city.current(), "prevention", dataclasses.replace(city.current().prevention, budget=1)
    )
    past = usual(until) + quiet(until=until, areas=(GRID, *PEERS), matters=("0101",), seed=5)
    night(past + planted(25, until=until) + planted(20, until=until, matter="0101"))
    left = Warning.objects.filter(shown="left_out", desk=EAST).count()
    assert left
    desk = sign_in("analyst")
    desk.goto(f"{town.url}/warnings/")
    expect(desk.locator(".budget")).to_contain_text("今日名额用了 1/1")
    expect(desk.locator(".warned-row")).to_have_count(1)
    desk.get_by_role("link", name=f"另有 {left} 条未入选").click()
    expect(desk.locator(".warned-row")).to_have_count(left)
    expect(desk.locator(".warned-row").first).to_contain_text("1 天未入选")
    desk.locator("a.whole").first.click()
    expect(desk.locator(".head .signs, .head .chip").first).to_be_visible()
    expect(desk.locator(".head")).to_contain_text("未入选")
    expect(
        desk.get_by_text("立案先办").first
    ).to_be_attached()  # whoever sees it may act all the same


def test_what_grows_is_one_warning_with_more_people(town, sign_in, until, night):
    past = usual(until) + planted(25, until=until)
    night(past)
    warned = rubbish()
    desk = sign_in("analyst")
    desk.goto(f"{town.url}/warnings/{warned.pk}/")
    people = int(desk.locator("dt:text-is('人数') + dd .num").inner_text())
    days = desk.locator("#days tbody tr").count()
    night(past + planted(60, days=1, until=until + DAY), at=until + DAY)
    desk.reload()
    assert int(desk.locator("dt:text-is('人数') + dd .num").inner_text()) > people
    last = desk.locator("#days tbody tr", has_text=f"{(until + DAY / 2):%m-%d}")
    assert int(last.locator("td").first.text_content()) >= 60
    assert desk.locator("#days tbody tr").count() >= days
    expect(desk.locator("#acts-h ~ ol")).to_contain_text("还在增多")
    desk.goto(f"{town.url}/warnings/")
    expect(desk.locator(".warned-row", has_text=warned.title)).to_have_count(1)
    assert Warning.objects.filter(matter="0202", method="daily").count() == 1


# what lies ahead: a month's topic, the season calendar, the patrol sheet


def test_a_topic_is_chosen_worked_off_and_closed(town, sign_in, until, night):
    night(usual(until) + planted(25, until=until))
    desk = sign_in("supervisor")
    desk.goto(f"{town.url}/warnings/topics/")
    row = desk.locator("tr", has_text="Rubbish")
    expect(row).to_be_visible()
    with desk.expect_navigation():
        row.get_by_role("link", name="定为题").click()
    expect(desk.locator("#matter")).to_have_value("Streets/Rubbish")
    desk.fill("#title", "街面垃圾不过夜")
    desk.fill("#owner", "Bridge Street Office")
    desk.fill("#text-1", "每条街增设两个分类桶")
    desk.fill("#unit-1", "Bridge Street Office")
    with desk.expect_navigation():
        desk.get_by_role("button", name="定为每月一题").click()
    expect(desk.locator(".fault, [role=alert]").first).to_be_visible()  # no day by which
    expect(desk.locator("#text-1")).to_have_value("每条街增设两个分类桶")
    desk.fill("#due-1", f"{until + 20 * DAY:%Y-%m-%d}")
    with desk.expect_navigation():
        desk.get_by_role("button", name="定为每月一题").click()
    expect(desk.locator("h1")).to_have_text("街面垃圾不过夜")
    expect(desk.locator("canvas, svg").first).to_be_visible()
    topic = desk.url

    owner = sign_in("handler", width=390)
    owner.goto(topic)
    with owner.expect_navigation():
        owner.get_by_role("button", name="完成了").click()
    expect(owner.locator(".meeting-tasks")).to_contain_text("完成")

    desk.goto(topic)
    desk.locator("summary", has_text="结题").click()
    desk.fill("#result", "四条街都有了分类桶，垃圾类诉求降了三成")
    with desk.expect_navigation():
        desk.get_by_role("button", name="结题").click()
    expect(desk.locator("main")).to_contain_text("降了三成")
    desk.goto(f"{town.url}/warnings/topics/")
    expect(desk.locator("li", has_text="街面垃圾不过夜")).to_contain_text("已结")


def test_a_season_is_proposed_weeks_ahead_and_its_preparation_is_ordered(town, sign_in, until, night, tmp_path):  # fmt: skip
    pack = tmp_path / "more"
    starts, ends = until + 3 * WEEK, until + 15 * WEEK
    with (pack / "city.toml").open("a", encoding="utf-8") as toml:
        toml.write(
            f'[[prevention.seasons]]\nname = "heating"\ntitle = "供暖前准备"\nmatter = "01"\nweeks_ahead = 6\n'
            f'starts = "{starts:%m-%d}"\nends = "{ends:%m-%d}"\ntasks = ["检修管网", "公布电话"]\n'
        )
    city.load(pack, now=utc_now())
    city.forget()
    night(usual(until))
    desk = sign_in("analyst")
    desk.goto(f"{town.url}/warnings/seasons/")
    season = desk.locator("tr", has_text="供暖前准备")
    expect(season).to_contain_text("该准备了")
    with desk.expect_navigation():
        season.get_by_role("link", name="准备的预警").click()
    desk.locator("#act-order summary").click()
    expect(desk.locator("#measures")).to_have_value("检修管网\n公布电话")
    expect(desk.locator("#lead")).to_have_value("Waterworks")
    desk.fill("#legal_basis", "供热条例第八条")
    with desk.expect_navigation():
        desk.get_by_role("button", name="立案先办").click()
    order = Order.objects.get()
    expect(desk.locator("#order")).to_contain_text("供热条例第八条")

    # the unit finds an ordinary case; nobody's request is taken for its cause
    assert casework.case_view(order.case, user("handler", unit="water"), now=utc_now()).title == "供暖前准备"  # fmt: skip
    comes("no water since this morning", "13912345678", town.url)
    assert prevention.attach_new(now=utc_now()) == 0
    desk.goto(f"{town.url}/warnings/?list=ordered")
    expect(desk.locator(".warned-row", has_text="供暖前准备")).to_have_count(1)


def test_a_patrol_sheet_is_made_opened_on_a_phone_and_printed(town, sign_in, until, night):
    night(usual(until) + planted(25, until=until))
    add_users(
        [NewUser("walker", name="钱网格", password=PASSWORD, grants=(Granted(Role.GRID_WORKER, EAST),))],
        acting=MACHINE, now=utc_now(),
    )  # fmt: skip
    desk = sign_in("supervisor")
    desk.goto(f"{town.url}/patrol/")
    desk.fill("#teams", "1")
    desk.fill("#hours", "4")
    with desk.expect_navigation():
        desk.get_by_role("button", name="安排").click()
    sheet = desk.locator(".patrol-sheet")
    expect(sheet.first).to_contain_text("第 1 组")
    expect(sheet.first).to_contain_text("Streets")
    expect(desk.get_by_role("button", name="打印")).to_be_visible()
    desk.emulate_media(media="print")
    expect(sheet.first).to_be_visible()
    expect(desk.locator("form.filters")).to_be_hidden()
    assert desk.pdf(format="A4").startswith(b"%PDF")

    phone = sign_in("walker", width=390)
    phone.goto(f"{town.url}/patrol/")
    expect(phone.locator(".patrol-sheet").first).to_contain_text("去哪里")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("link", name="看到问题，登记一件").click()
    phone.wait_for_url("**/cases/new/**")
