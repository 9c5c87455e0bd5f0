from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from xianban.base.clock import utc_now
from xianban.base.errors import BrokenPromise, Unavailable
from xianban.base.ids import canonical_json
from xianban.base.rows import insert_rows
from xianban.ledger.models import Act, Checkpoint, Notice, Round
from xianban.ledger.queries import hashes_between, heads_of
from xianban.ledger.rules import Entry, Head, next_try, root_of, seal, seal_checkpoint

LEASE = timedelta(minutes=5)  # a sender that died in between is followed by another after this


@dataclass(frozen=True)
class NewNotice:
    """A message to send: `to` is person:ID, user:ID, unit:CODE, role:NAME:AREA or webhook:NAME."""

    kind: str
    to: str
    dedupe_key: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    not_before: datetime | None = None
    urgent: bool = False


@dataclass(frozen=True)
class Outgoing:
    """A notice handed to a sender; `id` stays the same when it is tried again."""

    id: int
    kind: str
    to: str
    payload: dict[str, Any]
    urgent: bool
    attempts: int


@dataclass(frozen=True)
class Sent:
    sent: int
    retried: int
    failed: int


def append(entries: Sequence[Entry], *, heads: Mapping[str, Head] | None = None) -> dict[str, Head]:
    """Write acts down, in the caller's transaction and under its lock on each subject.

    `heads` spares a look-up: give `START` for a subject that is new. Returns the new heads.
    Two writers on one subject cannot both succeed: the database refuses the second.
    """
    if not connection.in_atomic_block:
        raise BrokenPromise("an act must be written in the transaction of the change it records")
    ends: dict[str, Head] = dict(heads or {})
    ends |= heads_of({entry.subject for entry in entries} - set(ends))
    rows = []
    for entry in entries:
        head = ends[entry.subject]
        payload = canonical_json(dict(entry.payload)).decode()
        seq = head.seq + 1
        value = seal(head.hash, entry.subject, seq, entry.at, entry.verb, entry.actor, payload)
        rows.append(
            Act(
                subject=entry.subject,
                seq=seq,
                at=entry.at,
                verb=entry.verb,
                actor=entry.actor,
                payload=payload,
                hash=value,
            )
        )
        ends[entry.subject] = Head(seq, value)
    insert_rows(rows, connection=connection)
    return ends


def checkpoint(*, now: datetime) -> Checkpoint | None:
    """Seal all acts since the last checkpoint under one root; None where there are none."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # waits for writers whose acts have a key but are not committed yet
                cursor.execute("LOCK TABLE ledger_act IN SHARE MODE")
        last = Checkpoint.objects.order_by("-number").first()
        upto = Act.objects.order_by("-id").values_list("id", flat=True).first()
    after = last.upto if last else 0
    if upto is None or upto <= after:
        return None
    root, count = root_of(hashes_between(after, upto))
    number = last.number + 1 if last else 1
    previous = bytes(last.hash) if last else b""
    sealed = seal_checkpoint(previous, number, upto, count, root, now)
    point, created = Checkpoint.objects.get_or_create(
        number=number,
        defaults={"at": now, "upto": upto, "count": count, "root": root, "hash": sealed},
    )
    return point if created else None  # else another worker was first


def enqueue(notices: Sequence[NewNotice], *, now: datetime) -> None:
    """Put messages in the outbox, in the caller's transaction; a known `dedupe_key` is left alone."""
    if not notices:
        return
    insert_rows(
        [
            Notice(
                id=None,
                kind=notice.kind,
                to=notice.to,
                payload=dict(notice.payload),
                dedupe_key=notice.dedupe_key,
                urgent=notice.urgent,
                state=Notice.State.WAITING.value,
                created_at=now,
                try_at=notice.not_before or now,
                attempts=0,
                sent_at=None,
                error="",
            )
            for notice in notices
        ],
        connection=connection,
        skip_conflicts=True,
    )


def send_due(
    *,
    now: datetime,
    send: Callable[[Outgoing], None],
    limit: int = 100,
) -> Sent:
    """Hand every due notice to `send`, at least once; what fails comes again later.

    A sender says that it could not deliver by raising `Unavailable`; any other error is ours and
    stops the round.
    """
    sent = retried = failed = 0
    for row in _claim(now, limit):
        outgoing = Outgoing(row.pk, row.kind, row.to, row.payload, row.urgent, row.attempts)
        try:
            send(outgoing)
        except Unavailable as reason:
            again = next_try(row.attempts, now)
            retried, failed = (retried + 1, failed) if again else (retried, failed + 1)
            _put_back(row, again, str(reason))
        else:
            Notice.objects.filter(pk=row.pk).update(state=Notice.State.SENT, sent_at=now, error="")
            sent += 1
    return Sent(sent, retried, failed)


def try_again(*, since: datetime, now: datetime) -> int:
    """Put those given up on back in line, as if new; how many."""
    rows = Notice.objects.filter(state=Notice.State.FAILED, created_at__gte=since)
    return rows.update(state=Notice.State.WAITING, try_at=now, attempts=0)


def _claim(now: datetime, limit: int) -> list[Notice]:
    """Take due notices for a while; if we die, they are due again when the lease ends."""
    skip = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        rows = list(
            Notice.objects.select_for_update(skip_locked=skip)
            .filter(state=Notice.State.WAITING, try_at__lte=now)
            .order_by("try_at")[:limit]
        )
        for row in rows:
            row.attempts += 1
            row.try_at = now + LEASE
        Notice.objects.bulk_update(rows, ["attempts", "try_at"])
    return rows


def _put_back(row: Notice, again: datetime | None, reason: str) -> None:
    state = Notice.State.WAITING if again else Notice.State.FAILED
    Notice.objects.filter(pk=row.pk).update(
        state=state, try_at=again or row.try_at, error=reason[:300]
    )


def begin_round(name: str) -> None:
    """Note that a regular piece of work begins."""
    Round.objects.update_or_create(name=name, defaults={"started_at": utc_now()})


@contextmanager
def round_of(name: str) -> Iterator[None]:
    """Note that a regular piece of work began, and that it ended or why it did not."""
    begin_round(name)
    try:
        yield
    except Exception as reason:
        note = f"{type(reason).__name__}: {reason}"
        Round.objects.filter(name=name).update(ended_at=utc_now(), note=note[:300])
        raise
    Round.objects.filter(name=name).update(ended_at=utc_now(), note="")


def note_round(name: str, *, started: datetime) -> None:
    """Note that a piece of work that is done by hand began and ended well, such as a backup."""
    Round.objects.update_or_create(
        name=name, defaults={"started_at": started, "ended_at": utc_now(), "note": ""}
    )
