"""Filling the index of words, beside the work: no request waits for it.

Until a case is in the index, a search reads it one by one (`queries.candidates.waiting`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef

from xianban.casework.models import Case, Searchable, Task
from xianban.casework.queries.candidates import stored
from xianban.casework.queries.searches import document_of
from xianban.casework.rules.searching import tokens_of
from xianban.city.api import current

BATCH = 100  # some 50 ms; on SQLite nobody else writes meanwhile
FOUND_BY = frozenset({"title", "text", "place", "area", "matter", "unit"})  # and asked units
WINDOW = 20_000  # among the newest, some may have been committed after others with a greater key


@dataclass(frozen=True)
class Indexed:
    """How many cases were put into the index, and whether there are more to do."""

    cases: int
    more: bool


def index_cases(*, limit: int = 5_000) -> Indexed:
    """Put cases into the index: those whose words changed, then the newest, then the older ones."""
    done = 0
    while done < limit:
        keys = _next()
        if not keys:
            return Indexed(done, more=False)
        _index(keys)
        done += len(keys)
    return Indexed(done, more=True)


def words_changed(case_ids: Collection[int]) -> None:
    """Take the words of these cases out of the index at once; the worker reads them again.

    Whoever changes or erases what a case is `FOUND_BY`, or asks another unit to help, calls this in
    the same transaction.
    """
    Searchable.objects.filter(case__in=case_ids).update(tokens=(), stale=True)


def index_missing(*, upto: int | None = None) -> int:
    """Look through all cases (or up to a key) for such as the index has passed over, and put them in."""
    known = Searchable.objects.filter(case=OuterRef("pk"))
    missing = Case.objects.filter(~Exists(known)).order_by("pk")
    if upto is not None:
        missing = missing.filter(pk__lte=upto)
    keys = list(missing.values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        _index(keys[start : start + BATCH])
    return len(keys)


def _next() -> Sequence[int]:
    edges = Searchable.objects.order_by("case").values_list("case", flat=True)
    first, last = edges.first(), edges.last()
    cases = Case.objects.order_by("pk").values_list("pk", flat=True)
    if first is None or last is None:
        return list(cases.reverse()[:BATCH])
    stale = Searchable.objects.filter(stale=True).values_list("case", flat=True)[:BATCH]
    if keys := list(stale):
        return keys
    known = Searchable.objects.filter(case=OuterRef("pk"))
    newer = cases.filter(~Exists(known), pk__gt=max(first, last - WINDOW))
    return list(newer[:BATCH]) or list(cases.reverse().filter(pk__lt=first)[:BATCH])


def _index(case_ids: Sequence[int]) -> None:
    city = current()
    with transaction.atomic():
        cases = Case.objects.select_for_update(no_key=True).filter(pk__in=case_ids).order_by("pk")
        rows = list(cases.values("id", "received_at", *FOUND_BY))
        asked: dict[int, list[str]] = {}
        tasks = Task.objects.filter(case__in=case_ids)
        for case_id, unit in tasks.values_list("case", "unit"):
            asked.setdefault(case_id, []).append(unit)
        Searchable.objects.bulk_create(
            [
                Searchable(
                    case_id=row["id"],
                    tokens=stored(
                        tokens_of(document_of(row, city, asked.get(row["id"], ()))), row["id"]
                    ),
                    stale=False,
                )
                for row in rows
            ],
            update_conflicts=True,
            unique_fields=["case"],
            update_fields=["tokens", "stale"],
        )
