"""What pages about warnings ask for again and again."""

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from xianban.web import replayed, warned
from xianban.web.templatetags.look import sign
from xianban.web.words import Chip, called

register = template.Library()
TABLES = {name.lower(): value for name, value in vars(warned).items() if name.isupper()}


@register.filter
def warned_word(code: str, table: str) -> str:
    """What a code of warnings is called: `{{ code|warned_word:"methods" }}`."""
    return called(TABLES[table], code)


@register.simple_tag
def warned_chip(code: str, table: str = "stands") -> SafeString:
    chip = TABLES[table].get(code) or Chip(code, "info-circle", "grey")
    return sign(chip.word, chip.icon, chip.colour)


@register.simple_tag
def verdict_chip(borne_out: bool | None) -> SafeString:
    """Whether what followed bore a replayed warning out."""
    chip = replayed.chip_of(borne_out)
    return sign(chip.word, chip.icon, chip.colour)


@register.simple_tag
def warning_signs(row: Any) -> SafeString:
    """How a warning stands; where it is not on the list, why; whether it is over."""
    parts = [warned_chip(row.stand)]
    if row.shown in warned.SHOWN:
        parts.append(warned_chip(row.shown, "shown"))
    if row.outcome:
        tone = "jade" if row.outcome == "real" else "grey"
        parts.append(sign(warned.OUTCOMES[row.outcome], "check", tone))
    return format_html_join(" ", "{}", ((part,) for part in parts))


@register.filter
def observed(row: Any) -> str:
    return warned.observed_said(row)


@register.filter
def record_words(record: Any) -> str:
    return warned.record_said(record)


@register.simple_tag
def effect_words(one: Any) -> str:
    """The effect of a similar warning, with its interval where it has one."""
    return warned.effect_said(one.relative, one.low, one.high)


@register.filter
def fewer(relative: float) -> str:
    return warned.effect_said(relative)


@register.filter
def roughly(n: float) -> str:
    return warned.amount(n)


@register.simple_tag
def sparkline(trend: Any) -> SafeString:
    """The newest four weeks as a small line; said in the page beside it, so hidden from readers."""
    values = list(trend)
    if len(values) < 2:
        return SafeString("")
    top = max(1, *values)
    step = 112 / (len(values) - 1)
    points = " ".join(f"{n * step:.1f},{26 - 24 * v / top:.1f}" for n, v in enumerate(values))
    return format_html(
        '<svg class="spark" viewBox="-2 0 116 28" preserveAspectRatio="none" aria-hidden="true"><polyline points="{}"/></svg>',
        points,
    )
