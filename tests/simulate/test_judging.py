"""Warnings against the planted truth, and signs read off a history."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xianban.simulate.bulk.ground import invented
from xianban.simulate.bulk.world import World
from xianban.simulate.judging import judged, look_ahead, look_at

DAYS = 30


@pytest.fixture(scope="module")
def world():
    made = World(invented(60_000, np.random.default_rng(1)), days=DAYS, before=40, seed=1)
    for day in range(-40, 10):
        made.pass_day(day)
    return made


def test_where_a_problem_is_a_warning_is_real_and_elsewhere_it_is_not(world):
    live = world.live()
    live = live[world.there(live, 9)]
    for one in live.tolist()[:20]:
        seen = look_at(world, "d", grid=int(world.grid[one]), kind=int(world.kind[one]), day=9)
        assert seen.real
        assert seen.told == world.told[seen.problem]
    taken = {(int(world.grid[one]), int(world.kind[one])) for one in live.tolist()}
    free = next(g for g in range(world.ground.n) if (g, 0) not in taken)
    assert not look_at(world, "d", grid=free, kind=0, day=9).real


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_places_drawn_at_random_are_as_often_real_as_chance_says(world, seed):
    rng = np.random.default_rng(seed)
    n, kinds = 400, len(world.kinds)
    looks = [
        look_at(world, "d", grid=int(g), kind=int(k), day=9)
        for g, k in zip(rng.integers(0, world.ground.n, n), rng.integers(0, kinds, n), strict=True)
    ]
    seen = judged(looks, world.mended, days=DAYS)
    assert abs(seen.precision - seen.at_random) < 5 * np.sqrt(0.1 * 0.9 / n) + 0.01


def test_what_is_likely_next_week_is_judged_by_its_area(world):
    around = np.array([str(c) for c in world.ground.community])
    live = world.live()
    one = int(live[world.there(live, 9)][0])
    matter = world.kinds[int(world.kind[one])].matter
    area = around[world.grid[one]]
    assert look_ahead(world, "d", matter=matter[:2], areas=[area], around=around, day=9).real


def test_nothing_raised_is_no_figure(world):
    seen = judged([], world.mended, days=DAYS)
    assert (seen.raised, seen.a_day, seen.precision) == (0, 0.0, None)


# what prevention reads off a history


def a_past(rows, *, until=datetime(2026, 11, 1, 16, tzinfo=UTC), days=200):
    """Rows of (days ago, grid, matter[, answered days ago])."""
    import polars as pl

    from xianban.prevention.api import Past, Terrain

    grids = sorted({row[1] for row in rows})
    terrain = Terrain(
        area_at={"grid": {g: g for g in grids}},
        matter_at={3: {row[2]: row[2] for row in rows}},
        xy={}, names={}, matters={}, paths={},
    )  # fmt: skip
    frame = pl.DataFrame(
        {
            "key": range(len(rows)),
            "case": range(len(rows)),
            "matter": [row[2] for row in rows],
            "area": [row[1] for row in rows],
            "lat": [31.0] * len(rows),
            "lon": [121.0] * len(rows),
            "words": [""] * len(rows),
            "day": [row[0] for row in rows],
            "answered_day": [row[3] if len(row) > 3 else None for row in rows],
        },
        schema_overrides={"day": pl.Int32, "answered_day": pl.Int32},
    )
    return Past(frame, until + timedelta(0), terrain)


def looked(method, rows, **more):
    from xianban.city.api import Detector
    from xianban.prevention.api import detect

    values = {"area": "grid", "matter": 3, "window_days": 7, "least": 2, "fdr": 0.5, **more}
    return detect(Detector("d", "d", method, **values), a_past(rows))


def earlier(*, followed, n=30):
    """Pairs of voices in the past, each in a grid of its own; followed by others ten days later or not."""
    rows = [(190, "far", "m")]
    for i in range(n):
        rows += [(100, f"g{i}", "m"), (101, f"g{i}", "m")]
        rows += [(92, f"g{i}", "m")] * followed
    return rows


def test_two_voices_are_a_sign_where_others_mostly_followed():
    now = [(0, "here", "m"), (2, "here", "m")]
    (found,) = looked("gathering", earlier(followed=True) + now)
    assert (found.areas, found.matter, found.observed, len(found.evidence)) == (("here",), "m", 2, 2)  # fmt: skip
    assert found.sure > 0.8
    assert not looked("gathering", earlier(followed=False) + now)


def test_one_voice_and_old_voices_are_none():
    base = earlier(followed=True)
    assert not looked("gathering", [*base, (0, "here", "m")])
    assert not looked("gathering", [*base, (1, "here", "m"), (2, "here", "m")])
    assert not looked("gathering", [*base, (0, "here", "m"), (12, "here", "m")])


def test_where_as_many_are_usual_it_is_no_sign():
    usual = [(day, "busy", "m") for day in range(0, 190, 2)]
    assert not looked("gathering", earlier(followed=True) + usual)


def test_somebody_again_after_an_answer_is_a_relapse():
    base = []
    for i in range(30):
        base += [(110, f"g{i}", "m", 105), (98, f"g{i}", "m"), (93, f"g{i}", "m")]
    again = [(20, "here", "m", 12), (0, "here", "m")]
    soon = [(20, "soon", "m", 2), (0, "soon", "m")]
    late = [(90, "late", "m", 80), (0, "late", "m")]
    found = looked("relapse", base + again + soon + late, window_days=30, least=1)
    assert [one.areas for one in found] == [("here",)]
    assert found[0].observed == 2
