"""What a person who knows the field would remark on a sound pack: none of it keeps it from loading."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from xianban.city.rules.city import City
from xianban.city.rules.duties import Duty
from xianban.city.rules.findings import Fault
from xianban.city.rules.grid import overlapping
from xianban.city.rules.tables import KIND_MARK, LEVELS
from xianban.city.rules.worktime import read_limit

SHOWN = 5
WORK_WEEK = 1.4  # seven days for five working ones
CODE_LENGTH = {"city": 6, "district": 6, "street": 9, "community": 12, "grid": 15}
ORDER = ("critical", "urgent", "normal", "complex")
NEVER_LEADS = {
    "community": "a residents' committee assists and is never made to lead (street regulations keep off-list tasks from communities)"
}
LEADING_FIRMS = ("utility_", "telecom", "postal", "transit_operator")


def remarks_on(city: City, *, on: date) -> Iterator[Fault]:
    """Remarks on calendar, areas, matters and duties; each is summarised over the rows it holds for."""
    yield from _calendar(city, on)
    yield from _area_codes(city)
    yield from _outlines(city)
    yield from _matters(city)
    yield from _kinds(city)
    yield from _limits(city)
    yield from _leads(city)


def _remark(file: str, column: str, what: str, remedy: str, row: int | None = None) -> Fault:
    return Fault(file, row, column, what, remedy)


def _some(items: Sequence[str]) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(items[:SHOWN]) + more


def missing_years(city: City, *, on: date) -> tuple[int, ...]:
    """This year and the next, where the calendar has no row of them."""
    return tuple(year for year in (on.year, on.year + 1) if year not in city.calendar.years)


def _calendar(city: City, on: date) -> Iterator[Fault]:
    for year in missing_years(city, on=on):
        yield _remark(
            "calendar.csv",
            "date",
            f"MISSING YEAR {year}: no row tells its holidays and shifted working days",
            "add them as soon as they are announced; until then limits in working time count weekdays alone",
        )


def _area_codes(city: City) -> Iterator[Fault]:
    odd = [
        area.code
        for area in city.areas.values()
        if not area.code.isdigit() or len(area.code) != CODE_LENGTH.get(area.level)
    ]
    if odd:
        yield _remark(
            "areas.csv", "code", f"{len(odd)} code(s) are not of the usual form: {_some(odd)}",
            "6 digits for city and district, 3 more a level, help exchange with other systems",
        )  # fmt: skip
    strayed = [
        a.code
        for a in city.areas.values()
        if a.level in LEVELS[2:] and a.code not in odd and a.parent and not a.code.startswith(a.parent)
        and city.areas[a.parent].level != "city"
    ]  # fmt: skip
    if strayed:
        yield _remark(
            "areas.csv",
            "parent",
            f"{len(strayed)} code(s) do not begin with their parent's: {_some(strayed)}",
            "check their parents",
        )
    names = Counter((a.parent, a.name) for a in city.areas.values())
    twins = [name for (_, name), count in names.items() if count > 1]
    if twins:
        yield _remark(
            "areas.csv",
            "name",
            f"the same name twice under one parent: {_some(twins)}",
            "texts that name it cannot be placed exactly",
        )


def _outlines(city: City) -> Iterator[Fault]:
    if not city.shapes:
        if len(city.areas) > 1:
            yield _remark(
                "areas.geojson",
                "",
                "no area has an outline",
                "without it points are placed by nearest centres alone",
            )
        return
    bare = [code for code in city.leaf_areas if code not in city.shapes]
    if bare:
        yield _remark(
            "areas.geojson",
            "properties.code",
            f"{len(bare)} lowest area(s) have no outline: {_some(bare)}",
            "points there fall to the area around",
        )
    by_level: dict[str, dict[str, str]] = defaultdict(dict)
    for code, shape in city.shapes.items():
        by_level[city.areas[code].level][code] = shape
    for level, shapes in by_level.items():
        pairs = [f"{one} and {other} ({share:.0%})" for one, other, share in overlapping(shapes)]
        if pairs:
            yield _remark(
                "areas.geojson",
                "geometry",
                f"{len(pairs)} pair(s) of {level} outlines overlap: {_some(pairs)}",
                "redraw the border; a point in both goes to the lower code",
            )


def _matters(city: City) -> Iterator[Fault]:
    homes: dict[str, list[str]] = defaultdict(list)
    said: dict[str, list[str]] = defaultdict(list)
    for matter in city.matters.values():
        homes[matter.name].append(matter.code)
        for example in matter.examples:
            said["".join(example.split())].append(matter.code)
    repeated = [f"{name} ({len(codes)}×)" for name, codes in homes.items() if len(codes) > 1]
    if repeated:
        yield _remark(
            "matters.csv",
            "name",
            f"{len(repeated)} name(s) stand under several parents: {_some(repeated)}",
            "fine; labelled files must give code or path for these",
        )
    twice = [
        f"“{text[:20]}” at {' and '.join(sorted(set(codes)))}"
        for text, codes in said.items()
        if len(set(codes)) > 1
    ]
    if twice:
        yield _remark(
            "matters.csv",
            "examples",
            f"{len(twice)} example(s) speak for two matters: {_some(twice)}",
            "keep each where it belongs; both mislead the dispatcher",
        )
    silent = [code for code in city.leaf_matters if not city.matters[code].examples]
    if silent:
        yield _remark(
            "matters.csv",
            "examples",
            f"{len(silent)} of {len(city.leaf_matters)} lowest matters have no example",
            "give two to five sentences each, or train on labelled requests",
        )
    led = {duty.matter for duty in city.duties}
    upper = [code for code in city.matters if code not in city.leaf_matters]
    waiting = [code for code in upper if led.isdisjoint(city.matter_line(code))]
    if waiting:
        yield _remark(
            "duties.csv",
            "matter",
            f"{len(waiting)} matter(s) above the lowest level have no duty of their own: {_some(waiting)}",
            "a case classified only that far waits for a person",
        )


def _kinds(city: City) -> Iterator[Fault]:
    used = {unit.kind for unit in city.units.values()}
    idle = [kind for kind in city.unit_kinds if kind not in used]
    if idle:
        yield _remark(
            "unit_kinds.csv",
            "code",
            f"{len(idle)} kind(s) have no unit: {_some(idle)}",
            "fine unless a duty wants them",
        )
    pairs = Counter((unit.kind, unit.area) for unit in city.units.values())
    wanted = {
        m.removeprefix(KIND_MARK)
        for d in city.duties
        for m in (d.lead, *d.co_units)
        if m.startswith(KIND_MARK)
    }
    several = [
        f"{kind} in {area}" for (kind, area), count in pairs.items() if count > 1 and kind in wanted
    ]
    if several:
        yield _remark(
            "units.csv",
            "kind",
            f"several units of one kind in one area: {_some(several)}",
            "the first in the file is taken; name a unit in duties.csv to choose",
        )


def _hours(limit: str) -> float:
    """A limit in elapsed hours, roughly: as short as it can be."""
    read = read_limit(limit)
    return read.seconds / 3600 * (WORK_WEEK if read.measure == "wd" else 1)


def _limits(city: City) -> Iterator[Fault]:
    """Duties whose limit belongs to another class, and classes out of order."""
    usual = {urgency: _hours(city.limits(urgency).handle) for urgency in ORDER}
    for one, other in pairwise(ORDER):
        if usual[one] > usual[other]:
            yield _remark(
                "city.toml",
                f"limits.{one}.handle",
                f"{one} has longer than {other}",
                "give the more urgent class the shorter limit",
            )
    for duty in city.duties:
        urgency = city.matters[duty.matter].urgency
        if not duty.limit or urgency not in ORDER:
            continue
        at, hours = ORDER.index(urgency), _hours(duty.limit)
        if hours > usual[urgency] * WORK_WEEK and urgency != "complex":
            yield _remark(
                "duties.csv",
                "limit",
                f"{duty.limit} contradicts the matter's urgency: {urgency} means {city.limits(urgency).handle}",
                "shorten it, or lower the urgency in matters.csv",
                duty.row,
            )
        elif at and hours <= usual[ORDER[at - 1]] / WORK_WEEK:
            yield _remark(
                "duties.csv",
                "limit",
                f"{duty.limit} contradicts the matter's urgency: {urgency} means {city.limits(urgency).handle}",
                f"lengthen it, or make the matter {ORDER[at - 1]}",
                duty.row,
            )
        if duty.contact_limit and _hours(duty.contact_limit) > hours:
            yield _remark(
                "duties.csv",
                "contact_limit",
                f"{duty.contact_limit} is longer than the limit to handle, {duty.limit}",
                "contact comes first",
                duty.row,
            )


def _kind_of(city: City, mark: str) -> str:
    return mark.removeprefix(KIND_MARK) if mark.startswith(KIND_MARK) else city.units[mark].kind


def _leads(city: City) -> Iterator[Fault]:
    for duty in city.duties:
        kind = _kind_of(city, duty.lead)
        if kind in NEVER_LEADS:
            yield _remark(
                "duties.csv",
                "lead",
                f"{duty.lead} leads: {NEVER_LEADS[kind]}",
                "make it a co_unit",
                duty.row,
            )
        elif kind.endswith("_firm") and not kind.startswith(LEADING_FIRMS):
            yield _remark(
                "duties.csv",
                "lead",
                f"{duty.lead} leads: a firm leads only for utilities, telecom, post and transit",
                "give the lead to the department that supervises it",
                duty.row,
            )
        if duty.lead in duty.co_units:
            yield _remark(
                "duties.csv",
                "co_units",
                f"{duty.lead} is lead and co-unit",
                "take it out of co_units",
                duty.row,
            )
        if far := _foreign(city, duty):
            yield _remark(
                "duties.csv",
                "lead",
                f"{duty.lead} has its territory in {far}, away from {duty.area}",
                "check the unit's area",
                duty.row,
            )


def _foreign(city: City, duty: Duty) -> str:
    """The territory of a named lead that has nothing to do with the duty's area."""
    if duty.lead.startswith(KIND_MARK):
        return ""
    area = city.units[duty.lead].area
    return "" if city.within(area, duty.area) or city.within(duty.area, area) else area
