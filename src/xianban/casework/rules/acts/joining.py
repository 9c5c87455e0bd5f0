"""Cases that end without an answer of their own: declined, merged, withdrawn; and the way back."""

from xianban.base.errors import BadInput, WrongState
from xianban.casework.rules.acts.answering import end_what_waits
from xianban.casework.rules.acts.doing import Doing
from xianban.casework.rules.words import EXITS


def decline(doing: Doing) -> None:
    if doing.text("exit") not in EXITS:
        raise BadInput(
            f"“{doing.text('exit')}” is no lawful exit; choose one of {', '.join(EXITS)}"
        )
    end_what_waits(doing)
    doing.standing.exit = doing.text("exit")
    doing.standing.answer, doing.standing.answered_at = doing.text(), doing.now
    doing.standing.ended_at = doing.now


def merge(doing: Doing) -> None:
    """End here and go on there; that the other case can take it was checked under both locks."""
    end_what_waits(doing)
    doing.standing.merged_into = int(doing.said["into"])
    doing.standing.ended_at = doing.now


def separate(doing: Doing) -> None:
    doing.standing.merged_into = doing.standing.ended_at = None
    doing.standing.unit = ""


def may_withdraw(doing: Doing) -> None:
    if doing.reporters > 1:
        raise WrongState("others have reported the same and wait for the answer, so it goes on")


def withdraw(doing: Doing) -> None:
    end_what_waits(doing)
    doing.standing.ended_at, doing.standing.ending = doing.now, "withdrawn"
