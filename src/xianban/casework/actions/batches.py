"""One act for many cases: who can, who can't and why; then each by itself, all of it or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from xianban.accounts.api import Actor
from xianban.base.errors import BadInput, Refused
from xianban.casework.actions.performing import do
from xianban.casework.queries.access import access
from xianban.casework.queries.lists import filtered, list_page, rows_shown
from xianban.casework.queries.shown import CaseRow, Filters, InBatch
from xianban.casework.queries.standings import standings_of, subject_of
from xianban.casework.rules.working_day import BATCHABLE, MOST_AT_ONCE
from xianban.ledger.api import history


@dataclass(frozen=True)
class Done:
    """What became of one case of a batch; `before`: the same act of the same person stood there already."""

    case_id: int
    refusal: Exception | None = None
    before: bool = False


def batch_preview(
    actor: Actor, verb: str, case_ids: Sequence[int], *, now: datetime
) -> tuple[InBatch, ...]:
    """Those of the cases that this actor sees, in the order of their dates; why not where not."""
    _must_suit(verb, case_ids)
    may = access(actor)
    seen = may.case_filter() & Q(pk__in=list(case_ids))
    newest = Filters(order="newest")
    rows = rows_shown(list_page(seen, newest, may.city, now, "", MOST_AT_ONCE), may.city, now)
    standings = standings_of(filtered(seen, newest, may.city, now))
    found, fields = [], None
    for row in sorted(rows, key=_by_date):
        refusal = may.why_not(standings[row.id], verb, now=now)
        if refusal is None and fields is None:
            fields = may.fields_of(standings[row.id], verb)
        found.append(InBatch(row, refusal, (fields or ()) if refusal is None else ()))
    return tuple(found)


def perform_each(
    verb: str,
    versions: Mapping[int, int],
    *,
    acting: Actor,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> tuple[Done, ...]:
    """The act on each case, each in a transaction of its own; refusals stop nobody else.

    `versions` are those that the person looked at, by case: sent twice, an act is done once, and the
    second time counts as done `before`.
    """
    _must_suit(verb, list(versions))
    return tuple(_one(key, verb, seen, acting, now, data) for key, seen in versions.items())


def _one(
    case_id: int, verb: str, seen: int, acting: Actor, now: datetime, data: Mapping[str, Any] | None
) -> Done:
    try:
        do(case_id, verb, acting=acting, now=now, data=data, expect_version=seen)
    except Refused as reason:
        newer = [act for act in history(subject_of(case_id)) if act.seq > seen]
        mine = [act for act in newer if act.actor == acting.key and act.verb == verb]
        return Done(case_id, None if mine else reason, bool(mine))
    return Done(case_id)


def _must_suit(verb: str, case_ids: Sequence[int]) -> None:
    if verb not in BATCHABLE:
        raise BadInput(f"“{verb}” is done to one case at a time; together: {', '.join(BATCHABLE)}")
    if not case_ids:
        raise BadInput("choose the cases first")
    if len(case_ids) > MOST_AT_ONCE:
        raise BadInput(f"at most {MOST_AT_ONCE} cases at once; choose fewer")


def _by_date(row: CaseRow) -> tuple[bool, Any, int]:
    return (row.next_due_at is None, row.next_due_at or row.received_at, row.id)
