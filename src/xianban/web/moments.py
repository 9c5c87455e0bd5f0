"""Times as people say them: how long is left, and when something is."""

from datetime import datetime

from django.utils import timezone
from django.utils.dateformat import format as dated
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

MINUTE, HOUR, DAY = 60, 3600, 86400
NEAR = {-1: gettext_lazy("昨天"), 0: gettext_lazy("今天"), 1: gettext_lazy("明天")}
WEEKDAYS = (
    gettext_lazy("周一"),
    gettext_lazy("周二"),
    gettext_lazy("周三"),
    gettext_lazy("周四"),
    gettext_lazy("周五"),
    gettext_lazy("周六"),
    gettext_lazy("周日"),
)


def span(seconds: float) -> str:
    """A length of time in one unit: 40 分, 5 小时, 3 天."""
    seconds = abs(seconds)
    if seconds < HOUR:
        n = max(1, int(seconds // MINUTE))
        return ngettext("%(n)d 分钟", "%(n)d 分钟", n) % {"n": n}
    if seconds < 2 * DAY:
        n = int(seconds // HOUR)
        return ngettext("%(n)d 小时", "%(n)d 小时", n) % {"n": n}
    n = int(seconds // DAY)
    if n >= 2 * 365:
        n //= 365
        return ngettext("%(n)d 年", "%(n)d 年", n) % {"n": n}
    return ngettext("%(n)d 天", "%(n)d 天", n) % {"n": n}


def left(due: datetime, *, now: datetime) -> str:
    """还剩 5 小时, or 已超 2 天."""
    seconds = (due - now).total_seconds()
    if seconds >= 0:
        return _("还剩 %(span)s") % {"span": span(seconds)}
    return _("已超 %(span)s") % {"span": span(seconds)}


def ago(then: datetime, *, now: datetime) -> str:
    """刚刚, or 5 小时前."""
    seconds = (now - then).total_seconds()
    return _("刚刚") if seconds < MINUTE else _("%(span)s前") % {"span": span(seconds)}


def moment(when: datetime, *, now: datetime) -> str:
    """今天 18:00, 明天 9:30, 周四 18:00, 11月22日 18:00: in the zone that is active."""
    here, today = timezone.localtime(when), timezone.localtime(now)
    days = (here.date() - today.date()).days
    clock = f"{here:%H:%M}"
    if days in NEAR:
        return f"{NEAR[days]} {clock}"
    if 1 < days < 7:
        return f"{weekday(here)} {clock}"
    if here.year == today.year:
        return dated(here, _("n月j日 H:i"))
    return dated(here, _("Y年n月j日"))


def seen_from(when: datetime, now: datetime) -> str:
    """`moment`, for rooms below that put times into words."""
    return moment(when, now=now)


def exact(when: datetime) -> str:
    """The full time, for a title: 2026-11-22 18:00 周日."""
    here = timezone.localtime(when)
    return f"{here:%Y-%m-%d %H:%M} {weekday(here)}"


def weekday(day: datetime) -> str:
    return str(WEEKDAYS[day.weekday()])


def limit(text: str) -> str:
    """A limit in words: 2h, 7d, 4wh, 5wd."""
    for unit, words in (
        ("wh", _("%(n)s 个工作时")),
        ("wd", _("%(n)s 个工作日")),
        ("h", _("%(n)s 小时")),
        ("d", _("%(n)s 天")),
    ):
        if text.endswith(unit):
            return words % {"n": text.removesuffix(unit)}
    return text


def thousands(n: int) -> str:
    """A count as it is read: with separators, and in 万 above ten thousand in Chinese."""
    from django.utils.translation import get_language

    if n >= 10_000 and (get_language() or "").startswith("zh"):
        return f"{n / 10_000:.1f}".removesuffix(".0") + "万"
    return f"{n:,}"
