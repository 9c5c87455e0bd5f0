"""Where the duty list is at fault, whom that struck, and what people at work would change in it."""

import csv
from io import StringIO
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xianban.accounts.api import Actor, may_anywhere
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, WrongState
from xianban.casework import api as casework
from xianban.casework.api import Filters
from xianban.city import api as city
from xianban.dispatch import api as dispatch
from xianban.dispatch.api import Finding, Suggestion
from xianban.web import choices, words
from xianban.web.pages.desk import menu, staff
from xianban.web.pages.exports import safe
from xianban.web.wording import in_words

SHOWN = 100
MINOR = "no_limit"  # so common, and so harmless, that it has a tab of its own
CASES = 50


def _must_see(actor: Actor) -> None:
    if not (may_anywhere(actor, "rule") or may_anywhere(actor, "manage_city")):
        raise NotAllowed(
            "the duty list is looked after by dispatchers, supervisors and administrators"
        )


@require_safe
@staff
def gaps(request: HttpRequest, actor: Actor) -> HttpResponse:
    return _page(request, actor)


def _page(
    request: HttpRequest, actor: Actor, *, status: int = 200, fault: str = ""
) -> HttpResponse:
    _must_see(actor)
    here, now = city.current(), utc_now()
    given = request.POST if request.method == "POST" else request.GET
    matter, area = given.get("matter", ""), given.get("area", "")
    kind = request.GET.get("kind", "")
    matter = matter if matter in here.matters else ""
    found = dispatch.findings(now=now, matter=matter, seen_by=actor)
    shown = [one for one in found if one.kind == kind or (not kind and one.kind != MINOR)]
    context = menu(actor, "duty_gaps") | {
        "tabs": _tabs(found, kind, matter),
        "rows": [_line(one) for one in shown[:SHOWN]],
        "more": max(0, len(shown) - SHOWN),
        "total": len(shown),
        "kind": kind,
        "matter": matter,
        "matter_path": " / ".join(here.matter_path(matter)) if matter else "",
        "area": area,
        "area_name": here.area_name(area) if area else "",
        "cases": _cases(actor, matter, area, now) if matter else None,
        "suggestions": [_told(one) for one in dispatch.suggestions(actor)],
        "may_settle": may_anywhere(actor, "manage_city"),
        "may_suggest": may_anywhere(actor, "rule") and bool(matter),
        "unit_names": sorted(choices.unit_names()) if matter else (),
        "typed": request.POST,
        "fault": fault,
    }
    return render(request, "dispatch/gaps.html", context, status=status)


def _cases(actor: Actor, matter: str, area: str, now: Any) -> casework.Page:
    return casework.case_list(
        actor, Filters(matter=matter, area=area, order="newest"), now=now, size=CASES
    )


def _tabs(found: list[Finding], kind: str, matter: str) -> list[dict[str, Any]]:
    about = {"matter": matter} if matter else {}
    tabs: list[dict[str, Any]] = [
        {
            "word": _("全部"),
            "query": f"?{urlencode(about)}",
            "here": not kind,
            "count": sum(1 for one in found if one.kind != MINOR),
        }
    ]
    for code in dispatch.KINDS:
        n = sum(1 for one in found if one.kind == code)
        if n:
            tabs.append(
                {
                    "word": words.FINDINGS[code].word,
                    "query": f"?{urlencode({**about, 'kind': code})}",
                    "here": code == kind,
                    "count": n,
                    "colour": words.FINDINGS[code].colour,
                }
            )
    return tabs


def _line(one: Finding) -> dict[str, Any]:
    """A finding in the words of the page, with where it leads."""
    here = city.current()
    area = one.area if one.area != here.root else ""
    return {
        "one": one,
        "chip": words.FINDINGS[one.kind],
        "matter": here.matter_name(one.matter),
        "path": " / ".join(here.matter_path(one.matter)[:-1]),
        "area": here.area_name(one.area or here.root),
        "said": str(words.FINDING_SENTENCES[one.kind])
        % {
            "units": _("、").join(here.unit_name(code) for code in one.units),
            "n": one.places,
            "ends": one.ends,
        },
        "rows": _("、").join(str(row) for row in one.rows),
        "url": f"{reverse('duty_gaps')}?{urlencode({'matter': one.matter, 'area': area})}#cases",
    }


def _told(one: Suggestion) -> dict[str, Any]:
    here = city.current()
    return {
        "one": one,
        "matter": " / ".join(here.matter_path(one.matter)),
        "area": here.area_name(one.area or here.root),
        "lead": here.unit_name(one.lead) if one.lead else "",
        "unit": here.unit_name(one.unit),
        "number": casework.number_of(one.case_id) if one.case_id else "",
    }


@require_http_methods(["GET", "POST"])
@staff
def suggest(request: HttpRequest, actor: Actor) -> HttpResponse:
    if request.method != "POST":
        return redirect("duty_gaps")
    _must_see(actor)
    unit = choices.code_of(choices.unit_names(), request.POST.get("unit", ""))
    try:
        dispatch.suggest(
            acting=actor,
            now=utc_now(),
            kind="gap",
            matter=request.POST.get("matter", ""),
            area=request.POST.get("area", ""),
            unit=unit,
            reason=request.POST.get("reason", ""),
        )
    except BadInput as refusal:
        return _page(request, actor, status=400, fault=in_words(refusal))
    messages.success(request, _("已把修改权责清单的建议交给管理员。"), extra_tags="good")
    return redirect(f"{reverse('duty_gaps')}#suggestions")


@require_http_methods(["GET", "POST"])
@staff
def settle(request: HttpRequest, actor: Actor, key: int) -> HttpResponse:
    if request.method != "POST":
        return redirect("duty_gaps")
    try:
        dispatch.settle_suggestion(
            key,
            taken=request.POST.get("taken") == "yes",
            answer=request.POST.get("answer", ""),
            acting=actor,
            now=utc_now(),
        )
    except (BadInput, WrongState) as refusal:
        messages.error(request, in_words(refusal), extra_tags="bad")
        return redirect(f"{reverse('duty_gaps')}#suggestions")
    messages.success(request, _("已记下。清单在装入下一版城市包时改变。"), extra_tags="good")
    return redirect(f"{reverse('duty_gaps')}#suggestions")


@require_safe
@staff
def export(request: HttpRequest, actor: Actor, kind: str) -> HttpResponse:
    """The findings as a table; or open suggestions as rows for duties.csv."""
    _must_see(actor)
    here = city.current()
    if kind == "suggestions":
        rows = dispatch.as_duty_rows(dispatch.suggestions(actor, state="open"), here)
    else:
        rows = [
            tuple(
                str(word)
                for word in (
                    _("问题"), _("事项"), _("区域"), _("清单行"), _("说明"), _("90 天内的案件"), _("涉及人数"),
                )
            )
        ]  # fmt: skip
        for one in dispatch.findings(now=utc_now(), seen_by=actor):
            line = _line(one)
            rows.append(
                (
                    str(line["chip"].word), f"{one.matter} {line['matter']}", line["area"], line["rows"],
                    line["said"], str(one.cases), str(one.people),
                )
            )  # fmt: skip
    text = StringIO()
    text.write("\ufeff")
    csv.writer(text).writerows([safe(cell) for cell in row] for row in rows)
    return HttpResponse(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="duty-{kind}.csv"',
            "X-Content-Type-Options": "nosniff",
        },
    )
