"""Changes to residents."""

from xianban.residents.actions.opening import (
    contact_for_sending,
    correct_contact,
    erase,
    find_by_phone,
    forget_notes,
    forgetting,
    open_note,
    own_copy,
    reveal,
)
from xianban.residents.actions.sealing_in import (
    NewNote,
    seal_many,
    seal_note,
    seal_notes,
    seal_person,
)

__all__ = [
    "NewNote",
    "contact_for_sending",
    "correct_contact",
    "erase",
    "find_by_phone",
    "forget_notes",
    "forgetting",
    "open_note",
    "own_copy",
    "reveal",
    "seal_many",
    "seal_note",
    "seal_notes",
    "seal_person",
]
