"""What somebody left us to reach them by, and when two of those are the same person."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

NOT_DIALLED = re.compile(r"[\s\-.()·–—]+")
MOST_ALSO = 20  # further names and the like kept for one person; more is a shared telephone


class Purpose(StrEnum):
    """What a sealed contact may be opened for. Nothing else is a reason."""

    CALL_BACK = "call_back"
    VISIT = "visit"
    VERIFY = "verify"
    FOLLOW_UP = "follow_up"
    EMERGENCY = "emergency"
    OWN_DATA = "own_data"
    LEGAL_DEMAND = "legal_demand"


class ErasureGround(StrEnum):
    """Why a person's data are destroyed. A choice, not a text: the record holds nobody's words."""

    ASKED = "asked"
    RETENTION_OVER = "retention_over"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    UNLAWFUL = "unlawful"


@dataclass(frozen=True)
class NewContact:
    """What was given with a request. `keep` makes a person of nothing, to seal words under."""

    name: str = ""
    phone: str = ""
    email: str = ""
    other: Mapping[str, str] = field(default_factory=dict)
    channel: str = ""
    language: str = ""
    keep: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is nothing to seal."""
        return not (self.name or self.phone or self.email or self.other or self.keep)


@dataclass(frozen=True)
class Contact:
    """An opened contact. `also` holds what was said later and differs: (field, value)."""

    name: str = ""
    phone: str = ""
    email: str = ""
    other: Mapping[str, str] = field(default_factory=dict)
    also: tuple[tuple[str, str], ...] = ()
    channel: str = ""
    language: str = ""


@dataclass(frozen=True)
class Masked:
    """A contact as everybody on the case may see it."""

    name: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    erased: bool = False


def phone_of(text: str) -> str:
    """A telephone number in one form: digits, with + and country code unless Chinese; else ""."""
    bare = NOT_DIALLED.sub("", unicodedata.normalize("NFKC", text))
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    bare = re.sub(r"^(?:\+?86)(?=1[3-9]\d{9}$|0?[1-9]\d{8,10}$)", "", bare)
    bare = re.sub(r"^0(?=1[3-9]\d{9}$)", "", bare)  # the old long-distance zero
    return bare if re.fullmatch(r"\+?\d{5,15}", bare) else ""


def email_of(text: str) -> str:
    """A mail address in one form, or ""."""
    bare = unicodedata.normalize("NFKC", text).strip().lower()
    return bare if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", bare) else ""


def tidy(new: NewContact) -> NewContact:
    """The same with addresses in one form; what is no address is kept as it was said."""
    phone, email = phone_of(new.phone), email_of(new.email)
    other = {key: value for key, value in new.other.items() if value}
    if new.phone and not phone and new.phone.strip():
        other["phone_as_said"] = new.phone.strip()
    if new.email and not email and new.email.strip():
        other["email_as_said"] = new.email.strip()
    return NewContact(
        new.name.strip(), phone, email, other, new.channel, new.language, keep=new.keep
    )


def known_and_new(known: Contact, new: NewContact) -> Contact:
    """What we know after the same addresses came again with `new`.

    Nothing known is overwritten: whoever types somebody's number could otherwise rename them.
    """
    said = [("name", new.name), *new.other.items()]
    have = {("name", known.name), *known.other.items(), *known.also}
    fresh = [(key, value) for key, value in said if value and (key, value) not in have]
    name, other, also = known.name, dict(known.other), list(known.also)
    for key, value in fresh:
        if key == "name" and not name:
            name = value
        elif key != "name" and key not in other:
            other[key] = value
        elif len(also) < MOST_ALSO:
            also.append((key, value))
    return replace(known, name=name, other=other, also=tuple(also))


def to_plain(contact: Contact) -> dict[str, Any]:
    """What of a contact is sealed, as JSON values."""
    fields = {
        "name": contact.name,
        "phone": contact.phone,
        "email": contact.email,
        "other": dict(contact.other),
        "also": [list(pair) for pair in contact.also],
    }
    return {key: value for key, value in fields.items() if value}


def from_plain(plain: Mapping[str, Any], *, channel: str, language: str) -> Contact:
    """The contact that `to_plain` was made of."""
    return Contact(
        name=plain.get("name", ""),
        phone=plain.get("phone", ""),
        email=plain.get("email", ""),
        other=plain.get("other", {}),
        also=tuple((key, value) for key, value in plain.get("also", ())),
        channel=channel,
        language=language,
    )
