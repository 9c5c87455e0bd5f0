"""The list of cases: tabs, filters, pages; what is due first stands first. And what was searched for."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from xianban.accounts.api import Actor, Role, may_anywhere, vacant
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotFound
from xianban.casework import api as casework
from xianban.casework.api import Counts, Filters
from xianban.city import api as city
from xianban.residents import api as residents
from xianban.web import choices, words
from xianban.web.pages.desk import menu, staff
from xianban.web.pages.views import address_of
from xianban.web.verbs import verb_of
from xianban.web.wording import in_words

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
    ("all", gettext_lazy("全部"), {"order": "newest"}),
)
SIZE = 50
TOLD = (Role.DISPATCHER, Role.SUPERVISOR)  # by role, whoever holds it
CONCERNED = (Role.ADMINISTRATOR, Role.DISPATCHER, Role.SUPERVISOR)
LOCAL_NUMBER = re.compile(r"[1-9]\d{6,7}")  # without its area code: perhaps a telephone


@require_safe
@staff
def cases(request: HttpRequest, actor: Actor) -> HttpResponse:
    now = utc_now()
    named = casework.views_of(actor)
    first = next((view for view in named if view.first), None)
    if not request.GET and first:
        return redirect("/cases/" + address_of(first))
    chosen, typed, faults = _chosen(request, actor)
    tab = request.GET.get("tab", "open")
    if typed["q"]:
        return _searched(request, actor, now)
    page = casework.case_list(
        actor,
        Filters(**{**chosen, **_settings(tab)}),
        now=now,
        after=request.GET.get("after", ""),
        size=SIZE,
    )
    counts = casework.case_counts(actor, Filters(**chosen), now=now)
    context = menu(actor, "cases") | {
        "page": page,
        "tabs": _tabs(counts, tab, typed),
        "tab": tab,
        **_takes_away(actor, typed, tab=tab),
        "typed": typed,
        "faults": faults,
        "filtered": bool(chosen),
        "vacant": _vacant_for(actor),
        "ticks": may_anywhere(actor, "sign"),
        "batch_verbs": [(verb, _batch_word(verb)) for verb in casework.BATCHABLE],
        "views": [(view, address_of(view)) for view in named],
        "view_key": int(request.GET["view"]) if request.GET.get("view", "").isdigit() else 0,
        "asks": _query(typed, tab=tab),
        "more": _query(typed, tab=tab, after=page.next) if page.next else "",
        "first": _query(typed, tab=tab) if request.GET.get("after") else "",
        **_choices(typed),
    }
    return render(request, "cases/list.html", context)


def _batch_word(verb: str) -> str:
    return _("记“没联系上”") if verb == "contact" else str(verb_of(verb).label)


def _vacant_for(actor: Actor) -> list[str]:
    """Roles that nobody holds though notices go to them, for those who would see to it."""
    if not any(grant.role in CONCERNED for grant in actor.grants):
        return []
    return [str(words.ROLES[role]) for role in vacant(TOLD)]


def _searched(request: HttpRequest, actor: Actor, now: datetime) -> HttpResponse:
    """What was found, in whatever state, the newest first; filters narrow it."""
    chosen, typed, faults = _chosen(request, actor)
    after = request.GET.get("after", "")
    found, fault = None, ""
    try:
        found = casework.case_search(
            actor, typed["q"], Filters(**chosen), now=now, after=after, size=SIZE
        )
    except BadInput as refusal:
        fault = in_words(refusal)
    context = menu(actor, "cases") | {
        "page": found,
        "q": typed["q"],
        "fault": fault,
        "typed": typed,
        "faults": faults,
        "filtered": bool(chosen),
        "states": [(code, chip.word) for code, chip in words.STATES.items()],
        "more": _query(typed, after=found.next) if found and found.next else "",
        "first": _query(typed) if after else "",
        "unfiltered": _query({"q": typed["q"]}),
        "maybe_phone": may_anywhere(actor, "find_person")
        and bool(LOCAL_NUMBER.fullmatch(residents.phone_of(typed["q"]))),
        **_takes_away(actor, typed),
        **_choices(typed),
    }
    return render(request, "cases/found.html", context, status=400 if fault else 200)


def _takes_away(actor: Actor, typed: dict[str, str], **more: str) -> dict[str, Any]:
    """What the links to the list as a file need, for those who may take it away."""
    return {"may_export": may_anywhere(actor, "export"), "export_query": _query(typed, **more)}


def asked_for(request: HttpRequest, actor: Actor) -> tuple[Filters, str]:
    """The filters and the words of a list that is to become a file."""
    chosen, typed, faults = _chosen(request, actor)
    if faults:
        raise BadInput("there is no area, matter or unit of that name; choose from the list")
    settings = {} if typed["q"] else _settings(request.GET.get("tab", "open"))
    return Filters(**{**chosen, **settings}), typed["q"]


def _settings(tab: str) -> dict[str, Any]:
    return next((sets for name, _word, sets in TABS if name == tab), {})


def _chosen(
    request: HttpRequest, actor: Actor
) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """The filters as casework takes them, as they were typed, and what could not be read."""
    typed = {
        name: request.GET.get(name, "").strip()
        for name in (
            "q",
            "unit",
            "area",
            "matter",
            "urgency",
            "state",
            "who",
            "order",
            "from",
            "to",
        )
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
    if typed["who"] == "me":
        chosen["assignee"] = actor.id
    if typed["order"] == "newest":
        chosen["order"] = "newest"
    if typed["state"] in words.STATES:
        chosen["states"] = (typed["state"],)
    chosen |= _days(typed, faults)
    return chosen, typed, faults


def _days(typed: dict[str, str], faults: dict[str, str]) -> dict[str, datetime]:
    """The days on which they came in: from the first until the end of the last."""
    found: dict[str, datetime] = {}
    for name, column, more in (("from", "received_from", 0), ("to", "received_until", 1)):
        if not typed[name]:
            continue
        try:
            day = date.fromisoformat(typed[name]) + timedelta(days=more)
        except (ValueError, OverflowError):
            faults[name] = _("请写成 2026-11-02 这样的日期")
            continue
        found[column] = datetime.combine(day, time(), tzinfo=city.current().tz)
    return found


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
