"""What somebody said, and whether it can be taken."""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xianban.files.api import Held

TEXT_LIMIT = 10_000
LIMITS = {
    "door": 40,
    "external_id": 200,
    "key": 200,
    "title": 300,
    "place": 300,
    "name": 200,
    "phone": 60,
    "email": 254,
    "channel": 40,
    "matter_hint": 200,
    "notice": 20,
    "area_hint": 40,
    "request_kind": 16,
}
SUPPORTERS_LIMIT = 10_000_000
FIRST_YEAR = 1970
CLOCK_SKEW = timedelta(days=1)

# control and direction marks, halves of characters, and what is no character; joiners stay
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff"
    "\ud800-\udfff]"
)


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One request as it came through a door.

    `external_id` is the sender's own number for it, `key` the caller's word for this attempt:
    either makes sending it twice harmless. `aliases` are other personal names by which the sender
    knows the reporter (an account, say); they are sealed with the rest of the contact. `notice` is
    the version of the privacy notice that the reporter was shown. A submission that is `held` is
    accepted like any other, and a person looks at it before a unit gets it.
    `matter_hint`, `area_hint` and `request_kind` are what somebody on duty decided. `files` were
    taken by the room of files before.
    """

    door: str
    text: str
    external_id: str = ""
    key: str = ""
    title: str = ""
    place: str = ""
    lat: float | None = None
    lon: float | None = None
    name: str = ""
    phone: str = ""
    email: str = ""
    aliases: Mapping[str, str] = field(default_factory=dict)
    channel: str = ""
    matter_hint: str = ""
    area_hint: str = ""
    request_kind: str = ""
    received_at: datetime | None = None
    supporters: int = 0
    notice: str = ""
    held: bool = False
    files: "tuple[Held, ...]" = ()


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field, as a sentence that says how to mend it."""

    field: str
    reason: str


def tidy(text: str) -> str:
    """Text as people meant it: composed, without control characters or margins of blank space."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if text.isprintable():
        return " ".join(text.split()) if " " in text else text
    lines = (" ".join(line.split()) for line in _UNSEEN.sub("", text).split("\n"))
    return "\n".join(line for line in lines if line)


def faults_in(said: Submission, *, now: datetime) -> list[Fault]:
    """Everything that keeps this submission from being taken; empty when it can be."""
    faults = [
        Fault(name, f"is {len(getattr(said, name)):,} characters long; the limit is {limit:,}")
        for name, limit in LIMITS.items()
        if len(getattr(said, name)) > limit
    ]
    if not said.text.strip():
        faults.append(Fault("text", "is empty; say what happened"))
    elif len(said.text) > TEXT_LIMIT:
        size = f"is {len(said.text):,} characters long; the limit is {TEXT_LIMIT:,}"
        faults.append(Fault("text", size))
    if not 0 <= said.supporters <= SUPPORTERS_LIMIT:
        faults.append(Fault("supporters", f"must be between 0 and {SUPPORTERS_LIMIT:,}"))
    return faults + _faults_in_place(said) + _faults_in_time(said.received_at, now)


def _faults_in_place(said: Submission) -> list[Fault]:
    if said.lat is None and said.lon is None:
        return []
    if said.lat is None or said.lon is None:
        missing = "lat" if said.lat is None else "lon"
        return [Fault(missing, "is missing; give both coordinates or neither")]
    faults = []
    if not -90 <= said.lat <= 90:
        faults.append(Fault("lat", f"{said.lat:g} is not a latitude in degrees (-90 to 90)"))
    if not -180 <= said.lon <= 180:
        faults.append(Fault("lon", f"{said.lon:g} is not a longitude in degrees (-180 to 180)"))
    return faults


def _faults_in_time(received_at: datetime | None, now: datetime) -> list[Fault]:
    if received_at is None:
        return []
    if received_at.year < FIRST_YEAR:
        return [Fault("received_at", f"{received_at:%Y-%m-%d} is before {FIRST_YEAR}")]
    if received_at > now + CLOCK_SKEW:
        return [Fault("received_at", f"{received_at:%Y-%m-%d %H:%M} lies in the future")]
    return []


def body_digest(said: Submission, masked: Mapping[str, str], *, secret: bytes) -> bytes:
    """A fingerprint that tells whether two submissions say the same, however many support it.

    `masked` holds the words as they are kept, without numbers that name a person. The contact
    and the numbers enter by 16 keyed bits alone: enough to notice a difference, far too few
    to find a telephone number by trial once the person has been erased.
    """
    received = said.received_at.isoformat() if said.received_at else ""
    rest = [said.door, said.channel, said.matter_hint, received, f"{said.lat} {said.lon}"]
    rest += filter(None, (said.area_hint, said.request_kind))
    rest += (file.digest for file in said.files)
    open_part = _hash(*masked.values(), *rest)
    aliases = (word for pair in sorted(said.aliases.items()) for word in pair)
    sealed = _hash(said.name, said.phone, said.email, said.text, said.title, said.place, *aliases)
    return open_part[:14] + hmac.digest(secret, open_part + sealed, "sha256")[:2]


def _hash(*words: str) -> bytes:
    """SHA-256 of several words; none holds the character between them."""
    return hashlib.sha256("\0".join(words).encode()).digest()
