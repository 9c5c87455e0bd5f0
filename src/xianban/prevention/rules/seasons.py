"""What comes every year: when to begin preparing, and what it brought last year."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from xianban.prevention.rules.finding import Finding
from xianban.prevention.rules.past import Past
from xianban.prevention.rules.words import DETECTORS_OWN

if TYPE_CHECKING:
    from xianban.city.api import Season


def next_span(starts: tuple[int, int], ends: tuple[int, int], today: date) -> tuple[date, date]:
    """The season that runs or comes next; one may go over the end of a year."""
    for year in (today.year - 1, today.year, today.year + 1):
        first, last = _day(year, starts), _day(year, ends)
        if last < first:
            last = _day(year + 1, ends)
        if last >= today:
            return first, last
    raise AssertionError("a season of the year to come ends after today")


def _day(year: int, month_day: tuple[int, int]) -> date:
    month, day = month_day
    try:
        return date(year, month, day)
    except ValueError:  # 29 February
        return date(year, month, day - 1)


def prepare(season: "Season", past: Past, *, span: tuple[date, date], root: str) -> Finding | None:
    """A proposal to prepare, from so many weeks before the season until it begins."""
    first, last = span
    today = past.today + timedelta(days=1)
    if not first - timedelta(weeks=season.weeks_ahead) <= today < first:
        return None
    area = season.area or root
    year_ago = (past.today - (first - timedelta(days=365))).days, (past.today - (last - timedelta(days=365))).days  # fmt: skip
    before = _people(past, area, season.matter, oldest=year_ago[0], newest=max(0, year_ago[1]))
    return Finding(
        detector=f"{DETECTORS_OWN}:{season.name}",
        method=DETECTORS_OWN,
        matter=season.matter,
        areas=(area,),
        since=first,
        observed=max(1, before),
        expected=0.0,
        p_value=0.0,
        sure=1.0,
        title=season.title,
        why={
            "last_year": before,
            "tasks": list(season.tasks),
            "first": first.isoformat(),
            "last": last.isoformat(),
        },
    )


def _people(past: Past, area: str, matter: str, *, oldest: int, newest: int) -> int:
    paths = past.terrain.paths
    rows = past.rows.select("area", "matter", "day").rows()
    lines = past.terrain.matter_at
    return sum(
        newest <= day <= oldest
        and area in paths.get(code, (code,))
        and any(level.get(about) == matter for level in lines.values())
        for code, about, day in rows
    )
