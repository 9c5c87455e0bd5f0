"""Study (研判): what may be done to a warning, from where to where. The table is carried out as it stands."""

from collections.abc import Mapping
from dataclasses import dataclass

from xianban.base.errors import BadInput, WrongState
from xianban.prevention.rules.words import DISMISS_REASONS, OUTCOMES

MOST_NOTE = 2000


@dataclass(frozen=True)
class Move:
    """One row: from which stands, to which, what right it needs, and what must be said with it."""

    verb: str
    of: tuple[str, ...]
    to: str
    right: str = "study"
    needs: tuple[str, ...] = ()


TABLE: Mapping[str, Move] = {
    move.verb: move
    for move in (
        Move("confirm", ("new", "watching"), "confirmed"),
        Move("watch", ("new", "confirmed"), "watching"),
        Move("dismiss", ("new", "watching", "confirmed"), "dismissed", needs=("reason",)),
        Move("reconsider", ("dismissed",), "new", needs=("note",)),
        Move("order", ("new", "watching", "confirmed"), "ordered", right="order", needs=("measures",)),
        Move("conclude", ("confirmed", "ordered"), "", needs=("outcome",)),
        Move("note", ("new", "watching", "confirmed", "ordered", "dismissed"), "", needs=("note",)),
    )
}  # fmt: skip


def move_for(verb: str, stand: str) -> Move:
    """The row of the table; WrongState where this cannot be done to a warning that stands so."""
    move = TABLE.get(verb)
    if move is None:
        raise BadInput(f"“{verb}” is no act on a warning; acts are {', '.join(TABLE)}")
    if stand not in move.of:
        raise WrongState(
            f"a warning that is {stand} cannot be changed by “{verb}”; look at it again"
        )
    return move


def checked(move: Move, *, reason: str = "", note: str = "", outcome: str = "") -> tuple[str, str, str]:  # fmt: skip
    """What was said with an act, tidied; BadInput where something is missing."""
    note = note.strip()
    if len(note) > MOST_NOTE:
        raise BadInput(f"a note has at most {MOST_NOTE} characters; shorten it")
    if "reason" in move.needs and reason not in DISMISS_REASONS:
        raise BadInput(f"say why it is dismissed: one of {', '.join(DISMISS_REASONS)}")
    if "note" in move.needs and not note:
        raise BadInput("write down why; the record needs a reason")
    if "outcome" in move.needs and outcome not in OUTCOMES:
        raise BadInput(f"say what was found there: one of {', '.join(OUTCOMES)}")
    return reason, note, outcome


def verbs_for(stand: str) -> tuple[str, ...]:
    """What may be done from here, in the order of the table."""
    return tuple(verb for verb, move in TABLE.items() if stand in move.of)
