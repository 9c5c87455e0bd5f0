"""Every part of the visual language in every state, to look at and to copy from. No data."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from xianban.base.clock import utc_now
from xianban.web import words
from xianban.web.charts import Chart, Series
from xianban.web.menu import PAGES
from xianban.web.vendoring import ICONS

HOUR = timedelta(hours=1)


class Sample(forms.Form):
    """A field of each kind."""

    text = forms.CharField(
        label=gettext_lazy("什么事"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("请写下发生了什么。")},
    )
    place = forms.CharField(
        label=gettext_lazy("在哪里"), required=False, max_length=9,
        error_messages={"max_length": gettext_lazy("地点请控制在 200 字以内。")},
    )  # fmt: skip
    unit = forms.ChoiceField(
        label=gettext_lazy("承办单位"),
        choices=[("", "—"), ("1", gettext_lazy("单位"))],
        error_messages={"required": gettext_lazy("请选择")},
    )
    solved = forms.ChoiceField(
        label=gettext_lazy("解决了没有"), widget=forms.RadioSelect,
        choices=[("yes", gettext_lazy("解决了")), ("no", gettext_lazy("没有解决"))],
        error_messages={"required": gettext_lazy("请选择")},
    )  # fmt: skip
    urgent = forms.BooleanField(label=gettext_lazy("紧急"), required=False)


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    now = utc_now()
    bad = Sample({"bad-place": "x" * 10}, prefix="bad")
    context = {
        "menu_pages": PAGES,
        "here": "style",
        "colours": [
            ("ink", _("文字")), ("blue", _("可以做的")), ("jade", _("做到的")), ("amber", _("快到期")),
            ("vermilion", _("已超期")), ("violet", _("系统推测的")),
        ],
        "states": list(words.STATES),
        "task_states": list(words.TASK_STATES),
        "clocks": _clocks(now),
        "earlier": now - 5 * HOUR,
        "form": Sample(),
        "bad": bad,
        "table": [(word, n, n / 400) for n, word in ((312, _("街道")), (48, _("社区")), (9, _("网格")))],
        "tabs_shown": [
            {"word": _("在办"), "query": "?tab=open", "here": True, "count": "312", "colour": ""},
            {"word": _("已超期"), "query": "?tab=late", "here": False, "count": "7", "colour": "vermilion"},
            {"word": _("快到期"), "query": "?tab=soon", "here": False, "count": "41", "colour": "amber"},
            {"word": _("已了结"), "query": "?tab=ended", "here": False},
        ],
        "chart": _line(),
        "bars": _bars(),
        "icons": ICONS,
    }  # fmt: skip
    return render(request, "look/style.html", context)


def _clocks(now: datetime) -> list[Any]:
    """A clock in each of its states."""

    def clock(verdict: str, gone: float, left: float, *, unit: str = "", ended: bool = False) -> Any:  # fmt: skip
        return SimpleNamespace(
            verdict=verdict,
            started_at=now - gone * HOUR,
            due_at=now + left * HOUR,
            unit=SimpleNamespace(name=unit),
            ended_at=now - HOUR if ended else None,
            paused_at=now - 2 * HOUR if verdict == "paused" else None,
        )

    return [
        clock("running", 2, 22.5),
        clock("running", 20, 2.5),
        clock("overdue", 30, -3),
        clock("paused", 8, 10, unit=_("诉求人")),
        clock("met", 20, 4, ended=True),
        clock("missed", 40, -9, ended=True),
    ]


def _line() -> Chart:
    heard = (14, 12, 17, 15, 13, 22, 26, None, None)
    expected = (13.5, 13.2, 14.8, 14.1, 13.7, 14.9, 15.2, 14.4, 13.9)
    rows = [
        (f"11-{day:02}", n, mean, mean - 4, mean + 5)
        for day, (n, mean) in enumerate(zip(heard, expected, strict=True), start=1)
    ]
    series = (
        Series(_("实际"), 1),
        Series(_("预计"), 2, look="expected", colour="violet", band=(3, 4)),
    )
    return Chart("style-line", _("每日诉求"), x=_("日期"), rows=rows, series=series, unit=_("件"), today="11-07")  # fmt: skip


def _bars() -> Chart:
    rows = [(_("街道"), 312), (_("社区"), 48), (_("网格"), 9)]
    return Chart("style-bars", _("在办"), x=_("单位"), rows=rows, series=(Series(_("在办"), 1, look="bars"),), lying=True)  # fmt: skip
