"""What anybody may know of cases around them: never who asked, nor a word of theirs."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from xianban.casework.models import Case, Interest
from xianban.casework.rules.words import ENDED
from xianban.city.api import current


@dataclass(frozen=True)
class Nearby:
    """An open case as a stranger may see it. `people` have asked for it, or support it."""

    case_id: int
    state: str
    matter: str
    area: str  # its community, or what is known instead
    people: int
    received_at: datetime


def nearby(case_ids: Collection[int]) -> list[Nearby]:
    """Those of these cases that are open, once each and in their order; two queries."""
    rows = {row.pk: row for row in Case.objects.filter(pk__in=case_ids).exclude(state__in=ENDED)}
    counted = Interest.objects.filter(case_id__in=rows).values_list("case_id")
    people = dict(counted.annotate(n=Count("id")))
    city = current()
    return [
        Nearby(
            case_id=pk,
            state=rows[pk].state,
            matter=rows[pk].matter,
            area=city.area_at_level(rows[pk].area, "community") or rows[pk].area,
            people=max(1, people.get(pk, 0)) + rows[pk].supporters,
            received_at=rows[pk].received_at,
        )
        for pk in dict.fromkeys(case_ids)
        if pk in rows
    ]


@dataclass(frozen=True)
class Happening:
    """A case was accepted, or solved: when, where and what about."""

    at: datetime
    solved: bool
    area: str
    matter: str


def happenings(*, after_case: int, since: datetime, until: datetime) -> Iterator[Happening]:
    """What was accepted (of the cases after this key) and what was solved in a span; two queries."""
    columns = ("area", "matter")
    accepted = Case.objects.filter(pk__gt=after_case, opened_at__gte=since, opened_at__lt=until)
    kept = accepted.exclude(state__in=("declined", "merged"))
    for at, area, matter in kept.values_list("opened_at", *columns).iterator():
        yield Happening(at, False, area, matter)
    ended = Case.objects.filter(ended_at__gte=since, ended_at__lt=until, state="closed")
    solved = ended.exclude(Q(ending="withdrawn") | Q(claims_solved=False))
    for at, area, matter in solved.values_list("ended_at", *columns).iterator():
        yield Happening(at, True, area, matter)


def newest_case() -> int:
    """The key of the newest case; 0 before the first."""
    return Case.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
