"""What was pressed, and what came of it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from xianban.accounts.api import Actor, names_of
from xianban.casework.api import Named, Outcome, outcomes
from xianban.city.api import current
from xianban.command.models import Pressing
from xianban.command.queries.shown import PressingSeen

SHOWN_FOR = timedelta(days=60)
MOST, LOOKED_AT = 300, 2000
ORDER = ("overdue", "waiting", "late", "answered")


def verdict_on(answer_by: datetime, answered_at: datetime | None, now: datetime) -> str:
    """answered, late (answered after the date), waiting, or overdue (no answer, and the date is over)."""
    if answered_at is not None:
        return "answered" if answered_at <= answer_by else "late"
    return "waiting" if now <= answer_by else "overdue"


def answered_since(case: Outcome, at: datetime) -> datetime | None:
    """When a case was answered or ended after `at`; None where it was not."""
    times = [time for time in (case.answered_at, case.ended_at) if time is not None and time >= at]
    return min(times) if times else None


def pressings(actor: Actor, *, now: datetime) -> tuple[PressingSeen, ...]:
    """What was pressed in the last weeks about cases that this actor may see: what is overdue first."""
    city = current()
    rows, cases = _in_sight(actor, now)
    users = {int(row.by[5:]) for row in rows if row.by.startswith("user:")}
    names = names_of(users) if users else {}
    seen = []
    for row in rows:
        case = cases[row.case]
        answered = answered_since(case, row.at)
        seen.append(
            PressingSeen(
                case_id=row.case,
                case=case,
                unit=Named(row.unit, city.unit_name(row.unit) if row.unit else ""),
                by=names.get(int(row.by[5:]), row.by) if row.by.startswith("user:") else row.by,
                at=row.at,
                reason=row.reason,
                answer_by=row.answer_by,
                escalated=row.escalated,
                verdict=verdict_on(row.answer_by, answered, now),
                answered_at=answered,
                moved=max(0, case.version - row.version),
            )
        )
    return tuple(sorted(seen, key=lambda one: ORDER.index(one.verdict)))


def _in_sight(actor: Actor, now: datetime) -> tuple[list[Pressing], dict[int, Outcome]]:
    """The newest rows about cases that this actor may see, and what became of those."""
    rows = list(Pressing.objects.filter(at__gte=now - SHOWN_FOR).order_by("-at", "-id")[:LOOKED_AT])
    cases = outcomes(actor, {row.case for row in rows})
    return [row for row in rows if row.case in cases][:MOST], cases


def pressing_counts(seen: Sequence[PressingSeen]) -> dict[str, int]:
    """How many of them were answered in time, late, or not."""
    counted = Counter(one.verdict for one in seen)
    return {verdict: counted[verdict] for verdict in ORDER}
