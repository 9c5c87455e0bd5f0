"""Planning ahead: the topic of a month, seasons and planned events, next week's patrols, an area beside its peers."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xianban.accounts.api import Actor, may, may_anywhere
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.city import api as city
from xianban.prevention import api as prevention
from xianban.prevention.api import Patrol, Profile, TopicShown, Visit
from xianban.web import choices, warned
from xianban.web.charts import Chart, Series
from xianban.web.pages.desk import menu, staff
from xianban.web.wording import in_words

MEASURE_ROWS = 3
REFUSED = (BadInput, WrongState, NotAllowed)


# ---- one topic a month ----
@require_http_methods(["GET", "POST"])
@staff
def topics(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The topics so far, and what deserves to be one; choosing one needs an owner and measures."""
    if request.method != "POST":
        return _topics(request, actor, _suggested(request))
    typed = _typed(request)
    try:
        key = _choose(typed, actor)
    except REFUSED as refusal:
        return _topics(request, actor, typed, fault=in_words(refusal), status=400)
    messages.success(request, _("已定为每月一题。"), extra_tags="good")
    return redirect("topic", key)


def _topics(
    request: HttpRequest, actor: Actor, typed: Mapping[str, Any], *, fault: str = "", status: int = 200
) -> HttpResponse:  # fmt: skip
    may_plan = may_anywhere(actor, "plan") and may_anywhere(actor, "see_warnings")
    context = menu(actor, "warnings") | {
        "topics": prevention.topics(actor),
        "offers": prevention.topic_offers(actor) if may_plan else (),
        "may_plan": may_plan,
        "typed": typed,
        "measures": list(zip(typed["text"], typed["unit"], typed["due"], strict=True)),
        "fault": fault,
        "units": sorted(choices.unit_names()) if may_plan else (),
        "areas": sorted(choices.area_names()) if may_plan else (),
        "matters": sorted(choices.matter_names()) if may_plan else (),
    }
    return render(request, "warnings/topics.html", context, status=status)


def _suggested(request: HttpRequest) -> dict[str, Any]:
    """The form as an offer fills it in."""
    here = city.current()
    matter, area = request.GET.get("matter", ""), request.GET.get("area", "")
    matter = matter if matter in here.matters else ""
    blank = [""] * MEASURE_ROWS
    return {
        "month": f"{timezone.localtime(utc_now()):%Y-%m}",
        "matter": "/".join(here.matter_path(matter)) if matter else "",
        "area": area if area in here.areas and area != here.root else "",
        "title": here.matter_name(matter) if matter else "",
        "owner": "",
        "text": blank,
        "unit": blank,
        "due": blank,
        "opened": bool(matter),
    }


def _typed(request: HttpRequest) -> dict[str, Any]:
    post = request.POST
    lists = {name: [*post.getlist(name)[:20]] for name in ("text", "unit", "due")}
    n = max(MEASURE_ROWS, *map(len, lists.values()))
    padded = {name: [*values, *[""] * (n - len(values))] for name, values in lists.items()}
    plain = {name: post.get(name, "").strip() for name in ("month", "matter", "area", "title", "owner")}  # fmt: skip
    return plain | padded | {"opened": True}


def _choose(typed: Mapping[str, Any], actor: Actor) -> int:
    here = city.current()
    rows = zip(typed["text"], typed["unit"], typed["due"], strict=True)
    return prevention.choose_topic(
        month=typed["month"],
        matter=choices.code_of(choices.matter_names(), typed["matter"]),
        area=choices.code_of(choices.area_names(), typed["area"]) if typed["area"] else here.root,
        title=typed["title"],
        owner=warned.unit_of(typed["owner"]),
        measures=[
            {"text": text, "unit": warned.unit_of(unit), "due": due}
            for text, unit, due in rows
            if text.strip() or unit.strip()
        ],
        acting=actor,
        now=utc_now(),
    )


@require_safe
@staff
def topic(request: HttpRequest, actor: Actor, key: int) -> HttpResponse:
    return _topic(request, actor, key)


def _topic(request: HttpRequest, actor: Actor, key: int, *, fault: str = "", result: str = "", status: int = 200) -> HttpResponse:  # fmt: skip
    seen, here = prevention.topic(key, actor), city.current()
    mine = {grant.unit for grant in actor.grants if grant.unit}
    context = menu(actor, "warnings") | {
        "seen": seen,
        "chart": _curve(seen),
        "measures": [
            (n, one, here.unit_name(one["unit"]), seen.may_change or bool(mine & {seen.owner.code, one["unit"]}))
            for n, one in enumerate(seen.measures)
        ],
        "may_watch": may_anywhere(actor, "see_warnings"),
        "fault": fault,
        "result": result,
    }  # fmt: skip
    return render(request, "warnings/topic.html", context, status=status)


def _curve(seen: TopicShown) -> Chart | None:
    if not seen.weeks:
        return None
    local = timezone.localtime(seen.at).date()
    return Chart(
        "curve",
        _("每周反映人数"),
        x=_("周"),
        rows=[(f"{w:%m-%d}", n) for w, n in zip(seen.weeks, seen.people, strict=True)],
        series=(Series(_("反映"), 1),),
        unit=_("人"),
        today=next((f"{w:%m-%d}" for w in reversed(seen.weeks) if w <= local), ""),
        note=_("竖线是定题的那一周。"),
    )


@require_http_methods(["GET", "POST"])
@staff
def topic_act(request: HttpRequest, actor: Actor, key: int, verb: str) -> HttpResponse:
    """A measure is done, or the topic is closed with what came of it."""
    if request.method != "POST":
        return redirect("topic", key)
    now, n, result = utc_now(), request.POST.get("n", ""), request.POST.get("result", "")
    try:
        if verb == "tick":
            prevention.tick_measure(key, int(n) if n.isdigit() and len(n) < 4 else -1, acting=actor, now=now)  # fmt: skip
            said = _("已记下完成。")
        elif verb == "close":
            prevention.close_topic(key, result=result, acting=actor, now=now)
            said = _("本题已结，结果记入台账。")
        else:
            raise NotFound("there is no such act")
    except REFUSED as refusal:
        return _topic(request, actor, key, fault=in_words(refusal), result=result, status=400)
    messages.success(request, said, extra_tags="good")
    return redirect("topic", key)


# ---- seasons and planned events ----
@require_http_methods(["GET", "POST"])
@staff
def seasons(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What comes every year and when to prepare; works and festivals that explain what is said meanwhile."""
    if request.method != "POST":
        return _seasons(request, actor, {})
    typed = {k: v.strip() for k, v in request.POST.items() if isinstance(v, str)}
    try:
        if "drop" in typed:
            key = typed["drop"]
            prevention.drop_event(int(key) if key.isdigit() and len(key) < 10 else 0, acting=actor, now=utc_now())  # fmt: skip
            said = _("已取消，不再用来解释预警。")
        else:
            _plan(typed, actor)
            said = _("已登记；期间那里的增多会由它解释。")
    except (*REFUSED, NotFound) as refusal:
        return _seasons(request, actor, typed, fault=in_words(refusal), status=400)
    messages.success(request, said, extra_tags="good")
    return redirect("seasons")


def _seasons(
    request: HttpRequest, actor: Actor, typed: Mapping[str, str], *, fault: str = "", status: int = 200
) -> HttpResponse:  # fmt: skip
    now = utc_now()
    may_plan = may_anywhere(actor, "plan")
    context = menu(actor, "warnings") | {
        "seasons": prevention.season_calendar(actor, now=now),
        "events": prevention.events(actor, now=now),
        "may_plan": may_plan,
        "typed": typed,
        "fault": fault,
        "areas": sorted(choices.area_names()) if may_plan else (),
        "matters": sorted(choices.matter_names()) if may_plan else (),
    }
    return render(request, "warnings/seasons.html", context, status=status)


def _plan(typed: Mapping[str, str], actor: Actor) -> None:
    matter, area = typed.get("matter", ""), typed.get("area", "")
    prevention.plan_event(
        name=typed.get("name", ""),
        area=choices.code_of(choices.area_names(), area) if area else city.current().root,
        starts=_day(typed.get("starts", "")),
        ends=_day(typed.get("ends", "")),
        matters=[choices.code_of(choices.matter_names(), matter) or matter] if matter else (),
        note=typed.get("note", ""),
        acting=actor,
        now=utc_now(),
    )


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise BadInput("an event needs its first and its last day, such as 2026-12-20") from None


# ---- patrols ----
@require_safe
@staff
def patrol(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who goes where next week, to print or to carry on a phone."""
    here, get = city.current(), request.GET
    areas = _own_areas(actor, here)
    area = get.get("area", "") if get.get("area", "") in dict(areas) else areas[0][0]
    teams, hours = _number(get.get("teams", ""), 2, 12), _number(get.get("hours", ""), 6, 60)
    plan = prevention.patrol_plan(actor, area=area, teams=teams, hours=float(hours))
    context = menu(actor, "patrol") | {
        "plan": plan,
        "by_team": _by_team(plan),
        "areas": areas,
        "area": area,
        "teams": teams,
        "hours": hours,
        "drawn": bool(here.shapes),
        "query": "?" + urlencode({"area": area, "teams": teams, "hours": hours}),
        "may_watch": may_anywhere(actor, "see_warnings"),
    }
    return render(request, "warnings/patrol.html", context)


def _own_areas(actor: Actor, here: city.City) -> list[tuple[str, str]]:
    """Streets and districts that somebody may plan for; a unit's people plan for their unit's area."""
    scopes = {
        grant.area or (here.units[grant.unit].area if grant.unit in here.units else here.root)
        for grant in actor.grants
    } or {here.root}
    levels = ("city", "district", "street", "community")
    found = [
        (code, here.area_name(code))
        for code, one in here.areas.items()
        if one.level in levels[:3] or code in scopes
    ]
    return [(code, name) for code, name in found if scopes & {*here.area_path(code)}] or [
        (here.root, here.area_name(here.root))
    ]


def _number(given: str, usual: int, most: int) -> int:
    return min(most, max(1, int(given))) if given.isdigit() and len(given) < 4 else usual


def _by_team(plan: Patrol) -> list[tuple[int, list[Visit], float]]:
    found: dict[int, list[Visit]] = {}
    for visit in plan.visits:
        found.setdefault(visit.team, []).append(visit)
    return [(team, rows, sum(v.hours + v.travel_hours for v in rows)) for team, rows in sorted(found.items())]  # fmt: skip


# ---- an area ----
@require_safe
@staff
def area_profile(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """One area, one policy: load, complexity and risk beside its peers, and what worked there."""
    seen, here = prevention.area_profile(code, actor), city.current()
    below = [(c, a.name) for c, a in here.areas.items() if a.parent == code][:40]
    above = [(c, here.area_name(c)) for c in here.area_path(code)[:-1]]
    shown = {*here.area_path(code)[:-1], *(one.area.code for one in seen.peers)}
    context = menu(actor, "warnings") | {
        "seen": seen,
        "open": {c for c in shown if may(actor, "see_warnings", areas=here.area_path(c), units=())},
        "chart": _load(seen),
        "below": below if seen.level != "grid" else [],
        "above": above,
        "n_peers": len(seen.peers) + 1,
    }
    return render(request, "warnings/area.html", context)


def _load(seen: Profile) -> Chart | None:
    if not seen.weeks:
        return None
    return Chart(
        "load",
        _("每周反映人数"),
        x=_("周"),
        rows=[(f"{w:%m-%d}", n) for w, n in zip(seen.weeks, seen.load, strict=True)],
        series=(Series(_("反映"), 1, look="bars"),),
        unit=_("人"),
    )
