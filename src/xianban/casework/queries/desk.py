"""What waits for a person at the dispatch desk, the first due first; and how earlier rulings went."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Left

from xianban.accounts.api import Actor
from xianban.base.ids import case_number
from xianban.casework.models import Case, Consultation, Dispute, Interest
from xianban.casework.queries.access import access
from xianban.casework.queries.lists import COLUMNS, TITLE_LENGTH, merged, rows_shown
from xianban.casework.queries.shown import CaseRow, Named
from xianban.casework.queries.views import unit_named

WAITING = ("received", "contested")
READ = 300  # of each state: a desk that has more waiting needs hands, not a longer list
RULINGS_IN = 3000  # newest cases of a matter in which earlier rulings are looked for


@dataclass(frozen=True)
class Undecided:
    """A case that waits for the desk: its state, the machine's doubt, whether units are consulted."""

    id: int
    number: str
    state: str
    doubt: str
    consulted: bool


def undecided(actor: Actor, *, limit: int = READ) -> tuple[Undecided, ...]:
    """Cases without a unit and returned ones that this actor may see, by what is due first.

    As little as sorts them by why they wait; `rows_of` and `returns_of` tell of those that are shown.
    """
    may = access(actor)
    asked = Consultation.objects.filter(case_id=OuterRef("pk"), state="open")
    columns = ("id", "state", "received_at", "next_due_at")
    pages = [
        list(
            Case.objects.filter(branch, state=state, ended_at__isnull=True)
            .order_by("next_due_at", "id")
            .values(*columns, doubt=KeyTextTransform("doubt", "proposal"), consulted=Exists(asked))[
                :limit
            ]
        )
        for branch in may.branches()
        for state in WAITING
    ]
    rows = merged(pages, "due")[:limit] if pages else []
    return tuple(
        Undecided(
            id=row["id"],
            number=case_number(row["id"], row["received_at"], tz=may.city.tz),
            state=row["state"],
            doubt=row["doubt"] or "",
            consulted=row["consulted"],
        )
        for row in rows
    )


def returns_of(keys: Collection[int]) -> Mapping[int, int]:
    """How often the dispatch of each of these cases was returned."""
    return Counter(Dispute.objects.filter(case_id__in=keys).values_list("case_id", flat=True))


@dataclass(frozen=True)
class Precedent:
    """A ruling on another case about the same matter, and what became of the case."""

    number: str
    title: str
    unit: Named
    reason: str
    text: str
    ruling: str
    to_unit: Named
    grounds: str
    ruled_at: datetime
    state: str
    reopened: int


def precedents(
    actor: Actor, matter: str, *, besides: int = 0, limit: int = 6
) -> tuple[Precedent, ...]:
    """Rulings on returned cases about this matter that this actor may see, the newest first."""
    if not matter:
        return ()
    may = access(actor)
    newest = Case.objects.filter(matter=matter).order_by("-id").values("id")[:RULINGS_IN]
    ids = list(
        Dispute.objects.filter(
            case_id__in=newest, ruled_at__isnull=False, ruling__in=("uphold", "reject", "designate")
        )
        .exclude(case_id=besides)
        .order_by("-case_id", "-n")
        .values_list("id", flat=True)[: limit * 5]
    )
    cases = Case.objects.filter(may.case_filter() & Q(disputes__in=ids)).values("id")
    rows = (
        Dispute.objects.filter(pk__in=ids, case_id__in=cases)
        .select_related("case")
        .order_by("-ruled_at")[:limit]
    )
    city = may.city
    return tuple(
        Precedent(
            number=case_number(row.case_id, row.case.received_at, tz=city.tz),
            title=row.case.title or row.case.text[:TITLE_LENGTH],
            unit=unit_named(city, row.unit),
            reason=row.reason,
            text=row.text,
            ruling=row.ruling,
            to_unit=unit_named(city, row.to_unit),
            grounds=row.grounds,
            ruled_at=row.ruled_at or row.raised_at,
            state=row.case.state,
            reopened=row.case.reopened,
        )
        for row in rows
    )


@dataclass(frozen=True)
class ProposalSeen:
    """What the machine proposed for a case, and where the case stands now."""

    case_id: int
    received_at: datetime
    matter: str
    proposal: Mapping[str, Any]
    undecided: bool
    misdirected: bool  # a ruling gave it to another unit


def proposals_seen(actor: Actor, *, limit: int) -> list[ProposalSeen]:
    """The newest cases that this actor may see, with what was proposed."""
    may = access(actor)
    columns = ("id", "received_at", "matter", "proposal", "state")
    pages = [
        list(Case.objects.filter(branch).order_by("-id").values(*columns)[:limit])
        for branch in may.branches()
    ]
    rows = merged(pages, "newest")[:limit] if pages else []
    misdirected: set[int] = set()
    if rows:
        upheld = Dispute.objects.filter(case_id__gte=rows[-1]["id"], ruling="uphold")
        misdirected = set(upheld.values_list("case_id", flat=True))
    return [
        ProposalSeen(
            case_id=row["id"],
            received_at=row["received_at"],
            matter=row["matter"],
            proposal=row["proposal"],
            undecided=row["state"] == "received",
            misdirected=row["id"] in misdirected,
        )
        for row in rows
    ]


def rows_of(actor: Actor, keys: Sequence[int], *, now: datetime) -> tuple[CaseRow, ...]:
    """These cases as rows of a list, in their order; those out of sight are left out."""
    may = access(actor)
    begins = Left("text", TITLE_LENGTH)
    found = {
        row["id"]: row
        for row in Case.objects.filter(may.case_filter(), pk__in=keys).values(
            *COLUMNS, begins=begins
        )
    }
    return rows_shown([found[key] for key in keys if key in found], may.city, now)


@dataclass(frozen=True)
class Struck:
    """How many cases there were of a matter in an area, and how many people asked."""

    matter: str
    area: str
    cases: int
    people: int


def struck(matters: Collection[str], *, since: datetime) -> list[Struck]:
    """Cases of these matters received since then, by matter and area."""
    rows = Case.objects.filter(matter__in=matters, received_at__gte=since)
    by = ("matter", "area")
    people = {
        (one["case__matter"], one["case__area"]): one["n"]
        for one in Interest.objects.filter(case__matter__in=matters, case__received_at__gte=since)
        .values("case__matter", "case__area")
        .annotate(n=Count("id"))
        .order_by()
    }
    return [
        Struck(
            row["matter"],
            row["area"],
            row["n"],
            max(row["n"], people.get((row["matter"], row["area"]), 0)) + (row["supporters"] or 0),
        )
        for row in rows.values(*by).annotate(n=Count("id"), supporters=Sum("supporters")).order_by()
    ]
