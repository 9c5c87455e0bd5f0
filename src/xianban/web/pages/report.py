"""The resident's first page: say what happened, and get a number. Works without JavaScript."""

import hashlib
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from xianban.accounts.api import MACHINE
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotFound, Unavailable
from xianban.casework import api as casework
from xianban.city import api as city
from xianban.dispatch import api as dispatch
from xianban.intake import api as intake
from xianban.web import uploads
from xianban.web.answers import answers_to
from xianban.web.forms import ReportForm, new_key
from xianban.web.throttle import too_often, too_quick
from xianban.web.wording import in_words

REPORTS_AN_HOUR = 60  # from one address: a whole office behind one line still gets through
HINTS_A_MINUTE = 60
ENOUGH_TO_GUESS = 5  # characters


@csrf_exempt  # nobody is signed in here, so there is nobody to act in whose name
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _take(request)
    return _page(request, ReportForm(initial={"key": new_key()}))


def _page(
    request: HttpRequest, form: ReportForm, *, notice: str = "", status: int = 200
) -> HttpResponse:
    key = (form.data.get("key") if form.is_bound else form.initial.get("key")) or new_key()
    context = {"form": form, "key": key, "here": "report", "notice": notice}
    return render(request, "resident/report.html", context, status=status)


def _take(request: HttpRequest) -> HttpResponse:
    form = ReportForm(request.POST)
    if not form.is_valid() or uploads.taken(request).faults:
        return _page(request, form, status=400)
    if too_often(request, "report", times=REPORTS_AN_HOUR, within_s=3600):
        notice = _("这个网络在一小时内反映得太多了。您写的内容还在，请过一会儿再提交，或拨打热线。")
        return _page(request, form, notice=notice, status=429)
    try:
        receipt = intake.receive(
            submission(form.cleaned_data, sending=request), now=utc_now(), acting=MACHINE
        )
    except BadInput as fault:
        notice = _("这份内容没有收下：%(fault)s") % {"fault": in_words(fault)}
        return _page(request, form, notice=notice, status=400)
    except (NotFound, Unavailable):
        notice = _("暂时收不了，您写的内容还在。请过一会儿再提交，或拨打热线。")
        return _page(request, form, notice=notice, status=503)
    # the address of the story itself: reloading it, or going back and sending again, is harmless
    return redirect("story", receipt.number, receipt.code)


def submission(
    given: dict[str, Any],
    *,
    door: str = "web",
    channel: str = "web",
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
    return {
        "matter": here.matter_path(proposal.matter)[-1] if proposal.matter else "",
        "confident": proposal.confident,
        "unit": here.unit_name(proposal.assignment.lead) if proposal.assignment else "",
        "area": here.area_name(proposal.area) if proposal.area not in ("", here.root) else "",
        "need_place": proposal.doubt == "no_place",
        "near": _open_near(near, now=now),
    }


def _open_near(similar: list[intake.Similar], *, now: datetime) -> list[dict[str, Any]]:
    """Of the requests alike, those still open; the community and the state, nobody's words."""
    here = city.current()
    shown = []
    for one in similar:
        story = casework.public_story(one.case_id, now=now)
        if story.ended_at is None:
            community = here.area_at_level(story.area.code, "community") or story.area.code
            area = here.area_name(community) if community != here.root else ""
            shown.append({"area": area, "state": story.state, "received_at": one.received_at})
    return shown


@require_http_methods(["GET", "HEAD"])
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "resident/privacy.html")
