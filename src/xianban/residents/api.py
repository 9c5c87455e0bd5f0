"""The door to residents: who they are is sealed; what may be shown is masked."""

from xianban.residents.actions import (
    NewNote,
    erase,
    open_note,
    reveal,
    seal_many,
    seal_note,
    seal_notes,
    seal_person,
)
from xianban.residents.queries import contact_for_sending, masked, people_with
from xianban.residents.rules import (
    Contact,
    ErasureGround,
    Masked,
    NewContact,
    Purpose,
    mask_numbers,
)

__all__ = [
    "Contact",
    "ErasureGround",
    "Masked",
    "NewContact",
    "NewNote",
    "Purpose",
    "contact_for_sending",
    "erase",
    "mask_numbers",
    "masked",
    "open_note",
    "people_with",
    "reveal",
    "seal_many",
    "seal_note",
    "seal_notes",
    "seal_person",
]
