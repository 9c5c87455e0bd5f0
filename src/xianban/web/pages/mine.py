"""What is kept of whoever holds a number and its code, and their rights to it: copy, correct, erase."""

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotFound, WrongState
from xianban.city import api as city
from xianban.files.api import files_owned
from xianban.intake import api as intake
from xianban.privacy import api as privacy
from xianban.residents.api import masked
from xianban.web import throttle, words
from xianban.web.pages.follow import WITHIN_S, WRONG_CODES
from xianban.web.wording import in_words

SALT = "xianban.web.copy"
COPY_LIVES_S = 1800


def _said(request: HttpRequest, number: str, code: str) -> intake.RequestSeen:
    """The request that number and code open; guessing ends soon."""
    if throttle.is_blocked(request, "code", times=WRONG_CODES):
        raise NotFound(intake.WRONG_CODE)
    try:
        return intake.request_by_code(number, code)
    except NotFound:
        throttle.too_often(request, "code", times=WRONG_CODES, within_s=WITHIN_S)
        raise


@csrf_exempt  # the code is the key to this page; there is no session to abuse
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest, number: str, code: str) -> HttpResponse:
    said = _said(request, number, code)
    fault, typed = "", request.POST
    if request.method == "POST" and said.person:
        contact = {name: typed.get(name, "") for name in ("name", "phone", "email")}
        try:
            key = privacy.ask(said, typed.get("kind", ""), contact=contact, now=utc_now())
            return redirect("mine_confirm", number, code, key)
        except (BadInput, WrongState) as refusal:
            fault = in_words(refusal)
    shown = masked([said.person])[said.person] if said.person else None
    context = _frame(number, code, said) | {
        "shown": shown,
        "erased": bool(shown and shown.erased),
        "files": files_owned(f"request:{said.id}"),
        "looks": _looks(privacy.looks_at(said.person)) if said.person else [],
        "until": _untils(privacy.untils([said.case_id])[said.case_id]),
        "asked": [_asked(one) for one in privacy.askings_of(said.person)] if said.person else [],
        "fault": fault,
        "typed": typed,
    }
    return render(request, "privacy/mine.html", context, status=400 if fault else 200)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, number: str, code: str, key: int) -> HttpResponse:
    said = _said(request, number, code)
    asked, fault = privacy.asking(key, said.id), ""
    if request.method == "POST":
        try:
            state = privacy.confirm(key, said, request.POST.get("code", "").strip(), now=utc_now())
        except (BadInput, WrongState) as refusal:
            fault = in_words(refusal)
        else:
            if asked.kind == "copy" and asked.state == "asked":
                return _copy(request, number, code, said, key)
            messages.success(request, _done(asked.kind, state), extra_tags="good")
            return redirect("mine", number, code)
    if asked.state != "asked":
        return redirect("mine", number, code)
    context = _frame(number, code, said) | {
        "asked": asked,
        "needs_code": privacy.reachable(said.person or 0),
        "holds": sorted(
            {str(words.HOLDS[one]) for one in privacy.holds_on(said.person or 0).values()}
        ),
        "stay": [(word, basis) for word, basis in words.STAY.values()],
        "answer_days": city.current().keeping.answer,
        "fault": fault,
    }
    return render(request, "privacy/confirm.html", context, status=400 if fault else 200)


def _copy(
    request: HttpRequest, number: str, code: str, said: intake.RequestSeen, key: int
) -> HttpResponse:
    copy = privacy.copy_of(said.person or 0, now=utc_now(), subject=f"right:{key}")
    context = _frame(number, code, said) | {
        "copy": copy,
        "contact": [
            (words.called(words.CONTACT, name), value) for name, value in copy.contact.items()
        ],
        "looks": _looks(copy.looks),
        "requests": [(one, _untils(one.until)) for one in copy.requests],
        "places": [
            (
                city.current().area_name(one.area),
                city.current().matter_name(one.matter) if one.matter else "",
            )
            for one in copy.subscriptions
        ],
        "token": signing.dumps(key, salt=SALT),
        "key": key,
    }
    return render(request, "privacy/copy.html", context)


@csrf_exempt
@never_cache
@require_POST
def download(request: HttpRequest, number: str, code: str, key: int) -> HttpResponse:
    """The copy as a file, for half an hour after it was confirmed."""
    said = _said(request, number, code)
    try:
        proved = signing.loads(request.POST.get("token", ""), salt=SALT, max_age=COPY_LIVES_S)
    except signing.BadSignature:
        proved = None
    if proved != key or privacy.asking(key, said.id).state != "done":
        return redirect("mine", number, code)
    copy = privacy.copy_of(said.person or 0, now=utc_now(), subject=f"right:{key}")
    answer = JsonResponse(asdict(copy), json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="{number}-copy.json"'
    return answer


def _frame(number: str, code: str, said: intake.RequestSeen) -> dict[str, Any]:
    return {"here": "follow", "number": number, "code": code, "said": said}


def _looks(looks: Any) -> list[tuple[Any, str, str]]:
    """Who looked, in the words of the page."""
    return [
        (
            look,
            words.called(words.LOOKS, look.verb),
            words.called(words.PURPOSES, look.purpose) if look.purpose else "",
        )
        for look in looks
    ]


def _untils(until: Any) -> list[tuple[str, Any, str]]:
    return [
        (words.called(words.KEPT, name), due.at, str(words.HOLDS[due.hold]) if due.hold else "")
        for name, due in until.items()
    ]


def _asked(one: privacy.AskedFor) -> dict[str, Any]:
    return {
        "one": one,
        "word": words.RIGHTS[one.kind],
        "chip": words.RIGHT_STATES[one.state],
        "holds": [words.HOLDS[hold] for hold in one.holds],
    }


def _done(kind: str, state: str) -> str:
    if kind == "correct":
        return _("联系方式已更正，旧的已经删掉。")
    if state == "waiting":
        return _("已收到。这件事还没有了结，由专人决定，会在期限内答复您。")
    return _("已删除。密钥已销毁，任何人都不能恢复。")
