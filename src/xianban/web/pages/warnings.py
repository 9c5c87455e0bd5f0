"""What is forming: the board, one warning with its evidence, its study, the order, and what came of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xianban.accounts.api import Actor, may_anywhere
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.casework import api as casework
from xianban.city import api as city
from xianban.prevention import api as prevention
from xianban.prevention.api import Wanted, WarningRow, WarningSeen
from xianban.web import choices, warned
from xianban.web.pages.desk import menu, staff
from xianban.web.wording import in_words

STUDIES = ("confirm", "watch", "dismiss", "reconsider", "conclude", "note")
ON_BOARD = ("order", "confirm", "watch", "dismiss", "reconsider")
ASKED = ("list", "order", "area", "matter", "detector", "text", "round", "figure", "since", "page")
FIGURES = tuple(warned.FIGURES)
CO_UNIT_ROWS = 2  # empty ones, beside those of the duty list
MOST_RING, LEAST_RING = 26, 9


@require_safe
@staff
def board(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Map and ranked list, with the budget and what it left out."""
    now, here = utc_now(), city.current()
    wanted = _wanted(request.GET, here)
    page = prevention.board(actor, wanted)
    counts = prevention.counts(actor)
    records = {name: prevention.record(name) for name in {row.detector for row in page.rows}}
    desks = prevention.desks(actor, now=now)
    asked = {name: str(value) for name in ASKED if (value := getattr(wanted, name)) and name != "page"}  # fmt: skip
    if not wanted.round:
        asked.pop("figure", None)
    most = max((row.harm for row in page.rows), default=1.0) or 1.0
    first = (page.page - 1) * 50
    context = menu(actor, "warnings") | {
        "page": page,
        "rows": [
            {
                "rank": first + n,
                "row": row,
                "record": records[row.detector],
                "said": warned.outlook_said(row.outlook, row.trend),
                "verbs": _verbs(row, actor),
                "ring": round(LEAST_RING + (MOST_RING - LEAST_RING) * (row.harm / most) ** 0.5),
            }
            for n, row in enumerate(page.rows, 1)
        ],
        "tabs": [
            {"word": word, "query": "?" + urlencode(asked | {"list": name}), "here": name == wanted.list, "count": counts.get(name)}
            for name, word in warned.LISTS.items()
        ],
        "orders": [(name, word, "?" + urlencode(asked | {"order": name}), name == wanted.order) for name, word in warned.ORDERS.items()],
        "desks": desks,
        "budget": (sum(d.raised for d in desks), sum(d.budget for d in desks), sum(d.left_out for d in desks)),
        "counts": counts,
        "wanted": wanted,
        "kept": {k: v for k, v in asked.items() if k in ("list", "order", "detector", "round", "figure", "since")},
        "narrowed": _narrowed(wanted),
        "clear": "?" + urlencode({"list": wanted.list}),
        "matters": [(code, here.matter_name(code)) for code, m in here.matters.items() if m.level == 1],
        "areas": [(code, here.area_name(code)) for code, a in here.areas.items() if a.level in ("district", "street")],
        "more": "?" + urlencode(asked | {"page": page.page + 1}) if page.page < page.pages else "",
        "query": urlencode(asked | {"page": page.page}),
        "drawn": bool(here.shapes),
        "reasons": warned.REASONS,
    }  # fmt: skip
    return render(request, "warnings/board.html", context)


def _wanted(get: Any, here: city.City) -> Wanted:
    """What is asked for; what makes no sense is left out."""
    page = get.get("page", "")
    return Wanted(
        list=get.get("list") if get.get("list") in prevention.WANTED else "forming",
        order=get.get("order") if get.get("order") in prevention.ORDERS else "harm",
        area=get.get("area", "") if get.get("area") in here.areas else "",
        matter=get.get("matter", "") if get.get("matter") in here.matters else "",
        detector=get.get("detector", "")[:60],
        text=get.get("text", "").strip()[:60],
        round=get.get("round", "")[:40],
        figure=get.get("figure") if get.get("figure") in FIGURES else "found",
        since=_day(get.get("since", "")),
        page=int(page) if page.isdigit() and len(page) < 5 else 1,
    )


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _narrowed(wanted: Wanted) -> str:
    """What a figure elsewhere has narrowed the list to, in words."""
    if wanted.round:
        kind, _colon, at = wanted.round.partition(":")
        word = _("每小时") if kind == "hourly" else _("每夜")
        return _("%(kind)s一轮（%(at)s）：%(figure)s") % {"kind": word, "at": at.replace("T", " "), "figure": warned.FIGURES[wanted.figure]}  # fmt: skip
    return _("%(day)s 起发现的") % {"day": wanted.since} if wanted.since else ""


def _verbs(row: WarningRow, actor: Actor) -> list[str]:
    return [
        verb
        for verb in ON_BOARD
        if row.stand in (move := prevention.TABLE[verb]).of and may_anywhere(actor, move.right)
    ]


@require_safe
@staff
def warning(request: HttpRequest, actor: Actor, key: int) -> HttpResponse:
    return _warning(request, actor, prevention.warning(key, actor, now=utc_now()))


@require_safe
@staff
def of_case(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """The warning that a case came from, for whoever handles it: why, on what authority, whom to call."""
    return _warning(request, actor, _of_case(number, actor, utc_now()), number=number)


def _of_case(number: str, actor: Actor, now: datetime) -> WarningSeen:
    seen = prevention.warning_of_case(casework.case_by_number(number, actor), actor, now=now)
    if seen is None:
        raise NotFound("this case did not come from a warning; look at the case")
    return seen


def _warning(
    request: HttpRequest,
    actor: Actor,
    seen: WarningSeen,
    *,
    number: str = "",
    typed: Mapping[str, Any] | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    here = city.current()
    attached = seen.order.attached_cases if seen.order else ()
    in_sight = casework.outcomes(actor, [case.id for case in (*seen.cases, *attached)])
    cases = [case for case in seen.cases if case.id in in_sight]
    effect = seen.order.effect if seen.order else None
    may_watch = may_anywhere(actor, "see_warnings")
    context = menu(actor, "cases" if number else "warnings") | {
        "seen": seen,
        "row": seen.row,
        "number": number,
        "verbs": () if number else seen.verbs,
        "chart": warned.days_chart(seen.series, seen.outlook),
        "outlook": warned.outlook_said(seen.outlook, seen.row.trend),
        "shapes": [json.loads(shape) for shape in seen.shapes.values()],
        "drawn": bool(here.shapes),
        "cases": cases,
        "hidden": seen.cases_total - len(cases),
        "effect": effect,
        "effect_share": _share(effect.result) if effect else None,
        "effect_chart": warned.effect_chart(effect.result) if effect else None,
        "prevented": warned.prevented_said(effect.result) if effect else "",
        "compared": [here.area_name(code) for code in effect.plan.get("controls", ())[:12]] if effect else (),
        "attached": [case for case in attached if case.id in in_sight],
        "case_in_sight": bool(seen.order) and bool(casework.outcomes(actor, [seen.order.case])) if seen.order else False,
        "acts": [(act, warned.observed_said(seen.row) if act.verb == "find" and seen.row.method == "season" else warned.act_said(act), warned.written_with(act)) for act in reversed(seen.acts)],
        "typed": typed or _offered(seen),
        "fault": fault,
        "units": sorted(choices.unit_names()) if "order" in seen.verbs or seen.may_whistle else (),
        "reasons": warned.REASONS,
        "outcomes": warned.OUTCOMES,
        "grades": prevention.GRADES,
        "may_watch": may_watch,
        "may_whistle": seen.may_whistle and seen.order is not None and not seen.order.ended_at,
    }  # fmt: skip
    return render(request, "warnings/warning.html", context, status=status)


@dataclass(frozen=True)
class Share:
    """An effect as a share of what would have come, with its interval."""

    relative: float | None
    low: float | None
    high: float | None


def _share(result: Mapping[str, Any]) -> Share:
    return Share(result.get("relative"), result.get("low"), result.get("high"))


def _offered(seen: WarningSeen) -> dict[str, Any]:
    """The order as the duty list has it, to be sent as it is or changed."""
    offer = seen.offer
    if offer is None:
        return {}
    here = city.current()
    return {
        "measures": "\n".join(offer.playbook),
        "lead": here.unit_name(offer.lead) if offer.lead else "",
        "co_unit": [*(here.unit_name(unit) for unit in offer.co_units), *[""] * CO_UNIT_ROWS],
        "limit": offer.limit,
        "authority": offer.authority,
        "legal_basis": offer.legal_basis,
        "attach": "yes",
    }


@require_http_methods(["GET", "POST"])
@staff
def act(request: HttpRequest, actor: Actor, key: int, verb: str) -> HttpResponse:
    """Study, order, whistle; what was typed stays where it is refused."""
    if request.method != "POST":
        return redirect("warning", key)
    now = utc_now()
    typed = _typed(request)
    try:
        said = _do(key, verb, typed, actor, now)
    except (BadInput, WrongState, NotAllowed) as refusal:
        status = 400 if isinstance(refusal, BadInput) else 409
        seen = prevention.warning(key, actor, now=now)
        return _warning(request, actor, seen, typed=_offered(seen) | typed | {"verb": verb}, fault=in_words(refusal), status=status)  # fmt: skip
    messages.success(request, said, extra_tags="good")
    return redirect(_back(request, key))


@require_http_methods(["GET", "POST"])
@staff
def act_of_case(request: HttpRequest, actor: Actor, number: str, verb: str) -> HttpResponse:
    """Whistle, arrive and grade from the case, by those who handle it."""
    if request.method != "POST":
        return redirect("warning_of_case", number)
    now = utc_now()
    seen = _of_case(number, actor, now)
    typed = _typed(request)
    try:
        if verb not in CALLS:
            raise NotFound("there is no such act")
        said = _do(seen.row.id, verb, typed, actor, now)
    except (BadInput, WrongState, NotAllowed) as refusal:
        status = 400 if isinstance(refusal, BadInput) else 409
        return _warning(request, actor, seen, number=number, typed=typed | {"verb": verb}, fault=in_words(refusal), status=status)  # fmt: skip
    messages.success(request, said, extra_tags="good")
    return redirect("warning_of_case", number)


def _typed(request: HttpRequest) -> dict[str, Any]:
    typed: dict[str, Any] = {k: v for k, v in request.POST.items() if isinstance(v, str)}
    return typed | {"co_unit": request.POST.getlist("co_unit"), "attach": typed.get("attach", "")}


def _back(request: HttpRequest, key: int) -> str:
    """The board as it was, at the place of the row; or the warning itself."""
    back = request.POST.get("back", "")
    if not back:
        return reverse("warning", args=[key])
    asked = {k: v for k, v in QueryDict(back[:500]).items() if k in ASKED}
    at = request.POST.get("at", "")
    return f"{reverse('warnings')}?{urlencode(asked)}" + (f"#row-{at}" if at.isdigit() else "")


def _do(key: int, verb: str, typed: Mapping[str, Any], actor: Actor, now: datetime) -> str:
    if verb in STUDIES:
        return _study(key, verb, typed, actor, now)
    if verb not in ACTS:
        raise NotFound("there is no such act")
    return ACTS[verb](key, typed, actor, now)


def _study(key: int, verb: str, typed: Mapping[str, Any], actor: Actor, now: datetime) -> str:
    prevention.study(
        key,
        verb,
        reason=typed.get("reason", ""),
        note=typed.get("note", ""),
        outcome=typed.get("outcome", ""),
        expect_version=_version(typed),
        acting=actor,
        now=now,
    )
    return {
        "confirm": _("已确认属实，等待安排。"),
        "watch": _("继续观察；再增多会再提醒。"),
        "dismiss": _("已判为误报；明显增多时会再出现，在“误报”里可以重新研判。"),
        "reconsider": _("已重新列入待研判。"),
        "conclude": _("结论已记入台账，并计入这种预警的记录。"),
        "note": _("说明已记入台账。"),
    }[verb]


def _order(key: int, typed: Mapping[str, Any], actor: Actor, now: datetime) -> str:
    made = prevention.order(
        key,
        measures=typed.get("measures", ""),
        lead=warned.unit_of(typed.get("lead", "")),
        co_units=[warned.unit_of(name) for name in typed["co_unit"] if name.strip()],
        limit=typed.get("limit", "").strip(),
        authority=typed.get("authority", ""),
        legal_basis=typed.get("legal_basis", ""),
        attach=typed.get("attach") == "yes",
        expect_version=_version(typed),
        acting=actor,
        now=now,
    )
    said = _("已先办：案件 %(number)s 已派给%(unit)s。") % {
        "number": made.number,
        "unit": city.current().unit_name(made.lead),
    }
    if made.attached:
        said += _("关联在办诉求 %(n)s 件，告知诉求人 %(told)s 位。") % {
            "n": made.attached,
            "told": made.told,
        }
    return said


def _whistle(key: int, typed: Mapping[str, Any], actor: Actor, now: datetime) -> str:
    hours = typed.get("arrive_hours", "")
    units = [warned.unit_of(name) for name in typed["co_unit"] if name.strip()]
    prevention.whistle(
        key,
        units=units,
        ask=typed.get("ask", ""),
        arrive_hours=int(hours) if hours.isdigit() and len(hours) < 5 else 0,
        acting=actor,
        now=now,
    )
    return _("已吹哨，受邀单位会收到通知。")


def _arrive(key: int, typed: Mapping[str, Any], actor: Actor, now: datetime) -> str:
    prevention.arrive(_summons(typed), warning=key, acting=actor, now=now)
    return _("已记下到场时间。")


def _grade(key: int, typed: Mapping[str, Any], actor: Actor, now: datetime) -> str:
    given = typed.get("grade", "")
    prevention.grade(
        _summons(typed),
        warning=key,
        grade=int(given) if given.isdigit() and len(given) == 1 else 0,
        word=typed.get("word", ""),
        acting=actor,
        now=now,
    )
    return _("评分已记入台账，对方看得到。")


def _summons(typed: Mapping[str, Any]) -> int:
    given = typed.get("summons", "")
    if not given.isdigit() or len(given) > 12:
        raise BadInput("there is no such summons; look at the warning again")
    return int(given)


def _version(typed: Mapping[str, Any]) -> int | None:
    given = typed.get("version", "")
    return int(given) if given.isdigit() and len(given) < 10 else None


CALLS: Mapping[str, Callable[[int, Mapping[str, Any], Actor, datetime], str]] = {
    "whistle": _whistle,
    "arrive": _arrive,
    "grade": _grade,
}
ACTS = {"order": _order, **CALLS}


@require_safe
@staff
def orders(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What was ordered before anyone had to complain, and what came of it."""
    measured = request.GET.get("list") == "measured"
    page = request.GET.get("page", "")
    found = prevention.orders(actor, measured=measured, page=int(page) if page.isdigit() and len(page) < 5 else 1)  # fmt: skip
    state = prevention.state(actor, now=utc_now())
    in_sight = casework.outcomes(actor, [one.case for one in found.rows])
    kept = {"list": "measured"} if measured else {}
    context = menu(actor, "warnings") | {
        "rows": [(one, in_sight.get(one.case)) for one in found.rows],
        "state": state,
        "tabs": [
            {"word": _("全部"), "query": "?", "here": not measured},
            {"word": _("已测出效果"), "query": "?list=measured", "here": measured},
        ],
        "first": "?" + urlencode(kept) if found.page > 1 else "",
        "more": "?" + urlencode(kept | {"page": found.page + 1}) if found.more else "",
    }
    return render(request, "warnings/orders.html", context)
