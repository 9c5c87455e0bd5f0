"""All faults of a pack that need more than one cell to see; then gaps, overlaps and remarks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from xianban.city.rules.build import build_city
from xianban.city.rules.city import Row, Tables
from xianban.city.rules.coverage import gaps_of, overlaps_of
from xianban.city.rules.duties import duty_of, words
from xianban.city.rules.findings import Fault, Gap, Overlap, Report, nearest
from xianban.city.rules.remarks import missing_years, remarks_on
from xianban.city.rules.tables import (
    BY_FILE,
    FIELDS,
    KIND_MARK,
    KNOWLEDGE_FOLDER,
    LEVELS,
    SHEETS,
)

MATTER_LEVELS = 3
COVERAGE_FILES = {"areas.csv", "unit_kinds.csv", "units.csv", "matters.csv", "duties.csv"}


class PackAsRead(Protocol):
    """What reading a folder gives; see pack/reading.py."""

    @property
    def tables(self) -> Tables: ...
    @property
    def faults(self) -> tuple[Fault, ...]: ...
    @property
    def warnings(self) -> tuple[Fault, ...]: ...
    @property
    def broken(self) -> frozenset[str]: ...


def check_pack(pack: PackAsRead, *, on: date) -> Report:
    """Everything that can be said about a pack on a day.

    Gaps are looked for where the tables that they depend on have no fault, remarks where nothing has.
    """
    check = _Check(pack.tables, pack.broken)
    check.run()
    faults = [*pack.faults, *check.faults]
    warnings = list(pack.warnings)
    root = next((row["code"] for row in pack.tables["areas"] if not row["parent"]), "")
    overlaps = overlaps_of(duty_of(row, root=root) for row in pack.tables["duties"])
    gaps: list[Gap] = []
    years: tuple[int, ...] = ()
    if COVERAGE_FILES.isdisjoint(fault.file for fault in faults):
        city = build_city(pack.tables)
        gaps = list(gaps_of(city, on=on))
        if not faults:
            warnings += remarks_on(city, on=on)
            years = missing_years(city, on=on)
    else:
        warnings.append(
            Fault("duties.csv", None, "", "gaps are not looked for yet", "mend the faults first")
        )
    return Report(
        faults=(*faults, *(_clash(overlap) for overlap in overlaps if overlap.clash)),
        gaps=tuple(gaps),
        overlaps=tuple(overlaps),
        warnings=tuple(warnings),
        counts={name: len(pack.tables[name]) for name in FIELDS},
        missing_years=years,
    )


def _clash(overlap: Overlap) -> Fault:
    first, second = overlap.rows
    return Fault(
        "duties.csv",
        second,
        "lead",
        f"row {first} has another lead ({overlap.leads[0]}) for the same matter, area and first day",
        "keep one of the two leads, or give one as co_unit",
    )


@dataclass
class _Check:
    """One pass over the tables; `codes` are what references may name."""

    tables: Tables
    broken: frozenset[str]
    faults: list[Fault] = field(default_factory=list)

    def run(self) -> None:
        self.codes = {
            name: {row["code"] for row in self.tables[name]}
            for name in ("areas", "unit_kinds", "units", "matters")
        }
        self._repeats()
        self._areas()
        self._shapes()
        self._units()
        self._matters()
        self._duties()
        self._knowledge()
        self._ahead()
        for row in self.tables["places"]:
            self._points_to("places.csv", row, "area", "areas")
            self._on_earth("places.csv", row)

    def fault(self, file: str, row: Row, column: str, what: str, remedy: str) -> None:
        self.faults.append(Fault(file, row["row"], column, what, remedy))

    def _points_to(
        self, file: str, row: Row, column: str, table: str, value: str | None = None
    ) -> bool:
        """Whether a reference names a row that exists; nothing is said where its table is unreadable."""
        value = row[column] if value is None else value
        if not value or value in self.codes[table] or table in self.broken:
            return bool(value)
        self.fault(
            file,
            row,
            column,
            f"“{value}” is not a code of {table}.csv",
            f"write one that is there, or add it{nearest(value, sorted(self.codes[table]))}",
        )
        return False

    def _ahead(self) -> None:
        """What seasons and planned events are about and where; a matter may be named by its group."""
        stated = {row["key"]: row for row in self.tables["settings"]}
        for key in ("prevention.seasons", "prevention.planned"):
            if key not in stated:
                continue
            row = {"row": stated[key]["id"] or None}
            for one in stated[key]["value"]:
                self._points_to("city.toml", row, key, "areas", one.get("area", ""))
                for matter in (one.get("matter", ""), *one.get("matters", ())):
                    if not any(code.startswith(matter) for code in self.codes["matters"]):
                        self._points_to("city.toml", row, key, "matters", matter)

    def _on_earth(self, file: str, row: Row) -> None:
        lat, lon = row["lat"], row["lon"]
        if (lat is None) != (lon is None):
            self.fault(file, row, "lat", "has only one of lat and lon", "give both or neither")
        elif lat is not None and not (-90 <= lat <= 90 and -180 <= lon <= 180):
            swapped = -90 <= lon <= 90 and -180 <= lat <= 180
            remedy = (
                "they look exchanged: swap the two"
                if swapped
                else "give degrees (WGS 84), such as 31.18 and 121.42"
            )
            self.fault(file, row, "lat", f"{lat}, {lon} is not a point on earth", remedy)

    def _repeats(self) -> None:
        """Two rows that claim to be the same one."""
        for table in SHEETS:
            self._repeated(table.file, table.identity, self.tables[table.name])
        self._repeated("areas.geojson", ("area",), self.tables["shapes"])

    def _repeated(self, file: str, identity: tuple[str, ...], rows: Iterable[Row]) -> None:
        seen: dict[tuple[Any, ...], Row] = {}
        for row in rows:
            key = tuple(row[f] for f in identity)
            first = seen.setdefault(key, row)
            if first is row or (file == "duties.csv" and first["lead"] != row["lead"]):
                continue  # two leads are an overlap, told with both leads
            named = " ".join(str(part) for part in key if part)
            columns = "+".join(_column(file, f) for f in identity)
            self.fault(
                file,
                row,
                columns,
                f"“{named}” is in row {first['row']} already",
                "keep one of the two rows",
            )

    def _areas(self) -> None:
        rows = {row["code"]: row for row in self.tables["areas"]}
        roots = [row for row in rows.values() if not row["parent"]]
        for extra in roots[1:]:
            self.fault(
                "areas.csv",
                extra,
                "parent",
                f"a second area without a parent; the first is {roots[0]['code']}",
                "give the code of the area above",
            )
        if not roots and "areas" not in self.broken:
            self.faults.append(
                Fault(
                    "areas.csv",
                    None,
                    "parent",
                    "no area is at the top",
                    "leave parent empty for the city itself",
                )
            )
        for row in rows.values():
            self._on_earth("areas.csv", row)
            if (
                not self._points_to("areas.csv", row, "parent", "areas")
                or row["parent"] not in rows
            ):
                continue
            above = rows[row["parent"]]
            if row["level"] in LEVELS and above["level"] in LEVELS and _rank(above) >= _rank(row):
                self.fault(
                    "areas.csv",
                    row,
                    "level",
                    f"a {row['level']} lies in {above['code']}, which is a {above['level']}",
                    f"levels go down in this order: {', '.join(LEVELS)}",
                )
        self._circles("areas.csv", rows)

    def _circles(self, file: str, rows: Mapping[str, Row]) -> None:
        for row in rows.values():
            seen, node = {row["code"]}, rows.get(row["parent"])
            while node is not None and node["code"] not in seen:
                seen.add(node["code"])
                node = rows.get(node["parent"])
            if node is not None and node["code"] == row["code"]:
                self.fault(
                    file,
                    row,
                    "parent",
                    f"“{row['code']}” is above itself",
                    "give the parent that is really above",
                )

    def _shapes(self) -> None:
        for row in self.tables["shapes"]:
            if row["area"] not in self.codes["areas"] and "areas" not in self.broken:
                self.fault(
                    "areas.geojson",
                    row,
                    "properties.code",
                    f"“{row['area']}” is not a code of areas.csv",
                    f"write one that is there{nearest(row['area'], sorted(self.codes['areas']))}",
                )

    def _units(self) -> None:
        for row in self.tables["units"]:
            self._points_to("units.csv", row, "kind", "unit_kinds")
            self._points_to("units.csv", row, "area", "areas")

    def _matters(self) -> None:
        rows = {row["code"]: row for row in self.tables["matters"]}
        named: dict[tuple[str, str], Row] = {}
        for row in rows.values():
            self._points_to("matters.csv", row, "parent", "matters")
            twin = named.setdefault((row["parent"], row["name"]), row)
            if twin is not row:
                self.fault(
                    "matters.csv",
                    row,
                    "name",
                    f"“{row['name']}” has the same parent in row {twin['row']}",
                    "give one another name, or take it out",
                )
            if _depth(row, rows) > MATTER_LEVELS:
                self.fault(
                    "matters.csv",
                    row,
                    "parent",
                    "is at a fourth level",
                    f"use at most {MATTER_LEVELS} levels",
                )
        self._circles("matters.csv", rows)

    def _duties(self) -> None:
        for row in self.tables["duties"]:
            self._points_to("duties.csv", row, "matter", "matters")
            self._points_to("duties.csv", row, "area", "areas")
            for column, marks in (("lead", [row["lead"]]), ("co_units", words(row["co_units"]))):
                for mark in marks:
                    self._points_to_unit("duties.csv", row, column, mark)
            if row["starts"] and row["ends"] and row["ends"] <= row["starts"]:
                self.fault(
                    "duties.csv",
                    row,
                    "valid_to",
                    f"{row['ends']} is not after valid_from",
                    "valid_to is the first day on which the duty no longer holds",
                )

    def _knowledge(self) -> None:
        own = {row["name"] for row in self.tables["knowledge"] if row["language"] == "zh"}
        for row in self.tables["knowledge"]:
            ending = "" if row["language"] == "zh" else f".{row['language']}"
            file, row = f"{KNOWLEDGE_FOLDER}/{row['name']}{ending}.md", {**row, "row": None}
            for matter in words(row["matters"]):
                self._points_to(file, row, "matters", "matters", matter)
            for mark in words(row["units"]):
                self._points_to_unit(file, row, "units", mark)
            if row["starts"] and row["ends"] and row["ends"] <= row["starts"]:
                self.fault(
                    file,
                    row,
                    "valid_to",
                    f"{row['ends']} is not after valid_from",
                    "valid_to is the first day on which the answer no longer holds",
                )
            if ending and row["name"] not in own:
                self.fault(
                    file,
                    row,
                    "",
                    "translates nothing",
                    f"add {row['name']}.md with the Chinese, or take it out",
                )

    def _points_to_unit(self, file: str, row: Row, column: str, mark: str) -> None:
        kind = mark.startswith(KIND_MARK)
        table = "unit_kinds" if kind else "units"
        self._points_to(file, row, column, table, mark.removeprefix(KIND_MARK) if kind else mark)


def _rank(row: Row) -> int:
    return LEVELS.index(row["level"])


def _depth(row: Row, rows: Mapping[str, Row]) -> int:
    depth, seen = 1, {row["code"]}
    node = rows.get(row["parent"])
    while node is not None and node["code"] not in seen:
        seen.add(node["code"])
        depth, node = depth + 1, rows.get(node["parent"])
    return depth


def _column(file: str, key: str) -> str:
    """The heading of a field."""
    if file not in BY_FILE:
        return f"properties.{'code' if key == 'area' else key}"
    return next(column.name for column in BY_FILE[file].columns if column.key == key)
