"""How cases begin: many at once, or one."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from django.db import connection, transaction

from xianban.accounts.api import Actor
from xianban.base.errors import BadInput
from xianban.base.ids import case_number
from xianban.base.rows import insert_keyed, insert_rows
from xianban.casework.models import Case, Clock, Interest, Link
from xianban.casework.queries.places import columns_for
from xianban.casework.queries.standings import subject_of
from xianban.casework.rules.deciding import begin
from xianban.casework.rules.standing import COLUMNS, FACTS, Standing, beginning, plain
from xianban.casework.rules.standing import Clock as ClockValue
from xianban.casework.rules.values import NewCase, Opened
from xianban.casework.rules.words import LEVELS, NEVER_LEAD_KINDS, NEVER_LEAD_LEVELS
from xianban.city.api import City, current
from xianban.ledger.api import START, Entry, NewNotice, append, enqueue

PLAIN_FACTS = tuple(name for name in FACTS if name != "merged_into")
facts_of = attrgetter(*PLAIN_FACTS)
values_of = attrgetter(*COLUMNS["clocks"])


def open_cases(new: Sequence[NewCase], *, acting: Actor, now: datetime) -> list[Opened]:
    """Open many cases, in the caller's transaction or one of their own; all or none.

    A case with an assignment is dispatched at once; one without is received, and a person decides.
    An assignment to a community or grid is set aside: they help and never lead.
    """
    if not new:
        return []
    city = current()
    standings = [_begin(one, one.opened_at or now, city) for one in new]
    cases = [
        _row(one, standing, one.opened_at or now, city)
        for one, standing in zip(new, standings, strict=True)
    ]
    with transaction.atomic(savepoint=False):  # nothing in it is refused: it is whole, or all fails
        insert_keyed(cases, connection=connection)
        _write_clocks(cases, standings)
        insert_rows(
            [
                Interest(
                    id=None, case_id=case.pk, person=one.person, since=case.opened_at, via=None
                )
                for case, one in zip(cases, new, strict=True)
                if one.person is not None
            ],
            connection=connection,
        )
        likes = _likes(cases, new)
        _write_links(cases, likes)
        _write_down(cases, standings, new, likes, acting)
        enqueue(_notices(cases, standings, new, city), now=now)
    return [_opened(case, standing, city) for case, standing in zip(cases, standings, strict=True)]


def _begin(new: NewCase, now: datetime, city: City) -> Standing:
    if new.urgency not in city.service_limits:
        raise BadInput(
            f"“{new.urgency}” is no class of urgency; choose one of {', '.join(city.service_limits)}"
        )
    assignment = new.assignment if new.assignment and may_lead(new.assignment.lead, city) else None
    return begin(
        new,
        unit=assignment.lead if assignment else "",
        now=now,
        city=city,
        limits=limits_for(city, new.urgency, assignment),
        level=new.level or _level(city, assignment.lead if assignment else "", new.area),
    )


def may_lead(unit: str, city: City) -> bool:
    """Whether the unit exists and is neither of a community nor of a grid."""
    found = city.units.get(unit)
    if found is None or found.kind in NEVER_LEAD_KINDS:
        return False
    area = city.areas.get(found.area)
    return area is None or area.level not in NEVER_LEAD_LEVELS


def limits_for(city: City, urgency: str, assignment: object) -> dict[str, str]:
    """The four limits of a case: the duty's where it states them, else those of its urgency."""
    usual = city.limits(urgency)
    limits = {
        "sign": usual.sign,
        "contact": usual.contact,
        "handle": usual.handle,
        "follow_up": usual.follow_up,
    }
    if getattr(assignment, "own_limit", False):
        limits["handle"] = assignment.limit  # type: ignore[attr-defined]
        limits["contact"] = assignment.contact_limit or usual.contact  # type: ignore[attr-defined]
    return limits


def _level(city: City, unit: str, area: str) -> str:
    """The level of the unit that leads; of a place without one, the street."""
    found = city.units.get(unit)
    place = city.areas.get(found.area if found else "")
    return place.level if place and place.level in LEVELS else "street"


def _row(new: NewCase, standing: Standing, now: datetime, city: City) -> Case:
    """Every field is given: looking up defaults would cost as much as the rest."""
    assignment = new.assignment if standing.unit else None
    return Case(
        version=1,
        origin=new.origin,
        source=new.source,
        title=new.title,
        text=new.text,
        request_kind=new.request_kind,
        lat=new.lat,
        lon=new.lon,
        supporters=new.supporters,
        proposal=dict(new.proposal),
        duty={"duty_id": assignment.duty_id, "row": assignment.row} if assignment else {},
        received_at=new.received_at,
        opened_at=now,
        place=new.place,
        merged_into_id=None,
        **dict(zip(PLAIN_FACTS, facts_of(standing), strict=True)),
        **columns_for(city, new.area),
    )


def _clock_row(case_id: int, clock: ClockValue) -> Clock:
    """By position, which is quick: the columns of a clock stand in the same order in both places."""
    return Clock(None, case_id, *values_of(clock))  # type: ignore[misc]  # a test compares the order


def _write_clocks(cases: Sequence[Case], standings: Sequence[Standing]) -> None:
    insert_rows(
        [
            _clock_row(case.pk, clock)
            for case, standing in zip(cases, standings, strict=True)
            for clock in standing.clocks.values()
        ],
        connection=connection,
    )


def _likes(cases: Sequence[Case], new: Sequence[NewCase]) -> list[list[tuple[int, float]]]:
    """The cases that each is like, by key, with the score."""
    return [
        [
            (like.case if like.place is None else cases[like.place].pk, round(like.score, 3))
            for like in one.likes
        ]
        for one in new
    ]


def _write_links(cases: Sequence[Case], likes: Sequence[Sequence[tuple[int, float]]]) -> None:
    insert_rows(
        [
            Link(
                id=None,
                case_id=case.pk,
                other_id=other,
                kind="similar",
                score=score,
                since=case.opened_at,
            )
            for case, found in zip(cases, likes, strict=True)
            for other, score in found
        ],
        connection=connection,
    )


def _write_down(
    cases: Sequence[Case],
    standings: Sequence[Standing],
    new: Sequence[NewCase],
    likes: Sequence[Sequence[tuple[int, float]]],
    acting: Actor,
) -> None:
    """What is said in the request stays out of the ledger, which is kept for ever: it may name people."""
    entries = [
        Entry(
            subject_of(case.pk),
            "open",
            acting.key,
            case.opened_at,
            {
                "said": {
                    "origin": one.origin,
                    "source": one.source,
                    "received_at": plain(one.received_at),
                    **({"similar": [list(pair) for pair in found]} if found else {}),
                    **({"files": list(one.files)} if one.files else {}),
                },
                "change": beginning(standing),
            },
        )
        for case, standing, one, found in zip(cases, standings, new, likes, strict=True)
    ]
    append(entries, heads={entry.subject: START for entry in entries})


def _notices(
    cases: Sequence[Case], standings: Sequence[Standing], new: Sequence[NewCase], city: City
) -> list[NewNotice]:
    notices = []
    for case, standing, one in zip(cases, standings, new, strict=True):
        if not one.tell:
            continue
        values = {
            "case": case.pk,
            "number": case_number(case.pk, case.received_at, tz=city.tz),
            "state": standing.state,
            "matter": standing.matter,
            "area": standing.area,
            "unit": standing.unit,
            "due_at": plain(standing.due_at),
        }
        kind = "dispatched" if standing.unit else "received"
        receivers = [f"person:{one.person}"] if one.person is not None else []
        receivers += [f"unit:{standing.unit}"] if standing.unit else []
        notices += [
            NewNotice(
                kind=kind,
                to=to,
                dedupe_key=f"case:{case.pk}:1:{kind}:{to}",
                payload=values,
                urgent=standing.urgency == "critical",
            )
            for to in receivers
        ]
    return notices


def _opened(case: Case, standing: Standing, city: City) -> Opened:
    number = case_number(case.pk, case.received_at, tz=city.tz)
    return Opened(case.pk, number, standing.state, standing.unit, standing.due_at, standing.matter)
