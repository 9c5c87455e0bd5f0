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
)
from xianban.intake.rules.pairing import CANDIDATES, Wanted, wanted

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
    return duplicates_of(wanted([traits]))[0]


def duplicates_of(given: Sequence[Wanted]) -> list[list[Similar]]:
    """For each, the stored requests likely about the same thing, likeliest first; one query."""
    found: list[list[Similar]] = [[] for _ in given]
    traits: dict[int, Traits] = {}
    for (index, _), row in _candidates(given).items():
        if row.id not in traits:
            traits[row.id] = _traits(row)
        alike = likeness(given[index].traits, traits[row.id])
        if alike.likely:
            found[index].append(_similar(row, alike))
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
    *((f"c{n}", f"r.cell = q.c{n} AND {_LATELY}") for n in range(4)),
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
_COLUMNS = tuple(_Stored.__dataclass_fields__)


def _newest(columns: str, join: str) -> str:
    """For every mark the newest few that share it."""
    return join.join(
        f"SELECT {columns} FROM (SELECT {columns} FROM intake_request r WHERE {which} "  # noqa: S608
        f"ORDER BY r.received_at DESC LIMIT {CANDIDATES}) by_{name}"
        for name, which in _MARKS
    )


_POSTGRES = f"""SELECT q.n, found.* FROM jsonb_to_recordset(%s::jsonb) AS q({
    ", ".join(f"{name} {kind}" for name, kind in _ASKED)
}) CROSS JOIN LATERAL ({_newest(", ".join(_COLUMNS), " UNION ALL ")}) found"""  # noqa: S608
_SQLITE = f"""WITH q AS MATERIALIZED (SELECT {
    ", ".join(f"value ->> '{name}' AS {name}" for name, _ in _ASKED)
} FROM json_each(%s)) SELECT q.n, {", ".join(f"f.{name}" for name in _COLUMNS)}
FROM q CROSS JOIN intake_request f ON f.id IN ({_newest("id", " UNION ")})"""  # noqa: S608


def _candidates(given: Sequence[Wanted]) -> dict[tuple[int, int], _Stored]:
    """The requests that share a mark with one that is looked for, by its place and their key."""
    asked = json.dumps([_question(index, one) for index, one in enumerate(given)], default=_as_text)
    statement = _POSTGRES if connection.vendor == "postgresql" else _SQLITE
    return {
        (row[0], row[1]): _Stored(*row[1:-1], row[-1].replace(tzinfo=UTC))  # type: ignore[call-arg]
        for row in ask(statement, [asked], connection=connection)
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
