"""Meetings as one may see them: who oversees there, and the units that are in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from xianban.accounts.api import MACHINE, Actor, may, may_anywhere, names_of
from xianban.base.errors import NotFound
from xianban.casework.api import Named, Outcome, outcomes, task_states
from xianban.city.api import City, current
from xianban.command.models import Meeting, MeetingTask
from xianban.command.queries.pressings import answered_since
from xianban.command.queries.shown import MeetingSeen, TaskSeen
from xianban.command.rules.words import TASK_WAITS

MOST = 300
NO_MEETING = "there is no such meeting, or none that you may see; check the address"


def acts_for_unit(actor: Actor, unit: str) -> bool:
    """Whether the actor belongs to the unit and answers for it."""
    return may_anywhere(actor, "answer") and any(grant.unit == unit for grant in actor.grants)


def leads_meeting(actor: Actor, row: Meeting) -> bool:
    """Who called it, or may call one like it."""
    if not may_anywhere(actor, "convene"):
        return False
    path = current().area_path(row.area)
    return row.by == actor.key or may(actor, "convene", areas=path, units=row.units)


def _sees(actor: Actor, row: Meeting, units: set[str]) -> bool:
    if leads_meeting(actor, row):
        return True
    path = current().area_path(row.area)
    if may(actor, "oversee", areas=path, units=units):
        return True
    return any(grant.unit in units for grant in actor.grants if grant.unit)


def meeting_for(meeting_id: int, actor: Actor, *, lock: bool = False) -> Meeting:
    """The meeting, held until the transaction ends if `lock`; NotFound where it is out of sight."""
    rows = Meeting.objects.select_for_update() if lock else Meeting.objects.all()
    row = rows.filter(pk=meeting_id).first()
    if row is None:
        raise NotFound(NO_MEETING)
    units = {*row.units, *row.tasks.values_list("unit", flat=True)}
    if not _sees(actor, row, units):
        raise NotFound(NO_MEETING)
    return row


def may_see_meetings(actor: Actor) -> bool:
    return may_anywhere(actor, "oversee") or may_anywhere(actor, "answer")


def meetings(actor: Actor, *, now: datetime) -> tuple[MeetingSeen, ...]:
    """The newest meetings that this actor may see, those to be followed first."""
    rows = list(Meeting.objects.order_by("-starts_at", "-id").prefetch_related("tasks")[:MOST])
    rows = [
        row for row in rows if _sees(actor, row, {*row.units, *(t.unit for t in row.tasks.all())})
    ]
    seen = _all_seen(rows, actor, now)
    order = ("called", "following", "done")
    return tuple(sorted(seen, key=lambda one: order.index(one.state)))


def meeting(meeting_id: int, actor: Actor, *, now: datetime) -> MeetingSeen:
    """One meeting with its tasks and cases."""
    return _all_seen([meeting_for(meeting_id, actor)], actor, now)[0]


def _all_seen(rows: Sequence[Meeting], actor: Actor, now: datetime) -> list[MeetingSeen]:
    city = current()
    ids = {case for row in rows for case in row.cases}
    ids |= {task.case for row in rows for task in row.tasks.all() if task.case}
    # a unit that was given a task follows it here, whether it leads the case or not
    cases = outcomes(actor, ids)
    states = _in_cases([task for row in rows for task in row.tasks.all() if task.case], now)
    users = {int(row.by[5:]) for row in rows if row.by.startswith("user:")}
    names = names_of(users) if users else {}
    return [_seen(row, actor, now, city, cases, states, names) for row in rows]


def _in_cases(
    tasks: Sequence[MeetingTask], now: datetime
) -> Mapping[tuple[int, int, int], tuple[str, datetime | None, str]]:
    """State, end and answer of the tasks that live in cases, as the loop has them now."""
    found = task_states(
        {(task.case or 0, task.case_task) for task in tasks if task.how == "invite"}
    )
    ended = _pressed(tasks)
    states = {}
    for task in tasks:
        key = (task.meeting_id, task.n, task.case or 0)
        if task.how == "press":
            at = ended.get((task.case or 0, task.set_at))
            states[key] = ("done" if at else "open", at, "")
            continue
        state, at, answer = found.get((task.case or 0, task.case_task), ("asked", None, ""))
        word = {"asked": "open", "answered": "done", "explained": "done"}.get(state, "dropped")
        states[key] = (word, at, answer)
    return states


def _pressed(tasks: Sequence[MeetingTask]) -> dict[tuple[int, datetime], datetime | None]:
    pressed = [task for task in tasks if task.how == "press"]
    cases = outcomes(MACHINE, {task.case for task in pressed if task.case})
    return {
        (task.case, task.set_at): answered_since(cases[task.case], task.set_at)
        for task in pressed
        if task.case and task.case in cases
    }


def _seen(
    row: Meeting,
    actor: Actor,
    now: datetime,
    city: City,
    cases: Mapping[int, Outcome],
    states: Mapping[tuple[int, int, int], tuple[str, datetime | None, str]],
    names: Mapping[int, str],
) -> MeetingSeen:
    leads = leads_meeting(actor, row)
    tasks = []
    for task in sorted(row.tasks.all(), key=lambda one: one.n):
        state, ended, result = task.state, task.ended_at, task.result
        if task.case:
            state, ended, result = states[row.pk, task.n, task.case]
        tasks.append(
            TaskSeen(
                n=task.n,
                text=task.text,
                unit=Named(task.unit, city.unit_name(task.unit)),
                due_at=task.due_at,
                state=state,
                late=(ended or now) > task.due_at and state != "dropped",
                result=result,
                ended_at=ended,
                number=cases[task.case].number if task.case and task.case in cases else "",
                how=task.how,
                may_report=not task.how
                and state == "open"
                and (leads or acts_for_unit(actor, task.unit)),
                may_judge=not task.how and leads and state in TASK_WAITS,
            )
        )
    waits = [task for task in tasks if task.state in TASK_WAITS]
    by = names.get(int(row.by[5:]), row.by) if row.by.startswith("user:") else row.by
    return MeetingSeen(
        id=row.pk,
        title=row.title,
        agenda=row.agenda,
        starts_at=row.starts_at,
        place=row.place,
        area=Named(row.area, city.area_name(row.area)),
        matter=Named(row.matter, city.matter_name(row.matter) if row.matter else ""),
        units=tuple(Named(unit, city.unit_name(unit)) for unit in row.units),
        by=by,
        called_at=row.called_at,
        minutes=row.minutes,
        decision=row.decision,
        held_at=row.held_at,
        tasks=tuple(tasks),
        cases=tuple(cases[case] for case in row.cases if case in cases),
        out_of_sight=sum(case not in cases for case in row.cases),
        may_lead=leads,
        open_tasks=len(waits),
        late_tasks=sum(task.late for task in waits),
    )
