"""What pages about warnings ask for again and again."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from xianban.accounts.api import MACHINE
from xianban.web import replayed, warned
from xianban.web.templatetags.look import sign
from xianban.web.words import LOOKERS, Chip, called

register = template.Library()
DAY, FOUR_WEEKS = timedelta(days=1), timedelta(weeks=4)
TABLES = {name.lower(): value for name, value in vars(warned).items() if name.isupper()}


@register.filter
def warned_word(code: str, table: str) -> str:
    """What a code of warnings is called: `{{ code|warned_word:"methods" }}`."""
    return called(TABLES[table], code)


@register.filter
def tells(text: str) -> bool:
    """Whether anything is left of words in which what few people used is not shown."""
    return bool(text.strip("□# "))


@register.filter
def whom(name: str) -> Promise | str:
    """Who did something, where the product itself did it too."""
    return LOOKERS["machine"] if name == MACHINE.name else name


@register.simple_tag
def warned_chip(code: str, table: str = "stands") -> SafeString:
    chip = TABLES[table].get(code) or Chip(code, "info-circle", "grey")
    return sign(chip.word, chip.icon, chip.colour)


@register.simple_tag
def round_figure(one: Any, figure: str) -> SafeString | str:
    """A figure of a round, which opens the warnings behind it where they were kept."""
    n = one.counts.get(figure, 0)
    if not n or figure not in one.listed:
        return str(n)
    query = urlencode({"list": "all", "round": one.name, "figure": figure})
    return format_html('<a href="{}?{}">{}</a>', reverse("warnings"), query, n)


@register.simple_tag
def offered_cases(one: Any, figure: str) -> str:
    """Where the cases behind an offer's people are listed: the last four weeks, or those before."""
    before, lately = one.weeks
    first, last = (lately, lately + FOUR_WEEKS) if figure == "people" else (before, lately)
    asked = {"matter": one.matter.code, "area": one.area.code, "from": first, "to": last - DAY}
    return f"{reverse('cases')}?{urlencode(asked)}"


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
