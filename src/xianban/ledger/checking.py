"""Looking through the whole ledger in the background: asked for on a page, done by the worker."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q, QuerySet

from xianban.base.clock import utc_now
from xianban.ledger.models import Act, Check

SILENCE = timedelta(minutes=3)  # one that says nothing for so long died, and is begun again
STEP_SHOWN = 300
NOT_DONE = "the check itself failed: "  # it says nothing about the ledger


@dataclass(frozen=True)
class CheckSeen:
    """A check: `state` is waiting, running, whole, broken, or failed: not done to its end."""

    state: str
    asked_at: datetime
    asked_by: str
    ended_at: datetime | None
    step: str
    done: int
    total: int
    broken: str


def ask_check(*, acting: str, now: datetime) -> bool:
    """Ask for a check; False where one waits or runs already."""
    if Check.objects.filter(ended_at=None).exists():
        return False
    Check.objects.create(asked_at=now, asked_by=acting)
    return True


def newest_check(*, ended: bool = False) -> CheckSeen | None:
    """The last check that was asked for, or the last that ended; what one found broken stands until
    another came to its end."""
    rows = Check.objects.filter(ended_at__isnull=False) if ended else Check.objects.all()
    row = rows.order_by("-id").first()
    if row is None:
        return None
    failed = row.broken.startswith(NOT_DONE)
    if failed and ended:
        found = rows.exclude(broken__startswith=NOT_DONE).order_by("-id").first()
        if found is not None and found.broken:
            row, failed = found, False
    state = "failed" if failed else "broken" if row.broken else "whole"
    if row.ended_at is None:
        state = "running" if row.started_at else "waiting"
    return CheckSeen(
        state, row.asked_at, row.asked_by, row.ended_at, row.step, row.done, row.total, row.broken
    )


def check_waits(*, now: datetime) -> bool:
    """Whether there is a check to begin."""
    return _idle(now).exists()


def _idle(now: datetime) -> QuerySet[Check]:
    idle = Q(started_at=None) | Q(seen_at__lt=now - SILENCE)
    return Check.objects.filter(idle, ended_at=None)


def check_to_do(*, now: datetime) -> int | None:
    """Claim the check that waits, or one whose checker died; its key."""
    row = _idle(now).order_by("id").first()
    if row is None:
        return None
    claimed = (
        _idle(now)
        .filter(pk=row.pk)
        .update(
            started_at=now, seen_at=now, done=0, total=Act.objects.aggregate(n=Max("id"))["n"] or 0
        )
    )
    return row.pk if claimed else None


def say_progress(key: int, done: int, *, step: str) -> None:
    Check.objects.filter(pk=key).update(done=done, step=step, seen_at=utc_now())


def end_check(key: int, broken: str | None) -> None:
    Check.objects.filter(pk=key).update(
        ended_at=utc_now(), seen_at=utc_now(), broken=(broken or "")[:STEP_SHOWN], step=""
    )


def note_check(broken: str | None, *, acts: int, acting: str, started: datetime) -> None:
    """Write down a check that was made elsewhere, such as on the command line."""
    now = utc_now()
    Check.objects.create(
        asked_at=started,
        asked_by=acting,
        started_at=started,
        seen_at=now,
        ended_at=now,
        done=acts,
        total=acts,
        broken=(broken or "")[:STEP_SHOWN],
    )


def run_check(look: Callable[[Callable[[int, str], None]], str | None], *, now: datetime) -> bool:
    """Do the check that waits, if one does. `look` gets a function to say how far it is."""
    key = check_to_do(now=now)
    if key is None:
        return False
    try:
        broken = look(lambda done, step: say_progress(key, done, step=step))
    except Exception as reason:
        end_check(key, f"{NOT_DONE}{type(reason).__name__}: {reason}")
        raise
    end_check(key, broken)
    return True
