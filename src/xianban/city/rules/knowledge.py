"""What is asked again and again, with its answer: entries of the pack, found by what somebody says.

A few hundred entries are kept in memory. A text is taken apart into pairs of letters (words, where they
are Latin), for Chinese has no spaces: two characters are enough to search by. A pair that few entries
have says more than one that many have; what stands in a title or among the keywords says more still.
"""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from xianban.city.rules.gazetteer import fold

LATIN = re.compile(r"[a-z0-9]+")
LETTERS = re.compile(r"[^\W_a-z0-9]+")
MARKS = re.compile(r"[#*_`>|\[\]()-]+")
STOP = frozenset(
    [
        "怎么",
        "什么",
        "么办",
        "多久",
        "你好",
        "您好",
        "请问",
        "我想",
        "想问",
        "问一",
        "一下",
        "可以",
        "我们",
        "这个",
        "那个",
        "一个",
        "么时",
        "时候",
        "有没",
        "没有",
        "是不",
        "不是",
    ]
)
KEYWORD, TITLE, BODY = 4.0, 3.0, 1.0
SAME_MATTER, MATTER_ABOVE = 6.0, 2.0
ENOUGH = 6.0  # below it an entry shares a few letters with the text and nothing more
ZH, EN = "zh", "en"


@dataclass(frozen=True)
class Entry:
    """One question with its answer; `body` is Markdown. Holds from `starts` until the day before `ends`."""

    name: str
    language: str
    title: str
    matters: tuple[str, ...]
    units: tuple[str, ...]
    starts: date | None
    ends: date | None
    source: str
    keywords: tuple[str, ...]
    body: str

    def holds(self, on: date) -> bool:
        return (self.starts is None or self.starts <= on) and (self.ends is None or on < self.ends)


@dataclass(frozen=True)
class Answer:
    """An entry that may answer what was said, how well it fits (it orders, no more), and by which words."""

    entry: Entry
    score: float
    because: tuple[str, ...]


def terms(text: str) -> list[str]:
    """Latin words and numbers whole, everything else in pairs of letters that stand side by side."""
    small = fold(text)
    found = LATIN.findall(small)
    for run in LETTERS.findall(small):
        found += [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]
    return [term for term in found if term not in STOP]


class Shelf:
    """All entries of a city in one language, ready to be searched. Read-only once made."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._by_name = {entry.name: entry for entry in self.entries}
        weights = [_weights(entry) for entry in self.entries]
        self._holders: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, found in enumerate(weights):
            for term, weight in found.items():
                self._holders[term].append((place, weight))

    def entry(self, name: str) -> Entry | None:
        return self._by_name.get(name)

    def find(
        self,
        text: str,
        *,
        on: date,
        matters: Sequence[str] = (),
        limit: int = 5,
    ) -> list[Answer]:
        """The entries in effect that may answer a text, best first.

        `matters` are those that it seems to be about, likeliest first, each with those above it.
        """
        scores: dict[int, float] = defaultdict(float)
        shared: dict[int, list[str]] = defaultdict(list)
        asked = set(terms(text))
        for term in asked:
            holders = self._holders.get(term, ())
            rarity = math.log(1 + len(self.entries) / (1 + len(holders)))
            for place, weight in holders:
                scores[place] += weight * rarity
                shared[place].append(term)
        self._add_matters(scores, matters)
        small = fold(text)
        found = [
            Answer(entry, round(scores[place], 2), _because(entry, small, shared[place]))
            for place, entry in enumerate(self.entries)
            if entry.holds(on)
            and shared[place]
            and (scores[place] >= ENOUGH or len(shared[place]) == len(asked) or _said(entry, small))
        ]
        found.sort(key=lambda one: (-one.score, one.entry.name))
        best = found[0].score if found else 0.0
        return [one for one in found[:limit] if one.score >= best / 3]

    def _add_matters(self, scores: dict[int, float], matters: Sequence[str]) -> None:
        for place, entry in enumerate(self.entries):
            if entry.matters and matters and scores[place]:
                if matters[0] in entry.matters:
                    scores[place] += SAME_MATTER
                elif not set(matters).isdisjoint(entry.matters):
                    scores[place] += MATTER_ABOVE

    def listed(self, *, on: date) -> list[Entry]:
        """Every entry in effect, as the pack has them."""
        return [entry for entry in self.entries if entry.holds(on)]


def _weights(entry: Entry) -> Mapping[str, float]:
    """What each term of an entry says for it: by the best place where it stands."""
    found: dict[str, float] = dict.fromkeys(terms(MARKS.sub(" ", entry.body)), BODY)
    found |= dict.fromkeys(terms(entry.title), TITLE)
    for word in entry.keywords:
        found |= dict.fromkeys(terms(word), KEYWORD)
    return found


def _said(entry: Entry, text: str) -> tuple[str, ...]:
    """Keywords of an entry that stand in a text."""
    return tuple(word for word in entry.keywords if fold(word) in text)


def _because(entry: Entry, text: str, shared: Collection[str]) -> tuple[str, ...]:
    """Keywords that were said; where none was, the pieces of the text that the entry has too."""
    return (_said(entry, text) or _runs(text, shared))[:3]


def _runs(text: str, shared: Collection[str]) -> tuple[str, ...]:
    """Terms that overlap in the text put together again."""
    inside = [False] * len(text)
    for term in shared:
        for hit in re.finditer(re.escape(term), text):
            inside[hit.start() : hit.end()] = [True] * len(term)
    runs, run = [], ""
    for letter, is_in in zip(text + " ", [*inside, False], strict=True):
        if is_in:
            run += letter
        elif run:
            runs.append(run)
            run = ""
    return tuple(sorted(dict.fromkeys(runs), key=len, reverse=True))
