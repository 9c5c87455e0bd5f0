"""Several units heard before one is named (会商): a question, their answers, and a decision."""

from xianban.base.errors import BadInput, WrongState
from xianban.casework.rules.acts.dispatching import first_lead, give_to, may_rule, settle_dispute
from xianban.casework.rules.acts.doing import Doing, desk_limit, known_units, lead_from
from xianban.casework.rules.clocks import end_clock, first_wake, start_clock, void_clock
from xianban.casework.rules.standing import Consultation, Task

MOST_UNITS = 12


def may_consult(doing: Doing) -> None:
    if doing.standing.consultation():
        raise WrongState("a consultation on this case is open already; answer or decide there")
    if doing.standing.state == "contested":
        may_rule(doing)


def consult(doing: Doing) -> None:
    """Ask the units, each with a clock of its own; the desk then has the time of a ruling to decide."""
    standing, now, city = doing.standing, doing.now, doing.city
    units, limit = known_units(doing, "units"), doing.text("limit")
    if not 1 <= len(units) <= MOST_UNITS:
        raise BadInput(f"a consultation asks one unit at least and {MOST_UNITS} at most")
    due = city.deadline(now, limit)
    if due > standing.due_at > now:
        raise BadInput(
            "answers by then would come after what the resident was promised; ask for less"
        )
    row = Consultation(
        len(standing.consultations) + 1,
        by=doing.actor,
        question=doing.text("question"),
        asked_at=now,
        due_at=due,
    )
    standing.consultations[row.n] = row
    for unit in units:
        task = _ask(doing, unit, row.question, limit)
        task.consultation = row.n
        doing.tells.append(f"unit:{unit}")
    clock = start_clock(standing, "consult", limit=limit, now=now, city=city)
    clock.due_at = city.deadline(due, desk_limit(standing, city))
    clock.wake_at = first_wake(clock, city)


def _ask(doing: Doing, unit: str, ask: str, limit: str) -> Task:
    standing = doing.standing
    if any(task.unit == unit for task in standing.open_tasks()):
        raise BadInput(
            f"{doing.unit_name(unit)} has an open task in this case already; note there what is new"
        )
    n = len(standing.tasks) + 1
    clock = start_clock(
        standing, "task", limit=limit, now=doing.now, city=doing.city, unit=unit, task=n
    )
    task = standing.tasks[n] = Task(n, unit=unit, ask=ask, asked_at=doing.now, due_at=clock.due_at)
    return task


def _open(doing: Doing) -> Consultation:
    row = doing.standing.consultation()
    if row is None:
        raise WrongState("no consultation on this case is open; look at the case again")
    return row


def _waiting(doing: Doing, row: Consultation) -> list[Task]:
    return [task for task in doing.standing.open_tasks() if task.consultation == row.n]


def may_opine(doing: Doing) -> None:
    if not _waiting(doing, _open(doing)):
        raise WrongState("every unit that was consulted has answered")


def opine(doing: Doing) -> None:
    row, given = _open(doing), doing.text("task")
    task = next((task for task in _waiting(doing, row) if str(task.n) == given), None)
    if task is None:
        raise WrongState("this question is not open; look at the case again")
    task.state, task.answered_at = "answered", doing.now
    task.stance, task.answer, task.basis = (
        doing.text(name) for name in ("stance", "text", "basis")
    )
    clock = doing.standing.clock("task", task.n)
    if clock:
        end_clock(clock, doing.now)
    doing.task = task.n
    if not _waiting(doing, row):
        doing.tells.append("desk")


def may_decide(doing: Doing) -> None:
    _open(doing)
    if doing.standing.state == "contested":
        may_rule(doing)


def decide(doing: Doing) -> None:
    """Name who leads and who helps; who was heard cannot return the case afterwards."""
    standing, row = doing.standing, _open(doing)
    waiting = _waiting(doing, row)
    if waiting and doing.now < row.due_at and not doing.text("without_answers"):
        names = ", ".join(doing.unit_name(task.unit) for task in waiting)
        raise WrongState(
            f"{names} may still answer the consultation; wait, or say in “without_answers” why not"
        )
    heard = {task.unit for task in standing.tasks.values() if task.consultation == row.n}
    _end_questions(doing, row, "unanswered")
    unit, helpers = lead_from(doing), known_units(doing, "co_units")
    if unit in helpers:
        raise BadInput(f"{doing.unit_name(unit)} leads this case; invite another unit")
    contested = standing.state == "contested"
    if contested:
        give_to(doing, unit)
        settle_dispute(doing, "designate")
    else:
        first_lead(doing)
    standing.designated = contested or unit in heard
    row.state, row.unit, row.grounds = "decided", unit, doing.text()
    row.decided_by, row.decided_at = doing.actor, doing.now
    for helper in helpers:
        said = next((t.answer for t in standing.tasks.values() if _part_of(t, row, helper)), "")
        _ask(doing, helper, doing.text("ask") or said or row.question, standing.limits["handle"])
        doing.tells.append(f"invited@unit:{helper}")
    doing.tells += [
        f"consultation_decided@unit:{other}" for other in sorted(heard - {unit, *helpers})
    ]


def _part_of(task: Task, row: Consultation, unit: str) -> bool:
    return task.consultation == row.n and task.unit == unit and task.stance != "not_ours"


def leave_consultation(doing: Doing) -> None:
    """The case went on without a decision: nobody need answer any more."""
    row = doing.standing.consultation()
    if row is None:
        return
    row.state, row.decided_at = "dropped", doing.now
    _end_questions(doing, row, "void")
    clock = doing.standing.clock("consult")
    if clock:
        void_clock(clock, doing.now)


def _end_questions(doing: Doing, row: Consultation, state: str) -> None:
    for task in _waiting(doing, row):
        task.state, task.answered_at = state, doing.now
        clock = doing.standing.clock("task", task.n)
        if clock:
            void_clock(clock, doing.now)
