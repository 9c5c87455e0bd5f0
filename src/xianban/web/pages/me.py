"""One's own pages: the inbox, and how one wants to hear of things."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from xianban.accounts.api import Actor
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotFound
from xianban.casework import api as casework
from xianban.city.api import CHANNELS, GROUPS, MODES, current, read_times
from xianban.notices import api as notices
from xianban.web import words
from xianban.web.moments import moment, seen_from
from xianban.web.pages.desk import menu, staff
from xianban.web.wording import in_words


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def inbox(request: HttpRequest, actor: Actor) -> HttpResponse:
    now = utc_now()
    if request.method == "POST":
        notices.read_inbox(actor.id, upto=_whole(request.POST.get("upto")), now=now)
        return redirect("inbox")
    before = _whole(request.GET.get("before"))
    only_unread = request.GET.get("show") == "unread"
    lines = notices.inbox(
        actor.id,
        language=get_language() or "",
        now=now,
        say_when=seen_from,
        before=before or None,
        only_unread=only_unread,
    )
    context = menu(actor, "inbox") | {
        "lines": lines,
        "only_unread": only_unread,
        "unread": notices.unread(actor.id),
        "newest": lines[0].id if lines else 0,
        "older": lines[-1].id if len(lines) == notices.PAGE else None,
        "groups": words.GROUPS,
    }
    return render(request, "me/inbox.html", context)


@require_GET
@staff
def open_line(request: HttpRequest, actor: Actor, line: int) -> HttpResponse:
    """Read one line, and go to its case where there is one in sight."""
    number = notices.open_line(actor.id, line, now=utc_now())
    try:
        casework.case_by_number(number, actor)
    except NotFound:
        return redirect("inbox")
    return redirect("case", number)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def preferences(request: HttpRequest, actor: Actor) -> HttpResponse:
    if request.method != "POST":
        return _preferences(request, actor)
    if "reset" in request.POST:
        notices.forget_wish(actor.id)
        messages.success(request, _("已恢复为全市统一设置。"), extra_tags="good")
        return redirect("me_notices")
    try:
        times = request.POST.get("digests", "").replace("，", ",").split(",")
        digests = read_times([part.strip() for part in times if part.strip()])
        if digests is None:
            raise BadInput("digest times are like 8:30, at most six, with commas between")
        notices.wish(
            actor.id,
            modes={
                group: {
                    channel: request.POST.get(f"{group}.{channel}", "off") for channel in CHANNELS
                }
                for group in GROUPS
            },
            digests=digests,
            quiet=(_hour(request, "quiet_from"), _hour(request, "quiet_until")),
            rest_days="rest_days" in request.POST,
            phone=request.POST.get("phone", ""),
            wechat=request.POST.get("wechat", ""),
        )
    except BadInput as fault:
        return _preferences(request, actor, fault=in_words(fault), status=400)
    messages.success(request, _("已保存，从下一条通知起生效。"), extra_tags="good")
    return redirect("me_notices")


@require_POST
@staff
def test(request: HttpRequest, actor: Actor) -> HttpResponse:
    sent = notices.send_test(actor.id, now=utc_now())
    if sent:
        ways = _("、").join(str(words.CHANNELS[channel]) for channel in sent)
        said = _("测试通知已发往站内通知和%(ways)s，一分钟内应能收到。") % {"ways": ways}
    else:
        said = _("测试通知已在站内通知里。您还没有留下邮箱、手机或微信，别的方式暂时找不到您。")
    messages.success(request, said, extra_tags="good")
    return redirect("me_notices")


@require_POST
@staff
def duty(request: HttpRequest, actor: Actor) -> HttpResponse:
    now = utc_now()
    until = notices.duty_end(now, current()) if "on" in request.POST else None
    notices.go_on_duty(actor.id, until=until)
    if until:
        said = _("值班到%(when)s：这段时间夜里也通知您。") % {"when": moment(until, now=now)}
    else:
        said = _("已下班：夜里只有特急的才通知您。")
    messages.success(request, said, extra_tags="good")
    return redirect("me_notices")


def _preferences(
    request: HttpRequest, actor: Actor, *, fault: str = "", status: int = 200
) -> HttpResponse:
    now = utc_now()
    chosen = notices.choice_of(actor.id, email=str(getattr(request.user, "email", "")))
    typed: Any = request.POST if fault else {}
    wishes = chosen.wishes
    rows = [
        {
            "group": group,
            "name": name,
            "says": says,
            "cells": [
                {
                    "channel": channel,
                    "name": words.CHANNELS[channel],
                    "mode": typed.get(f"{group}.{channel}")
                    or wishes.modes.get(group, {}).get(channel, "off"),
                }
                for channel in CHANNELS
            ],
        }
        for group, (name, says) in words.GROUPS.items()
    ]
    duty_until = (
        wishes.on_duty_until if wishes.on_duty_until and wishes.on_duty_until > now else None
    )
    context: dict[str, Any] = menu(actor, "me_notices") | {
        "rows": rows,
        "channels": [words.CHANNELS[channel] for channel in CHANNELS],
        "modes": [(mode, words.MODES[mode]) for mode in MODES],
        "hours": range(24),
        "quiet_from": _typed_hour(typed, "quiet_from", wishes.quiet[0]),
        "quiet_until": _typed_hour(typed, "quiet_until", wishes.quiet[1]),
        "digests": typed.get("digests", "") if typed else ", ".join(map(_clock, wishes.digests)),
        "rest_days": "rest_days" in typed if typed else wishes.rest_days,
        "phone": typed.get("phone", "") if typed else chosen.phone,
        "wechat": typed.get("wechat", "") if typed else chosen.wechat,
        "mail": chosen.mail,
        "own": chosen.own,
        "duty_until": duty_until,
        "fault": fault,
    }
    return render(request, "me/notices.html", context, status=status)


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def _typed_hour(typed: Any, name: str, known: int) -> int:
    hour = _whole(typed.get(name)) if typed else known
    return known if hour is None else hour


def _hour(request: HttpRequest, name: str) -> int:
    hour = _whole(request.POST.get(name))
    return -1 if hour is None else hour


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else None
