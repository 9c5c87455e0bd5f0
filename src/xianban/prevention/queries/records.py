"""Records of detectors: over what they raised, and what it led to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from xianban.accounts.api import Actor
from xianban.city.api import current
from xianban.prevention.models import Measure, Warning
from xianban.prevention.queries.reach import seen
from xianban.prevention.rules.records import LAST, Past, Record, effect_of, record_of

HOUR = 3600


def record(name: str, *, n: int | None = None) -> Record:
    """The record of a detector over its last 50, of one version or of all."""
    return record_of([_past(row) for row in _last(name, n)])


@dataclass(frozen=True)
class RaisedBefore:
    """One of the warnings that a record is made of, with what it adds to each figure."""

    id: int
    title: str
    raised_at: datetime
    past: Past


def behind_record(name: str, actor: Actor) -> tuple[tuple[RaisedBefore, ...], int]:
    """The warnings behind a detector's record that this actor may see, the newest first; and how many are out of sight."""
    rows = list(_last(name, None))
    in_sight = set(seen(actor, current()).filter(pk__in=[row["pk"] for row in rows]).values_list("pk", flat=True))  # fmt: skip
    shown = tuple(
        RaisedBefore(row["pk"], row["title"], row["raised_at"], _past(row))
        for row in rows
        if row["pk"] in in_sight
    )
    return shown, len(rows) - len(shown)


def _last(name: str, n: int | None) -> QuerySet[Warning, Any]:
    rows = Warning.objects.filter(detector=name, shown="raised")
    if n is not None:
        rows = rows.filter(detector_n=n)
    return rows.order_by("-raised_at").values(
        "pk", "title", "stand", "outcome", "people_at_first", "raised_at", "peak_on", "course",
        "order__at", "order__answered_at", "order__measure__relative",
    )[:LAST]  # fmt: skip


def _past(row: Mapping[str, Any]) -> Past:
    ordered, answered = row["order__at"], row["order__answered_at"]
    return Past(
        stand=row["stand"],
        outcome=row["outcome"],
        people_at_first=row["people_at_first"],
        lead_days=_lead(row["raised_at"], row["peak_on"]) if row["course"] == "ended" else None,
        effort_hours=(answered - ordered).total_seconds() / HOUR if ordered and answered else None,
        effect=effect_of(row["outcome"], row["order__measure__relative"]),
    )


def _lead(raised_at: datetime | None, peak_on: object) -> float | None:
    if raised_at is None or peak_on is None:
        return None
    return float(max(0, (peak_on - raised_at.date()).days))  # type: ignore[operator]


def over_budget_share(name: str) -> float:
    """Share of a detector's last findings that never found a place."""
    shown = list(
        Warning.objects.filter(detector=name, shown__in=("raised", "left_out"))
        .order_by("-first_at")
        .values_list("shown", flat=True)[: 2 * LAST]
    )
    return shown.count("left_out") / len(shown) if shown else 0.0


def effects_of(*, matter: str = "", method: str = "") -> list[tuple[float, float]]:
    """Measured shares with their standard errors, of orders about a matter or by a method; newest first."""
    rows = Measure.objects.filter(relative__isnull=False)
    if matter:
        rows = rows.filter(order__warning__matter__startswith=matter)
    if method:
        rows = rows.filter(order__warning__method=method)
    found = rows.order_by("-registered_at").values_list(
        "relative", "low", "high", "order__warning__outcome"
    )[: 4 * LAST]
    return [
        (known, max(0.01, (high - low) / 3.3) if low is not None and high is not None else 1.0)
        for relative, low, high, outcome in found
        if (known := effect_of(outcome, relative)) is not None
    ]
