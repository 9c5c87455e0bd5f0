"""Rates and ranking of a period, the rows behind every figure, and what was asked about them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from xianban.accounts.api import Actor, may_anywhere
from xianban.appraisal import api as appraisal
from xianban.appraisal.api import PeriodSeen, Ranking
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.casework import api as casework
from xianban.web import words
from xianban.web.pages.desk import menu, proven, staff
from xianban.web.wording import in_words

VIEWS = (("unit", gettext_lazy("单位")), ("area", gettext_lazy("区域")), ("matter", gettext_lazy("事项")))  # fmt: skip
YES_NO = {"yes": True, "no": False}
SIZE = 50
ALL = "all"


@require_safe
@staff
def newest(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Straight to the period that was reckoned last, or to why there is none."""
    _must_rank(actor)
    names = appraisal.periods()
    if names:
        return redirect("ranking", names[0])
    return render(request, "appraisal/none.html", menu(actor, "appraisal"))


@require_safe
@staff
def choose(request: HttpRequest, actor: Actor) -> HttpResponse:
    """From the form above a ranking to the page of what was chosen."""
    name = request.GET.get("period", "")
    if name not in appraisal.periods():
        raise NotFound("there is no such period")
    return redirect(reverse("ranking", args=[name]) + _query(request, revision=""))


@require_safe
@staff
def ranking(request: HttpRequest, actor: Actor, period: str) -> HttpResponse:
    """Who stands where among peers, and how sure that is."""
    _must_rank(actor)
    return _ranking(request, actor, period)


def _ranking(
    request: HttpRequest, actor: Actor, period: str, *, fault: str = "", status: int = 200
) -> HttpResponse:
    by = request.GET.get("by", "unit")
    by = by if by in dict(VIEWS) else "unit"
    seen = appraisal.ranking(actor, period, by=by, revision=_revision(request))
    chosen = _chosen(request, seen)
    groups = [group for group in seen.groups if chosen in (ALL, group.code)]
    context = menu(actor, "appraisal") | {
        "seen": seen,
        "period": seen.period,
        "groups": groups,
        "all_groups": [(group.code, _group_name(seen, group.code, group.name)) for group in seen.groups],
        "shown": [(_group_name(seen, group.code, group.name), group) for group in groups],
        "chosen": chosen,
        "by": by,
        "by_word": dict(VIEWS)[by],
        "tabs": [
            {"word": word, "here": name == by, "query": _query(request, by=name, peers="")}
            for name, word in VIEWS
        ],
        "periods": appraisal.periods(),
        "confidence": round(100 * seen.confidence),
        "waiting": sum(one.may_decide for one in appraisal.requests(actor)),
        "may_freeze": _may_freeze(actor, seen.period),
        "over": seen.period.ends_at <= utc_now(),
        "fault": fault,
        **_about(seen.period),
    }  # fmt: skip
    return render(request, "appraisal/ranking.html", context, status=status)


def _chosen(request: HttpRequest, seen: Ranking) -> str:
    """The peers to show: those asked for; else all units, the districts, or matters of the first level."""
    codes = [group.code for group in seen.groups]
    usual = {"area": "district", "matter": "1"}.get(seen.by, ALL)
    chosen = request.GET.get("peers", "") or usual
    return chosen if chosen in codes else ALL


def _must_rank(actor: Actor) -> None:
    if not may_anywhere(actor, "rank"):
        raise NotAllowed("your roles do not show figures; ask an administrator")


def _group_name(seen: Ranking, code: str, name: str) -> str:
    if seen.by == "area":
        return words.called(words.LEVELS, code)
    if seen.by == "matter":
        return _("一级事项") if code == "1" else _("二级事项")
    return name or _("其他")


def _may_freeze(actor: Actor, period: PeriodSeen) -> bool:
    return period.frozen_at is None and period.ends_at <= utc_now() and appraisal.may_freeze(actor)


def _about(period: PeriodSeen) -> dict[str, Any]:
    return {
        "revisions": range(1, period.revisions + 1) if period.revisions > 1 else (),
        "earlier": period.revision < period.revisions,
    }


def _revision(request: HttpRequest) -> int | None:
    given = request.GET.get("revision", "")
    return int(given) if given.isdigit() and len(given) < 5 else None


def _query(request: HttpRequest, **changes: str) -> str:
    kept = {n: request.GET.get(n, "") for n in ("by", "peers", "revision")} | changes
    return "?" + urlencode({name: value for name, value in kept.items() if value})


@require_http_methods(["GET", "POST"])
@staff
@proven
def freeze(request: HttpRequest, actor: Actor, period: str) -> HttpResponse:
    """Keep the period for good."""
    if request.method == "POST":
        try:
            appraisal.freeze(period, acting=actor, now=utc_now())
        except WrongState as refusal:
            return _ranking(request, actor, period, fault=in_words(refusal), status=409)
        messages.success(request, _("已定档：%(period)s。") % {"period": period}, extra_tags="good")
    return redirect("ranking", period)


@require_safe
@staff
def figure(request: HttpRequest, actor: Actor, period: str, by: str, code: str) -> HttpResponse:
    """One figure and every row behind it."""
    return _figure(request, actor, period, by, code)


def _figure(
    request: HttpRequest,
    actor: Actor,
    period: str,
    by: str,
    code: str,
    *,
    typed: Mapping[str, str] | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    revision = _revision(request)
    one = appraisal.figure(actor, period, by=by, code=code, revision=revision)
    seen = appraisal.period_seen(period, revision=revision)
    page = appraisal.rows_behind(
        actor, period, by=by, code=code, revision=revision, after=request.GET.get("after", ""), size=SIZE
    )  # fmt: skip
    about = _about(seen)
    frozen = seen.frozen_at is not None
    may_ask = by == "unit" and not about["earlier"] and appraisal.may_ask(actor, code, frozen=frozen)  # fmt: skip
    grounds = appraisal.APPEALS if frozen else appraisal.GROUNDS
    context = menu(actor, "appraisal") | {
        "figure": one,
        "period": seen,
        "page": page,
        "by": by,
        "peers_name": words.called(words.LEVELS, one.peers) if by == "area" else one.peers_name,
        "may_ask": may_ask,
        "asking": (typed or request.GET).get("row", "") if may_ask else "",
        "typed": typed or {},
        "fault": fault,
        "grounds": [(ground, words.GROUNDS[ground]) for ground in grounds],
        "more": _query(request, after=page.next) if page.next else "",
        "first": _query(request) if request.GET.get("after") else "",
        **about,
    }
    return render(request, "appraisal/figure.html", context, status=status)


@require_http_methods(["GET", "POST"])
@staff
def ask(request: HttpRequest, actor: Actor, period: str, by: str, code: str) -> HttpResponse:
    """Ask that a case be left out, or appeal once the period is frozen; words are kept if refused."""
    if request.method != "POST":
        return redirect("figure", period, by, code)
    typed = {name: request.POST.get(name, "").strip() for name in ("row", "number", "ground", "evidence")}  # fmt: skip
    frozen = appraisal.period_seen(period).frozen_at is not None
    act = appraisal.appeal if frozen else appraisal.ask_exclusion
    try:
        case_id = casework.case_by_number(typed["number"], actor)
        act(
            period,
            case_id,
            unit=code,
            ground=typed["ground"],
            evidence=typed["evidence"],
            acting=actor,
            now=utc_now(),
        )
    except (BadInput, WrongState) as refusal:
        status = 400 if isinstance(refusal, BadInput) else 409
        return _figure(request, actor, period, by, code, typed=typed, fault=in_words(refusal), status=status)  # fmt: skip
    said = _("已提出申诉，由他人裁定。") if frozen else _("已申请剔除，由市级统一审定。")
    messages.success(request, said, extra_tags="good")
    return redirect("figure", period, by, code)


@require_safe
@staff
def asked(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What units asked: what waits first, then what was decided and why."""
    _must_rank(actor)
    return _asked(request, actor)


def _asked(
    request: HttpRequest,
    actor: Actor,
    *,
    typed: Mapping[str, str] | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    found = appraisal.requests(actor)
    context = menu(actor, "appraisal") | {
        "waiting": [one for one in found if one.state == "asked"],
        "decided": [one for one in found if one.state != "asked"],
        "typed": typed or {},
        "fault": fault,
        "verdicts": list(words.SATISFACTION.items()),
    }
    return render(request, "appraisal/asked.html", context, status=status)


@require_http_methods(["GET", "POST"])
@staff
def decide(request: HttpRequest, actor: Actor, kind: str, key: int) -> HttpResponse:
    """Decide upon one request; words are kept where it is refused."""
    _must_rank(actor)
    if request.method != "POST":
        return redirect("asked")
    typed = request.POST.dict() | {"which": f"{kind}-{key}"}
    granted = YES_NO.get(typed.get("granted", ""))
    if granted is None:
        return _asked(request, actor, typed=typed, fault=_("请选择同意或不同意。"), status=400)
    said: dict[str, Any] = {"granted": granted, "reason": typed.get("reason", ""), "acting": actor, "now": utc_now()}  # fmt: skip
    try:
        if kind == "exclusion":
            appraisal.decide_exclusion(key, **said)
        elif kind == "appeal":
            appraisal.rule_appeal(key, **said, correction=_correction(typed))
        else:
            raise NotFound("there is no such request")
    except (BadInput, WrongState) as refusal:
        status = 400 if isinstance(refusal, BadInput) else 409
        return _asked(request, actor, typed=typed, fault=in_words(refusal), status=status)
    messages.success(request, _("已记下您的决定。"), extra_tags="good")
    return redirect("asked")


def _correction(typed: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {
        name: YES_NO[typed[name]] for name in ("contacted", "solved") if typed.get(name) in YES_NO
    }
    return said | ({"satisfaction": typed["satisfaction"]} if typed.get("satisfaction") else {})
