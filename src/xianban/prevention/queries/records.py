"""Records of detectors: over what they raised, and what it led to."""

from datetime import datetime

from xianban.prevention.models import Measure, Warning
from xianban.prevention.rules.records import LAST, Past, Record, effect_of, record_of

HOUR = 3600


def record(name: str, *, n: int | None = None) -> Record:
    """The record of a detector over its last 50, of one version or of all."""
    return record_of(_past(name, n))


def _past(name: str, n: int | None) -> list[Past]:
    rows = Warning.objects.filter(detector=name, shown="raised")
    if n is not None:
        rows = rows.filter(detector_n=n)
    found = rows.order_by("-raised_at").values_list(
        "stand", "outcome", "people_at_first", "raised_at", "peak_on", "course",
        "order__at", "order__answered_at", "order__measure__relative",
    )[:LAST]  # fmt: skip
    return [
        Past(
            stand=stand,
            outcome=outcome,
            people_at_first=people,
            lead_days=_lead(raised_at, peak_on) if course == "ended" else None,
            effort_hours=(answered - ordered).total_seconds() / HOUR
            if ordered and answered
            else None,
            effect=effect_of(outcome, effect),
        )
        for stand, outcome, people, raised_at, peak_on, course, ordered, answered, effect in found
    ]


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
