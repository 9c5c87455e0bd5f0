"""The list of cases: tabs, filters, pages; what is due first stands first."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from xianban.accounts.api import Actor, Role, vacant
from xianban.base.clock import utc_now
from xianban.base.errors import NotFound
from xianban.casework import api as casework
from xianban.casework.api import Counts, Filters
from xianban.city import api as city
from xianban.web import choices, words
from xianban.web.pages.desk import menu, staff

# tab: (name, what it sets)
TABS: tuple[tuple[str, Promise, dict[str, Any]], ...] = (
    ("open", gettext_lazy("在办"), {}),
    ("late", gettext_lazy("已超期"), {"late": True}),
    ("soon", gettext_lazy("快到期"), {"soon": True}),
    ("received", gettext_lazy("待派"), {"states": ("received",)}),
    ("contested", gettext_lazy("争议"), {"states": ("contested",)}),
    ("suspended", gettext_lazy("挂账"), {"states": ("suspended",)}),
    ("reported", gettext_lazy("待回访"), {"states": ("reported",)}),
    (
        "ended",
        gettext_lazy("已了结"),
        {"states": ("closed", "declined", "merged"), "order": "newest"},
    ),
)
SIZE = 50
TOLD = (Role.DISPATCHER, Role.SUPERVISOR)  # by role, whoever holds it
CONCERNED = (Role.ADMINISTRATOR, Role.DISPATCHER, Role.SUPERVISOR)


@require_safe
@staff
def cases(request: HttpRequest, actor: Actor) -> HttpResponse:
    now = utc_now()
    chosen, typed, faults = _chosen(request)
    tab = request.GET.get("tab", "open")
    settings = next((sets for name, _word, sets in TABS if name == tab), {})
    page = casework.case_list(
        actor,
        Filters(**{**chosen, **settings}),
        now=now,
        after=request.GET.get("after", ""),
        size=SIZE,
    )
    counts = casework.case_counts(actor, Filters(**chosen), now=now)
    context = menu(actor, "cases") | {
        "page": page,
        "tabs": _tabs(counts, tab, typed),
        "tab": tab,
        "typed": typed,
        "faults": faults,
        "filtered": bool(chosen),
        "vacant": _vacant_for(actor),
        "more": _query(typed, tab=tab, after=page.next) if page.next else "",
        "first": _query(typed, tab=tab) if request.GET.get("after") else "",
        **_choices(typed),
    }
    return render(request, "cases/list.html", context)


def _vacant_for(actor: Actor) -> list[str]:
    """Roles that nobody holds though notices go to them, for those who would see to it."""
    if not any(grant.role in CONCERNED for grant in actor.grants):
        return []
    return [str(words.ROLES[role]) for role in vacant(TOLD)]


def _chosen(request: HttpRequest) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """The filters as casework takes them, as they were typed, and what could not be read."""
    typed = {
        name: request.GET.get(name, "").strip()
        for name in ("unit", "area", "matter", "urgency", "state")
    }
    chosen: dict[str, Any] = {}
    faults: dict[str, str] = {}
    sources = {
        "unit": choices.unit_names,
        "area": choices.area_names,
        "matter": choices.matter_names,
    }
    for name, names in sources.items():
        if not typed[name]:
            continue
        code = choices.code_of(names(), typed[name])
        if code:
            chosen[name] = code
        else:
            faults[name] = _("没有这一项")
    if typed["urgency"] in words.URGENCY:
        chosen["urgency"] = typed["urgency"]
    if typed["state"] in words.STATES:
        chosen["states"] = (typed["state"],)
    return chosen, typed, faults


def _choices(typed: dict[str, str]) -> dict[str, Any]:
    try:
        here = city.current()
    except NotFound:
        return {}
    return {
        "areas": [
            ("/".join(here.area_name(part) for part in here.area_path(code)[1:]), area.level)
            for code, area in here.areas.items()
            if area.level in ("district", "street")
        ],
        "units": sorted(choices.unit_names()),
        "matters": [
            name for name, code in choices.matter_names().items() if here.matters[code].level < 3
        ],
        "urgencies": [
            (code, words.URGENCY[code])
            for code in ("critical", "urgent", "normal", "complex", "consult")
        ],
    }


def _tabs(counts: Counts, chosen: str, typed: dict[str, str]) -> list[dict[str, Any]]:
    numbers = {"open": counts.open, "late": counts.late, "soon": counts.soon}
    tabs = []
    for name, word, _sets in TABS:
        n = numbers.get(name, counts.by_state.get(name))
        shown = "" if n is None else f"{n:,}" if n < counts.limit else f"{counts.limit:,}+"
        colour = {"late": "vermilion", "soon": "amber"}.get(name, "") if n else ""
        tabs.append(
            {
                "word": word,
                "count": shown,
                "colour": colour,
                "here": name == chosen,
                "query": _query(typed, tab=name),
            }
        )
    return tabs


def _query(typed: dict[str, str], **more: str) -> str:
    return "?" + urlencode({name: value for name, value in {**typed, **more}.items() if value})


@require_safe
@staff
def find_case(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Straight to a case by its number; nothing tells a number that is out of sight from none."""
    number = request.GET.get("q", "").strip()
    try:
        return redirect("case", casework.number_of(casework.case_by_number(number, actor)))
    except NotFound:
        context = menu(actor, "cases") | {"q": number}
        return render(request, "cases/not_found.html", context, status=404)
