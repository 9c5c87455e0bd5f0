"""Whistle (吹哨): a street calls departments to a warning's case; whether they came, graded both ways."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from xianban.accounts.api import Actor, may_anywhere
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.casework.api import case_view, perform
from xianban.prevention.actions.writing import locked, write
from xianban.prevention.models import Summons, Warning
from xianban.prevention.rules.words import GRADES

ARRIVE_HOURS = 4
MOST_HOURS = 24 * 14
NO_SUMMONS = "there is no such summons, or none that you may see; look at the warning again"


def whistle(
    warning_id: int,
    *,
    units: Sequence[str],
    ask: str,
    arrive_hours: int = ARRIVE_HOURS,
    limit: str = "",
    acting: Actor,
    now: datetime,
) -> tuple[int, ...]:
    """Call units to the case of an ordered warning; the keys of the summonses.

    The case's own rules say who may (the lead unit, or a supervisor) and when (once it is signed).
    """
    if not units:
        raise BadInput("name at least one unit that is to come")
    if not 1 <= arrive_hours <= MOST_HOURS:
        raise BadInput(f"a unit is to arrive within 1 to {MOST_HOURS} hours; choose another time")
    with transaction.atomic():
        row = locked(warning_id)
        if row.case is None:
            raise WrongState(
                "nobody was ordered to act on this warning yet; order first, then whistle"
            )
        caller = case_view(row.case, acting, now=now).unit.code
        made = []
        for unit in dict.fromkeys(units):
            data = {"unit": unit, "ask": ask.strip(), "whistle": True, **({"limit": limit} if limit else {})}  # fmt: skip
            after = perform(row.case, "invite", acting=acting, now=now, data=data)
            task = max(one.n for one in after.tasks)
            made.append(
                Summons.objects.create(
                    warning=row, case=row.case, task=task, unit=unit, caller=caller, by=acting.key,
                    at=now, arrive_by=now + timedelta(hours=arrive_hours),
                )
            )  # fmt: skip
            said = {"unit": unit, "task": task, "ask": ask.strip(), "arrive_hours": arrive_hours}
            write(row, "whistle", said, actor=acting.key, now=now)
    return tuple(one.pk for one in made)


def arrive(summons_id: int, *, warning: int, acting: Actor, now: datetime) -> None:
    """Somebody of the unit is there: said by the unit itself, or by whoever called it."""
    with transaction.atomic():
        one, row = _held(summons_id, warning)
        if not (_of(acting, one.unit) or _of(acting, one.caller)):
            raise NotAllowed("only the unit that was called, or the one that called it, says that it came")  # fmt: skip
        if one.arrived_at is not None:
            raise WrongState("that it came is written down already")
        one.arrived_at = now
        one.save(update_fields=["arrived_at"])
        said = {"unit": one.unit, "task": one.task, "late": now > one.arrive_by}
        write(row, "arrive", said, actor=acting.key, now=now)


def grade(
    summons_id: int, *, warning: int, grade: int, word: str = "", acting: Actor, now: datetime
) -> None:
    """The caller grades the unit's coming and answer; the unit grades whether the call was fit. Once each."""
    if grade not in GRADES:
        raise BadInput(f"a grade is one of {', '.join(map(str, GRADES))}; 5 is best")
    word = word.strip()[:1000]
    if grade <= 2 and not word:
        raise BadInput("say why so low a grade; the other side reads it")
    with transaction.atomic():
        one, row = _held(summons_id, warning)
        side = "unit" if _of(acting, one.caller) else "caller" if _of(acting, one.unit) else ""
        if not side:
            raise NotAllowed("only the two units grade each other")
        if getattr(one, f"grade_of_{side}") is not None:
            raise WrongState("you have graded this already")
        setattr(one, f"grade_of_{side}", grade)
        setattr(one, f"word_on_{side}", word)
        one.save(update_fields=[f"grade_of_{side}", f"word_on_{side}"])
        said = {"of": side, "unit": one.unit, "task": one.task, "grade": grade, "word": word}
        write(row, "grade", said, actor=acting.key, now=now)


def _held(summons_id: int, warning: int) -> tuple[Summons, Warning]:
    """A summons of this warning, and the warning, until the transaction ends."""
    one = Summons.objects.select_for_update().filter(pk=summons_id, warning=warning).first()
    if one is None:
        raise NotFound(NO_SUMMONS)
    return one, locked(one.warning_id)


def _of(actor: Actor, unit: str) -> bool:
    """Whether the actor answers for the unit."""
    return may_anywhere(actor, "answer") and any(grant.unit == unit for grant in actor.grants)
