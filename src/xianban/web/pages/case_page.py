"""One case: all that this person may see of it, and exactly the acts that they may do now."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xianban.accounts.api import Actor, may
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, WrongState
from xianban.casework import api as casework
from xianban.casework.api import CaseView, Offer
from xianban.city import api as city
from xianban.files.api import Bringing, FileSeen, files_of
from xianban.intake import api as intake
from xianban.prevention import api as prevention
from xianban.residents import api as residents
from xianban.web import uploads, words
from xianban.web.acts import FORETOLD, LIMIT_UNITS, Act, acts_from, lists_for, read_act, with_typed
from xianban.web.pages.desk import menu, staff
from xianban.web.pages.galleries import shown_in_case
from xianban.web.reasons import reasons_of
from xianban.web.timeline import Line, lines_of
from xianban.web.verbs import verb_of
from xianban.web.wording import in_words

TICKING = ("running", "overdue", "paused")
UNSAID = (
    "version",
    "csrfmiddlewaretoken",
    "sent_by",
    "from",
    "look",
    "held",
    "photo_place",
)
HEADING = 60  # characters
FIRST_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]?")


@require_safe
@staff
def case(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    case_id = casework.case_by_number(number, actor)
    view, offers = casework.case_with_offers(case_id, actor, now=utc_now())
    return _page(request, actor, view, acts_from(offers, view))


@require_http_methods(["GET", "POST"])
@staff
def act(request: HttpRequest, actor: Actor, number: str, verb: str) -> HttpResponse:
    """Do one act. What cannot be done is said beside its form, with every word kept."""
    if request.method != "POST":  # the address of a refused form, opened anew
        return redirect("case", number)
    case_id = casework.case_by_number(number, actor)
    now = utc_now()
    view, offers = casework.case_with_offers(case_id, actor, now=now)
    offer = next((offer for offer in offers if offer.verb == verb), None)
    version = _version(request)
    if offer is None:
        return _conflict(request, actor, view, offers, verb, version)
    posted = request.POST.dict()
    reading = read_act(offer, posted, actor, view)
    holding = uploads.taken(request)
    if holding.faults and not reading.faults:
        fault = holding.faults[0]
        return _again(request, actor, view, offers, verb, posted, fault=fault, status=400)
    if reading.faults:
        return _again(request, actor, view, offers, verb, posted, faults=reading.faults, status=400)
    try:
        if "look" in posted and verb in FORETOLD:
            return _foretold(request, actor, view, offers, verb, posted, reading.data, now)
        casework.perform(
            case_id,
            verb,
            acting=actor,
            now=now,
            data=reading.data,
            expect_version=version,
            bringing=Bringing(holding.held),
        )
    except BadInput as fault:
        return _again(request, actor, view, offers, verb, posted, fault=in_words(fault), status=400)
    except (WrongState, NotAllowed) as refusal:
        fresh, offers_now = casework.case_with_offers(case_id, actor, now=now)
        if version and fresh.version != version:
            return _conflict(request, actor, fresh, offers_now, verb, version)
        return _again(
            request, actor, view, offers, verb, posted, fault=in_words(refusal), status=409
        )
    messages.success(
        request, _("已记下：%(act)s。") % {"act": verb_of(verb).label}, extra_tags="good"
    )
    if posted.get("from") == "today":
        return redirect("today")
    # the address of a form ends with its place, so that a refusal is seen there; what is done begins at the top
    return redirect(reverse("case", args=(number,)) + "#top")


def _foretold(
    request: HttpRequest,
    actor: Actor,
    view: CaseView,
    offers: tuple[Offer, ...],
    verb: str,
    posted: Mapping[str, str],
    data: Mapping[str, Any],
    now: datetime,
) -> HttpResponse:
    """The page again, with what the act would bring, to be confirmed; nothing is done yet."""
    told = casework.rehearse(view.id, verb, acting=actor, now=now, data=data)
    acts = tuple(
        replace(with_typed(one, posted, faults={}), foretold=told) if one.verb == verb else one
        for one in acts_from(offers, view)
    )
    return _page(request, actor, view, acts)


def _version(request: HttpRequest) -> int | None:
    given = request.POST.get("version", "")
    return int(given) if given.isdigit() else None


def _again(
    request: HttpRequest,
    actor: Actor,
    view: CaseView,
    offers: tuple[Offer, ...],
    verb: str,
    posted: Mapping[str, str],
    *,
    faults: Mapping[str, str] | None = None,
    fault: str = "",
    status: int,
) -> HttpResponse:
    """The page again, the act open, with what was typed."""
    acts = tuple(
        with_typed(one, posted, faults=faults or {}, fault=fault) if one.verb == verb else one
        for one in acts_from(offers, view)
    )
    return _page(request, actor, view, acts, status=status)


def _conflict(
    request: HttpRequest,
    actor: Actor,
    view: CaseView,
    offers: tuple[Offer, ...],
    verb: str,
    version: int | None,
) -> HttpResponse:
    """Somebody else was first: who did what meanwhile, and the words that were typed, kept."""
    posted = request.POST.dict()
    acts = tuple(
        with_typed(one, posted, faults={}) if one.verb == verb else one
        for one in acts_from(offers, view)
    )
    meanwhile = [event for event in view.timeline if version is not None and event.seq > version]
    typed = {name: value for name, value in posted.items() if value and name not in UNSAID}
    conflict = {
        "code": verb,
        "verb": verb_of(verb),
        "meanwhile": lines_of(meanwhile),
        "still": any(one.verb == verb for one in acts),
        "typed": typed,
    }
    return _page(request, actor, view, acts, status=409, conflict=conflict)


def _page(
    request: HttpRequest,
    actor: Actor,
    view: CaseView,
    acts: tuple[Act, ...],
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    said = intake.requests_of([view.id]).get(view.id, [])
    reporters = _reporters(view)
    may_reveal = _may_reveal(actor, view)
    callable_ = [person for person, shown in reporters if shown.phone and not shown.erased]
    brought = files_of(f"case:{view.id}")
    merged = {one.case_id for one in view.merged_from}
    context = menu(actor, "cases") | {
        "case": view,
        "heading": view.title or _beginning(view.text) or view.number,
        "acts": acts,
        "lists": lists_for(acts),
        "lines": _timeline(view, brought),
        "files": shown_in_case(view.number, brought),
        "reasons": reasons_of(view),
        "said": said,
        "reporters": reporters,
        "may_reveal": may_reveal,
        "to_call": callable_[0] if may_reveal and callable_ else None,
        "purposes": list(words.PURPOSES.items()),
        "clocks": [clock for clock in view.clocks if clock.verdict in TICKING],
        "clocks_ended": [clock for clock in view.clocks if clock.verdict not in TICKING],
        "links": [one for one in view.links if one.case_id not in merged],
        "area_names": view.area_path[1:],
        "limit_units": LIMIT_UNITS,
        "attempts": _attempts(view),
        "me": actor.id,
        "treated": prevention.treatment_seen(view.id, actor),
        **more,
    }
    return render(request, "cases/case.html", context, status=status)


def _beginning(text: str) -> str:
    """The first sentence, as a heading for what came without one."""
    first = FIRST_SENTENCE.match(text.strip())
    said = first[0] if first else text
    return said if len(said) <= HEADING else said[: HEADING - 1] + "…"


def _timeline(view: CaseView, brought: Sequence[FileSeen]) -> list[Line]:
    others = [*view.links, *view.merged_from, *filter(None, [view.merged_into])]
    numbers = {other.case_id: other.number for other in others}
    by_act: dict[int, list[FileSeen]] = defaultdict(list)
    for file in brought:
        by_act[file.seq].append(file)
    lines = [
        replace(line, files=tuple(shown_in_case(view.number, by_act[event.seq])))
        for line, event in zip(lines_of(view.timeline, numbers), view.timeline, strict=True)
    ]
    return lines[::-1]


def _reporters(view: CaseView) -> list[tuple[int, residents.Masked]]:
    masked = residents.masked(view.persons)
    return [(person, masked[person]) for person in view.persons if person in masked]


def _attempts(view: CaseView) -> int:
    """How often somebody tried to reach the resident in vain."""
    return sum(
        event.verb == "contact" and event.values.get("contacted") is False
        for event in view.timeline
    )


def _may_reveal(actor: Actor, view: CaseView) -> bool:
    units = {view.unit.code, *(task.unit.code for task in view.tasks)}
    here = city.current()
    areas = here.area_path(view.area.code or here.root)
    return may(actor, "reveal", areas=areas, units=units)


@require_http_methods(["GET", "POST"])
@staff
def reveal(request: HttpRequest, actor: Actor, number: str, person: int) -> HttpResponse:
    """Show a contact on a stated purpose; who, what for and why are on record before it is shown."""
    if request.method != "POST":
        return redirect("case", number)
    case_id = casework.case_by_number(number, actor)
    view, offers = casework.case_with_offers(case_id, actor, now=utc_now())
    if person not in view.persons or not _may_reveal(actor, view):
        raise NotAllowed("the contacts of a case are for those who work on it")
    purpose = request.POST.get("purpose", "")
    reason = request.POST.get("reason", "").strip()
    acts = acts_from(offers, view)
    if purpose not in words.PURPOSES or not reason:
        fault = _("请选择用途并写明原因。")
        return _page(
            request, actor, view, acts, status=400, reveal_fault=fault, reveal_person=person
        )
    try:
        contact = residents.reveal(
            person,
            purpose=purpose,
            reason=reason,
            acting=actor,
            now=utc_now(),
            subject=f"case:{case_id}",
        )
    except BadInput as fault_of:
        return _page(
            request,
            actor,
            view,
            acts,
            status=400,
            reveal_fault=in_words(fault_of),
            reveal_person=person,
        )
    return _page(request, actor, view, acts, opened=contact, opened_person=person)
