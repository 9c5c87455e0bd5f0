"""Figures equal a plain recount, follow what goes on, and are seen within one's scope only."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from appraisal.lives import two_hundred
from builders import BRIDGE, EAST, GRID, QUAY_GRID, make_case, monday, user
from xianban.base.errors import NotFound
from xianban.casework.api import Filters, case_list, perform, stages_of
from xianban.command.api import Scope, keep_figures, loads, stage_periods, stage_table, visits
from xianban.command.models import DayLoad, Stage

NOW = datetime(2026, 11, 5, 3, tzinfo=UTC)
CENTRAL, EASTERN = user("supervisor"), user("supervisor", area=EAST)


@pytest.fixture
def october(town):
    told = two_hundred()
    assert keep_figures(now=NOW)
    return told


def test_figures_equal_a_recount(october, town):
    seconds = defaultdict(list)
    for case in stages_of([one.case_id for one in october]):
        for span in case.spans:
            if span.ended_at.astimezone(town.tz).strftime("%Y-%m") == "2026-10":
                seconds[span.stage].append(span.seconds)
    assert {"sign", "contact", "handle", "follow_up", "dispatch"} <= set(seconds)
    table = stage_table(CENTRAL, "2026-10", by="area", code=town.root)
    waited = sum(map(sum, seconds.values()))
    for one in table.stages:
        own = seconds.pop(one.stage)
        assert one.n == len(own)
        assert one.median_s == pytest.approx(np.median(own))
        assert one.p90_s == pytest.approx(np.quantile(own, 0.9))
        assert one.share == pytest.approx(sum(own) / waited)
    assert not seconds
    assert "2026-10" in stage_periods(NOW.date())


def test_every_figure_opens_as_many_visits_as_it_counts(october, town):
    for by, code in (("area", town.root), ("area", EAST), ("area", BRIDGE), ("unit", "water"), ("matter", "02")):  # fmt: skip
        table = stage_table(CENTRAL, "2026-10", by=by, code=code)
        assert table.stages
        for one in table.stages:
            found, after = [], ""
            while True:
                page = visits(CENTRAL, "2026-10", stage=one.stage, by=by, code=code, after=after, size=40)  # fmt: skip
                found += page.rows
                after = page.next
                if not after:
                    break
            assert len({(v.case_id, v.began_at, v.ended_at) for v in found}) == len(found) == one.n
            assert [v.seconds for v in found] == sorted((v.seconds for v in found), reverse=True)


def test_figures_follow_what_goes_on(october):
    before = Stage.objects.count()
    case = make_case(now=monday(9), text="later")
    perform(case.case_id, "sign", acting=user("handler", unit="street-east"), now=monday(11))
    assert keep_figures(now=NOW)
    assert Stage.objects.count() == before + 2  # dispatched at once, signed
    row = Stage.objects.get(case=case.case_id, stage="sign")
    assert (row.seconds, row.week, row.street) == (7200.0, "2026-W45", BRIDGE)
    rows = sorted(Stage.objects.values_list("case", "stage", "n", "seconds"))
    assert keep_figures(now=NOW)
    assert sorted(Stage.objects.values_list("case", "stage", "n", "seconds")) == rows


def test_begun_anew_the_figures_are_the_same(october):
    from xianban.command.models import Followed, StageFigure

    def everything():
        columns = ("period", "stage", "by", "code", "n", "median_s", "p90_s", "total_s")
        return sorted(StageFigure.objects.values_list(*columns)), sorted(
            DayLoad.objects.values_list("day", "by", "code", "matter", "n")
        )

    before = everything()
    Followed.objects.update(upto=0)
    assert keep_figures(now=NOW)
    assert everything() == before


def test_times_within_scope_only(october, town):
    assert stage_table(EASTERN, "2026-10", by="area", code=EAST).stages
    for by, code in (("area", town.root), ("unit", "water"), ("matter", "02"), ("unit", "street-west")):  # fmt: skip
        with pytest.raises(NotFound):
            stage_table(EASTERN, "2026-10", by=by, code=code)
        with pytest.raises(NotFound):
            visits(EASTERN, "2026-10", stage="sign", by=by, code=code)
    parts = stage_table(EASTERN, "2026-10", by="area", code=EAST, within="unit").within
    assert {unit.code for unit, _ in parts} == {"street-east"}


def test_loads_are_the_lists_they_open(october, town):
    today = [make_case(now=monday(hour), area=GRID).case_id for hour in (1, 8, 8.5)]
    make_case(now=monday(7), area=QUAY_GRID)
    keep_figures(now=NOW)
    found = loads(EASTERN, Scope("area", EAST, "East"), now=monday(9))
    assert found.today == found.weeks[-1].n == sum(found.by_hour)
    assert found.by_hour[1] >= 1
    assert found.by_hour[8] >= 2
    assert found.by_hour[9] == 0
    for week in found.weeks:
        start = datetime.combine(week.first, datetime.min.time(), tzinfo=town.tz)
        filters = Filters(area=EAST, received_from=start, received_until=min(start + timedelta(days=7), monday(9)), order="newest")  # fmt: skip
        rows, after = [], ""
        while True:
            page = case_list(EASTERN, filters, now=NOW, after=after)
            rows += page.rows
            after = page.next
            if not after:
                break
        assert len(rows) == week.n
    assert set(today) <= {row.id for row in rows}
    assert not found.weeks[-1].whole
    assert {one.code for one in found.areas} == {BRIDGE}
    with pytest.raises(NotFound):
        loads(EASTERN, Scope("area", town.root, ""), now=monday(9))


def test_nothing_known_is_not_usual(town):
    make_case(now=monday(8))
    keep_figures(now=monday(9))
    found = loads(user("leader"), Scope("area", town.root, ""), now=monday(9))
    assert found.today == 1
    assert found.usual_until_now is None
    assert all(week.usual is None for week in found.weeks)
    assert found.matters == ()
