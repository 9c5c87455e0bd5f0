"""Replays in words: what followed a warning beside what is usual, by the rule that was fixed before."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xianban.web.charts import Chart, Series
from xianban.web.moments import thousands
from xianban.web.warned import amount
from xianban.web.words import Chip

VERDICTS: Mapping[str, Chip] = {
    "yes": Chip(gettext_lazy("后来证实"), "circle-check", "jade"),
    "no": Chip(gettext_lazy("没有证实"), "x", "grey"),
    "open": Chip(gettext_lazy("还看不出"), "hourglass", "grey"),
}
NOTHING: Promise = gettext_lazy("按日历提出的准备，不判定。")


def look_of(borne_out: bool | None) -> str:
    return {True: "yes", False: "no", None: "open"}[borne_out]


def chip_of(borne_out: bool | None) -> Chip:
    return VERDICTS[look_of(borne_out)]


def verdict_said(one: Any) -> str:
    """What came in the days after, beside what is usual."""
    if one.method == "season":
        return str(NOTHING)
    return _("此后两周又有 %(came)s 人反映，平常约 %(usual)s") % {
        "came": thousands(one.came),
        "usual": amount(one.usual),
    }


def rule_said(rule: Mapping[str, Any]) -> str:
    """The rule of the verdict, whole: it was fixed before anything was looked at."""
    return _(
        "入选那天起数 %(after)s 天里反映同一事项的人，入选前的不算。平常取两者中大的：开始前 %(before)s 天的水平，"
        "和上一年同一时候的水平。比平常多 %(grew)d%% 以上，并且纯属偶然的可能不到 %(chance)d%%，就算后来证实。"
    ) % {
        "after": rule["after_days"],
        "before": rule["before_days"],
        "grew": round(100 * (rule["grew"] - 1)),
        "chance": round(100 * rule["chance"]),
    }


def per_day(totals: Mapping[str, Any]) -> float | None:
    return totals["raised"] / totals["days"] if totals.get("days") else None


def months_chart(months: Sequence[Any]) -> Chart | None:
    """Warnings of each month: borne out or not, and those that cannot be said yet."""
    if not months:
        return None
    return Chart(
        "months",
        _("每月会有多少预警"),
        x=_("月"),
        rows=[(f"{one.first:%Y-%m}", one.raised, one.borne_out) for one in months],
        series=(
            Series(_("预警"), 1, look="bars", colour="violet"),
            Series(_("其中后来证实"), 2, look="bars", colour="jade"),
        ),
        unit=_("条"),
        note=_("紫色是预警，绿色是其中后来证实的。"),
    )


def before_chart(series: Mapping[str, Any]) -> Chart | None:
    """The days up to the warning, as they were known on that morning."""
    dates = series.get("dates") or ()
    if not dates:
        return None
    expected, upper = series.get("expected") or (), series.get("upper") or ()
    rows = [
        (
            f"{date.fromisoformat(day):%m-%d}",
            series["observed"][n],
            expected[n] if n < len(expected) else None,
            0 if n < len(upper) and upper[n] is not None else None,
            upper[n] if n < len(upper) else None,
        )
        for n, day in enumerate(dates)
    ]
    lines = [Series(_("反映"), 1)]
    if expected:
        lines.append(Series(_("平常"), 2, look="expected", colour="grey", band=(3, 4)))
    return Chart(
        "before", _("到那天早上为止"), x=_("日期"), rows=rows, series=lines, unit=_("人"),
        note=_("灰色阴影以内都算平常。只用当时已知的。"),
    )  # fmt: skip


def after_chart(after: Mapping[str, Any]) -> Chart | None:
    """What followed, which nobody knew then."""
    dates = after.get("dates") or ()
    if not dates:
        return None
    return Chart(
        "after",
        _("此后四周"),
        x=_("日期"),
        rows=[
            (f"{date.fromisoformat(day):%m-%d}", after["observed"][n], after["usual"])
            for n, day in enumerate(dates)
        ],
        series=(
            Series(_("反映"), 1, look="bars", colour="jade"),
            Series(_("平常"), 2, look="expected", colour="grey"),
        ),
        unit=_("人"),
        note=_("当时没有人知道，只用来判定。"),
    )
