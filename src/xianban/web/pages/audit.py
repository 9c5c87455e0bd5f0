"""Looking back: who did what, what for. Whoever looks is on record too."""

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from xianban.accounts import api as accounts
from xianban.accounts.api import Actor, may_anywhere, note_deed
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, NotFound, Refused
from xianban.casework import api as casework
from xianban.city import api as city
from xianban.ledger import api as ledger
from xianban.ledger.api import Sheet, Sought
from xianban.residents.api import Purpose
from xianban.web import words
from xianban.web.deeds import (
    KINDS,
    NOUNS,
    OPENED,
    Deed,
    told,
    verbs_of_kind,
    verbs_offered,
    word_of,
)
from xianban.web.pages.admin import frame
from xianban.web.pages.desk import in_the_whole_city, staff
from xianban.web.pages.exports import _Echo, safe
from xianban.web.wording import in_words

MOST_EXPORTED = 20_000
PART = 500
STAFF_DAYS = 30
PREFIXES = ("case", "person", "user", *NOUNS)


def _must_audit(actor: Actor) -> None:
    if not may_anywhere(actor, "audit"):
        raise NotAllowed("this page is for auditors and administrators")


def _everywhere(actor: Actor) -> bool:
    """Whether somebody looks back over the whole city; others over the cases they see."""
    return in_the_whole_city(actor, "audit")


def _must_everywhere(actor: Actor) -> None:
    _must_audit(actor)
    if not _everywhere(actor):
        raise NotAllowed(
            "this search reaches over the whole city; within your area, look at single cases"
        )


@require_safe
@staff
def search(request: HttpRequest, actor: Actor) -> HttpResponse:
    _must_audit(actor)
    asked = _asked(request)
    context = frame(actor, "audit") | {
        "asked": asked,
        "kinds": verbs_offered(),
        "purposes": [(one.value, words.called(words.PURPOSES, one)) for one in Purpose],
        "everywhere": _everywhere(actor),
        "filtered": any(asked.values()),
    }
    if not _everywhere(actor):
        return render(request, "audit/search.html", context)
    try:
        sought = _sought(asked, actor)
        before = _before(request.GET.get("before", ""))
        sheet = ledger.search_acts(sought, before=before)
    except (BadInput, NotFound) as refusal:
        context |= {"fault": in_words(refusal)}
        return render(request, "audit/search.html", context, status=400)
    note_deed(actor, "audit.search", _on_record(asked, sought), now=utc_now())
    kept = {name: value for name, value in asked.items() if value}
    context |= {
        "deeds": told(sheet.acts, actor),
        "more": _more(kept, sheet),
        "first": f"?{urlencode(kept)}" if before else "",
        "kept": urlencode(kept),
    }
    return render(request, "audit/search.html", context)


def _asked(request: HttpRequest) -> dict[str, str]:
    names = ("who", "about", "kind", "purpose", "since", "until")
    return {name: request.GET.get(name, "").strip()[:100] for name in names}


def _sought(asked: Mapping[str, str], actor: Actor) -> Sought:
    verbs = verbs_of_kind(asked["kind"]) if asked["kind"] else ()
    if asked["kind"] and not verbs:
        raise BadInput("there is no such kind of act; choose from the list")
    says = ""
    if asked["purpose"]:
        says = (
            f'"purpose":"{Purpose(asked["purpose"])}"' if asked["purpose"] in list(Purpose) else ""
        )
        verbs = verbs or (*OPENED, "person.find")
    since, until = _day(asked["since"]), _day(asked["until"])
    return Sought(
        actor=_user(asked["who"]) if asked["who"] else "",
        subject=_subject(asked["about"], actor) if asked["about"] else "",
        verbs=verbs,
        since=since,
        until=until + timedelta(days=1) if until else None,
        says=says,
    )


def _user(text: str) -> str:
    """The key of who acted: a user name, or the key itself."""
    kind, _mark, key = text.partition(":")
    if text == "machine" or (kind in ("user", "person") and key.isdigit()):
        return text
    return accounts.actor_named(text).key


def _subject(text: str, actor: Actor) -> str:
    """The key of what was acted on: the number of a case, a user name, or the key itself."""
    kind, _mark, key = text.partition(":")
    if kind in PREFIXES and (key or kind in ("dispatch", "city")):
        return text
    try:
        return f"case:{casework.case_by_number(text, actor)}"
    except Refused:
        pass
    try:
        return accounts.actor_named(text).key
    except NotFound:
        raise BadInput(
            "there is no case and no user of that name; write a case's number or a user name"
        ) from None


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise BadInput("a day is written like 2026-11-02")
    return datetime(day.year, day.month, day.day, tzinfo=city.current().tz)


def _before(text: str) -> tuple[datetime, int] | None:
    """Where the last page ended, as its link says."""
    moment, _mark, key = text.rpartition("_")
    if not text:
        return None
    try:
        at = parse_datetime(moment)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not key.isdigit():
        raise BadInput("this link to the next page is not whole; search again")
    return at, int(key)


def _more(kept: Mapping[str, str], sheet: Sheet) -> str:
    if sheet.older is None:
        return ""
    at, key = sheet.older
    return f"?{urlencode({**kept, 'before': f'{at.isoformat()}_{key}'})}"


def _on_record(asked: Mapping[str, str], sought: Sought) -> dict[str, str]:
    """What was looked for, by keys: nothing that was typed freely."""
    said = {"actor": sought.actor, "subject": sought.subject, "kind": asked["kind"]} | {
        name: asked[name] for name in ("purpose", "since", "until")
    }
    return {name: value for name, value in said.items() if value}


@require_GET
@staff
def export(request: HttpRequest, actor: Actor) -> StreamingHttpResponse:
    """The same search as a table; how many rows left is on record before the first does."""
    _must_everywhere(actor)
    asked = _asked(request)
    sought, now = _sought(asked, actor), utc_now()
    count, before = 0, None
    while count < MOST_EXPORTED:
        sheet = ledger.search_acts(sought, before=before, size=PART)
        count, before = count + len(sheet.acts), sheet.older
        if before is None:
            break
    count = min(count, MOST_EXPORTED)
    note_deed(actor, "audit.export", _on_record(asked, sought) | {"acts": count}, now=now)
    return StreamingHttpResponse(
        _csv(sought, actor, count),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="audit-{now:%Y%m%d-%H%M}.csv"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def _csv(sought: Sought, actor: Actor, count: int) -> Iterator[bytes]:
    writer, tz = csv.writer(_Echo()), city.current().tz
    yield "\ufeff".encode()
    heads = (_("时间"), _("谁"), _("做了什么"), _("对象"), _("用途"), _("理由"), _("细节"))
    yield writer.writerow(heads).encode()
    before, left = None, count
    while left > 0:
        sheet = ledger.search_acts(sought, before=before, size=min(PART, left))
        for deed in told(sheet.acts, actor):
            yield writer.writerow([safe(cell) for cell in _cells(deed, tz)]).encode()
        left, before = left - len(sheet.acts), sheet.older
        if before is None:
            return


def _cells(deed: Deed, tz: Any) -> Iterator[str]:
    yield f"{deed.at.astimezone(tz):%Y-%m-%d %H:%M:%S}"
    yield from (deed.who, deed.said, deed.about, deed.purpose, deed.reason)
    yield _("；").join(deed.details)


@require_safe
@staff
def of_case(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Who opened somebody's personal data for this case, and what for; then all that was done."""
    _must_audit(actor)
    now = utc_now()
    case_id = casework.case_by_number(number, actor)
    subject = f"case:{case_id}"
    people = [f"person:{key}" for key in casework.persons_of(case_id)]
    opened = ledger.acts_about(subject, of=people, verbs=OPENED)
    acts = ledger.search_acts(Sought(subject=subject), size=100)
    note_deed(actor, "audit.search", {"subject": subject, "kind": "opened"}, now=now)
    context = frame(actor, "audit") | {
        "number": number,
        "title": casework.case_view(case_id, actor, now=now).title,
        "opened": told(opened, actor),
        "deeds": told(acts.acts, actor),
        "everywhere": _everywhere(actor),
        "subject": subject,
        "older": bool(acts.older),
    }
    return render(request, "audit/case.html", context)


@require_safe
@staff
def of_staff(request: HttpRequest, actor: Actor, key: int) -> HttpResponse:
    """What one member of staff did of late, by kind; and whose data they opened."""
    _must_everywhere(actor)
    now = utc_now()
    one = accounts.user_seen(key)
    since = now - timedelta(days=STAFF_DAYS)
    counted = ledger.acts_counted(f"user:{key}", since=since)
    looked = ledger.search_acts(
        Sought(actor=f"user:{key}", verbs=(*OPENED, *KINDS["phone"][1], *KINDS["exports"][1])),
        size=100,
    )
    note_deed(actor, "audit.search", {"actor": f"user:{key}", "kind": "opened"}, now=now)
    context = frame(actor, "audit") | {
        "one": one,
        "days": STAFF_DAYS,
        "counted": sorted(
            ((word_of(verb), verb, n) for verb, n in counted.items()), key=lambda row: -row[2]
        ),
        "deeds": told(looked.acts, actor),
        "may_manage": may_anywhere(actor, "manage_users"),
    }
    return render(request, "audit/staff.html", context)
