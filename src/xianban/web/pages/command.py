"""Supervisors: what is late and soon late, on map and list; whom to press first; what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from xianban.accounts.api import Actor, may_anywhere
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, Refused
from xianban.casework import api as casework
from xianban.casework.api import Filters, LateCount
from xianban.city import api as city
from xianban.city.api import City
from xianban.command import api as command
from xianban.web import words
from xianban.web.pages.desk import menu, staff
from xianban.web.wording import in_words

HORIZONS = (4, 12, 24, 72)  # hours
SIZE, FULL_SIZE = 25, 50
PRESSED_FIRST = 20
CLOCKS = ("dispatch", "sign", "contact", "handle", "task", "ruling", "review", "follow_up")
THIN = 10  # fewer open cases: a share says little
STEPS = (0.05, 0.10, 0.20)
TABS = (("late", gettext_lazy("已超期")), ("soon", gettext_lazy("快到期")))


@require_safe
@staff
def desk(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Late and soon late, within the scope of whoever looks."""
    return _desk(request, actor)


def _desk(
    request: HttpRequest,
    actor: Actor,
    *,
    typed: Mapping[str, Any] | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    command.must_oversee(actor)
    now, here = utc_now(), city.current()
    asked = _asked(request, here)
    within = timedelta(hours=asked["within"])
    plain = Filters(within=within, unit=asked["unit"], area=asked["area"], matter=asked["matter"])
    late = asked["tab"] == "late"
    wanted = Filters(
        unit=plain.unit, area=plain.area, matter=plain.matter, within=within,
        late=late, soon=not late, clock=asked["clock"],
    )  # fmt: skip
    size = FULL_SIZE if request.GET.get("all") else SIZE
    ranked = casework.to_press(actor, wanted, now=now, size=size + 1)
    counted = casework.late_counts(actor, Filters(matter=plain.matter, within=within), now=now)
    there = [one for one in counted if _lies(one, plain.area)]
    theirs = [one for one in counted if plain.unit in ("", one.unit)]
    units, streets = _sums(there, "unit"), _sums(theirs, "street")
    total = _sums([one for one in there if plain.unit in ("", one.unit)], "")
    pressed = command.pressings(actor, now=now)
    areas = _rows(streets, here.area_name, asked, "area")
    context = menu(actor, "command") | {
        "total": total.get("", Sum()),
        "horizon": asked["within"],
        "horizons": [(hours, _query(asked, within=hours), hours == asked["within"]) for hours in HORIZONS],
        "tabs": [
            {"word": word, "query": _query(asked, tab=name), "here": name == asked["tab"]}
            for name, word in TABS
        ],
        "late_url": _query(asked, tab="late", clock="") + "#list",
        "soon_url": _query(asked, tab="soon", clock="") + "#list",
        "late": late,
        "ranked": [(one, _why(one)) for one in ranked[:size]],
        "more": _query(asked, all=1) if len(ranked) > size and size == SIZE else "",
        "units": _rows(units, here.unit_name, asked, "unit"),
        "areas": areas,
        "map": {row["code"]: {k: row[k] for k in ("name", "late", "open", "look", "url")} for row in areas},
        "drawn": bool(here.shapes),
        "chosen": _chosen(asked, here),
        "matters": [(code, here.matter_name(code)) for code, m in here.matters.items() if m.level == 1],
        "clocks": [(code, words.CLOCKS[code]) for code in CLOCKS],
        "asked": asked,
        "kept": {k: v for k, v in asked.items() if v and k not in ("matter", "clock")},
        "clear": "?" + urlencode({"tab": asked["tab"], "within": asked["within"]}),
        "query": _query(asked),
        "pressed": _pressed(pressed, asked["pressed"]),
        "pressed_counts": command.pressing_counts(pressed),
        "pressed_tabs": _pressed_tabs(pressed, asked),
        "pressed_overdue": _query(asked, pressed="overdue") + "#pressed",
        "pressed_more": _query(asked, pressed="all") + "#pressed"
        if len(pressed) > PRESSED_FIRST and not asked["pressed"]
        else "",
        "may_press": may_anywhere(actor, "press"),
        "may_escalate": may_anywhere(actor, "escalate"),
        "may_convene": may_anywhere(actor, "convene"),
        "typed": typed or {"answer_by": _usual_date(now), "case": []},
        "fault": fault,
    }  # fmt: skip
    return render(request, "command/desk.html", context, status=status)


def _asked(request: HttpRequest, here: City) -> dict[str, Any]:
    get = request.GET
    within, area = get.get("within", ""), get.get("area", "")
    return {
        "tab": get.get("tab", "late") if get.get("tab") in dict(TABS) else "late",
        "within": int(within) if within.isdigit() and int(within) in HORIZONS else 24,
        "unit": get.get("unit", "") if get.get("unit") in here.units else "",
        "area": area
        if (known := here.areas.get(area)) and known.level in ("district", "street")
        else "",
        "matter": get.get("matter", "") if get.get("matter") in here.matters else "",
        "clock": get.get("clock", "") if get.get("clock") in CLOCKS else "",
        "pressed": get.get("pressed", "") if get.get("pressed") in (*words.PRESSED, "all") else "",
    }


def _query(asked: Mapping[str, Any], **more: Any) -> str:
    return "?" + urlencode({name: value for name, value in {**asked, **more}.items() if value})


def _pressed(seen: Sequence[command.PressingSeen], wanted: str) -> Sequence[command.PressingSeen]:
    """Those with one verdict, all, or the first of all."""
    if wanted in words.PRESSED:
        return [one for one in seen if one.verdict == wanted]
    return seen if wanted else seen[:PRESSED_FIRST]


def _pressed_tabs(
    seen: Sequence[command.PressingSeen], asked: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What came of it, each with how many; every one opens what it counts."""
    counts = command.pressing_counts(seen)
    every = {"word": _("全部"), "query": _query(asked, pressed="") + "#pressed", "here": asked["pressed"] in ("", "all"), "count": len(seen)}  # fmt: skip
    return [every] + [
        {
            "word": chip.word,
            "query": _query(asked, pressed=verdict) + "#pressed",
            "here": verdict == asked["pressed"],
            "count": counts[verdict],
            "colour": chip.colour,
        }
        for verdict, chip in words.PRESSED.items()
    ]


@dataclass
class Sum:
    """Open, late and soon late cases together."""

    open: int = 0
    late: int = 0
    soon: int = 0


def _lies(one: LateCount, area: str) -> bool:
    return area in ("", one.street, one.district)


def _sums(counted: Iterable[LateCount], by: str) -> dict[str, Sum]:
    """By unit or street, or all together."""
    found: dict[str, Sum] = {}
    for one in counted:
        whole = found.setdefault(getattr(one, by) if by else "", Sum())
        whole.open += one.open
        whole.late += one.late
        whole.soon += one.soon
    return found


def _rows(
    counted: Mapping[str, Sum], name: Any, asked: Mapping[str, Any], what: str
) -> list[dict[str, Any]]:
    rest = _query(asked, **{what: ""})
    rows = [
        {
            "code": code,
            "name": name(code),
            "open": n.open,
            "late": n.late,
            "soon": n.soon,
            "share": n.late / n.open if n.open else 0.0,
            "thin": n.open < THIN,
            "look": _look(n),
            "here": asked[what] == code,
            "url": rest if asked[what] == code else f"{rest}&{what}={quote_plus(code)}",
        }
        for code, n in counted.items()
        if code
    ]
    return sorted(rows, key=lambda row: (-row["late"], -row["soon"], row["code"]))


def _look(n: Sum) -> str:
    """The class of an area on the map: thin (too few to say), none, or one of four steps."""
    if n.open < THIN:
        return "thin"
    if not n.late:
        return "none"
    share = n.late / n.open
    return f"step-{sum(share >= step for step in STEPS) + 1}"


def _chosen(asked: Mapping[str, Any], here: City) -> list[tuple[str, str]]:
    """What is filtered by, each with the way out of it."""
    names = {"unit": here.unit_name, "area": here.area_name, "matter": here.matter_name}
    found = [
        (names[what](asked[what]), _query(asked, **{what: ""})) for what in names if asked[what]
    ]
    if asked["clock"]:
        found.append((str(words.CLOCKS[asked["clock"]]), _query(asked, clock="")))
    return found


def _why(one: casework.ToPress) -> str:
    """Why it stands where it does, in words."""
    hours = max(1, round(one.late_s / 3600))
    parts = [
        _("超期 %(n)s 小时") % {"n": f"{hours:,}"} if one.late_s else _("未超期"),
        ngettext("%(n)d 人在等", "%(n)d 人在等", one.people) % {"n": one.people},
    ]
    if one.row.urgency in words.URGENCY_COLOUR:
        parts.append(str(words.URGENCY[one.row.urgency]))
    return " × ".join(parts)


def _usual_date(now: datetime) -> str:
    """Tomorrow at six in the evening."""
    local = timezone.localtime(now) + timedelta(days=1)
    return local.replace(hour=18, minute=0).strftime("%Y-%m-%dT%H:%M")


@require_http_methods(["GET", "POST"])
@staff
def act(request: HttpRequest, actor: Actor, verb: str) -> HttpResponse:
    """Press, escalate, or call a meeting about the cases that were ticked."""
    if request.method != "POST":
        return redirect("command")
    command.must_oversee(actor)
    numbers = request.POST.getlist("case")
    typed = {
        "case": numbers,
        "reason": request.POST.get("reason", ""),
        "answer_by": request.POST.get("answer_by", ""),
        "escalate": request.POST.get("escalate", ""),
    }
    if verb == "convene":
        return redirect(reverse("new_meeting") + "?" + urlencode({"case": numbers[:50]}, doseq=True))  # fmt: skip
    try:
        ids = [casework.case_by_number(number, actor) for number in numbers]
        done = _do(verb, ids, typed, actor)
    except Refused as refusal:
        status = 400 if isinstance(refusal, BadInput) else 409
        return _desk(request, actor, typed=typed, fault=in_words(refusal), status=status)
    _say(request, verb, done)
    return redirect(reverse("command") + "?" + request.GET.urlencode())


def _do(verb: str, ids: list[int], typed: Mapping[str, Any], actor: Actor) -> command.Done:
    now = utc_now()
    if verb == "escalate":
        return command.escalate_cases(ids, reason=typed["reason"], acting=actor, now=now)
    if verb != "press":
        raise BadInput("there is no such act; choose one of the buttons")
    return command.press_cases(
        ids,
        reason=typed["reason"],
        answer_by=moment_from(typed["answer_by"]),
        escalate=bool(typed["escalate"]),
        acting=actor,
        now=now,
    )


def moment_from(text: str) -> datetime:
    """A time as a date field gives it, in the city's zone."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput("this is no date with a time; choose one") from None
    return given if given.tzinfo else given.replace(tzinfo=city.current().tz)


def _say(request: HttpRequest, verb: str, done: command.Done) -> None:
    if done.done:
        said = (
            _("已督办 %(n)s 件，单位已收到通知。")
            if verb == "press"
            else _("已上报一级 %(n)s 件。")
        )
        messages.success(request, said % {"n": len(done.done)}, extra_tags="good")
    for number, why in done.refused:
        messages.error(request, f"{number}{_('：')}{in_words(why)}", extra_tags="bad")
