"""Roles, verbs and scope: no database."""

import pytest

from xianban.accounts.rules import (
    MACHINE,
    MAY,
    Actor,
    Granted,
    Reach,
    Role,
    may,
    may_anywhere,
    reach,
    verbs_of,
)

# Written out on purpose: whoever changes who may do what changes this page too.
TABLE = {
    Role.RESIDENT: "open rate reopen say withdraw",
    Role.AGENT: "answer_consult close contact correct dispatch find_person follow_up link merge note open "
    "rate reopen reveal say see withdraw",
    Role.DISPATCHER: "answer_consult approve correct decline designate dispatch escalate export find_person "
    "invite link merge note open reveal rule see split train",
    Role.HANDLER: "answer appeal ask_exclusion assign contact escalate export extend invite link note open "
    "patrol rank report resume return reveal see sign suspend",
    Role.GRID_WORKER: "answer assign contact escalate note open patrol report reveal see sign",
    Role.SUPERVISOR: "approve assign close convene decide_exclusion decline designate escalate export "
    "find_person follow_up freeze invite note order oversee patrol plan press rank reopen "
    "resume reveal review rule rule_appeal see see_warnings study",
    Role.ANALYST: "export order oversee patrol plan rank see see_warnings study train tune",
    Role.LEADER: "convene export order oversee patrol plan press rank rule_appeal see see_warnings tune",
    Role.STEWARD: "erase manage_city plan",
    Role.AUDITOR: "audit export rank see see_warnings",
    Role.INTEGRATOR: "open",
    Role.ADMINISTRATOR: "audit erase export manage_city manage_users see train",
    "machine": "close dispatch erase escalate freeze invite link manage_city manage_users note open "
    "patrol rank resume see see_warnings train",
}
HANDLER_OF_WATER = Actor(
    kind="user", id=7, name="王五", grants=(Granted(Role.HANDLER, "", "water"),)
)
RIVERSIDE = ("310000", "310101", "310101001")


@pytest.mark.parametrize("role", [*Role, "machine"])
def test_every_role_has_exactly_the_verbs_listed_here(role):
    verbs = verbs_of(role) if role != "machine" else {v for v, who in MAY.items() if role in who}
    assert sorted(verbs) == TABLE[role].split()


def test_every_verb_in_the_table_is_held_by_somebody_known():
    assert all(who and who <= {*Role, "machine"} for who in MAY.values())


@pytest.mark.parametrize(
    ("grant", "areas", "units", "covered"),
    [
        (Granted(Role.HANDLER), (), (), True),
        (Granted(Role.HANDLER, "310101"), RIVERSIDE, {"water"}, True),
        (Granted(Role.HANDLER, "310101001"), RIVERSIDE, (), True),
        (Granted(Role.HANDLER, "310102"), RIVERSIDE, {"water"}, False),
        (Granted(Role.HANDLER, "310101"), ("310000",), {"water"}, False),
        (Granted(Role.HANDLER, "", "water"), RIVERSIDE, {"water", "roads"}, True),
        (Granted(Role.HANDLER, "", "water"), RIVERSIDE, {"roads"}, False),
        (Granted(Role.HANDLER, "310101", "water"), RIVERSIDE, {"water"}, True),
        (Granted(Role.HANDLER, "310101", "water"), RIVERSIDE, {"roads"}, False),
        (Granted(Role.HANDLER, "310102", "water"), RIVERSIDE, {"water"}, False),
    ],
)
def test_scope_is_area_and_all_below_crossed_with_unit(grant, areas, units, covered):
    actor = Actor(kind="user", id=1, grants=(grant,))
    assert grant.covers(areas, units) is covered
    assert may(actor, "report", areas=areas, units=units) is covered
    assert reach(actor).sees(areas, units) is covered


def test_scopes_of_two_roles_do_not_mix():
    actor = Actor(
        kind="user",
        id=1,
        grants=(Granted(Role.HANDLER, "", "water"), Granted(Role.SUPERVISOR, "310102", "")),
    )
    assert may(actor, "report", areas=RIVERSIDE, units={"water"})
    assert not may(actor, "press", areas=RIVERSIDE, units={"water"})
    assert may(actor, "press", areas=("310000", "310102"), units={"roads"})
    assert not may(actor, "report", areas=("310000", "310102"), units={"roads"})


def test_a_verb_without_a_line_may_be_done_by_nobody():
    everything = Actor(kind="user", id=1, grants=tuple(Granted(role) for role in Role))
    for actor in (everything, MACHINE):
        assert not may(actor, "fly", areas=(), units=())
        assert not may_anywhere(actor, "fly")


def test_the_machine_judges_no_dispute_and_reads_no_contact():
    for verb in ("rule", "approve", "decline", "reveal", "merge", "rate"):
        assert not may(MACHINE, verb, areas=RIVERSIDE, units={"water"})


def test_keys_as_the_ledger_writes_them():
    assert HANDLER_OF_WATER.key == "user:7"
    assert Actor(kind="resident", id=12).key == "person:12"
    assert MACHINE.key == "machine"


def test_reach():
    assert reach(MACHINE) == Reach(everything=True)
    assert reach(Actor(kind="resident", id=12)) == Reach(person=12)
    assert not reach(Actor(kind="resident", id=12)).sees(RIVERSIDE, {"water"})
    assert reach(HANDLER_OF_WATER) == Reach(scopes=(("", "water"),))
    assert reach(Actor(kind="user", id=1, grants=(Granted(Role.LEADER),))) == Reach(everything=True)
    assert reach(Actor(kind="user", id=1, grants=(Granted(Role.STEWARD),))) == Reach()
    assert reach(Actor(kind="user", id=1)) == Reach()
