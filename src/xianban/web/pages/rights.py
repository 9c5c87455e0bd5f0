"""Who asked for which right to their data, and what is kept no longer: for administrators and stewards."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xianban.accounts.api import Actor
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, WrongState
from xianban.city import api as city
from xianban.privacy import api as privacy
from xianban.web import words
from xianban.web.pages.desk import menu, staff
from xianban.web.wording import in_words

MONTHS = 12


@require_safe
@staff
def rights(request: HttpRequest, actor: Actor) -> HttpResponse:
    return _page(request, actor)


def _page(
    request: HttpRequest, actor: Actor, *, fault: str = "", key: int = 0, status: int = 200
) -> HttpResponse:
    rows = [_line(one) for one in privacy.rights(actor, now=utc_now())]
    context = menu(actor, "rights") | {
        "waiting": [row for row in rows if row["one"].state == "waiting"],
        "rest": [row for row in rows if row["one"].state != "waiting"],
        "answer": city.current().keeping.answer,
        "fault": fault,
        "fault_key": key,
        "typed": request.POST,
    }
    return render(request, "privacy/rights.html", context, status=status)


def _line(one: privacy.AskedFor) -> dict[str, Any]:
    return {
        "one": one,
        "word": words.RIGHTS[one.kind],
        "chip": words.RIGHT_STATES[one.state],
        "holds": [words.HOLDS[hold] for hold in one.holds],
    }


@require_POST
@staff
def decide(request: HttpRequest, actor: Actor, key: int) -> HttpResponse:
    decision, reason = request.POST.get("decision", ""), request.POST.get("reason", "")
    try:
        privacy.decide(key, decision, reason, acting=actor, now=utc_now())
    except (BadInput, WrongState) as refusal:
        return _page(request, actor, fault=in_words(refusal), key=key, status=409)
    messages.success(request, _("已决定，并记入台账。"), extra_tags="good")
    return redirect("rights")


@require_safe
@staff
def retention(request: HttpRequest, actor: Actor) -> HttpResponse:
    privacy.must_keep(actor)
    here, seen = city.current(), privacy.outlook(actor)
    rows = [_class(one, here) for one in seen.classes] if seen else []
    months = sorted({month for row in rows for month in row["one"].months} - {privacy.NOW})
    for row in rows:
        row["cells"] = [(month, row["one"].months.get(month, 0)) for month in months[:MONTHS]]
        row["later"] = sum(row["one"].months.get(month, 0) for month in months[MONTHS:])
    context = menu(actor, "rights") | {
        "seen": seen,
        "rows": rows,
        "months": months[:MONTHS],
        "run": here.keeping.run,
        "exceptions": [_exception(one) for one in here.keeping.exceptions],
        "stay": list(words.STAY.values()),
        "sweep": privacy.last_sweep(),
        "counting": privacy.counting(),
        "reopen_days": here.settings.reopen_days,
        "sessions_days": here.keeping.sessions_days,
    }
    return render(request, "privacy/retention.html", context)


def _class(one: privacy.ClassSeen, here: city.City) -> dict[str, Any]:
    return {
        "one": one,
        "word": words.KEPT[one.name],
        "why": words.KEPT_WHY[one.name],
        "days": here.keeping.days[one.name],
        "now": one.months.get(privacy.NOW, 0),
        "held": [(words.HOLDS[hold], n) for hold, n in sorted(one.held.items())],
    }


def _exception(one: Any) -> dict[str, Any]:
    about = [words.called(words.URGENCY, one["urgency"])] if "urgency" in one else []
    about += [words.called(words.KINDS, one["kind"])] if "kind" in one else []
    periods = [(words.KEPT[n], one[f"{n}_days"]) for n in words.KEPT if f"{n}_days" in one]
    return {"about": " · ".join(about), "periods": periods}


@require_POST
@staff
def count(request: HttpRequest, actor: Actor) -> HttpResponse:
    privacy.must_keep(actor)
    privacy.ask_count(now=utc_now())
    messages.success(
        request, _("后台开始重新计算，算完这里会更新；什么也不会被删。"), extra_tags="good"
    )
    return redirect("retention")
