"""Warnings put into words: what is more than usual, what is to come, how sure, what was done. No drama."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xianban.city import api as city
from xianban.prevention.api import ActShown, Record, WarningRow
from xianban.web import choices
from xianban.web.charts import Chart, Series
from xianban.web.moments import thousands
from xianban.web.words import Chip

STANDS: Mapping[str, Chip] = {
    "new": Chip(gettext_lazy("待研判"), "sparkles", "violet"),
    "watching": Chip(gettext_lazy("观察中"), "eye", "blue"),
    "confirmed": Chip(gettext_lazy("已确认"), "check", "blue"),
    "ordered": Chip(gettext_lazy("已先办"), "send", "jade"),
    "dismissed": Chip(gettext_lazy("误报"), "x", "grey"),
}
SHOWN: Mapping[str, Chip] = {
    "left_out": Chip(gettext_lazy("未入选"), "list", "grey"),
    "explained": Chip(gettext_lazy("已有解释"), "info-circle", "grey"),
    "silent": Chip(gettext_lazy("试用中"), "hourglass", "grey"),
}
METHODS: Mapping[str, Promise] = {
    "daily": gettext_lazy("某天比平常多"),
    "weekly": gettext_lazy("几周来持续上升"),
    "cluster": gettext_lazy("相邻几处同时增多"),
    "issue": gettext_lazy("几个人说同一件事"),
    "recurrence": gettext_lazy("办结后又出现"),
    "gathering": gettext_lazy("同一处几个人反映"),
    "relapse": gettext_lazy("答复后同一处又有人反映"),
    "risk": gettext_lazy("下周可能出现"),
    "season": gettext_lazy("每年这时都有"),
}
LISTS: Mapping[str, Promise] = {
    "forming": gettext_lazy("正在形成"),
    "waiting": gettext_lazy("待研判"),
    "watching": gettext_lazy("观察"),
    "confirmed": gettext_lazy("已确认"),
    "being_done": gettext_lazy("正在先办"),
    "measured": gettext_lazy("已测效果"),
    "left_out": gettext_lazy("未入选"),
    "explained": gettext_lazy("已有解释"),
    "dismissed": gettext_lazy("误报"),
    "ended": gettext_lazy("已平息"),
    "all": gettext_lazy("全部"),
}
FIGURES: Mapping[str, Promise] = {  # of a round
    "found": gettext_lazy("看到"),
    "new": gettext_lazy("新的"),
    "raised": gettext_lazy("入选"),
    "left_out": gettext_lazy("未入选"),
    "explained": gettext_lazy("已有解释"),
    "ended": gettext_lazy("平息"),
}
ORDERS: Mapping[str, Promise] = {
    "harm": gettext_lazy("先办能少多少"),
    "new": gettext_lazy("最新"),
    "people": gettext_lazy("人数"),
    "sure": gettext_lazy("把握"),
}
REASONS: Mapping[str, Promise] = {
    "chance": gettext_lazy("偶然波动"),
    "known": gettext_lazy("已知原因"),
    "not_ours": gettext_lazy("不归政府管"),
    "duplicate": gettext_lazy("与另一条重复"),
    "counting": gettext_lazy("统计口径造成"),
    "other": gettext_lazy("其他"),
}
OUTCOMES: Mapping[str, Promise] = {
    "real": gettext_lazy("属实"),
    "empty": gettext_lazy("到场没有发现问题"),
}
VERSION_STATES: Mapping[str, Chip] = {
    "champion": Chip(gettext_lazy("在用"), "circle-check", "jade"),
    "challenger": Chip(gettext_lazy("试用"), "hourglass", "violet"),
    "retired": Chip(gettext_lazy("停用"), "archive", "grey"),
}
ORIGINS: Mapping[str, Promise] = {
    "pack": gettext_lazy("城市配置"),
    "person": gettext_lazy("人工调整"),
    "tuning": gettext_lazy("按记录自动提出"),
}
KEYS: Mapping[str, Promise] = {  # of a detector's configuration
    "fdr": gettext_lazy("误报比例上限"),
    "least": gettext_lazy("至少几人"),
    "window_days": gettext_lazy("看最近几天"),
    "look_back_days": gettext_lazy("对照多少天"),
    "ends_after_days": gettext_lazy("几天没有就算平息"),
    "most": gettext_lazy("每轮至多几条"),
}
ACTS: Mapping[str, Promise] = {
    "find": gettext_lazy("发现：%(observed)s 人反映，平常约 %(expected)s"),
    "raise": gettext_lazy("入选预警名单"),
    "join": gettext_lazy("“%(detector)s”也看到了"),
    "grow": gettext_lazy("还在增多：从 %(from)s 人到 %(to)s 人"),
    "return": gettext_lazy("又回来了：现在 %(people)s 人，研判时 %(then)s 人"),
    "resume": gettext_lazy("平息后又出现：%(observed)s 人"),
    "end": gettext_lazy("平息：最多时 %(people)s 人"),
    "confirm": gettext_lazy("确认属实，待安排"),
    "watch": gettext_lazy("继续观察"),
    "dismiss": gettext_lazy("判为误报"),
    "reconsider": gettext_lazy("重新研判"),
    "conclude": gettext_lazy("记下结论"),
    "note": gettext_lazy("补充说明"),
    "order": gettext_lazy("先办：立案，交%(lead)s"),
    "answered": gettext_lazy("案件已答复"),
    "closed": gettext_lazy("案件已了结"),
    "measure": gettext_lazy("测量效果：第 %(weeks)s 周，共 %(of)s 周"),
    "whistle": gettext_lazy("吹哨：请%(unit)s到场"),
    "arrive": gettext_lazy("%(unit)s已到场"),
    "grade": gettext_lazy("评分 %(grade)s"),
}


def observed_said(row: WarningRow) -> str:
    """What is seen beside what is usual, in one sentence."""
    if row.method == "season":
        return _("去年这一季约 %(n)s 人反映") % {"n": thousands(row.observed)}
    if row.method == "risk":
        return _("下周约 %(n)s 件，可能性比平常高") % {"n": thousands(row.observed)}
    if row.method == "recurrence":
        return _("办结后又有 %(n)s 件，平常约 %(e)s") % {
            "n": thousands(row.observed),
            "e": amount(row.expected),
        }
    if row.expected < 0.05:
        return _("%(n)s 人反映，平常几乎没有") % {"n": thousands(row.observed)}
    return _("%(n)s 人反映，平常约 %(e)s") % {
        "n": thousands(row.observed),
        "e": amount(row.expected),
    }


def amount(n: float) -> str:
    """A small expected number without false decimals."""
    return thousands(round(n)) if n >= 10 else f"{n:.1f}".removesuffix(".0")


def outlook_said(outlook: Mapping[str, Any], trend: Sequence[int]) -> str:
    """What comes if nothing is done, with its band; empty where nothing is known."""
    mids = outlook.get("mid") or ()
    if not mids:
        return ""
    at = max(range(len(mids)), key=lambda n: (mids[n], -n))
    week = trend[-7:] or (0,)
    if not max(outlook["high"]):
        return _(
            "不先办的话，此后两周多半不再有（80%% 区间每日 0 件），近七天平均每日 %(now)s 件。"
        ) % {"now": amount(sum(week) / len(week))}
    if not mids[at]:
        return _(
            "不先办的话，此后两周预计每日不到 1 件（80%% 区间最高 %(high)s 件），近七天平均每日 %(now)s 件。"
        ) % {"high": max(outlook["high"]), "now": amount(sum(week) / len(week))}
    return _(
        "不先办的话，此后两周每日最多约 %(mid)s 件（80%% 区间 %(low)s–%(high)s），近七天平均每日 %(now)s 件。"
    ) % {
        "mid": mids[at],
        "low": outlook["low"][at],
        "high": outlook["high"][at],
        "now": amount(sum(week) / len(week)),
    }


def record_said(record: Record) -> str:
    """How often the detector was right."""
    judged = record.real + record.empty
    if not judged:
        return _("还没有判定过的同类预警")
    return _("过去 %(n)s 次 %(real)s 次属实") % {"n": judged, "real": record.real}


def effect_said(relative: float | None, low: float | None = None, high: float | None = None) -> str:
    """A measured effect as people fewer or more: 少 35%（90% 区间 20%–48%）."""
    if relative is None:
        return ""
    word = _("少 %(n)d%%") if relative <= 0 else _("多 %(n)d%%")
    said = word % {"n": round(100 * abs(relative))}
    if low is None or high is None:
        return said
    return said + _("（90%% 区间 %(low)+d%% 到 %(high)+d%%）") % {
        "low": round(100 * low),
        "high": round(100 * high),
    }


def prevented_said(result: Mapping[str, Any]) -> str:
    """What was prevented, in people, with its interval; empty where it is not known."""
    if not result.get("enough") or result.get("prevented") is None:
        return ""
    n, low, high = (result[k] for k in ("prevented", "prevented_low", "prevented_high"))
    if n < 0:
        return _("没有看到减少：约多 %(n)s 件（90%% 区间 %(low)s–%(high)s）") % {
            "n": thousands(round(-n)),
            "low": thousands(round(-high)),
            "high": thousands(round(-low)),
        }
    return _("约少发生 %(n)s 件（90%% 区间 %(low)s–%(high)s）") % {
        "n": thousands(round(n)),
        "low": thousands(round(low)),
        "high": thousands(round(high)),
    }


def act_said(act: ActShown) -> str:
    """An act of the record as a sentence."""
    sentence = ACTS.get(act.verb)
    if sentence is None:
        return act.verb
    here = city.current()
    values = {k: v for k, v in act.said.items() if isinstance(v, str | int | float)}
    for name in ("unit", "lead"):
        if values.get(name):
            values[name] = here.unit_name(str(values[name]))
    if "detector" in values:
        titles = {one.name: one.title for one in here.prevention.detectors}
        values["detector"] = titles.get(str(values["detector"]), values["detector"])
    return str(sentence) % _Known(values)


class _Known(dict[str, Any]):
    """What an old act did not say is a dash."""

    def __missing__(self, key: str) -> str:
        return "—"


def written_with(act: ActShown) -> list[str]:
    """What somebody wrote with an act, and the reasons they chose."""
    found = []
    if reason := act.said.get("reason"):
        found.append(str(REASONS.get(reason, reason)))
    if outcome := act.said.get("outcome"):
        found.append(str(OUTCOMES.get(outcome, outcome)))
    found += [str(act.said[k]) for k in ("note", "measures", "ask", "word") if act.said.get(k)]
    return found


def days_chart(series: Mapping[str, Any], outlook: Mapping[str, Any]) -> Chart | None:
    """Days as they were beside what is usual, and the two weeks to come with their band."""
    dates = [date.fromisoformat(d) for d in series.get("dates", ())]
    if not dates:
        return None
    expected, upper = series.get("expected") or (), series.get("upper") or ()
    rows: list[tuple[Any, ...]] = [
        (
            f"{day:%m-%d}",
            series["observed"][n],
            expected[n] if n < len(expected) else None,
            0 if n < len(upper) and upper[n] is not None else None,
            upper[n] if n < len(upper) else None,
            None,
            None,
            None,
        )
        for n, day in enumerate(dates)
    ]
    ahead = outlook.get("dates") or ()
    rows += [
        (f"{date.fromisoformat(day):%m-%d}", None, None, None, None, outlook["mid"][n], outlook["low"][n], outlook["high"][n])
        for n, day in enumerate(ahead)
    ]  # fmt: skip
    lines = [Series(_("反映"), 1)]
    if expected:
        lines.append(Series(_("平常"), 2, look="expected", colour="grey", band=(3, 4)))
    if ahead:
        lines.append(Series(_("不先办"), 5, look="expected", colour="violet", band=(6, 7)))
    return Chart(
        "days",
        _("每日反映人数"),
        x=_("日期"),
        rows=rows,
        series=lines,
        unit=_("人"),
        note=_("灰色阴影以内都算平常；紫色是不先办时的预计，阴影为 80% 区间。"),
        today=f"{dates[-1]:%m-%d}",
    )


def effect_chart(result: Mapping[str, Any]) -> Chart | None:
    """Weeks as they were beside what would have come without acting."""
    weeks, start = result.get("weeks"), result.get("start")
    if not weeks or start is None or "counterfactual" not in result:
        return None
    first = max(0, start - 26)
    drawn, low, high = result["counterfactual"], result["low_line"], result["high_line"]
    off = len(weeks) - len(drawn)  # some results give the line only from the start on
    rows = [
        (
            f"{date.fromisoformat(week):%m-%d}",
            result["series"][n],
            *(line[n - off] if n - off >= 0 else None for line in (drawn, low, high)),
        )
        for n, week in enumerate(weeks)
        if n >= first
    ]
    return Chart(
        "effect-weeks",
        _("先办前后每周反映人数"),
        x=_("周"),
        rows=rows,
        series=(
            Series(_("实际"), 1, colour="jade"),
            Series(_("不先办"), 2, look="expected", colour="violet", band=(3, 4)),
        ),
        unit=_("人"),
        note=_("虚线由没有先办的相似区域算出，怎样比较在下令时就写定了。竖线是开始计算的一周。"),
        today=f"{date.fromisoformat(weeks[start]):%m-%d}" if start < len(weeks) else "",
    )


def unit_of(typed: str) -> str:
    """The code of a unit that was typed; as typed where there is none, for the refusal to name it."""
    return choices.code_of(choices.unit_names(), typed) or typed.strip()
