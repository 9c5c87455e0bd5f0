"""Standards and playbooks as lists of points to answer, and the draft of a reply.

A cell holds items, a line or a `|` between them. `- [ ] point` is a point to be answered when the case
is reported done; `- [ ] ! point` (or 必须) is one without whose answer it is not. Any other item
is guidance: shown, never asked. `> words` are a draft of the reply; `{matter}`, `{place}` and
`{unit}` stand in it for those of the case.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

BETWEEN = re.compile(r"[|｜\n]")
BOX = re.compile(r"[-*]\s*\[\s?[xX]?\s?\]\s*(?P<said>.*)")
BROKEN_BOX = re.compile(r"[-*]?\s*\[\s*[xX]?\s*\]|[-*]\s*\[|[-*]\s*【")
MANDATORY = re.compile(r"(?:[!！]|必须\s*[:：]|必须\s)\s*")
DRAFT = re.compile(r"[>＞]\s*(?P<said>.*)")
BRACES = re.compile(r"\{([^{}]*)\}")
FILLED_IN = ("matter", "place", "unit")
LONGEST_POINT = 120
REMEDY = "write `- [ ] point`, or `- [ ] ! point` where it must be answered"


@dataclass(frozen=True)
class Point:
    """One thing to answer when a case is reported done; `must`: not without it."""

    text: str
    must: bool = False


@dataclass(frozen=True)
class Guide:
    """One cell: its items in words, those to be answered, and the draft of a reply."""

    items: tuple[str, ...]
    points: tuple[Point, ...]
    draft: str


def guide_of(cell: str) -> Guide:
    """What a cell says."""
    items, points, draft = [], [], []
    for item in _items(cell):
        if reply := DRAFT.fullmatch(item):
            draft.append(reply["said"].strip())
            continue
        box = BOX.fullmatch(item)
        point = _point(box["said"].strip()) if box else None
        items.append(point.text if point else item)
        points += [point] if point else []
    return Guide(tuple(items), tuple(points), "\n".join(draft))


def faults_of(cell: str) -> tuple[tuple[str, str], ...]:
    """What cannot be meant so: pairs of what is wrong and the remedy."""
    faults = []
    for item in _items(cell):
        box = BOX.fullmatch(item)
        if not box and BROKEN_BOX.match(item):
            faults.append((f"“{item[:40]}” is not a point", REMEDY))
        elif box and not _point(box["said"].strip()).text:
            faults.append((f"“{item[:40]}” has a box and no words", REMEDY))
        elif box and len(_point(box["said"].strip()).text) > LONGEST_POINT:
            faults.append(
                (f"“{item[:30]}…” is long for a point", f"use {LONGEST_POINT} characters or fewer")
            )
        elif reply := DRAFT.fullmatch(item):
            unknown = [name for name in BRACES.findall(reply["said"]) if name not in FILLED_IN]
            if unknown:
                faults.append(
                    (
                        f"“{{{unknown[0]}}}” stands for nothing in a reply",
                        f"use {', '.join(f'{{{name}}}' for name in FILLED_IN)}",
                    )
                )
    said = [point.text for point in guide_of(cell).points]
    twice = next((text for text in said if said.count(text) > 1), "")
    if twice:
        faults.append((f"the point “{twice[:40]}” is there twice", "keep one"))
    return tuple(faults)


def merged_points(guides: Iterable[Guide]) -> tuple[Point, ...]:
    """The points of several cells, each once: what must be answered in one must be in all."""
    points: dict[str, Point] = {}
    for guide in guides:
        for point in guide.points:
            must = point.must or (point.text in points and points[point.text].must)
            points[point.text] = Point(point.text, must)
    return tuple(points.values())


def filled_in(draft: str, **values: str) -> str:
    """The draft with the case's own words in place of the braces."""
    return BRACES.sub(lambda found: values.get(found[1], found[0]), draft)


def _items(cell: str) -> list[str]:
    return [item for part in BETWEEN.split(cell) if (item := " ".join(part.split()))]


def _point(said: str) -> Point:
    must = MANDATORY.match(said)
    return Point(said[must.end() :].strip() if must else said, bool(must))
