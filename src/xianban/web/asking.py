"""One easy question, asked of whoever sends very much: answered in words, without a picture or script."""

import secrets
import unicodedata
from dataclasses import dataclass

from django.core import signing

from xianban.accounts.api import tally
from xianban.base.clock import utc_now

SALT = "one easy question"
VALID_S = 3600
USES = 3  # of one form: a report is sent, and perhaps sent again
NUMERALS = "〇一二三四五六七八九"


@dataclass(frozen=True)
class Question:
    """How much is a + b? `token` goes with the form and says what was asked."""

    a: int
    b: int
    token: str


def question(form_key: str) -> Question:
    """A fresh question for one form."""
    a, b = secrets.randbelow(8) + 2, secrets.randbelow(9) + 1
    return Question(a, b, signing.dumps([a + b, form_key], salt=SALT))


def is_answered(token: str, answer: str, *, form_key: str) -> bool:
    """Whether this is the answer to the question that this form was given."""
    if not token:
        return False
    try:
        total, asked_of = signing.loads(token, salt=SALT, max_age=VALID_S)
    except signing.BadSignature:
        return False
    if asked_of != form_key or _number(answer) != total:
        return False
    return tally("question", form_key, within_s=VALID_S, now=utc_now()) <= USES


def _number(answer: str) -> int | None:
    """9, ９, 九 or 十一."""
    said = unicodedata.normalize("NFKC", answer).strip()
    if said.isdecimal():
        return int(said) if len(said) < 4 else None
    tens, ten, ones = said.rpartition("十")
    if set(tens + ones) - set(NUMERALS) or len(tens) > 1 or len(ones) > 1 or not said:
        return None
    high = NUMERALS.index(tens) if tens else 1
    low = NUMERALS.index(ones) if ones else 0
    return high * 10 + low if ten else low
