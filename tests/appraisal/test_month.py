"""A month of two hundred cases: the figures equal a recount by hand, to the last digit."""

import math
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from statistics import NormalDist

import pytest

from appraisal.lives import two_hundred
from xianban.accounts.api import MACHINE
from xianban.appraisal.api import ranking, reckon, rows_behind

NOW = datetime(2026, 11, 5, tzinfo=UTC)
FIRST, END = datetime(2026, 9, 30, 16, tzinfo=UTC), datetime(2026, 10, 31, 16, tzinfo=UTC)


@pytest.fixture
def month(town):
    told = two_hundred()
    reckon("2026-10", now=NOW)
    return told


def last_words(told):
    """What counts of each case: its last verdict within October, by plain reading of the table."""
    kept = []
    for one in told:
        inside = [(at, verdict) for at, verdict in one.verdicts if FIRST <= at < END]
        heard = [verdict for _, verdict in inside if verdict is not None]
        if inside:
            kept.append((one, heard[-1] if heard else None))
    return kept


def by_hand(rows):
    """(valid, contacted, satisfied, basically, solved) as a clerk counts them."""
    valid = [(one, verdict) for one, verdict in rows if verdict is not None]
    return (
        len(valid),
        sum(one.contacted_in_time for one, _ in valid),
        sum(verdict[1] == "satisfied" for _, verdict in valid),
        sum(verdict[1] == "basically" for _, verdict in valid),
        sum(verdict[0] for _, verdict in valid),
    )


def one_place(value, digits="0.1"):
    return str(value.quantize(Decimal(digits), ROUND_HALF_UP))


def score_by_hand(n, contacted, satisfied, basically, solved):
    response, resolution = Decimal(contacted) / n, Decimal(solved) / n
    satisfaction = (satisfied + Decimal("0.9") * basically) / n
    total = 100 * (
        Decimal("0.1") * response + Decimal("0.4") * satisfaction + Decimal("0.5") * resolution
    )
    return (
        one_place(total),
        one_place(100 * response, "0.01"),
        one_place(100 * satisfaction, "0.01"),
        one_place(100 * resolution, "0.01"),
    )


def shown(figure):
    return (figure.score, *(rate.percent for rate in figure.rates))


def figures(by):
    seen = ranking(MACHINE, "2026-10", by=by)
    return {figure.code: figure for group in seen.groups for figure in group.figures}


def grouped(rows, key):
    groups = {}
    for one, verdict in rows:
        groups.setdefault(key(one), []).append((one, verdict))
    return groups


def test_the_month_is_worth_counting(month):
    rows = last_words(month)
    n, contacted, satisfied, basically, solved = by_hand(rows)
    assert len(rows) >= 200
    assert n < len(rows) < len(month)
    assert 0 < contacted < n
    assert 0 < basically < satisfied < solved < n


@pytest.mark.parametrize(
    ("by", "key"),
    [
        ("unit", lambda one: one.unit),
        ("matter", lambda one: one.matter),
        ("matter", lambda one: one.matter[:2]),
        ("area", lambda one: one.area[:9]),
        ("area", lambda one: one.area[:6]),
        ("area", lambda one: "990000"),
    ],
)
def test_every_figure_equals_the_recount(month, by, key):
    found = figures(by)
    groups = grouped(last_words(month), key)
    assert len(groups) >= 1
    for code, rows in groups.items():
        counted = by_hand(rows)
        figure = found[code]
        assert figure.tallies["cases"] == len(rows)
        assert (
            figure.n,
            figure.tallies["contacted"],
            figure.tallies["satisfied"],
            figure.tallies["basically"],
            figure.tallies["solved"],
        ) == counted
        assert shown(figure) == score_by_hand(*counted), code


def test_the_places_are_those_of_the_recount(month):
    groups = grouped(last_words(month), lambda one: one.unit)
    scores = {unit: score_by_hand(*by_hand(rows))[0] for unit, rows in groups.items()}
    seen = ranking(MACHINE, "2026-10")
    streets = next(group for group in seen.groups if group.code == "street_office")
    want = sorted(("street-east", "street-west"), key=lambda unit: -Decimal(scores[unit]))
    assert [figure.code for figure in streets.figures] == want
    assert [figure.rank for figure in streets.figures] == [1, 2]


def test_the_interval_is_wilson_s(month):
    rows = grouped(last_words(month), lambda one: one.unit)["water"]
    n, c, m, b, s = by_hand(rows)
    p = (0.1 * c + 0.4 * (m + 0.9 * b) + 0.5 * s) / n
    z = NormalDist().inv_cdf(0.975)
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    figure = figures("unit")["water"]
    assert figure.low == pytest.approx(100 * (middle - half), abs=1e-4)
    assert figure.high == pytest.approx(100 * (middle + half), abs=1e-4)


def test_every_figure_is_the_sum_of_the_rows_behind_it(month):
    for by in ("unit", "area", "matter"):
        for code, figure in figures(by).items():
            rows, after = [], ""
            while True:
                page = rows_behind(MACHINE, "2026-10", by=by, code=code, after=after, size=37)
                rows += page.rows
                after = page.next
                if not after:
                    break
            assert len({row.id for row in rows}) == len(rows) == page.total
            sums = {name: sum(row.tallies[name] for row in rows) for name in figure.tallies}
            assert sums == figure.tallies, (by, code)


def test_reckoning_again_changes_nothing(month):
    before = figures("unit")
    reckon("2026-10", now=NOW)
    assert figures("unit") == before
