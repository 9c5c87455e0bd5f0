"""What templates ask for again and again: icons, chips, clocks, times, files with their hash."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from html import escape
from typing import Any

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from xianban.web import moments, words
from xianban.web.pack_words import pack_said

register = template.Library()


@cache
def _stamp(file: str) -> str:
    path = finders.find(file)
    if not isinstance(path, str):
        raise ValueError(f"there is no static file {file}")
    with open(path, "rb") as content:
        return hashlib.sha256(content.read()).hexdigest()[:10]


@register.simple_tag
@cache
def asset(file: str) -> str:
    """The address of a static file, which changes when its content does."""
    return f"{static(file)}?v={_stamp(file)}"


@register.simple_tag
@lru_cache(maxsize=1000)
def icon(name: str) -> SafeString:
    """An icon from the sprite; always beside a word, so hidden from screen readers."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>',
        asset("vendor/icons.svg"),
        name,
    )


def _chip(entry: words.Chip) -> SafeString:
    return _drawn(entry.colour, entry.icon, str(entry.word))


@lru_cache(maxsize=1000)
def _drawn(colour: str, icon_name: str, word: str) -> SafeString:
    """A list has a hundred chips, and only a few that differ."""
    return format_html('<span class="chip {}">{}{}</span>', colour, icon(icon_name), word)


@register.simple_tag
def chip(state: str) -> SafeString:
    """A case's state: icon, word and colour."""
    return _chip(words.STATES.get(state) or words.Chip(state, "info-circle", "grey"))


@register.simple_tag
def task_chip(state: str) -> SafeString:
    return _chip(words.TASK_STATES.get(state) or words.Chip(state, "info-circle", "grey"))


@register.simple_tag
def waiting_chip(why: str) -> SafeString:
    """Why a case lies at the dispatch desk."""
    return _chip(words.WAITING[why])


@register.simple_tag
def stance_chip(stance: str) -> SafeString:
    """What a unit that is consulted said."""
    return _chip(words.STANCES[stance])


@register.simple_tag
def consultation_chip(state: str) -> SafeString:
    return _chip(words.CONSULTATION_STATES[state])


@register.simple_tag
def urgency(code: str) -> SafeString:
    """A word for what is not ordinary; nothing for the rest."""
    if code not in words.URGENCY_COLOUR:
        return SafeString("")
    entry = words.Chip(words.URGENCY[code], "alert-triangle", words.URGENCY_COLOUR[code])
    return _chip(entry)


@register.filter(name="pack_said")
def _pack_said(text: str) -> str:
    """What is wrong with a pack, and what to do: `{{ fault.what|pack_said }}`."""
    return pack_said(text)


@register.filter
def called(code: object, table: str) -> str:
    """What a code is called: `{{ code|called:"urgency" }}`."""
    return words.called(getattr(words, table.upper()), code)


@register.simple_tag(takes_context=True)
def when(context: Mapping[str, Any], value: datetime | None) -> SafeString:
    """A time in words, with the exact one in its title."""
    if value is None:
        return SafeString("")
    return _time(value, moments.moment(value, now=context["now"]))


@register.simple_tag(takes_context=True)
def ago(context: Mapping[str, Any], value: datetime) -> SafeString:
    """How long ago, with the exact time in its title."""
    return _time(value, moments.ago(value, now=context["now"]))


def _time(value: datetime, said: str) -> SafeString:
    """Escaped by hand, as a page has hundreds of them."""
    at, exactly = value.isoformat(timespec="seconds"), escape(moments.exact(value))
    return SafeString(f'<time datetime="{at}" title="{exactly}">{escape(said)}</time>')


@register.filter
def limit(text: str) -> str:
    """A limit in words."""
    return moments.limit(text)


@register.filter
def unlocalised(value: float) -> str:
    """A number for a machine to read: a point, and no separators, in every language."""
    return repr(float(value))


@register.filter
def thousands(n: int) -> str:
    return moments.thousands(n)


@register.filter
def percent(share: float) -> str:
    """A probability as a whole per cent; never a certainty that nobody has."""
    return f"{min(99, max(1, round(100 * float(share))))}%"


@register.simple_tag
def ring(share: float) -> SafeString:
    """A thin ring: how much of the time is gone."""
    return _ring(max(0, min(100, round(100 * share))))


@cache
def _ring(gone: int) -> SafeString:
    return format_html(
        '<svg class="ring" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="9.5"/>'
        '<circle class="gone" cx="12" cy="12" r="9.5" pathLength="100" stroke-dasharray="{} 100"/></svg>',
        gone,
    )


@register.inclusion_tag("parts/clock.html", takes_context=True)
def clock(context: Mapping[str, Any], shown: Any) -> dict[str, Any]:
    """A clock of a case: time left in words, a thin ring, and who holds the ball when it rests."""
    now: datetime = context["now"]
    whole = max(1.0, (shown.due_at - shown.started_at).total_seconds())
    until = shown.ended_at or shown.paused_at or now
    verdict = shown.verdict
    if verdict == "running":
        share_left = (shown.due_at - now).total_seconds() / whole
        verdict = "soon" if share_left < 0.25 else "running"
    look = {"overdue": "late"}.get(verdict, verdict)
    return {
        "look": look,
        "clock": shown,
        "words": moments.left(shown.due_at, now=now),
        "share": 1.0
        if look in ("late", "missed")
        else (until - shown.started_at).total_seconds() / whole,
        "now": now,
    }


@register.simple_tag(takes_context=True)
def due(context: Mapping[str, Any], row: Any) -> SafeString:
    """What is due next for a case in a list; without a template, as a page has a hundred of them."""
    now: datetime = context["now"]
    at = row.next_due_at
    if at is None:
        return SafeString('<span class="soft">—</span>')
    whole = max(1.0, (at - row.next_due_since).total_seconds())
    look = "late" if row.late else "soon" if row.soon else "running"
    gone = 1.0 if row.late else (now - row.next_due_since).total_seconds() / whole
    kind = _kind(words.called(words.CLOCKS, row.next_due)) if row.next_due else ""
    left, moment = escape(moments.left(at, now=now)), _time(at, moments.moment(at, now=now))
    return SafeString(
        f'<span class="clock {look}">{ring(gone)}<span class="words">{kind}{left}'
        f' <span class="soft small">{moment}</span></span></span>'
    )


@lru_cache(maxsize=100)
def _kind(word: str) -> SafeString:
    return format_html('<span class="kind">{}</span> ', word)


@register.simple_tag
def place(figure: Any) -> SafeString:
    """A place among peers with its range, or the range alone where too little is known."""
    if figure.best is None:
        return SafeString("—")
    span = f"{figure.best}" if figure.best == figure.worst else f"{figure.best}–{figure.worst}"
    said = _("第 %(n)s 名，可能在 %(span)s 名") if figure.rank else _("可能在 %(span)s 名")
    title = said % {"n": figure.rank, "span": span}
    if figure.rank is None:
        return format_html('<span class="soft num" title="{}">({})</span>', title, span)
    return format_html(
        '<span title="{}"><span class="place-n num">{}</span> <span class="soft num">({})</span></span>',
        title,
        figure.rank,
        span,
    )


@register.simple_tag
def interval(figure: Any, scale: float) -> SafeString:
    """A score and its interval on the full scale, drawn and said."""
    low, point, high = (144 * float(v) / scale for v in (figure.low, figure.score, figure.high))
    said = f"{figure.low:.1f}–{figure.high:.1f}"
    return format_html(
        '<svg class="interval" viewBox="-4 0 152 20" preserveAspectRatio="xMinYMid" role="img" aria-label="{0}"><title>{0}</title>'
        '<line class="axis" x1="0" x2="144" y1="10" y2="10"/>'
        '<line class="range" x1="{1}" x2="{2}" y1="10" y2="10"/>'
        '<circle class="point" cx="{3}" cy="10" r="4"/></svg>',
        said,
        f"{low:.1f}",
        f"{high:.1f}",
        f"{point:.1f}",
    )


@register.simple_tag
def list_chip(listed: str) -> SafeString:
    return _chip(words.LISTS[listed])


@register.simple_tag
def fact(yes: int, name: str) -> SafeString:
    """What a follow-up found, in a word that is good or bad."""
    good, bad = words.FACTS[name]
    return _chip(words.Chip(good, "check", "jade") if yes else words.Chip(bad, "x", "vermilion"))


@register.simple_tag
def verdict(tallies: Mapping[str, int]) -> SafeString:
    """How content the requester was."""
    looks = {
        "satisfied": ("mood-smile", "jade"),
        "basically": ("mood-neutral", "amber"),
        "dissatisfied": ("mood-sad", "vermilion"),
    }
    name = next((name for name in looks if tallies[name]), "unstated")
    look = looks.get(name, ("mood-neutral", "grey"))
    return _chip(words.Chip(words.SATISFACTION[name], *look))


@register.filter
def share(value: float) -> str:
    """A share as a whole per cent."""
    return f"{round(100 * value)}%"
