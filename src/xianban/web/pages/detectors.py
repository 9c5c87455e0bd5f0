"""How good each detector is, what it was changed to, by whom and why; what is tried beside it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xianban.accounts.api import MACHINE, Actor, names_of
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.prevention import api as prevention
from xianban.prevention.api import DetectorShown, VersionShown
from xianban.web import warned
from xianban.web.pages.desk import menu, staff
from xianban.web.wording import in_words


@require_safe
@staff
def detectors(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The record of each, and when history was last looked at."""
    context = menu(actor, "warnings") | {
        "detectors": prevention.detectors(actor),
        "rounds": prevention.rounds(actor, most=12),
    }
    return render(request, "warnings/detectors.html", context)


@require_safe
@staff
def detector(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    return _detector(request, actor, name)


def _detector(
    request: HttpRequest,
    actor: Actor,
    name: str,
    *,
    typed: Mapping[str, str] | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    seen = prevention.detector(name, actor)
    typed = typed or {}
    behind, hidden = prevention.behind_record(name, actor)
    context = menu(actor, "warnings") | {
        "seen": seen,
        "behind": [(one, prevention.is_real(one.past.stand, one.past.outcome)) for one in behind],
        "behind_hidden": hidden,
        "listed": "#behind" if behind else "",
        "versions": _versions(seen),
        "settings": [(key, word, seen.config.get(key), typed.get(key, "")) for key, word in warned.KEYS.items()],
        "typed": typed,
        "fault": fault,
    }  # fmt: skip
    return render(request, "warnings/detector.html", context, status=status)


def _versions(seen: DetectorShown) -> list[tuple[VersionShown, str, list[tuple[str, Any, Any]]]]:
    """Each with who made it, and what is not as in the one before."""
    users = {int(v.by[5:]) for v in seen.versions if v.by.startswith("user:")}
    names = names_of(users) if users else {}
    before: Iterable[VersionShown | None] = [*seen.versions[1:], None]
    return [
        (
            one,
            names.get(int(one.by[5:]), one.by) if one.by.startswith("user:") else MACHINE.name,
            _changes(last.config, one.config) if last else [],
        )
        for one, last in zip(seen.versions, before, strict=True)
    ]


def _changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    return [
        (str(warned.KEYS.get(key, key)), then.get(key, "—"), now.get(key, "—"))
        for key in sorted({*then, *now})
        if then.get(key) != now.get(key)
    ]


@require_http_methods(["GET", "POST"])
@staff
def act(request: HttpRequest, actor: Actor, name: str, verb: str) -> HttpResponse:
    """Try another setting beside it, take it over, drop it, or go back; always with a reason."""
    if request.method != "POST":
        return redirect("detector", name)
    typed = {k: v for k, v in request.POST.items() if isinstance(v, str)}
    try:
        said = _do(name, verb, typed, actor)
    except (BadInput, WrongState, NotAllowed) as refusal:
        status = 400 if isinstance(refusal, BadInput) else 409
        return _detector(request, actor, name, typed=typed | {"verb": verb}, fault=in_words(refusal), status=status)  # fmt: skip
    messages.success(request, said, extra_tags="good")
    return redirect("detector", name)


def _do(name: str, verb: str, typed: Mapping[str, str], actor: Actor) -> str:
    now, reason = utc_now(), typed.get("reason", "")
    if verb == "challenge":
        prevention.challenge(name, _wanted(typed), reason=reason, acting=actor, now=now)
        return _("新设置开始试用：只记录，不占名额。")
    if verb == "promote":
        n = prevention.promote(name, reason=reason, acting=actor, now=now)
        return _("第 %(n)s 版已换为在用。") % {"n": n}
    if verb == "withdraw":
        prevention.withdraw(name, reason=reason, acting=actor, now=now)
        return _("试用的版本已撤下。")
    if verb == "revert":
        chosen = typed.get("n", "")
        number = int(chosen) if chosen.isdigit() and len(chosen) < 7 else 0
        back = prevention.revert(name, number, reason=reason, acting=actor, now=now)
        return _("已回到第 %(n)s 版。") % {"n": back}
    raise NotFound("there is no such act")


def _wanted(typed: Mapping[str, str]) -> dict[str, Any]:
    """The settings that were filled in."""
    found: dict[str, Any] = {}
    for key, word in warned.KEYS.items():
        given = typed.get(key, "").strip()
        if not given:
            continue
        try:
            found[key] = float(given) if key == "fdr" else int(given)
        except ValueError:
            raise BadInput(f"“{given[:20]}” is no number ({word}); write digits") from None
    return found
