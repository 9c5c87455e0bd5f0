"""The one box: straight to a case by its number, to a list by words, to people by telephone."""

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from xianban.accounts.api import Actor, may_anywhere
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, NotFound
from xianban.casework import api as casework
from xianban.residents import api as residents
from xianban.web import words
from xianban.web.pages.desk import menu, staff
from xianban.web.wording import in_words

WHOLE_NUMBER = re.compile(r"\d{8}-?\d+")
TELEPHONE = re.compile(r"1[3-9]\d{9}|0\d{9,11}|\+\d{7,15}")


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def find_case(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Where the box leads. It is posted, so that a telephone number stands in no address and no log."""
    given = request.POST if request.method == "POST" else request.GET
    typed = given.get("q", "").strip()
    if TELEPHONE.fullmatch(residents.phone_of(typed)):
        return _ask(request, actor, typed)
    if not typed:
        return redirect("cases")
    try:
        return redirect("case", casework.number_of(casework.case_by_number(typed, actor)))
    except NotFound:
        pass
    if WHOLE_NUMBER.fullmatch(typed) and not _anything(typed, actor):
        context = menu(actor, "cases") | {"q": typed}
        return render(request, "cases/not_found.html", context, status=404)
    return redirect(f"{reverse('cases')}?{urlencode({'q': typed})}")


def _anything(typed: str, actor: Actor) -> bool:
    """Whether this is a part of the number of some case in sight; nothing tells others from none."""
    return bool(casework.case_search(actor, typed, now=utc_now(), size=1).rows)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def find_people(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Cases of whoever left a telephone; who looked and why is on record before they are shown."""
    if request.method != "POST":
        return redirect("cases")
    phone = request.POST.get("phone", "")
    purpose, reason = request.POST.get("purpose", ""), request.POST.get("reason", "").strip()
    if "purpose" not in request.POST:  # from the hint on a list, without a purpose yet
        return _ask(request, actor, phone)
    if purpose not in words.PURPOSES or not reason:
        return _ask(request, actor, phone, fault=_("请选择用途并写明原因。"))
    now = utc_now()
    try:
        people = residents.find_by_phone(
            phone, purpose=purpose, reason=reason, acting=actor, now=now
        )
    except BadInput as fault:
        return _ask(request, actor, phone, fault=in_words(fault))
    found = casework.cases_reported_by(actor, people, now=now)
    context = menu(actor, "cases") | {
        "masked": residents.mask_phone(phone),
        "page": found,
        "limit": len(found.rows),
    }
    return render(request, "cases/people.html", context)


def _ask(request: HttpRequest, actor: Actor, phone: str, *, fault: str = "") -> HttpResponse:
    """What for and why; the number goes along unseen."""
    if not may_anywhere(actor, "find_person"):
        raise NotAllowed(
            "finding people by telephone is for agents, dispatchers and supervisors; ask one of them"
        )
    context = menu(actor, "cases") | {
        "phone": phone,
        "masked": residents.mask_phone(phone),
        "purposes": list(words.PURPOSES.items()),
        "purpose": request.POST.get("purpose", ""),
        "reason": request.POST.get("reason", ""),
        "fault": fault,
    }
    return render(request, "cases/by_phone.html", context, status=400 if fault else 200)
