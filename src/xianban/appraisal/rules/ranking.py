"""Places among peers: a place where there is enough to tell, and always how far it may be off."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from xianban.appraisal.rules.words import BLACK, RED


@dataclass(frozen=True)
class Entrant:
    """One of several peers: its score as published (None: no figure), its volume, its interval.

    `low` and `high` belong to a family of intervals that hold together; see `joint_level`.
    """

    code: str
    score: Fraction | None
    n: int
    low: float
    high: float


@dataclass(frozen=True)
class Place:
    """`rank` counts from 1 and is None where too little is known; it lies within `best` to `worst`."""

    code: str
    rank: int | None
    best: int | None
    worst: int | None
    listed: str = ""


def places(
    entrants: Sequence[Entrant], *, enough: int, red_list: int = 0, black_list: int = 0
) -> list[Place]:
    """The place of each: by published score, then by volume; who is equal in both shares a place.

    `best` and `worst` are a joint confidence region for the whole ranking: a peer certainly stands
    before another only where their intervals do not meet (M. Klein, T. Wright and J. Wieczorek, A
    joint confidence region for an overall ranking of populations, Journal of the Royal Statistical
    Society C 69 (2020), 589-606). Somebody with less than `enough` gets the range and no place, and
    is on no list.
    """
    able = [one for one in entrants if one.score is not None]
    found = {one.code: _place(one, able, enough) for one in able}
    known = [one for one in able if one.n >= enough]
    reds = {one.code for one in known if _rank(one, known) <= red_list}
    blacks = {one.code for one in known if _rank_from_end(one, known) <= black_list} - reds
    marks = dict.fromkeys(blacks, BLACK) | dict.fromkeys(reds, RED)
    return [
        _marked(found[one.code], marks.get(one.code, ""))
        if one.code in found
        else Place(one.code, None, None, None)
        for one in entrants
    ]


def _place(one: Entrant, able: Sequence[Entrant], enough: int) -> Place:
    best = 1 + sum(other.low > one.high for other in able)
    worst = len(able) - sum(other.high < one.low for other in able)
    return Place(one.code, _rank(one, able) if one.n >= enough else None, best, worst)


def _key(one: Entrant) -> tuple[Fraction, int]:
    return one.score or Fraction(0), one.n


def _rank(one: Entrant, others: Sequence[Entrant]) -> int:
    return 1 + sum(_key(other) > _key(one) for other in others)


def _rank_from_end(one: Entrant, others: Sequence[Entrant]) -> int:
    return 1 + sum(_key(other) < _key(one) for other in others)


def _marked(place: Place, listed: str) -> Place:
    return Place(place.code, place.rank, place.best, place.worst, listed)
