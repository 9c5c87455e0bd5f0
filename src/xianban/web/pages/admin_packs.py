"""City packs: sent in, looked at, loaded or thrown away; what was loaded when, and the one in effect."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xianban.accounts import api as accounts
from xianban.accounts.api import Actor, may_anywhere, note_deed
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.casework import api as casework
from xianban.city import api as city
from xianban.web import words
from xianban.web.pages.admin import frame
from xianban.web.pages.desk import in_the_whole_city, proven, staff
from xianban.web.wording import in_words

MOST_MB = 24
SHOWN = 60  # rows of one table that are drawn
CASE_ROWS = 40
FIELD, ZIP = "files", ".zip"
ORDER = ("duties", "units", "areas", "matters", "settings", "calendar")


def _must_see(actor: Actor) -> None:
    if not may_anywhere(actor, "manage_city"):
        raise NotAllowed("city packs are for administrators and data stewards")


def _must_load(actor: Actor) -> None:
    _must_see(actor)
    if not in_the_whole_city(actor, "manage_city"):
        raise NotAllowed("a pack is of the whole city; ask an administrator of the whole city")


@require_safe
@staff
def packs(request: HttpRequest, actor: Actor) -> HttpResponse:
    return _packs(request, actor)


def _packs(
    request: HttpRequest, actor: Actor, *, fault: str = "", status: int = 200
) -> HttpResponse:
    _must_see(actor)
    loads = list(city.loads())
    drafts = city.drafts()
    names = _names([*(one.actor for one in loads), *(one.actor for one in drafts)])
    context = frame(actor, "packs") | {
        "loads": [
            {
                "load": one,
                "who": names.get(one.actor, _("命令行")),
                "said": [
                    (words.called(words.TABLES, table), counts["added"], counts["closed"])
                    for table, counts in one.counts.items()
                ],
            }
            for one in loads
        ],
        "drafts": [{"draft": one, "who": names.get(one.actor, "")} for one in drafts],
        "fault": fault,
        "most_mb": MOST_MB,
        "may_load": in_the_whole_city(actor, "manage_city"),
    }
    return render(request, "admin/packs.html", context, status=status)


def _names(keys: list[str]) -> dict[str, str]:
    ids = {key: int(key[5:]) for key in keys if key.startswith("user:") and key[5:].isdigit()}
    names = accounts.names_of(ids.values())
    return {key: names.get(number, key) for key, number in ids.items()}


@require_safe
@staff
def loaded(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The pack in effect, as one zip."""
    _must_see(actor)
    here, now = city.current(), utc_now()
    note_deed(actor, "city.export", {"stamp": here.stamp}, now=now)
    return HttpResponse(
        city.loaded_zip(),
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="city-pack-{now.astimezone(here.tz):%Y%m%d}.zip"'
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def take(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A pack that was sent in: a zip, or its files; compared, and kept until it is decided."""
    if request.method != "POST":
        return redirect("packs")
    _must_load(actor)
    try:
        name, files = _sent(request)
        token = city.take_draft(
            files, name=name, acting=actor.key, now=utc_now(), loads=casework.open_loads()
        )
    except BadInput as refusal:
        return _packs(request, actor, fault=in_words(refusal), status=400)
    return redirect("pack", token)


def _sent(request: HttpRequest) -> tuple[str, Mapping[str, bytes]]:
    sent = request.FILES.getlist("pack")
    if not sent:
        raise BadInput("choose the zip of a pack, or its files")
    if sum(one.size or 0 for one in sent) > MOST_MB * 2**20:
        raise BadInput(f"a pack has at most {MOST_MB} MB to send; zip its folder")
    first = sent[0]
    if len(sent) == 1 and (first.name or "").lower().endswith(ZIP):
        return (first.name or "")[: -len(ZIP)], city.unzip(first.read())
    return _("选中的文件"), city.chosen((one.name or "", one.read()) for one in sent)


@require_safe
@staff
def draft(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    return _draft(request, actor, token)


def _draft(
    request: HttpRequest, actor: Actor, token: str, *, fault: str = "", status: int = 200
) -> HttpResponse:
    _must_see(actor)
    one, now = city.draft(token), utc_now()
    found = one.found
    context = frame(actor, "packs") | {
        "draft": one,
        "found": found,
        "who": _names([one.actor]).get(one.actor, ""),
        "fault": fault,
        "faults": found["faults"][:SHOWN],
        "remarks": found["remarks"][:SHOWN],
        "today": _today(now),
    }
    if found["sound"]:
        context |= {
            "tables": [_table(table) for table in _ordered(found["tables"])],
            "findings": _findings(found),
            "lost": _lost(found),
            "moved": [_moved(row) for row in found["moved"][:SHOWN]],
            "more_moved": max(0, len(found["moved"]) - SHOWN),
            "limits_change": _limits_change(found),
        }
    return render(request, "admin/pack.html", context, status=status)


def _today(now: datetime) -> date | None:
    try:
        return now.astimezone(city.current().tz).date()
    except NotFound:
        return None


def _ordered(tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(
        tables, key=lambda one: ORDER.index(one["table"]) if one["table"] in ORDER else len(ORDER)
    )


def _table(table: dict[str, Any]) -> dict[str, Any]:
    return table | {
        "word": words.called(words.TABLES, table["table"]),
        "rows": [_row(table["table"], row) for row in table["rows"][:SHOWN]],
        "hidden": table["added"] + table["changed"] + table["retired"] - min(SHOWN, len(table["rows"])),
    }  # fmt: skip


def _row(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row that differs, with names beside codes."""
    return {
        "chip": words.PACK_CHANGES[row["how"]],
        "row": row["row"],
        "named": _named(table, row["key"], row["name"]),
        "key": " · ".join(part for part in row["key"] if part),
        "fields": [
            {
                "word": words.called(words.PACK_FIELDS, field["field"]),
                "old": _value(field["field"], field["old"]),
                "new": _value(field["field"], field["new"]),
            }
            for field in row["fields"]
        ],
    }


def _named(table: str, key: list[str], name: str) -> str:
    try:
        here = city.current()
    except NotFound:
        return name
    if table == "duties":
        where = here.area_name(key[1]) if key[1] else _("全市")
        return f"{here.matter_name(key[0])} · {where} → {_value('lead', name)}"
    if table == "shapes":
        return here.area_name(key[0])
    if table == "settings":
        return ""
    return name


def _value(field: str, value: str) -> str:
    """A value of a field with the name of what its code means."""
    try:
        here = city.current()
    except NotFound:
        return value
    if field == "lead" or field == "co_units":
        return _("、").join(_unit(here, mark) for mark in value.split(";") if mark)
    if field == "area" and value:
        return here.area_name(value)
    if field in ("matter", "parent") and value:
        return here.matter_name(value)
    return value


def _unit(here: city.City, mark: str) -> str:
    mark = mark.strip()
    if mark.startswith("kind:"):
        kind = mark.removeprefix("kind:")
        return _("各地的%(kind)s") % {"kind": here.unit_kinds.get(kind, kind)}
    return here.unit_name(mark)


def _findings(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Gaps and overlaps that the pack opens or closes."""
    shown = []
    for name in ("gaps_opened", "overlaps_opened", "gaps_closed", "overlaps_closed"):
        rows = found[name]["rows"]
        if not rows:
            continue
        shown.append(
            {
                "chip": words.PACK_FINDINGS[name],
                "count": found[name]["count"],
                "rows": [_finding(row) for row in rows[:SHOWN]],
            }
        )
    return shown


def _finding(row: Mapping[str, Any]) -> str:
    here = city.current()
    if "leads" in row:
        leads = _("、").join(_unit(here, mark) for mark in row["leads"])
        where = here.area_name(row["area"]) if row["area"] else _("全市")
        return f"{here.matter_name(row['matter'])} · {where}{_('：')}{leads}"
    return f"{row['matter_name']} · {row['area_name']}"


def _lost(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Open cases whose unit, area or matter would be gone."""
    here = city.current()
    names = {"units": here.unit_name, "areas": here.area_name, "matters": here.matter_name}
    field = {"units": "unit", "areas": "area", "matters": "matter"}
    return [
        {
            "chip": words.PACK_LOST[kind],
            "name": names[kind](row["code"]),
            "cases": row["cases"],
            "url": f"{reverse('cases')}?{urlencode({field[kind]: row['code']})}",
        }
        for kind, rows in found["lost"].items()
        for row in rows
    ]


def _moved(row: Mapping[str, Any]) -> dict[str, Any]:
    here = city.current()
    kept = {"unit": row["unit"], "matter": row["matter"], "area": row["area"]}
    return {
        "matter": here.matter_name(row["matter"]),
        "area": here.area_name(row["area"]) if row["area"] else _("地点不明"),
        "old": here.unit_name(row["unit"]),
        "new": here.unit_name(row["new"]) if row["new"] else _("没有人主办"),
        "cases": row["cases"],
        "url": f"{reverse('cases')}?{urlencode({k: v for k, v in kept.items() if v})}",
    }


def _limits_change(found: Mapping[str, Any]) -> bool:
    """Whether limits differ: those hold for new cases only."""
    return any(
        field["field"] in ("limit", "contact_limit")
        or (table["table"] == "settings" and row["key"][0].startswith("limits"))
        for table in found["tables"]
        for row in table["rows"]
        for field in (row["fields"] or [{"field": ""}])
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff
@proven
def load(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """Put a pack to use, as it was looked at."""
    if request.method != "POST":
        return redirect("pack", token)
    _must_load(actor)
    said = request.POST.get("effective", "").strip()
    try:
        effective = parse_date(said) if said else None
        if said and effective is None:
            raise ValueError(said)
        done = city.load_draft(token, acting=actor.key, now=utc_now(), effective=effective)
    except ValueError:
        return _draft(request, actor, token, fault=_("日期写成 2026-11-02 这样。"), status=400)
    except (BadInput, WrongState) as refusal:
        return _draft(request, actor, token, fault=in_words(refusal), status=400)
    if done.changed:
        told = _("已装入第 %(n)s 版，%(day)s 起生效。") % {"n": done.number, "day": done.effective}
    else:
        told = _("这就是现在用的城市包，没有变化。")
    messages.success(request, told, extra_tags="good")
    return redirect("packs")


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def back(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """An earlier pack to look at again, and to load if what came after it is to be undone."""
    if request.method != "POST":
        return redirect("packs")
    _must_load(actor)
    token = city.draft_of_load(number, acting=actor.key, now=utc_now(), loads=casework.open_loads())
    return redirect("pack", token)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def act(request: HttpRequest, actor: Actor, token: str, verb: str) -> HttpResponse:
    if request.method != "POST":
        return redirect("pack", token)
    _must_load(actor)
    if verb == "drop":
        city.drop_draft(token)
        messages.success(request, _("已丢弃，正在用的城市包没有变。"), extra_tags="good")
        return redirect("packs")
    if verb != "again":
        raise NotFound("there is no such act")
    city.look_again(token, now=utc_now(), loads=casework.open_loads())
    return redirect("pack", token)
