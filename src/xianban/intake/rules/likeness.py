"""Whether two requests are likely about the same thing, and why."""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from rapidfuzz import fuzz
from rensa import RMinHash

SKETCHES = 4
ROWS = 2  # minima in a sketch: two texts of likeness J share one with probability J²
SEED = 20_261_122
_NONE: tuple[int | None, ...] = (None,) * SKETCHES
NEAR_DAYS = 14
COPY_DAYS = 60  # nearly the same words again, though longer ago
NEAR_M = 200
FAR_M = 1000
LIKELY = 0.45
SHINGLE = 3
SHORT = 30  # a text of fewer shingles is contained in others by chance
LONG = 100  # the same words by chance, or from one form, are seldom this many

_DIGITS = re.compile(r"\d+")
_NOISE = re.compile(r"[\W_]+")
CELL_DEGREES = 0.004  # about 440 m of latitude: the four cells round a point hold its 200 m


@dataclass(frozen=True)
class Traits:
    """What a request is compared by."""

    words: str
    received_at: datetime
    matter: str = ""
    area: str = ""
    place: str = ""
    lat: float | None = None
    lon: float | None = None

    @cached_property
    def shingles(self) -> frozenset[str]:
        """The character trigrams of the words."""
        words = self.words
        return frozenset([words[i : i + SHINGLE] for i in range(len(words) - SHINGLE + 1)])


@dataclass(frozen=True)
class Likeness:
    """How alike two requests are, 0 to 1, and the codes and values of the reasons."""

    score: float
    reasons: dict[str, float | str]

    @property
    def likely(self) -> bool:
        return self.score >= LIKELY


def folded(text: str) -> str:
    """Text without what does not matter to its meaning: case, width, spaces, punctuation."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).casefold())


def sketch(text: str) -> tuple[int | None, ...]:
    """Four signed 64-bit numbers for a folded text; like texts share one or more.

    One by one: rensa's own batches start threads, which takes longer than the work.
    """
    shingles = [text[i : i + SHINGLE] for i in range(len(text) - SHINGLE + 1)]
    if not shingles:
        return _NONE
    hashed = RMinHash(SKETCHES * ROWS, SEED)
    hashed.update(shingles)
    minima: list[int] = hashed.digest()
    return tuple(_packed(minima, band) for band in range(SKETCHES))


def _packed(minima: Sequence[int], band: int) -> int:
    high, low = minima[band * ROWS : band * ROWS + ROWS]
    value = high << 32 | low
    return value - (1 << 64) if value >= 1 << 63 else value


def cell_of(lat: float, lon: float) -> int:
    """The number of the map cell that holds a point."""
    return _cell(math.floor(lat / CELL_DEGREES), math.floor(lon / CELL_DEGREES))


def cells_near(lat: float, lon: float) -> tuple[int, int, int, int]:
    """The four cells whose common corner is nearest to a point: all within about 200 m is inside."""
    y, x = round(lat / CELL_DEGREES), round(lon / CELL_DEGREES)
    return _cell(y - 1, x - 1), _cell(y - 1, x), _cell(y, x - 1), _cell(y, x)


def _cell(y: int, x: int) -> int:
    return y * 1_000_000 + x


def metres_between(a: Traits, b: Traits) -> float | None:
    """The distance of two requests over the ground; None where one has no coordinates."""
    if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        return None
    middle = math.radians((a.lat + b.lat) / 2)
    return 111_195 * math.hypot(a.lat - b.lat, (a.lon - b.lon) * math.cos(middle))


def same_address(a: str, b: str) -> bool:
    """Whether two addresses as people write them name one place: like words, and the same numbers."""
    if _DIGITS.findall(a) != _DIGITS.findall(b):
        return False
    return fuzz.ratio(folded(a), folded(b)) >= 60


def likeness(a: Traits, b: Traits) -> Likeness:
    """Score two requests: like words, lifted by nearness, lowered by distance in place or time."""
    days = abs((a.received_at - b.received_at).total_seconds()) / 86_400
    words = words_alike(a, b)
    reasons: dict[str, float | str] = {"words": round(words, 2), "days": round(days, 1)}
    score = words + _nearness(a, b, reasons)
    if a.matter and a.matter == b.matter:
        reasons["matter"] = a.matter
        score += 0.05
    score += 0.05 if days <= 3 else -0.15 if days > NEAR_DAYS else 0
    if words < 0.08 or days > COPY_DAYS:
        score = 0
    return Likeness(round(min(max(score, 0), 1), 3), reasons)


def words_alike(a: Traits, b: Traits) -> float:
    """Shared trigrams of two requests: of all of them, or of the shorter one's where it is long."""
    one, other = a.shingles, b.shingles
    shared = len(one & other)
    if not shared:
        return 1.0 if a.words and a.words == b.words else 0.0
    fewer = min(len(one), len(other))
    contained = 0.7 * shared / fewer if fewer >= SHORT else 0.0
    return max(shared / (len(one) + len(other) - shared), contained)


def _nearness(a: Traits, b: Traits, reasons: dict[str, float | str]) -> float:
    metres = metres_between(a, b)
    apart = 0.15 if min(len(a.words), len(b.words)) > LONG else 0.75
    if metres is not None:
        reasons["metres"] = round(metres)
        if metres > NEAR_M:
            return -apart - (0 if metres <= FAR_M else 0.4)
        return 0.35 if metres <= NEAR_M / 4 else 0.25
    if a.place and b.place:
        same = same_address(a.place, b.place)
        reasons["place"] = "same" if same else "other"
        return 0.3 if same else -apart
    if a.area and a.area == b.area:
        reasons["area"] = a.area
        return 0.15
    return 0.0
