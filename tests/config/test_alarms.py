"""What runs but not as it should is said: vacant roles, notices without a receiver, a missing year."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

import packs
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_user
from xianban.city import api as city
from xianban.config.alarms import alarms
from xianban.config.commands.outbox import outbox
from xianban.ledger.api import NewNotice, enqueue, send_due, undelivered
from xianban.notices.api import sort, unread

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
VALUES = {"case": 7, "number": "20260302-7", "unit": "", "matter": "", "area": "", "due_at": ""}

pytestmark = pytest.mark.django_db


def send(notice):
    sort(notice, now=NOW)


@pytest.fixture(autouse=True)
def _city(db, tmp_path):
    city.forget()
    packs.load_small_city(tmp_path / "pack")


def put(to, *, at=NOW):
    enqueue([NewNotice("overdue", to, f"k:{to}", VALUES)], now=at)


def add(name, role, area=""):
    return add_user(NewUser(name, grants=(Granted(role, area),)), acting=MACHINE, now=NOW)


def test_a_role_that_nobody_holds_is_said_until_somebody_does():
    vacant = [one for one in alarms(now=NOW) if one.startswith("nobody is")]
    assert [one.split()[2] for one in vacant] == ["dispatcher:", "supervisor:"]
    add("li", Role.SUPERVISOR)
    add("wu", Role.DISPATCHER)
    assert not [one for one in alarms(now=NOW) if one.startswith("nobody is")]


def test_a_notice_for_a_vacant_role_waits_and_goes_out_once_it_is_held():
    put("role:supervisor:")
    assert send_due(now=NOW, send=send).retried == 1
    (stuck,) = undelivered(since=NOW)
    assert "nobody is supervisor" in stuck.error
    assert any("1 notice(s) of this week reached nobody" in one for one in alarms(now=NOW))
    li = add("li", Role.SUPERVISOR)
    assert send_due(now=NOW + timedelta(hours=1), send=send).sent == 1
    assert undelivered(since=NOW) == []
    assert unread(li) == 1


def test_who_has_the_role_elsewhere_is_not_told():
    here, elsewhere = [a for a in city.current().areas.values() if a.level == "district"][:2]
    add("li", Role.SUPERVISOR, elsewhere.code)
    put(f"role:supervisor:{here.code}")
    assert send_due(now=NOW, send=send).retried == 1


def test_a_unit_without_people_is_said():
    unit = next(iter(city.current().units))
    put(f"unit:{unit}")
    assert send_due(now=NOW, send=send).retried == 1
    (stuck,) = undelivered(since=NOW)
    assert f"--role handler --unit {unit}" in stuck.error


def test_the_outbox_lists_reasons_and_tries_again(monkeypatch):
    monkeypatch.setattr("xianban.config.commands.outbox.ready", lambda: None)
    monkeypatch.setattr("xianban.base.clock.utc_now", lambda: NOW + timedelta(days=3))
    put("role:supervisor:")
    at = NOW
    while not send_due(now=at, send=send).failed:
        at += timedelta(hours=1)
    said = CliRunner().invoke(outbox).stdout
    assert "1 did not go out (1 given up): nobody is supervisor" in said
    found = json.loads(CliRunner().invoke(outbox, ["--again", "--json"]).stdout)
    assert (found["put_back"], found["due"]) == (1, 1)


def test_a_year_without_a_calendar_is_said():
    assert not [one for one in alarms(now=NOW.replace(year=2025)) if "calendar" in one]
    assert any("no row of 2031 and 2032" in one for one in alarms(now=NOW.replace(year=2031)))


def test_warnings_do_not_make_a_machine_unwell(client):
    body = client.get("/healthz").json()
    assert any("nobody is supervisor" in one for one in body["warnings"])
    assert "nobody" not in json.dumps(body["findings"])
