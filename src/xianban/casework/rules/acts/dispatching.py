"""Finding the unit that leads: dispatch, return, ruling."""

from datetime import timedelta

from xianban.base.errors import BadInput, WrongState
from xianban.casework.rules.acts.doing import Doing, lead_from
from xianban.casework.rules.clocks import relimit
from xianban.casework.rules.standing import Dispute
from xianban.casework.rules.words import OBJECTIONS

RECALL = timedelta(minutes=10)


def dispatch(doing: Doing) -> None:
    first_lead(doing, limit=doing.text("limit"))


def first_lead(doing: Doing, *, limit: str = "") -> None:
    """A case that had no unit gets the one named, and the limits of its duty."""
    standing = doing.standing
    give_to(doing, lead_from(doing))
    standing.limits = dict(doing.limits or standing.limits)
    if limit:
        standing.limits["handle"] = limit
    handle = standing.clock("handle")
    if handle:
        relimit(handle, standing.limits["handle"], doing.city, doing.now)


def may_recall(doing: Doing) -> None:
    """Soon, before the unit has signed; what was ruled upon is not taken back."""
    standing = doing.standing
    if standing.disputes or standing.designated:
        raise WrongState("this unit was named by a ruling; redispatch says why that changes")
    if standing.dispatched_at is None or doing.now > standing.dispatched_at + RECALL:
        minutes = RECALL.total_seconds() / 60
        raise WrongState(
            f"a dispatch is taken back within {minutes:g} minutes, and these are over; redispatch it"
        )


def recall(doing: Doing) -> None:
    standing = doing.standing
    doing.tells.append(f"recalled@unit:{standing.unit}")
    standing.unit, standing.dispatched_at = "", None
    for kind in ("contact", "handle"):
        clock = standing.clock(kind)
        if clock:
            clock.unit = ""


def redispatch(doing: Doing) -> None:
    unit = lead_from(doing)
    if unit == doing.standing.unit:
        raise BadInput(f"the case is with {doing.unit_name(unit)} already; name another unit")
    give_to(doing, unit)
    for row in doing.standing.suspensions.values():
        if row.state == "asked":
            row.state, row.ended_at = "void", doing.now


def give_to(doing: Doing, unit: str) -> None:
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


def settle_dispute(doing: Doing, ruling: str) -> None:
    dispute = open_dispute(doing)
    dispute.ruling, dispute.ruled_at, dispute.grounds = ruling, doing.now, doing.text()
    dispute.to_unit = doing.standing.unit


def uphold(doing: Doing) -> None:
    unit = lead_from(doing)
    if unit == open_dispute(doing).unit:
        raise BadInput(f"{doing.unit_name(unit)} returned the case; uphold names another unit")
    give_to(doing, unit)
    settle_dispute(doing, "uphold")


def reject(doing: Doing) -> None:
    handle = doing.standing.clock("handle")
    if handle:
        handle.unit = doing.standing.unit
    settle_dispute(doing, "reject")


def designate(doing: Doing) -> None:
    give_to(doing, lead_from(doing))
    doing.standing.designated = True
    settle_dispute(doing, "designate")
