"""The agent's desk: a call is written down while the page works out all that can be worked out."""

from dataclasses import replace
from datetime import date, datetime
from statistics import median
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from xianban.accounts.api import Actor, may_anywhere
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, NotFound, Refused
from xianban.casework import api as casework
from xianban.city import api as city
from xianban.intake import api as intake
from xianban.residents import api as residents
from xianban.web import hearing, moments, uploads, words
from xianban.web.forms import EntryForm, new_key
from xianban.web.pages.desk import menu, staff
from xianban.web.pages.report import submission
from xianban.web.wording import in_words

CALLER_PURPOSE = "verify"
CALLER_REASON = gettext_lazy("来电登记时核对此人此前的诉求")
MINE = 300  # own calls of a day that a session remembers, as seconds alone
UNDO_S = 300
CHANNELS = ("phone", "visit", "mail", "other")


class CallForm(EntryForm):
    """What is taken down, what the agent settled, and what it cost to type."""

    kind = forms.ChoiceField(required=False, choices=[("", ""), *((k, k) for k in words.KINDS)])
    matter = forms.CharField(required=False, max_length=200)
    area = forms.CharField(required=False, max_length=40)
    unit = forms.CharField(required=False, max_length=200)
    join = forms.CharField(required=False, max_length=30)
    answer = forms.CharField(
        required=False,
        max_length=5000,
        error_messages={"max_length": gettext_lazy("答复请控制在 5000 字以内。")},
    )
    source = forms.CharField(required=False, max_length=60)
    seconds = forms.IntegerField(required=False, min_value=0)
    keys = forms.IntegerField(required=False, min_value=0)
    fields_used = forms.IntegerField(required=False, min_value=0)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        for name in ("seconds", "keys", "fields_used"):
            self.errors.pop(name, None)
        return given


def _must_take_calls(actor: Actor) -> None:
    if not (may_anywhere(actor, "find_person") and may_anywhere(actor, "open")):
        raise NotAllowed("taking calls is for agents and dispatchers")


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def call(request: HttpRequest, actor: Actor) -> HttpResponse:
    _must_take_calls(actor)
    now = utc_now()
    if request.method != "POST":
        return _page(request, actor, CallForm(initial={"key": new_key()}), now=now)
    form = CallForm(request.POST)
    if not form.is_valid() or uploads.taken(request).faults:
        return _page(request, actor, form, now=now, status=400)
    try:
        taken = intake.take_call(
            _submission(form.cleaned_data, request),
            _settled(form.cleaned_data, actor),
            acting=actor,
            now=now,
        )
    except Refused as fault:
        return _page(request, actor, form, now=now, notice=in_words(fault), status=400)
    _remember(request, taken, form.cleaned_data, now)
    return redirect("call")


def _submission(given: dict[str, Any], request: HttpRequest) -> intake.Submission:
    channel = given["channel"] if given["channel"] in CHANNELS else "phone"
    settled = "\0".join(str(given.get(name) or "") for name in ("matter", "area", "kind", "join"))
    said = submission(given, door="desk", channel=channel, sending=request)
    return replace(
        said,
        key=f"{said.key}-{hearing.digest(settled)}",
        matter_hint=given.get("matter", ""),
        area_hint=given.get("area", ""),
        request_kind=given.get("kind", ""),
    )


def _settled(given: dict[str, Any], actor: Actor) -> intake.Settled:
    """What the agent chose; BadInput where a name means nothing here."""
    joins = casework.case_by_number(given["join"], actor) if given.get("join") else 0
    answer = given.get("answer", "").strip() if given.get("kind") == "consult" else ""
    unit = hearing.unit_named(given.get("unit", ""))
    return intake.Settled(
        joins=joins,
        answer=answer,
        source=given.get("source", "") if answer else "",
        unit=unit,
        why=_("坐席登记时选定") if unit else "",
    )


def _remember(
    request: HttpRequest, taken: intake.Call, given: dict[str, Any], now: datetime
) -> None:
    """The number to read out, own time today, and what the call cost, without whose it was."""
    here, receipt = city.current(), taken.receipt
    day = now.astimezone(here.tz).date()
    seconds = given.get("seconds") or 0
    if receipt.created:
        intake.note_burden(
            day,
            kind=taken.kind,
            seconds=seconds,
            keys=given.get("keys") or 0,
            fields=given.get("fields_used") or 0,
        )
        if taken.kind == "plain" and seconds:
            mine = [*_my_seconds(request, day), seconds][-MINE:]
            request.session["calls"] = {"day": day.isoformat(), "seconds": mine}
    request.session["last_call"] = {
        "number": receipt.number,
        "code": receipt.code,
        "kind": taken.kind,
        "state": receipt.state,
        "unit": receipt.unit,
        "due_at": receipt.due_at.isoformat(),
        "at": now.isoformat(),
        "seconds": seconds,
        "refused": str(in_words(taken.refused)) if taken.refused else "",
        "fresh": True,
    }


def _my_seconds(request: HttpRequest, day: date) -> list[int]:
    kept = request.session.get("calls") or {}
    return list(kept.get("seconds", ())) if kept.get("day") == day.isoformat() else []


def _page(
    request: HttpRequest,
    actor: Actor,
    form: CallForm,
    *,
    now: datetime,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    here = city.current()
    key = (form.data.get("key") if form.is_bound else form.initial.get("key")) or new_key()
    day, target = now.astimezone(here.tz).date(), here.settings.call_target_s
    mine = _my_seconds(request, day)
    context = menu(actor, "call") | {
        "form": form,
        "key": key,
        "notice": notice,
        "channels": [(code, words.CAME_BY[code]) for code in CHANNELS],
        "channel": (form.data.get("channel") if form.is_bound else "") or "phone",
        "kinds": list(words.KINDS.items()),
        "kind": form.data.get("kind", "") if form.is_bound else "",
        "given": {name: form.data.get(name, "") for name in ("matter", "area", "unit", "join", "answer", "source")},
        "matters": hearing.matter_names(here),
        "units": [unit.name for unit in here.units.values() if casework.may_lead(unit.code, here)],
        "target": target,
        "mine": {"calls": len(mine), "seconds": round(median(mine)) if mine else None},
        "all": intake.burden_on(day, target_s=target),
        "last": _last(request, now),
        "caller_reason": CALLER_REASON,
    }  # fmt: skip
    return render(request, "call/desk.html", context, status=status)


def _last(request: HttpRequest, now: datetime) -> dict[str, Any] | None:
    """The call that was saved last, to be read out; `fresh` once, when it has just been saved."""
    kept = request.session.get("last_call")
    if not kept:
        return None
    here = city.current()
    shown = kept | {
        "unit_name": here.unit_name(kept["unit"]) if kept["unit"] else "",
        "due": moments.moment(datetime.fromisoformat(kept["due_at"]), now=now),
        "may_undo": kept["kind"] == "plain"
        and not kept.get("undone")
        and (now - datetime.fromisoformat(kept["at"])).total_seconds() < UNDO_S,
    }
    if kept.get("fresh"):
        request.session["last_call"] = kept | {"fresh": False}
    return shown


@require_POST
@staff
def look(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What the machine makes of what stands in the form so far."""
    _must_take_calls(actor)
    form = CallForm(request.POST)
    form.is_valid()
    heard = hearing.heard(form.cleaned_data, actor, now=utc_now(), language=get_language() or "zh")
    return render(request, "call/panel.html", {"heard": heard})


@require_POST
@staff
def earlier(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The caller's earlier cases; who looked and what for is on record before they are shown."""
    _must_take_calls(actor)
    now, phone = utc_now(), request.POST.get("phone", "")
    try:
        people = residents.find_by_phone(
            phone, purpose=CALLER_PURPOSE, reason=str(CALLER_REASON), acting=actor, now=now
        )
    except BadInput as fault:
        return render(request, "call/earlier.html", {"fault": in_words(fault)})
    found = casework.cases_reported_by(actor, people, now=now)
    context = {"masked": residents.mask_phone(phone), "page": found}
    return render(request, "call/earlier.html", context)


@require_POST
@staff
def undo(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Take back what was saved a moment ago, by the caller's word."""
    _must_take_calls(actor)
    kept = request.session.get("last_call") or {}
    number = request.POST.get("number", "")
    if number != kept.get("number"):
        raise NotFound("that is not the call that was saved last; withdraw it on its own page")
    try:
        casework.perform(
            casework.case_by_number(number, actor),
            "withdraw",
            acting=actor,
            now=utc_now(),
            data={"text": _("坐席登记后随即撤回")},
        )
    except Refused as fault:
        request.session["last_call"] = kept | {"refused": str(in_words(fault))}
    else:
        request.session["last_call"] = kept | {"undone": True, "refused": ""}
    return redirect("call")
