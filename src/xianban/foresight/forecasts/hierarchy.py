"""Who shares what: the groups whose series move together, and the tree of areas."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xianban.base.errors import BadInput

ALL = "(all)"
"""The label of the root: every series together."""


@dataclass(frozen=True)
class Grouping:
    """One step of the hierarchy: which group each series belongs to."""

    name: str
    of: NDArray[np.intp]
    size: int

    def total(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """(series, …) summed to (group, …)."""
        if self.size == len(self.of) and (self.of == np.arange(self.size)).all():
            return values
        if self.size == 1:
            return values.sum(axis=0, keepdims=True)
        order = np.argsort(self.of, kind="stable")
        starts = np.searchsorted(self.of[order], np.arange(self.size))
        return np.add.reduceat(values[order], starts, axis=0)


@dataclass(frozen=True)
class Tree:
    """The nodes whose totals are forecast, each after its parent; the root is node 0."""

    labels: tuple[Hashable, ...]
    parent: NDArray[np.intp]
    """(node,): the root's is -1."""
    node_of: NDArray[np.intp]
    """(series,): the node that holds the series itself."""

    def total(self, values: NDArray[Any], *, axis: int) -> NDArray[Any]:
        """Sum the series' axis up the tree: every node has what lies under it."""
        moved = np.moveaxis(values, axis, 0)
        totals = np.zeros((len(self.labels), *moved.shape[1:]), dtype=values.dtype)
        order = np.argsort(self.node_of, kind="stable")
        held, starts = np.unique(self.node_of[order], return_index=True)
        totals[held] = np.add.reduceat(moved[order], starts, axis=0)
        for node in range(len(self.labels) - 1, 0, -1):
            totals[self.parent[node]] += totals[node]
        return np.moveaxis(totals, 0, axis)

    def alone(self) -> NDArray[np.intp]:
        """(node,): the only series under it, or -1."""
        ones = np.ones(len(self.node_of), dtype=np.intp)
        places = self.total(np.arange(len(ones)), axis=0)
        return np.where(self.total(ones, axis=0) == 1, places, -1)


def label_list(labels: Any, *, name: str, series: int) -> list[Hashable]:
    """One label for each series, as plain Python values."""
    if isinstance(labels, (str, bytes)) or not hasattr(labels, "__len__"):
        raise BadInput(f"{name} is {labels!r}; give one label for each series")
    plain = labels.tolist() if hasattr(labels, "tolist") else list(labels)
    if len(plain) != series:
        raise BadInput(f"{name} are {len(plain)} labels for {series} series; give one for each")
    for place, label in enumerate(plain):
        if not isinstance(label, Hashable) or label is None or label != label:
            raise BadInput(f"{name} has no label at [{place}]; give every series one")
    return plain


def paths(areas: Sequence[Hashable], parents: Mapping[Any, Any]) -> list[tuple[Hashable, ...]]:
    """For each area the way down to it from its topmost ancestor."""
    known: dict[Hashable, tuple[Hashable, ...]] = {}
    for area in areas:
        if area in known:
            continue
        way = [area]
        while (above := parents.get(way[-1])) is not None:
            if above in way:
                raise BadInput(f"parents go in a circle at {above!r}; an area cannot hold itself")
            way.append(above)
        known[area] = tuple(reversed(way))
    return [known[area] for area in areas]


def tree_of(ways: Sequence[tuple[Hashable, ...]] | None, *, series: int) -> Tree:
    """The root first, then every area in the order in which it is met."""
    if ways is None:
        return Tree((ALL,), np.array([-1]), np.zeros(series, dtype=np.intp))
    nodes: dict[Hashable, int] = {ALL: 0}
    parent = [-1]
    for way in ways:
        above = 0
        for label in way:
            if label == ALL:
                raise BadInput(f"areas uses {ALL!r}, which names the whole; rename that area")
            if label not in nodes:
                nodes[label] = len(parent)
                parent.append(above)
            above = nodes[label]
    node_of = np.array([nodes[way[-1]] for way in ways], dtype=np.intp)
    return Tree(tuple(nodes), np.array(parent, dtype=np.intp), node_of)


def groupings(
    ways: Sequence[tuple[Hashable, ...]] | None,
    categories: Sequence[Hashable] | None,
    *,
    series: int,
) -> list[Grouping]:
    """All series, categories, each depth of the area tree, and each series by itself.

    A step that says the same as another (one group, or as many groups as series) is left out.
    """
    steps = [Grouping("all", np.zeros(series, dtype=np.intp), 1)]
    if categories is not None:
        steps.append(_grouping("category", categories))
    for depth in range(max((len(way) for way in ways or []), default=0)):
        assert ways is not None
        steps.append(_grouping(f"area {depth + 1}", [way[: depth + 1] for way in ways]))
    kept: list[Grouping] = []
    for step in steps:
        repeats = any(step.size == other.size and (step.of == other.of).all() for other in kept)
        if step.size < series and not repeats:
            kept.append(step)
    return [*kept, Grouping("series", np.arange(series, dtype=np.intp), series)]


def _grouping(name: str, labels: Sequence[Hashable]) -> Grouping:
    """Groups are numbered in the order in which they are met."""
    numbers: dict[Hashable, int] = {}
    of = [numbers.setdefault(label, len(numbers)) for label in labels]
    return Grouping(name, np.array(of, dtype=np.intp), len(numbers))
