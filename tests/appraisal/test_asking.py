"""Cases are left out for a reason, with evidence, by another; figures are within one's scope."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from appraisal.lives import two_hundred
from builders import user
from xianban.accounts.api import MACHINE, Actor, Granted, Role
from xianban.appraisal.api import (
    ask_exclusion,
    decide_exclusion,
    figure,
    ranking,
    reckon,
    requests,
    rows_behind,
)
from xianban.appraisal.models import Exclusion
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.ledger.api import history
from xianban.ledger.models import Notice

NOW = datetime(2026, 11, 5, tzinfo=UTC)
EAST = user("handler", unit="street-east")
CHIEF = user("supervisor")


@pytest.fixture
def mine(town):
    """A case of the eastern street that went badly."""
    told = two_hundred(45)
    reckon("2026-10", now=NOW)
    return next(o for o in told if o.unit == "street-east" and o.verdicts[-1][1] == (False, "dissatisfied"))  # fmt: skip


def ask(case_id, **more):
    words = {"unit": "street-east", "ground": "malicious", "evidence": "a recording", "acting": EAST, "now": NOW}  # fmt: skip
    return ask_exclusion("2026-10", case_id, **(words | more))


def east():
    return figure(MACHINE, "2026-10", by="unit", code="street-east")


def test_what_is_granted_is_left_out_and_still_shown(mine):
    before = east()
    decide_exclusion(ask(mine.case_id), granted=True, reason="heard it", acting=CHIEF, now=NOW)
    assert east().tallies["valid"] == before.tallies["valid"] - 1
    assert float(east().score) > float(before.score)
    rows = rows_behind(MACHINE, "2026-10", by="unit", code="street-east", size=200).rows
    assert {row.left_out for row in rows if row.case_id == mine.case_id} == {"malicious"}
    reckon("2026-10", now=NOW)
    assert east().tallies["valid"] == before.tallies["valid"] - 1


def test_what_is_refused_counts_and_may_be_asked_again(mine):
    before = east()
    decide_exclusion(ask(mine.case_id), granted=False, reason="no", acting=CHIEF, now=NOW)
    assert east() == before
    ask(mine.case_id, evidence="a better recording")


@pytest.mark.parametrize(("granted", "kind"), [(True, "exclusion_granted"), (False, "exclusion_refused")])  # fmt: skip
def test_who_asked_hears_what_was_decided(mine, granted, kind):
    key = ask(mine.case_id)
    decide_exclusion(key, granted=granted, reason="heard it", acting=CHIEF, now=NOW)
    told = Notice.objects.get(kind=kind)
    assert (told.to, told.payload["period"]) == (EAST.key, "2026-10")


def test_each_step_is_in_the_ledger_without_its_words(mine):
    key = ask(mine.case_id)
    decide_exclusion(key, granted=True, reason="heard it", acting=CHIEF, now=NOW)
    acts = history("appraisal:2026-10")
    assert [(act.verb, act.actor) for act in acts] == [
        ("ask_exclusion", EAST.key),
        ("decide_exclusion", CHIEF.key),
    ]
    assert acts[0].payload | {"words": ""} == {
        "request": key,
        "case": mine.case_id,
        "unit": "street-east",
        "ground": "malicious",
        "state": "asked",
        "words": "",
    }
    assert "recording" not in str(acts[0].payload)


def test_never_by_oneself(mine):
    """Not by who asked, not by somebody of that unit, not from a district, not by another role."""
    both = Actor("user", EAST.id, "both", (*EAST.grants, Granted(Role.SUPERVISOR)))
    colleague = Actor("user", 77, "colleague", (*EAST.grants, Granted(Role.SUPERVISOR)))
    key = ask(mine.case_id, acting=both)
    others = [both, colleague, EAST, user("supervisor", area="990100"), user("supervisor", unit="street-east")]  # fmt: skip
    others += [user(role) for role in ("leader", "dispatcher", "agent", "administrator", "auditor")]
    for who in (*others, MACHINE):
        with pytest.raises(NotAllowed):
            decide_exclusion(key, granted=True, reason="x", acting=who, now=NOW)
    assert east().tallies["valid"] > 0
    decide_exclusion(key, granted=True, reason="x", acting=CHIEF, now=NOW)


def test_the_database_knows_it_too(mine):
    key = ask(mine.case_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        Exclusion.objects.filter(pk=key).update(
            state="granted", decided_by=EAST.key, decided_at=NOW, reason="me"
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Exclusion.objects.filter(pk=key).update(evidence="")


def test_only_the_unit_asks_and_only_about_its_own_cases(mine):
    west = user("handler", unit="street-west")
    for who in (west, CHIEF, user("agent"), MACHINE):
        with pytest.raises(NotAllowed):
            ask(mine.case_id, acting=who)
    with pytest.raises(NotFound):
        ask(mine.case_id, acting=west, unit="street-west")
    with pytest.raises(NotFound):
        ask(10_000_000)
    with pytest.raises(BadInput):
        ask(mine.case_id, evidence=" ")
    with pytest.raises(BadInput):
        ask(mine.case_id, ground="wrong_record")  # for appeals alone


def test_it_is_asked_and_decided_once(mine):
    key = ask(mine.case_id)
    with pytest.raises(WrongState):
        ask(mine.case_id)
    with pytest.raises(BadInput):
        decide_exclusion(key, granted=True, reason="", acting=CHIEF, now=NOW)
    decide_exclusion(key, granted=True, reason="x", acting=CHIEF, now=NOW)
    with pytest.raises(WrongState):
        decide_exclusion(key, granted=False, reason="y", acting=CHIEF, now=NOW)
    with pytest.raises(NotFound):
        ask(mine.case_id)  # it does not count any more


def codes(actor, by="unit"):
    return {f.code for group in ranking(actor, "2026-10", by=by).groups for f in group.figures}


UNITS = {"street-east", "street-west", "water", "transport"}
SCOPES = [
    (user("leader"), UNITS, True),
    (user("supervisor"), UNITS, True),
    (user("auditor"), UNITS, True),
    (MACHINE, UNITS, True),
    (user("leader", area="990100"), {"street-east"}, False),
    (user("supervisor", area="990200001"), {"street-west"}, False),
    (EAST, {"street-east"}, False),
    (user("handler", unit="water"), {"water"}, False),
]


@pytest.mark.parametrize(("actor", "units", "everywhere"), SCOPES)
def test_figures_within_one_s_scope(mine, actor, units, everywhere):
    assert codes(actor) == units
    assert bool(codes(actor, "matter")) == everywhere
    assert (ranking(actor, "2026-10").whole is not None) == everywhere
    areas = codes(actor, "area")
    assert ("990200001" in areas) == (everywhere or units == {"street-west"})
    for unit in UNITS - units:
        with pytest.raises(NotFound):
            figure(actor, "2026-10", by="unit", code=unit)
        with pytest.raises(NotFound):
            rows_behind(actor, "2026-10", by="unit", code=unit)


def test_who_has_no_business_with_figures(mine):
    for role in ("agent", "dispatcher", "grid_worker", "steward", "integrator", "administrator"):
        with pytest.raises(NotAllowed):
            ranking(user(role), "2026-10")


def test_a_place_is_that_among_all_peers_though_one_sees_one(mine):
    alone = ranking(EAST, "2026-10").groups[0].figures[0]
    among = {f.code: f for g in ranking(MACHINE, "2026-10").groups for f in g.figures}
    assert alone == among["street-east"]
    assert alone.among == 2


def test_requests_within_one_s_scope(mine):
    ask(mine.case_id)
    assert [one.may_decide for one in requests(CHIEF)] == [True]
    assert [one.may_decide for one in requests(EAST)] == [False]
    assert requests(user("handler", unit="street-west")) == ()
