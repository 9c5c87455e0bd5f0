"""Consultation of several units on one case: the question, their answers, the decision; one page for all."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xianban.accounts.api import Actor
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, WrongState
from xianban.casework import api as casework
from xianban.casework.api import CaseView
from xianban.dispatch import api as dispatch
from xianban.web import choices
from xianban.web.acts import LIMIT_UNITS, Act, acts_from, lists_for, read_act, with_typed
from xianban.web.pages.desk import menu, staff
from xianban.web.verbs import verb_of
from xianban.web.wording import in_words

VERBS = ("consult", "opine", "decide")
USUAL_HOURS = "24"


@require_safe
@staff
def consultation(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    view = casework.case_view(casework.case_by_number(number, actor), actor, now=utc_now())
    return _page(request, actor, view, _acts(actor, view))


def _acts(actor: Actor, view: CaseView) -> list[Act]:
    offers = casework.access(actor).acts_for(view.id, now=utc_now())
    acts = acts_from([offer for offer in offers if offer.verb in VERBS], view)
    return [_prefilled(act, view) for act in acts]


def _prefilled(act: Act, view: CaseView) -> Act:
    """What is most likely meant: the leads that come into question; what the units said themselves."""
    names = {code: name for name, code in choices.unit_names().items()}
    usual: dict[str, str] = {}
    if act.verb == "consult":
        usual["units"] = "\n".join(_in_question(view, names))
    elif act.verb == "decide":
        answers = [
            one
            for row in view.consultations
            if row.state == "open"
            for one in row.answers
            if one.state == "answered"
        ]
        ours = [one.unit.code for one in answers if one.stance == "ours"]
        helping = [one.unit.code for one in answers if one.stance == "part"]
        usual["unit"] = names.get(ours[0], "") if len(ours) == 1 else ""
        usual["co_units"] = "\n".join(names[code] for code in helping if code in names)
    inputs = tuple(
        replace(
            field,
            value=usual.get(field.name, field.value),
            number=USUAL_HOURS if field.kind == "limit" else field.number,
        )
        for field in act.inputs
    )
    return replace(act, inputs=inputs, open=True)


def _in_question(view: CaseView, names: Mapping[str, str]) -> list[str]:
    codes: list[str] = [one.unit.code for one in view.disputes]
    for one in dispatch.candidates(view, at=utc_now()):
        if one.assignment:
            codes += [one.assignment.lead]
    return [names[code] for code in dict.fromkeys(codes) if code in names][:4]


@require_http_methods(["GET", "POST"])
@staff
def do(request: HttpRequest, actor: Actor, number: str, verb: str) -> HttpResponse:
    if request.method != "POST":
        return redirect("consultation", number)
    case_id, now = casework.case_by_number(number, actor), utc_now()
    view = casework.case_view(case_id, actor, now=now)
    offers = casework.access(actor).acts_for(case_id, now=now)
    offer = next((one for one in offers if one.verb == verb and verb in VERBS), None)
    posted = request.POST.dict()
    if offer is None:
        messages.error(request, _("现在不能这样办，请看现在的情况。"), extra_tags="bad")
        return redirect("consultation", number)
    reading = read_act(offer, posted, actor)
    if reading.faults:
        return _again(request, actor, view, verb, posted, faults=reading.faults)
    version = posted.get("version", "")
    try:
        done = casework.perform(
            case_id,
            verb,
            acting=actor,
            now=now,
            data=reading.data,
            # answers of other units do not stand in each other's way
            expect_version=int(version) if verb == "decide" and version.isdigit() else None,
        )
    except (BadInput, WrongState, NotAllowed) as refusal:
        return _again(request, actor, view, verb, posted, fault=in_words(refusal), status=409)
    messages.success(
        request, _("已记下：%(act)s。") % {"act": verb_of(verb).label}, extra_tags="good"
    )
    if verb == "decide":
        messages.success(request, _("已派给%(unit)s。") % {"unit": done.unit.name})
    return redirect("consultation", number)


def _again(
    request: HttpRequest,
    actor: Actor,
    view: CaseView,
    verb: str,
    posted: Mapping[str, str],
    *,
    faults: Mapping[str, str] | None = None,
    fault: str = "",
    status: int = 400,
) -> HttpResponse:
    fresh = casework.case_view(view.id, actor, now=utc_now())
    acts = [
        with_typed(act, posted, faults=faults or {}, fault=fault) if act.verb == verb else act
        for act in _acts(actor, fresh)
    ]
    return _page(request, actor, fresh, acts, status=status)


def _page(
    request: HttpRequest, actor: Actor, view: CaseView, acts: list[Act], *, status: int = 200
) -> HttpResponse:
    mine = {grant.unit for grant in actor.grants if grant.unit}
    context: dict[str, Any] = menu(actor, "consultation") | {
        "case": view,
        "acts": acts,
        "lists": lists_for(acts),
        "limit_units": LIMIT_UNITS,
        "consultations": list(reversed(view.consultations)),
        "mine": mine,
        "at_desk": any(act.verb in ("consult", "decide") for act in acts),
        "clocks": [c for c in view.clocks if c.verdict in ("running", "overdue", "paused")],
        "area_names": view.area_path[1:],
    }
    return render(request, "dispatch/consultation.html", context, status=status)
