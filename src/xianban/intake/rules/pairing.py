"""Which requests of one batch are likely about the same thing."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from xianban.intake.rules.likeness import (
    Likeness,
    Traits,
    cell_of,
    cells_near,
    likeness,
)

CANDIDATES = 8  # of each mark: the newest

Mark = tuple[str, object]


@dataclass(frozen=True)
class Wanted:
    """A request whose likes are looked for: what it is compared by, and its sketches."""

    traits: Traits
    sketches: tuple[int | None, ...]


def likes_within(given: Sequence[Wanted]) -> list[list[tuple[int, Likeness]]]:
    """For each, the places of likely duplicates earlier in the batch, and how alike they are."""
    newest: dict[Mark, deque[int]] = defaultdict(partial(deque, maxlen=CANDIDATES))
    found: list[list[tuple[int, Likeness]]] = []
    for index, one in enumerate(given):
        earlier = {place for mark in _sought(one) for place in newest.get(mark, ())}
        alike = ((place, likeness(one.traits, given[place].traits)) for place in sorted(earlier))
        found.append([pair for pair in alike if pair[1].likely])
        for mark in _left(one):
            newest[mark].append(index)
    return found


def _sought(one: Wanted) -> Iterator[Mark]:
    yield from _common(one)
    if one.traits.lat is not None and one.traits.lon is not None:
        near = cells_near(one.traits.lat, one.traits.lon)
        yield from (("cell", (cell, one.traits.matter)) for cell in near)


def _left(one: Wanted) -> Iterator[Mark]:
    yield from _common(one)
    if one.traits.lat is not None and one.traits.lon is not None:
        yield "cell", (cell_of(one.traits.lat, one.traits.lon), one.traits.matter)


def _common(one: Wanted) -> Iterator[Mark]:
    yield from ((f"sketch{n}", mark) for n, mark in enumerate(one.sketches) if mark is not None)
    if one.traits.area:
        yield "area", (one.traits.area, one.traits.matter)
