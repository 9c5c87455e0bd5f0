"""How one entry is sealed to the one before it, and a checkpoint to the entries that it covers."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from xianban.base.ids import canonical_json


@dataclass(frozen=True)
class Entry:
    """An act about to be written down. `payload` is plain JSON without personal data."""

    subject: str
    verb: str
    actor: str
    at: datetime
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Head:
    """The end of one subject's chain: how many acts, and the seal of the last."""

    seq: int
    hash: bytes


START = Head(0, b"")


def seal(
    previous: bytes, subject: str, seq: int, at: datetime, verb: str, actor: str, payload: str
) -> bytes:
    """The SHA-256 of an act, its whole content, and the seal before it; `payload` is canonical JSON."""
    about = canonical_json([subject, seq, at.astimezone(UTC).isoformat(), verb, actor])
    return hashlib.sha256(b"%b\n%b\n%b" % (previous, about, payload.encode())).digest()


def root_of(hashes: Iterable[bytes]) -> tuple[bytes, int]:
    """One SHA-256 over many seals in the order of writing, and their number."""
    digest, count = hashlib.sha256(), 0
    for value in hashes:
        digest.update(value)
        count += 1
    return digest.digest(), count


def seal_checkpoint(
    previous: bytes, number: int, upto: int, count: int, root: bytes, at: datetime
) -> bytes:
    """The seal of a checkpoint: what it covers, and the seal of the checkpoint before."""
    about = canonical_json([number, upto, count, root.hex(), at.astimezone(UTC).isoformat()])
    return hashlib.sha256(previous + b"\n" + about).digest()


RETRIES = (1, 5, 30, 120, 360, 720, 1440)  # minutes; together a little under two days


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When to try a notice again after `attempts` failures; None when it is time to give up."""
    if attempts > len(RETRIES):
        return None
    return now + timedelta(minutes=RETRIES[attempts - 1])
