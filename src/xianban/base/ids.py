"""Numbers and codes that people read to each other, and bytes that always come out the same."""

import hashlib
import hmac
import json
import re
from datetime import datetime, tzinfo
from typing import Any

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
CASE_NUMBER = re.compile(r"(\d{8})-?(\d+)")


def case_number(pk: int, received_at: datetime, *, tz: tzinfo) -> str:
    """The number of a case, such as 20261122-123: the day it came in, and its place in the file."""
    return f"{received_at.astimezone(tz):%Y%m%d}-{pk}"


def parse_case_number(number: str) -> int | None:
    """The key inside a case number; None where it is not one. The day is for the caller to check."""
    match = CASE_NUMBER.fullmatch(number.strip())
    return int(match[2]) if match else None


def short_code(secret: bytes, *parts: object, length: int = 6) -> str:
    """A code derived from `parts` that nobody can guess without the secret."""
    digest = hmac.digest(secret, canonical_json([str(part) for part in parts]), hashlib.sha256)
    return "".join(ALPHABET[byte % 32] for byte in digest[:length])


def same_code(given: str, expected: str) -> bool:
    """Whether somebody typed the code, forgiving case, spaces and look-alike letters."""
    folded = given.upper().replace(" ", "").translate(str.maketrans("OILU", "011V"))
    return hmac.compare_digest(folded.encode(), expected.encode())


_canonical = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode


def canonical_json(value: Any) -> bytes:
    """One byte string for one value: sorted keys, no spaces, UTF-8, no NaN (after RFC 8785)."""
    return _canonical(value).encode()
