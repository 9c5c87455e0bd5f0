"""The parts of the visual language: a page calls these instead of writing their HTML.

`/style/` shows each in every state; docs/look.md says which is for what.
"""

import json
from collections.abc import Mapping
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from xianban.web import moments
from xianban.web.charts import Chart
from xianban.web.templatetags.xianban import icon

register = template.Library()
NOTICE_ICONS = {
    "good": "circle-check",
    "bad": "alert-triangle",
    "soon": "clock",
    "plain": "info-circle",
    "machine": "sparkles",
}
FEW = 30  # below this many a rate says little, and the page says so


# ---- values ----
@register.simple_tag
def sign(word: object, icon_name: str, tone: str = "") -> SafeString:
    """A chip for whatever is no state: icon, word, and a tone that carries the meaning."""
    return format_html('<span class="chip {}">{}{}</span>', tone, icon(icon_name), word)


@register.simple_tag
def rate(share: float | None, n: int) -> SafeString:
    """A rate never stands without its n: 96.8% (n=2,977); a dash where there is nothing to rate."""
    if share is None or not n:
        return format_html('<span class="rate soft" title="{}">—</span>', _("还没有可计的"))
    few = format_html(' <span class="few">{}</span>', _("样本少")) if n < FEW else ""
    return format_html(
        '<span class="rate num">{}% <span class="soft">(n={})</span>{}</span>',
        f"{100 * share:.1f}",
        moments.thousands(n),
        few,
    )


@register.simple_tag
def about(value: float, low: float, high: float) -> SafeString:
    """An estimate with its band: 约 140 (90–190)."""
    said = _("约 %(n)s") % {"n": moments.thousands(round(value))}
    band = f"{moments.thousands(round(low))}–{moments.thousands(round(high))}"
    return format_html('<span class="num">{} <span class="soft">({})</span></span>', said, band)


@register.simple_tag
def progress(value: float, most: float = 1, label: object = "") -> SafeString:
    """How far something is, said and drawn."""
    percent = round(100 * value / most) if most else 0
    return format_html(
        '<span class="progress-line"><progress max="100" value="{0}" aria-label="{1}">{0}%</progress>'
        '<span class="num soft small">{0}%</span></span>',
        percent,
        label or _("进度"),
    )


@register.simple_tag
def keys(*names: str, does: object) -> SafeString:
    """A hint for the keyboard: {% keys "j" "k" does=_("上下移动") %}."""
    caps = format_html_join(" ", "<kbd>{}</kbd>", ((name,) for name in names))
    return format_html('<span class="key-hint">{} {}</span>', caps, does)


# ---- frames: block tags, which hold whatever stands between them ----
@register.simple_block_tag
def card(content: str, title: object = "", icon_name: str = "", id: str = "", kind: str = "") -> SafeString:  # fmt: skip
    """A section with a border and, usually, a heading."""
    name = f"{id}-h" if id else ""
    heading = format_html(
        "<h2{}>{}{}</h2>",
        format_html(' id="{}"', name) if name else "",
        format_html("{} ", icon(icon_name)) if icon_name else "",
        title,
    )
    return format_html(
        '<section class="card {}"{}>{}{}</section>',
        kind,
        format_html(' id="{}" aria-labelledby="{}"', id, name) if id else "",
        heading if title else "",
        content,
    )


@register.simple_block_tag
def notice(content: str, tone: str = "plain", icon_name: str = "", role: str = "") -> SafeString:
    """Something to know: good, bad, soon, plain or machine (what is only presumed)."""
    role = role or ("alert" if tone == "bad" else "")
    return format_html(
        '<div class="notice {}"{}>{}<div class="grow">{}</div></div>',
        tone,
        format_html(' role="{}"', role) if role else "",
        icon(icon_name or NOTICE_ICONS[tone]),
        content,
    )


@register.simple_block_tag
def empty(content: str, icon_name: str, title: object, level: int = 2) -> SafeString:
    """Nothing here yet: what will appear, and what to do first. Also for what went wrong."""
    return format_html(
        '<div class="card empty">{0}<h{1} class="h2">{2}</h{1}>{3}</div>',
        icon(icon_name),
        level,
        title,
        content,
    )


@register.simple_block_tag
def confirm(content: str, label: object, icon_name: str = "", tone: str = "", opened: bool = False) -> SafeString:  # fmt: skip
    """A button that first opens what it would lead to; inside stand the consequence and the form."""
    return format_html(
        '<details class="act {}"{}><summary>{}{}</summary><div class="inside">{}</div></details>',
        tone,
        SafeString(" open") if opened else "",
        icon(icon_name) if icon_name else "",
        label,
        content,
    )


@register.simple_block_tag
def filter_bar(content: str, action: str = "", filtered: bool = False, clear: str = "", kept: Mapping[str, str] | None = None) -> SafeString:  # fmt: skip
    """Filters that fold away: fields inside, `kept` stays in the address, `clear` leads back."""
    hidden = format_html_join(
        "", '<input type="hidden" name="{}" value="{}">', (kept or {}).items()
    )
    way_back = format_html('<a class="btn btn-plain" href="{}">{}</a>', clear, _("清除"))
    return format_html(
        '<details class="filter-fold no-print"{}><summary class="btn btn-plain">{}{}{}</summary>'
        '<form class="filters" method="get" action="{}">{}{}'
        '<button class="btn btn-go" type="submit">{}</button>{}</form></details>',
        SafeString(" open") if filtered else "",
        icon("filter"),
        _("筛选"),
        format_html(" · {}", _("已筛选")) if filtered else "",
        action,
        hidden,
        content,
        _("筛选"),
        way_back if filtered and clear else "",
    )


# ---- whole parts ----
@register.inclusion_tag("look/figure.html")
def figure_card(label: object, value: object, note: object = "", url: str = "", tone: str = "", icon_name: str = "") -> dict[str, Any]:  # fmt: skip
    """One figure that opens its list: label, number, and what it means."""
    return {"label": label, "value": value, "note": note, "url": url, "tone": tone, "icon_name": icon_name}  # fmt: skip


@register.inclusion_tag("look/tabs.html")
def tabs(entries: Any, label: object) -> dict[str, Any]:
    """Tabs as links; each has word, query, here, and perhaps count and colour."""
    return {"tabs": entries, "label": label}


@register.inclusion_tag("look/pager.html")
def pager(first: str = "", more: str = "", word: object = "") -> dict[str, Any]:
    """Onwards and back to the start of a long list."""
    return {"first": first, "more": more, "word": word}


@register.inclusion_tag("look/skeleton.html")
def skeleton(rows: int = 3) -> dict[str, Any]:
    """What stands there while something is fetched."""
    return {"rows": range(rows)}


@register.inclusion_tag("look/field.html")
def field(bound: BoundField, hint: object = "", label: object = "") -> dict[str, Any]:
    """A form's field with its label, what helps, and what was wrong."""
    widget = bound.field.widget
    marks: dict[str, str | bool] = {}
    about_it = [f"{bound.html_name}-hint"] if hint else []
    if bound.errors:
        marks["aria-invalid"] = "true"
        about_it.append(f"{bound.html_name}-fault")
    if about_it:
        marks["aria-describedby"] = " ".join(about_it)
    picks = isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
    ticked = isinstance(widget, forms.CheckboxInput)
    if not ticked:
        marks["class"] = "form-select" if isinstance(widget, forms.Select) else "form-control"
    return {
        "bound": bound,
        "picks": picks,
        "ticked": ticked,
        "drawn": bound.as_widget(attrs=marks),
        "label": label or bound.label,
        "hint": hint,
        "optional": not bound.field.required,
    }


@register.inclusion_tag("look/chart.html")
def chart_frame(chart: Chart) -> dict[str, Any]:
    """A chart with one theme, which can always be read as a table."""
    return {"chart": chart, "drawn": json.dumps(chart.drawn(), ensure_ascii=False)}
