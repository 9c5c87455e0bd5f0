"""Where a report stands, told to whoever holds its number and code; rate it, add to it, reopen it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from xianban.accounts.api import resident_actor
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.casework import api as casework
from xianban.files.api import Bringing
from xianban.intake import api as intake
from xianban.prevention import api as prevention
from xianban.residents.api import masked
from xianban.web import throttle, uploads
from xianban.web.forms import FollowForm
from xianban.web.pages.galleries import shown_in_story
from xianban.web.refusals import sorry
from xianban.web.story import tell
from xianban.web.wording import in_words

WRONG_CODES = 10  # from one address, within ten minutes
WITHIN_S = 600
FRESH_S = 120  # so long the page greets whoever has just reported
SATISFACTION = ("satisfied", "basically", "dissatisfied")


@csrf_exempt  # the code is the key to this page; there is no session to abuse
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    if request.method != "POST" and not request.GET.get("number"):
        return render(request, "resident/follow.html", {"form": FollowForm(), "here": "follow"})
    form = FollowForm(request.POST or request.GET)
    if not form.is_valid():
        return render(request, "resident/follow.html", {"form": form, "here": "follow"}, status=400)
    if throttle.is_blocked(request, "code", times=WRONG_CODES):
        return sorry(request, 429)
    number, code = (form.cleaned_data[name].replace(" ", "") for name in ("number", "code"))
    try:
        intake.request_by_code(number, code)
    except NotFound:
        throttle.too_often(request, "code", times=WRONG_CODES, within_s=WITHIN_S)
        form.add_error(None, _("编号和查询码对不上。它们在提交后的页面和短信里；请核对后再试。"))
        return render(request, "resident/follow.html", {"form": form, "here": "follow"}, status=404)
    return redirect("story", number, code.upper())


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def story(request: HttpRequest, number: str, code: str) -> HttpResponse:
    if throttle.is_blocked(request, "code", times=WRONG_CODES):
        return sorry(request, 429)
    try:
        said = intake.request_by_code(number, code)
    except NotFound:
        throttle.too_often(request, "code", times=WRONG_CODES, within_s=WITHIN_S)
        raise
    if request.method == "POST":
        return _act(request, said, number, code)
    return _page(request, said, code)


def _page(
    request: HttpRequest,
    said: intake.RequestSeen,
    code: str,
    *,
    fault: str = "",
    verb: str = "",
    status: int = 200,
) -> HttpResponse:
    now = utc_now()
    shown = casework.public_story(said.case_id, now=now, person=said.person)
    code_of_it = intake.follow_code(said.id)
    may_hear = reachable(said.person)
    context = {
        "here": "follow",
        "story": shown,
        "told": tell(shown, now=now, reachable=may_hear),
        "may_hear": may_hear,
        "said": said,
        "code": code_of_it,
        "files": shown_in_story(shown.number, code_of_it, said, merged_into=shown.merged_into),
        "fresh": (now - said.accepted_at).total_seconds() < FRESH_S and not fault,
        "others": _others(said),
        "treated": prevention.treatment_of(said.case_id),
        "fault": fault,
        "fault_verb": verb,
        "typed": request.POST,
    }
    return render(request, "resident/story.html", context, status=status)


def reachable(person: int | None) -> bool:
    """Whether somebody left a telephone or a mail address to be told at."""
    shown = masked([person]).get(person) if person else None
    return bool(shown and (shown.phone or shown.email))


def _others(said: intake.RequestSeen) -> int:
    """How many other people wait for the same answer."""
    return sum(case.people - 1 for case in casework.nearby([said.case_id]))


def _act(request: HttpRequest, said: intake.RequestSeen, number: str, code: str) -> HttpResponse:
    verb = request.POST.get("verb", "")
    if verb not in ("rate", "reopen", "say", "withdraw"):
        return sorry(request, 400)
    data, fault = _read(verb, request)
    if fault:
        return _page(request, said, code, fault=fault, verb=verb, status=400)
    holding = uploads.taken(request)
    if holding.faults:
        return _page(request, said, code, fault=holding.faults[0], verb=verb, status=400)
    actor = resident_actor(said.person or 0)
    try:
        casework.perform(
            said.case_id,
            verb,
            acting=actor,
            now=utc_now(),
            data=data,
            bringing=Bringing(holding.held, owner=f"request:{said.id}"),
        )
    except (BadInput, WrongState, NotAllowed) as refusal:
        return _page(request, said, code, fault=in_words(refusal), verb=verb, status=409)
    messages.success(request, _thanks(verb, data), extra_tags="good")
    return redirect("story", number, code)


def _read(verb: str, request: HttpRequest) -> tuple[dict[str, Any], str]:
    """What the resident said with an act, or a sentence on what is missing."""
    text = request.POST.get("text", "").strip()[:5000]
    data: dict[str, Any] = {"text": text} if text else {}
    if verb == "rate":
        solved = request.POST.get("solved", "")
        word = request.POST.get("satisfaction", "")
        if solved not in ("yes", "no"):
            return {}, _("请先说说问题解决了没有。")
        data["solved"] = solved == "yes"
        if word in SATISFACTION:
            data["satisfaction"] = word
    elif verb in ("say", "reopen") and not text:
        return {}, _("请写几个字。")
    return data, ""


def _thanks(verb: str, data: dict[str, Any]) -> str:
    if verb == "rate":
        good = data["solved"] and data.get("satisfaction") != "dissatisfied"
        return (
            _("谢谢您的评价，这件事办结了。")
            if good
            else _("知道了。已退回承办单位整改，会再给您答复。")
        )
    return {
        "reopen": _("已重新办理，会再给您答复。"),
        "say": _("已转给承办单位。"),
        "withdraw": _("已撤回。"),
    }[verb]
