"""Rows to a `City`: plain values in, one immutable thing out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from xianban.city.rules.city import Area, Background, City, Matter, Row, Tables, Unit
from xianban.city.rules.duties import duty_of, words
from xianban.city.rules.keeping import keeping_from
from xianban.city.rules.knowledge import ZH, Entry
from xianban.city.rules.notifying import notifying_from
from xianban.city.rules.preventing import Prevention
from xianban.city.rules.settings import (
    ahead_from,
    appraisal_from,
    limits_from,
    read_hours,
    settings_from,
    stated,
    zone_from,
)
from xianban.city.rules.worktime import WorkCalendar


def build_city(tables: Tables, *, stamp: str = "", retired: Tables | None = None) -> City:
    """The city that these rows describe; they must have passed `check`."""
    values = {row["key"]: row["value"] for row in tables["settings"]}
    areas = {row["code"]: _area(row) for row in tables["areas"]}
    root = next((area.code for area in areas.values() if not area.parent), "")
    gone = retired or {}
    return City(
        name=values.get("name", ""),
        tz=zone_from(values),
        language=stated(values, "language"),
        stamp=stamp,
        settings=settings_from(values),
        appraisal=appraisal_from(values),
        prevention=ahead_from(values),
        notifying=notifying_from(values),
        keeping=keeping_from(values),
        service_limits=limits_from(values),
        calendar=_calendar(values, tables["calendar"]),
        areas=areas,
        unit_kinds={row["code"]: row["name"] for row in tables["unit_kinds"]},
        units={row["code"]: _unit(row) for row in tables["units"]},
        matters=_matters(tables["matters"]),
        duties=tuple(duty_of(row, root=root) for row in tables["duties"]),
        places=tuple(tables["places"]),
        shapes={row["area"]: row["geometry"] for row in tables["shapes"]},
        background=tuple(
            Background(r["kind"], r["name"], r["weight"], r["geometry"]) for r in tables["layers"]
        ),
        knowledge=_knowledge(tables.get("knowledge", ())),
        retired_areas={row["code"]: _area(row) for row in gone.get("areas", ())},
        retired_units={row["code"]: _unit(row) for row in gone.get("units", ())},
        retired_matters=_retired_matters(gone.get("matters", ()), tables["matters"]),
    )


def bare_city(
    name: str,
    *,
    areas: Iterable[Area],
    matters: Iterable[tuple[str, str, str]],
    prevention: Prevention,
    timezone: str = "UTC",
) -> City:
    """A city of which only places and matters (code, name, parent) are known: nobody acts, nothing is owed.

    For looking at another city's figures; it is never loaded.
    """
    areas, matters = tuple(areas), tuple(matters)
    stamp = f"bare:{name}:{hash((areas, matters))}"
    tables: dict[str, list[Row]] = {
        "settings": [{"key": "name", "value": name}, {"key": "timezone", "value": timezone}],
        "areas": [{**asdict(area), "aliases": ""} for area in areas],
        "matters": [
            {"code": code, "name": named, "parent": parent, "urgency": "", "request_kind": "", "outdoors": "", "examples": ""}
            for code, named, parent in matters
        ],
    }  # fmt: skip
    for rest in ("calendar", "unit_kinds", "units", "duties", "places", "shapes", "layers"):
        tables[rest] = []
    return replace(build_city(tables, stamp=stamp), prevention=prevention)


def _calendar(values: Mapping[str, Any], days: Iterable[Row]) -> WorkCalendar:
    return WorkCalendar(
        tz=zone_from(values),
        hours=read_hours(stated(values, "hours.working")) or (),
        weekdays=frozenset(stated(values, "hours.weekdays")),
        days={row["date"]: row["working"] for row in days},
    )


def _area(row: Row) -> Area:
    return Area(
        row["code"],
        row["name"],
        row["level"],
        row["parent"],
        words(row["aliases"]),
        row["population"],
        row["lat"],
        row["lon"],
    )


def _unit(row: Row) -> Unit:
    return Unit(row["code"], row["name"], row["kind"], row["area"], bool(row["always_open"]))


def _matters(rows: Iterable[Row]) -> dict[str, Matter]:
    """Matters with what they inherit: urgency and kind of request from the nearest above that states it."""
    known = {row["code"]: row for row in rows}
    return {code: _matter(row, known) for code, row in known.items()}


def _knowledge(rows: Iterable[Row]) -> tuple[Entry, ...]:
    """Entries; a translation has the matters, units and dates of what it translates."""
    rows = list(rows)
    own = {row["name"]: row for row in rows if row["language"] == ZH}
    return tuple(_entry(row, own.get(row["name"], row)) for row in rows)


def _entry(row: Row, facts: Row) -> Entry:
    return Entry(
        name=row["name"],
        language=row["language"],
        title=row["title"],
        matters=words(facts["matters"]),
        units=words(facts["units"]),
        starts=facts["starts"],
        ends=facts["ends"],
        source=row["source"] or facts["source"],
        keywords=words(row["keywords"]),
        body=row["body"],
    )


def _retired_matters(gone: Sequence[Row], current: Sequence[Row]) -> dict[str, Matter]:
    """Retired matters may hang below current ones, and inherit from them."""
    everything = _matters([*gone, *current])
    kept = {row["code"] for row in current}
    return {row["code"]: everything[row["code"]] for row in gone if row["code"] not in kept}


def _matter(row: Row, known: Mapping[str, Row]) -> Matter:
    line, node = [row], known.get(row["parent"])
    while node is not None and node not in line:
        line.append(node)
        node = known.get(node["parent"])
    urgency = next((n["urgency"] for n in line if n["urgency"]), "normal")
    kind = next((n["request_kind"] for n in line if n["request_kind"]), "")
    kind = kind or ("consult" if urgency == "consult" else "complaint")
    seen = next(
        (n["outdoors"] for n in line if n["outdoors"]), "no" if kind == "consult" else "yes"
    )
    return Matter(
        code=row["code"],
        name=row["name"],
        level=len(line),
        parent=row["parent"],
        urgency=urgency,
        request_kind=kind,
        outdoors=seen == "yes",
        examples=words(row["examples"], "|"),
    )
