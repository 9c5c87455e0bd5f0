"""Where cases stand, read from the tables or replayed from the ledger."""

from collections.abc import Iterable
from typing import Any

from django.db import models

from xianban.casework.models import Case, Clock, Consultation, Dispute, FollowUp, Suspension, Task
from xianban.casework.rules import standing as values
from xianban.casework.rules.standing import COLUMNS, FACTS, ROWS, Standing
from xianban.ledger.api import history

TABLES: dict[str, type[models.Model]] = {
    "clocks": Clock,
    "tasks": Task,
    "consultations": Consultation,
    "disputes": Dispute,
    "suspensions": Suspension,
    "follow_ups": FollowUp,
}


def subject_of(case_id: int) -> str:
    """What the ledger calls a case."""
    return f"case:{case_id}"


def standing_of(case: Case) -> Standing:
    """Where the case stands, by its tables."""
    standing = Standing()
    for name in FACTS:
        setattr(standing, name, getattr(case, "merged_into_id" if name == "merged_into" else name))
    standing.limits, standing.place = dict(case.limits), case.place
    for name, table in TABLES.items():
        rows = table._default_manager.filter(case_id=case.pk).order_by("n")
        setattr(
            standing, name, {row[0]: _row(name, row) for row in rows.values_list(*COLUMNS[name])}
        )
    return standing


def standings_of(cases: Iterable[Case]) -> dict[int, Standing]:
    """Where many cases stand, by their keys."""
    found: dict[int, Standing] = {}
    for case in cases:
        standing = found[case.pk] = Standing()
        for name in FACTS:
            column = "merged_into_id" if name == "merged_into" else name
            setattr(standing, name, getattr(case, column))
        standing.limits, standing.place = dict(case.limits), case.place
    for name, table in TABLES.items():
        rows = table._default_manager.filter(case_id__in=found).order_by("case", "n")
        for case_id, *row in rows.values_list("case_id", *COLUMNS[name]):
            getattr(found[case_id], name)[row[0]] = _row(name, tuple(row))
    return found


def _row(name: str, row: tuple[Any, ...]) -> Any:
    return ROWS[name](*row)


def replayed(case_id: int) -> Standing:
    """Where the case stands, by its acts in the ledger alone."""
    return values.replay(act.payload["change"] for act in history(subject_of(case_id)))
