"""A resident's pages about their own data, and the administrator's about what is kept."""

import json
import re

import pytest
from django.test import Client

from builders import monday
from web.residents import report
from xianban.accounts.api import resident_actor
from xianban.casework.api import perform
from xianban.intake.api import request_by_code
from xianban.privacy import api as privacy
from xianban.privacy.queries import code_of

SECRET = "壁橱里的秘密漏水"


@pytest.fixture
def mine(town):
    """A new report: the address of its data, and the report."""
    number, code = report(SECRET, name="欧阳翠花", phone="13911223344")
    return f"/follow/{number}/{code}/mine/", request_by_code(number, code)


def ask(address, kind, **more):
    """Asked for; the page that wants the code, and the code."""
    there = Client().post(address, {"kind": kind, **more})
    assert there.status_code == 302, there.content.decode()
    return there.url, code_of(int(there.url.rstrip("/").rsplit("/", 1)[1]))


def test_number_and_code_alone_show_the_contact_masked(mine):
    page = Client().get(mine[0]).content.decode()
    assert SECRET in page
    assert "欧阳**" in page
    assert "13911223344" not in page
    assert "翠花" not in page
    assert Client().get(mine[0].replace(mine[0].split("/")[3], "AAAAAA")).status_code == 404


def test_the_copy_in_full_and_as_a_file(mine):
    there, code = ask(mine[0], "copy")
    assert Client().post(there, {"code": "WRONGONE"}).status_code == 400
    page = Client().post(there, {"code": code}).content.decode()
    for told in (SECRET, "欧阳翠花", "13911223344"):
        assert told in page
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    file = Client().post(f"{there}copy.json", {"token": token})
    assert file["Content-Disposition"].startswith("attachment")
    assert json.loads(file.content)["contact"]["phone"] == "13911223344"
    assert Client().post(f"{there}copy.json", {"token": f"{token}x"}).status_code == 302
    again = Client().get(there)
    assert (again.status_code, again.url) == (302, mine[0])  # seen once


def test_a_correction(mine):
    refused = Client().post(mine[0], {"kind": "correct", "name": "我"})
    assert refused.status_code == 400
    assert "请至少留一个电话或邮箱" in refused.content.decode()
    unreadable = Client().post(mine[0], {"kind": "correct", "name": "我", "phone": "一三八"})
    assert unreadable.status_code == 400
    assert "电话或邮箱写得不对" in unreadable.content.decode()
    there, code = ask(mine[0], "correct", name="欧阳", phone="138 0000 1111", email="")
    page = Client().post(there, {"code": code}, follow=True).content.decode()
    assert "138****1111" in page


def test_erased_at_once_when_the_case_is_over(mine):
    address, said = mine
    resident = resident_actor(said.person)
    perform(said.case_id, "withdraw", acting=resident, now=monday(9), data={})
    there, code = ask(address, "erase")
    page = Client().get(there).content.decode()
    assert "《个人信息保护法》" in page
    after = Client().post(there, {"code": code}, follow=True).content.decode()
    assert "任何人都不能恢复" in after
    assert SECRET not in after
    story = Client().get(address.removesuffix("mine/")).content.decode()
    assert SECRET not in story
    assert "诉求内容已经删除" in story


def test_an_open_case_is_decided_by_whoever_is_in_charge(mine, signed_in):
    address, _ = mine
    there, code = ask(address, "erase")
    Client().post(there, {"code": code})
    page = signed_in("steward").get("/personal-data/").content.decode()
    key = int(there.rstrip("/").rsplit("/", 1)[1])
    assert f"/personal-data/do/decide/{key}/" in page
    for name in ("handler_east", "leader", "newcomer"):
        assert signed_in(name).get("/personal-data/").status_code == 403
        assert signed_in(name).get("/personal-data/retention/").status_code == 403
        there_too = f"/personal-data/do/decide/{key}/"
        assert (
            signed_in(name).post(there_too, {"decision": "erase", "reason": "x"}).status_code == 403
        )
    do = f"/personal-data/do/decide/{key}/"
    refused = signed_in("administrator").post(do, {"decision": "after", "reason": " "})
    assert refused.status_code == 409
    assert "请写明理由" in refused.content.decode()
    signed_in("administrator").post(do, {"decision": "after", "reason": "还在修"})
    assert "还在修" in Client().get(address).content.decode()


def test_the_outlook_counts_and_removes_nothing(mine, signed_in, now):
    address, said = mine
    perform(said.case_id, "withdraw", acting=resident_actor(said.person), now=monday(9), data={})
    admin = signed_in("administrator")
    assert "还没有计算过" in admin.get("/personal-data/retention/").content.decode()
    assert admin.post("/personal-data/retention/do/count/").status_code == 302
    assert "已请后台重新计算" in admin.get("/personal-data/retention/").content.decode()
    privacy.count_anew(now=now.at)  # as the worker does
    page = admin.get("/personal-data/retention/").content.decode()
    assert "2028-11" in page
    assert "自动删除没有打开" in page
    assert SECRET in Client().get(address).content.decode()
