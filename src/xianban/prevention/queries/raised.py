"""What went on a desk, with the cases behind it: for whoever studies it or measures the detectors."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from xianban.prevention.models import Behind, Warning


@dataclass(frozen=True)
class Raised:
    """A warning that was given a place; `cases` are those behind it so far."""

    id: int
    detector: str
    method: str
    matter: str
    areas: tuple[str, ...]
    since: date
    raised_at: datetime
    confidence: float
    harm: float
    cases: tuple[int, ...]


def raised_since(when: datetime) -> tuple[Raised, ...]:
    """Every warning raised from then on, the most harm first."""
    rows = list(Warning.objects.filter(shown="raised", raised_at__gte=when).order_by("-harm", "pk"))
    behind: dict[int, list[int]] = defaultdict(list)
    pairs = Behind.objects.filter(warning__in=rows).order_by("pk")
    for warning, case in pairs.values_list("warning_id", "case"):
        behind[warning].append(case)
    return tuple(
        Raised(
            id=row.pk,
            detector=row.detector,
            method=row.method,
            matter=row.matter,
            areas=tuple(row.areas),
            since=row.since,
            raised_at=row.raised_at,
            confidence=row.confidence,
            harm=row.harm,
            cases=tuple(behind[row.pk]),
        )
        for row in rows
        if row.raised_at
    )
