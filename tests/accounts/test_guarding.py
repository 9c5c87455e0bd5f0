"""Nobody changes their own rights, reaches beyond their scope, or removes the last who may."""

import pytest

from builders import EAST, GRID, WEST, load_town, monday
from xianban.accounts.api import (
    MACHINE,
    Granted,
    NewUser,
    Role,
    actor_named,
    add_user,
    add_users,
    change_user,
    end_all_sessions,
    find_people,
    grant,
    may_give,
    people_counts,
    person_seen,
    revoke,
    set_active,
    set_password,
)
from xianban.accounts.people import Wanted
from xianban.base.errors import NotAllowed, NotFound, WrongState
from xianban.ledger.api import history

NOW = monday(9)
WHOLE = Granted(Role.ADMINISTRATOR)


@pytest.fixture
def admins(db, tmp_path):
    load_town(tmp_path / "town")
    people = [
        NewUser("root", password="bridge-over-water-7", grants=(WHOLE,)),
        NewUser("east", grants=(Granted(Role.ADMINISTRATOR, EAST),)),
        NewUser("mill", name="Mill Worker", grants=(Granted(Role.GRID_WORKER, GRID),)),
    ]
    return dict(
        zip(("root", "east", "mill"), add_users(people, acting=MACHINE, now=NOW), strict=True)
    )


@pytest.mark.parametrize(
    ("mine", "given", "path", "may"),
    [
        (WHOLE, Granted(Role.LEADER), (), True),
        (WHOLE, Granted(Role.LEADER, EAST), ("990000", EAST), True),
        (Granted(Role.ADMINISTRATOR, EAST), Granted(Role.LEADER, GRID), ("990000", EAST, GRID), True),
        (Granted(Role.ADMINISTRATOR, EAST), Granted(Role.LEADER), (), False),
        (Granted(Role.ADMINISTRATOR, EAST), Granted(Role.LEADER, "990200"), ("990000", "990200"), False),
        (Granted(Role.ADMINISTRATOR, "", "water"), Granted(Role.HANDLER, "", "water"), (), True),
        (Granted(Role.ADMINISTRATOR, "", "water"), Granted(Role.HANDLER, "", "police"), (), False),
        (Granted(Role.SUPERVISOR), Granted(Role.HANDLER), (), False),
    ],
)  # fmt: skip
def test_who_may_give_what(mine, given, path, may):
    from xianban.accounts.api import Actor

    assert may_give(Actor("user", 1, grants=(mine,)), given, path=path) is may


def test_nobody_changes_their_own_rights(admins):
    root = actor_named("root")
    with pytest.raises(NotAllowed, match="their own rights"):
        grant("root", Granted(Role.LEADER), acting=root, now=NOW)
    with pytest.raises(NotAllowed, match="their own rights"):
        revoke("root", WHOLE, acting=root, now=NOW)
    with pytest.raises(NotAllowed, match="their own rights"):
        set_active("root", False, acting=root, now=NOW)


def test_a_district_does_not_reach_the_city(admins):
    east = actor_named("east")
    grant("mill", Granted(Role.HANDLER, EAST, "street-east"), acting=east, now=NOW)
    for act in (
        lambda: grant("mill", Granted(Role.LEADER), acting=east, now=NOW),
        lambda: set_password("root", password="tall-tree-by-river-3", acting=east, now=NOW),
        lambda: set_active("root", False, acting=east, now=NOW),
        lambda: end_all_sessions("root", acting=east, now=NOW),
        lambda: change_user("root", name="x", email="", language="en", acting=east, now=NOW),
        lambda: add_user(NewUser("new", grants=(WHOLE,)), acting=east, now=NOW),
    ):
        with pytest.raises(NotAllowed, match="beyond"):
            act()


def test_the_last_administrator_stays(admins):
    other = add_user(NewUser("second", grants=(WHOLE,)), acting=MACHINE, now=NOW)
    assert other
    second = actor_named("second")
    set_active("root", False, acting=second, now=NOW)
    # whoever acts was an administrator a moment ago: what counts is who would be left
    revoke("second", WHOLE, acting=MACHINE, now=NOW)
    set_active("root", True, acting=MACHINE, now=NOW)
    with pytest.raises(WrongState, match="last administrator"):
        revoke("root", WHOLE, acting=second, now=NOW)


def test_a_change_is_on_record_without_what_it_says(admins):
    root = actor_named("root")
    change_user("mill", name="Secret Name", email="a@b.cn", language="en", acting=root, now=NOW)
    last = history(f"user:{admins['mill']}")[-1]
    assert last.payload == {"fields": ["name", "email", "language"]}


def test_people_are_found_by_role_area_and_words(admins):
    def names(**wanted):
        return [one.username for one in find_people(Wanted(**wanted)).people]

    assert names(role="administrator") == ["east", "root"]
    assert names(areas=frozenset({EAST, GRID})) == ["east", "mill"]
    assert names(text="worker") == ["mill"]
    assert names(role="grid_worker", areas=frozenset({EAST})) == []
    assert people_counts()["no_password"] == 2
    first = find_people(Wanted(), size=2)
    assert [one.username for one in find_people(Wanted(), after=first.after).people] == ["root"]


def test_a_district_looks_after_its_own_people_and_those_of_no_place(admins):
    west = [
        NewUser("west", grants=(Granted(Role.SUPERVISOR, WEST),)),
        NewUser("quay", grants=(Granted(Role.HANDLER, "", "street-west"),)),
        NewUser("bridge", grants=(Granted(Role.HANDLER, "", "street-east"),)),
        NewUser("fresh"),
    ]
    keys = add_users(west, acting=MACHINE, now=NOW)
    by = actor_named("east")
    seen = {one.username for one in find_people(Wanted(), by=by).people}
    assert seen == {"east", "mill", "bridge", "fresh"}
    assert people_counts(by=by)["all"] == 4
    for wanted in (
        Wanted(text="west"),
        Wanted(unit="street-west"),
        Wanted(areas=frozenset({WEST})),
    ):
        assert not find_people(wanted, by=by).people
    for key in keys[:2]:
        with pytest.raises(NotFound):
            person_seen(key, by=by)
    assert person_seen(keys[2], by=by).username == "bridge"
    assert len(find_people(Wanted(), by=actor_named("root")).people) == 7
