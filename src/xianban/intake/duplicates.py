"""Stored requests that are likely about the same thing: found by marks, scored by likeness."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from xianban.base.rows import ask
from xianban.city.api import current
from xianban.intake.rules.likeness import (
    COPY_DAYS,
    NEAR_DAYS,
    SKETCHES,
    Likeness,
    Traits,
    cells_near,
    folded,
    likeness,
    sketch,
)
from xianban.intake.rules.pairing import CANDIDATES, Wanted

KEPT = 3  # likely duplicates that are linked to one request
FINE_LEVELS = ("grid", "community")


@dataclass(frozen=True)
class Similar:
    """Another request that is likely about the same thing, and why."""

    request_id: int
    case_id: int
    title: str
    place: str
    received_at: datetime
    score: float
    reasons: dict[str, float | str]


@dataclass(frozen=True)
class _Stored:
    """A stored request that shares a mark with one that is looked for."""

    id: int
    case_id: int
    title: str
    text: str
    place: str
    lat: float | None
    lon: float | None
    matter: str
    area: str
    received_at: datetime


def fine_area(code: str) -> str:
    """The code of an area small enough that being in it is being near; else empty."""
    area = current().areas.get(code) if code else None
    return code if area is not None and area.level in FINE_LEVELS else ""


def similar(
    text: str,
    *,
    now: datetime,
    title: str = "",
    place: str = "",
    lat: float | None = None,
    lon: float | None = None,
    matter: str = "",
    area: str = "",
) -> list[Similar]:
    """Requests like the one somebody is just writing, likeliest first."""
    traits = Traits(folded(title + text), now, matter, fine_area(area), place, lat, lon)
    return duplicates_of([Wanted(traits, sketch(traits.words))])[0]


def duplicates_of(given: Sequence[Wanted]) -> list[list[Similar]]:
    """For each, the stored requests likely about the same thing, likeliest first.

    One query, and a second one where there is anything to compare with.
    """
    pairs = _candidates(given)
    rows = _stored(sorted({pk for _, pk in pairs}))
    traits = {pk: _traits(row) for pk, row in rows.items()}
    found: list[list[Similar]] = [[] for _ in given]
    for index, pk in pairs:
        alike = likeness(given[index].traits, traits[pk])
        if alike.likely:
            found[index].append(_similar(rows[pk], alike))
    return [sorted(some, key=lambda one: (-one.score, -one.request_id))[:KEPT] for some in found]


def _traits(row: _Stored) -> Traits:
    return Traits(
        words=folded(row.title + row.text),
        received_at=row.received_at,
        matter=row.matter,
        area=fine_area(row.area),
        place=row.place,
        lat=row.lat,
        lon=row.lon,
    )


def _similar(row: _Stored, alike: Likeness) -> Similar:
    return Similar(
        request_id=row.id,
        case_id=row.case_id,
        title=row.title or row.text[:60],
        place=row.place,
        received_at=row.received_at,
        score=alike.score,
        reasons=alike.reasons,
    )


# For each mark an index finds the newest few, however many share it: the cost of a look does not
# grow with the city. Both databases get all requests of a batch as one JSON document.
_SOME_TIME = "r.received_at BETWEEN q.since AND q.until"
_LATELY = "r.received_at BETWEEN q.lately AND q.soon"
_MARKS = (
    *((f"s{n}", f"r.sketch{n} = q.s{n} AND {_SOME_TIME}") for n in range(SKETCHES)),
    *((f"c{n}", f"r.cell = q.c{n} AND r.matter = q.matter AND {_LATELY}") for n in range(4)),
    ("a", f"r.area = q.area AND r.area <> '' AND r.matter = q.matter AND {_LATELY}"),
)
_ASKED = (
    ("n", "int"),
    *((f"s{n}", "bigint") for n in range(SKETCHES)),
    *((f"c{n}", "bigint") for n in range(4)),
    ("area", "text"),
    ("matter", "text"),
    *((name, "timestamptz") for name in ("since", "until", "lately", "soon")),
)
_COLUMNS = ", ".join(_Stored.__dataclass_fields__)


_NEWEST = " UNION ".join(
    f"SELECT id FROM (SELECT id FROM intake_request r WHERE {which} "  # noqa: S608
    f"ORDER BY r.received_at DESC LIMIT {CANDIDATES}) by_{name}"
    for name, which in _MARKS
)
_PAIRS = {
    "postgresql": f"""SELECT q.n, found.id FROM jsonb_to_recordset(%s::jsonb) AS q({
        ", ".join(f"{name} {kind}" for name, kind in _ASKED)
    }) CROSS JOIN LATERAL ({_NEWEST}) found""",  # noqa: S608
    "sqlite": f"""WITH q AS MATERIALIZED (SELECT {
        ", ".join(f"value ->> '{name}' AS {name}" for name, _ in _ASKED)
    } FROM json_each(%s)) SELECT q.n, f.id FROM q CROSS JOIN intake_request f ON f.id IN ({
        _NEWEST
    })""",  # noqa: S608
}
_ROWS = {
    "postgresql": f"SELECT {_COLUMNS} FROM intake_request WHERE id = ANY(%s)",  # noqa: S608
    "sqlite": f"SELECT {_COLUMNS} FROM intake_request "  # noqa: S608
    "WHERE id IN (SELECT value FROM json_each(%s))",
}


def _candidates(given: Sequence[Wanted]) -> list[tuple[int, int]]:
    """Places in `given`, each with the key of a request that shares a mark with it."""
    asked = json.dumps([_question(index, one) for index, one in enumerate(given)], default=_as_text)
    found = ask(_PAIRS[connection.vendor], [asked], connection=connection)
    return [(index, pk) for index, pk in found]


def _stored(keys: Sequence[int]) -> dict[int, _Stored]:
    """What the requests with these keys are compared by."""
    if not keys:
        return {}
    wanted = keys if connection.vendor == "postgresql" else json.dumps(keys)
    found = ask(_ROWS[connection.vendor], [wanted], connection=connection)
    return {
        row[0]: _Stored(*row[:-1], row[-1].replace(tzinfo=UTC))  # type: ignore[call-arg]
        for row in found
    }


def _question(index: int, one: Wanted) -> dict[str, Any]:
    traits = one.traits
    cells: tuple[int | None, ...] = (None,) * 4
    if traits.lat is not None and traits.lon is not None:
        cells = cells_near(traits.lat, traits.lon)
    copy, near = timedelta(days=COPY_DAYS), timedelta(days=NEAR_DAYS)
    at = traits.received_at
    spans = (at - copy, at + copy, at - near, at + near)
    values = (index, *one.sketches, *cells, traits.area, traits.matter, *spans)
    return dict(zip((name for name, _ in _ASKED), values, strict=True))


def _as_text(value: datetime) -> str:
    """A time as this database compares it: SQLite as text in UTC."""
    if connection.vendor == "sqlite":
        return str(value.astimezone(UTC).replace(tzinfo=None))
    return value.isoformat()
