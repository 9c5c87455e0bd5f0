"""What was heard of cases in a span of time, and whether their promises were kept: for appraisal."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    BooleanField,
    CharField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from xianban.casework.models import Case, Clock, Dispute, FollowUp

AT_A_TIME = 5000


@dataclass(frozen=True, slots=True)
class Judged:
    """A case as one follow-up found it, or as it was closed without one (`n` is then 0).

    `unit` led at that moment, whoever leads now. Of a clock: True is in time, False late or never,
    None that there was none. `heard` says that the requester was reached, or rated unasked.
    """

    case_id: int
    received_at: datetime
    n: int
    at: datetime
    source: str
    heard: bool
    solved: bool | None
    satisfaction: str
    unit: str
    district: str
    street: str
    community: str
    area: str
    matter: str
    contacted: bool | None
    dispatched: bool | None
    signed: bool | None
    answered: bool | None
    redone: bool
    returned: bool
    misdirected: bool


CASE = ("unit", "district", "street", "community", "area", "matter", "reopened", "received_at")
WATCHED = ("contact", "dispatch", "sign", "handle")
COLUMNS = (
    "case_key",
    "received",
    "number",
    "moment",
    "whence",
    "reached",
    "is_solved",
    "said",
    "led_by",
    *CASE[1:6],
    *(f"{kind}_clock" for kind in WATCHED),
    "times_reopened",
    "was_returned",
    "was_misdirected",
)


def judged(since: datetime, until: datetime) -> Iterator[Judged]:
    """All that was heard, or tried in vain, from `since` until before `until`, case by case.

    One pass in the database, whose cost is that of the span and not of the city's whole history.
    """
    span = {"at__gte": since, "at__lt": until}
    followed = FollowUp.objects.filter(**span).annotate(
        case_key=F("case_id"),
        number=F("n"),
        moment=F("at"),
        whence=F("source"),
        reached=F("contacted"),
        is_solved=F("solved"),
        said=F("satisfaction"),
        **{name: F(f"case__{name}") for name in CASE[1:6]},
    )
    yield from _judged(followed, at="at", case="case_id", via="case__")
    unasked = Case.objects.filter(ending="checked", ended_at__gte=since, ended_at__lt=until)
    unasked = unasked.annotate(
        case_key=F("id"),
        number=Value(0, output_field=IntegerField()),
        moment=F("ended_at"),
        whence=Value("", output_field=CharField()),
        reached=Value(False, output_field=BooleanField()),
        is_solved=Value(None, output_field=BooleanField()),
        said=Value("unstated", output_field=CharField()),
    )
    yield from _judged(unasked, at="ended_at", case="id", via="")


def _judged(rows: QuerySet[Any], *, at: str, case: str, via: str) -> Iterator[Judged]:
    before = {"case_id": OuterRef(case), "started_at__lt": OuterRef(at)}
    last = {
        kind: Clock.objects.filter(kind=kind, **before).order_by("-n")
        for kind in (*WATCHED, "sign")
    }
    rows = rows.annotate(
        received=F(f"{via}received_at"),
        times_reopened=F(f"{via}reopened"),
        led_by=Coalesce(Subquery(last["sign"].values("unit")[:1]), F(f"{via}unit")),
        **{f"{kind}_clock": Subquery(last[kind].values("state")[:1]) for kind in WATCHED},
    ).annotate(
        was_returned=Exists(
            Dispute.objects.filter(case_id=OuterRef(case), unit=OuterRef("led_by"))
        ),
        was_misdirected=Exists(Dispute.objects.filter(case_id=OuterRef(case), ruling="uphold")),
    )
    for row in rows.values_list(*COLUMNS).order_by(case).iterator(chunk_size=AT_A_TIME):
        kept = (_kept(state) for state in row[14:18])
        yield Judged(*(*row[:14], *kept, row[18] > 0, *row[19:]))


def _kept(state: str | None) -> bool | None:
    return None if state in (None, "void") else state == "met"
