"""What rooms above keep of many cases: how long each was in which stage, and when and where it came in."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from xianban.casework.models import Case
from xianban.casework.queries.standings import standings_of
from xianban.casework.rules.stages import Span, spans_of


@dataclass(frozen=True)
class CaseStages:
    """A case as it is now filed, and its finished visits to stages."""

    case_id: int
    received_at: datetime
    district: str
    street: str
    matter: str
    spans: tuple[Span, ...]


def stages_of(case_ids: Collection[int]) -> list[CaseStages]:
    """The stages of some hundred cases at a time."""
    cases = list(Case.objects.filter(pk__in=case_ids).order_by("pk"))
    standings = standings_of(cases)
    return [
        CaseStages(
            case.pk,
            case.received_at,
            case.district,
            case.street,
            case.matter,
            spans_of(standings[case.pk], received_at=case.received_at),
        )
        for case in cases
    ]


@dataclass(frozen=True, slots=True)
class Came:
    """A case that came in: when, where, about what, and who leads it now."""

    at: datetime
    district: str
    street: str
    unit: str
    matter: str


def came_in(since: datetime, until: datetime) -> Iterator[Came]:
    """All cases that came in from `since` until before `until`."""
    rows = Case.objects.filter(received_at__gte=since, received_at__lt=until).order_by()
    columns = ("received_at", "district", "street", "unit", "matter")
    return (Came(*row) for row in rows.values_list(*columns).iterator(chunk_size=5000))
