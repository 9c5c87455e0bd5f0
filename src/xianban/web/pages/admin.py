"""Where an administrator begins: what needs attention, each with where it is put right; and the roles."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from xianban.accounts import api as accounts
from xianban.accounts.api import MAY, Actor, Role, may_anywhere
from xianban.base.clock import utc_now
from xianban.base.errors import NotAllowed, NotFound
from xianban.city import api as city
from xianban.ledger import api as ledger
from xianban.notices import api as notices
from xianban.web import duties_said, moments, words
from xianban.web.pages.desk import in_the_whole_city, menu, staff

RECENT = timedelta(days=7)
SILENT = timedelta(minutes=2)
BACKUP, BACKUP_KEPT = "backup", timedelta(days=2)
CHECK_KEPT = timedelta(days=30)
NEEDED = (Role.DISPATCHER, Role.SUPERVISOR)  # notices go to them, whoever they are
NAMED = 4  # units, names or faults that are named before “and so on”


@dataclass(frozen=True)
class Concern:
    """One thing that somebody should look at: how grave, what, and where it is mended."""

    tone: str  # vermilion, amber or jade
    icon: str
    said: str
    more: str = ""
    url: str = ""
    remedy: str = ""


def must_administer(actor: Actor) -> None:
    if not may_anywhere(actor, "manage_users"):
        raise NotAllowed("this page is for administrators; ask one of them")


def must_run_it(actor: Actor) -> None:
    """The installation is of the whole city: its rounds, its ledger, what did not go out."""
    must_administer(actor)
    if not in_the_whole_city(actor, "manage_users"):
        raise NotAllowed(
            "the installation is of the whole city; ask an administrator of the whole city"
        )


def tabs_of(actor: Actor, here: str) -> list[dict[str, Any]]:
    """The pages that belong together, those that this person may open."""
    pages = (
        ("admin", _("概览"), "manage_users"),
        ("people", _("人员"), "manage_users"),
        ("roles", _("角色"), "manage_users"),
        ("packs", _("城市包"), "manage_city"),
        ("duty_gaps", _("权责清单"), "manage_city"),
        ("audit", _("审计"), "audit"),
        ("system", _("系统状况"), "manage_users"),
    )
    return [
        {"word": word, "query": reverse(name), "here": name == here}
        for name, word, verb in pages
        if may_anywhere(actor, verb) and (name != "system" or in_the_whole_city(actor, verb))
    ]


def frame(actor: Actor, here: str) -> dict[str, Any]:
    """What every page of these needs."""
    top = here if here in ("audit", "duty_gaps") else "admin"
    if not may_anywhere(actor, "manage_users"):
        top = here
    return menu(actor, top) | {"admin_tabs": tabs_of(actor, here)}


@require_safe
@staff
def home(request: HttpRequest, actor: Actor) -> HttpResponse:
    must_administer(actor)
    now = utc_now()
    found = [*_people(actor, now), *_units(actor, now), *_city(now)]
    if in_the_whole_city(actor, "manage_users"):
        found += _running(now)
    order = {"vermilion": 0, "amber": 1, "jade": 2}
    counts = accounts.people_counts(by=actor)
    context = frame(actor, "admin") | {
        "concerns": sorted(
            (one for one in found if one.tone != "jade"), key=lambda one: order[one.tone]
        ),
        "fine": [one for one in found if one.tone == "jade"],
        "counts": counts,
        "loaded": next(iter(city.loads()), None),
        "drafts": city.drafts(),
    }
    return render(request, "admin/home.html", context)


def _people(actor: Actor, now: datetime) -> Iterator[Concern]:
    people, counts = reverse("people"), accounts.people_counts(by=actor)
    for role in accounts.vacant(NEEDED):
        yield Concern(
            "vermilion",
            "user-off",
            _("没有人担任%(role)s，发给这个角色的通知没有人收到")
            % {"role": words.called(words.ROLES, role)},
            url=f"{reverse('new_person')}?role={role}",
            remedy=_("添加人员"),
        )
    for state, said in (
        ("no_unit", ngettext("%(n)d 名承办人没有写单位，收不到案件", "%(n)d 名承办人没有写单位，收不到案件", counts["no_unit"])),
        ("no_role", ngettext("%(n)d 个账号没有任何角色", "%(n)d 个账号没有任何角色", counts["no_role"])),
        ("no_password", ngettext("%(n)d 个账号还没有密码", "%(n)d 个账号还没有密码", counts["no_password"])),
    ):  # fmt: skip
        if counts[state]:
            tone = "vermilion" if state == "no_unit" else "amber"
            yield Concern(tone, "user", said % {"n": counts[state]}, url=f"{people}?state={state}", remedy=_("看名单"))  # fmt: skip
    locked = accounts.locked_names(by=actor, now=now)
    if locked:
        said = ngettext("%(n)d 个账号因密码连续输错被暂时锁定", "%(n)d 个账号因密码连续输错被暂时锁定", len(locked))  # fmt: skip
        yield Concern("amber", "lock", said % {"n": len(locked)}, _some(locked), f"{people}?text={locked[0]}", _("解除锁定"))  # fmt: skip


def _units(actor: Actor, now: datetime) -> Iterator[Concern]:
    try:
        here = city.current()
    except NotFound:
        return
    leading = duties_said.leading_units(here)
    empty = accounts.empty_units(
        [code for code in leading if _administers(actor, here.units[code].area)]
    )
    if empty:
        names = sorted(here.unit_name(code) for code in empty)
        said = ngettext("%(n)d 个主办单位没有承办人，派去的案件没有人签收", "%(n)d 个主办单位没有承办人，派去的案件没有人签收", len(empty))  # fmt: skip
        yield Concern("vermilion", "building", said % {"n": len(empty)}, _some(names), f"{reverse('new_person')}?role=handler&unit={sorted(empty)[0]}", _("添加承办人"))  # fmt: skip
    on = now.astimezone(here.tz).date()
    gaps, overlaps = _faults_of_list(here.stamp, on)
    if not in_the_whole_city(actor, "manage_city"):
        return  # the page of the list counts what lies in their area
    if gaps or overlaps:
        said = _("权责清单有 %(gaps)d 处没有人主办、%(overlaps)d 处写了两个主办")
        tone = "vermilion" if gaps else "amber"
        yield Concern(tone, "list", said % {"gaps": gaps, "overlaps": overlaps}, url=reverse("duty_gaps"), remedy=_("看清单"))  # fmt: skip
    else:
        yield Concern("jade", "list", _("权责清单没有空白和重叠"), url=reverse("duty_gaps"))


def _administers(actor: Actor, area: str) -> bool:
    return accounts.may(actor, "manage_users", areas=city.current().area_path(area), units=())


@lru_cache(maxsize=2)
def _faults_of_list(stamp: str, on: date) -> tuple[int, int]:
    """Gaps and overlaps of the duty list, counted once for each version and day."""
    here = city.current()
    holding = [duty for duty in here.duties if duty.holds(on)]
    return sum(1 for _one in city.gaps_of(here, on=on)), len(city.overlaps_of(holding))


def _city(now: datetime) -> Iterator[Concern]:
    packs = reverse("packs")
    try:
        here = city.current()
    except NotFound:
        yield Concern("vermilion", "stack-2", _("还没有装入城市包"), url=packs, remedy=_("装入"))
        return
    years = city.missing_years(here, on=now.astimezone(here.tz).date())
    if years:
        said = _("日历里没有 %(years)s 年的节假日和调休，工作时间会把每个工作日都算上")
        yield Concern("amber", "calendar-event", said % {"years": _("、").join(map(str, years))}, url=packs, remedy=_("补上日历，再装入"))  # fmt: skip
    waiting = city.drafts()
    if waiting:
        said = ngettext(
            "%(n)d 个城市包等待装入或丢弃", "%(n)d 个城市包等待装入或丢弃", len(waiting)
        )
        yield Concern("amber", "stack-2", said % {"n": len(waiting)}, url=packs, remedy=_("去看"))


def _running(now: datetime) -> Iterator[Concern]:
    system, seen = reverse("system"), ledger.rounds()
    stuck = [*ledger.undelivered(since=now - RECENT), *notices.stuck(since=now - RECENT)]
    count = sum(one.count for one in stuck)
    if count:
        said = ngettext("这一周有 %(n)d 条通知没有送到", "这一周有 %(n)d 条通知没有送到", count)
        yield Concern("amber", "bell-off", said % {"n": count}, url=f"{system}#outbox", remedy=_("看原因，重发"))  # fmt: skip
    ended = [one.ended_at for name, one in seen.items() if one.ended_at and name != BACKUP]
    last = max(ended, default=None)
    if last is None or now - last > SILENT:
        said = _("后台进程没有在运行：时限、通知都停着")
        yield Concern("vermilion", "player-pause", said, _("启动 xianban worker"), f"{system}#rounds", _("看各项"))  # fmt: skip
    else:
        yield Concern("jade", "player-play", _("后台进程在运行"), url=f"{system}#rounds")
    failing = [name for name, one in seen.items() if one.note]
    if failing:
        said = _("后台有工作反复失败")
        yield Concern("vermilion", "alert-triangle", said, _some(failing), f"{system}#rounds", _("看各项"))  # fmt: skip
    kept = seen.get(BACKUP)
    if kept is None or kept.ended_at is None:
        yield Concern("amber", "database", _("还没有备份记录"), _("运行 xianban backup FILE，并设成每天一次"), f"{system}#backup", _("看说明"))  # fmt: skip
    elif now - kept.ended_at > BACKUP_KEPT:
        said = _("上次备份是%(ago)s") % {"ago": moments.ago(kept.ended_at, now=now)}
        yield Concern("amber", "database", said, url=f"{system}#backup", remedy=_("看说明"))
    else:
        said = _("上次备份是%(ago)s") % {"ago": moments.ago(kept.ended_at, now=now)}
        yield Concern("jade", "database", said, url=f"{system}#backup")
    yield _checked(system, now)


def _checked(system: str, now: datetime) -> Concern:
    check = ledger.newest_check(ended=True)
    if check is None or check.ended_at is None:
        return Concern("amber", "shield-check", _("台账还没有核对过"), url=f"{system}#check", remedy=_("现在核对"))  # fmt: skip
    if check.state == "failed":
        return Concern("amber", "shield-check", _("台账没有核对完"), check.broken, f"{system}#check", _("再核对一次"))  # fmt: skip
    if check.broken:
        return Concern("vermilion", "alert-triangle", _("台账核对发现问题"), check.broken, f"{system}#check", _("看结果"))  # fmt: skip
    said = _("台账%(ago)s核对过，完整") % {"ago": moments.ago(check.ended_at, now=now)}
    old = now - check.ended_at > CHECK_KEPT
    return Concern("amber" if old else "jade", "shield-check", said, url=f"{system}#check", remedy=_("再核对一次"))  # fmt: skip


def _some(names: list[str]) -> str:
    shown = _("、").join(names[:NAMED])
    return _("%(names)s 等") % {"names": shown} if len(names) > NAMED else shown


@require_safe
@staff
def roles(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Which role may do what: drawn from the table that decides it."""
    must_administer(actor)
    shown = [role for role in Role if role is not Role.RESIDENT]
    held = accounts.holders()
    context = frame(actor, "roles") | {
        "roles": [
            {"code": role.value, "name": words.called(words.ROLES, role), "held": held.get(role, 0)}
            for role in shown
        ],
        "rows": [
            {
                "verb": verb,
                "word": duties_said.RIGHTS.get(verb, verb),
                "cells": [
                    {"may": role in who, "role": words.called(words.ROLES, role)} for role in shown
                ],
            }
            for verb, who in MAY.items()
            if any(role in who for role in shown)
        ],
    }
    return render(request, "admin/roles.html", context)
