import itertools
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from xianban.ledger.models import Act as ActRow
from xianban.ledger.models import Checkpoint, Notice, Round
from xianban.ledger.rules import START, Head, root_of, seal, seal_checkpoint

CHUNK = 5000


@dataclass(frozen=True)
class Act:
    """One entry as it stands in the ledger."""

    subject: str
    seq: int
    at: datetime
    verb: str
    actor: str
    payload: dict[str, Any]
    hash: str


@dataclass(frozen=True)
class Verdict:
    """What a check of the whole ledger found; `broken` names the first fault, or is None."""

    acts: int
    subjects: int
    checkpoints: int
    broken: str | None


@dataclass(frozen=True)
class RoundSeen:
    name: str
    started_at: datetime
    ended_at: datetime | None
    note: str


@dataclass(frozen=True)
class Undelivered:
    """So many notices did not go out for this reason; `given_up` of them are not tried again."""

    error: str
    count: int
    given_up: int


def head_of(subject: str) -> Head:
    """The end of the subject's chain; `START` where nothing was written yet."""
    newest = (
        ActRow.objects.filter(subject=subject).order_by("-seq").values_list("seq", "hash").first()
    )
    return Head(newest[0], bytes(newest[1])) if newest else START


def heads_of(subjects: Collection[str]) -> dict[str, Head]:
    """The ends of many chains; `START` for those that have none yet."""
    if len(subjects) == 1:
        return {subject: head_of(subject) for subject in subjects}
    heads = dict.fromkeys(subjects, START)
    if subjects:
        rows = ActRow.objects.filter(subject__in=subjects).order_by("subject", "seq")
        for subject, seq, value in rows.values_list("subject", "seq", "hash"):
            heads[subject] = Head(seq, bytes(value))
    return heads


def history(subject: str) -> list[Act]:
    """All acts on one subject, oldest first."""
    return [_act(row) for row in ActRow.objects.filter(subject=subject).order_by("seq")]


def acts_after(key: int, *, kind: str) -> Iterator[tuple[int, Act]]:
    """(key, act) of all acts on subjects of this kind written after the one with this key, in order."""
    rows = ActRow.objects.filter(id__gt=key, subject__startswith=f"{kind}:").order_by("id")
    return ((row.pk, _act(row)) for row in rows.iterator(chunk_size=CHUNK))


def acts_naming(piece: str) -> Iterator[Act]:
    """All acts whose payload, as canonical JSON, holds this piece of text; reads the whole ledger."""
    rows = ActRow.objects.filter(payload__contains=piece).order_by("id")
    return map(_act, rows.iterator(chunk_size=CHUNK))


def _act(row: ActRow) -> Act:
    payload = json.loads(row.payload)
    return Act(row.subject, row.seq, row.at, row.verb, row.actor, payload, bytes(row.hash).hex())


def touched_since(after: int, *, limit: int = CHUNK) -> tuple[frozenset[str], int]:
    """The subjects of the next acts in order of writing, and the key of the last of them.

    Give that key back as `after`; where nothing is left it comes back as it was. An act that was
    written at the same time by somebody else may get a smaller key and show only later: whoever
    follows closely begins a little before where they were.
    """
    rows = ActRow.objects.filter(pk__gt=after).order_by("pk").values_list("pk", "subject")
    found = list(rows[:limit])
    return frozenset(subject for _, subject in found), found[-1][0] if found else after


def newest_act() -> int:
    """The key of the newest act of all; 0 before the first."""
    return ActRow.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def newest_seqs() -> Iterator[tuple[str, int]]:
    """(subject, number of its newest act) for every chain, in order of subject."""
    rows = ActRow.objects.order_by("subject", "seq").values_list("subject", "seq")
    for subject, group in itertools.groupby(
        rows.iterator(chunk_size=CHUNK), key=lambda row: row[0]
    ):
        for _, seq in group:
            last = seq
        yield subject, last


def verify(*, progress: Callable[[int], None] | None = None) -> Verdict:
    """Recompute every seal and every checkpoint from the first to the last."""
    acts, subjects, broken = _verify_chains(progress)
    checkpoints, unfit = _verify_checkpoints()
    return Verdict(acts, subjects, checkpoints, broken or unfit)


def _verify_chains(progress: Callable[[int], None] | None) -> tuple[int, int, str | None]:
    acts = subjects = 0
    subject, head = "", START
    for row in _chains():
        if row[0] != subject:
            subject, head = row[0], START
            subjects += 1
        if row[1] != head.seq + 1:
            return acts, subjects, f"{subject} act {head.seq + 1} is missing"
        if seal(head.hash, *row[:6]) != bytes(row[6]):
            return acts, subjects, f"{subject} act {row[1]} ({row[3]}) was changed"
        head = Head(row[1], bytes(row[6]))
        acts += 1
        if progress and acts % CHUNK == 0:
            progress(acts)
    return acts, subjects, None


def _chains() -> Iterator[tuple[Any, ...]]:
    """Every act, chain by chain, in parts that are read to their end.

    SQLite lets nobody write who still reads what is no longer the newest, and the check says how far it is.
    """
    rows = ActRow.objects.order_by("subject", "seq").values_list(
        "subject", "seq", "at", "verb", "actor", "payload", "hash"
    )
    part = list(rows[:CHUNK])
    while part:
        yield from part
        subject, seq = part[-1][:2]
        after = Q(subject__gt=subject) | Q(subject=subject, seq__gt=seq)
        part = list(rows.filter(after, subject__gte=subject)[:CHUNK])


def _verify_checkpoints() -> tuple[int, str | None]:
    previous, start, number = b"", 0, 0
    for point in Checkpoint.objects.order_by("number"):
        number += 1
        if point.number != number:
            return number, f"checkpoint {number} is missing"
        root, count = root_of(hashes_between(start, point.upto))
        if count != point.count:
            return (
                number,
                f"checkpoint {number} covers {point.count} acts, of which {count} are there",
            )
        sealed = seal_checkpoint(previous, number, point.upto, count, root, point.at)
        if root != bytes(point.root) or sealed != bytes(point.hash):
            return number, f"checkpoint {number} does not fit the acts that it covers"
        previous, start = sealed, point.upto
    return number, None


def hashes_between(after: int, upto: int) -> Iterator[bytes]:
    """The seals of the acts with keys in (after, upto], in the order of writing."""
    rows = (
        ActRow.objects.filter(id__gt=after, id__lte=upto)
        .order_by("id")
        .values_list("hash", flat=True)
    )
    return (bytes(value) for value in rows.iterator(chunk_size=CHUNK))


def rounds() -> dict[str, RoundSeen]:
    """The worker's regular work by name: when each last began and ended."""
    return {
        row.name: RoundSeen(row.name, row.started_at, row.ended_at, row.note)
        for row in Round.objects.all()
    }


def undelivered(*, since: datetime) -> list[Undelivered]:
    """Why notices made since then have not gone out, the commonest reason first."""
    stuck = Notice.objects.filter(
        Q(state=Notice.State.FAILED) | Q(state=Notice.State.WAITING) & ~Q(error=""),
        created_at__gte=since,
    )
    rows = stuck.values("error").annotate(
        count=Count("id"), given_up=Count("id", filter=Q(state=Notice.State.FAILED))
    )
    return [
        Undelivered(row["error"], row["count"], row["given_up"])
        for row in rows.order_by("-count", "error")
    ]


def waiting_notices(*, now: datetime) -> int:
    """How many notices are due and not yet sent."""
    return Notice.objects.filter(state=Notice.State.WAITING, try_at__lte=now).count()
