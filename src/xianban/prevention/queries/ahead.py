"""Planning ahead: events, seasons, topics of a month, patrols, and an area beside its peers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from math import exp, log
from typing import Any

import numpy as np
from django.db.models import Count, Max, Q, Sum

from xianban.accounts.api import MAY, Actor, may, may_anywhere
from xianban.base.errors import NotAllowed, NotFound
from xianban.city.api import City, current, month_day
from xianban.prevention.models import Load, RiskCell, Topic, Warning
from xianban.prevention.queries.boards import area_named
from xianban.prevention.queries.events import known_events
from xianban.prevention.queries.reach import concerns, in_reach, must_see_warnings
from xianban.prevention.queries.shown import (
    EventShown,
    Named,
    Patrol,
    Peer,
    Profile,
    SeasonShown,
    TopicOffered,
    TopicShown,
    Visit,
)
from xianban.prevention.queries.terrain import terrain_of
from xianban.prevention.queries.views import similar_of
from xianban.prevention.rules.past import plane
from xianban.prevention.rules.seasons import next_span
from xianban.prevention.rules.words import DETECTORS_OWN

SPEED_KM_H = 12.0
EVENT_RIGHTS = ("see_warnings", "plan")
TOPIC_RIGHTS = ("see_warnings", "patrol", "plan")
MOST_PLACES, MOST_TEAMS = 60, 12
PEERS_SHOWN, YEAR_WEEKS, TOPIC_WEEKS = 8, 52, 52
NO_RISK = (
    "no ranking of next week yet; it is made in the night, once there are twelve weeks of history"
)


def events(actor: Actor, *, now: datetime) -> tuple[EventShown, ...]:
    """What is planned and not over, with how many warnings each explains now."""
    must_see_warnings(actor)
    city = current()
    explains = dict(
        Warning.objects.filter(in_reach(actor, city), shown="explained", course="ongoing")
        .values_list("explained_by")
        .annotate(n=Count("pk"))
    )
    return tuple(
        EventShown(
            id=one.id,
            name=one.name,
            area=area_named(city, one.area),
            matters=tuple(Named(code, city.matter_name(code)) for code in one.matters),
            starts=one.starts,
            ends=one.ends,
            note=one.note,
            explains=explains.get(one.name, 0),
        )
        for one in known_events(city, today=now.astimezone(city.tz).date())
        if concerns(actor, city, one.area or city.root, rights=EVENT_RIGHTS)
    )


def season_calendar(actor: Actor, *, now: datetime) -> tuple[SeasonShown, ...]:
    """What comes every year, the nearest first, and the warning that proposes to prepare it."""
    must_see_warnings(actor)
    city = current()
    today = now.astimezone(city.tz).date()
    proposed = dict(
        Warning.objects.filter(
            in_reach(actor, city), method=DETECTORS_OWN, course="ongoing"
        ).values_list("detector", "pk")
    )
    found = []
    for one in city.prevention.seasons:
        starts, ends = month_day(one.starts), month_day(one.ends)
        if starts is None or ends is None:
            continue
        first, last = next_span(starts, ends, today)
        before = first - timedelta(weeks=one.weeks_ahead)
        phase = "on" if first <= today else "preparing" if before <= today else "coming"
        found.append(
            SeasonShown(
                name=one.name,
                title=one.title,
                matter=Named(one.matter, city.matter_name(one.matter)),
                area=area_named(city, one.area or city.root),
                prepare_from=before,
                starts=first,
                ends=last,
                tasks=one.tasks,
                phase=phase,
                warning=proposed.get(f"{DETECTORS_OWN}:{one.name}"),
            )
        )
    return tuple(sorted(found, key=lambda s: (s.prepare_from, s.name)))


def topics(actor: Actor, *, month: str = "") -> tuple[TopicShown, ...]:
    """The topics of a month, or the newest, each with its curve."""
    _must_see_topics(actor)
    rows = Topic.objects.order_by("-month", "pk")
    rows = rows.filter(month=month) if month else rows
    city = current()
    mine = (row for row in rows.iterator() if sees_topic(actor, row, city))
    return tuple(_topic(row, actor) for row in islice(mine, 24))


def topic(topic_id: int, actor: Actor) -> TopicShown:
    _must_see_topics(actor)
    row = Topic.objects.filter(pk=topic_id).first()
    if row is None or not sees_topic(actor, row, current()):
        raise NotFound("there is no such topic; look at the list again")
    return _topic(row, actor)


def sees_topic(actor: Actor, row: Topic, city: City) -> bool:
    """Whether a topic is of the actor's world: of their area, of one around it, or theirs to see to."""
    units = {row.owner, *(one["unit"] for one in row.measures)}
    return concerns(actor, city, row.area, rights=TOPIC_RIGHTS, units=units)


def _must_see_topics(actor: Actor) -> None:
    if not (may_anywhere(actor, "see_warnings") or may_anywhere(actor, "patrol")):
        raise NotAllowed("your roles do not show topics; ask an administrator")


def _topic(row: Topic, actor: Actor) -> TopicShown:
    city = current()
    weeks = _curve(city, row.area, row.matter)
    return TopicShown(
        id=row.pk,
        month=row.month,
        title=row.title,
        matter=Named(row.matter, city.matter_name(row.matter)),
        area=area_named(city, row.area),
        owner=Named(row.owner, city.unit_name(row.owner)),
        measures=tuple(row.measures),
        why=row.why,
        state=row.state,
        result=row.result,
        at=row.at,
        weeks=tuple(weeks),
        people=tuple(weeks.values()),
        may_change=may(actor, "plan", areas=city.area_path(row.area), units=()),
    )


def _curve(city: City, area: str, matter: str) -> dict[date, int]:
    """People a week on a matter in an area, of the last year; a finer matter by the one above it that is kept."""
    newest = Load.objects.aggregate(week=Max("week"))["week"]
    if newest is None:
        return {}
    level = city.areas[area].level if area in city.areas else ""
    depth = {"city": 3, "district": 2, "street": 2}.get(level, 1)
    line = city.matter_line(matter)
    if len(line) < depth:
        about = [code for code in city.matters if matter in city.matter_line(code)]
    else:
        about = [line[depth - 1]]
    since = newest - timedelta(weeks=TOPIC_WEEKS - 1)
    rows = Load.objects.filter(area=area, week__gte=since, matter__in=about)
    known = dict(rows.order_by().values_list("week").annotate(n=Sum("people")))
    return {w: known.get(w, 0) for n in range(TOPIC_WEEKS) if (w := since + timedelta(weeks=n))}


def topic_offers(actor: Actor, *, area: str = "", most: int = 10) -> tuple[TopicOffered, ...]:
    """What deserves to be a topic: what brings most people lately, and comes back as warnings."""
    must_see_warnings(actor)
    city = current()
    area = area or _widest(actor, city)
    newest = Load.objects.aggregate(week=Max("week"))["week"]
    if newest is None:
        return ()
    lately, before = newest - timedelta(weeks=3), newest - timedelta(weeks=7)
    rows = (
        Load.objects.filter(area=area, week__gte=before)
        .order_by()
        .values_list("matter")
        .annotate(now=Sum("people", filter=Q(week__gte=lately)), then=Sum("people", filter=Q(week__lt=lately)))
    )  # fmt: skip
    again = dict(
        Warning.objects.filter(
            in_reach(actor, city), first_at__date__gte=newest - timedelta(weeks=26)
        )
        .exclude(shown="silent")
        .order_by()
        .values_list("matter")
        .annotate(n=Count("pk"))
    )
    offers = [
        TopicOffered(
            matter=Named(matter, city.matter_name(matter)),
            area=area_named(city, area),
            people=now or 0,
            before=then or 0,
            warnings=sum(n for code, n in again.items() if matter in city.matter_line(code)),
            weeks=(before, lately),
            warned_since=newest - timedelta(weeks=26),
        )
        for matter, now, then in rows
    ]  # fmt: skip
    return tuple(sorted(offers, key=lambda o: (-o.people - 5 * o.warnings, o.matter.code))[:most])


def _widest(actor: Actor, city: City) -> str:
    """The widest area whose warnings the actor sees; the whole city where a unit is all their scope."""
    areas = [grant.area or city.root for grant in actor.grants if grant.role in MAY["see_warnings"]]
    return min(areas, key=lambda code: len(city.area_path(code)), default=city.root)


def patrol_plan(
    actor: Actor, *, area: str, teams: int = 2, hours: float = 6.0, floor_hours: float = 0.0
) -> Patrol:
    """Who goes where next week in an area: the likeliest places, within the hours that teams have.

    `floor_hours`: every place that is listed gets at least so many.
    """
    from xianban.foresight import allocation

    city = current()
    if not may(actor, "patrol", areas=city.area_path(area), units={g.unit for g in actor.grants}):
        raise NotAllowed(
            "your roles do not show the patrols of that area; choose one within your own"
        )
    teams = max(1, min(MOST_TEAMS, teams))
    cells = _cells(city, area)
    if not cells:
        return Patrol(None, area_named(city, area), (), 0.0, 0.0, teams, hours, NO_RISK)
    by_place: dict[str, list[RiskCell]] = defaultdict(list)
    for cell in cells:
        by_place[cell.area].append(cell)
    spots = sorted(by_place, key=lambda code: (-sum(c.expected for c in by_place[code]), code))[:MOST_PLACES]  # fmt: skip
    risk = np.array([sum(c.expected for c in by_place[code]) for code in spots])
    plan = allocation.assign(
        risk,
        teams=teams,
        hours=hours,
        travel=_travel(city, spots, teams),
        areas=spots if floor_hours else None,
        fairness=floor_hours,
        gap=0.02,
    )
    visits = [
        _visit(city, int(team), spots[int(cell)], float(h), float(t), float(e), by_place)
        for team, cell, h, t, e in zip(plan.team, plan.cell, plan.hours, plan.travel_hours, plan.expected, strict=True)
    ]  # fmt: skip
    return Patrol(cells[0].first_day, area_named(city, area), tuple(visits), plan.met, plan.price, teams, hours)  # fmt: skip


def _cells(city: City, area: str) -> list[RiskCell]:
    """Where to look next week in an area, for what can be seen on a walk."""
    newest = RiskCell.objects.aggregate(day=Max("first_day"))["day"]
    indoors = [code for code, matter in city.matters.items() if not matter.outdoors]
    rows = RiskCell.objects.filter(first_day=newest).exclude(matter__in=indoors)
    level = city.areas[area].level if area in city.areas else ""
    if level in ("district", "street"):
        rows = rows.filter(**{level: area})
    elif area != city.root:
        rows = rows.filter(area=area)
    return list(rows.order_by("rank")[:1000])


def _travel(city: City, spots: list[str], teams: int) -> Any:
    """Hours from the middle of the area to each place and half of it back, at a walking and riding pace."""
    terrain = terrain_of(city)
    if not all(code in terrain.xy for code in spots) or len(spots) < 2:
        return None
    way = np.hypot(*plane(terrain, spots).T) / SPEED_KM_H
    return np.minimum(np.tile(way, (teams, 1)), 1.0)


def _visit(
    city: City,
    team: int,
    code: str,
    hours: float,
    travel: float,
    expected: float,
    by_place: Mapping[str, list[RiskCell]],
) -> Visit:
    cells = by_place[code]
    spot = terrain_of(city).xy.get(code)
    return Visit(
        team=team + 1,
        area=area_named(city, code),
        hours=hours,
        travel_hours=round(travel, 2),
        expected=round(expected, 2),
        lat=spot[0] if spot else None,
        lon=spot[1] if spot else None,
        matters=tuple(
            (Named(c.matter, city.matter_name(c.matter)), c.probability) for c in cells[:4]
        ),
        why=cells[0].reasons,
    )


def area_profile(area: str, actor: Actor) -> Profile:
    """An area beside its peers of the same level and size: load, complexity, risk, and what worked."""
    city = current()
    place = city.areas.get(area)
    if place is None or not may(actor, "see_warnings", areas=city.area_path(area), units=()):
        raise NotFound("there is no such area, or none that you may see; check the address")
    newest = Load.objects.aggregate(week=Max("week"))["week"]
    own_level = [code for code, a in city.areas.items() if a.level == place.level]
    peers = _peers(city, area, own_level)
    tallies = _tallies(newest, peers)
    risks = _risks(city, place.level, peers)
    shown = [_peer(city, code, tallies.get(code, {}), risks.get(code, 0.0)) for code in peers]
    own = shown[peers.index(area)]
    return Profile(
        area=own.area,
        level=place.level,
        population=place.population,
        people=own.people,
        rate=own.rate,
        complexity=own.complexity,
        risk=own.risk,
        places={
            "rate": 1 + sum((p.rate or 0) > (own.rate or 0) for p in shown),
            "complexity": 1 + sum(p.complexity > own.complexity for p in shown),
            "risk": 1 + sum(p.risk > own.risk for p in shown),
        },
        peers=tuple(
            sorted((p for p in shown if p.area.code != area), key=lambda p: -(p.rate or 0))
        ),
        matters=_matters(city, area, tallies, peers),
        **_load(city, area, newest),
        worked=_worked(actor, city, area, place.level),
    )


def _peers(city: City, area: str, level: list[str]) -> list[str]:
    """The area and those of its level whose population is nearest."""
    own = city.areas[area].population or 0
    others = [code for code in level if code != area]
    others.sort(key=lambda code: (abs((city.areas[code].population or 0) - own), code))
    return [area, *others[:PEERS_SHOWN]]


def _tallies(newest: date | None, areas: list[str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    if newest is None:
        return found
    rows = Load.objects.filter(area__in=areas, week__gt=newest - timedelta(weeks=YEAR_WEEKS))
    for code, matter, n in rows.order_by().values_list("area", "matter").annotate(n=Sum("people")):
        found.setdefault(code, {})[matter] = n
    return found


def _risks(city: City, level: str, areas: list[str]) -> dict[str, float]:
    newest = RiskCell.objects.aggregate(day=Max("first_day"))["day"]
    column = level if level in ("district", "street") else "area"
    rows = RiskCell.objects.filter(first_day=newest, **{f"{column}__in": areas})
    return dict(rows.order_by().values_list(column).annotate(n=Sum("expected")))


def _peer(city: City, code: str, tally: Mapping[str, int], risk: float) -> Peer:
    people, population = sum(tally.values()), city.areas[code].population
    return Peer(
        area=area_named(city, code),
        people=people,
        rate=1000 * people / population if population else None,
        complexity=round(_effective(tally.values()), 2),
        risk=round(risk, 2),
    )


def _effective(counts: Iterable[int]) -> float:
    """The effective number of kinds: the exponential of Shannon's entropy (Hill's number of order 1)."""
    known = [n for n in counts if n > 0]
    total = sum(known)
    return exp(-sum(n / total * log(n / total) for n in known)) if total else 0.0


def _matters(
    city: City, area: str, tallies: Mapping[str, Mapping[str, int]], peers: list[str]
) -> tuple[tuple[Named, int, float], ...]:
    """Its first matters with people and how many times the peers' share that is."""
    own = tallies.get(area, {})
    total = sum(own.values()) or 1
    rest: dict[str, int] = defaultdict(int)
    for code in peers[1:]:
        for matter, n in tallies.get(code, {}).items():
            rest[matter] += n
    others = sum(rest.values()) or 1
    top = sorted(own, key=lambda m: (-own[m], m))[:10]
    return tuple(
        (
            Named(matter, city.matter_name(matter)),
            own[matter],
            round(
                (own[matter] / total) / max(1e-9, (rest.get(matter, 0) + 0.5) / (others + 0.5)), 2
            ),
        )
        for matter in top
    )


def _load(city: City, area: str, newest: date | None) -> dict[str, Any]:
    if newest is None:
        return {}
    since = newest - timedelta(weeks=YEAR_WEEKS - 1)
    rows = Load.objects.filter(area=area, week__gte=since).order_by()
    known = dict(rows.values_list("week").annotate(n=Sum("people")))
    weeks = [since + timedelta(weeks=n) for n in range(YEAR_WEEKS)]
    return {"weeks": tuple(weeks), "load": tuple(known.get(week, 0) for week in weeks)}


def _worked(actor: Actor, city: City, area: str, level: str) -> Any:
    """Orders in this area, in sight, whose effect was measured, the greatest first."""
    rows = Warning.objects.filter(in_reach(actor, city), order__measure__relative__isnull=False)
    rows = rows.exclude(outcome="empty")  # it changed nothing, whatever came afterwards
    if area != city.root:
        column = level if level in ("district", "street", "community") else "area"
        rows = rows.filter(**{column: area})
    rows = rows.select_related("order__measure").order_by("order__measure__relative")[:5]
    return tuple(similar_of(one) for one in rows)
