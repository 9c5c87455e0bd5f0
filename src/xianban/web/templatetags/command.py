"""What the pages of those who oversee ask for again and again: verdicts, states, lengths of time."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xianban.web import moments, words
from xianban.web.pages.stages import hours_said
from xianban.web.templatetags.look import sign
from xianban.web.templatetags.xianban import icon, share

register = template.Library()
LATE_ROW = (
    '<tr{}><th scope="row"><a href="{}">{}{}</a></th><td class="end num{}">{}</td>'
    '<td class="end num">{}</td><td class="end num">{}</td><td class="end num{}">{}{}</td></tr>'
)


@register.simple_tag
def press_verdict(verdict: str) -> SafeString:
    """What came of a pressing."""
    chip = words.PRESSED[verdict]
    return sign(chip.word, chip.icon, chip.colour)


@register.simple_tag
def meeting_state(seen: Any) -> SafeString:
    """Called, followed (with how much is left), or done."""
    if seen.state == "called":
        return sign(_("待召开"), "clock", "amber")
    if seen.state == "done":
        return sign(_("已办结") if seen.tasks else _("已召开"), "circle-check", "jade")
    said = ngettext("%(n)d 项在办", "%(n)d 项在办", seen.open_tasks) % {"n": seen.open_tasks}
    if seen.late_tasks:
        late = ngettext("%(n)d 项过期", "%(n)d 项过期", seen.late_tasks) % {"n": seen.late_tasks}
        return sign(f"{said} · {late}", "alert-triangle", "vermilion")
    return sign(said, "clock", "")


@register.simple_tag
def meeting_task_chip(task: Any) -> SafeString:
    if task.late and task.state in ("open", "reported"):
        return sign(_("已过期"), "alert-triangle", "vermilion")
    chip = words.MEETING_TASKS[task.state]
    return sign(chip.word, chip.icon, chip.colour)


@register.simple_tag
def late_rows(rows: Iterable[Mapping[str, Any]]) -> SafeString:
    """The rows of late cases by area or unit; without a template, as there are hundreds of them."""
    few, chosen = format_html(' <span class="few">{}</span>', _("样本少")), f" {icon('x')}"
    return SafeString("\n".join(_late_row(row, few, chosen) for row in rows))


def _late_row(row: Mapping[str, Any], few: str, chosen: str) -> str:
    return LATE_ROW.format(
        ' aria-current="true"' if row["here"] else "",
        escape(row["url"]),
        escape(row["name"]),
        chosen if row["here"] else "",
        " late" if row["late"] else "",
        moments.thousands(row["late"]),
        moments.thousands(row["soon"]),
        moments.thousands(row["open"]),
        " soft" if row["thin"] else "",
        share(row["share"]),
        few if row["thin"] else "",
    )


@register.filter
def hours(seconds: float) -> str:
    return hours_said(seconds)


@register.simple_tag
def percent_of(value: float) -> str:
    return f"{100 * value:.1f}%"


@register.simple_tag
def percent_text(value: str) -> str:
    return f"{float(value):.1f}%"


@register.simple_tag
def interval_of(rate: Any) -> str:
    """How sure a rate is: n and interval."""
    return _("n=%(n)s，%(low)d%%–%(high)d%%") % {
        "n": f"{round(float(rate.of)):,}",
        "low": round(100 * rate.low),
        "high": round(100 * rate.high),
    }


@register.simple_tag
def capped(n: int, limit: int) -> str:
    """A count that goes no further than its limit."""
    return moments.thousands(n) + ("+" if n >= limit else "")
