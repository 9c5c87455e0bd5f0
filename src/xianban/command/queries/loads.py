"""What comes in: today beside what is usual, eight weeks, and where and about what it hurts."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from xianban.accounts.api import Actor
from xianban.casework.api import Filters, received_by_hour
from xianban.city.api import City, current
from xianban.command.models import DayLoad
from xianban.command.queries.reach import must_see
from xianban.command.queries.shown import Hurts, Loads, Scope, WeekLoad
from xianban.command.rules.periods import midnight, week_of
from xianban.command.rules.usual import Usual, usual

WEEKS, PAST = 8, 8
MATTER_LEVEL = 2
WEEK = timedelta(days=7)


def loads(actor: Actor, scope: Scope, *, now: datetime) -> Loads:
    """The load of a scope as it is now. Today is counted live, earlier days were counted by the worker."""
    city = current()
    must_see(actor, city, scope.by, scope.code)
    today = now.astimezone(city.tz).date()
    start = midnight(today, city.tz)
    monday = today - timedelta(days=today.weekday())
    first = monday - (WEEKS - 1 + PAST) * WEEK
    by_day, known = _days(scope, first, today), _known_since()
    hours = _today_by_hour(actor, scope, start, now)
    usual_hours, usual_now = _usual_hours(scope, today, now.astimezone(city.tz).hour, known)
    since = today - WEEK
    return Loads(
        scope=scope,
        day=today,
        today=sum(hours),
        by_hour=hours,
        usual_by_hour=usual_hours,
        usual_until_now=usual_now,
        weeks=_weeks(by_day, monday, known, sum(hours)),
        since=since,
        until=today,
        areas=_areas(scope, city, since, today, known),
        matters=_matters(scope, city, since, today, known),
    )


def filters_of(scope: Scope) -> Filters:
    """The list of cases of a scope."""
    if scope.by == "unit":
        return Filters(unit=scope.code)
    return Filters(area="" if scope.code == current().root else scope.code)


def _today_by_hour(actor: Actor, scope: Scope, start: datetime, now: datetime) -> tuple[int, ...]:
    found = received_by_hour(actor, start, now, filters=filters_of(scope))
    return tuple(found.get(hour, 0) for hour in range(24))


def _days(scope: Scope, first: date, until: date) -> dict[date, int]:
    rows = DayLoad.objects.filter(
        by=scope.by, code=scope.code, matter="", day__gte=first, day__lt=until
    )
    return dict(rows.values_list("day", "n"))


def _known_since() -> date | None:
    """The first day of which there is any count: before it nothing is known, from then on 0 is 0."""
    return DayLoad.objects.order_by("day").values_list("day", flat=True).first()


def _usual_hours(
    scope: Scope, today: date, hour: int, known: date | None
) -> tuple[tuple[Usual | None, ...], Usual | None]:
    """Each hour, and the day up to this hour, on the same weekday of the weeks before."""
    days = [today - back * WEEK for back in range(1, PAST + 1)]
    days = [day for day in days if known and day >= known]
    rows = DayLoad.objects.filter(by=scope.by, code=scope.code, matter="", day__in=days)
    found = dict(rows.values_list("day", "hours"))
    past = [found.get(day) or [0] * 24 for day in days]
    by_hour = tuple(usual([hours[at] for hours in past]) for at in range(24))
    return by_hour, usual([sum(hours[: hour + 1]) for hours in past])


def _weeks(
    by_day: dict[date, int], monday: date, known: date | None, so_far: int
) -> tuple[WeekLoad, ...]:
    sums: dict[date, int] = defaultdict(int)
    for day, n in by_day.items():
        sums[day - timedelta(days=day.weekday())] += n
    sums[monday] += so_far
    shown = []
    for back in reversed(range(WEEKS)):
        first = monday - back * WEEK
        past = [first - k * WEEK for k in range(1, PAST + 1)]
        counts = [sums[week] for week in past if known and week >= known]
        shown.append(
            WeekLoad(
                week_of(first), first, first + WEEK, sums[first], usual(counts), first != monday
            )
        )
    return tuple(shown)


def _areas(
    scope: Scope, city: City, since: date, until: date, known: date | None
) -> tuple[Hurts, ...]:
    """The streets within the scope: the last seven days beside the weeks before, and per 10,000 people."""
    if scope.by == "unit":
        return ()
    streets = [
        code
        for code, area in city.areas.items()
        if area.level == "street" and city.within(code, scope.code)
    ]
    rows = DayLoad.objects.filter(
        by="area", matter="", code__in=streets, day__gte=since - PAST * WEEK, day__lt=until
    ).values_list("code", "day", "n")
    found = _by_weeks(rows, until)
    hurts = []
    for code in streets:
        n, normal = _last(found[code], known, until)
        people = city.areas[code].population
        per = 10_000 * n / people if people else None
        hurts.append(Hurts(code, city.area_name(code), n, normal, per, people))
    return tuple(hurts)


def _matters(
    scope: Scope, city: City, since: date, until: date, known: date | None
) -> tuple[Hurts, ...]:
    """Matters of which more came in than usual, the furthest above first."""
    rows = (
        DayLoad.objects.filter(
            by=scope.by, code=scope.code, day__gte=since - PAST * WEEK, day__lt=until
        )
        .exclude(matter="")
        .values_list("matter", "day", "n")
    )
    found = _by_weeks(rows, until)
    rising = []
    broad = {matter.parent for matter in city.matters.values()}
    for code, weeks in found.items():
        leaf = city.matters.get(code)
        if leaf is None or (leaf.level < MATTER_LEVEL and code in broad):
            continue  # what lies below it says more
        n, normal = _last(weeks, known, until)
        if normal and n > normal.expected and n >= 3:
            rising.append(Hurts(code, city.matter_name(code), n, normal))
    return tuple(sorted(rising, key=_spread))


def _spread(one: Hurts) -> float:
    """How far it lies above what is usual, in half bands; the furthest first."""
    assert one.usual is not None
    return -(one.n - one.usual.expected) / max(1.0, one.usual.high - one.usual.expected)


def _by_weeks(rows: Iterable[tuple[str, date, int]], until: date) -> dict[str, dict[int, int]]:
    """Sums by code and by how many times seven days before `until`."""
    found: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    back = {until - timedelta(days=days): (days - 1) // 7 for days in range(1, 7 * (PAST + 1) + 1)}
    for code, day, n in rows:
        found[code][back[day]] += n
    return found


def _last(weeks: dict[int, int], known: date | None, until: date) -> tuple[int, Usual | None]:
    past = [
        weeks[back] for back in range(1, PAST + 1) if known and until - (back + 1) * WEEK >= known
    ]
    return weeks[0], usual(past)
