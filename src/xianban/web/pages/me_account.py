"""One's own account: the password, the second factor, and where one is signed in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from xianban.accounts.api import Actor, end_sessions, has_second_factor, sessions_of
from xianban.web.pages.desk import menu, staff


@require_safe
@staff
def account(request: HttpRequest, actor: Actor) -> HttpResponse:
    context = menu(actor, "me_account") | {
        "sessions": sessions_of(actor.id, here=request.session.session_key or ""),
        "has_factor": has_second_factor(actor.id),
    }
    return render(request, "me/account.html", context)


@require_POST
@staff
def end(request: HttpRequest, actor: Actor, session: int) -> HttpResponse:
    if end_sessions(actor.id, only=session, but=request.session.session_key or ""):
        messages.success(request, _("那台设备已退出登录。"), extra_tags="good")
    return redirect("me_account")


@require_POST
@staff
def end_others(request: HttpRequest, actor: Actor) -> HttpResponse:
    n = end_sessions(actor.id, but=request.session.session_key or "")
    said = ngettext("已让另外 %(n)d 台设备退出登录。", "已让另外 %(n)d 台设备退出登录。", n) % {
        "n": n
    }
    messages.success(request, said, extra_tags="good")
    return redirect("me_account")
