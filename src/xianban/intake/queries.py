"""Reads of intake: requests by number and code, those known already, and likely duplicates."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from xianban.base.errors import NotFound
from xianban.base.home import secret
from xianban.base.ids import parse_case_number, same_code, short_code
from xianban.city import api as city
from xianban.intake.models import Request
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
IN_LIST = 5000
WRONG_CODE = "there is no request with this number and code; check both, they are on your receipt"


@dataclass(frozen=True)
class RequestSeen:
    """One request as it came in; `person` is an id, to be shown masked."""

    id: int
    case_id: int
    door: str
    external_id: str
    title: str
    text: str
    place: str
    channel: str
    supporters: int
    person: int | None
    received_at: datetime
    accepted_at: datetime


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


def follow_code(request_id: int) -> str:
    """What a resident proves with that a request is theirs; derived, and kept nowhere."""
    return short_code(secret("follow"), request_id)


def request_by_code(number: str, code: str) -> RequestSeen:
    """The request that this case number and code open; NotFound says the same for either wrong."""
    case_id = parse_case_number(number)
    if case_id is not None and case_id < 1 << 63:
        for row in Request.objects.filter(case_id=case_id):
            if same_code(code, follow_code(row.pk)):
                return _seen(row)
    raise NotFound(WRONG_CODE)


def requests_of(case_ids: Collection[int]) -> dict[int, list[RequestSeen]]:
    """What was said that led to these cases, oldest first."""
    found: dict[int, list[RequestSeen]] = defaultdict(list)
    for row in Request.objects.filter(case_id__in=case_ids).order_by("received_at", "pk"):
        found[row.case_id].append(_seen(row))
    return dict(found)


def _seen(row: Request) -> RequestSeen:
    return RequestSeen(
        id=row.pk,
        case_id=row.case_id,
        door=row.door,
        external_id=row.external_id,
        title=row.title,
        text=row.text,
        place=row.place,
        channel=row.channel,
        supporters=row.supporters,
        person=row.person_id,
        received_at=row.received_at,
        accepted_at=row.accepted_at,
    )


@dataclass(frozen=True)
class Known:
    """A request taken before, and the fingerprint of what was said then."""

    request_id: int
    case_id: int
    digest: bytes


def known_by(column: str, values: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Known]:
    """Requests taken before, by (door, key) or (door, external_id)."""
    by_door: dict[str, list[str]] = defaultdict(list)
    for door, value in values:
        by_door[door].append(value)
    found = {}
    for door, given in by_door.items():
        for start in range(0, len(given), IN_LIST):
            part = {f"{column}__in": given[start : start + IN_LIST]}
            rows = Request.objects.filter(door=door, **part)
            for pk, case_id, digest, value in rows.values_list("pk", "case_id", "digest", column):
                found[door, value] = Known(pk, case_id, bytes(digest))
    return found


# --- likely duplicates ---


def fine_area(code: str) -> str:
    """The code of an area small enough that being in it is being near; else empty."""
    area = city.current().areas.get(code) if code else None
    return code if area is not None and area.level in FINE_LEVELS else ""


def duplicates_of(given: Sequence[Wanted]) -> list[list[Similar]]:
    """For each, the stored requests likely about the same thing, likeliest first; two queries."""
    pairs = _candidates(given)
    rows = {row.pk: row for row in _compared(sorted({pk for _, pk in pairs}))}
    traits = {pk: traits_of(row) for pk, row in rows.items()}
    found: list[list[Similar]] = [[] for _ in given]
    for index, pk in pairs:
        if pk in rows:
            alike = likeness(given[index].traits, traits[pk])
            if alike.likely:
                found[index].append(_similar(rows[pk], alike))
    return [sorted(some, key=lambda s: (-s.score, -s.request_id))[:KEPT] for some in found]


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
    words = folded(title + text)
    traits = Traits(words, now, matter, fine_area(area), folded(place), lat, lon)
    return duplicates_of(wanted([traits]))[0]


def traits_of(row: Request) -> Traits:
    """What a stored request is compared by."""
    return Traits(
        words=folded(row.title + row.text),
        received_at=row.received_at,
        matter=row.matter,
        area=fine_area(row.area),
        place=row.place,
        lat=row.lat,
        lon=row.lon,
    )


def _similar(row: Request, alike: Likeness) -> Similar:
    return Similar(
        request_id=row.pk,
        case_id=row.case_id,
        title=row.title or row.text[:60],
        place=row.place,
        received_at=row.received_at,
        score=alike.score,
        reasons=alike.reasons,
    )


def _compared(ids: Sequence[int]) -> list[Request]:
    if not ids:
        return []
    needed = ("title", "text", "place", "lat", "lon", "matter", "area", "received_at", "case_id")
    return list(Request.objects.filter(pk__in=ids).only("pk", *needed))


# One look-up for each mark: an index finds the newest few, however many share it.
_BY_SKETCH = """SELECT id FROM (SELECT id FROM intake_request r WHERE r.sketch{n} = {q}.s{n}
 AND r.received_at BETWEEN {q}.since AND {q}.until ORDER BY r.received_at DESC LIMIT {k}) x{n}"""
_BY_CELL = """SELECT id FROM (SELECT id FROM intake_request r WHERE r.cell = {q}.c{n}
 AND r.received_at BETWEEN {q}.lately AND {q}.soon ORDER BY r.received_at DESC LIMIT {k}) y{n}"""
_BY_AREA = """SELECT id FROM (SELECT id FROM intake_request r WHERE r.area = {q}.area AND r.area <> ''
 AND r.matter = {q}.matter AND r.received_at BETWEEN {q}.lately AND {q}.soon
 ORDER BY r.received_at DESC LIMIT {k}) z"""


def _look_ups(q: str) -> str:
    parts = [_BY_SKETCH.format(n=n, q=q, k=CANDIDATES) for n in range(SKETCHES)]
    parts += [_BY_CELL.format(n=n, q=q, k=CANDIDATES) for n in range(4)]
    return "\nUNION ".join([*parts, _BY_AREA.format(q=q, k=CANDIDATES)])


COLUMNS = (
    *(("n", "int"),),
    *((f"s{n}", "bigint") for n in range(SKETCHES)),
    *((f"c{n}", "bigint") for n in range(4)),
    *(("area", "text"), ("matter", "text")),
    *((name, "timestamptz") for name in ("since", "until", "lately", "soon")),
)
_POSTGRES = f"""SELECT q.n, found.id FROM jsonb_to_recordset(%s) AS q({
    ", ".join(f"{name} {kind}" for name, kind in COLUMNS)
}) CROSS JOIN LATERAL ({_look_ups("q")}) found"""  # noqa: S608
_SQLITE = f"""WITH q AS MATERIALIZED (SELECT {
    ", ".join(f"value ->> '{name}' AS {name}" for name, _ in COLUMNS)
} FROM json_each(%s)) SELECT q.n, r.id FROM q CROSS JOIN intake_request r ON r.id IN ({
    _look_ups("q")
})"""  # noqa: S608


def _candidates(given: Sequence[Wanted]) -> list[tuple[int, int]]:
    """Pairs of (place in `given`, key of a request that may be like it), in one query."""
    rows = [_marks(index, one) for index, one in enumerate(given)]
    if not rows:
        return []
    with connection.cursor() as cursor:
        statement = _POSTGRES if connection.vendor == "postgresql" else _SQLITE
        cursor.execute(statement, [json.dumps(rows, default=_comparable)])
        return [(index, pk) for index, pk in cursor.fetchall()]


def _marks(index: int, one: Wanted) -> dict[str, Any]:
    traits = one.traits
    cells: tuple[int | None, ...] = (None,) * 4
    if traits.lat is not None and traits.lon is not None:
        cells = cells_near(traits.lat, traits.lon)
    copy, near = timedelta(days=COPY_DAYS), timedelta(days=NEAR_DAYS)
    at = traits.received_at
    spans = (at - copy, at + copy, at - near, at + near)
    values = (index, *one.sketches, *cells, traits.area, traits.matter, *spans)
    return dict(zip((name for name, _ in COLUMNS), values, strict=True))


def _comparable(value: datetime) -> str:
    """A time as this database compares it: SQLite as text in UTC."""
    return str(connection.ops.adapt_datetimefield_value(value))
