"""Figures made in the night: how many spoke up each week where, and where to look next week."""

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from django.db import transaction

from xianban.city.api import City
from xianban.prevention.models import Load, RiskCell
from xianban.prevention.rules.past import Past

WEEKS_AGAIN, WEEKS_KEPT = 3, 110
BY_LEVEL = {
    "city": 3,
    "district": 2,
    "street": 2,
    "community": 1,
}  # level of areas -> level of matters
MOST_CELLS = 3000


def keep_loads(past: Past, city: City) -> int:
    """The newest weeks anew, all where there are none yet; how many rows."""
    monday = past.today - timedelta(days=past.today.weekday())
    weeks = WEEKS_AGAIN if Load.objects.exists() else WEEKS_KEPT
    oldest = monday - timedelta(weeks=weeks - 1)
    rows = past.rows.filter(pl.col("day") <= (past.today - oldest).days)
    fresh: list[Load] = []
    for level, depth in BY_LEVEL.items():
        fresh += _of_level(rows, past, level, depth)
    with transaction.atomic():
        Load.objects.filter(week__gte=oldest).delete()
        Load.objects.bulk_create(fresh, batch_size=2000)
    return len(fresh)


def _of_level(rows: pl.DataFrame, past: Past, level: str, depth: int) -> list[Load]:
    if not rows.height:
        return []
    days = np.datetime64(past.today) - rows["day"].to_numpy().astype("timedelta64[D]")
    weeks = days - ((days.astype(int) + 3) % 7).astype("timedelta64[D]")
    counted = (
        rows.with_columns(
            week=pl.Series(weeks.astype("datetime64[D]")),
            at=pl.col("area").replace_strict(dict(past.terrain.area_at.get(level, {})), default=None, return_dtype=pl.String),
            about=pl.col("matter").replace_strict(dict(past.terrain.matter_at[depth]), default=None, return_dtype=pl.String),
        )
        .drop_nulls(("at", "about"))
        .group_by("week", "at", "about")
        .len()
    )  # fmt: skip
    return [
        Load(week=week, area=area, level=level, matter=matter, people=n)
        for week, area, matter, n in counted.iter_rows()
    ]


def keep_risks(ranked: Any, city: City) -> int:
    """The likeliest places and matters of next week, with their reasons; how many."""
    if ranked is None:
        return 0
    order = np.argsort(ranked.rank, axis=None)[:MOST_CELLS]
    first_day = ranked.first_day.astype("datetime64[D]").item()
    fresh = []
    for rank, flat in enumerate(order.tolist(), 1):
        row, column = np.unravel_index(flat, ranked.rank.shape)
        area = str(ranked.cells[row])
        reasons = {
            group: round(float(np.exp(ranked.reasons[row, column, n])), 2)
            for n, group in enumerate(ranked.groups)
        }
        fresh.append(
            RiskCell(
                first_day=first_day,
                area=area,
                matter=str(ranked.matters[column]),
                district=city.area_at_level(area, "district") or "",
                street=city.area_at_level(area, "street") or "",
                probability=float(ranked.probability[row, column]),
                expected=float(ranked.expected[row, column]),
                rank=rank,
                reasons=reasons,
            )
        )
    with transaction.atomic():
        RiskCell.objects.filter(first_day=first_day).delete()
        RiskCell.objects.filter(first_day__lt=first_day - timedelta(days=60)).delete()
        RiskCell.objects.bulk_create(fresh, batch_size=1000)
    return len(fresh)
