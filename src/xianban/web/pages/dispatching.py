"""The dispatcher's desk: what is unsure or disputed, one case open, three candidates, a key to choose."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xianban.accounts.api import Actor, may_anywhere
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, WrongState
from xianban.casework import api as casework
from xianban.casework.api import CaseView, Offer
from xianban.city import api as city
from xianban.dispatch import api as dispatch
from xianban.dispatch.api import Candidate
from xianban.web import choices, moments, words
from xianban.web.pages.desk import menu, staff
from xianban.web.reasons import reasons_of
from xianban.web.timeline import lines_of
from xianban.web.wording import in_words

SHOWN = 40  # rows beside the open case
LOOKING_S = 90  # how long an opened case counts as being looked at
UNDO_S = 600  # as long as the rules let a dispatch be taken back
WORTH_NAMING = 0.05  # a likelihood below it is no candidate for a ruling
RULINGS = ("reject", "uphold", "designate")
Opened = tuple[CaseView, tuple[Offer, ...]]  # a case, and what may be done to it


@dataclass(frozen=True)
class Waiting:
    """A case of the queue, and why it lies there."""

    id: int
    number: str
    why: str


@dataclass(frozen=True)
class Shown:
    """A row beside the open case; `returns` counts its returned dispatches."""

    row: casework.CaseRow
    why: str
    returns: int


@dataclass(frozen=True)
class Offered:
    """A candidate in the words of the page; `lack` says why nobody can be named."""

    matter: str
    path: str
    name: str
    probability: float | None
    words: tuple[str, ...]
    lead: str
    lead_name: str
    helpers: str
    limit: str
    contact: str
    basis: str
    row: str
    lack: str


@require_safe
@staff
def queue(request: HttpRequest, actor: Actor, number: str = "") -> HttpResponse:
    _must_be_desk(actor)
    now, why = utc_now(), request.GET.get("why", "")
    waiting = _waiting(actor)
    listed = [one for one in waiting if one.why == why] if why else waiting
    opened: Opened | None = None
    if number:
        case_id = casework.case_by_number(number, actor)
        opened = casework.case_with_offers(case_id, actor, now=now)
        if opened[0].state not in ("received", "contested"):
            return redirect("case", number)
    elif first := _next(listed, actor):
        opened = casework.case_with_offers(first, actor, now=now)
    return _page(request, actor, opened, waiting, listed, now=now)


def _must_be_desk(actor: Actor) -> None:
    if not may_anywhere(actor, "rule"):
        raise NotAllowed("the dispatch desk is for dispatchers and supervisors")


def _waiting(actor: Actor) -> list[Waiting]:
    """The queue: what the desk can decide now first, what waits for the answers of units last."""
    found = [
        Waiting(
            one.id, one.number, dispatch.why_waiting(one.state, one.doubt, consulted=one.consulted)
        )
        for one in casework.undecided(actor)
    ]
    return sorted(found, key=lambda one: one.why == "consulted")


def _next(listed: Sequence[Waiting], actor: Actor, *, besides: int = 0) -> int | None:
    """The first case that nobody else is looking at, or the first."""
    ids = [one.id for one in listed if one.id != besides]
    busy = {key for key, who in _lookers(ids[:SHOWN]).items() if who[0] != actor.id}
    return next((key for key in ids if key not in busy), ids[0] if ids else None)


def _lookers(ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    found = cache.get_many([f"desk:{key}" for key in ids])
    return {int(key.partition(":")[2]): who for key, who in found.items()}


def _page(
    request: HttpRequest,
    actor: Actor,
    opened: Opened | None,
    waiting: Sequence[Waiting],
    listed: Sequence[Waiting],
    *,
    now: datetime,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    why = request.GET.get("why", "")
    context = menu(actor, "dispatching") | {
        "waiting": waiting,
        "shown": _shown(actor, listed[:SHOWN], now),
        "more_waiting": max(0, len(listed) - SHOWN),
        "tabs": _tabs(waiting, why),
        "why": why,
        "query": f"?{urlencode({'why': why})}" if why else "",
        "undo": _undo(request, now),
        "reason_word": dict(words.WAITING),
    }
    if opened is not None:
        context |= _open(request, actor, opened, listed, now)
    return render(request, "dispatch/queue.html", context | more, status=status)


def _shown(actor: Actor, listed: Sequence[Waiting], now: datetime) -> list[Shown]:
    why = {one.id: one.why for one in listed}
    returns = casework.returns_of(why)
    rows = casework.rows_of(actor, list(why), now=now)
    return [Shown(row, why[row.id], returns.get(row.id, 0)) for row in rows]


def _tabs(waiting: Sequence[Waiting], why: str) -> list[dict[str, Any]]:
    counts = Counter(one.why for one in waiting)
    tabs = [{"word": _("全部"), "query": "?", "here": not why, "count": len(waiting)}]
    for code in dispatch.REASONS:
        if counts[code] or code == why:
            tabs.append(
                {
                    "word": words.WAITING[code].word,
                    "query": f"?why={code}",
                    "here": code == why,
                    "count": counts[code],
                }
            )
    return tabs


def _open(
    request: HttpRequest,
    actor: Actor,
    opened: Opened,
    listed: Sequence[Waiting],
    now: datetime,
) -> dict[str, Any]:
    """All about the case that is open."""
    view, found = opened
    offers = {offer.verb: offer for offer in found}
    typed_area = request.GET.get("area", request.POST.get("area", "")).strip()
    area = choices.code_of(choices.area_names(), typed_area) if typed_area else ""
    returned = view.disputes[-1] if view.state == "contested" else None
    offered = [_offered(one) for one in dispatch.candidates(view, at=now, area=area)]
    find = request.GET.get("find", "").strip()
    looking = _look_at(view.id, actor)
    consulted = next((one for one in view.consultations if one.state == "open"), None)
    index = next((n for n, one in enumerate(listed) if one.id == view.id), -1)
    why = (
        listed[index].why
        if index >= 0
        else dispatch.why_waiting(
            view.state, str(view.proposal.get("doubt") or ""), consulted=consulted is not None
        )
    )
    return {
        "case": view,
        "case_why": why,
        "why_sentence": _why_sentence(why, view),
        "clocks": [clock for clock in view.clocks if clock.verdict in ("running", "overdue")],
        "offered": offered,
        "may_choose": "dispatch" in offers,
        "may_consult": "consult" in offers,
        "consulted": consulted,
        "answered": sum(1 for one in consulted.answers if one.state == "answered")
        if consulted
        else 0,
        "reasons": reasons_of(view),
        "returned": returned,
        "ruling": _rulings(offers, view, offered) if returned else None,
        "precedents": casework.precedents(actor, view.matter.code, besides=view.id)
        if returned
        else (),
        "area_typed": typed_area,
        "area_unknown": bool(typed_area) and not area,
        "area": area,
        "area_names": choices.area_names() if not view.area.code or typed_area else {},
        "find": find,
        **_finds(find, view, area, now),
        "looking": looking,
        "before": listed[index - 1].number if index > 0 else "",
        "after": listed[index + 1].number if 0 <= index < len(listed) - 1 else "",
        "unit_names": sorted(choices.unit_names()) if returned else (),
        "posted": request.POST.dict(),
    }


def _why_sentence(why: str, view: CaseView) -> str:
    sentence = str(words.WAITING_SENTENCES[why])
    if why == "disputed":
        last = view.disputes[-1]
        return sentence % {
            "unit": last.unit.name,
            "reason": words.called(words.OBJECTIONS, last.reason),
            "n": len(view.disputes),
        }
    return sentence


def _offered(one: Candidate) -> Offered:
    here, found = city.current(), one.assignment
    lack = ""
    if found is None:
        lack = str(
            words.LACKS.get(one.lack)
            or _("权责清单写的是%(unit)s，它只协助、不主办") % {"unit": here.unit_name(one.lack)}
        )
    return Offered(
        matter=one.matter,
        path=" / ".join(here.matter_path(one.matter)[:-1]),
        name=here.matter_name(one.matter),
        probability=one.probability,
        words=one.words,
        lead=found.lead if found else "",
        lead_name=here.unit_name(found.lead) if found else "",
        helpers=_("、").join(here.unit_name(code) for code in found.co_units) if found else "",
        limit=moments.limit(found.limit) if found else "",
        contact=moments.limit(found.contact_limit) if found else "",
        basis=found.legal_basis if found else "",
        row=_("清单第 %(row)s 行：%(matter)s · %(area)s")
        % {
            "row": found.row,
            "matter": here.matter_name(found.matter),
            "area": here.area_name(found.area),
        }
        if found
        else "",
        lack=lack,
    )


def _look_at(case_id: int, actor: Actor) -> str:
    """Who else looks at the case now; and that this person does. Soft: nothing depends on it."""
    key = f"desk:{case_id}"
    who = cache.get(key)
    if who and who[0] != actor.id:
        return str(who[1])
    cache.set(key, (actor.id, actor.name), LOOKING_S)
    return ""


def _finds(find: str, view: CaseView, area: str, now: datetime) -> dict[str, Any]:
    """Matters and units that fit what is typed."""
    if not find:
        return {"found_matters": (), "found_units": ()}
    here = city.current()
    place = area or view.area.code
    return {
        "found_matters": [
            _offered(dispatch.with_duty(code, place, at=now))
            for code in dispatch.matters_typed(find)
        ],
        "found_units": [
            {
                "code": code,
                "name": here.unit_name(code),
                "area": here.area_name(here.units[code].area),
            }
            for code in dispatch.units_typed(find)
        ],
    }


def _rulings(
    offers: dict[str, Offer], view: CaseView, offered: Sequence[Offered]
) -> dict[str, Any] | None:
    """Who may lead after the ruling: the unit that returned it, and other leads that come into question."""
    may = [verb for verb in RULINGS if verb in offers]
    if not may:
        return None
    last = view.disputes[-1]
    others = {
        one.lead: one
        for one in reversed(offered)
        if one.lead != last.unit.code and one.lead and (one.probability or 1.0) >= WORTH_NAMING
    }
    return {
        "only_designation": may == ["designate"],
        "units": [
            {"code": last.unit.code, "name": last.unit.name, "same": True, "why": None},
            *(
                {"code": code, "name": one.lead_name, "same": False, "why": one}
                for code, one in list(reversed(others.items()))[:2]
            ),
        ],
    }


def _undo(request: HttpRequest, now: datetime) -> dict[str, str] | None:
    done = request.session.get("dispatched")
    if not done or now.timestamp() - done["at"] > UNDO_S:
        return None
    return done


@require_safe
@staff
def find(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """The part of the page that changes while one types."""
    _must_be_desk(actor)
    now = utc_now()
    view = casework.case_view(casework.case_by_number(number, actor), actor, now=now)
    area = choices.code_of(choices.area_names(), request.GET.get("area", ""))
    typed = request.GET.get("find", "").strip()[:60]
    context = {
        "case": view,
        "find": typed,
        "area": area,
        "why": request.GET.get("why", ""),
        "may_choose": True,
        **_finds(typed, view, area, now),
    }
    return render(request, "dispatch/found.html", context)


@require_http_methods(["GET", "POST"])
@staff
def choose(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Dispatch as chosen; then the next case opens itself."""
    if request.method != "POST":
        return redirect("dispatching_case", number)
    _must_be_desk(actor)
    case_id, now = casework.case_by_number(number, actor), utc_now()
    posted = request.POST
    try:
        done = dispatch.choose(
            case_id,
            acting=actor,
            now=now,
            matter=posted.get("matter", ""),
            area=posted.get("area", ""),
            unit=posted.get("unit", ""),
            text=posted.get("text", "").strip(),
            expect_version=_version(request),
        )
    except BadInput as fault:
        messages.error(request, in_words(fault), extra_tags="bad")
        return redirect("dispatching_case", number)
    except (WrongState, NotAllowed) as refusal:
        return _somebody_was_first(request, actor, case_id, refusal, now)
    request.session["dispatched"] = {
        "number": number,
        "unit": done.view.unit.name,
        "at": now.timestamp(),
    }
    messages.success(request, _taught(done), extra_tags="good")
    return _onwards(request)


def _taught(done: dispatch.Chosen) -> str:
    said = _("已派给%(unit)s。") % {"unit": done.view.unit.name}
    if not done.taught:
        return said
    matter = done.view.matter.name
    if done.to_go:
        return said + _(
            "记作“%(matter)s”的例子：再有 %(n)s 件更正，系统就重新学习，此后相似的诉求会先想到它。"
        ) % {"matter": matter, "n": done.to_go}
    return said + _("记作“%(matter)s”的例子：系统即将重新学习，此后相似的诉求会先想到它。") % {
        "matter": matter
    }


def _version(request: HttpRequest) -> int | None:
    given = request.POST.get("version", "")
    return int(given) if given.isdigit() else None


def _onwards(request: HttpRequest) -> HttpResponse:
    why = request.POST.get("why", "")
    return redirect(reverse("dispatching") + (f"?{urlencode({'why': why})}" if why else ""))


def _somebody_was_first(
    request: HttpRequest, actor: Actor, case_id: int, refusal: Exception, now: datetime
) -> HttpResponse:
    """A clear sentence, nothing changed, and the next case."""
    view = casework.case_view(case_id, actor, now=now)
    version = _version(request)
    others = [
        event
        for event in view.timeline
        if version is not None and event.seq > version and event.actor != "machine"
    ]
    if others:
        line = lines_of(others)[-1]
        said = _("%(number)s 没有改动：%(who)s已经先一步处理（%(did)s）。请看下一件。") % {
            "number": view.number,
            "who": line.who,
            "did": line.said,
        }
    else:
        said = f"{view.number}{_('：')}{in_words(refusal)}"
    messages.error(request, said, extra_tags="bad")
    return _onwards(request)


@require_http_methods(["GET", "POST"])
@staff
def recall(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Take the last dispatch back, and open the case again."""
    if request.method != "POST":
        return redirect("dispatching")
    _must_be_desk(actor)
    case_id = casework.case_by_number(number, actor)
    request.session.pop("dispatched", None)
    try:
        casework.perform(case_id, "recall", acting=actor, now=utc_now())
    except (WrongState, NotAllowed) as refusal:
        messages.error(request, in_words(refusal), extra_tags="bad")
        return redirect("dispatching")
    messages.success(request, _("已撤回，请重新选择。"), extra_tags="good")
    return redirect("dispatching_case", number)


@require_http_methods(["GET", "POST"])
@staff
def rule(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """A ruling on a returned dispatch: the same unit, another one, or designation."""
    if request.method != "POST":
        return redirect("dispatching_case", number)
    _must_be_desk(actor)
    case_id, now = casework.case_by_number(number, actor), utc_now()
    opened = casework.case_with_offers(case_id, actor, now=now)
    view, offers = opened[0], {offer.verb for offer in opened[1]}
    typed, text = request.POST.get("other", "").strip(), request.POST.get("text", "").strip()
    unit = request.POST.get("unit", "")
    faults = {}
    if typed:
        unit = choices.code_of(choices.unit_names(), typed)
        if not unit:
            faults["other"] = _("名录里没有“%(typed)s”，请从列表中选一个。") % {"typed": typed}
    elif not unit:
        faults["unit"] = _("请选由谁承办。")
    if not text:
        faults["text"] = _("请写明裁定的理由。")
    if faults:
        return _again(request, actor, opened, now, faults=faults)
    same = bool(view.disputes) and unit == view.disputes[-1].unit.code
    verb = "reject" if same else "uphold"
    data: dict[str, Any] = {"text": text} if same else {"unit": unit, "text": text}
    if request.POST.get("designate") or verb not in offers:
        verb, data = "designate", {"unit": unit, "text": text}
    try:
        done = casework.perform(
            case_id, verb, acting=actor, now=now, data=data, expect_version=_version(request)
        )
    except BadInput as fault:
        return _again(request, actor, opened, now, faults={"unit": in_words(fault)})
    except (WrongState, NotAllowed) as refusal:
        return _somebody_was_first(request, actor, case_id, refusal, now)
    said = _("已裁定，由%(unit)s办理。") % {"unit": done.unit.name}
    if request.POST.get("suggest"):
        dispatch.suggest(
            acting=actor,
            now=now,
            kind="ruling",
            matter=done.matter.code,
            area=done.area.code,
            unit=done.unit.code,
            case_id=case_id,
            reason=text,
        )
        said += _("已把修改权责清单的建议交给管理员。")
    messages.success(request, said, extra_tags="good")
    return _onwards(request)


def _again(
    request: HttpRequest, actor: Actor, opened: Opened, now: datetime, *, faults: dict[str, str]
) -> HttpResponse:
    waiting = _waiting(actor)
    return _page(request, actor, opened, waiting, waiting, now=now, status=400, faults=faults)
