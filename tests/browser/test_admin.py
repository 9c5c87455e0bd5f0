"""The administrator's day, in Chinese: somebody added, a scope given, a pack compared and loaded, the act found."""

import io
import zipfile

import pytest
from playwright.sync_api import expect

from browser.conftest import PASSWORD
from builders import EAST, GRID, make_case, write_town
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_user, find_people
from xianban.accounts.people import Wanted
from xianban.base.clock import utc_now
from xianban.city import api as city


@pytest.fixture
def admin(town, sign_in):
    new = NewUser("chief", name="陈主任", password=PASSWORD, grants=(Granted(Role.ADMINISTRATOR),))
    add_user(new, acting=MACHINE, now=utc_now())
    return sign_in("chief")


def other_pack(folder):
    """The town with another lead for streets, zipped."""
    write_town(folder, drawn=True)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in folder.iterdir():
            text = path.read_text(encoding="utf-8")
            archive.writestr(path.name, text.replace("02,,kind:street_office", "02,,transport"))
    return {"name": "town-2027.zip", "mimeType": "application/zip", "buffer": out.getvalue()}


def test_add_somebody_give_a_scope_load_a_pack_and_find_it_in_the_audit(town, admin, tmp_path):
    make_case(matter="0202", area=GRID, now=utc_now())
    admin.goto(f"{town.url}/admin/")
    expect(admin.get_by_role("heading", name="要您看一看的")).to_be_visible()
    admin.goto(f"{town.url}/admin/people/new/")
    admin.fill("#username", "w1001")
    admin.fill("#name", "王小明")
    admin.select_option("#role", "handler")
    admin.fill("#unit", "Waterworks")
    admin.get_by_role("button", name="添加").click()
    admin.get_by_label("密码").fill(
        PASSWORD
    )  # what was typed is done once one has shown who one is
    admin.get_by_role("button", name="确认").click()
    expect(admin.locator(".password code")).to_be_visible()
    (wang,) = find_people(Wanted(text="w1001")).people
    assert wang.grants == (Granted(Role.HANDLER, "", "water"),)

    admin.goto(f"{town.url}/admin/people/{wang.id}/")
    admin.locator("summary", has_text="再给一个角色").click()
    admin.select_option("#role", "grid_worker")
    admin.fill("#area", "East")
    admin.fill("#why-grant", "兼任东片网格员")
    admin.get_by_role("button", name="给予角色").click()
    expect(admin.get_by_text("已给予这个角色")).to_be_visible()
    (wang,) = find_people(Wanted(text="w1001")).people
    assert Granted(Role.GRID_WORKER, EAST) in wang.grants

    admin.goto(f"{town.url}/admin/packs/")
    admin.set_input_files("#pack", other_pack(tmp_path / "new"))
    admin.get_by_role("button", name="看会改变什么").click()
    expect(admin.locator("#cases")).to_contain_text("Transport Bureau")
    expect(admin.locator("#cases")).to_contain_text("1 件")
    expect(admin.locator("#t-duties del")).to_contain_text("street_office")
    admin.get_by_role("button", name="装入").click()
    expect(admin.get_by_text("已装入第 2 版")).to_be_visible()
    city.forget()
    on = utc_now().astimezone(city.current().tz).date()
    assert city.current().duty_for("0202", GRID, on=on).lead == "transport"

    admin.goto(f"{town.url}/audit/")
    admin.select_option("#f-kind", "packs")
    admin.get_by_role("button", name="查", exact=True).click()
    expect(admin.locator(".deeds li")).to_contain_text(["装入城市包"])
    expect(admin.locator(".deeds")).to_contain_text("陈主任")
    admin.goto(f"{town.url}/audit/?about=w1001")
    expect(admin.locator(".deeds")).to_contain_text("兼任东片网格员")
