"""Contacts and masking: plain values only."""

from xianban.residents.rules.contacts import (
    Contact,
    ErasureGround,
    Masked,
    NewContact,
    Purpose,
    email_of,
    known_and_new,
    phone_of,
)
from xianban.residents.rules.masking import (
    mask_address,
    mask_contact,
    mask_email,
    mask_id_number,
    mask_name,
    mask_phone,
)
from xianban.residents.rules.numbers import mask_numbers

__all__ = [
    "Contact",
    "ErasureGround",
    "Masked",
    "NewContact",
    "Purpose",
    "email_of",
    "known_and_new",
    "mask_address",
    "mask_contact",
    "mask_email",
    "mask_id_number",
    "mask_name",
    "mask_numbers",
    "mask_phone",
    "phone_of",
]
