"""Cases that cannot go on for now (挂账): evidence, approval, review, and an end to it."""

from calendar import monthrange
from datetime import datetime, timedelta

from xianban.base.errors import WrongState
from xianban.casework.rules.acts.doing import Doing
from xianban.casework.rules.standing import Suspension


def may_request(doing: Doing) -> None:
    if doing.standing.suspension("asked"):
        raise WrongState("a suspension was asked for already; wait for the supervisor's decision")


def request(doing: Doing) -> None:
    standing = doing.standing
    n = len(standing.suspensions) + 1
    standing.suspensions[n] = Suspension(
        n, by=doing.actor, evidence=doing.text("evidence"), reason=doing.text(), asked_at=doing.now
    )


def may_decide(doing: Doing) -> None:
    asked = doing.standing.suspension("asked")
    if asked is None:
        raise WrongState("nobody has asked to suspend this case")
    if asked.by == doing.actor:
        raise WrongState(
            "who asked for a suspension cannot decide on it; leave it to another supervisor"
        )


def approve(doing: Doing) -> None:
    row = _decided(doing, "active")
    row.from_state = doing.standing.state
    row.cap_at = max(_cap(doing), doing.now + timedelta(days=1))


def refuse(doing: Doing) -> None:
    _decided(doing, "refused").ended_at = doing.now


def _decided(doing: Doing, state: str) -> Suspension:
    row = doing.standing.suspension("asked")
    assert row is not None
    row.state, row.decided_by, row.decided_at = state, doing.actor, doing.now
    return row


def _cap(doing: Doing) -> datetime:
    """When the case must go on at the latest; the cap counts all its suspensions together."""
    spent = sum(
        (
            row.ended_at - row.decided_at
            for row in doing.standing.suspensions.values()
            if row.state == "ended" and row.ended_at and row.decided_at
        ),
        timedelta(),
    )
    return months_after(doing.now, doing.city.settings.suspension_cap_months) - spent


def may_review(doing: Doing) -> None:
    row = doing.standing.suspension("active")
    if row and row.cap_at and doing.now >= row.cap_at:
        raise WrongState("this case was suspended for as long as it may be; resume it")


def review(doing: Doing) -> None:
    row = doing.standing.suspension("active")
    assert row is not None
    row.reviews += 1


def resume(doing: Doing) -> None:
    row = doing.standing.suspension("active")
    assert row is not None
    row.state, row.ended_at = "ended", doing.now


def next_review(doing: Doing) -> datetime:
    """When a supervisor looks again: after the review period, and never later than the cap."""
    row = doing.standing.suspension("active")
    due = doing.now + timedelta(days=doing.city.settings.suspension_review_days)
    return min(due, row.cap_at) if row and row.cap_at else due


def months_after(start: datetime, months: int) -> datetime:
    """The same day some months on, or the last of a shorter month."""
    year, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + year, month + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
