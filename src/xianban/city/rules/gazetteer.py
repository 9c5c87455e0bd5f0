"""From words to areas: finds the names of areas, roads and estates in a text and says which is meant.

The longest name wins. A name that several areas share is settled by the other areas named in the text;
where nothing settles it, the smallest area that contains them all is offered, with a low score.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

NAMED, ALIAS, VARIED, STEM, SHORT_STEM = 0.9, 0.85, 0.8, 0.7, 0.5
UNSETTLED, CONTRADICTED, SUPPORT = 0.5, 0.75, 0.5
WIDE = re.compile(r"[\uff01-\uff5e\u3000A-Z]")
NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
WORD = re.compile(r"[a-z0-9]")
# What people leave out or put in its place, by level.
ENDINGS: Mapping[str, tuple[str, ...]] = {
    "city": ("市",),
    "district": ("新区", "区", "县", "市", "旗"),
    "street": ("街道办事处", "街道办", "街道", "镇", "乡"),
    "community": ("社区居委会", "居委会", "村委会", "社区", "村"),
    "grid": (),
}
SPOKEN: Mapping[str, tuple[str, ...]] = {
    "district": ("区",),
    "street": ("街道", "街道办", "街办", "镇", "乡"),
    "community": ("社区", "居委会", "村"),
}
MIN_STEM = 2
AREA = "area"
NEXT_TO = 1  # letters between an area and what is said to lie in it
Sure = list[tuple[int, str]]  # where a mention ends that can only mean one area, and that area


@dataclass(frozen=True)
class PlaceGuess:
    """One reading of a place in a text: which area, by which words (text[start:end]), how sure.

    The score orders readings, from 0 to 1; it is not a probability.
    """

    area: str
    place: str
    start: int
    end: int
    score: float
    kind: str  # area, or what the place is: road, estate, …


@dataclass(frozen=True)
class PlaceNamed:
    """A place offered by its name: the area it lies in, what it is, and its point if that is known."""

    name: str
    area: str
    kind: str
    lat: float | None
    lon: float | None


@dataclass(frozen=True)
class Named:
    """What one name may mean."""

    area: str
    place: str
    weight: float
    kind: str = AREA


def fold(text: str) -> str:
    """One letter form for all: narrow, small. Length is kept, so that positions stay true."""
    if WIDE.search(text):
        narrow = text.translate(NARROW)
        small = narrow.lower()
        return small if len(small) == len(text) else narrow
    return text


def spoken_forms(name: str, level: str) -> list[tuple[str, float]]:
    """The ways in which people say an area's name, each with its weight: 西关街道, 西关街道办, 西关."""
    forms = [(name, NAMED)]
    for ending in ENDINGS.get(level, ()):
        stem = name.removesuffix(ending)
        if stem != name and len(stem) >= MIN_STEM:
            forms += [(stem + other, VARIED) for other in SPOKEN.get(level, ())]
            forms.append((stem, STEM if len(stem) > MIN_STEM else SHORT_STEM))
            break
    return forms


class Gazetteer:
    """All names of a city, ready to be found. Read-only once made."""

    def __init__(
        self,
        names: Iterable[tuple[str, Named]],
        *,
        path: Callable[[str], tuple[str, ...]],
    ) -> None:
        self._path = path
        self._names: dict[str, tuple[Named, ...]] = {}
        for name, meant in names:
            self._put(fold(name.strip()), meant)
        self._lengths: dict[str, tuple[int, ...]] = {}
        for name in self._names:
            known = self._lengths.get(name[:2], ())
            if len(name) not in known:
                self._lengths[name[:2]] = tuple(sorted((*known, len(name)), reverse=True))
        self._starts = _starts(self._lengths)

    def _put(self, name: str, meant: Named) -> None:
        if len(name) < MIN_STEM:
            return  # one letter or character is in every text
        known = self._names.get(name, ())
        rival = next((k for k in known if k.area == meant.area), None)
        if rival is None:
            self._names[name] = (*known, meant)
        elif meant.weight > rival.weight:
            self._names[name] = tuple(meant if k is rival else k for k in known)

    def find(self, text: str, *, limit: int = 5) -> list[PlaceGuess]:
        """The places that a text names, the likeliest and most specific first."""
        mentions = self._mentions(fold(text))
        if not mentions:
            return []
        sure = [(end, meant[0].area) for _, end, meant in mentions if len(meant) == 1]
        guesses = [self._settle(start, end, meant, sure) for start, end, meant in mentions]
        best: dict[str, PlaceGuess] = {}
        for guess in guesses:
            known = best.get(guess.area)
            best[guess.area] = guess if known is None else _together(known, guess)
        return self._ranked(list(best.values()))[:limit]

    def _mentions(self, text: str) -> list[tuple[int, int, tuple[Named, ...]]]:
        found = []
        lengths, names, free = self._lengths, self._names, 0
        for hit in self._starts.finditer(text):
            at = hit.start()
            if at < free:
                continue
            for length in lengths.get(text[at : at + 2], ()):
                meant = names.get(text[at : at + length])
                if meant is not None and _whole_word(text, at, at + length):
                    found.append((at, at + length, meant))
                    free = at + length
                    break
        return found

    def _settle(self, start: int, end: int, meant: tuple[Named, ...], sure: Sure) -> PlaceGuess:
        """One reading of a mention, by the areas that are named beyond doubt."""
        if len(meant) > 1:
            meant = self._fitting(meant, start, sure)
        first = meant[0]
        if len(meant) == 1:
            return PlaceGuess(first.area, first.place, start, end, first.weight, first.kind)
        shared = _shared([self._path(m.area) for m in meant])
        weight = min(m.weight for m in meant) * UNSETTLED
        return PlaceGuess(shared, first.place, start, end, weight, first.kind)

    def _fitting(self, meant: tuple[Named, ...], start: int, sure: Sure) -> tuple[Named, ...]:
        """The readings on one line with the most of the sure areas, the one named just before
        counting twice; of equals, the ones named outright."""
        scores = [
            sum(
                self._on_line(m.area, area) * (2 if 0 <= start - end <= NEXT_TO else 1)
                for end, area in sure
            )
            for m in meant
        ]
        best = max(scores)
        fitting = [m for m, score in zip(meant, scores, strict=True) if score == best]
        weight = max(m.weight for m in fitting)
        return tuple(m for m in fitting if m.weight == weight)

    def _on_line(self, one: str, other: str) -> bool:
        return other in self._path(one) or one in self._path(other)

    def _ranked(self, guesses: list[PlaceGuess]) -> list[PlaceGuess]:
        if len(guesses) > 1:
            areas = {g.area for g in guesses}
            scores = {g.area: self._weighed(g, areas) for g in guesses}
            # a place inside another that is named is at least as likely, and says more
            guesses = [
                replace(g, score=round(max(scores.get(a, 0.0) for a in self._path(g.area)), 2))
                for g in guesses
            ]
        return sorted(guesses, key=lambda g: (-g.score, -len(self._path(g.area)), g.start))

    def _weighed(self, guess: PlaceGuess, areas: set[str]) -> float:
        """Raised by areas on the same line, lowered where all the others speak against it."""
        friends = sum(self._on_line(guess.area, area) for area in areas if area != guess.area)
        return 1 - (1 - guess.score) * SUPPORT**friends if friends else guess.score * CONTRADICTED


def _together(one: PlaceGuess, other: PlaceGuess) -> PlaceGuess:
    """Two mentions of one area: a place in it tells more than its name, and both are surer than one."""
    telling = min((one, other), key=lambda g: (g.kind == AREA, -g.score, g.start))
    score = max(one.score, other.score)
    agree = one.place != other.place
    return replace(telling, score=1 - (1 - score) * SUPPORT if agree else score)


def _whole_word(text: str, start: int, end: int) -> bool:
    """False where a Latin name or number is cut out of a longer one."""
    before = start > 0 and WORD.match(text[start - 1]) and WORD.match(text[start])
    after = end < len(text) and WORD.match(text[end - 1]) and WORD.match(text[end])
    return not (before or after)


def _starts(prefixes: Iterable[str]) -> re.Pattern[str]:
    """Finds quickly, in one pass in C, where a name may begin."""
    pairs = list(prefixes)
    if not pairs:
        return re.compile(r"(?!)")
    first = "".join(sorted({re.escape(pair[0]) for pair in pairs}))
    second = "".join(sorted({re.escape(pair[1]) for pair in pairs}))
    return re.compile(f"[{first}](?=[{second}])")


def _shared(paths: list[tuple[str, ...]]) -> str:
    """The deepest area on all the paths."""
    shared = ""
    for step in zip(*paths, strict=False):
        if len(set(step)) > 1:
            break
        shared = step[0]
    return shared
