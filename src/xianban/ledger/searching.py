"""Looking back over acts of all subjects: by who, what, of which kind and when; page by page."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from xianban.base.errors import BadInput
from xianban.ledger.models import Act as ActRow

MACHINE = "machine"  # as who acts
PAGE = 50
MOST_OF_SUBJECT = 5_000  # acts on one subject that are looked through


@dataclass(frozen=True)
class Sought:
    """What is looked for; whatever is empty does not limit. `until` is the first moment after.

    `actor` and `subject` are keys such as user:7 and case:12. Without actor, subject or verbs the
    acts of people are meant: what the machine does by itself would hide them. What it did is found
    by subject or verb.
    """

    actor: str = ""
    subject: str = ""
    verbs: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    says: str = ""  # a piece of the act's canonical JSON, such as "purpose":"visit"


@dataclass(frozen=True)
class ActSeen:
    """One act, with its key."""

    key: int
    subject: str
    at: datetime
    verb: str
    actor: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Sheet:
    """A page of acts, the newest first; `older` begins the next, or is None."""

    acts: tuple[ActSeen, ...]
    older: tuple[datetime, int] | None


def search_acts(
    sought: Sought, *, before: tuple[datetime, int] | None = None, size: int = PAGE
) -> Sheet:
    """The newest acts that fit, or those after `before`, which came from the last page.

    Each way of asking is one range of an index: by subject, actor, verb, or people's acts alone.
    All that the machine did is none of them: BadInput.
    """
    if sought.actor == MACHINE and not (sought.subject or sought.verbs):
        raise BadInput("the machine acts all the time; choose a kind of act, or a case, too")
    kinds = [replace(sought, verbs=(verb,)) for verb in sought.verbs] or [sought]
    merged: list[ActRow] = []
    for one in kinds:  # each kind by its own index: many kinds at once would be sorted first
        rows = ActRow.objects.filter(_wanted(one))
        if before:
            after = Q(at__lt=before[0]) | Q(at=before[0], pk__lt=before[1])
            rows = rows.filter(after, at__lte=before[0])
        merged += rows.order_by("-at", "-id")[: size + 1]
    found = sorted(merged, key=lambda row: (row.at, row.pk), reverse=True)
    shown = tuple(map(_seen, found[:size]))
    last = shown[-1] if len(found) > size else None
    return Sheet(shown, (last.at, last.key) if last else None)


def acts_counted(actor: str, *, since: datetime) -> dict[str, int]:
    """What somebody did since then, by verb."""
    rows = ActRow.objects.filter(~Q(actor=MACHINE), actor=actor, at__gte=since)
    return {row["verb"]: row["n"] for row in rows.values("verb").annotate(n=Count("id"))}


def acts_about(subject: str, *, of: Collection[str], verbs: Collection[str]) -> list[ActSeen]:
    """Acts of these verbs on the subjects `of` that say to be about `subject`, the newest first.

    Who opened a person's contact for a case: `of` are the case's people, `subject` is the case.
    """
    rows = ActRow.objects.filter(subject__in=list(of), verb__in=list(verbs)).order_by("-at", "-id")
    seen = map(_seen, rows[:MOST_OF_SUBJECT])
    return [act for act in seen if act.payload.get("about") == subject]


def _wanted(sought: Sought) -> Q:
    wanted = Q()
    if sought.subject:
        wanted &= Q(subject=sought.subject)
    if sought.actor:
        wanted &= Q(actor=sought.actor)
    for verb in sought.verbs:
        wanted &= Q(verb=verb)
    if sought.since:
        wanted &= Q(at__gte=sought.since)
    if sought.until:
        wanted &= Q(at__lt=sought.until)
    if sought.says:
        wanted &= Q(payload__contains=sought.says)
    if not (sought.subject or sought.verbs):
        wanted &= ~Q(actor=MACHINE)
    return wanted


def _seen(row: ActRow) -> ActSeen:
    return ActSeen(row.pk, row.subject, row.at, row.verb, row.actor, json.loads(row.payload))
