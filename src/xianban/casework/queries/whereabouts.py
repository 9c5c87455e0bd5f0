"""What cases are about and where they lie, for rooms above that match them with what they know."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from xianban.casework.models import Case
from xianban.casework.rules.words import ENDED


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """An open case: its state, origin, matter, area, and its point where there is one."""

    case_id: int
    state: str
    origin: str
    matter: str
    area: str
    lat: float | None
    lon: float | None
    received_at: datetime


COLUMNS = ("id", "state", "origin", "matter", "area", "lat", "lon", "received_at")


def whereabouts(case_ids: Collection[int]) -> list[Whereabouts]:
    """Those of these cases that are open; one query."""
    if not case_ids:
        return []
    rows = Case.objects.filter(pk__in=case_ids).exclude(state__in=ENDED).order_by("pk")
    return [Whereabouts(*row) for row in rows.values_list(*COLUMNS)]


def open_about(
    matters: Collection[str], *, since: datetime, most: int = 2000
) -> Sequence[Whereabouts]:
    """Open cases about any of these matters, received since then; the newest, where there are too many."""
    rows = Case.objects.filter(
        matter__in=matters, received_at__gte=since, ended_at__isnull=True
    ).order_by("-pk")
    return [Whereabouts(*row) for row in rows.values_list(*COLUMNS)[:most]][::-1]
