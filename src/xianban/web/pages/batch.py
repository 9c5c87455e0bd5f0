"""One act for many cases: ticked in a list, looked at, done each by itself, told one by one."""

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from xianban.accounts.api import Actor
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotFound
from xianban.casework import api as casework
from xianban.casework.api import InBatch, Offer
from xianban.web.acts import LIMIT_UNITS, Input, inputs_of, read_act, typed_into
from xianban.web.pages.desk import menu, staff
from xianban.web.verbs import verb_of
from xianban.web.wording import in_words

RESULT = "batch:"  # in the session, by the key of one preview
MOST_KEPT = 5


@require_POST
@staff
def preview(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who can and who can't, and why; what is to be said with it."""
    verb = request.POST.get("verb", "")
    lines = casework.batch_preview(actor, verb, _ticked(request), now=utc_now())
    if not lines:
        raise NotFound("none of these cases is there")
    return _preview(request, actor, verb, lines)


@require_POST
@staff
def perform(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Do it to each; the second click of a double click gets the same answer."""
    verb = request.POST.get("verb", "")
    key = request.POST.get("key", "")[:32] or secrets.token_hex(8)
    if RESULT + key in request.session:
        return redirect("batch_result", key)
    now = utc_now()
    lines = casework.batch_preview(actor, verb, _ticked(request), now=now)
    offer = _offer(verb, lines)
    reading = read_act(offer, request.POST.dict(), actor)
    if reading.faults:
        return _preview(request, actor, verb, lines, faults=reading.faults, status=400)
    versions = {line.row.id: _seen(request, line) for line in lines}
    data = reading.data | ({"contacted": False} if verb == "contact" else {})
    try:
        done = casework.perform_each(verb, versions, acting=actor, now=now, data=data)
    except BadInput as fault:
        return _preview(request, actor, verb, lines, fault=in_words(fault), status=400)
    numbers = {line.row.id: (line.row.number, line.row.title) for line in lines}
    kept = [
        (*numbers[one.case_id], in_words(one.refusal) if one.refusal else "", one.case_id)
        for one in done
    ]
    _keep(request, key, {"verb": verb, "done": kept})
    return redirect("batch_result", key)


@require_safe
@staff
def result(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    """What became of each; what failed can be tried again."""
    kept = request.session.get(RESULT + key)
    if kept is None:
        return redirect("cases")
    rows = [
        {"number": number, "title": title, "fault": fault, "key": case_id}
        for number, title, fault, case_id in kept["done"]
    ]
    failed = [row for row in rows if row["fault"]]
    context = menu(actor, "cases") | {
        "verb": kept["verb"],
        "look": verb_of(kept["verb"]),
        "failed": failed,
        "done": [row for row in rows if not row["fault"]],
    }
    return render(request, "handler/batch_result.html", context)


def _ticked(request: HttpRequest) -> list[int]:
    given = request.POST.getlist("case")
    return list(dict.fromkeys(int(key) for key in given if key.isdigit() and len(key) < 18))


def _seen(request: HttpRequest, line: InBatch) -> int:
    given = request.POST.get(f"version.{line.row.id}", "")
    return int(given) if given.isdigit() else line.row.version


def _offer(verb: str, lines: tuple[InBatch, ...]) -> Offer:
    """What the act asks for; whom one did not reach is not asked."""
    fields = next((line.fields for line in lines if line.fields), ())
    return Offer(verb, tuple(f for f in fields if f.name != "contacted" and f.kind != "files"), {})


def _keep(request: HttpRequest, key: str, what: dict[str, Any]) -> None:
    names = list(request.session.keys())
    old = [name for name in names if name.startswith(RESULT)]
    for name in old[: max(0, len(old) - MOST_KEPT + 1)]:
        del request.session[name]
    request.session[RESULT + key] = what


def _preview(
    request: HttpRequest,
    actor: Actor,
    verb: str,
    lines: tuple[InBatch, ...],
    *,
    faults: dict[str, str] | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    posted = request.POST.dict()
    inputs: tuple[Input, ...] = inputs_of(_offer(verb, lines))
    if "key" in posted:
        inputs = tuple(typed_into(one, posted, faults or {}) for one in inputs)
    context = menu(actor, "cases") | {
        "verb": verb,
        "look": verb_of(verb),
        "able": [line for line in lines if line.refusal is None],
        "unable": [
            {"row": line.row, "why": in_words(line.refusal)} for line in lines if line.refusal
        ],
        "inputs": inputs,
        "limit_units": LIMIT_UNITS,
        "fault": fault,
        "key": posted.get("key") or secrets.token_hex(8),
    }
    return render(request, "handler/batch.html", context, status=status)
