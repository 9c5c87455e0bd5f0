"""A text as it is compared: its head (title, or first sentence) and its body, folded to plain form."""

import re
import unicodedata
from dataclasses import dataclass

HEAD_MOST = 60  # a first line longer than this is no title
BODY_READ = 300  # characters of the body that are compared; more only blurs

_SPACES = re.compile(r"\s+")
_GREETING = re.compile(
    r"^(?:(?:尊敬的|敬爱的)?[^\s,，。!！?？:：;；]{0,12}?(?:领导|书记|市长|区长|县长|局长|部门|同志)们?[:：,，!！。]*|"
    r"(?:你|您)(?:们)?好[:：,，!！。~]*|大家好[:：,，!！。]*)+"
)
_SENTENCE = re.compile(r"[。!！?？;；\n]|(?<=.{18})[,，]")


@dataclass(frozen=True)
class Reading:
    """`head` and `body` for comparing; `headline` is the head as it was written."""

    head: str
    body: str
    headline: str


def read(text: str) -> Reading:
    """Split a text into head and body. The first line is its title if it is short enough for one."""
    first, _, rest = text.strip().partition("\n")
    if not rest.strip() or len(first) > HEAD_MOST:
        whole = _SPACES.sub("", text)
        plain = _GREETING.sub("", whole)
        end = _SENTENCE.search(plain, 8)
        first = plain[: min(end.start() if end else HEAD_MOST, HEAD_MOST)] or whole[:HEAD_MOST]
        rest = plain[len(first) :]
    return Reading(folded(first), folded(rest)[:BODY_READ], _SPACES.sub("", first))


def folded(text: str) -> str:
    """Half width, small letters, no white space."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text)).lower()
