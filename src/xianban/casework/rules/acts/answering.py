"""The answer, and what is heard of it."""

from datetime import timedelta

from xianban.base.errors import BadInput, WrongState
from xianban.casework.rules.acts.doing import Doing, raise_level
from xianban.casework.rules.standing import FollowUp
from xianban.casework.rules.words import SATISFACTION


def report(doing: Doing) -> None:
    """Answer the resident; co-units have answered or explained before, or the answer says why not."""
    standing = doing.standing
    waiting = [doing.unit_name(task.unit) for task in standing.open_tasks()]
    if waiting and not doing.text("without_tasks"):
        raise WrongState(
            f"{', '.join(waiting)} {'has' if len(waiting) == 1 else 'have'} not answered yet;"
            " wait, or say in “without_tasks” why the answer goes without them"
        )
    _must_be_complete(doing)
    end_what_waits(doing, tasks="unanswered")
    standing.answer, standing.answered_at = doing.text(), doing.now
    solved = doing.said.get("solved")
    standing.claims_solved = True if solved is None else bool(solved)


def may_answer_consult(doing: Doing) -> None:
    if doing.standing.urgency != "consult":
        raise WrongState(
            "only a question can be answered on the spot; dispatch this, or correct its class to consult"
        )


def answer_consult(doing: Doing) -> None:
    """The desk itself has answered: no unit was asked, and none is judged for it."""
    standing = doing.standing
    standing.answer, standing.answered_at, standing.claims_solved = doing.text(), doing.now, True
    standing.ended_at, standing.ending = doing.now, "answered"


def _must_be_complete(doing: Doing) -> None:
    """Every point that must be is answered, and what does not apply says why."""
    answered = {check["point"]: check for check in doing.said.get("checks") or ()}
    open_points = [p.text for p in doing.checklist if p.must and p.text not in answered]
    if open_points:
        raise BadInput(
            f"this is not done before these points are answered: {'; '.join(open_points)}"
        )
    for point in doing.checklist:
        check = answered.get(point.text)
        if point.must and check and check["answer"] == "not_applicable" and not check["note"]:
            raise BadInput(f"say why this point does not apply: {point.text}")


def end_what_waits(doing: Doing, *, tasks: str = "void") -> None:
    """Tasks, requests and disputes that nobody will answer any more."""
    standing, now = doing.standing, doing.now
    for task in standing.open_tasks():
        task.state, task.answered_at = tasks, now
    for row in standing.suspensions.values():
        if row.state in ("asked", "active"):
            row.state, row.ended_at = "void" if row.state == "asked" else "ended", now
    for dispute in standing.disputes.values():
        if not dispute.ruling:
            dispute.ruling, dispute.ruled_at = "void", now


def follow_up_outcome(doing: Doing) -> str:
    if not doing.said.get("contacted"):
        return "unreached"
    if doing.said.get("solved") is None:
        raise BadInput("whoever was reached says whether it is solved; give “solved” as yes or no")
    return rate_outcome(doing)


def rate_outcome(doing: Doing) -> str:
    solved, word = doing.said.get("solved"), doing.text("satisfaction")
    if word and word not in SATISFACTION:
        raise BadInput(
            f"“{word}” is no degree of satisfaction; choose one of {', '.join(SATISFACTION)}"
        )
    if solved is None and word in ("", "unstated"):
        raise BadInput("say whether it is solved, or how content you are")
    return "bad" if solved is False or word == "dissatisfied" else "good"


def own_rate_outcome(doing: Doing) -> str:
    """Whoever is not content with an answer of the desk needs a unit: there was none."""
    outcome = rate_outcome(doing)
    return "anew" if outcome == "bad" and not doing.standing.unit else outcome


def reopen_outcome(doing: Doing) -> str:
    unassigned = doing.standing.state == "declined" or not doing.standing.unit
    return "anew" if unassigned else "bad"


def follow_up(doing: Doing) -> None:
    """Note what the desk heard when it asked, or that nobody was reached."""
    _note(doing, contacted=bool(doing.said.get("contacted")))
    if doing.said.get("contacted"):
        _heed(doing)


def rate(doing: Doing) -> None:
    """Note what the resident says without being asked."""
    _note(doing, contacted=True)
    _heed(doing)


def _note(doing: Doing, *, contacted: bool) -> None:
    n, solved = len(doing.standing.follow_ups) + 1, doing.said.get("solved")
    doing.standing.follow_ups[n] = FollowUp(
        n,
        at=doing.now,
        source="resident" if doing.kind == "resident" else "desk",
        by=doing.actor,
        contacted=contacted,
        solved=None if solved is None or not contacted else bool(solved),
        satisfaction=(doing.text("satisfaction") or "unstated") if contacted else "unstated",
        text="" if doing.kind == "resident" else doing.text(),  # theirs are kept apart
    )


def _heed(doing: Doing) -> None:
    """A bad word opens the case again, a good one closes it."""
    standing = doing.standing
    if rate_outcome(doing) == "bad":
        put_right(doing)
    else:
        standing.ended_at, standing.ending = standing.ended_at or doing.now, "satisfied"


def put_right(doing: Doing) -> None:
    """Back to the unit with a new clock; from the second time on a level higher."""
    standing = doing.standing
    standing.reopened += 1
    standing.ended_at, standing.ending = None, ""
    if standing.reopened >= 2:
        raise_level(standing)
        doing.tells.append("supervisors")


def may_rate(doing: Doing) -> None:
    standing = doing.standing
    if standing.ending == "withdrawn":
        raise WrongState(
            "this request was withdrawn, so there is no answer to rate; open it again if it is needed"
        )
    rated = any(
        row.by == doing.actor and standing.answered_at and row.at >= standing.answered_at
        for row in standing.follow_ups.values()
    )
    if rated and doing.kind == "resident":
        raise WrongState(
            "you have rated this answer already; open the request again if it is not solved"
        )
    _in_time(doing)


def may_reopen(doing: Doing) -> None:
    _in_time(doing)


def _in_time(doing: Doing) -> None:
    """Residents may come back to an ended case for some weeks; after that it is a new request."""
    ended_at, days = doing.standing.ended_at, doing.city.settings.reopen_days
    if doing.kind == "resident" and ended_at and doing.now > ended_at + timedelta(days=days):
        raise WrongState(f"this was closed more than {days} days ago; please report it anew")


def close(doing: Doing) -> None:
    """Close without the resident's word. Silence is noted as silence, never as content."""
    standing = doing.standing
    silent = doing.kind == "machine"
    standing.ended_at, standing.ending = doing.now, "no_reply" if silent else "checked"
    if silent:
        n = len(standing.follow_ups) + 1
        standing.follow_ups[n] = FollowUp(n, at=doing.now, source="machine", by=doing.actor)


def reopen(doing: Doing) -> None:
    standing = doing.standing
    if reopen_outcome(doing) == "anew":
        standing.ended_at, standing.ending, standing.exit, standing.unit = None, "", "", ""
        standing.reopened += 1
    else:
        put_right(doing)
