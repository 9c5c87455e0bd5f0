"""What the detector of clusters makes of a town that swings as one, and of a corner that does not swing with it."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from xianban.city.api import Detector
from xianban.prevention.rules.detecting import detect
from xianban.prevention.rules.past import Past, Terrain

SIDE, DAYS, WINDOW = 7, 97, 7
AREAS = [f"a{n:02}" for n in range(SIDE * SIDE)]
SAME = {code: code for code in AREAS}
TERRAIN = Terrain(
    area_at={"community": SAME},
    matter_at={2: {"0202": "0202"}},
    xy={code: (31.0 + 0.01 * (n // SIDE), 121.0 + 0.01 * (n % SIDE)) for n, code in enumerate(AREAS)},
    names=SAME,
    matters={"0202": "rubbish"},
    paths={code: (code,) for code in AREAS},
)  # fmt: skip
DETECTOR = Detector("cluster", "cluster", "cluster", area="community", window_days=WINDOW, look_back_days=DAYS - WINDOW)  # fmt: skip
CORNER = [0, 1, SIDE, SIDE + 1]


def lived(seed, *, swing, corner=1.0):
    """Each area has its level; the whole town's week is `swing` in relative standard deviation."""
    rng = np.random.default_rng(seed)
    level = rng.gamma(3, 0.1, len(AREAS))
    weeks = rng.gamma(1 / swing**2, swing**2, DAYS // 7 + 1) if swing else np.ones(DAYS // 7 + 1)
    day = np.repeat(weeks, 7)[-DAYS:]
    mean = np.outer(day, level)
    mean[-WINDOW:, CORNER] *= corner
    counts = rng.poisson(mean)[::-1]
    ago, area = (
        np.repeat(index, counts.ravel()) for index in map(np.ravel, np.indices(counts.shape))
    )
    return Past(
        pl.DataFrame(
            {
                "key": np.arange(len(ago)),
                "case": np.arange(len(ago)),
                "matter": ["0202"] * len(ago),
                "area": [AREAS[n] for n in area],
                "lat": [TERRAIN.xy[AREAS[n]][0] for n in area],
                "lon": [TERRAIN.xy[AREAS[n]][1] for n in area],
                "words": ["rubbish"] * len(ago),
                "day": ago.astype(np.int32),
                "ended_day": pl.Series([None] * len(ago), dtype=pl.Int32),
                "answered_day": pl.Series([None] * len(ago), dtype=pl.Int32),
            }
        ),
        datetime(2026, 11, 1, 16, tzinfo=UTC),
        TERRAIN,
    )


@pytest.mark.parametrize("swing", [0.0, 0.5, 1.0])
def test_a_town_that_swings_as_one_has_no_clusters(swing):
    """At a false discovery rate of 5% about one of twenty towns may have one."""
    found = [detect(DETECTOR, lived(seed, swing=swing)) for seed in range(20)]
    assert sum(map(bool, found)) <= 2


@pytest.mark.parametrize("swing", [0.0, 0.5, 1.0])
def test_a_corner_that_has_more_is_found_however_the_town_swings(swing):
    corner = {AREAS[n] for n in CORNER}
    towns = [lived(100 + seed, swing=swing, corner=8.0) for seed in range(10)]
    found = [any(corner & {*one.areas} for one in detect(DETECTOR, town)) for town in towns]
    assert sum(found) >= 6
