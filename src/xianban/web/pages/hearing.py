"""How much a resident wants to hear: asked with number and code, or by the link in a message."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from xianban.base.clock import utc_now
from xianban.base.errors import NotFound
from xianban.city.api import current
from xianban.intake import api as intake
from xianban.notices import api as notices
from xianban.web import throttle, words
from xianban.web.pages.follow import WITHIN_S, WRONG_CODES, reachable
from xianban.web.refusals import sorry


@csrf_exempt  # the code is the key to this page; there is no session to abuse
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_code(request: HttpRequest, number: str, code: str) -> HttpResponse:
    if throttle.is_blocked(request, "code", times=WRONG_CODES):
        return sorry(request, 429)
    try:
        said = intake.request_by_code(number, code)
    except NotFound:
        throttle.too_often(request, "code", times=WRONG_CODES, within_s=WITHIN_S)
        raise
    return _page(request, said.person, number=number, code=code)


@csrf_exempt  # so is the link
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    return _page(request, notices.person_of_token(token))


def _page(
    request: HttpRequest, person: int | None, *, number: str = "", code: str = ""
) -> HttpResponse:
    done = False
    if request.method == "POST" and person:
        # a mail program that unsubscribes at one click sends no level
        notices.hear(person, request.POST.get("level", "none"), now=utc_now())
        done = True
    context = {
        "here": "follow",
        "number": number,
        "code": code,
        "level": notices.level_of(person) if person else "",
        "levels": words.HEARING.items(),
        "reachable": reachable(person),
        "done": done,
        "quiet": current().settings.quiet_hours,
    }
    return render(request, "resident/hearing.html", context)
