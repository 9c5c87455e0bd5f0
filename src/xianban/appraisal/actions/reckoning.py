"""Reckoning a period: which rows there are, and what they add up to. Nothing frozen is touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from xianban.appraisal.models import Counted, Exclusion, Figure, Period, Revision
from xianban.appraisal.queries.tables import Tallies, area_sums, matter_sums, sums_by
from xianban.appraisal.rules.counting import Row, counted
from xianban.appraisal.rules.intervals import joint_level
from xianban.appraisal.rules.periods import month_of, name_at, previous, span_of
from xianban.appraisal.rules.ranking import Entrant, Place, places
from xianban.appraisal.rules.scoring import Scored, percent, rounded, scored, written
from xianban.appraisal.rules.words import GRANTED
from xianban.base.errors import NotFound, WrongState
from xianban.base.ids import case_number
from xianban.base.rows import insert_rows
from xianban.casework.api import judged
from xianban.city.api import TALLIES, City, Profile, current, profile_from, stated_from

BATCH = 500
WHERE = ("district", "street", "community", "area", "matter")
MOST_BY_MATTER = 2  # levels; below them numbers say little


@dataclass(frozen=True)
class _Plan:
    """What is to be written, as found without holding up anybody who writes."""

    since: datetime | None  # when the rows that it starts from were reckoned; None: there are none
    stale: list[int]
    new: list[dict[str, Any]]
    rows: int


def reckon(name: str, *, now: datetime) -> bool:
    """Bring the provisional figures of a period up to date; False where it is frozen already.

    Cases are read before the transaction begins, so that nobody who takes a request waits for it.
    If somebody else reckoned or decided meanwhile, theirs stands, and the next round goes on.
    """
    with transaction.atomic():
        period = opened(name, now=now)
    if frozen(period):
        return False
    city = city_of(period, now=now)
    plan = _plan(period, city)
    with transaction.atomic():
        period = opened(name, now=now)
        if frozen(period):
            return False
        if _since(period) == plan.since:
            _carry_out(plan, period, city, now=now)
    return True


def frozen(period: Period) -> bool:
    """Whether the period is kept for good."""
    return period.revisions.filter(frozen_at__isnull=False).exists()


def keep_current(*, now: datetime) -> list[str]:
    """The worker's round: reckon the period that runs, and the one before until it is frozen."""
    city, done = current(), []
    running = name_at(now, city.appraisal, city.tz)
    for name in (previous(running), running):
        try:
            done += [name] if reckon(name, now=now) else []
        except (NotFound, WrongState):  # periods begin on another day now: this one has no time yet
            continue
    return done


def opened(name: str, *, now: datetime) -> Period:
    """The period of this name under lock; begun where it is new. NotFound where it lies ahead."""
    known = Period.objects.select_for_update().filter(name=name.strip()).first()
    if known is not None:
        return known
    year, month = month_of(name)
    day = min(now, datetime(year, month, 1, 12, tzinfo=now.tzinfo))
    city = current(at=day)
    span = span_of(name.strip(), city.appraisal, city.tz)
    start, end = _fitted(span.name, span.start, span.end)
    if start > now:
        raise NotFound(f"the period {span.name} begins on {start.astimezone(city.tz):%Y-%m-%d}")
    return Period.objects.create(name=span.name, starts_at=start, ends_at=end)


def _fitted(name: str, start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Start and end without the days of other periods, which may have begun on another day."""
    for other in Period.objects.filter(starts_at__lt=end, ends_at__gt=start):
        if other.starts_at <= start:
            start = max(start, other.ends_at)
        else:
            end = min(end, other.starts_at)
    if start >= end:
        raise WrongState(f"every day of the period {name} belongs to another; name a later one")
    return start, end


def city_of(period: Period, *, now: datetime) -> City:
    """The city as it was when the period ended, or is now while it runs: names, peers, formula."""
    return current(at=min(now, period.ends_at - timedelta(seconds=1)))


def update(period: Period, *, now: datetime) -> Revision:
    """The provisional revision with its rows and figures as they are now, in one transaction."""
    city = city_of(period, now=now)
    return _carry_out(_plan(period, city), period, city, now=now)


def _since(period: Period) -> datetime | None:
    return period.revisions.filter(n=1).values_list("reckoned_at", flat=True).first()


def _plan(period: Period, city: City) -> _Plan:
    """The rows that are new or differ, and the keys of those that are gone or will be replaced."""
    since, left_out = _since(period), _left_out(period)
    found = counted(judged(period.starts_at, period.ends_at), counting=city.appraisal.counting)
    wanted = {(row.judged.case_id, row.judged.n): _values(row, left_out, city) for row in found}
    rows, stale = len(wanted), []
    columns = ("id", "case", "n", *COMPARED)
    there = Counted.objects.filter(revision__period=period, revision__n=1).values_list(*columns)
    for key, case, n, *values in there.iterator(chunk_size=5000):
        want = wanted.get((case, n))
        if want is not None and [want[name] for name in COMPARED] == values:
            del wanted[case, n]
        else:
            stale.append(key)
    new = [{"case": case, "n": n, **values} for (case, n), values in wanted.items()]
    return _Plan(since, stale, new, rows)


def _carry_out(plan: _Plan, period: Period, city: City, *, now: datetime) -> Revision:
    profile = stated_from(city.appraisal)
    values = {"profile": profile, "reckoned_at": now, "rows": plan.rows}
    revision, _ = Revision.objects.update_or_create(period=period, n=1, defaults=values)
    for start in range(0, len(plan.stale), BATCH):
        Counted.objects.filter(pk__in=plan.stale[start : start + BATCH]).delete()
    new = [Counted(id=None, revision_id=revision.pk, **values) for values in plan.new]
    insert_rows(new, connection=connection)
    refigure(revision, city)
    return revision


COMPARED = ("number", "at", "source", "unit", *WHERE, "left_out", *TALLIES)


def _values(row: Row, left_out: Mapping[tuple[int, str], str], city: City) -> dict[str, Any]:
    one = row.judged
    return {
        "number": case_number(one.case_id, one.received_at, tz=city.tz),
        "at": one.at,
        "source": one.source,
        "unit": one.unit,
        **{name: getattr(one, name) for name in WHERE},
        "left_out": left_out.get((one.case_id, one.unit), ""),
        **row.tallies,
    }


def _left_out(period: Period) -> dict[tuple[int, str], str]:
    granted = Exclusion.objects.filter(period=period, state=GRANTED)
    return {(case, unit): ground for case, unit, ground in granted.values_list("case", "unit", "ground")}  # fmt: skip


def refigure(revision: Revision, city: City) -> None:
    """The figures of a revision that is not frozen, from its rows and its own profile."""
    profile = profile_from(revision.profile)
    units = sums_by(revision, "unit")
    areas = area_sums(sums_by(revision, "area"), city)
    matters = matter_sums(sums_by(revision, "matter"), city)
    units.pop("", None)
    rows = _figures("unit", units, lambda code: profile.group_of(_kind(city, code)), profile)
    rows += _figures("area", areas, lambda code: _level(city, code), profile)
    rows += _figures("matter", _broad(matters, city), lambda code: str(len(city.matter_line(code))), profile, ranked=False)  # fmt: skip
    Figure.objects.filter(revision=revision).delete()
    Figure.objects.bulk_create(
        [Figure(revision=revision, **values) for values in rows], batch_size=BATCH
    )


def _kind(city: City, code: str) -> str:
    unit = city.units.get(code) or city.retired_units.get(code)
    return unit.kind if unit else ""


def _level(city: City, code: str) -> str:
    area = city.areas.get(code) or city.retired_areas.get(code)
    return area.level if area else ""


def _broad(matters: Mapping[str, Tallies], city: City) -> dict[str, Tallies]:
    return {c: t for c, t in matters.items() if len(city.matter_line(c)) <= MOST_BY_MATTER}


def _figures(
    by: str, sums: Mapping[str, Tallies], peers_of: Any, profile: Profile, *, ranked: bool = True
) -> list[dict[str, Any]]:
    groups: dict[str, dict[str, Tallies]] = {}
    for code, tallies in sums.items():
        groups.setdefault(peers_of(code), {})[code] = tallies
    found: list[dict[str, Any]] = []
    for peers, members in sorted(groups.items()):
        found += _group(by, peers, members, profile, ranked=ranked and len(members) > 1)
    return found


def _group(
    by: str, peers: str, members: Mapping[str, Tallies], profile: Profile, *, ranked: bool
) -> list[dict[str, Any]]:
    together = {name: sum(t[name] for t in members.values()) for name in TALLIES}
    scores = {code: scored(t, profile, peers=together) for code, t in members.items()}
    able = [score for score in scores.values() if score.exact is not None]
    level = joint_level(profile.confidence, len(able))
    entrants = [
        _entrant(code, tallies, scores[code], scored(tallies, profile, peers=together, confidence=level), profile)
        for code, tallies in members.items()
    ]  # fmt: skip
    lists = {"red_list": profile.red_list, "black_list": profile.black_list} if by == "unit" else {}
    placed = {p.code: p for p in places(entrants, enough=profile.enough, **lists)} if ranked else {}
    return [
        _figure(by, code, peers, tallies, scores[code], placed.get(code), profile)
        | {"among": len(able) if ranked else 0}
        for code, tallies in members.items()
    ]


def _entrant(
    code: str, tallies: Tallies, score: Scored, joint: Scored, profile: Profile
) -> Entrant:
    shown = None if score.exact is None else rounded(score.exact, profile.decimals)
    return Entrant(code, shown, score.n, joint.low, joint.high)


def _figure(
    by: str,
    code: str,
    peers: str,
    tallies: Tallies,
    score: Scored,
    place: Place | None,
    profile: Profile,
) -> dict[str, Any]:
    return {
        "by": by,
        "code": code,
        "peers": peers,
        "tallies": dict(tallies),
        "rates": [
            {
                "name": rate.name,
                "percent": "" if rate.value is None else percent(rate.value),
                "count": f"{float(rate.count):.10g}",
                "of": f"{float(rate.of):.10g}",
                "low": round(rate.low, 6),
                "high": round(rate.high, 6),
            }
            for rate in score.rates
        ],
        "score": "" if score.exact is None else written(score.exact, profile.decimals),
        "n": score.n,
        "low": round(score.low, 4),
        "high": round(score.high, 4),
        "rank": place.rank if place else None,
        "best": place.best if place else None,
        "worst": place.worst if place else None,
        "listed": place.listed if place else "",
    }
