"""Today: a handler's or grid worker's own work, by what is due first, the next act at the thumb."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from xianban.accounts.api import Actor
from xianban.base.clock import utc_now
from xianban.casework import api as casework
from xianban.casework.api import Day, WorkRow
from xianban.web.pages.desk import menu, staff
from xianban.web.verbs import verb_of

# group: (word, icon, tone, what stands there when it is empty and alone)
GROUPS: dict[str, tuple[Promise, str, str]] = {
    "late": (gettext_lazy("已超期"), "alert-triangle", "vermilion"),
    "returned": (gettext_lazy("退回整改"), "refresh-alert", "vermilion"),
    "today": (gettext_lazy("今天到期"), "clock", "amber"),
    "owed": (gettext_lazy("我要答复的协办"), "users", "blue"),
    "week": (gettext_lazy("七天内到期"), "calendar-plus", "plain"),
    "waiting": (gettext_lazy("等别人"), "clock-pause", "plain"),
}
HOLDERS = {
    "desk": gettext_lazy("派单台"),
    "follow_up": gettext_lazy("回访"),
    "resident": gettext_lazy("诉求人"),
}
SIZE, ALONE = 8, 50


@require_safe
@staff
def today(request: HttpRequest, actor: Actor) -> HttpResponse:
    group = request.GET.get("group", "")
    group = group if group in GROUPS else ""
    mine = request.GET.get("who") == "me"
    day = casework.working_day(
        actor, now=utc_now(), mine=mine, group=group, size=ALONE if group else SIZE
    )
    context = menu(actor, "today") | {
        "tiles": _tiles(day, group, mine),
        "groups": [shown for name in GROUPS if (shown := _group(day, name, mine))["entries"]],
        "alone": bool(group),
        "who": [
            {"word": _("本单位"), "query": _query(group, False), "here": not mine},
            {"word": _("我的"), "query": _query(group, True), "here": mine},
        ],
        "everything": _query("", mine),
        "idle": not any(day.counts.values()),
        "works": bool(actor.grants),
    }
    return render(request, "handler/today.html", context)


def _query(group: str, mine: bool) -> str:
    asked = {"group": group, "who": "me" if mine else ""}
    return "?" + urlencode({name: value for name, value in asked.items() if value})


def _tiles(day: Day, group: str, mine: bool) -> list[dict[str, Any]]:
    """A count for each group, which shows it alone; pressed again, all of them."""
    return [
        {
            "word": word,
            "count": _count(day.counts[name], day.limit),
            "tone": tone if day.counts[name] else "plain",
            "icon": icon,
            "here": name == group,
            "query": _query("" if name == group else name, mine),
        }
        for name, (word, icon, tone) in GROUPS.items()
    ]


def _count(n: int, limit: int) -> str:
    return f"{n:,}" if n < limit else f"{limit:,}+"


def _group(day: Day, name: str, mine: bool) -> dict[str, Any]:
    word, icon, tone = GROUPS[name]
    if name == "owed":
        entries = [
            {"row": one.row, "owed": one, "act": verb_of("answer_task"), "verb": "answer_task"}
            for one in day.owed
        ]
    else:
        entries = [_entry(one) for one in day.groups.get(name, ())]
    return {
        "name": name,
        "word": word,
        "icon": icon,
        "tone": tone,
        "entries": entries,
        "rest": max(0, day.counts[name] - len(entries)),
        "query": _query(name, mine),
    }


def _entry(one: WorkRow) -> dict[str, Any]:
    """A row, its next act, and who has the ball where that is somebody else."""
    holder = "follow_up" if one.holder == "desk" and one.row.state == "reported" else one.holder
    elsewhere = "" if one.next else str(HOLDERS.get(holder, "")) or one.holding.name
    helper = one.holder == "unit" and one.holding.code not in ("", one.row.unit.code)
    return {
        "row": one.row,
        "verb": one.next,
        "act": verb_of(one.next) if one.next else None,
        "at_once": one.next == "sign",
        "ball": one.holding.name if helper else elsewhere,
    }
