"""What comes after a warning: its effect through the worker's rounds, and what is learnt and planned."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from worlds import UNTIL, planted, quiet

from builders import BRIDGE, EAST, GRID, MILL, WEST, user, write_town
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.casework.api import perform
from xianban.city import api as city
from xianban.ledger.api import history
from xianban.prevention import api
from xianban.prevention.models import DetectorVersion, Measure, RiskCell, Warning

NOW = UNTIL + timedelta(hours=1)
ANALYST, SUPERVISOR = user("analyst"), user("supervisor")
PEERS = [f"99020000{n}" for n in range(2, 10)]  # streets to compare with
SAID = {"measures": "清运并增设垃圾桶", "legal_basis": "市容条例第十条"}


@pytest.fixture
def town(db, tmp_path):
    """The town with more streets in its west."""
    city.forget()
    pack = write_town(tmp_path / "town")
    with (pack / "areas.csv").open("a", encoding="utf-8") as sheet:
        sheet.writelines(f"{code},Quarter {code[-1]},street,{WEST},,5000,,\n" for code in PEERS)
    city.load(pack, now=datetime(2026, 1, 1, tzinfo=UTC))
    city.forget()
    return city.current()


def usual(until=UNTIL, **more):
    return quiet(until=until, areas=(GRID, *PEERS), matters=("0202",), **more)


@pytest.fixture
def ordered(rounds):
    """A past with more rubbish on Bridge Street than usual, and the order that it led to."""
    past = usual() + planted()
    rounds(past)
    row = Warning.objects.get(matter="0202", method="daily", shown="raised")
    return past, api.order(row.pk, acting=ANALYST, now=NOW, **SAID)


def treat(order, now):
    """The unit acts and answers, a supervisor closes, the worker notes it."""
    handler = user("handler", unit="street-east")
    perform(order.case, "sign", acting=handler, now=now)
    perform(order.case, "report", acting=handler, now=now + timedelta(hours=5), data={"text": "done"})  # fmt: skip
    perform(order.case, "close", acting=SUPERVISOR, now=now + timedelta(days=1), data={"text": "seen"})  # fmt: skip
    assert api.follow(now=now + timedelta(days=1, hours=1)) == 1
    assert api.follow(now=now + timedelta(days=1, hours=2)) == 0


def since(weeks, *, left=3):
    """So many weeks on: of what used to come to Bridge Street, one in `left`."""
    until = UNTIL + timedelta(weeks=weeks)
    rows = usual(until, days=7 * weeks, seed=7)
    return until, [row for n, row in enumerate(rows) if row[2] != GRID or n % left == 0]


def test_an_order_that_is_closed_is_measured_as_registered_while_its_window_fills(rounds, ordered):
    past, order = ordered
    plan = Measure.objects.get().plan
    treat(order, NOW)
    order.refresh_from_db()
    assert order.answered_at == NOW + timedelta(hours=5)
    assert order.ended_at == NOW + timedelta(days=1)

    until, came = since(4)
    rounds(past + came, until=until)
    half = Measure.objects.get()
    assert (half.state, half.weeks_seen, half.relative) == ("filling", 3, None)

    until, came = since(9)
    rounds(past + came, until=until)
    whole = Measure.objects.get()
    assert (whole.state, whole.weeks_seen, whole.plan) == ("done", 8, plan)
    assert whole.relative < -0.3
    assert whole.low < whole.relative < whole.high < 0
    verbs = [act.verb for act in history(f"warning:{order.warning_id}")]
    assert verbs.index("order") < verbs.index("answered") < verbs.index("closed") < verbs.index("measure")  # fmt: skip

    shown = api.warning(order.warning_id, ANALYST, now=until)
    assert shown.order.effect.state == "done"
    assert api.record(shown.row.detector).effect == pytest.approx(whole.relative)
    assert [row.number for row in api.orders(ANALYST, measured=True).rows] == [order.number]
    assert api.area_profile(BRIDGE, ANALYST).worked[0].relative == pytest.approx(whole.relative)
    assert api.state(ANALYST, now=until).prevented > 0
    rounds(past + came, until=until + timedelta(days=7))
    assert Measure.objects.get().result == whole.result  # what is done stays as it is


def test_an_order_that_found_nothing_prevented_nothing_whatever_came_afterwards(rounds, ordered):
    past, order = ordered
    treat(order, NOW)
    until, came = since(9)
    rounds(past + came, until=until)
    api.study(order.warning_id, "conclude", outcome="empty", acting=ANALYST, now=until)
    row = Warning.objects.get(pk=order.warning_id)
    assert Measure.objects.get().relative < -0.3
    assert api.record(row.detector).effect == 0
    assert api.area_profile(BRIDGE, ANALYST).worked == ()
    assert api.state(ANALYST, now=until).prevented == 0


def test_what_helped_before_weighs_in_the_next_ranking(rounds, ordered):
    past, order = ordered
    treat(order, NOW)
    until, came = since(9)
    rounds(past + came, until=until)
    helped = Warning.objects.get(pk=order.warning_id).helped
    again = until + timedelta(days=1)
    rounds(past + came + planted(40, until=again, area=PEERS[0]), until=again)
    fresh = Warning.objects.filter(matter="0202", area=PEERS[0], method="daily").get()
    assert fresh.helped > helped


def test_a_reporter_reads_who_acts_on_the_cause(rounds):
    from builders import make_case

    mine, other = make_case(now=UNTIL - timedelta(hours=3)), make_case(now=UNTIL - timedelta(hours=2))  # fmt: skip
    rows = usual() + planted()
    keys = [n for n, row in enumerate(sorted(rows, key=lambda r: r[0]), 1) if row[1:3] == ("0202", GRID)]  # fmt: skip
    rounds.cases[keys[-1]] = mine.case_id
    rounds(rows)
    row = Warning.objects.get(matter="0202", method="daily", shown="raised")
    assert api.treatment_of(mine.case_id) is None
    order = api.order(row.pk, acting=ANALYST, now=NOW, **SAID)
    told = api.treatment_of(mine.case_id)
    assert (told.lead.code, told.at, told.done_at) == ("street-east", NOW, None)
    assert api.treatment_of(other.case_id) is None
    assert api.treatment_of(order.case) is None
    treat(order, NOW)
    assert api.treatment_of(mine.case_id).done_at == NOW + timedelta(hours=5)


def test_a_challenger_is_promoted_and_reverted_by_a_person_with_a_reason(rounds):
    rounds(usual() + planted())
    seen = api.detector("daily_rise", ANALYST)
    assert (seen.n, seen.trial, seen.may_tune) == (1, None, True)
    for call in (
        lambda: api.challenge("daily_rise", {"fdr": 0.01}, reason=" ", acting=ANALYST, now=NOW),
        lambda: api.challenge("daily_rise", {"fdr": 7}, reason="x", acting=ANALYST, now=NOW),
        lambda: api.challenge(
            "daily_rise", {"method": "risk"}, reason="x", acting=ANALYST, now=NOW
        ),
    ):
        with pytest.raises(BadInput):
            call()
    with pytest.raises(NotFound):
        api.promote("daily_rise", reason="x", acting=ANALYST, now=NOW)
    n = api.challenge("daily_rise", {"least": 60}, reason="小事太多", acting=ANALYST, now=NOW)
    past = usual(UNTIL + timedelta(days=1)) + planted() + planted(30, days=1, until=UNTIL + timedelta(days=1), area=PEERS[0])  # fmt: skip
    rounds(past, until=UNTIL + timedelta(days=1))
    trial = api.detector("daily_rise", ANALYST).trial
    assert (trial.n, trial.found) == (n, 0)
    assert trial.champion_found >= 1

    with pytest.raises(BadInput, match="why"):
        api.promote("daily_rise", reason="", acting=ANALYST, now=NOW)
    with pytest.raises(NotAllowed):
        api.promote("daily_rise", reason="x", acting=user("auditor"), now=NOW)
    assert api.promote("daily_rise", reason="安静得多", acting=ANALYST, now=NOW) == n
    before = Warning.objects.filter(method="daily").count()
    past += planted(40, days=1, until=UNTIL + timedelta(days=2), area=PEERS[1])
    rounds(past, until=UNTIL + timedelta(days=2))
    assert Warning.objects.filter(method="daily").count() == before  # 40 are fewer than 60
    with pytest.raises(WrongState):
        api.revert("daily_rise", n, reason="x", acting=ANALYST, now=NOW)
    api.revert("daily_rise", 1, reason="漏掉了", acting=ANALYST, now=NOW)
    past += planted(40, days=1, until=UNTIL + timedelta(days=3), area=PEERS[2])
    rounds(past, until=UNTIL + timedelta(days=3))
    assert Warning.objects.filter(method="daily").count() > before
    states = dict(DetectorVersion.objects.filter(name="daily_rise").values_list("n", "state"))
    assert states == {1: "champion", n: "retired"}
    acts = [(act.verb, act.payload["said"].get("reason")) for act in history("detector:daily_rise")]
    assert acts[-2:] == [("promote", "安静得多"), ("revert", "漏掉了")]


def test_a_topic_of_the_month_has_an_owner_measures_a_curve_and_an_end(rounds):
    rounds(usual() + planted())
    offered = api.topic_offers(SUPERVISOR, area=EAST)
    assert offered[0].people > 0
    terms = {
        "month": "2026-11",
        "matter": "0202",
        "area": BRIDGE,
        "title": "垃圾清运",
        "owner": "street-east",
        "measures": [{"text": "增设垃圾桶", "unit": "landscaping", "due": "2026-11-20"}],
        "acting": SUPERVISOR,
        "now": NOW,
    }
    for wrong in (
        {"month": "11-2026"},
        {"owner": "nobody"},
        {"title": " "},
        {"measures": []},
        {"measures": [{"text": "x", "unit": "landscaping", "due": "soon"}]},
    ):
        with pytest.raises(BadInput):
            api.choose_topic(**{**terms, **wrong})
    with pytest.raises(NotAllowed):
        api.choose_topic(**{**terms, "acting": user("handler", unit="street-east")})
    key = api.choose_topic(**terms)
    with pytest.raises(WrongState):
        api.choose_topic(**terms)
    one = api.topic(key, SUPERVISOR)
    assert len(one.weeks) == len(one.people) == 52
    assert sum(one.people) > 0
    assert [t.id for t in api.topics(SUPERVISOR, month="2026-11")] == [key]
    assert not api.topics(SUPERVISOR, month="2026-10")

    with pytest.raises(NotFound):  # nothing of theirs: it is out of their sight
        api.tick_measure(key, 0, acting=user("handler", unit="water"), now=NOW)
    with pytest.raises(BadInput):
        api.tick_measure(key, 4, acting=SUPERVISOR, now=NOW)
    api.tick_measure(key, 0, acting=user("handler", unit="landscaping"), now=NOW)
    assert api.topic(key, SUPERVISOR).measures[0]["done"] == "2026-11-02"
    with pytest.raises(BadInput):
        api.close_topic(key, result="", acting=SUPERVISOR, now=NOW)
    api.close_topic(key, result="投诉少了一半", acting=SUPERVISOR, now=NOW)
    with pytest.raises(WrongState):
        api.close_topic(key, result="again", acting=SUPERVISOR, now=NOW)
    assert [act.verb for act in history(f"topic:{key}")] == ["choose", "done", "close"]


def test_patrols_go_where_most_is_expected_within_the_hours_of_the_teams(rounds, monkeypatch):
    rounds(quiet())
    assert RiskCell.objects.exists()
    walker = user("grid_worker", area=EAST)
    plan = api.patrol_plan(walker, area=EAST, teams=2, hours=6)
    assert plan.visits
    assert plan.first_day == date(2026, 11, 2)
    assert {visit.area.code for visit in plan.visits} <= {MILL}
    for team in (1, 2):
        assert sum(v.hours + v.travel_hours for v in plan.visits if v.team == team) <= 6 + 1e-6
    everywhere = api.patrol_plan(ANALYST, area=city.current().root, teams=1, hours=2)
    whole = {v.area.code: v.expected for v in everywhere.visits}
    assert whole
    with pytest.raises(NotAllowed):
        api.patrol_plan(walker, area=WEST)
    with pytest.raises(NotAllowed):
        api.patrol_plan(user("agent"), area=EAST)
    seen = {named.code for visit in plan.visits for named, _ in visit.matters}
    matters = {code: replace(m, outdoors=code not in seen) for code, m in city.current().matters.items()}  # fmt: skip
    indoors = replace(city.current(), matters=matters)
    monkeypatch.setattr("xianban.prevention.queries.ahead.current", lambda: indoors)
    told = api.patrol_plan(walker, area=EAST).visits
    assert not {named.code for visit in told for named, _ in visit.matters} & seen
    monkeypatch.undo()
    RiskCell.objects.all().delete()
    none = api.patrol_plan(walker, area=EAST)
    assert not none.visits
    assert "twelve weeks" in none.note


def test_an_area_is_shown_beside_peers_of_its_kind(rounds):
    rounds(usual() + quiet(areas=(GRID,), matters=("0101", "03"), seed=4))
    own = api.area_profile(BRIDGE, ANALYST)
    assert own.level == "street"
    assert len(own.weeks) == len(own.load) == 52
    assert own.people == sum(own.load)
    assert {peer.area.code for peer in own.peers} <= {*PEERS, "990200001"}
    assert own.complexity > 1.5  # three matters; the others have one
    assert all(peer.complexity <= 1.01 for peer in own.peers)
    assert own.places["complexity"] == 1
    assert api.area_profile(PEERS[0], ANALYST).rate > 0  # a population is known there
    assert own.rate is None  # and not here
    with pytest.raises(NotFound):
        api.area_profile(BRIDGE, user("analyst", area=WEST))
    with pytest.raises(NotFound):
        api.area_profile("nowhere", ANALYST)
    assert not api.area_profile(BRIDGE, ANALYST).worked
