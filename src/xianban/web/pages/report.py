"""The resident's first page: say what happened, and get a number. Works without JavaScript."""

import hashlib
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from xianban.accounts.api import MACHINE, address_of
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotFound, Unavailable
from xianban.casework import api as casework
from xianban.city import api as city
from xianban.dispatch import api as dispatch
from xianban.intake import api as intake
from xianban.web import notice as privacy_notice
from xianban.web import uploads, words
from xianban.web.answers import answers_to
from xianban.web.asking import is_answered, question
from xianban.web.forms import ReportForm, new_key
from xianban.web.pages.places import offered
from xianban.web.throttle import too_quick
from xianban.web.wording import in_words

HINTS_A_MINUTE = 60
ENOUGH_TO_GUESS = 5  # characters
JOIN_SALT = "join a case"
JOIN_S = 6 * 3600  # a case that was offered may be joined for so long


@csrf_exempt  # nobody is signed in here, so there is nobody to act in whose name
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, _form(initial={"key": new_key()}))
    if "choose" in request.POST:  # a name from the list, where no script has put it into the field
        chosen = request.POST.copy()
        chosen["place"] = str(chosen["choose"])
        return _look(request, _form(chosen))
    return _look(request, _form(request.POST)) if "look" in request.POST else _take(request)


def _form(*args: Any, **kwargs: Any) -> ReportForm:
    try:
        required = city.current().settings.contact == "required"
    except NotFound:
        required = False
    return ReportForm(*args, contact_required=required, **kwargs)


def _page(
    request: HttpRequest, form: ReportForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    key = (form.data.get("key") if form.is_bound else form.initial.get("key")) or new_key()
    context = {"form": form, "key": key, "here": "report", **more}
    return render(request, "resident/report.html", context, status=status)


def _look(request: HttpRequest, form: ReportForm) -> HttpResponse:
    """What is offered while one types, for whoever has no scripts: the same page, with everything kept."""
    form.is_valid()
    given = form.cleaned_data
    form.errors.clear()
    guess = _guess(given["text"], given) if len(given.get("text", "")) >= ENOUGH_TO_GUESS else {}
    return _page(request, form, places=offered(given.get("place", "")), looked=True, **guess)


def _take(request: HttpRequest) -> HttpResponse:
    form = _form(request.POST)
    if not form.is_valid() or uploads.taken(request).faults:
        return _page(request, form, status=400)
    key = form.cleaned_data.get("key") or new_key()
    try:
        receipt = intake.receive_from(
            submission(
                {**form.cleaned_data, "key": key}, sending=request, notice=privacy_notice.VERSION
            ),
            address=address_of(request),
            joins=_joined(request.POST.get("join", "")),
            answered=is_answered(
                request.POST.get("asked", ""), request.POST.get("answer", ""), form_key=key
            ),
            now=utc_now(),
            acting=MACHINE,
        )
    except BadInput as fault:
        notice = _("这份内容没有收下：%(fault)s") % {"fault": in_words(fault)}
        return _page(request, form, notice=notice, status=400)
    except (NotFound, Unavailable):
        notice = _("暂时收不了，您写的内容还在。请过一会儿再提交，或拨打热线。")
        return _page(request, form, notice=notice, status=503)
    if isinstance(receipt, intake.AskedBack):
        wrong = bool(request.POST.get("asked"))
        return _page(request, form, question=question(key), wrong=wrong, status=429)
    # the address of the story itself: reloading it, or going back and sending again, is harmless
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"to": resolve_url("story", receipt.number, receipt.code)})
    return redirect("story", receipt.number, receipt.code)


def _joined(token: str) -> int | None:
    """The case of a “me too”: only one that was offered lately may be joined."""
    try:
        return int(signing.loads(token, salt=JOIN_SALT, max_age=JOIN_S)) if token else None
    except signing.BadSignature:
        return None


def submission(
    given: dict[str, Any],
    *,
    door: str = "web",
    channel: str = "web",
    notice: str = "",
    sending: HttpRequest | None = None,
) -> intake.Submission:
    """What was typed, under a key that is the same for the same words from the same form.

    Going back and sending other words is another report; a double click is not.
    """
    holding = uploads.taken(sending) if sending else uploads.Holding()
    given = uploads.with_place(sending, given) if sending else given
    said = "\0".join(
        str(given.get(name) or "") for name in ("text", "place", "lat", "lon", "name", "phone")
    )
    said = "\0".join([said, *(file.digest for file in holding.held)])
    digest = hashlib.sha256(said.encode()).hexdigest()[:16]
    return intake.Submission(
        door=door,
        text=given["text"],
        key=f"{given.get('key') or new_key()}-{digest}",
        place=given["place"],
        lat=given["lat"],
        lon=given["lon"],
        name=given["name"],
        phone=given["phone"],
        channel=channel,
        files=holding.held,
        notice=notice,
    )


@csrf_exempt
@require_POST
def hints(request: HttpRequest) -> HttpResponse:
    """While somebody types: what it seems to be about, who would act, and what was said nearby."""
    form = ReportForm(request.POST)
    form.is_valid()
    given = form.cleaned_data
    text = given.get("text", "")
    context: dict[str, Any] = {}
    if len(text) >= ENOUGH_TO_GUESS and not too_quick(
        request, "hints", times=HINTS_A_MINUTE, within_s=60
    ):
        context = _guess(text, given) | {"answers": answers_to(text)}
    return render(request, "resident/hints.html", context)


def _guess(text: str, given: dict[str, Any]) -> dict[str, Any]:
    now = utc_now()
    place = given.get("place", "")
    lat, lon = given.get("lat"), given.get("lon")
    said = dispatch.Said(text=text, place=place, lat=lat, lon=lon)
    try:
        proposal = dispatch.propose([said], at=now)[0]
        near = intake.similar(
            text, now=now, place=place, lat=lat, lon=lon, matter=proposal.matter, area=proposal.area
        )
    except (NotFound, Unavailable):
        return {}
    here = city.current()
    area = here.area_at_level(proposal.area, "community") or proposal.area
    return {
        "matter": here.matter_path(proposal.matter)[-1] if proposal.matter else "",
        "confident": proposal.confident,
        "unit": here.unit_name(proposal.assignment.lead) if proposal.assignment else "",
        "area": here.area_name(area) if area not in ("", here.root) else "",
        "need_place": proposal.doubt == "no_place",
        "near": _open_near(near),
    }


def _open_near(similar: list[intake.Similar]) -> list[dict[str, Any]]:
    """Of the requests alike, the cases still open: what, where, since when, how many; nobody's words."""
    here = city.current()
    return [
        {
            "matter": here.matter_name(case.matter) if case.matter else "",
            "area": here.area_name(case.area) if case.area not in ("", here.root) else "",
            "state": case.state,
            "people": case.people,
            "received_at": case.received_at,
            "join": signing.dumps(case.case_id, salt=JOIN_SALT),
        }
        for case in casework.nearby([one.case_id for one in similar])
    ]


@require_http_methods(["GET", "HEAD"])
def privacy(request: HttpRequest) -> HttpResponse:
    try:
        here = city.current()
        days = here.settings.reopen_days
        periods = [(word, here.keeping.days[name]) for name, word in words.KEPT.items()]
    except NotFound:
        days, periods = None, []
    context = {"version": privacy_notice.VERSION, "reopen_days": days, "periods": periods}
    return render(request, "resident/privacy.html", context)
