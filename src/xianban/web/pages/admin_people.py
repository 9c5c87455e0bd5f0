"""People who sign in: found, added, given roles, closed; from a table too. Every change is an act."""

import csv
import secrets
from collections.abc import Mapping
from io import StringIO
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from xianban.accounts import api as accounts
from xianban.accounts.api import Actor, Granted, NewUser, People, Role, UserSeen
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, NotFound, Refused, WrongState
from xianban.city import api as city
from xianban.ledger import api as ledger
from xianban.residents.api import mask_numbers
from xianban.web import choices, words
from xianban.web.deeds import told
from xianban.web.pages.admin import frame, must_administer
from xianban.web.pages.desk import proven, staff
from xianban.web.pages.exports import safe
from xianban.web.wording import in_words

REFUSALS = (BadInput, NotAllowed, NotFound, WrongState)
MOST_BYTES = 1_000_000
SHOWN = 200  # rows of a table that are drawn; all are counted
ACTS = 50


@require_safe
@staff
def people(request: HttpRequest, actor: Actor) -> HttpResponse:
    must_administer(actor)
    asked = {
        name: request.GET.get(name, "").strip()
        for name in ("text", "role", "unit", "area", "state")
    }
    area = choices.code_of(choices.area_names(), asked["area"]) if asked["area"] else ""
    unit = choices.code_of(choices.unit_names(), asked["unit"]) if asked["unit"] else ""
    unknown = bool((asked["area"] and not area) or (asked["unit"] and not unit))
    page = accounts.find_people(
        accounts.Wanted(
            text=asked["text"][:80],
            role=asked["role"] if asked["role"] in list(Role) else "",
            unit=unit,
            areas=_within(area),
            state=asked["state"] if asked["state"] in accounts.STATES else "",
        ),
        by=actor,
        after=request.GET.get("after", ""),
    )
    kept = {name: value for name, value in asked.items() if value}
    context = frame(actor, "people") | _lists() | {
        "rows": [_row(one) for one in page.people] if not unknown else [],
        "more": f"?{urlencode({**kept, 'after': page.after})}" if page.after else "",
        "first": f"?{urlencode(kept)}" if request.GET.get("after") else "",
        "asked": asked,
        "filtered": bool(kept),
        "unknown": unknown,
        "states": words.PEOPLE_STATES.items(),
        "total": accounts.people_counts(by=actor)["all"],
    }  # fmt: skip
    return render(request, "admin/people.html", context)


def _within(area: str) -> frozenset[str]:
    if not area:
        return frozenset()
    here = city.current()
    return frozenset(code for code in here.areas if here.within(code, area))


def _lists() -> dict[str, Any]:
    """What the pickers offer."""
    try:
        here = city.current()
    except NotFound:
        return {"roles": _roles(), "unit_names": (), "area_names": ()}
    coarse = {code for code, area in here.areas.items() if area.level != "grid"}
    return {
        "roles": _roles(),
        "unit_names": sorted(choices.unit_names()),
        "area_names": sorted(n for n, code in choices.area_names().items() if code in coarse),
    }


def _roles() -> list[tuple[str, str]]:
    return [
        (role.value, words.called(words.ROLES, role)) for role in Role if role is not Role.RESIDENT
    ]


def _row(one: UserSeen) -> dict[str, Any]:
    return {"one": one, "grants": [_granted(granted) for granted in one.grants]}


def _granted(granted: Granted) -> dict[str, str]:
    """A role and where it holds, in words."""
    try:
        here = city.current()
        area = here.area_name(granted.area) if granted.area else ""
        unit = here.unit_name(granted.unit) if granted.unit else ""
    except NotFound:
        area, unit = granted.area, granted.unit
    return {
        "role": words.called(words.ROLES, granted.role),
        "where": " · ".join(part for part in (area, unit) if part) or _("全市"),
        "value": "|".join((granted.role, granted.area, granted.unit)),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@staff
@proven
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One more person, with a first role and perhaps a password that is shown once."""
    must_administer(actor)
    typed: Mapping[str, Any] = request.POST if request.method == "POST" else _suggested(request)
    fault, status = "", 200
    if request.method == "POST":
        try:
            key, password = _add(request, actor)
        except REFUSALS as refusal:
            fault, status = in_words(refusal), 400
        else:
            return _person(request, actor, key, password=password, added=True)
    context = frame(actor, "people") | _lists() | {"typed": typed, "fault": fault}
    return render(request, "admin/new_person.html", context, status=status)


def _suggested(request: HttpRequest) -> dict[str, str]:
    """What a link proposes: a role, and the unit that lacks somebody."""
    unit = request.GET.get("unit", "")
    names = {code: name for name, code in choices.unit_names().items()} if unit else {}
    return {"role": request.GET.get("role", ""), "unit": names.get(unit, "")}


def _add(request: HttpRequest, actor: Actor) -> tuple[int, str]:
    typed = {name: request.POST.get(name, "").strip() for name in ("username", "name", "email")}
    if not typed["username"]:
        raise BadInput("give the person a user name")
    password = secrets.token_urlsafe(12) if "password" in request.POST else ""
    user = NewUser(
        typed["username"],
        name=typed["name"],
        email=typed["email"],
        password=password or None,
        grants=(_scope(request),),
        issued=bool(password),
    )
    return accounts.add_user(user, acting=actor, now=utc_now()), password


def _scope(request: HttpRequest) -> Granted:
    """The role and its scope, as they were chosen."""
    role = request.POST.get("role", "")
    if role not in list(Role) or role == Role.RESIDENT:
        raise BadInput("choose a role")
    area, unit = request.POST.get("area", "").strip(), request.POST.get("unit", "").strip()
    area_code = choices.code_of(choices.area_names(), area) if area else ""
    unit_code = choices.code_of(choices.unit_names(), unit) if unit else ""
    if area and not area_code:
        raise BadInput("there is no area of that name; choose one from the list")
    if unit and not unit_code:
        raise BadInput("there is no unit of that name; choose one from the list")
    return Granted(Role(role), area_code, unit_code)


@require_safe
@staff
def person(request: HttpRequest, actor: Actor, key: int) -> HttpResponse:
    must_administer(actor)
    return _person(request, actor, key)


def _person(
    request: HttpRequest,
    actor: Actor,
    key: int,
    *,
    password: str = "",
    added: bool = False,
    fault: str = "",
    faulty: str = "",
    status: int = 200,
) -> HttpResponse:
    one, now = accounts.person_seen(key, by=actor), utc_now()
    acts = ledger.search_acts(ledger.Sought(subject=f"user:{key}"), size=ACTS).acts
    changes = [act for act in acts if act.verb.startswith("user.")]
    context = frame(actor, "people") | _lists() | {
        "one": one,
        "grants": [_granted(granted) for granted in one.grants],
        "own": actor.id == key,
        "may": all(_may_give(actor, granted) for granted in one.grants),
        "locked": one.username in accounts.locked_names(by=actor, now=now),
        "has_factor": accounts.has_second_factor(key),
        "sessions": accounts.sessions_of(key, here=""),
        "changes": told(changes, actor),
        "password": password,
        "added": added,
        "fault": fault,
        "faulty": faulty,
        "typed": request.POST,
        "may_audit": accounts.may_anywhere(actor, "audit"),
    }  # fmt: skip
    return render(request, "admin/person.html", context, status=status)


def _may_give(actor: Actor, granted: Granted) -> bool:
    try:
        path = city.current().area_path(granted.area) if granted.area else ()
    except NotFound:
        path = (granted.area,)
    return accounts.may_give(actor, granted, path=path)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
@proven
def act(request: HttpRequest, actor: Actor, key: int, verb: str) -> HttpResponse:
    must_administer(actor)
    if request.method != "POST":
        return redirect("staff_member", key)
    one = accounts.person_seen(key, by=actor)
    try:
        said, password = _do(request, actor, one, verb)
    except REFUSALS as refusal:
        return _person(request, actor, key, fault=in_words(refusal), faulty=verb, status=400)
    if password:
        return _person(request, actor, key, password=password)
    messages.success(request, said, extra_tags="good")
    return redirect("staff_member", key)


def _do(request: HttpRequest, actor: Actor, one: UserSeen, verb: str) -> tuple[str, str]:
    """One act; what to say of it, or the password to show once."""
    now, reason = utc_now(), mask_numbers(request.POST.get("reason", "").strip())
    if verb in ("grant", "revoke", "close", "open") and not reason:
        raise BadInput("say in a few words why this person's rights are changed")
    if verb == "grant":
        fresh = accounts.grant(one.username, _scope(request), acting=actor, now=now, reason=reason)
        return (_("已给予这个角色，立即生效。") if fresh else _("这个人已经有这个角色。")), ""
    if verb == "revoke":
        accounts.revoke(one.username, _meant(request, one), acting=actor, now=now, reason=reason)
        return _("已收回，立即生效。"), ""
    if verb in ("close", "open"):
        accounts.set_active(one.username, verb == "open", acting=actor, now=now, reason=reason)
        return (_("账号已重新开放。") if verb == "open" else _("账号已关闭，登录都已结束。")), ""
    if verb == "change":
        accounts.change_user(
            one.username,
            name=request.POST.get("name", ""),
            email=request.POST.get("email", ""),
            language="en" if request.POST.get("language") == "en" else "zh-hans",
            acting=actor,
            now=now,
        )
        return _("已保存。"), ""
    if verb == "password":
        password = secrets.token_urlsafe(12)
        accounts.set_password(one.username, password=password, acting=actor, now=now)
        return "", password
    if verb == "sessions":
        n = accounts.end_all_sessions(one.username, acting=actor, now=now, reason=reason)
        said = ngettext("已结束 %(n)d 处登录。", "已结束 %(n)d 处登录。", n)
        return said % {"n": n}, ""
    if verb == "unlock":
        accounts.lift_lock(one.username, acting=actor, now=now)
        return _("已解除锁定，可以马上登录。"), ""
    if verb == "factor":
        accounts.reset_second_factor(one.username, acting=actor, now=now)
        return _("两步验证已重置，登录都已结束。"), ""
    raise NotFound("there is no such act")


def _meant(request: HttpRequest, one: UserSeen) -> Granted:
    value = request.POST.get("granted", "")
    for granted in one.grants:
        if "|".join((granted.role, granted.area, granted.unit)) == value:
            return granted
    raise NotFound("this role was taken back already")


# ---- many at once ----


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def bring_in(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """A table of people: looked at, then brought in; what is wrong stays, with its reason."""
    must_administer(actor)
    if (
        "go" in request.POST
    ):  # a file that is only looked at needs no proof, and would be lost by it
        return proven(_bring_in)(request, actor)
    return _bring_in(request, actor)


def _bring_in(request: HttpRequest, actor: Actor) -> HttpResponse:
    if request.method != "POST":
        return _table(request, actor)
    text, fault = _text(request)
    try:
        if fault:
            raise BadInput(fault)
        found = accounts.read_people(text, acting=actor, called=_called())
    except Refused as refusal:
        return _table(request, actor, text=text, fault=in_words(refusal), status=400)
    if "faults" in request.POST:
        return _faults_file(found)
    done = None
    if "go" in request.POST:
        done = accounts.import_people(found, acting=actor, now=utc_now())
    return _table(request, actor, text=text, found=found, done=done)


def _text(request: HttpRequest) -> tuple[str, str]:
    """What was sent, as text: a file, or what was pasted; and what is wrong with it."""
    sent = request.FILES.get("table")
    if sent is None or not sent.size:
        return request.POST.get("text", "")[:MOST_BYTES], ""
    if sent.size > MOST_BYTES:
        return "", "the table is larger than 1 MB; send it in parts"
    raw = sent.read()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding), ""
        except UnicodeDecodeError:
            continue
    return "", "the table is neither UTF-8 nor GB18030; save it as “CSV UTF-8”"


def _called() -> dict[str, str]:
    """Names of columns, roles and languages as people write them."""
    names = {
        "用户名": "username", "姓名": "name", "邮箱": "email", "语言": "language",
        "角色": "role", "区域": "area", "单位": "unit", "中文": "zh-hans", "英文": "en",
    }  # fmt: skip
    return names | {name: code for code, name in _roles()}


def _table(
    request: HttpRequest,
    actor: Actor,
    *,
    text: str = "",
    found: People | None = None,
    done: tuple[int, int] | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    context = frame(actor, "people") | {"text": text, "fault": fault, "done": done}
    if found is not None:
        faults = found.of("fault")
        context |= {
            "found": found,
            "new": found.new,
            "given": len(found.of("grant")),
            "same": len(found.of("same")),
            "faults": len(faults),
            "lines": [
                {
                    "line": line,
                    "chip": words.IMPORT_LINES[line.what],
                    "granted": _granted(line.granted) if line.granted else None,
                    "fault": _fault(line),
                }
                for line in (*faults, *found.of("new", "grant", "same"))[:SHOWN]
            ],
            "hidden": max(0, len(found.lines) - SHOWN),
        }
    return render(request, "admin/import_people.html", context, status=status)


def _fault(line: Any) -> str:
    if not line.fault:
        return ""
    return str(words.IMPORT_FAULTS[line.fault]) % {"value": line.cells.get(line.column, "")[:60]}


def _faults_file(found: People) -> HttpResponse:
    """The rows that were not brought in, each with the reason, to be mended and sent again."""
    out = StringIO()
    out.write("\ufeff")
    sheet = csv.writer(out)
    sheet.writerow([*accounts.COLUMNS, _("问题")])
    for line in found.of("fault"):
        sheet.writerow([safe(line.cells[name]) for name in accounts.COLUMNS] + [_fault(line)])
    return HttpResponse(
        out.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="people-faults.csv"',
            "X-Content-Type-Options": "nosniff",
        },
    )
