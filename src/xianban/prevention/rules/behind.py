"""Who is behind a finding."""

from typing import Any

import polars as pl

MOST_POINTS, MOST_TEXTS = 200, 5


def behind_of(rows: pl.DataFrame) -> dict[str, Any]:
    """Who says so: keys of requests, a few masked texts, and rounded places to draw."""
    rows = rows.sort("day", "key", descending=[False, True])
    spots = (
        rows.filter(pl.col("lat").is_not_null() & pl.col("lon").is_not_null())
        .group_by("lat", "lon")
        .len()
        .sort("len", "lat", "lon", descending=[True, False, False])
        .head(MOST_POINTS)
    )
    said = [t.strip() for t in rows["words"].drop_nulls().to_list() if len(t.strip("□# \n")) >= 4]
    return {
        "evidence": tuple(rows["key"].to_list()),
        "texts": tuple(t[:200] for t in said[:MOST_TEXTS]),
        "points": tuple(spots.iter_rows()),
    }
