"""`xianban user`, as somebody types it."""

import json

import pytest
from click.testing import CliRunner
from django.contrib.auth import authenticate

from xianban.accounts.api import Role
from xianban.base.errors import BadInput
from xianban.config.commands.user import ROLES, group

WORD = "seven-wide-rivers"

pytestmark = pytest.mark.django_db


def run(*args, **more):
    result = CliRunner().invoke(group, args, catch_exceptions=False, **more)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_command_knows_every_role_but_residents():
    assert {*ROLES, "resident"} == set(Role)


def test_adding_with_a_password_from_standard_input(rf):
    run("add", "wang", "--role", "handler", "--name", "王五", "--password-stdin", input=f"{WORD}\n")
    assert authenticate(rf.post("/"), username="wang", password=WORD)
    (user,) = json.loads(run("list", "--json"))
    assert user == {
        "username": "wang",
        "name": "王五",
        "active": True,
        "last_login": user["last_login"],
        "grants": [{"role": "handler", "area": "", "unit": ""}],
    }


def test_a_made_password_is_shown_once_and_works(rf):
    told = run("add", "wang", "--role", "leader")
    password = told.split("only this once: ")[1].strip()
    assert authenticate(rf.post("/"), username="wang", password=password)
    new = run("password", "wang").split("only this once: ")[1].strip()
    assert new != password
    assert authenticate(rf.post("/"), username="wang", password=new)
    assert not authenticate(rf.post("/"), username="wang", password=password)


def test_roles_come_and_go_and_accounts_close():
    run("add", "wang", "--role", "leader")
    assert "is now supervisor" in run("grant", "wang", "--role", "supervisor")
    assert "already" in run("grant", "wang", "--role", "supervisor")
    run("revoke", "wang", "--role", "leader")
    run("close", "wang")
    assert run("list").strip() == "wang [closed]\twang\tsupervisor (area any, unit any)"
    run("open", "wang")
    assert "closed" not in run("list")


def test_nobody_yet_says_what_to_do():
    assert "xianban user add" in run("list")


def test_weak_passwords_are_refused():
    with pytest.raises(BadInput):
        run("add", "wang", "--role", "leader", "--password-stdin", input="12345678\n")
