"""How much may come from one place before it is looked at; nobody's report is thrown away."""

from dataclasses import dataclass
from typing import Literal

HOUR_S, DAY_S = 3600, 86_400
# A school, an office or a telephone network stands behind one address, and all of it gets through.
FROM_ADDRESS = 100  # an hour; more are asked one easy question each
HELD_FROM_ADDRESS = 300  # an hour, with the question answered; a person looks at what is more
WITH_CONTACT = 12  # a day
SAME_FROM_ADDRESS = 3  # a day, the same words of the same place; more join the first
SAME_FROM_ANYWHERE = 20
COPY = 0.85  # likeness from which the first with the same words is surely meant

Verdict = Literal["take", "join", "hold", "ask"]


@dataclass(frozen=True)
class Load:
    """How many came lately, this one included."""

    from_address: int
    with_contact: int
    same_from_address: int
    same_from_anywhere: int


def verdict(load: Load, *, answered: bool) -> Verdict:
    """What becomes of a report: taken, joined to the first like it, held for a look, or asked back.

    `answered` says that a person answered the easy question.
    """
    if not answered and (load.from_address > FROM_ADDRESS or load.with_contact > WITH_CONTACT):
        return "ask"
    if load.same_from_address > SAME_FROM_ADDRESS or load.same_from_anywhere > SAME_FROM_ANYWHERE:
        return "join"
    return "hold" if load.from_address > HELD_FROM_ADDRESS else "take"


def same_words(words: str, place: str, *, cell: int | None) -> str:
    """What the same report has in common: its folded words, and where. “Lamp 3” is not “lamp 8”."""
    return "\0".join((words, place, str(cell or "")))


def says_where(place: str, *, cell: int | None) -> bool:
    """Whether the same words from elsewhere can only mean the same thing."""
    return bool(place) or cell is not None
