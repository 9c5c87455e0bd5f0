"""Finding the unit that leads: dispatch, return, ruling."""

from datetime import timedelta

from xianban.base.errors import BadInput, WrongState
from xianban.casework.rules.acts.doing import Doing, lead_from
from xianban.casework.rules.clocks import relimit
from xianban.casework.rules.standing import Dispute
from xianban.casework.rules.words import OBJECTIONS


def dispatch(doing: Doing) -> None:
    standing = doing.standing
    _give_to(doing, lead_from(doing))
    standing.limits = dict(doing.limits or standing.limits)
    if doing.text("limit"):
        standing.limits["handle"] = doing.text("limit")
    handle = standing.clock("handle")
    if handle:
        relimit(handle, standing.limits["handle"], doing.city, doing.now)


def redispatch(doing: Doing) -> None:
    unit = lead_from(doing)
    if unit == doing.standing.unit:
        raise BadInput(f"the case is with {doing.unit_name(unit)} already; name another unit")
    _give_to(doing, unit)
    for row in doing.standing.suspensions.values():
        if row.state == "asked":
            row.state, row.ended_at = "void", doing.now


def _give_to(doing: Doing, unit: str) -> None:
    """The ball passes to `unit`; the resident's clocks run on in its hands."""
    standing = doing.standing
    standing.unit, standing.dispatched_at = unit, doing.now
    for kind in ("contact", "handle"):
        clock = standing.clock(kind)
        if clock:
            clock.unit = unit


def return_window(doing: Doing) -> timedelta:
    settings = doing.city.settings
    critical = doing.standing.urgency == "critical"
    return timedelta(
        hours=settings.return_window_critical_h if critical else settings.return_window_h
    )


def may_object(doing: Doing) -> None:
    standing = doing.standing
    if standing.designated:
        raise WrongState(
            f"{doing.unit_name(standing.unit)} was designated to lead, which ends returns;"
            " ask a supervisor to redispatch if that is wrong"
        )
    if any(row.unit == standing.unit for row in standing.disputes.values()):
        raise WrongState(
            f"{doing.unit_name(standing.unit)} has returned this case once, which is all it may;"
            " ask a supervisor to redispatch"
        )
    window = return_window(doing)
    if standing.dispatched_at and doing.now > standing.dispatched_at + window:
        hours = window.total_seconds() / 3600
        raise WrongState(
            f"a dispatch can be returned within {hours:g} h, and these are over;"
            " ask a supervisor to redispatch"
        )


def object_to(doing: Doing) -> None:
    standing = doing.standing
    if doing.text("reason") not in OBJECTIONS:
        raise BadInput(
            f"“{doing.text('reason')}” is no reason for a return; choose one of {', '.join(OBJECTIONS)}"
        )
    n = len(standing.disputes) + 1
    standing.disputes[n] = Dispute(
        n,
        unit=standing.unit,
        by=doing.actor,
        reason=doing.text("reason"),
        text=doing.text(),
        raised_at=doing.now,
        from_state=standing.state,
    )
    handle = standing.clock("handle")
    if handle:
        handle.unit = ""  # it runs on for the resident; until the ruling the desk has the ball


def open_dispute(doing: Doing) -> Dispute:
    return doing.standing.disputes[len(doing.standing.disputes)]


def may_rule(doing: Doing) -> None:
    if doing.actor == open_dispute(doing).by:
        raise WrongState(
            "who returned the dispatch cannot rule on it; leave it to the dispatch desk"
        )


def may_choose_ruling(doing: Doing) -> None:
    may_rule(doing)
    times = len(doing.standing.disputes)
    if times >= doing.city.settings.objections_to_designation:
        raise WrongState(f"this is return number {times}: designate the unit that leads, to end it")


def _rule(doing: Doing, ruling: str) -> None:
    dispute = open_dispute(doing)
    dispute.ruling, dispute.ruled_at, dispute.grounds = ruling, doing.now, doing.text()
    dispute.to_unit = doing.standing.unit


def uphold(doing: Doing) -> None:
    unit = lead_from(doing)
    if unit == open_dispute(doing).unit:
        raise BadInput(f"{doing.unit_name(unit)} returned the case; uphold names another unit")
    _give_to(doing, unit)
    _rule(doing, "uphold")


def reject(doing: Doing) -> None:
    handle = doing.standing.clock("handle")
    if handle:
        handle.unit = doing.standing.unit
    _rule(doing, "reject")


def designate(doing: Doing) -> None:
    _give_to(doing, lead_from(doing))
    doing.standing.designated = True
    _rule(doing, "designate")
