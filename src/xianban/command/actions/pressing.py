"""Pressing units about cases that are late, in the loop's own act, and keeping what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db import transaction

from xianban.accounts.api import Actor
from xianban.base.errors import BadInput, Refused
from xianban.casework.api import number_of, outcomes, perform
from xianban.command.models import Pressing

LONGEST, MOST_CASES = 2000, 200
FARTHEST = timedelta(days=90)


@dataclass(frozen=True)
class Done:
    """The numbers of the cases for which it was done, and those for which it was refused, and why."""

    done: tuple[str, ...]
    refused: tuple[tuple[str, Refused], ...]


def press_cases(
    case_ids: Sequence[int],
    *,
    reason: str,
    answer_by: datetime,
    escalate: bool = False,
    acting: Actor,
    now: datetime,
) -> Done:
    """Press the units that lead these cases (督办), with a reason and a date; raise a level if wanted.

    Each case stands alone: where one is refused, the others are pressed all the same.
    """
    reason = checked_text(reason, what="why", longest=LONGEST)
    _check(case_ids, answer_by, now)
    done, refused = [], []
    for case_id in dict.fromkeys(case_ids):
        try:
            press_one(
                case_id,
                reason=reason,
                answer_by=answer_by,
                escalate=escalate,
                acting=acting,
                now=now,
            )
            done.append(number_of(case_id))
        except Refused as why:
            refused.append(
                (number_of(case_id) if outcomes(acting, [case_id]) else str(case_id), why)
            )
    return Done(tuple(done), tuple(refused))


def press_one(
    case_id: int,
    *,
    reason: str,
    answer_by: datetime,
    escalate: bool = False,
    acting: Actor,
    now: datetime,
) -> Pressing:
    """One case, all of it or nothing."""
    with transaction.atomic():
        if escalate:
            perform(case_id, "escalate", acting=acting, now=now, data={"text": reason})
        hours = max(1, ceil((answer_by - now).total_seconds() / 3600))
        said = {"text": reason, "within": f"{hours}h"}
        seen = perform(case_id, "press", acting=acting, now=now, data=said)
        return Pressing.objects.create(
            case=case_id,
            version=seen.version,
            unit=seen.unit.code,
            by=acting.key,
            at=now,
            reason=reason,
            answer_by=answer_by,
            escalated=escalate,
        )


def escalate_cases(case_ids: Sequence[int], *, reason: str, acting: Actor, now: datetime) -> Done:
    """Raise these cases a level, each alone."""
    reason = checked_text(reason, what="why", longest=LONGEST)
    _check(case_ids, now + timedelta(days=1), now)
    done, refused = [], []
    for case_id in dict.fromkeys(case_ids):
        try:
            perform(case_id, "escalate", acting=acting, now=now, data={"text": reason})
            done.append(number_of(case_id))
        except Refused as why:
            refused.append(
                (number_of(case_id) if outcomes(acting, [case_id]) else str(case_id), why)
            )
    return Done(tuple(done), tuple(refused))


def checked_text(text: str, *, what: str, longest: int) -> str:
    """What was written, trimmed; refused where it is empty or too long."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise BadInput(f"write {what}; this is kept with the case")
    if len(text) > longest:
        raise BadInput(f"{len(text)} characters were written, of which {longest} fit; shorten it")
    return text


def _check(case_ids: Sequence[int], answer_by: datetime, now: datetime) -> None:
    if not case_ids:
        raise BadInput("choose at least one case from the list")
    if len(case_ids) > MOST_CASES:
        raise BadInput(f"{len(case_ids)} cases were chosen; choose at most {MOST_CASES} at a time")
    if not now < answer_by <= now + FARTHEST:
        raise BadInput("the date of the answer must lie ahead, within 90 days; choose another")
