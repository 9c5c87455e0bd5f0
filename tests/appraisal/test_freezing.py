"""What is frozen stays; a correction is a new revision; the ledger knows both."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from appraisal.lives import AGENT, two_hundred
from builders import user, write_town
from xianban.accounts.api import MACHINE
from xianban.appraisal.actions import reckoning
from xianban.appraisal.api import (
    appeal,
    ask_exclusion,
    broken_seal,
    decide_exclusion,
    freeze,
    keep_current,
    period_seen,
    ranking,
    reckon,
    requests,
    rows_behind,
    rule_appeal,
)
from xianban.appraisal.models import Counted, Figure, Revision
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.casework.api import perform
from xianban.city import api as city
from xianban.ledger.api import history, verify

NOW = datetime(2026, 11, 5, tzinfo=UTC)
EAST = user("handler", unit="street-east")
CHIEF, LEADER = user("supervisor"), user("leader")


@pytest.fixture
def told(town):
    return two_hundred(45)


def everything(n=None):
    revision = period_seen("2026-10", revision=n)
    rows = Counted.objects.filter(revision__n=revision.revision).order_by("case", "n").values()
    figures = Figure.objects.filter(revision__n=revision.revision).order_by("by", "code").values()
    return revision, list(rows), list(figures)


def frozen():
    freeze("2026-10", acting=CHIEF, now=NOW)
    return everything()


def open_again(told):
    """A late word on a case that was counted: not solved after all, long after the freeze."""
    one = next(one for one in told if one.verdicts[-1][1] == (True, "satisfied"))
    perform(
        one.case_id,
        "rate",
        acting=AGENT,
        now=NOW + timedelta(days=1),
        data={"solved": False, "satisfaction": "dissatisfied"},
    )
    return one


def test_a_late_follow_up_changes_nothing_frozen(told):
    before = frozen()
    one = open_again(told)
    assert reckon("2026-10", now=NOW + timedelta(days=2)) is False
    after = everything()
    assert (after[1], after[2]) == (before[1], before[2])
    assert after[0] == before[0]
    assert broken_seal() is None
    reckon("2026-11", now=NOW + timedelta(days=2))
    late = Counted.objects.get(revision__period__name="2026-11", case=one.case_id)
    assert (late.valid, late.solved, late.dissatisfied) == (1, 0, 1)


def test_an_early_draft_follows_what_is_heard(told):
    reckon("2026-10", now=NOW)
    before = everything()
    one = next(one for one in told if one.verdicts[-1][1] == (True, "satisfied"))
    perform(
        one.case_id,
        "rate",
        acting=AGENT,
        now=datetime(2026, 10, 20, tzinfo=UTC),
        data={"solved": False, "satisfaction": "dissatisfied"},
    )
    reckon("2026-10", now=NOW)
    after = everything()
    assert len(after[1]) == len(before[1])
    assert after[2] != before[2]
    assert period_seen("2026-10").frozen_at is None


def test_the_ledger_keeps_the_seal(told):
    revision, rows, _ = frozen()
    act = history("appraisal:2026-10")[-1]
    assert (act.verb, act.actor) == ("freeze", CHIEF.key)
    assert act.payload == {"revision": 1, "rows": len(rows), "digest": revision.digest}
    assert verify().broken is None
    assert broken_seal() is None


@pytest.mark.parametrize("model", [Counted, Figure, Revision])
def test_the_database_refuses_to_change_what_is_frozen(told, model):
    frozen()
    row = model.objects.order_by("pk").first()
    column = {"Counted": "solved", "Figure": "n", "Revision": "rows"}[model.__name__]
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**{column: 1})
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        model.objects.filter(pk=row.pk)._raw_delete("default")
    if model is not Revision:
        row.pk, row.n = None, 9999
        if model is Figure:
            row.code = "another"
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            row.save(force_insert=True)
    assert broken_seal() is None


def test_what_is_not_frozen_may_change(told):
    reckon("2026-10", now=NOW)
    assert Counted.objects.update(solved=1) > 0
    assert Figure.objects.all().delete()[0] > 0


def test_only_a_period_that_is_over_and_decided_is_frozen_and_only_once(told):
    with pytest.raises(WrongState, match="not over"):
        freeze("2026-10", acting=CHIEF, now=datetime(2026, 10, 31, 15, tzinfo=UTC))
    reckon("2026-10", now=NOW)
    mine = next(one for one in told if one.unit == "street-east")
    ask_exclusion("2026-10", mine.case_id, unit="street-east", ground="malicious", evidence="x", acting=EAST, now=NOW)  # fmt: skip
    with pytest.raises(WrongState, match="1 request"):
        freeze("2026-10", acting=CHIEF, now=NOW)


def test_freezing_twice_is_refused(told):
    frozen()
    with pytest.raises(WrongState, match="frozen already"):
        freeze("2026-10", acting=CHIEF, now=NOW)


@pytest.mark.parametrize(
    "who", [user("leader"), user("handler", unit="street-east"), user("supervisor", area="990100"), user("administrator")]
)  # fmt: skip
def test_freezing_is_for_the_centre(told, who):
    with pytest.raises(NotAllowed):
        freeze("2026-10", acting=who, now=NOW)


def appealed(told, ground="wrong_record"):
    one = next(o for o in told if o.unit == "street-east" and o.verdicts[-1][1] == (False, "dissatisfied"))  # fmt: skip
    key = appeal("2026-10", one.case_id, unit="street-east", ground=ground, evidence="a photograph", acting=EAST, now=NOW)  # fmt: skip
    return one, key


def east(n=None):
    groups = ranking(MACHINE, "2026-10", revision=n).groups
    return next(f for group in groups for f in group.figures if f.code == "street-east")


def test_a_ruling_corrects_by_a_new_revision(told):
    before = frozen()
    _, key = appealed(told)
    said = {"solved": True, "satisfaction": "basically"}
    number = rule_appeal(key, granted=True, reason="the photograph shows it", acting=LEADER, now=NOW, correction=said)  # fmt: skip
    assert number == 2
    assert everything(1)[1:] == before[1:]
    was, now = east(1), east()
    changed = {name: now.tallies[name] - was.tallies[name] for name in was.tallies if now.tallies[name] != was.tallies[name]}  # fmt: skip
    assert changed == {"solved": 1, "basically": 1, "dissatisfied": -1}
    assert float(now.score) > float(was.score)
    seen = period_seen("2026-10")
    assert (seen.revision, seen.revisions, seen.why) == (2, 2, "the photograph shows it")
    verbs = [act.verb for act in history("appraisal:2026-10")]
    assert verbs == ["freeze", "appeal", "correct", "rule_appeal"]
    assert broken_seal() is None
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        Counted.objects.filter(revision__n=2).update(solved=1)


def test_an_appeal_on_another_ground_leaves_the_case_out(told):
    frozen()
    one, key = appealed(told, ground="malicious")
    rule_appeal(key, granted=True, reason="the police say so", acting=LEADER, now=NOW)
    assert east().tallies["valid"] == east(1).tallies["valid"] - 1
    rows = rows_behind(MACHINE, "2026-10", by="unit", code="street-east", size=200).rows
    assert [row.left_out for row in rows if row.case_id == one.case_id] == ["malicious"]


def test_a_refused_appeal_changes_nothing(told):
    before = frozen()
    _, key = appealed(told)
    assert rule_appeal(key, granted=False, reason="it shows another place", acting=LEADER, now=NOW) is None  # fmt: skip
    assert everything() == before


def test_who_rules_is_another(told):
    frozen()
    _, key = appealed(told)
    both = user("supervisor")
    offered = {who: [one.may_decide for one in requests(who)] for who in (both, LEADER)}
    assert offered == {both: [False], LEADER: [True]}
    with pytest.raises(NotAllowed, match="froze"):
        rule_appeal(key, granted=True, reason="x", acting=both, now=NOW)
    for who in (EAST, user("leader", area="990100"), user("dispatcher")):
        with pytest.raises(NotAllowed):
            rule_appeal(key, granted=True, reason="x", acting=who, now=NOW)
    with pytest.raises(BadInput, match="put right"):
        rule_appeal(key, granted=True, reason="x", acting=LEADER, now=NOW)
    assert period_seen("2026-10").revisions == 1


def test_before_freezing_one_asks_and_after_it_one_appeals(told):
    reckon("2026-10", now=NOW)
    mine = next(one for one in told if one.unit == "street-east")
    words = {"unit": "street-east", "ground": "malicious", "evidence": "x", "acting": EAST, "now": NOW}  # fmt: skip
    with pytest.raises(WrongState, match="not frozen"):
        appeal("2026-10", mine.case_id, **words)
    frozen()
    with pytest.raises(WrongState, match="appeal"):
        ask_exclusion("2026-10", mine.case_id, **words)


def test_a_change_behind_the_database_s_back_is_found(told):
    from django.db import connection

    frozen()
    drop = "DROP TRIGGER appraisal_counted_UPDATE_frozen"
    if connection.vendor == "postgresql":
        drop = "DROP TRIGGER appraisal_counted_frozen ON appraisal_counted"
    with connection.cursor() as cursor:
        cursor.execute(drop)
        change = 'UPDATE appraisal_counted SET solved = 1 - solved WHERE "case" = %s'
        cursor.execute(change, [told[0].case_id])
    assert broken_seal() == "revision 1 of the period 2026-10 is not what was frozen"


def test_a_period_ahead_and_one_that_was_never_reckoned(town):
    with pytest.raises(NotFound, match="begins on 2027-01-01"):
        reckon("2027-01", now=NOW)
    with pytest.raises(NotFound, match="xianban appraise"):
        ranking(MACHINE, "2026-10")


def test_when_periods_begin_on_another_day_no_day_is_counted_twice(town, tmp_path):
    reckon("2026-10", now=NOW)
    pack = write_town(tmp_path / "pack")
    file = pack / "city.toml"
    file.write_text(file.read_text("utf-8") + "[appraisal]\nfirst_day = 19\n", "utf-8")
    city.load(pack, now=NOW)
    later = datetime(2026, 12, 1, tzinfo=UTC)
    assert keep_current(now=NOW) == ["2026-10", "2026-11"]
    assert keep_current(now=later) == ["2026-11", "2026-12"]
    assert period_seen("2026-11").starts_at == period_seen("2026-10").ends_at
    assert period_seen("2026-12").starts_at == period_seen("2026-11").ends_at


def test_what_somebody_decided_meanwhile_is_not_undone(told, monkeypatch):
    """Between reading the cases and writing the rows somebody leaves a case out."""
    reckon("2026-10", now=NOW)
    one = next(one for one in told if one.unit == "street-east")
    key = ask_exclusion("2026-10", one.case_id, unit="street-east", ground="malicious", evidence="x", acting=EAST, now=NOW)  # fmt: skip
    plan = reckoning._plan

    def slow(*values):
        found = plan(*values)
        decide_exclusion(key, granted=True, reason="x", acting=CHIEF, now=NOW + timedelta(minutes=1))  # fmt: skip
        return found

    monkeypatch.setattr(reckoning, "_plan", slow)
    reckon("2026-10", now=NOW + timedelta(minutes=2))
    assert Counted.objects.get(case=one.case_id).left_out == "malicious"


def test_rows_come_before_the_revision_that_guards_them_in_a_backup():
    """A backup is loaded table by table in order of name; the guard looks at the revision."""
    assert Counted._meta.db_table < Figure._meta.db_table < Revision._meta.db_table
