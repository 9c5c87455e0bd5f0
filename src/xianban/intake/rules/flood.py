"""How much may come from one place before it is looked at; nobody's report is thrown away."""

HOUR_S, DAY_S = 3600, 86_400
# A school, an office or a telephone network stands behind one address, and all of it gets through.
FROM_ADDRESS = 100  # an hour; more are asked one easy question each
HELD_FROM_ADDRESS = 300  # an hour, with the question answered; a person looks at what is more
WITH_CONTACT = 12  # a day
SAME_FROM_ADDRESS = 3  # a day, the same words of the same place; more join the first
SAME_FROM_ANYWHERE = 20


def must_ask(from_address: int, with_contact: int) -> bool:
    """Whether so much came lately from this address, or with this contact, that a person has to show."""
    return from_address > FROM_ADDRESS or with_contact > WITH_CONTACT


def must_join(same_from_address: int, same_from_anywhere: int) -> bool:
    """Whether the same was said so often that it belongs to the first case like it."""
    return same_from_address > SAME_FROM_ADDRESS or same_from_anywhere > SAME_FROM_ANYWHERE


def must_wait(from_address: int) -> bool:
    """Whether a person looks at it before a unit gets it."""
    return from_address > HELD_FROM_ADDRESS


def same_words(words: str, place: str, *, cell: int | None) -> str:
    """What the same report has in common: its folded words, and where. “Lamp 3” is not “lamp 8”."""
    return "\0".join((words, place, str(cell or "")))


def says_where(place: str, *, cell: int | None) -> bool:
    """Whether the same words from elsewhere can only mean the same thing."""
    return bool(place) or cell is not None
