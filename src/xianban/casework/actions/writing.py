"""Writing down what an act did: tables, ledger and outbox, in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from xianban.base.errors import NotFound
from xianban.casework.actions.indexing import FOUND_BY, words_changed
from xianban.casework.models import Case, Interest, Word
from xianban.casework.queries.access import NO_CASE
from xianban.casework.queries.places import columns_for
from xianban.casework.queries.standings import TABLES, subject_of
from xianban.casework.rules.standing import COLUMNS, FACTS, ROWS, Snapshot, Standing, change_between
from xianban.city.api import City
from xianban.ledger.api import Entry, append


def locked(case_id: int) -> Case:
    """The case, held until the transaction ends; NotFound where there is none."""
    return locked_in_order([case_id])[case_id]


def locked_in_order(case_ids: Sequence[int]) -> dict[int, Case]:
    """Several cases, always locked in the same order, so that nobody waits in a circle."""
    rows = Case.objects.select_for_update().filter(pk__in=case_ids).order_by("pk")
    found = {case.pk: case for case in rows}
    if len(found) < len(set(case_ids)):
        raise NotFound(NO_CASE)
    return found


def write(
    case: Case,
    before: Snapshot,
    after: Standing,
    *,
    verb: str,
    actor: str,
    now: datetime,
    city: City,
    said: Mapping[str, Any],
) -> None:
    """Write one act of a locked case: what changed, and the entry that says so. Moves its version."""
    change = change_between(before, after)
    facts = {name: getattr(after, name) for name in change if name in FACTS}
    if "merged_into" in facts:
        facts["merged_into_id"] = facts.pop("merged_into")
    if after.place != case.place:
        facts["place"] = after.place
    if "area" in facts:
        facts.update(columns_for(city, after.area))
    Case.objects.filter(pk=case.pk).update(version=F("version") + 1, **facts)
    case.version += 1
    asked_anew = any(row["n"] not in before["tasks"] for row in change.get("tasks", ()))
    if asked_anew or not FOUND_BY.isdisjoint(facts):
        words_changed([case.pk])
    for name in ROWS:
        _write_rows(case, name, before[name], after, change.get(name, ()))
    kept, words = for_good(said, actor)
    append([Entry(subject_of(case.pk), verb, actor, now, {"said": kept, "change": change})])
    person = person_of(actor)
    if words and person is not None:
        Word.objects.create(case_id=case.pk, seq=case.version, person=person, text=words)


def _write_rows(
    case: Case,
    name: str,
    before: Mapping[int, Any],
    after: Standing,
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Changed rows first, then new ones: a clock ends before the next of its kind begins."""
    table, values = TABLES[name], getattr(after, name)
    for row in rows:
        if row["n"] in before:
            changed = {column: getattr(values[row["n"]], column) for column in row if column != "n"}
            table._default_manager.filter(case_id=case.pk, n=row["n"]).update(**changed)
    fresh = [values[row["n"]] for row in rows if row["n"] not in before]
    if fresh:
        columns = COLUMNS[name]
        table._default_manager.bulk_create(
            [table(case_id=case.pk, **{c: getattr(value, c) for c in columns}) for value in fresh]
        )


def person_of(actor: str) -> int | None:
    """The id of the resident whom an actor's key names; None for anybody else."""
    kind, _, key = actor.partition(":")
    return int(key) if kind == "person" else None


def for_good(said: Mapping[str, Any], actor: str) -> tuple[dict[str, Any], str]:
    """What may be written down for ever, and the words that may not: a resident's own.

    The ledger is never erased, so it keeps neither those nor an address; that there were some, it does.
    """
    kept = {name: True if name == "place" else value for name, value in said.items()}
    words = str(kept.pop("text", "")) if person_of(actor) is not None else ""
    return kept | ({"words": True} if words else {}), words


def add_interests(
    case_id: int, persons: Sequence[int], *, now: datetime, via: int | None = None
) -> None:
    """These people want to hear of this case, once each."""
    Interest.objects.bulk_create(
        [Interest(case_id=case_id, person=person, since=now, via=via) for person in persons],
        ignore_conflicts=True,
    )
