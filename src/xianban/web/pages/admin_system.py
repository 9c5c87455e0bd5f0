"""How this installation runs: its settings, versions, regular work, what did not go out, its ledger."""

import platform
from datetime import timedelta
from typing import Any

import django
from django.conf import settings
from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from xianban import __version__
from xianban.accounts.api import Actor, note_deed
from xianban.base.clock import utc_now
from xianban.base.errors import NotFound
from xianban.city import api as city
from xianban.ledger import api as ledger
from xianban.notices import api as notices
from xianban.web import words
from xianban.web.pages.admin import frame, must_run_it
from xianban.web.pages.desk import staff

SINCE = timedelta(days=30)
REASONS = 30


@require_safe
@staff
def system(request: HttpRequest, actor: Actor) -> HttpResponse:
    must_run_it(actor)
    now = utc_now()
    check = ledger.newest_check()
    stuck = [*ledger.undelivered(since=now - SINCE), *notices.stuck(since=now - SINCE)]
    rounds = ledger.rounds()
    context = frame(actor, "system") | {
        "settings_shown": _settings(),
        "versions": _versions(),
        "rounds": sorted(
            (
                {"one": one, "word": words.called(words.ROUNDS, one.name)}
                for name, one in rounds.items()
                if name != "backup"
            ),
            key=lambda row: str(row["word"]),
        ),
        "backup": rounds.get("backup"),
        "check": check,
        "checker": _checker(check),
        "checked": ledger.newest_check(ended=True),
        "going": check is not None and check.state in ("waiting", "running"),
        "due": ledger.waiting_notices(now=now),
        "stuck": stuck[:REASONS],
        "stuck_count": sum(one.count for one in stuck),
        "given_up": sum(one.given_up for one in stuck),
    }
    return render(request, "admin/system.html", context)


def _checker(check: ledger.CheckSeen | None) -> str:
    return words.called(words.CHECK_STEPS, check.step) if check and check.step else ""


def _settings() -> list[tuple[str, str]]:
    """What holds here, by what it means; nothing that would let somebody in."""
    files = settings.FILE_LIMITS
    yes, no = _("是"), _("否")
    return [
        (_("数据库"), connection.vendor),
        (_("数据目录"), str(settings.HOME)),
        (_("对外地址"), settings.PUBLIC_URL or "—"),
        (_("允许的主机名"), ", ".join(settings.ALLOWED_HOSTS)),
        (_("经 TLS 访问"), yes if settings.BEHIND_TLS else no),
        (_("前面的代理层数"), str(settings.TRUSTED_PROXIES)),
        (_("须两步验证的角色"), ", ".join(sorted(getattr(settings, "SECOND_FACTOR_FOR", ()))) or "—"),
        (_("接口每分钟次数"), str(settings.API_RATE_PER_MINUTE)),
        (_("发信服务器"), f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}" if settings.EMAIL_HOST else _("没有：信写进文件")),
        (_("发信人"), settings.DEFAULT_FROM_EMAIL),
        (_("短信和微信接口"), _("已设置") if settings.NOTICE_WEBHOOK_URL else _("没有")),
        (_("附件上限"), f"{files['mb']:g} MB · {files['each']}"),
        (_("附件存放"), _("对象存储") if settings.FILES_BUCKET else _("本机")),
        (_("调试模式"), yes if settings.DEBUG else no),
    ]  # fmt: skip


def _versions() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        ask = "SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version"
        cursor.execute(ask)
        database = cursor.fetchone()[0]
    shown = [
        (_("先办"), __version__),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
        ("SQLite" if connection.vendor == "sqlite" else "PostgreSQL", database),
    ]
    try:
        last = next(iter(city.loads()), None)
    except NotFound:
        last = None
    if last:
        said = _("第 %(n)s 版 · %(digest)s") % {"n": last.number, "digest": last.digest[:12]}
        shown.append((_("城市包"), said))
    return shown


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def act(request: HttpRequest, actor: Actor, verb: str) -> HttpResponse:
    must_run_it(actor)
    if request.method != "POST":
        return redirect("system")
    now = utc_now()
    said: Any
    if verb == "check":
        asked = ledger.ask_check(acting=actor.key, now=now)
        said = _("已交给后台核对，可以离开这一页。") if asked else _("已有一次核对在进行。")
    elif verb == "resend":
        since = now - SINCE
        n = ledger.try_again(since=since, now=now) + notices.try_dead_again(since=since, now=now)
        note_deed(actor, "notices.again", {"notices": n}, now=now)
        said = ngettext("%(n)d 条通知重新排队，后台会再发。", "%(n)d 条通知重新排队，后台会再发。", n) % {"n": n}  # fmt: skip
    else:
        raise NotFound("there is no such act")
    messages.success(request, said, extra_tags="good")
    return redirect("system")
