"""The city now, on one screen: load, promise kept, what hurts where, trend. Every figure opens its list."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from xianban.accounts.api import Actor, may_anywhere
from xianban.appraisal import api as appraisal
from xianban.appraisal.api import FigureSeen, PeersSeen, Ranking
from xianban.base.clock import utc_now
from xianban.base.errors import NotFound
from xianban.casework import api as casework
from xianban.city import api as city
from xianban.city.api import City
from xianban.command import api as command
from xianban.command.api import Hurts, Loads, Scope, Usual
from xianban.prevention import api as prevention
from xianban.web.charts import Chart, Series
from xianban.web.pages.desk import menu, staff
from xianban.web.pages.stages import bottleneck_said, hours_said, scope_of

REFRESH_S = 60
TOP = 5
THIN = 5  # cases that are usual in a week: below this only what is clearly more says anything
STEPS = (1.5, 2.0, 4.0)


@require_safe
@staff
def now_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """For a desk and a phone."""
    return render(request, "city/now.html", _context(request, actor, wall=False))


@require_safe
@staff
def wall(request: HttpRequest, actor: Actor) -> HttpResponse:
    """For a screen on a wall: dark, nothing to scroll, fresh every minute."""
    return render(request, "city/wall.html", _context(request, actor, wall=True))


def _context(request: HttpRequest, actor: Actor, *, wall: bool) -> dict[str, Any]:
    command.must_oversee(actor)
    here, now = city.current(), utc_now()
    scope = scope_of(request, actor)
    if scope is None or scope.by == "matter":
        raise NotFound("there is no such figure, or none that you may see; check the address")
    load = command.loads(actor, scope, now=now)
    counts = casework.case_counts(actor, command.filters_of(scope), now=now)
    return menu(actor, "city") | {
        "scope": scope,
        "scopes": command.scopes(actor, here),
        "load": load,
        "today_url": _received(scope, here, load.day, load.day + timedelta(days=1)),
        "today_said": against(load.today, load.usual_until_now),
        "counts": counts,
        "late_url": _list(scope, here, tab="late"),
        "soon_url": _list(scope, here, tab="soon"),
        "open_url": _list(scope, here, tab="open"),
        "hours": _hours(load, now.astimezone(here.tz).hour),
        "trend": _trend(load),
        "weeks": [(week, _received(scope, here, week.first, week.until), against(week.n, week.usual)) for week in load.weeks],
        "map": _map(load, here),
        "drawn": bool(here.shapes) and bool(load.areas),
        "worst": _worst(load, here),
        "matters": [(one, _list(scope, here, tab="all", matter=one.code, **_days(load.since, load.until)), against(one.n, one.usual)) for one in load.matters[:TOP]],
        **_rates(actor, scope),
        "first": prevention.state(actor, now=now) if may_anywhere(actor, "see_warnings") else None,
        **_slowest(actor, scope, now, here),
        "refresh": REFRESH_S if wall else 0,
        "wall": wall,
        "query": "?" + urlencode({"by": scope.by, "code": scope.code}),
        "at": now,
    }  # fmt: skip


def against(n: float, usual: Usual | None) -> str:
    """A count beside what is usual, in words."""
    if usual is None:
        return _("历史还不够，说不出平常是多少")
    said = {"more": _("比平常多"), "less": _("比平常少"), "usual": _("与平常相当")}[usual.says(n)]
    return _("%(said)s（平常 %(low)s–%(high)s）") % {
        "said": said,
        "low": f"{round(usual.low):,}",
        "high": f"{round(usual.high):,}",
    }


def _list(scope: Scope, here: City, **more: str) -> str:
    """The list of cases behind a figure."""
    where = {"unit": scope.code} if scope.by == "unit" else {}
    if scope.by == "area" and scope.code != here.root:
        where = {"area": scope.code}
    return reverse("cases") + "?" + urlencode({**where, **more})


def _days(since: date, until: date) -> dict[str, str]:
    return {"from": since.isoformat(), "to": (until - timedelta(days=1)).isoformat()}


def _received(scope: Scope, here: City, since: date, until: date) -> str:
    return _list(scope, here, tab="all", **_days(since, until))


def _hours(load: Loads, hour: int) -> Chart:
    rows = [
        (
            f"{at}",
            load.by_hour[at] if at <= hour else None,
            usual.expected if usual else None,
            usual.low if usual else None,
            usual.high if usual else None,
        )
        for at, usual in enumerate(load.usual_by_hour)
    ]
    return Chart(
        "hours",
        _("今天每小时收到"),
        x=_("时"),
        rows=rows,
        series=(
            Series(_("今天"), 1, look="bars"),
            Series(_("平常"), 2, look="expected", colour="grey", band=(3, 4)),
        ),
        unit=_("件"),
        today=f"{hour}",
    )


def _trend(load: Loads) -> Chart:
    rows = [
        (
            f"{week.first:%m-%d}",
            week.n,
            week.usual.expected if week.usual else None,
            week.usual.low if week.usual else None,
            week.usual.high if week.usual else None,
        )
        for week in load.weeks
    ]
    return Chart(
        "weeks",
        _("近八周收到"),
        x=_("周一"),
        rows=rows,
        series=(
            Series(_("收到"), 1),
            Series(_("预计"), 2, look="expected", colour="grey", band=(3, 4)),
        ),
        unit=_("件"),
        note=_("预计和阴影由此前八周得出；最后一周还没有过完。"),
        today=f"{load.weeks[-1].first:%m-%d}",
    )


def _look(one: Hurts) -> str:
    """The class of a street on the map: thin, none (no more than usual), or one of four steps."""
    if one.usual is None:
        return "thin"
    if one.usual.says(one.n) != "more":
        return "thin" if one.usual.expected < THIN else "none"
    ratio = one.n / max(1.0, one.usual.expected)
    return f"step-{sum(ratio > limit for limit in STEPS) + 1}"


def _map(load: Loads, here: City) -> dict[str, dict[str, Any]]:
    """By street: its class, its number (per 10,000 people), and the list behind it."""
    return {
        one.code: {
            "name": one.name,
            "look": _look(one),
            "mark": f"{one.per_10000:.1f}" if one.per_10000 is not None else str(one.n),
            "title": _("%(name)s：近七天 %(n)s 件，%(said)s") % {"name": one.name, "n": f"{one.n:,}", "said": against(one.n, one.usual)},
            "url": _received(Scope("area", one.code, one.name), here, load.since, load.until),
        }
        for one in load.areas
    }  # fmt: skip


def _worst(load: Loads, here: City) -> list[tuple[Hurts, str, str]]:
    """Streets by how far above the usual they are, those that say little last."""
    ordered = sorted(
        load.areas, key=lambda one: (_look(one) == "thin", -(one.ratio or 0), -one.n, one.code)
    )
    return [
        (one, _received(Scope("area", one.code, one.name), here, load.since, load.until), against(one.n, one.usual))
        for one in ordered
    ]  # fmt: skip


def _rates(actor: Actor, scope: Scope) -> dict[str, Any]:
    """Promise kept and satisfaction as appraisal reckons them, and who stands where."""
    names = appraisal.periods()
    if not names or not may_anywhere(actor, "rank"):
        return {"period": None}
    ranking = appraisal.ranking(actor, names[0], by="unit")
    period = ranking.period
    try:
        one: FigureSeen | None = appraisal.figure(actor, period.name, by=scope.by, code=scope.code)
    except NotFound:
        one = None
    found: dict[str, Any] = {"period": period, "rates_url": reverse("figure", args=[period.name, scope.by, scope.code])}  # fmt: skip
    if one is not None and one.tallies["cases"]:
        found["kept"] = {"n": one.tallies["cases"], "share": one.tallies["answered"] / one.tallies["cases"]}  # fmt: skip
        found["satisfied"] = next((rate for rate in one.rates if rate.name == "satisfaction" and rate.percent), None)  # fmt: skip
    found["peers"] = _teaser(ranking)
    return found


def _teaser(ranking: Ranking) -> dict[str, Any] | None:
    """The first and the last of the largest group of peers, where places are known."""
    groups = [g for g in ranking.groups if _ranked(g)]
    if not groups:
        return None
    group = max(groups, key=lambda g: len(_ranked(g)))
    ranked = _ranked(group)
    return {"name": group.name, "first": ranked[:3], "last": ranked[3:][-2:], "n": len(ranked)}


def _ranked(group: PeersSeen) -> list[FigureSeen]:
    return [one for one in group.figures if one.rank is not None]


def _slowest(actor: Actor, scope: Scope, now: datetime, here: City) -> dict[str, Any]:
    periods = command.stage_periods(now.astimezone(here.tz).date())
    months = [name for name in periods if "W" not in name]
    if not months:
        return {"slow": None}
    table = command.stage_table(actor, months[0], by=scope.by, code=scope.code, within="")
    slow = next((one for one in table.stages if one.stage == table.slowest), None)
    query = urlencode({"by": scope.by, "code": scope.code, "period": months[0]})
    return {
        "slow": slow,
        "slow_said": bottleneck_said(slow),
        "slow_median": hours_said(slow.median_s) if slow else "",
        "slow_url": reverse("stages") + "?" + query,
    }
