"""What somebody who searches means, and the tokens by which an index finds it.

A word is found wherever it stands, within other words too, as people write Chinese without spaces:
the tokens of a text are its pairs of neighbouring letters or digits. Whatever contains a word has
all of its pairs; the few texts that have the pairs and not the word are sorted out by reading them.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from zlib import crc32

from xianban.base.errors import BadInput

RUN = re.compile(r"[^\W_]{2,}")
NUMBER_PART = re.compile(r"[\d-]{3,}")
MOST_LETTERS, MOST_WORDS = 100, 8
MOST_TOKENS = 12  # of one word; more would find hardly less
MOST_AREAS, MOST_WAYS = 8, 24

Tokens = frozenset[int]


class _Folding(dict[int, str]):
    """Letter by letter, so that a part of a text is folded to a part of the folded text."""

    def __missing__(self, letter: int) -> str:
        self[letter] = found = unicodedata.normalize("NFKC", chr(letter)).casefold()
        return found


_FOLDING = _Folding()


@dataclass(frozen=True)
class Sought:
    """What to look for: all of `words`, or else `number` as a part of the number of a case."""

    words: tuple[str, ...]
    number: str = ""


@dataclass(frozen=True)
class Document:
    """What can be found of one case. `said` is folded; areas and matters are codes from the root down;
    units are the lead and whoever was asked to help."""

    said: str
    number: str
    areas: tuple[str, ...]
    matters: tuple[str, ...] = ()
    units: tuple[str, ...] = ()


def folded(text: str) -> str:
    """The text without the differences that nobody means: capitals, full-width letters."""
    return text.translate(_FOLDING)


def sought(typed: str) -> Sought:
    """What was typed, taken apart; BadInput where there is too little to look for."""
    said = folded(typed).strip()
    if len(said) > MOST_LETTERS:
        raise BadInput(f"that is long for a search; give at most {MOST_LETTERS} letters of it")
    words = tuple(dict.fromkeys(said.split()))[:MOST_WORDS]
    number = said if NUMBER_PART.fullmatch(said) and pieces(said) else ""
    if not number and not any(pairs(word) for word in words):
        raise BadInput("give two letters or more that stand together, or part of a number")
    return Sought(words, number)


def pairs(said: str) -> set[int]:
    """The pairs of neighbouring letters or digits in a folded text, each as a number of 32 bits."""
    return {_code(first, second) for run in RUN.findall(said) for first, second in pairwise(run)}


def _code(first: str, second: str) -> int:
    one, two = ord(first), ord(second)
    if one < 0x10000 and two < 0x10000:
        return one << 16 | two
    return crc32((first + second).encode("utf-8", "surrogatepass"))


def pieces(number: str) -> set[int]:
    """What the number of a case, or three and more characters of it, is found by."""
    return {crc32(b"#" + number[at : at + 3].encode()) for at in range(len(number) - 2)}


def token_for(kind: str, code: str) -> int:
    """What cases of an area, of a unit or about a matter (`kind`) are found by."""
    return crc32(f"{kind}:{code}".encode())


def tokens_of(document: Document) -> set[int]:
    """Everything that a case is found by."""
    kinds = {"area": document.areas, "matter": document.matters, "unit": document.units}
    codes = {token_for(kind, code) for kind, codes in kinds.items() for code in codes}
    return pairs(document.said) | pieces(document.number) | codes


def ways_to(sought: Sought, named: Mapping[str, Collection[str]]) -> list[Tokens]:
    """Sets of tokens; whatever is meant has all tokens of at least one of them.

    `named` holds for each word the areas of that name. Where there are too many of them to look for
    each, the word is left to reading; an empty set means every case.
    """
    choices = [_choices(word, named.get(word, ())) for word in sought.words]
    while _count(choices) > MOST_WAYS:
        choices.remove(max(choices, key=len))
    ways = {frozenset().union(*parts) for parts in product(*choices)}
    if sought.number:
        ways.add(frozenset(_some(pieces(sought.number))))
    return [frozenset()] if frozenset() in ways else sorted(ways, key=sorted)


def within(ways: Iterable[Tokens], scopes: Iterable[Tokens]) -> list[Tokens]:
    """The same ways, each within each of the scopes; an empty set of a scope is no bound."""
    both = {way | scope for way, scope in product(ways, scopes)}
    return [frozenset()] if frozenset() in both else sorted(both, key=sorted)


def _choices(word: str, areas: Collection[str]) -> list[Tokens]:
    own = pairs(word)
    if len(areas) > MOST_AREAS or not own:
        return [frozenset()]
    return [frozenset(_some(own)), *(frozenset({token_for("area", code)}) for code in areas)]


def _some(tokens: Iterable[int]) -> Sequence[int]:
    return sorted(tokens)[:MOST_TOKENS]


def _count(choices: Sequence[Sequence[Tokens]]) -> int:
    count = 1
    for choice in choices:
        count *= len(choice)
    return count


def fits(document: Document, sought: Sought, named: Mapping[str, Collection[str]]) -> bool:
    """Whether this case is meant: each word stands in it or names an area around it."""
    if sought.number and sought.number in document.number:
        return True
    return all(
        word in document.said or any(code in document.areas for code in named.get(word, ()))
        for word in sought.words
    )
