"""When cases ended, and what keeps one from being over: for whoever lets go of what was said in it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from xianban.casework.models import Case, Dispute, Word
from xianban.casework.rules.words import ENDED


@dataclass(frozen=True)
class Ending:
    """A case, where it lies, and when it ended; None where it is open, or lives on in one that is."""

    case_id: int
    received_at: datetime
    urgency: str
    request_kind: str
    ended_at: datetime | None
    disputed: bool = False
    area: str = ""
    unit: str = ""


def ended_after(case_id: int, *, before: datetime, limit: int) -> tuple[list[int], int | None]:
    """Keys of cases that ended by a time, from the one after this key on; and where to go on.

    Walks over `limit` cases at a time, so that no look costs more than another.
    """
    keys = Case.objects.filter(pk__gt=case_id).order_by("pk").values_list("pk", "ended_at")
    rows = list(keys[:limit])
    found = [pk for pk, ended_at in rows if ended_at is not None and ended_at <= before]
    return found, rows[-1][0] if len(rows) == limit else None


def endings(case_ids: Collection[int]) -> dict[int, Ending]:
    """How these cases stand; three queries."""
    columns = ("pk", "received_at", "urgency", "request_kind", "state", "ended_at", "merged_into", "area", "unit")  # fmt: skip
    rows = list(Case.objects.filter(pk__in=case_ids).values_list(*columns))
    targets = {row[6] for row in rows if row[6]}
    ends = dict(Case.objects.filter(pk__in=targets).values_list("pk", "ended_at"))
    disputed = set(
        Dispute.objects.filter(case__in=case_ids, ruling="").values_list("case", flat=True)
    )
    found = {}
    for pk, received_at, urgency, kind, state, ended_at, target, area, unit in rows:
        over = ended_at if state in ENDED else None
        if over and target:
            later = ends.get(target)
            over = max(over, later) if later else None
        found[pk] = Ending(pk, received_at, urgency, kind, over, pk in disputed, area, unit)
    return found


@dataclass(frozen=True)
class Added:
    """What a resident said with an act."""

    case_id: int
    seq: int
    text: str


def words_added(person_id: int) -> list[Added]:
    """What a person said with acts on cases, oldest first."""
    rows = Word.objects.filter(person=person_id).order_by("pk")
    return [Added(*row) for row in rows.values_list("case", "seq", "text")]


def with_words(case_ids: Collection[int]) -> set[int]:
    """Which of these cases still say something, themselves or in what was added."""
    said = Case.objects.filter(pk__in=case_ids).exclude(text="", title="", place="", lat=None)
    added = Word.objects.filter(case__in=case_ids)
    return {*said.values_list("pk", flat=True), *added.values_list("case", flat=True)}
