"""The tables that the sample city is made from, as they stand in `data/`."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def sheet(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of `data/<name>.csv`."""
    text = files("xianban.simulate").joinpath("data", f"{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def leaves() -> Mapping[str, Mapping[str, str]]:
    """The third-level matters by code."""
    return {row["code"]: row for row in sheet("categories")}
