"""Convening: a meeting with its agenda, its minutes and decision, and the tasks that it sets.

A task about a case goes into the case, where its clock runs: the lead unit is pressed, another unit
is invited. Others stay here, and are reminded from here.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db import transaction

from xianban.accounts.api import Actor, may
from xianban.base.errors import BadInput, NotAllowed, WrongState
from xianban.casework.api import access, case_view, perform
from xianban.city.api import City, current
from xianban.command.actions.pressing import FARTHEST, checked_text, press_one
from xianban.command.models import Meeting, MeetingTask
from xianban.command.queries.meetings import acts_for_unit, leads_meeting, meeting_for
from xianban.ledger.api import Entry, NewNotice, append, enqueue

MOST_CASES, MOST_UNITS, MOST_TASKS = 50, 60, 100
REMIND_BEFORE = timedelta(days=1)


def convene(
    *,
    title: str,
    agenda: str,
    starts_at: datetime,
    place: str,
    units: Sequence[str],
    cases: Sequence[int] = (),
    area: str = "",
    matter: str = "",
    acting: Actor,
    now: datetime,
) -> int:
    """Call a meeting; the key of it. The invited units get a notice."""
    city = current()
    title = checked_text(title, what="what the meeting is called", longest=120)
    agenda = checked_text(agenda, what="the agenda", longest=4000)
    place = checked_text(place, what="where the meeting is", longest=120)
    units, cases = tuple(dict.fromkeys(units)), tuple(dict.fromkeys(cases))
    _check_about(units, cases, area, matter, city)
    if not now - timedelta(days=30) <= starts_at <= now + FARTHEST:
        raise BadInput("a meeting lies between 30 days ago and 90 days ahead; choose another time")
    _must_convene(acting, area or city.root, units, city)
    for case_id in cases:
        access(acting).must_see(case_id)
    with transaction.atomic():
        row = Meeting.objects.create(
            title=title,
            agenda=agenda,
            starts_at=starts_at,
            place=place,
            area=area or city.root,
            matter=matter,
            units=list(units),
            cases=list(cases),
            by=acting.key,
            called_at=now,
        )
        said = {"title": title, "starts_at": starts_at.isoformat(), "units": list(units), "cases": list(cases)}  # fmt: skip
        _write(row, "convene", said, acting, now)
        enqueue([_notice("meeting_called", row, unit, row.starts_at) for unit in units], now=now)
    return row.pk


def _check_about(
    units: Sequence[str], cases: Sequence[int], area: str, matter: str, city: City
) -> None:
    unknown = [unit for unit in units if unit not in city.units]
    if unknown:
        raise BadInput(f"there is no unit “{unknown[0]}” in this city; choose one from its list of units")  # fmt: skip
    if not units:
        raise BadInput("invite at least one unit")
    if len(units) > MOST_UNITS or len(cases) > MOST_CASES:
        raise BadInput(f"a meeting has at most {MOST_UNITS} units and {MOST_CASES} cases")
    if area and area not in city.areas:
        raise BadInput(f"there is no area “{area}” in this city; choose one from its list")
    if matter and matter not in city.matters:
        raise BadInput(f"there is no matter “{matter}” in this city; choose one from its list")


def _must_convene(acting: Actor, area: str, units: Sequence[str], city: City) -> None:
    """A street's supervisor convenes in the street; who is bound to a unit, with that unit."""
    if not may(acting, "convene", areas=city.area_path(area), units=units):
        raise NotAllowed(
            "your roles do not let you convene there; name an area within your own, "
            "and your own unit among the invited"
        )


def hold(meeting_id: int, *, minutes: str, decision: str, acting: Actor, now: datetime) -> None:
    """Write down what was said and decided; it may be put right, and the ledger keeps every version."""
    minutes = checked_text(minutes, what="the minutes", longest=20_000)
    decision = checked_text(decision, what="what was decided", longest=4000)
    with transaction.atomic():
        row = _led(meeting_id, acting)
        row.minutes, row.decision, row.held_at = minutes, decision, row.held_at or now
        row.save(update_fields=["minutes", "decision", "held_at"])
        _write(row, "hold", {"minutes": minutes, "decision": decision}, acting, now)
        enqueue([_notice("meeting_decided", row, unit, row.starts_at, mark=str(now.timestamp())) for unit in row.units], now=now)  # fmt: skip


def set_task(
    meeting_id: int,
    *,
    text: str,
    unit: str,
    due_at: datetime,
    case_id: int | None = None,
    acting: Actor,
    now: datetime,
) -> int:
    """Give a unit something to do until a time; its place in the meeting's list."""
    city = current()
    text = checked_text(text, what="what is to be done", longest=2000)
    if unit not in city.units:
        raise BadInput(f"there is no unit “{unit}” in this city; choose one from its list of units")
    if not now < due_at <= now + 4 * FARTHEST:
        raise BadInput("a task ends after now and within a year; choose another date")
    with transaction.atomic():
        row = _led(meeting_id, acting)
        n = row.tasks.count() + 1
        if n > MOST_TASKS:
            raise WrongState(f"a meeting sets at most {MOST_TASKS} tasks; convene again")
        how, case_task = ("", 0)
        if case_id is not None:
            how, case_task = _into_case(row, case_id, text, unit, due_at, acting, now)
        MeetingTask.objects.create(
            meeting=row, n=n, text=text, unit=unit, due_at=due_at, by=acting.key, set_at=now,
            case=case_id, how=how, case_task=case_task,
        )  # fmt: skip
        said = {"n": n, "unit": unit, "due_at": due_at.isoformat(), "text": text}
        _write(row, "set_task", said | ({"case": case_id} if case_id else {}), acting, now)
        if not how:
            enqueue([_notice("meeting_task", row, unit, due_at, mark=str(n))], now=now)
    return n


def _into_case(
    row: Meeting,
    case_id: int,
    text: str,
    unit: str,
    due_at: datetime,
    acting: Actor,
    now: datetime,
) -> tuple[str, int]:
    """The task as the loop knows it: how, and the number of the task in the case."""
    ask = f"{row.title}：{text}"
    seen = case_view(case_id, acting, now=now)
    if unit == seen.unit.code:
        press_one(case_id, reason=ask, answer_by=due_at, acting=acting, now=now)
        return "press", 0
    hours = max(1, ceil((due_at - now).total_seconds() / 3600))
    data = {"unit": unit, "ask": ask, "limit": f"{hours}h"}
    after = perform(case_id, "invite", acting=acting, now=now, data=data)
    return "invite", max(task.n for task in after.tasks)


def report_task(meeting_id: int, n: int, *, result: str, acting: Actor, now: datetime) -> None:
    """The unit says what it did; whoever leads the meeting then accepts it or sends it back."""
    result = checked_text(result, what="what was done", longest=4000)
    with transaction.atomic():
        row = meeting_for(meeting_id, acting, lock=True)
        task = _task(row, n, "open")
        if not acts_for_unit(acting, task.unit) and not leads_meeting(acting, row):
            raise NotAllowed("this task is another unit's; report on your own")
        _move(row, task, "reported", acting, now, result=result)
        enqueue([NewNotice("meeting_reported", row.by, f"meeting:{row.pk}:{n}:reported:{now.timestamp()}", _values(row, task.unit, task.due_at))], now=now)  # fmt: skip


def judge_task(
    meeting_id: int, n: int, *, verdict: str, reason: str = "", acting: Actor, now: datetime
) -> None:
    """Accept what was reported (done), send it back (open), or give the task up (dropped), with a reason."""
    if verdict not in ("done", "open", "dropped"):
        raise BadInput("choose done, open or dropped")
    if verdict != "done":
        reason = checked_text(reason, what="why", longest=2000)
    with transaction.atomic():
        row = _led(meeting_id, acting)
        task = _task(row, n, *(("reported",) if verdict != "dropped" else ("open", "reported")))
        _move(row, task, verdict, acting, now, result=reason or task.result)
        if verdict == "open":
            enqueue([_notice("meeting_task", row, task.unit, task.due_at, mark=f"{n}:{now.timestamp()}")], now=now)  # fmt: skip


def remind(*, now: datetime) -> int:
    """The worker's round: whoever has a meeting's task hears a day before it ends, and when it is late."""
    rows = MeetingTask.objects.filter(state="open", how="", due_at__lt=now + REMIND_BEFORE)
    notices = []
    for task in rows.select_related("meeting").order_by("due_at")[:500]:
        late = task.due_at < now
        kind = "meeting_task_late" if late else "meeting_task_soon"
        mark = f"{task.n}:{task.due_at.date()}"
        notices.append(_notice(kind, task.meeting, task.unit, task.due_at, mark=mark))
        if late:
            key = f"meeting:{task.meeting_id}:{mark}:late"
            notices.append(NewNotice("meeting_task_late", task.meeting.by, key, _values(task.meeting, task.unit, task.due_at)))  # fmt: skip
    with transaction.atomic():
        enqueue(notices, now=now)
    return len(notices)


def _led(meeting_id: int, acting: Actor) -> Meeting:
    row = meeting_for(meeting_id, acting, lock=True)
    if not leads_meeting(acting, row):
        raise NotAllowed("only who may convene this meeting writes its minutes and sets its tasks")
    return row


def _task(row: Meeting, n: int, *states: str) -> MeetingTask:
    task = row.tasks.select_for_update().filter(n=n, how="").first()
    if task is None:
        raise BadInput("this meeting has no such task of its own; look at the meeting again")
    if task.state not in states:
        raise WrongState("this task went on meanwhile; look at the meeting again")
    return task


def _move(
    row: Meeting, task: MeetingTask, state: str, acting: Actor, now: datetime, *, result: str
) -> None:
    task.state, task.result = state, result
    task.ended_at = now if state in ("done", "dropped") else None
    task.save(update_fields=["state", "result", "ended_at"])
    verb = {"reported": "report_task", "open": "return_task", "done": "accept_task", "dropped": "drop_task"}[state]  # fmt: skip
    _write(row, verb, {"n": task.n, "text": result}, acting, now)


def _write(row: Meeting, verb: str, said: dict[str, Any], acting: Actor, now: datetime) -> None:
    append([Entry(f"meeting:{row.pk}", verb, acting.key, now, {"said": said})])


def _values(row: Meeting, unit: str, due_at: datetime) -> dict[str, Any]:
    return {
        "meeting": row.pk,
        "title": row.title,
        "room": row.place,
        "unit": unit,
        "area": row.area,
        "matter": row.matter,
        "due_at": due_at.isoformat(),
    }


def _notice(kind: str, row: Meeting, unit: str, due_at: datetime, mark: str = "") -> NewNotice:
    key = f"meeting:{row.pk}:{kind}:{unit}:{mark}"
    return NewNotice(kind, f"unit:{unit}", key, _values(row, unit, due_at))
