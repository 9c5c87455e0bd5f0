"""Keeping the figures: the worker follows the ledger, and makes anew what its acts have touched.

Killed anywhere it goes on where it was: an act is followed, and what it touched is marked stale, in
one transaction; figures are made anew one day, week or month at a time.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime

import numpy as np
from django.db import connection, transaction

from xianban.base.clock import utc_now
from xianban.base.rows import insert_rows
from xianban.casework.api import CaseStages, came_in, stages_of
from xianban.city.api import City, current
from xianban.command.models import DayLoad, Followed, Stage, StageFigure, Stale
from xianban.command.rules.periods import midnight, month_of, span_named, week_of
from xianban.command.rules.times import times_by
from xianban.ledger.api import touched_since

NAME = "stages"
ACTS, CASES, ROWS = 5000, 400, 1000
AGAIN = 2000  # acts looked at once more: one written at the same time may have had a smaller key
MOST_BY_MATTER = 2  # levels; below them numbers say little
FOLLOW_S = 15.0  # then the other work of the worker has its turn


def keep_figures(*, now: datetime, seconds: float = FOLLOW_S) -> bool:
    """The worker's round; False where there is more to follow than fitted into `seconds`."""
    began = utc_now()

    def spent() -> float:
        return (utc_now() - began).total_seconds()

    caught_up = False
    while not caught_up and spent() < seconds:
        caught_up = _follow(now)
    if caught_up:
        for stale in sorted(Stale.objects.all(), key=_first_day, reverse=True):
            if spent() > seconds:
                return False
            _renew(stale)
    return caught_up


def _follow(now: datetime) -> bool:
    """Some more acts; whether those were the last."""
    followed, _ = Followed.objects.get_or_create(name=NAME)
    newest = touched_since(followed.upto, limit=1)[1] > followed.upto
    if not newest:
        return True
    subjects, upto = touched_since(max(0, followed.upto - AGAIN), limit=ACTS + AGAIN)
    cases = sorted(int(s.partition(":")[2]) for s in subjects if s.startswith("case:"))
    city = current()
    with transaction.atomic():
        for start in range(0, len(cases), CASES):
            _restage(stages_of(cases[start : start + CASES]), city)
        Followed.objects.filter(name=NAME).update(upto=upto)
    return touched_since(upto, limit=1)[1] == upto


def _restage(cases: Iterable[CaseStages], city: City) -> None:
    """The visits of these cases as they are now; what differs makes its week and month stale."""
    known = {case.case_id: case for case in cases}
    wanted = {key: _rows(case, city) for key, case in known.items()}
    there: dict[int, list[Stage]] = defaultdict(list)
    for row in Stage.objects.filter(case__in=known):
        there[row.case].append(row)
    gone: list[int] = []
    new: list[Stage] = []
    stale = {("day", f"{case.received_at.astimezone(city.tz):%Y-%m-%d}") for case in known.values()}
    for key, rows in wanted.items():
        if {_value(row) for row in rows} == {_value(row) for row in there[key]}:
            continue
        gone += [row.pk for row in there[key]]
        new += rows
        for row in (*rows, *there[key]):
            stale |= {("period", row.week), ("period", row.month)}
    for start in range(0, len(gone), ROWS):
        Stage.objects.filter(pk__in=gone[start : start + ROWS]).delete()
    insert_rows(new, connection=connection)
    Stale.objects.bulk_create(
        [Stale(kind=kind, name=name) for kind, name in sorted(stale)], ignore_conflicts=True
    )


def _rows(case: CaseStages, city: City) -> list[Stage]:
    return [
        Stage(
            case=case.case_id,
            stage=span.stage,
            n=span.n,
            unit=span.unit,
            district=case.district,
            street=case.street,
            matter=case.matter,
            began_at=span.began_at,
            ended_at=span.ended_at,
            week=week_of(_day(span.ended_at, city)),
            month=month_of(_day(span.ended_at, city)),
            seconds=span.seconds,
        )
        for span in case.spans
    ]


def _day(at: datetime, city: City) -> date:
    return at.astimezone(city.tz).date()


def _value(row: Stage) -> tuple[object, ...]:
    return (row.stage, row.n, row.unit, row.district, row.street, row.matter, row.ended_at, row.seconds)  # fmt: skip


def _first_day(stale: Stale) -> date:
    """What is nearest to today is made anew first: it is what people look at."""
    return date.fromisoformat(stale.name) if stale.kind == "day" else span_named(stale.name).first


def _renew(stale: Stale) -> None:
    city = current()
    with transaction.atomic():
        Stale.objects.filter(pk=stale.pk).delete()
        if stale.kind == "day":
            _load(date.fromisoformat(stale.name), city)
        else:
            _figures(stale.name, city)


def _figures(period: str, city: City) -> None:
    """Exact figures of a week or a month, by area, unit and matter."""
    column = "week" if "W" in period else "month"
    span_named(period)
    rows = Stage.objects.filter(**{column: period}).values_list(
        "stage", "unit", "district", "street", "matter", "seconds"
    )
    stages, units, districts, streets, matters, seconds = (
        list(column) for column in zip(*rows.iterator(chunk_size=20_000), strict=True)
    ) if rows.exists() else ([], [], [], [], [], [])  # fmt: skip
    taken = np.asarray(seconds, float)
    lines = {code: city.matter_line(code)[:MOST_BY_MATTER] for code in set(matters) if code}
    groups = [
        ("area", [city.root] * len(stages)),
        ("area", districts),
        ("area", streets),
        ("unit", units),
        *(
            ("matter", [lines[m][level] if len(lines.get(m, ())) > level else "" for m in matters])
            for level in range(MOST_BY_MATTER)
        ),
    ]
    StageFigure.objects.filter(period=period).delete()
    made = []
    for by, codes in groups:
        for (stage, code), times in times_by(list(zip(stages, codes, strict=True)), taken).items():
            if code:
                made.append(
                    StageFigure(
                        period=period, stage=stage, by=by, code=code, n=times.n,
                        median_s=times.median_s, p90_s=times.p90_s, total_s=times.total_s,
                    )
                )  # fmt: skip
    StageFigure.objects.bulk_create(made, batch_size=500)


def _load(day: date, city: City) -> None:
    """How many came in on a day: by area and unit, with their hours, and by matter."""
    start = midnight(day, city.tz)
    end = midnight(date.fromordinal(day.toordinal() + 1), city.tz)
    hours: Counter[tuple[str, str, int]] = Counter()
    matters: Counter[tuple[str, str, str]] = Counter()
    for came in came_in(start, end):
        hour = came.at.astimezone(city.tz).hour
        line = city.matter_line(came.matter)[:MOST_BY_MATTER] if came.matter else ()
        for by, code in _scopes(came.district, came.street, came.unit, city):
            hours[by, code, hour] += 1
            for matter in line:
                matters[by, code, matter] += 1
    whole: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 24)
    for (by, code, hour), n in hours.items():
        whole[by, code][hour] = n
    DayLoad.objects.filter(day=day).delete()
    DayLoad.objects.bulk_create(
        [
            *(
                DayLoad(day=day, by=by, code=code, n=sum(by_hour), hours=by_hour)
                for (by, code), by_hour in whole.items()
            ),
            *(
                DayLoad(day=day, by=by, code=code, matter=matter, n=n)
                for (by, code, matter), n in matters.items()
            ),
        ],
        batch_size=500,
    )


def _scopes(district: str, street: str, unit: str, city: City) -> Iterator[tuple[str, str]]:
    yield "area", city.root
    if district:
        yield "area", district
    if street:
        yield "area", street
    if unit:
        yield "unit", unit
