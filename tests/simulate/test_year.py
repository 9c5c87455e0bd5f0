"""Demand: seasons, weekdays, hours, outbreaks."""

from collections import Counter
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from xianban.simulate.geography import make_geography
from xianban.simulate.requests import a_year
from xianban.simulate.year import OUTBREAKS, outbreak_times, wishes

UNTIL = datetime(2026, 11, 22, 15, 30)  # noqa: DTZ001 (the city's own time)


@pytest.fixture(scope="module")
def year():
    rng = np.random.default_rng(1)
    return wishes(30_000, until=UNTIL, days=365, holidays=frozenset({date(2026, 10, 1)}), rng=rng)


def share(year, matter, months):
    found = [wish for wish in year if wish.matter == matter]
    return sum(wish.at.month in months for wish in found) / len(found)


def test_seasons_have_their_matters(year):
    assert share(year, "010101", {11, 12, 1, 2, 3}) > 0.9  # cold rooms
    assert share(year, "030105", {6, 7, 8}) > 0.55  # water on the roads
    assert share(year, "110101", {5, 6, 8, 9}) > 0.6  # places at school
    assert 0.1 < share(year, "050101", {1, 2, 3}) < 0.4  # caretakers, always


def test_weekdays_are_busier_than_weekends_and_nights_are_quiet(year):
    old = [wish.at for wish in year if wish.at < UNTIL - timedelta(days=20)]
    days = Counter(at.weekday() for at in old)
    assert days[0] > days[5] > 0.5 * days[0]
    hours = Counter(at.hour for at in old)
    assert hours[10] > 5 * hours[3]


def test_times_are_in_order_and_within_the_year(year):
    times = [wish.at for wish in year]
    assert times == sorted(times)
    assert UNTIL - timedelta(days=365) <= times[0] <= times[-1] < UNTIL


def test_an_outbreak_begins_with_many_and_never_lies_ahead():
    for outbreak in OUTBREAKS:
        times = outbreak_times(outbreak, until=UNTIL, rng=np.random.default_rng(2))
        assert times == sorted(times)
        assert all(at < UNTIL for at in times)


def test_a_year_of_requests_has_repeaters_duplicates_and_puzzles():
    told = a_year(
        make_geography(7),
        total=2000,
        until=UNTIL,
        holidays=frozenset(),
        rng=np.random.default_rng(3),
    )
    assert len(told) == 2000
    callers = Counter(one.who for one in told if one.who)
    assert sum(count > 1 for count in callers.values()) > 50
    assert sum(one.vague for one in told) > 10
    assert max(Counter(one.outbreak for one in told if one.outbreak is not None).values()) > 8
    assert {one.door for one in told} == {"desk", "web", "grid"}
    assert sum(one.at > UNTIL - timedelta(hours=5) for one in told) >= 12
