"""Where the duty list itself is at fault: gaps, overlaps, rows that name nobody who can act."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from xianban.accounts.api import MAY, Actor
from xianban.casework.api import Struck, may_lead, struck
from xianban.city.api import City, Duty, current, gaps_of, overlaps_of

SOON = timedelta(days=30)
LOOK_BACK = timedelta(days=90)
KIND = "kind:"
KINDS = (
    "gap",  # nobody leads
    "overlap",  # two rows, equally specific and in effect, name different leads
    "closed_lead",  # the lead is no unit of the city any more
    "never_leads",  # the lead is a community or grid body
    "expires",  # the row ends soon, and none follows
    "closed_helper",  # a co-unit is no unit of the city any more
    "helper_leads",  # a co-unit is the lead
    "no_limit",  # the row states no limit: that of the urgency holds
)
GRAVE = KINDS[:4]  # these keep cases from their unit


@dataclass(frozen=True)
class Finding:
    """One fault of the list. `rows` are rows of duties.csv, `units` codes that it is about.

    `places` counts the lowest areas of a gap; `ends` is the last day of a row that expires. `cases`
    and `people` count whom it struck in the last ninety days.
    """

    kind: str
    matter: str
    area: str
    rows: tuple[int, ...] = ()
    units: tuple[str, ...] = ()
    places: int = 0
    ends: date | None = None
    why: str = ""
    cases: int = 0
    people: int = 0


def findings(*, now: datetime, matter: str = "", seen_by: Actor | None = None) -> list[Finding]:
    """What is wrong with the duty list in effect, what struck most people first.

    `matter` leaves the faults of that matter, of those above it and below it. `seen_by` leaves those
    that concern the places where somebody decides on cases or keeps the list, and counts what lies there.
    """
    city = current()
    on = now.astimezone(city.tz).date()
    places = _places(seen_by, city) if seen_by else (city.root,)
    found = [one for one in faults_of(city, on=on) if _touches(one.area, places, city)]
    if matter:
        line = city.matter_line(matter)
        found = [
            one for one in found if one.matter in line or matter in city.matter_line(one.matter)
        ]
    return _ranked(found, city, now, places)


def _places(actor: Actor, city: City) -> Sequence[str]:
    """Where somebody has to do with the list: the areas of those roles; a unit's where a role names none."""
    held = [g for g in actor.grants if g.role in MAY["rule"] | MAY["manage_city"]]
    units = {g.unit: city.units.get(g.unit) for g in held if g.unit}
    return [g.area or (unit.area if (unit := units.get(g.unit)) else city.root) for g in held]


def _touches(area: str, places: Sequence[str], city: City) -> bool:
    """Whether an area lies within one of the places or around it."""
    area = area or city.root
    return any(city.within(area, place) or city.within(place, area) for place in places)


def faults_of(city: City, *, on: date) -> Iterator[Finding]:
    """The faults alone, without asking the cases."""
    for gap in gaps_of(city, on=on):
        yield Finding("gap", gap.matter, gap.area, places=gap.leaf_areas, why=gap.why)
    holding = [duty for duty in city.duties if duty.holds(on)]
    for overlap in overlaps_of(holding):
        yield Finding(
            "overlap", overlap.matter, overlap.area or city.root, overlap.rows, overlap.leads
        )
    following: dict[tuple[str, str], list[Duty]] = defaultdict(list)
    for duty in city.duties:
        following[duty.matter, duty.area].append(duty)
    for duty in holding:
        yield from _faults_of_row(duty, following[duty.matter, duty.area], city, on)


def _faults_of_row(duty: Duty, same: Sequence[Duty], city: City, on: date) -> Iterator[Finding]:
    about = Finding("", duty.matter, duty.area, (duty.row,))
    leads = _units_of(duty.lead, city)
    if not duty.lead.startswith(KIND) and duty.lead not in city.units:
        yield replace(about, kind="closed_lead", units=(duty.lead,))
    elif leads and not may_lead(leads[0], city):
        yield replace(about, kind="never_leads", units=leads[:1])
    for mark in duty.co_units:
        if mark == duty.lead:
            yield replace(about, kind="helper_leads", units=(mark,))
        elif not mark.startswith(KIND) and mark not in city.units:
            yield replace(about, kind="closed_helper", units=(mark,))
    if duty.ends and duty.ends <= on + SOON and not any(_follows(one, duty) for one in same):
        yield replace(about, kind="expires", ends=duty.ends)
    if not duty.limit:
        yield replace(about, kind="no_limit")


def _units_of(mark: str, city: City) -> tuple[str, ...]:
    if not mark.startswith(KIND):
        return (mark,) if mark in city.units else ()
    kind = mark.removeprefix(KIND)
    return tuple(unit.code for unit in city.units_of_kind(kind, city.root)[:1])


def _follows(one: Duty, ending: Duty) -> bool:
    return one is not ending and one.holds(ending.ends or date.max)


def _ranked(
    found: Sequence[Finding], city: City, now: datetime, places: Sequence[str]
) -> list[Finding]:
    grave = [one for one in found if one.kind in GRAVE]
    below = _below(city)
    wanted = {code for one in grave for code in below.get(one.matter, (one.matter,))}
    hits: dict[str, list[Struck]] = defaultdict(list)
    for hit in struck(wanted, since=now - LOOK_BACK) if wanted else ():
        if any(city.within(hit.area or city.root, place) for place in places):
            hits[hit.matter].append(hit)
    counted = [_counted(one, below, hits, city) if one.kind in GRAVE else one for one in found]
    order = {kind: n for n, kind in enumerate(KINDS)}
    return sorted(
        counted,
        key=lambda one: (
            -one.people,
            -one.cases,
            order[one.kind],
            -one.places,
            one.matter,
            one.area,
        ),
    )


def _below(city: City) -> Mapping[str, list[str]]:
    """Each matter with all that lie below it, itself included."""
    below: dict[str, list[str]] = defaultdict(list)
    for code in city.matters:
        for above in city.matter_line(code):
            below[above].append(code)
    return below


def _counted(
    one: Finding,
    below: Mapping[str, list[str]],
    hits: Mapping[str, list[Struck]],
    city: City,
) -> Finding:
    """How many cases it struck: those of the matter that lie in the area, or whose place is not known."""
    struck_here = [
        hit
        for code in below.get(one.matter, (one.matter,))
        for hit in hits.get(code, ())
        if city.within(hit.area or city.root, one.area or city.root)
    ]
    return replace(
        one,
        cases=sum(hit.cases for hit in struck_here),
        people=sum(hit.people for hit in struck_here),
    )
