"""Meetings: called, held, and their tasks followed to the end."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xianban.accounts.api import Actor, may_anywhere
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.casework import api as casework
from xianban.city import api as city
from xianban.command import api as command
from xianban.web import choices
from xianban.web.pages.command import moment_from
from xianban.web.pages.desk import menu, staff
from xianban.web.wording import in_words

UNIT_ROWS = 6


@require_safe
@staff
def meetings(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What was called and decided, what is still to be done first."""
    if not command.may_see_meetings(actor):
        raise NotAllowed("your roles do not show this page; ask an administrator")
    context = menu(actor, "meetings") | {
        "meetings": command.meetings(actor, now=utc_now()),
        "may_convene": may_anywhere(actor, "convene"),
    }
    return render(request, "command/meetings.html", context)


@require_http_methods(["GET", "POST"])
@staff
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Call a meeting; what was typed stays where it is refused."""
    if not may_anywhere(actor, "convene"):
        raise NotAllowed("your roles do not let you call a meeting; ask an administrator")
    if request.method == "POST":
        typed = _typed(request.POST) | {"units": [u for u in request.POST.getlist("unit") if u.strip()]}  # fmt: skip
        try:
            key = _convene(typed, actor)
        except (BadInput, WrongState, NotAllowed, NotFound) as refusal:
            return _new(request, actor, typed, fault=in_words(refusal), status=400)
        messages.success(request, _("已召集会议，受邀单位会收到通知。"), extra_tags="good")
        return redirect("meeting", key)
    return _new(request, actor, _suggested(request, actor))


def _typed(data: Any) -> dict[str, Any]:
    names = ("title", "agenda", "starts_at", "place", "area", "matter", "cases")
    return {name: data.get(name, "").strip() for name in names}


def _suggested(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """The cases that were ticked, and the units that lead them."""
    now = utc_now()
    numbers = request.GET.getlist("case")[:50]
    units, title, area, matter = [], "", "", ""
    for number in numbers:
        try:
            seen = casework.case_view(casework.case_by_number(number, actor), actor, now=now)
        except (NotFound, BadInput):
            continue
        units += [seen.unit.name] if seen.unit.name and seen.unit.name not in units else []
        title = title or seen.title[:60]
        area = area or choices_name(choices.area_names(), city.current().area_at_level(seen.area.code, "street") or "")  # fmt: skip
        matter = matter or choices_name(choices.matter_names(), seen.matter.code)
    start = timezone.localtime(now) + timedelta(days=1)
    return {
        "cases": " ".join(numbers),
        "units": units,
        "title": title,
        "agenda": "",
        "place": "",
        "area": area if len(numbers) == 1 else "",
        "matter": matter if len(numbers) == 1 else "",
        "starts_at": start.replace(hour=10, minute=0).strftime("%Y-%m-%dT%H:%M"),
    }


def choices_name(names: Mapping[str, str], code: str) -> str:
    return next((name for name, one in names.items() if one == code), "")


def _new(
    request: HttpRequest, actor: Actor, typed: Mapping[str, Any], *, fault: str = "", status: int = 200
) -> HttpResponse:  # fmt: skip
    units = [*typed["units"], *[""] * max(2, UNIT_ROWS - len(typed["units"]))]
    context = menu(actor, "meetings") | {
        "typed": typed,
        "unit_rows": list(enumerate(units)),
        "fault": fault,
        "units": sorted(choices.unit_names()),
        "areas": sorted(choices.area_names()),
        "matters": sorted(choices.matter_names()),
    }
    return render(request, "command/new_meeting.html", context, status=status)


def _convene(typed: Mapping[str, Any], actor: Actor) -> int:
    cases = [casework.case_by_number(n, actor) for n in typed["cases"].replace("，", " ").replace(",", " ").split()]  # fmt: skip
    return command.convene(
        title=typed["title"],
        agenda=typed["agenda"],
        starts_at=moment_from(typed["starts_at"]),
        place=typed["place"],
        units=[_code(choices.unit_names(), name, _("单位")) for name in typed["units"]],
        cases=cases,
        area=_code(choices.area_names(), typed["area"], _("区域")) if typed["area"] else "",
        matter=_code(choices.matter_names(), typed["matter"], _("事项")) if typed["matter"] else "",
        acting=actor,
        now=utc_now(),
    )


def _code(names: dict[str, str], typed: str, what: str) -> str:
    code = choices.code_of(names, typed)
    if not code:
        raise BadInput(f"there is no {what} “{typed[:40]}” in this city; choose one from its list")
    return code


@require_safe
@staff
def meeting(request: HttpRequest, actor: Actor, key: int) -> HttpResponse:
    return _meeting(request, actor, key)


def _meeting(
    request: HttpRequest,
    actor: Actor,
    key: int,
    *,
    typed: Mapping[str, str] | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    seen = command.meeting(key, actor, now=utc_now())
    due = timezone.localtime(utc_now()) + timedelta(days=7)
    context = menu(actor, "meetings") | {
        "seen": seen,
        "typed": typed or {},
        "fault": fault,
        "units": sorted(choices.unit_names()) if seen.may_lead else (),
        "usual_due": due.replace(hour=18, minute=0).strftime("%Y-%m-%dT%H:%M"),
    }
    return render(request, "command/meeting.html", context, status=status)


@require_http_methods(["GET", "POST"])
@staff
def act(request: HttpRequest, actor: Actor, key: int, verb: str) -> HttpResponse:
    """Minutes, a task, a report, a verdict; what was typed stays where it is refused."""
    if request.method != "POST":
        return redirect("meeting", key)
    typed = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    if verb not in ACTS:
        raise NotFound("there is no such act")
    try:
        said = ACTS[verb](key, typed, actor)
    except (BadInput, WrongState, NotAllowed) as refusal:
        status = 400 if isinstance(refusal, BadInput) else 409
        return _meeting(
            request,
            actor,
            key,
            typed=typed | {"verb": verb},
            fault=in_words(refusal),
            status=status,
        )
    messages.success(request, said, extra_tags="good")
    return redirect("meeting", key)


def _hold(key: int, typed: Mapping[str, str], actor: Actor) -> str:
    command.hold(
        key,
        minutes=typed.get("minutes", ""),
        decision=typed.get("decision", ""),
        acting=actor,
        now=utc_now(),
    )
    return _("纪要和决定已记入台账，受邀单位会收到通知。")


def _set_task(key: int, typed: Mapping[str, str], actor: Actor) -> str:
    number = typed.get("case", "").strip()
    command.set_task(
        key,
        text=typed.get("text", ""),
        unit=_code(choices.unit_names(), typed.get("unit", ""), _("单位")),
        due_at=moment_from(typed.get("due_at", "")),
        case_id=casework.case_by_number(number, actor) if number else None,
        acting=actor,
        now=utc_now(),
    )
    return _("已交办，单位会收到通知。")


def _report(key: int, typed: Mapping[str, str], actor: Actor) -> str:
    command.report_task(key, _n(typed), result=typed.get("result", ""), acting=actor, now=utc_now())  # fmt: skip
    return _("已报告，等会议召集人确认。")


def _judge(key: int, typed: Mapping[str, str], actor: Actor) -> str:
    command.judge_task(
        key,
        _n(typed),
        verdict=typed.get("verdict", ""),
        reason=typed.get("reason", ""),
        acting=actor,
        now=utc_now(),
    )
    return _("已记下。")


def _n(typed: Mapping[str, str]) -> int:
    given = typed.get("n", "")
    if not given.isdigit() or len(given) > 4:
        raise BadInput("this meeting has no such task of its own; look at the meeting again")
    return int(given)


ACTS: Mapping[str, Callable[[int, Mapping[str, str], Actor], str]] = {
    "hold": _hold,
    "task": _set_task,
    "report": _report,
    "judge": _judge,
}
