"""Where time goes: how long each stage takes, by unit, area and matter; and the bottleneck in a sentence."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from xianban.accounts.api import Actor
from xianban.base.clock import utc_now
from xianban.base.errors import NotFound
from xianban.city import api as city
from xianban.command import api as command
from xianban.command.api import Scope, StageSeen, StageTable
from xianban.web import words
from xianban.web.charts import Chart, Series
from xianban.web.pages.desk import menu, staff

WITHIN = (
    ("unit", gettext_lazy("按单位")),
    ("area", gettext_lazy("按区域")),
    ("matter", gettext_lazy("按事项")),
)
HOUR_S = 3600.0
MOST_PARTS = 20


@require_safe
@staff
def stages(request: HttpRequest, actor: Actor) -> HttpResponse:
    command.must_oversee(actor)
    now, here = utc_now(), city.current()
    periods = command.stage_periods(now.astimezone(here.tz).date())
    scope = scope_of(request, actor)
    if not periods or scope is None:
        return render(request, "command/no_stages.html", menu(actor, "command"))
    month = now.astimezone(here.tz).strftime("%Y-%m")
    usual = month if month in periods else next((p for p in periods if "W" not in p), periods[0])
    period = request.GET.get("period", "") if request.GET.get("period") in periods else usual
    within = request.GET.get("within", "unit")
    within = within if within in dict(WITHIN) else "unit"
    table = command.stage_table(actor, period, by=scope.by, code=scope.code, within=within)
    slow = next((one for one in table.stages if one.stage == table.slowest), None)
    asked = {"period": period, "by": scope.by, "code": scope.code, "within": within}
    parts = _parts(table, within, period)
    context = menu(actor, "command") | {
        "table": table,
        "scope": scope,
        "scopes": command.scopes(actor, here),
        "periods": periods,
        "period": period,
        "slow": slow,
        "said": bottleneck_said(slow),
        "rows": [(one, _visits(period, one.stage, scope.by, scope.code)) for one in table.stages],
        "tabs": [
            {"word": word, "query": "?" + urlencode({**asked, "within": name}), "here": name == within}
            for name, word in WITHIN
        ],
        "within": within,
        "columns": _columns(table),
        "parts": parts if request.GET.get("all") else parts[:MOST_PARTS],
        "all_parts": "?" + urlencode({**asked, "all": 1}) if len(parts) > MOST_PARTS and not request.GET.get("all") else "",
        "n_parts": len(parts),
        "shares": _shares(table),
        "trend": _trend(table, table.slowest),
    }  # fmt: skip
    return render(request, "command/stages.html", context)


def scope_of(request: HttpRequest, actor: Actor) -> Scope | None:
    """The scope that is asked for, or the widest of the actor; NotFound where it is out of sight."""
    here = city.current()
    own = command.scopes(actor, here)
    by, code = request.GET.get("by", ""), request.GET.get("code", "")
    if by in ("area", "unit", "matter") and code:
        names = {"area": here.area_name, "unit": here.unit_name, "matter": here.matter_name}
        return Scope(by, code, names[by](code))
    return own[0] if own else None


def bottleneck_said(slow: StageSeen | None) -> str:
    """The bottleneck in one sentence, with its evidence."""
    if slow is None:
        return ""
    return _(
        "最耗时的环节是“%(stage)s”：占全部等待的 %(share)d%%，%(n)s 次，一半在 %(median)s内，最慢的一成超过 %(p90)s。"
    ) % {
        "stage": words.STAGES[slow.stage],
        "share": round(100 * slow.share),
        "n": f"{slow.n:,}",
        "median": hours_said(slow.median_s),
        "p90": hours_said(slow.p90_s),
    }


def hours_said(seconds: float) -> str:
    """A length of time, exact enough to compare: 12 分钟, 3.4 小时, 2.1 天."""
    if seconds < HOUR_S:
        return ngettext("%(n)d 分钟", "%(n)d 分钟", round(seconds / 60)) % {
            "n": round(seconds / 60)
        }
    if seconds < 48 * HOUR_S:
        return _("%(n)s 小时") % {"n": f"{seconds / HOUR_S:.1f}"}
    return _("%(n)s 天") % {"n": f"{seconds / HOUR_S / 24:.1f}"}


def _visits(period: str, stage: str, by: str, code: str) -> str:
    return reverse("visits", args=[period, stage]) + "?" + urlencode({"by": by, "code": code})


def _columns(table: StageTable) -> list[str]:
    """The stages that any of the parts has."""
    return [
        one.stage for one in table.stages if any(one.stage in found for _, found in table.within)
    ]


def _parts(table: StageTable, within: str, period: str) -> list[dict[str, Any]]:
    columns = _columns(table)
    return [
        {
            "name": name.name,
            "cells": [
                (found.get(stage), _visits(period, stage, within, name.code) if stage in found else "", words.STAGES[stage])
                for stage in columns
            ],
            "slow": max(found.values(), key=lambda one: one.share).stage,
        }
        for name, found in table.within
    ]  # fmt: skip


def _shares(table: StageTable) -> Chart:
    ordered = sorted(table.stages, key=lambda one: -one.share)
    return Chart(
        "shares",
        _("等待都花在哪里"),
        x=_("环节"),
        rows=[(words.called(words.STAGES, one.stage), one.share) for one in ordered],
        series=(Series(_("占全部等待"), 1, look="bars"),),
        lying=True,
        percent=True,
    )


def _trend(table: StageTable, stage: str) -> Chart:
    rows = []
    for week, found in table.weeks:
        one = found.get(stage)
        rows.append((week[5:], one.median_s / HOUR_S if one else None, one.p90_s / HOUR_S if one else None))  # fmt: skip
    name = words.called(words.STAGES, stage)
    return Chart(
        "trend",
        _("%(stage)s：近八周") % {"stage": name},
        x=_("周"),
        rows=rows,
        series=(
            Series(_("中位"), 1),
            Series(_("最慢一成"), 2, colour="amber"),
        ),
        unit=_("小时"),
    )


@require_safe
@staff
def visits(request: HttpRequest, actor: Actor, period: str, stage: str) -> HttpResponse:
    """The visits behind a figure, the longest first."""
    command.must_oversee(actor)
    scope = scope_of(request, actor)
    if scope is None:
        raise NotFound("there is no such figure, or none that you may see; check the address")
    after = request.GET.get("after", "")
    page = command.visits(actor, period, stage=stage, by=scope.by, code=scope.code, after=after)
    table = command.stage_table(actor, period, by=scope.by, code=scope.code)
    one = next((s for s in table.stages if s.stage == stage), None)
    kept = {"by": scope.by, "code": scope.code}
    context = menu(actor, "command") | {
        "page": page,
        "one": one,
        "stage": stage,
        "scope": scope,
        "period": period,
        "back": reverse("stages") + "?" + urlencode({**kept, "period": period}),
        "more": "?" + urlencode({**kept, "after": page.next}) if page.next else "",
        "first": "?" + urlencode(kept) if after else "",
    }
    return render(request, "command/visits.html", context)
