"""The city with known truth, lived through the product: what the bulk rules say, and what no rule may give."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from xianban.casework.api import case_view, verify_heads
from xianban.casework.models import Case
from xianban.city.api import current, forget
from xianban.intake.models import Request
from xianban.prevention import api as prevention
from xianban.prevention.models import Order, Warning
from xianban.simulate import demo, live, own, product
from xianban.simulate.ahead import FOUND, NOTHING
from xianban.simulate.geography import make_geography

NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
DAYS, PAST, SEED = 8, 20, 2
WITHIN = pytest.approx


@pytest.fixture(scope="module")
def drawn():
    return make_geography(7)


@pytest.fixture
def home(db, drawn, monkeypatch):
    """The sample city with its people, drawn once for all tests."""
    for module in (demo, live):
        monkeypatch.setattr(module, "make_geography", lambda seed=7: drawn)
    forget()
    yield demo.found_city(now=NOW)
    forget()


def lived(home, policy, *, days=DAYS, past=PAST, skill=1.0, keep=False):
    """One life of the city, taken back afterwards; each has a history of its own."""
    asked = product._Asked(days, product.PEOPLE, SEED, skill, past, NOW)
    with transaction.atomic():
        try:
            return product._in_product(*home, asked, policy, lambda done, of: None)
        finally:
            if not keep:
                transaction.set_rollback(True)


def beside(drawn, policy, *, days=DAYS, past=PAST):
    return product.simulate_beside(
        drawn, days=days, seed=SEED, people=product.PEOPLE, now=NOW, policy=policy, past=past
    )


@pytest.mark.slow
def test_the_product_and_the_bulk_rules_tell_the_same_story(home, drawn):
    """Reactive: the same problems; complaints within 15%, nuisance within 30%, merges within a tenth of
    all reports, and the median time until an answer within six hours."""
    days = 10
    got = lived(home, "reactive", days=days, past=0, keep=True)
    bulk = beside(drawn, "reactive", days=days, past=0)
    assert got.problems == bulk.problems > 5
    assert got.complaints == Request.objects.count() > 60
    assert got.complaints == WITHIN(bulk.complaints, rel=0.15)
    assert got.nuisance_person_days == WITHIN(bulk.nuisance_person_days, rel=0.30)
    assert abs(got.joined - bulk.joined) <= 0.1 * bulk.complaints
    assert got.median_fix_hours == WITHIN(bulk.median_fix_hours, abs=6)
    assert got.refused <= 0.03 * got.complaints
    assert verify_heads() is None
    life = live.Life(now=NOW)
    before = Case.objects.count()
    for _ in range(3):
        life.step(now=NOW)
    assert Case.objects.count() == before + 3


@pytest.mark.slow
def test_looking_ahead_in_the_product_costs_what_it_costs_and_is_not_built_in(home, drawn, tmp_path, monkeypatch):  # fmt: skip
    """Proactive: the same problems under every policy and skill. Beside bulk, complaints within 30% and
    nuisance within 50%. Without skill nearly all orders find nothing, are paid for, and spare nothing."""
    reactive = lived(home, "reactive")
    got = {}
    for skill in (1.0, 0.0):
        monkeypatch.setenv("XIANBAN_HOME", str(tmp_path / f"skill-{skill:g}"))
        got[skill] = lived(home, "proactive", skill=skill)
    bulk = beside(drawn, "proactive")
    seeing, blind = got[1.0], got[0.0]
    assert reactive.problems == seeing.problems == blind.problems == bulk.problems
    assert seeing.orders > 0
    assert seeing.complaints == WITHIN(bulk.complaints, rel=0.30)
    assert seeing.nuisance_person_days == WITHIN(bulk.nuisance_person_days, rel=0.50)
    assert blind.empty_orders >= 0.8 * blind.orders > 0
    assert blind.nuisance_person_days >= 0.95 * reactive.nuisance_person_days
    for one in (seeing, blind):
        assert 0 < one.order_hours < one.staff_hours
        assert one.empty_orders <= one.orders
        assert one.warnings["all"].raised == one.orders
        assert one.refused <= 0.05 * one.complaints


@pytest.mark.slow
def test_staff_of_the_live_city_look_where_an_order_sends_them(home, monkeypatch):
    """In time an order of the demo is answered, says what was found, and a cause that was found is gone."""
    monkeypatch.setattr(live, "LEFT_ALONE", 0.0)
    life = live.Life(now=NOW)
    problem = int(life.world.live()[0])
    grid, kind = int(life.world.grid[problem]), life.world.kinds[int(life.world.kind[problem])]
    area = life._codes[grid]
    row = Warning.objects.create(
        detector="gathering", detector_n=1, method="gathering", title="x", matter=kind.matter,
        area=area, areas=[area], desk=current().root, shown="raised", raised_at=NOW,
        raised_day=NOW.date(), since=NOW.date(), first_at=NOW, last_at=NOW, observed=2, expected=0.1,
        people=2, people_at_first=2, most_people=2, confidence=0.5, p_value=0.01, size=2, helped=0.2,
        harm=0.2,
    )  # fmt: skip
    lead = current().duty_for(kind.matter, area, on=NOW.date()).lead
    made = prevention.order(
        row.pk, measures="去看", lead=lead, legal_basis="x", acting=home[1].analysts[0], now=NOW
    )
    at = NOW
    for _ in range(12):
        at += timedelta(hours=1)
        life.step(now=at)
    prevention.follow(now=at)
    case = case_view(made.case, home[1].supervisors[0], now=at)
    assert case.state == "closed"
    assert case.answer in (FOUND, NOTHING)
    assert Order.objects.get().answered_at
    assert (case.answer == FOUND) >= bool(life.world.mended[problem] < life.day)


@pytest.mark.slow
def test_own_detectors_without_skill_point_anywhere_and_nothing_stays_in_the_home(db, drawn, monkeypatch):  # fmt: skip
    monkeypatch.setattr(own, "make_geography", lambda seed=7: drawn)
    monkeypatch.setattr(own, "WARMING", 1)
    forget()
    blind = own.measure_own(days=4, seed=SEED, people=100_000, skill=0.0)
    assert blind.all.raised > 0
    behind = [one for name, one in blind.by_detector.items() if name != "risk"]
    assert sum(one.precision * one.raised for one in behind) <= 0.2 * sum(one.raised for one in behind)  # fmt: skip
    assert not Warning.objects.exists()
