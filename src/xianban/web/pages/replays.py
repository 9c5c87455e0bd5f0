"""The past lived through again: what would have been warned of when, and whether what followed bore it out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import cos, radians
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from xianban.accounts.api import Actor
from xianban.prevention import api as prevention
from xianban.prevention.api import Asked, ReplaySeen
from xianban.web import replayed
from xianban.web.pages.desk import menu, staff

NARROWED = ("month", "day", "matter", "area", "detector", "verdict")
WIDE, HIGH = 640, 480  # of the sketch
LEAST_RING, MOST_RING = 7, 22
DAYS_SHOWN = 31


@require_safe
@staff
def replays(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every replay with what it came to; where there is none, how to make one."""
    context = menu(actor, "warnings") | {"replays": prevention.replays(actor)}
    return render(request, "warnings/replays.html", context)


@require_safe
@staff
def replay(request: HttpRequest, actor: Actor, key: int) -> HttpResponse:
    """One replay: figures, months, a sketch, and the warnings day by day."""
    asked = _asked(request.GET)
    seen = prevention.replay_seen(key, actor, asked)
    kept = {name: value for name in NARROWED if (value := getattr(asked, name))}
    at = _month_at(seen, asked)
    context = menu(actor, "warnings") | {
        "seen": seen,
        "row": seen.row,
        "asked": asked,
        "kept": kept,
        "chance": replayed.per_day(seen.control),
        "detectors": _detectors(seen, kept),
        "chart": replayed.months_chart(seen.months),
        "months": [
            (one, "?" + urlencode({**kept, "month": f"{one.first:%Y-%m}", "day": ""}) + "#days", f"{one.first:%Y-%m}" == asked.month)
            for one in seen.months
        ],
        "slider": _days_of(seen, asked, kept),
        "earlier": _month_link(seen, at - 1, kept) if at is not None and at > 0 else "",
        "later": _month_link(seen, at + 1, kept) if at is not None else "",
        "by_day": _by_day(seen),
        "sketch": _sketch(seen),
        "months_all": "?" + urlencode({k: v for k, v in kept.items() if k not in ("month", "day")}) + "#days",
        "verdicts": replayed.VERDICTS,
        "first": "?" + urlencode(kept) + "#days" if asked.page > 1 else "",
        "more": "?" + urlencode({**kept, "page": asked.page + 1}) + "#days" if seen.more else "",
        "rule": replayed.rule_said(seen.settings["rule"]),
        "issue_year": str(seen.row.first.year) if seen.row.first.year == (seen.row.last - timedelta(days=60)).year else "",
    }  # fmt: skip
    return render(request, "warnings/replay.html", context)


@require_safe
@staff
def evidence(request: HttpRequest, actor: Actor, key: int, n: int) -> HttpResponse:
    """One warning: what was known on that morning, and apart from it what followed."""
    row, one, settings = prevention.replayed(key, n, actor)
    context = menu(actor, "warnings") | {
        "row": row,
        "one": one,
        "before": replayed.before_chart(one.series),
        "after": replayed.after_chart(one.after),
        "verdict": replayed.verdict_said(one),
        "rule": replayed.rule_said(settings["rule"]),
        "days": settings["rule"]["after_days"],
    }
    return render(request, "warnings/replayed.html", context)


def _detectors(seen: ReplaySeen, kept: dict[str, str]) -> list[tuple[Any, str, int | None]]:
    """Each detector with its warnings, where they are listed, and how many it raised by chance."""
    raised = seen.control.get("detectors") if seen.whole else None
    return [
        (one, "?" + urlencode({**kept, "detector": one.code}) + "#days", None if raised is None else raised.get(one.code, 0))
        for one in seen.detectors
    ]  # fmt: skip


def _asked(get: QueryDict) -> Asked:
    """What is asked for; what makes no sense is left out."""
    page = get.get("page", "")
    return Asked(
        month=month if (month := get.get("month", "")) and _date(f"{month}-01") else "",
        day=day if (day := get.get("day", "")) and _date(day) else "",
        matter=get.get("matter", "")[:60],
        area=get.get("area", "")[:60],
        detector=get.get("detector", "")[:60],
        verdict=get.get("verdict", "") if get.get("verdict") in prevention.VERDICTS else "",
        page=int(page) if page.isdigit() and 0 < len(page) < 5 else 1,
    )


def _date(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _month_at(seen: ReplaySeen, asked: Asked) -> int | None:
    names = [f"{one.first:%Y-%m}" for one in seen.months]
    return names.index(asked.month) if asked.month in names else None


def _month_link(seen: ReplaySeen, at: int, kept: dict[str, str]) -> str:
    if at >= len(seen.months):
        return ""
    return "?" + urlencode({**kept, "month": f"{seen.months[at].first:%Y-%m}", "day": ""}) + "#days"


def _days_of(
    seen: ReplaySeen, asked: Asked, kept: dict[str, str]
) -> list[tuple[date, int, str, bool]]:
    """The days of the month that is shown: how many were raised, and where that leads."""
    if not asked.month or not seen.whole:
        return []
    return [
        (day, raised, "?" + urlencode({**kept, "day": str(day)}) + "#days", str(day) == asked.day)
        for said, _found, raised, *_rest in seen.days
        if said.startswith(asked.month) and (day := date.fromisoformat(said))
    ][:DAYS_SHOWN]


def _by_day(seen: ReplaySeen) -> list[tuple[date, Any, list[Any]]]:
    """The warnings of this page under the day on which each would have been raised."""
    totals = {said: rest for said, *rest in seen.days} if seen.whole else {}
    found: list[tuple[date, Any, list[Any]]] = []
    for one in seen.warnings:
        if not found or found[-1][0] != one.raised_on:
            found.append((one.raised_on, totals.get(str(one.raised_on)), []))
        found[-1][2].append((one, replayed.verdict_said(one)))
    return found


@dataclass(frozen=True)
class Spot:
    x: float
    y: float
    radius: float
    n: int
    title: str
    look: str


@dataclass(frozen=True)
class Sketch:
    """The places as dots and the warnings of this page as rings, in a box WIDE by HIGH."""

    dots: Sequence[tuple[float, float, str]]
    rings: Sequence[Spot]
    wide: int = WIDE
    high: int = HIGH


def _sketch(seen: ReplaySeen) -> Sketch | None:
    spots = [(one.lat, one.lon, one) for one in seen.warnings if one.lat is not None and one.lon is not None]  # fmt: skip
    places = [(lat, lon) for _name, lat, lon in seen.places] + [(lat, lon) for lat, lon, _ in spots]
    if len(places) < 2:
        return None
    lats, lons = [p[0] for p in places], [p[1] for p in places]
    shrink = cos(radians(sum(lats) / len(lats)))
    tall, broad = max(lats) - min(lats) or 1e-6, (max(lons) - min(lons)) * shrink or 1e-6
    scale = min((WIDE - 60) / broad, (HIGH - 60) / tall)
    left, top = (WIDE - broad * scale) / 2, (HIGH - tall * scale) / 2

    def at(lat: float, lon: float) -> tuple[float, float]:
        return (
            round(left + (lon - min(lons)) * shrink * scale, 1),
            round(top + (max(lats) - lat) * scale, 1),
        )

    most = max((one.people for *_, one in spots), default=1) or 1
    return Sketch(
        dots=[(*at(lat, lon), name) for name, lat, lon in seen.places],
        rings=[
            Spot(
                *at(lat, lon),
                radius=round(LEAST_RING + (MOST_RING - LEAST_RING) * (one.people / most) ** 0.5, 1),
                n=one.n,
                title=f"{one.raised_on} {one.title}",
                look=replayed.look_of(one.borne_out),
            )
            for lat, lon, one in spots
        ],
    )
