"""Reading the history: all of it, or what was known at some time."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from xianban.base.errors import BadInput, NotFound
from xianban.history.rules.layout import CHANGES, FACTS, FORMAT, HEARD, MANIFEST, REQUESTS

STEPS = {
    "dispatched": ("dispatched",),
    "answered": ("reported",),
    "ended": ("closed", "declined", "merged"),
}


def read(
    folder: Path,
    *,
    as_of: datetime | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    imported: bool = False,
) -> pl.DataFrame:
    """Requests received from `since` until before `until`, with what had become of them by `as_of`.

    One row a request, in the order in which they were taken: what `REQUESTS` names, then the facts of
    its case (`first_matter` and `first_area` are what was proposed at once), `solved`, `satisfaction`
    and the hours from receipt until it was dispatched, answered and ended (null: not yet). With
    `imported`, what came in a file counts as known when it was received: for replaying years that
    were lived through elsewhere. Raises NotFound where the folder holds no history.
    """
    for name, when in (("as_of", as_of), ("since", since), ("until", until)):
        if when is not None and when.tzinfo is None:
            raise BadInput(f"{name} is {when}, without a time zone; give one")
    if not manifest(folder):
        raise NotFound(
            f"{folder} holds no history; write one with `xianban history export --out {folder}`"
        )
    said = _scan(folder / "requests", REQUESTS)
    became = _scan(folder / "changes", CHANGES)
    if since is not None:
        said = said.filter(pl.col("received") >= since)
    if until is not None:
        said = said.filter(pl.col("received") < until)
    if as_of is not None:
        said = said.filter(pl.col("received" if imported else "known") <= as_of)
        became = became.filter(pl.col("at") <= as_of)
    said = said.sort("key")
    joined = said.rename({"matter": "first_matter", "area": "first_area"}).join(
        _facts(became.join(said.select("case").unique(), on="case", how="semi")),
        on="case",
        how="left",
    )
    return (
        joined.with_columns(
            pl.coalesce("matter", "first_matter").alias("matter"),
            pl.coalesce("area", "first_area").alias("area"),
            *(
                ((pl.col(f"{step}_at") - pl.col("received")).dt.total_minutes() / 60)
                .clip(lower_bound=0)
                .alias(f"{step}_h")
                for step in STEPS
            ),
        )
        .drop(*(f"{step}_at" for step in STEPS))
        .sort("key")
        .collect()
    )


def manifest(folder: Path) -> dict[str, Any] | None:
    """What the folder says of itself; None where there is nothing yet, BadInput where it is no history."""
    path = folder / MANIFEST
    if not path.exists():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BadInput(f"{folder} holds something else; name an empty folder or a new one")
        return None
    book = json.loads(path.read_bytes())
    if book.get("format") != FORMAT:
        raise BadInput(f"{folder} is of another format; export into a new folder")
    return book


def _facts(became: pl.LazyFrame) -> pl.LazyFrame:
    """Where each case stood: of every fact what was said of it last."""
    return (
        became.sort("key")
        .group_by("case")
        .agg(
            *(pl.col(name).drop_nulls().last() for name in (*FACTS, *HEARD)),
            *(
                pl.col("at").filter(pl.col("state").is_in(states)).last().alias(f"{step}_at")
                for step, states in STEPS.items()
            ),
        )
    )


def _scan(folder: Path, schema: dict[str, Any]) -> pl.LazyFrame:
    files = sorted(folder.glob("*.parquet")) if folder.is_dir() else []
    if not files:
        return pl.DataFrame(schema=schema).lazy()
    return pl.scan_parquet(files)
