"""What the files of a history hold."""

from typing import Any

import polars as pl

FORMAT = 1
MANIFEST = "history.json"
HEARD: dict[str, Any] = {"solved": pl.Boolean, "satisfaction": pl.String}
FACTS: dict[str, Any] = {
    "matter": pl.String,
    "area": pl.String,
    "unit": pl.String,
    "level": pl.String,
    "urgency": pl.String,
    "state": pl.String,
    "exit": pl.String,
    "ending": pl.String,
    "reopened": pl.Int64,
}
REQUESTS: dict[str, Any] = {
    "key": pl.Int64,
    "case": pl.Int64,
    "received": pl.Datetime("us", "UTC"),
    "known": pl.Datetime("us", "UTC"),
    "door": pl.String,
    "matter": pl.String,
    "area": pl.String,
    "lat": pl.Float64,
    "lon": pl.Float64,
    "supporters": pl.Int64,
    "new_voice": pl.Boolean,
    "words": pl.String,
}
CHANGES: dict[str, Any] = {
    "key": pl.Int64,
    "case": pl.Int64,
    "at": pl.Datetime("us", "UTC"),
    "verb": pl.String,
    **FACTS,
    **HEARD,
}
