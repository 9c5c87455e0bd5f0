"""From groups of texts to issues: how many people, how hot, since when, where, and a headline."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xianban.foresight.issues.grams import Ints
from xianban.foresight.issues.likeness import shared_words
from xianban.foresight.issues.titles import common_names, headline
from xianban.foresight.issues.traits import Traits

HALF_LIFE_DAYS = 30.0
COPY = 0.75  # cosine of words from which one text is a near copy of another
PLACES, SAMPLES = 3, 3

Times = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class HotIssue:
    """One place or body and one problem, as residents put it."""

    title: str  #: a headline in their own words
    members: Ints  #: positions in `texts`, ascending
    people: int  #: distinct authors; a text without one counts unless it copies another
    copies: int  #: members that nearly repeat an earlier member, whoever filed them
    heat: float  #: people, each weighed by support and by how recently they last wrote
    support: float  #: likes and the like, of all members
    first: np.datetime64  #: time of the earliest member
    last: np.datetime64  #: time of the latest member
    places: tuple[str, ...]  #: at most three: those given, else names that members share
    samples: tuple[str, ...]  #: at most three texts, as given, the most typical first

    def renumbered(self, positions: Ints) -> "HotIssue":
        """The same with member k called `positions[k]`."""
        return replace(self, members=np.sort(positions[self.members]))


@dataclass(frozen=True, eq=False)
class Told:
    """All that is known of the texts beside their words."""

    texts: Sequence[str]
    headlines: Sequence[str]
    times: Times
    places: Sequence[str | None]
    support: NDArray[np.float64]
    positions: Ints


def hottest(
    traits: Traits, told: Told, groups: Ints, *, now: np.datetime64, top: int
) -> list[HotIssue]:
    """The issues of at least two texts: most people first, then the hotter."""
    order = np.argsort(groups, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    counted = []
    for members in (part for part in parts if len(part) > 1):
        voices, copies = _voices(traits, members)
        heat = _heat(voices, members, told, now)
        counted.append((-len(set(voices)), -heat, int(members[0]), members, copies))
    counted.sort(key=lambda issue: issue[:3])
    return [
        _issue(traits, told, members, -people, copies, -heat)
        for people, heat, _, members, copies in counted[:top]
    ]


def _voices(traits: Traits, members: Ints) -> tuple[list[int], int]:
    """Whose voice each member is (a number for each person), and how many members are copies."""
    rows, columns = np.triu_indices(len(members), 1)
    copy = shared_words(traits, members[rows], members[columns]) >= COPY
    source = np.arange(len(members))
    for i, j in zip(rows[copy].tolist(), columns[copy].tolist(), strict=True):
        source[j] = min(source[j], source[i])
    voices: dict[object, int] = {}
    numbers = []
    for k, i in enumerate(members.tolist()):
        author = traits.authors[i]
        key = ("author", author) if author is not None else ("text", int(source[k]))
        numbers.append(voices.setdefault(key, len(voices)))
    return numbers, int((source < np.arange(len(members))).sum())


def _heat(voices: list[int], members: Ints, told: Told, now: np.datetime64) -> float:
    """One for each person who writes now, half of it a half-life ago; more with support."""
    age = (now - told.times[members]) / np.timedelta64(1, "s") / 86400.0
    fresh = np.zeros(max(voices) + 1)
    np.maximum.at(fresh, voices, 0.5 ** (age / HALF_LIFE_DAYS))
    backed = np.zeros(max(voices) + 1)
    np.maximum.at(backed, voices, told.support[members])
    return float((fresh * (1 + np.log1p(backed))).sum())


def _issue(
    traits: Traits, told: Told, members: Ints, people: int, copies: int, heat: float
) -> HotIssue:
    named = common_names(traits, members, most=PLACES)
    title, typical = headline(traits, told.headlines, members, names=named)
    when = told.times[members]
    return HotIssue(
        title=title,
        members=told.positions[members],
        people=people,
        copies=copies,
        heat=heat,
        support=float(told.support[members].sum()),
        first=when.min(),
        last=when.max(),
        places=_given(told.places, members) or named,
        samples=tuple(told.texts[i] for i in _different(traits, typical)),
    )


def _given(places: Sequence[str | None], members: Ints) -> tuple[str, ...]:
    """The given places of the members, most frequent first."""
    held = [place for i in members.tolist() if (place := places[i])]
    return tuple(sorted(dict.fromkeys(held), key=lambda place: -held.count(place)))[:PLACES]


def _different(traits: Traits, typical: Ints) -> list[int]:
    """The most typical members, near copies of one already chosen left out."""
    chosen: list[int] = []
    for i in typical.tolist():
        if len(chosen) == SAMPLES:
            break
        others = np.array(chosen, np.int64)
        if not (shared_words(traits, others, np.full(len(others), i)) >= COPY).any():
            chosen.append(i)
    return chosen
