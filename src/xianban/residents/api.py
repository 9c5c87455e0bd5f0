"""The door to residents: who they are is sealed; what may be shown is masked."""

from xianban.residents.actions import (
    NewNote,
    contact_for_sending,
    erase,
    find_by_phone,
    open_note,
    reveal,
    seal_many,
    seal_note,
    seal_notes,
    seal_person,
)
from xianban.residents.queries import masked, people_with
from xianban.residents.rules import (
    Contact,
    ErasureGround,
    Masked,
    NewContact,
    Purpose,
    email_of,
    mask_numbers,
    mask_phone,
    phone_of,
)
from xianban.residents.sealing import open_for_home, seal_for_home

__all__ = [
    "Contact",
    "ErasureGround",
    "Masked",
    "NewContact",
    "NewNote",
    "Purpose",
    "contact_for_sending",
    "email_of",
    "erase",
    "find_by_phone",
    "mask_numbers",
    "mask_phone",
    "masked",
    "open_for_home",
    "open_note",
    "people_with",
    "phone_of",
    "reveal",
    "seal_for_home",
    "seal_many",
    "seal_note",
    "seal_notes",
    "seal_person",
]
