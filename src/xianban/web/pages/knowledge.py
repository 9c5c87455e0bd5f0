"""Questions with their answers, to be searched and read: by staff, and by anybody at `/help/`."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from xianban.accounts.api import Actor
from xianban.base.clock import utc_now
from xianban.base.errors import NotFound
from xianban.city import api as city
from xianban.web import markdown
from xianban.web.pages.desk import menu, staff

LONGEST_QUESTION = 100
MOST = 50


@require_safe
@staff
def shelf(request: HttpRequest, actor: Actor) -> HttpResponse:
    return render(request, "knowledge/staff_list.html", menu(actor, "knowledge") | _list(request))


@require_safe
@staff
def entry(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    return render(request, "knowledge/staff_entry.html", menu(actor, "knowledge") | _entry(name))


@require_safe
def public(request: HttpRequest) -> HttpResponse:
    return render(request, "knowledge/public_list.html", {"here": "help"} | _list(request))


@require_safe
def public_entry(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, "knowledge/public_entry.html", {"here": "help"} | _entry(name))


def _list(request: HttpRequest) -> dict[str, Any]:
    """What was searched for, best first; else everything, by the first level of matters."""
    asked = request.GET.get("ask", "").strip()[:LONGEST_QUESTION]
    try:
        here = city.current()
    except NotFound:
        return {"asked": asked, "found": [], "groups": []}
    books, on = here.shelf(get_language() or ""), utc_now().astimezone(here.tz).date()
    found = books.find(asked, on=on, limit=MOST) if asked else []
    groups: dict[str, list[city.Entry]] = {}
    for one in () if asked else books.listed(on=on):
        groups.setdefault(here.matter_path(one.matters[0])[0] if one.matters else "", []).append(
            one
        )
    return {"asked": asked, "found": found, "groups": sorted(groups.items(), key=lambda g: (not g[0], g[0]))}  # fmt: skip


def _entry(name: str) -> dict[str, Any]:
    here = city.current()
    found = here.shelf(get_language() or "").entry(name)
    if found is None or not found.holds(utc_now().astimezone(here.tz).date()):
        raise NotFound("there is no such answer, or it holds no longer; search for another")
    return {
        "entry": found,
        "html": markdown.rendered(found.body),
        "matters": [" / ".join(here.matter_path(code)) for code in found.matters],
        "units": [_unit(here, mark) for mark in found.units],
    }


def _unit(here: city.City, mark: str) -> str:
    kind = mark.removeprefix("kind:")
    return here.unit_kinds.get(kind, kind) if kind != mark else here.unit_name(mark)
