"""What a case has to do with others, whoever asks."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q

from xianban.base.ids import case_number
from xianban.casework.models import Case, Interest, Link
from xianban.city.api import current

MOST = 50


def linked_cases(case_id: int) -> tuple[int, ...]:
    """Keys of the cases that this one was linked to, the newest link first."""
    rows = Link.objects.filter(case_id=case_id, cut_at__isnull=True).order_by("-since", "-pk")
    return tuple(dict.fromkeys(rows.values_list("other_id", flat=True)[:MOST]))


def linked_to(case_id: int, *, kind: str, most: int = MOST) -> tuple[int, ...]:
    """Keys of the cases that name this one, the newest link first."""
    rows = Link.objects.filter(other_id=case_id, kind=kind, cut_at__isnull=True)
    return tuple(rows.order_by("-since", "-pk").values_list("case_id", flat=True)[:most])


@dataclass(frozen=True)
class Waiting:
    """How many cases are linked to one, and how many people wait for these."""

    cases: int
    people: int


def waiting_for(case_id: int, *, kind: str) -> Waiting:
    """Who waits behind a case that others are linked to."""
    rows = Link.objects.filter(other_id=case_id, kind=kind, cut_at__isnull=True)
    people = Interest.objects.filter(case__in=rows.values("case")).aggregate(n=Count("person", distinct=True))  # fmt: skip
    return Waiting(rows.count(), people["n"])


def links_among(cases: Collection[int], others: Collection[int], *, kind: str) -> dict[int, int]:
    """Of `cases`, those that are linked to one of `others`: to which."""
    rows = Link.objects.filter(case__in=cases, other__in=others, kind=kind, cut_at__isnull=True)
    return dict(rows.order_by("since", "pk").values_list("case_id", "other_id"))


def numbers_linked(case_id: int, *, seen: Q) -> tuple[str, ...]:
    """The numbers of all in sight that a case is linked with, in either direction; the newest first."""
    rows = Link.objects.filter(Q(case_id=case_id) | Q(other_id=case_id), cut_at__isnull=True)
    pairs = rows.order_by("-since", "-pk").values_list("case_id", "other_id")[:MOST]
    keys = dict.fromkeys(b if a == case_id else a for a, b in pairs)
    found = (
        dict(Case.objects.filter(seen, pk__in=keys).values_list("pk", "received_at"))
        if keys
        else {}
    )
    tz = current().tz
    return tuple(case_number(key, found[key], tz=tz) for key in keys if key in found)
