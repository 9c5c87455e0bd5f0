"""Laws of rounds: budgets, order, dismissal, planned events, a killed worker, and noise."""

from collections import Counter
from datetime import date, timedelta
from itertools import permutations

import pytest
from worlds import UNTIL, planted, quiet

from builders import BRIDGE, GRID, QUAY_GRID, user
from xianban.ledger.api import history
from xianban.prevention import api
from xianban.prevention.actions import rounds as acts
from xianban.prevention.models import Behind, Round, Warning
from xianban.prevention.rules.budgeting import Waiting, places

ANALYST = user("analyst")
DAY = timedelta(days=1)


def rubbish():
    return Warning.objects.filter(matter="0202").exclude(method="risk").exclude(shown="silent")


def test_a_desk_never_gets_more_than_its_budget_in_a_day(rounds, monkeypatch):
    rows = quiet()
    for matter in ("0101", "0201", "0202", "03"):
        for area in (GRID, QUAY_GRID):
            rows += planted(30, matter=matter, area=area)
    monkeypatch.setattr(acts, "current", _with(budget=1))
    rounds(rows)
    rounds(rows, kind="hourly")
    rounds(rows + planted(40, matter="03", until=UNTIL + DAY), kind="hourly", until=UNTIL + timedelta(hours=9))  # fmt: skip
    got = Counter(Warning.objects.filter(shown="raised").values_list("desk", "raised_day"))
    assert got
    assert max(got.values()) == 1
    left = Warning.objects.filter(shown="left_out")
    assert left.exists()
    assert all(row.days_left_out >= 1 for row in left)
    assert sum(desk.left_out for desk in api.desks(ANALYST, now=UNTIL)) == left.filter(stand="new").count()  # fmt: skip


def _with(**changes):
    from dataclasses import replace

    from xianban.city.api import current

    def changed():
        city = current()
        return replace(city, prevention=replace(city.prevention, **changes))

    return changed


@pytest.mark.parametrize("order", list(permutations((0, 1, 2))))
def test_one_finding_is_one_warning_in_any_order_of_rounds(rounds, order):
    rows = quiet() + planted(40, days=3)
    looks = [
        ("nightly", UNTIL),
        ("hourly", UNTIL),
        ("nightly", UNTIL + DAY),
    ]
    more = rows + planted(15, days=1, until=UNTIL + DAY)
    for n in order:
        kind, until = looks[n]
        rounds(more if until > UNTIL else rows, kind=kind, until=until)
        rounds(rows, kind=kind, until=until)  # again: nothing
    assert rubbish().count() == 1
    assert rubbish().get().most_people >= 40


def test_it_grows_ends_and_resumes_as_one(rounds):
    base = quiet()
    rounds(base + planted(25))
    rounds(base + planted(25) + planted(60, days=1, until=UNTIL + DAY), until=UNTIL + DAY)
    one = rubbish().get()
    assert one.course == "ongoing"
    verbs = [act.verb for act in history(f"warning:{one.pk}")]
    assert "grow" in verbs
    for n in (2, 8, 16, 24):
        base += quiet(seed=n, days=8 if n > 2 else 1, until=UNTIL + n * DAY)
        rounds(base, until=UNTIL + n * DAY)
    one.refresh_from_db()
    assert one.course == "ended"
    assert [a.verb for a in history(f"warning:{one.pk}")].count("end") >= 1


def test_what_was_dismissed_stays_away_unless_it_grew(rounds):
    base = quiet() + planted(25)
    rounds(base)
    one = rubbish().get()
    api.study(one.pk, "dismiss", reason="known", acting=ANALYST, now=UNTIL)
    again = base + planted(6, days=1, until=UNTIL + DAY)
    rounds(again, until=UNTIL + DAY)
    one.refresh_from_db()
    assert (one.stand, rubbish().count()) == ("dismissed", 1)
    rounds(again + planted(60, days=1, until=UNTIL + 2 * DAY), until=UNTIL + 2 * DAY)
    one.refresh_from_db()
    assert (one.stand, rubbish().count()) == ("new", 1)
    assert "return" in [act.verb for act in history(f"warning:{one.pk}")]


def test_works_that_are_planned_explain_it_and_take_no_place(rounds):
    api.plan_event(
        name="翻修", area=BRIDGE, starts=date(2026, 10, 1), ends=date(2026, 12, 1), matters=["02"],
        acting=ANALYST, now=UNTIL,
    )  # fmt: skip
    done = rounds(quiet() + planted())
    one = rubbish().get()
    assert (one.shown, one.explained_by, one.raised_day) == ("explained", "翻修", None)
    assert done.counts["explained"] == 1
    assert api.events(ANALYST, now=UNTIL)[0].explains == 1


def test_a_worker_that_dies_has_done_nothing_and_the_next_does_it(rounds, monkeypatch):
    rows = quiet() + planted()

    def die(self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(acts._Kept, "fill_budgets", die)
        with pytest.raises(KeyboardInterrupt):
            rounds(rows)
    assert not Round.objects.exists()
    assert not Warning.objects.exists()
    assert not Behind.objects.exists()
    assert rounds(rows).counts["raised"] >= 1
    assert rubbish().count() == 1


@pytest.mark.slow
def test_noise_raises_few_alarms(rounds):
    """Sixty nights of a town in which nothing is the matter."""
    rows = quiet(days=260, dispersed=True, seed=11)
    found = 0
    for n in range(60):
        until = UNTIL - (59 - n) * DAY
        done = rounds([r for r in rows if r[0] < until], until=until)
        found += done.counts["new"]
    false = Warning.objects.exclude(method="risk").count()
    assert false <= 12, f"{false} false warnings in 60 nights ({found} new)"


@pytest.mark.parametrize("budget", [0, 1, 3])
def test_places_go_to_the_most_harm_and_never_beyond_the_budget(budget):
    waiting = [Waiting(n, f"desk{n % 2}", harm=float(n % 7)) for n in range(20)]
    got = places(waiting, taken={"desk0": 1}, budget=budget)
    assert sorted(got.raised + got.left_out) == list(range(20))
    for desk, taken in (("desk0", 1), ("desk1", 0)):
        mine = [w for w in waiting if w.desk == desk]
        raised = [w.harm for w in mine if w.id in got.raised]
        left = [w.harm for w in mine if w.id in got.left_out]
        assert len(raised) == max(0, budget - taken)
        assert not raised or min(raised) >= max(left)
