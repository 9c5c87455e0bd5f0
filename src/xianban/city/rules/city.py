"""The city in memory: immutable, made of plain values, fast enough to be asked for every request."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from xianban.city.rules.appraising import Profile
from xianban.city.rules.checklist import guide_of, merged_points
from xianban.city.rules.duties import Assignment, Duty, DutyList, resolve, words
from xianban.city.rules.gazetteer import (
    ALIAS,
    AREA,
    Gazetteer,
    Named,
    PlaceGuess,
    PlaceNamed,
    fold,
    spoken_forms,
)
from xianban.city.rules.grid import AreaIndex, Spot
from xianban.city.rules.keeping import Keeping
from xianban.city.rules.knowledge import ZH, Entry, Shelf
from xianban.city.rules.notifying import Notifying
from xianban.city.rules.preventing import Prevention
from xianban.city.rules.settings import ServiceLimit, Settings
from xianban.city.rules.worktime import WorkCalendar, quiet_end, read_limit

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
# A road or estate is named as surely as an area, but says less about which one is meant.
PLACE_WEIGHT, PLACE_ALIAS_WEIGHT = 0.85, 0.8
MOST_REMEMBERED = 200_000  # matter × area pairs; a large city has millions
PATH_MARKS = str.maketrans("／>＞→|", "/////")


@dataclass(frozen=True)
class Area:
    code: str
    name: str
    level: str
    parent: str
    aliases: tuple[str, ...]
    population: int | None
    lat: float | None
    lon: float | None


@dataclass(frozen=True)
class Unit:
    code: str
    name: str
    kind: str
    area: str
    always_open: bool


@dataclass(frozen=True)
class Matter:
    code: str
    name: str
    level: int
    parent: str
    urgency: str
    request_kind: str
    outdoors: bool  # whether who walks by can see it
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Background:
    """Something to draw behind the areas; `geometry` is GeoJSON text."""

    kind: str
    name: str
    weight: float | None  # how broad to draw it
    geometry: str


@dataclass(frozen=True)
class City:
    """Areas, units, matters, duties, calendar and limits in effect on one day. Ask; never change.

    Mappings are by code and hold what is in effect; names and paths answer for retired codes too.
    """

    name: str
    tz: ZoneInfo
    language: str
    stamp: str  # changes with every load: a key for whatever others derive from the city
    settings: Settings
    appraisal: Profile
    prevention: Prevention
    notifying: Notifying
    keeping: Keeping
    service_limits: Mapping[str, ServiceLimit]
    calendar: WorkCalendar
    areas: Mapping[str, Area]
    unit_kinds: Mapping[str, str]
    units: Mapping[str, Unit]
    matters: Mapping[str, Matter]
    duties: tuple[Duty, ...]
    places: tuple[Row, ...]
    shapes: Mapping[str, str]  # area code -> GeoJSON geometry
    background: tuple[Background, ...]
    knowledge: tuple[Entry, ...]
    retired_areas: Mapping[str, Area]
    retired_units: Mapping[str, Unit]
    retired_matters: Mapping[str, Matter]

    # areas

    @cached_property
    def root(self) -> str:
        """Code of the area at the top."""
        return next((area.code for area in self.areas.values() if not area.parent), "")

    @cached_property
    def _area_paths(self) -> Mapping[str, tuple[str, ...]]:
        everything = {**self.retired_areas, **self.areas}
        return {code: _line(code, everything) for code in everything}

    def area_path(self, code: str) -> tuple[str, ...]:
        """Codes from the root down to this area; of an unknown code, the code alone."""
        return self._area_paths.get(code) or (code,)

    def within(self, code: str, ancestor: str) -> bool:
        """Whether an area is `ancestor` or lies in it."""
        return ancestor in self.area_path(code)

    def area_at_level(self, code: str, level: str) -> str | None:
        """The area of that level (city … grid) around this one, or None."""
        everything = (self.areas.get(c) or self.retired_areas.get(c) for c in self.area_path(code))
        return next((area.code for area in everything if area and area.level == level), None)

    def area_name(self, code: str) -> str:
        area = self.areas.get(code) or self.retired_areas.get(code)
        return area.name if area else code

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """Area code -> codes directly below it, in the order of the pack."""
        below: dict[str, list[str]] = defaultdict(list)
        for area in self.areas.values():
            below[area.parent].append(area.code)
        return {code: tuple(codes) for code, codes in below.items()}

    @cached_property
    def leaf_areas(self) -> tuple[str, ...]:
        """The areas that have none below them."""
        return tuple(code for code in self.areas if code not in self.children)

    # units

    @cached_property
    def _by_kind(self) -> Mapping[str, tuple[Unit, ...]]:
        kinds: dict[str, list[Unit]] = defaultdict(list)
        for unit in self.units.values():
            kinds[unit.kind].append(unit)
        return {kind: tuple(units) for kind, units in kinds.items()}

    def units_of_kind(self, kind: str, area: str) -> tuple[Unit, ...]:
        """Units of a kind, nearest territory first: around the area, inside it, then further off."""
        path = self.area_path(area)

        def distance(unit: Unit) -> tuple[int, int]:
            if unit.area in path:
                return 0, -path.index(unit.area)
            theirs = self.area_path(unit.area)
            if area in theirs:
                return 1, len(theirs)
            return 2, -sum(a == b for a, b in zip(path, theirs, strict=False))

        return tuple(sorted(self._by_kind.get(kind, ()), key=distance))

    @cached_property
    def _territories(self) -> Mapping[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        for unit in self.units.values():
            found.setdefault((unit.kind, unit.area), unit.code)
        return found

    def unit_for(self, kind: str, area: str) -> str | None:
        """The unit of a kind whose territory contains the area, the smallest such territory; or None."""
        territories = self._territories
        for place in reversed(self.area_path(area)):
            if unit := territories.get((kind, place)):
                return unit
        return None

    def unit_name(self, code: str) -> str:
        unit = self.units.get(code) or self.retired_units.get(code)
        return unit.name if unit else code

    # matters

    def _matter(self, code: str) -> Matter | None:
        return self.matters.get(code) or self.retired_matters.get(code)

    @cached_property
    def _matter_lines(self) -> Mapping[str, tuple[str, ...]]:
        everything = {**self.retired_matters, **self.matters}
        return {code: _line(code, everything) for code in everything}

    def matter_line(self, code: str) -> tuple[str, ...]:
        """Codes from the first level down to this matter; of an unknown code, the code alone."""
        return self._matter_lines.get(code) or (code,)

    def matter_path(self, code: str) -> tuple[str, ...]:
        """Names from the first level down to this matter."""
        return tuple(self.matter_name(c) for c in self.matter_line(code))

    def matter_name(self, code: str) -> str:
        matter = self._matter(code)
        return matter.name if matter else code

    @cached_property
    def leaf_matters(self) -> tuple[str, ...]:
        """The matters that have none below them."""
        parents = {matter.parent for matter in self.matters.values()}
        return tuple(code for code in self.matters if code not in parents)

    @cached_property
    def _matters_by_words(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for code in sorted(self.matters, key=lambda c: self.matters[c].level):
            path = self.matter_path(code)
            for start in range(len(path)):
                found["/".join(path[start:])].append(code)
        return {said: tuple(codes) for said, codes in found.items()}

    def matter_named(self, text: str) -> Matter | None:
        """The matter that a code, a name or a path such as “城乡建设/安全生产/安全隐患” means.

        A name at a higher level counts before the same name below; one that is not unique at its
        level means nothing: None.
        """
        text = text.strip()
        if text in self.matters:
            return self.matters[text]
        found = self._matters_by_words.get(text)
        if found is None:
            parts = text.translate(PATH_MARKS).split("/")
            found = self._matters_by_words.get("/".join(part.strip() for part in parts), ())
        best = [code for code in found if self.matters[code].level == self.matters[found[0]].level]
        return self.matters[best[0]] if len(best) == 1 else None

    # duties

    @cached_property
    def duty_list(self) -> DutyList:
        return DutyList(self.duties, matter_line=self.matter_line, area_path=self.area_path)

    @cached_property
    def _remembered(self) -> dict[tuple[str, str], list[tuple[Duty, Assignment | None]]]:
        return {}

    def duty_for(self, matter: str, area: str, *, on: date) -> Assignment | None:
        """Who acts on this matter at this place on that day; None is a gap: a person decides.

        The most specific area wins, then the more specific matter, then the newest row. A lead given
        as a kind is the unit of that kind around the place; where there is none, that is a gap too.
        """
        known = self._remembered.get((matter, area))
        if known is None:
            rows = self.duty_list.candidates(matter, area)
            known = [(duty, self._assign(duty, matter, area)) for duty in rows]
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[matter, area] = known
        for duty, assignment in known:
            if duty.holds(on):
                return assignment
        return None

    def _assign(self, duty: Duty, matter: str, area: str) -> Assignment | None:
        lead = resolve(duty.lead, area, self.unit_for)
        if lead is None:
            return None
        helpers = (resolve(mark, area, self.unit_for) for mark in duty.co_units)
        about = self._matter(matter)
        usual = self.limits(about.urgency if about else "normal")
        standard, steps = guide_of(duty.acceptance), guide_of(duty.playbook)
        return Assignment(
            duty_id=duty.duty_id,
            row=duty.row,
            lead=lead,
            co_units=tuple(dict.fromkeys(unit for unit in helpers if unit and unit != lead)),
            limit=duty.limit or usual.handle,
            contact_limit=duty.contact_limit or usual.contact,
            sign_limit=usual.sign,
            own_limit=bool(duty.limit),
            powers=duty.powers,
            legal_basis=duty.legal_basis,
            acceptance="；".join(standard.items),
            playbook=steps.items,
            checklist=merged_points((standard, steps)),
            reply=steps.draft or standard.draft,
            matter=duty.matter,
            area=duty.area,
        )

    # place

    @cached_property
    def _index(self) -> AreaIndex:
        spots = [
            Spot(a.code, len(self.area_path(a.code)), a.lat, a.lon) for a in self.areas.values()
        ]
        return AreaIndex(spots, self.shapes, nearest_m=self.settings.nearest_area_m)

    def locate(self, lat: float, lon: float) -> str | None:
        """The area in which a point lies (WGS 84): a grid where there is one; None outside the city."""
        return self._index.locate(lat, lon)

    def locate_many(self, lats: Sequence[float], lons: Sequence[float]) -> list[str | None]:
        """`locate` for many points at once."""
        return self._index.locate_many(lats, lons)

    @cached_property
    def _gazetteer(self) -> Gazetteer:
        return Gazetteer(_names(self.areas.values(), self.places), path=self.area_path)

    def find_places(self, text: str, *, limit: int = 5) -> list[PlaceGuess]:
        """The places that a text names, the likeliest and most specific first."""
        return self._gazetteer.find(text, limit=limit)

    @cached_property
    def _suggestions(self) -> tuple[tuple[str, PlaceNamed], ...]:
        """Every name with the place it is of; areas first, the coarse before the fine, grids not:
        nobody says where they live by the number of a grid."""
        spoken = [area for area in self.areas.values() if area.level != "grid"]
        ordered = sorted(spoken, key=lambda area: len(self.area_path(area.code)))
        areas = [
            (name, PlaceNamed(area.name, area.code, AREA, area.lat, area.lon))
            for area in ordered
            for name in (area.name, *area.aliases)
        ]
        places = [
            (name, PlaceNamed(row["name"], row["area"], row["kind"], row["lat"], row["lon"]))
            for row in self.places
            for name in (row["name"], *words(row["aliases"]))
        ]
        return tuple((fold(name), place) for name, place in (*areas, *places))

    def places_like(
        self, text: str, *, limit: int = 6, areas_only: bool = False
    ) -> list[PlaceNamed]:
        """The places whose name begins with, or else contains, what somebody has typed so far."""
        typed = fold(text.strip())
        if not typed:
            return []
        known = (
            (name, place)
            for name, place in self._suggestions
            if typed in name and (place.kind == AREA or not areas_only)
        )
        ranked = sorted(known, key=lambda pair: (not pair[0].startswith(typed), len(pair[0])))
        return list(dict.fromkeys(place for _, place in ranked))[:limit]

    # what is asked again and again

    @cached_property
    def _shelves(self) -> Mapping[str, Shelf]:
        own = {e.name: e for e in self.knowledge if e.language == ZH}
        other = {e.name: e for e in self.knowledge if e.language != ZH}
        return {ZH: Shelf(own.values()), "en": Shelf({**own, **other}.values())}

    def shelf(self, language: str = ZH) -> Shelf:
        """The knowledge base in a language; what was not translated stands in it as it is."""
        return self._shelves.get(language[:2], self._shelves[ZH])

    # time

    def limits(self, urgency: str) -> ServiceLimit:
        """The usual limits of an urgency class, as text; of an unknown class, the normal ones."""
        return self.service_limits.get(urgency) or self.service_limits["normal"]

    def deadline(self, start: datetime, limit: str, *, unit: str | None = None) -> datetime:
        """When a limit ends that starts now; for a unit that is always open, working time never pauses."""
        return self.add(start, read_limit(limit).seconds, limit, unit=unit)

    def limit_seconds(self, limit: str) -> float:
        """The length of a limit, counted in its own time."""
        return read_limit(limit).seconds

    def add(
        self, start: datetime, seconds: float, limit: str, *, unit: str | None = None
    ) -> datetime:
        """When `seconds`, counted in the limit's own time, have run since `start`; UTC."""
        return self.calendar.add(start, seconds, self._measure(limit, unit))

    def between(
        self, start: datetime, end: datetime, limit: str, *, unit: str | None = None
    ) -> float:
        """Seconds from `start` to `end`, counted in the limit's own time; negative backwards."""
        return self.calendar.between(start, end, self._measure(limit, unit))

    def quiet_until(self, now: datetime) -> datetime | None:
        """When the quiet hours end in which only urgent messages go out; None where it is not quiet."""
        return quiet_end(now.astimezone(self.tz), self.settings.quiet_hours)

    def _measure(self, limit: str, unit: str | None) -> str:
        measure = read_limit(limit).measure
        if (
            unit is not None
            and measure in ("wh", "wd")
            and (known := self.units.get(unit))
            and known.always_open
        ):
            return measure[1:]
        return measure


def _line(code: str, everything: Mapping[str, Area] | Mapping[str, Matter]) -> tuple[str, ...]:
    """Codes from the top down to this one; a circle, which `check` refuses, ends where it closes."""
    line = [code]
    node = everything.get(code)
    while node is not None and node.parent and node.parent not in line:
        line.append(node.parent)
        node = everything.get(node.parent)
    return tuple(reversed(line))


def _names(areas: Iterable[Area], places: Iterable[Row]) -> Iterable[tuple[str, Named]]:
    for area in areas:
        for form, weight in spoken_forms(area.name, area.level):
            yield form, Named(area.code, area.name, weight)
        for alias in area.aliases:
            yield alias, Named(area.code, area.name, ALIAS)
    for place in places:
        yield place["name"], Named(place["area"], place["name"], PLACE_WEIGHT, place["kind"])
        for alias in words(place["aliases"]):
            yield alias, Named(place["area"], place["name"], PLACE_ALIAS_WEIGHT, place["kind"])
