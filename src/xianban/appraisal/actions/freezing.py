"""Freezing a period, and the corrections that rulings bring afterwards: each a revision of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from xianban.accounts.api import Actor
from xianban.appraisal.actions.reckoning import city_of, frozen, opened, refigure, update
from xianban.appraisal.models import Counted, Exclusion, Period, Revision
from xianban.appraisal.queries.reach import must_be_central
from xianban.appraisal.queries.tables import digest_of
from xianban.appraisal.rules.deciding import may_freeze
from xianban.appraisal.rules.words import ASKED
from xianban.city.api import current
from xianban.ledger.api import Entry, append


def freeze(name: str, *, acting: Actor, now: datetime) -> str:
    """Reckon a period that is over for the last time and keep it for good; the seal over its rows.

    From then on the database refuses to change it, and the ledger knows its seal.
    """
    must_be_central(acting, "freeze", current())
    with transaction.atomic():
        period = opened(name, now=now)
        waiting = Exclusion.objects.filter(period=period, state=ASKED).count()
        may_freeze(ends_at=period.ends_at, now=now, waiting=waiting, frozen=frozen(period))
        revision = update(period, now=now)
        return seal_revision(revision, acting=acting, now=now, verb="freeze", more={})


def seal_revision(
    revision: Revision, *, acting: Actor, now: datetime, verb: str, more: Mapping[str, Any]
) -> str:
    """Freeze a revision and write its seal into the ledger, in the caller's transaction."""
    revision.digest = digest_of(revision)
    revision.frozen_at, revision.frozen_by = now, acting.key
    revision.save(update_fields=["digest", "frozen_at", "frozen_by"])
    tell(
        revision.period,
        verb,
        acting=acting,
        now=now,
        payload={"revision": revision.n, "rows": revision.rows, "digest": revision.digest, **more},
    )
    return revision.digest


def corrected_copy(
    last: Revision, *, case: int, n: int, values: Mapping[str, Any], why: str, now: datetime
) -> Revision:
    """A new revision like the last one, but for one row; not frozen yet."""
    period = last.period
    revision = Revision.objects.create(
        period=period,
        n=last.n + 1,
        profile=last.profile,
        reckoned_at=now,
        rows=last.rows,
        why=why,
    )
    columns = ", ".join(
        f'"{f.column}"' for f in Counted._meta.concrete_fields if f.name not in ("id", "revision")
    )
    table = Counted._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (revision_id, {columns}) "  # noqa: S608 (our own column names)
            f"SELECT %s, {columns} FROM {table} WHERE revision_id = %s",
            [revision.pk, last.pk],
        )
    Counted.objects.filter(revision=revision, case=case, n=n).update(**values)
    refigure(revision, city_of(period, now=now))
    return revision


def tell(
    period: Period, verb: str, *, acting: Actor, now: datetime, payload: Mapping[str, Any]
) -> None:
    """One entry in the ledger about a period."""
    subject = f"appraisal:{period.name}"
    append([Entry(subject=subject, verb=verb, actor=acting.key, at=now, payload=payload)])
