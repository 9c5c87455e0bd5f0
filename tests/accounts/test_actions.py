"""Adding people, passwords, grants: each an act, each refused to whoever may not."""

from datetime import UTC, datetime

import pytest

from xianban.accounts.api import (
    MACHINE,
    Actor,
    Granted,
    NewUser,
    Role,
    actor_named,
    add_user,
    add_users,
    grant,
    list_users,
    names_of,
    revoke,
    set_active,
    set_password,
    users_for,
)
from xianban.base.errors import BadInput, NotAllowed, NotFound
from xianban.ledger.api import history, verify

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday
WORD = "seven-wide-rivers"
WATER = Granted(Role.HANDLER, "310101", "water")


def add(username="wang", **more):
    return add_user(NewUser(username, **more), acting=MACHINE, now=NOW)


def test_a_user_is_added_with_grants_and_on_record(db):
    pk = add(name="王五", password=WORD, grants=(WATER, WATER))
    actor = actor_named("wang")
    assert actor == Actor(kind="user", id=pk, name="王五", grants=(WATER,))
    (act,) = history(f"user:{pk}")
    assert (act.verb, act.actor) == ("user.add", "machine")
    assert "王五" not in str(act.payload)
    assert WORD not in str(act.payload)
    assert verify().broken is None


def test_many_are_added_or_none(db, django_assert_max_num_queries):
    new = [NewUser(f"u{i}", grants=(Granted(Role.HANDLER, "", f"unit{i}"),)) for i in range(50)]
    with django_assert_max_num_queries(8):
        assert len(set(add_users(new, acting=MACHINE, now=NOW))) == 50
    with pytest.raises(BadInput, match=r"u3.* is taken"):
        add_users([NewUser("fresh"), NewUser("u3")], acting=MACHINE, now=NOW)
    with pytest.raises(BadInput, match=r"twin.* is taken"):
        add_users([NewUser("twin"), NewUser("twin")], acting=MACHINE, now=NOW)
    assert len(list_users()) == 50


@pytest.mark.parametrize("password", ["short", "12345678", "password", "zhangwei1"])
def test_weak_passwords_are_refused_in_a_sentence(db, password):
    with pytest.raises(BadInput):
        add("zhangwei1", password=password)
    assert list_users() == []


@pytest.mark.parametrize("username", ["", "has space", "x" * 151])
def test_user_names_that_cannot_be(db, username):
    with pytest.raises(BadInput, match=f"user “{username}"):
        add(username)


def test_only_an_administrator_manages_users(db):
    add("boss", grants=(Granted(Role.ADMINISTRATOR),))
    add("wang", grants=(WATER,))
    boss, wang = actor_named("boss"), actor_named("wang")
    assert grant("wang", Granted(Role.LEADER), acting=boss, now=NOW)
    for attempt in (
        lambda: add_user(NewUser("x"), acting=wang, now=NOW),
        lambda: grant("wang", Granted(Role.ADMINISTRATOR), acting=wang, now=NOW),
        lambda: revoke("boss", Granted(Role.ADMINISTRATOR), acting=wang, now=NOW),
        lambda: set_active("boss", False, acting=wang, now=NOW),
        lambda: set_password("boss", password=WORD, acting=wang, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    set_password("wang", password=WORD, acting=wang, now=NOW)  # one's own


def test_grants_come_and_go(db):
    pk = add()
    assert grant("wang", WATER, acting=MACHINE, now=NOW)
    assert not grant("wang", WATER, acting=MACHINE, now=NOW)
    assert actor_named("wang").grants == (WATER,)
    with pytest.raises(NotFound):
        revoke("wang", Granted(Role.HANDLER), acting=MACHINE, now=NOW)
    revoke("wang", WATER, acting=MACHINE, now=NOW)
    assert actor_named("wang").grants == ()
    assert [act.verb for act in history(f"user:{pk}")] == ["user.add", "user.grant", "user.revoke"]


def test_a_closed_account_has_no_grants_and_hears_nothing(db):
    add(grants=(WATER,))
    set_active("wang", False, acting=MACHINE, now=NOW)
    assert actor_named("wang").grants == ()
    assert users_for(unit="water") == []
    set_active("wang", True, acting=MACHINE, now=NOW)
    assert actor_named("wang").grants == (WATER,)


def test_users_for_a_unit_and_a_role(db):
    add("wang", grants=(WATER,))
    add("zhao", grants=(Granted(Role.HANDLER, "310102", "water"), Granted(Role.LEADER)))
    add("li", grants=(Granted(Role.SUPERVISOR),))
    assert [user.username for user in users_for(unit="water")] == ["wang", "zhao"]
    assert [user.username for user in users_for(role=Role.LEADER)] == ["zhao"]
    assert users_for(unit="water", role=Role.LEADER) == []  # not by two different grants


def test_names(db):
    a, b = add("wang", name="王五"), add("zhao")
    assert names_of([a, b, b, 999]) == {a: "王五", b: "zhao"}


def test_nobody_by_that_name(db):
    with pytest.raises(NotFound, match="xianban user list"):
        set_password("ghost", password=WORD, acting=MACHINE, now=NOW)
