"""Invented histories: quiet towns with what is planted in them, as frames that a history would give."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from builders import BRIDGE, GRID, GRID_2, HARBOUR, MILL, QUAY, QUAY_GRID
from xianban.history.rules.layout import FACTS, HEARD, REQUESTS

GRIDS = (GRID, GRID_2, QUAY_GRID)
LEAVES = ("0101", "0201", "0202", "03")
UNTIL = datetime(2026, 11, 1, 16, tzinfo=UTC)  # midnight of Monday 2026-11-02 in the town


def frame(rows):
    """Rows of (received, matter, area[, words]) as a history gives them, all new voices."""
    rows = sorted(rows, key=lambda r: r[0])
    n = len(rows)
    values = {
        "key": list(range(1, n + 1)),
        "case": list(range(1, n + 1)),
        "received": [r[0] for r in rows],
        "known": [r[0] for r in rows],
        "door": ["phone"] * n,
        "matter": [r[1] for r in rows],
        "area": [r[2] for r in rows],
        "lat": [31.2 + 0.002 * (i % 5) for i in range(n)],
        "lon": [121.4 + 0.002 * (i % 7) for i in range(n)],
        "supporters": [0] * n,
        "new_voice": [True] * n,
        "words": [r[3] if len(r) > 3 else "磨坊门口垃圾没有人清运" for r in rows],
    }
    made = pl.DataFrame(values, schema=REQUESTS)
    gone = {
        **{k: v for k, v in {**FACTS, **HEARD}.items() if k not in ("matter", "area")},
        "dispatched_h": pl.Float64,
        "answered_h": pl.Float64,
        "ended_h": pl.Float64,
    }
    ended = [r[4] if len(r) > 4 else None for r in rows]
    made = made.with_columns(**{name: pl.lit(None, dtype=kind) for name, kind in gone.items()})
    return made.with_columns(ended_h=pl.Series(ended, dtype=pl.Float64))


def quiet(*, days=200, rate=1.5, seed=1, until=UNTIL, areas=GRIDS, matters=LEAVES, dispersed=False):
    """Nothing is the matter: Poisson counts (or twice as scattered) of every matter in every area."""
    rng = np.random.default_rng(seed)
    rows = []
    for area in areas:
        for matter in matters:
            mean = rng.gamma(4, rate / 4)
            per_day = rng.negative_binomial(mean, 0.5, days) if dispersed else rng.poisson(mean, days)  # fmt: skip
            for day, n in enumerate(per_day):
                for _ in range(n):
                    rows.append((until - timedelta(days=day, seconds=int(rng.integers(1, 86_399))), matter, area))  # fmt: skip
    return rows


def planted(n=25, *, matter="0202", area=GRID, days=2, until=UNTIL, words=None):
    """So many more people on the newest days."""
    return [
        (until - timedelta(seconds=1 + (i * 86_400 * days) // n), matter, area, *([words] if words else []))
        for i in range(n)
    ]  # fmt: skip


__all__ = ["BRIDGE", "GRIDS", "HARBOUR", "MILL", "QUAY", "UNTIL", "frame", "planted", "quiet"]
