"""Rows to tallies, and the seal over what is frozen."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from django.db.models import Sum

from xianban.appraisal.models import Counted, Figure, Revision
from xianban.base.ids import canonical_json
from xianban.city.api import TALLIES, City

Tallies = dict[str, int]
ROW = tuple(f.attname for f in Counted._meta.concrete_fields if f.attname not in ("id", "revision_id"))  # fmt: skip
FIGURE = tuple(f.attname for f in Figure._meta.concrete_fields if f.attname not in ("id", "revision_id"))  # fmt: skip
AREA_LEVELS = ("city", "district", "street", "community")


def sums_by(revision: Revision, column: str) -> dict[str, Tallies]:
    """The tallies of every unit, area or matter that has rows which count; added up by the database."""
    rows = Counted.objects.filter(revision=revision, left_out="").order_by()
    sums = {f"sum_{name}": Sum(name) for name in TALLIES}
    found = rows.values(column).annotate(**sums)
    return {row[column]: {name: row[f"sum_{name}"] for name in TALLIES} for row in found}


def area_sums(leaves: Mapping[str, Tallies], city: City) -> dict[str, Tallies]:
    """The tallies of every area from the city down to communities, from those of the lowest."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for code, tallies in leaves.items():
        path = city.area_path(code) if code else (city.root,)
        for above in path:
            area = city.areas.get(above) or city.retired_areas.get(above)
            if area is not None and area.level in AREA_LEVELS:
                found[above].update(tallies)
    return {code: dict(tallies) for code, tallies in found.items()}


def matter_sums(leaves: Mapping[str, Tallies], city: City) -> dict[str, Tallies]:
    """The tallies of every matter of any level, from those under which cases were filed."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for code, tallies in leaves.items():
        for above in city.matter_line(code) if code else ():
            found[above].update(tallies)
    return {code: dict(tallies) for code, tallies in found.items()}


def digest_of(revision: Revision) -> str:
    """SHA-256 over every row and every figure of a revision, in a fixed order."""
    digest = hashlib.sha256(canonical_json(revision.profile))
    for line in _lines(revision):
        digest.update(line + b"\n")
    return digest.hexdigest()


def _lines(revision: Revision) -> Iterator[bytes]:
    rows = Counted.objects.filter(revision=revision).order_by("case", "n").values_list(*ROW)
    moment = ROW.index("at")
    for row in rows.iterator(chunk_size=5000):
        values = list(row)
        values[moment] = row[moment].isoformat()
        yield canonical_json(values)
    for row in Figure.objects.filter(revision=revision).order_by("by", "code").values_list(*FIGURE):
        yield canonical_json([str(value) if isinstance(value, float) else value for value in row])
