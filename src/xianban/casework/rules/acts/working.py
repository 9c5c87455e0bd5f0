"""The work on a case: contact, joint work, extension, level."""

from xianban.base.errors import BadInput, WrongState
from xianban.casework.rules.acts.doing import Doing, raise_level
from xianban.casework.rules.clocks import end_clock, first_wake, relimit, start_clock
from xianban.casework.rules.standing import Task
from xianban.casework.rules.words import LEVELS


def contact_outcome(doing: Doing) -> str:
    return "reached" if doing.said.get("contacted") else "unreached"


def invite(doing: Doing) -> None:
    """Ask a unit for its share; the task has a clock of its own, by default until the case is due."""
    standing, unit = doing.standing, doing.text("unit")
    if unit not in doing.city.units:
        raise BadInput(f"there is no unit “{unit}” in this city; choose one from its list of units")
    if unit == standing.unit:
        raise BadInput(f"{doing.unit_name(unit)} leads this case; invite another unit")
    if any(task.unit == unit for task in standing.open_tasks()):
        raise BadInput(
            f"{doing.unit_name(unit)} has an open task in this case already; note there what is new"
        )
    n = len(standing.tasks) + 1
    limit = doing.text("limit") or standing.limits["handle"]
    clock = start_clock(
        standing, "task", limit=limit, now=doing.now, city=doing.city, unit=unit, task=n
    )
    standing.tasks[n] = Task(
        n,
        unit=unit,
        ask=doing.text("ask"),
        whistle=bool(doing.said.get("whistle")),
        asked_at=doing.now,
        due_at=clock.due_at,
    )
    doing.task = n


def task_outcome(doing: Doing) -> str:
    return "explained" if doing.said.get("unable") else "answered"


def may_answer_task(doing: Doing) -> None:
    if not any(task.consultation == 0 for task in doing.standing.open_tasks()):
        raise WrongState("no task of this case is open")


def answer_task(doing: Doing) -> None:
    task = doing.standing.tasks.get(_whole(doing.said.get("task")))
    if task is None or task.state != "asked" or task.consultation:
        raise WrongState("this task is not open; look at the case again")
    task.state, task.answer, task.answered_at = task_outcome(doing), doing.text(), doing.now
    clock = doing.standing.clock("task", task.n)
    if clock:
        end_clock(clock, doing.now)
    doing.task = task.n


def _whole(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise BadInput(
            f"“{value}” is not the number of a task; look at the case's list of tasks"
        ) from None


def assign(doing: Doing) -> None:
    """Name the colleague who sees to it; another unit names its own again."""
    person = doing.said.get("person")
    if person not in doing.people:
        raise BadInput(
            f"a case is assigned to somebody of {doing.unit_name(doing.standing.unit)};"
            " choose one from its list"
        )
    if person == doing.standing.assignee:
        raise WrongState("this person has the case already")
    doing.standing.assignee = person


def may_extend(doing: Doing) -> None:
    handle = doing.standing.clock("handle")
    if doing.standing.extended:
        raise WrongState(
            "this case was extended once, which is all it may; ask to suspend it if it cannot go on"
        )
    if handle is None or handle.state != "running" or doing.now > handle.due_at:
        raise WrongState(
            "a limit is extended before it ends, and this one is over; answer the resident"
        )


def extend(doing: Doing) -> None:
    handle = doing.standing.clock("handle")
    assert handle is not None
    unit = doing.standing.unit
    due = doing.city.deadline(handle.due_at, doing.text("by"), unit=unit)
    if due > doing.city.deadline(handle.due_at, handle.limit, unit=unit):
        raise BadInput(
            f"“{doing.text('by')}” is more than the limit itself ({handle.limit}); extend by no more than that"
        )
    handle.due_at = due
    handle.wake_at = max(first_wake(handle, doing.city), doing.now)
    doing.standing.extended = True


def may_escalate(doing: Doing) -> None:
    if doing.standing.level == LEVELS[-1]:
        raise WrongState("this case is at the city's level; there is none above it")


def escalate(doing: Doing) -> None:
    if not raise_level(doing.standing, doing.text("to")):
        raise BadInput(
            f"the case is at the level {doing.standing.level} already; name one above it"
        )


def press(doing: Doing) -> None:
    doing.standing.pressed += 1


def refine(doing: Doing) -> None:
    """Correct matter, area, place or urgency. A promise once given may come nearer, never later."""
    standing = doing.standing
    given = {
        name: doing.text(name)
        for name in ("matter", "area", "place", "urgency")
        if doing.text(name)
    }
    if not given:
        raise BadInput("say what is to be corrected: matter, area, place or urgency")
    for name, value in given.items():
        setattr(standing, name, value)
    standing.refined_at = doing.now
    standing.limits = dict(doing.limits or standing.limits)
    handle = standing.clock("handle")
    if handle is None or handle.state != "running" or standing.extended:
        return
    due = doing.city.deadline(
        handle.started_at, standing.limits["handle"], unit=handle.unit or None
    )
    if due < handle.due_at or standing.state == "received":
        relimit(handle, standing.limits["handle"], doing.city, doing.now)
