"""Gaps and overlaps of the duty list: where nobody leads, and where two do."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations

from xianban.city.rules.city import City
from xianban.city.rules.duties import Duty
from xianban.city.rules.findings import Gap, Overlap
from xianban.city.rules.tables import KIND_MARK

NO_ROW = "no row of duties.csv fits"


def overlaps_of(duties: Iterable[Duty]) -> list[Overlap]:
    """Pairs of rows with different leads for the same matter, area and some same days."""
    at: dict[tuple[str, str], list[Duty]] = defaultdict(list)
    for duty in duties:
        at[duty.matter, duty.area].append(duty)
    return [
        overlap
        for rows in at.values()
        for one, other in combinations(rows, 2)
        if (overlap := _overlap(one, other))
    ]


def _overlap(one: Duty, other: Duty) -> Overlap | None:
    start = max(one.starts or date.min, other.starts or date.min)
    end = min(one.ends or date.max, other.ends or date.max)
    if one.lead == other.lead or start >= end:
        return None
    return Overlap(
        matter=one.matter,
        area=one.area,
        rows=(one.row, other.row),
        leads=(one.lead, other.lead),
        first_day=None if start == date.min else start,
        end=None if end == date.max else end,
        clash=one.starts == other.starts,
    )


def gaps_of(city: City, *, on: date) -> Iterator[Gap]:
    """Leaf matters without a lead, each with the highest areas in which nobody leads it anywhere."""
    ground = _Ground(city)
    holding: dict[str, list[Duty]] = defaultdict(list)
    for duty in city.duties:
        if duty.holds(on):
            holding[duty.matter].append(duty)
    known: dict[tuple[tuple[Duty, ...], ...], dict[str, str]] = {}
    for matter in city.leaf_matters:
        # matters that hang on the same rows miss the same areas
        key = tuple(tuple(holding[subject]) for subject in city.matter_line(matter))
        if key not in known:
            known[key] = ground.missing(key)
        missing = known[key]
        if not missing:
            continue
        for area in _highest(city, missing):
            leaves = [leaf for leaf in ground.leaves[area] if leaf in missing]
            yield Gap(
                matter=matter,
                matter_name="/".join(city.matter_path(matter)),
                area=area,
                area_name=city.area_name(area),
                leaf_areas=len(leaves),
                why=_why(missing[leaf] for leaf in leaves),
            )


class _Ground:
    """The tree of areas, walked only where rows of the duty list branch off."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.leaves: dict[str, list[str]] = defaultdict(list)
        for leaf in city.leaf_areas:
            for above in city.area_path(leaf):
                self.leaves[above].append(leaf)
        self._unled: dict[str, frozenset[str]] = {}

    def missing(self, rows: Sequence[Sequence[Duty]]) -> dict[str, str]:
        """The lowest areas where nobody leads, each with the reason; `rows` from general to specific."""
        best: dict[str, Duty] = {}
        for same in rows:  # a more specific matter, and then the newer row, takes the place
            for duty in sorted(same, key=lambda d: (d.starts or date.min, d.row)):
                best[duty.area] = duty
        branching = {above for area in best for above in self.city.area_path(area)}
        found: dict[str, str] = {}
        self._walk(self.city.root, None, best, branching, found)
        return found

    def _walk(
        self,
        area: str,
        above: Duty | None,
        best: Mapping[str, Duty],
        branching: Collection[str],
        found: dict[str, str],
    ) -> None:
        duty = best.get(area, above)
        below = self.city.children.get(area, ())
        if below and any(child in branching for child in below):
            for child in below:
                self._walk(child, duty, best, branching, found)
        elif duty is None:
            found.update(dict.fromkeys(self.leaves[area], NO_ROW))
        elif duty.lead.startswith(KIND_MARK):
            kind = duty.lead.removeprefix(KIND_MARK)
            unled = self._without(kind)
            why = f"row {duty.row} wants the unit of kind {kind} there, and there is none"
            found.update({leaf: why for leaf in self.leaves[area] if leaf in unled})

    def _without(self, kind: str) -> frozenset[str]:
        """The lowest areas that no unit of this kind covers."""
        if kind not in self._unled:
            unit_for = self.city.unit_for
            self._unled[kind] = frozenset(
                leaf for leaf in self.city.leaf_areas if unit_for(kind, leaf) is None
            )
        return self._unled[kind]


def _highest(city: City, missing: dict[str, str]) -> Iterable[str]:
    """The highest areas all of whose lowest areas are missing."""
    whole: set[str] = set()

    def mark(area: str) -> bool:
        below = city.children.get(area, ())
        seen = [mark(child) for child in below]  # all of them, also after the first that is led
        full = all(seen) if below else area in missing
        if full:
            whole.add(area)
        return full

    if missing:
        mark(city.root)
    return sorted(area for area in whole if city.areas[area].parent not in whole)


def _why(reasons: Iterable[str]) -> str:
    different = sorted(set(reasons))
    return (
        different[0]
        if len(different) == 1
        else f"{different[0]} (and {len(different) - 1} other reason(s))"
    )
