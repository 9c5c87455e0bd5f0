"""Reads of privacy: what is kept of somebody, who asked for what, what would go when."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from xianban.accounts.api import Actor, may, may_anywhere, names_of
from xianban.appraisal.api import in_question
from xianban.base.errors import NotAllowed, NotFound
from xianban.base.home import secret
from xianban.base.ids import short_code
from xianban.casework import api as casework
from xianban.city.api import KEPT, current
from xianban.files.api import files_owned, owners_with_files
from xianban.intake import api as intake
from xianban.ledger.api import history
from xianban.privacy.models import Asking, Counting, Outlook, Sweep
from xianban.privacy.rules import NOW, Due, due_of, hold_of, latest, month_of
from xianban.residents.api import alive, masked, noted, own_copy

BATCH = 500
LOOKED_THROUGH = 5_000  # rows, for whoever looks after a part of the city
SILENCE = timedelta(minutes=3)  # a count that says nothing for so long has died
COUNTED_EVERY = timedelta(hours=24)
SAMPLE = 5
LOOKS = {"person.reveal", "person.read", "person.find", "person.copy", "person.correct"}
MOST_LOOKS = 200


def code_of(asking_id: int) -> str:
    """What confirms a request for a right; derived, and kept nowhere."""
    return short_code(secret("rights"), asking_id, length=8)


def with_codes(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a notice, with the code of the request for a right that it is about, if it is."""
    given = intake.with_codes(values)
    return {**given, "code": code_of(values["right"])} if "right" in values else given


def reachable(person_id: int) -> bool:
    """Whether somebody left a contact that a code can be sent to."""
    shown = masked([person_id]).get(person_id)
    return bool(shown and not shown.erased and (shown.phone or shown.email))


def holds_on(person_id: int) -> dict[int, str]:
    """What keeps a person's data, by case; empty where nothing does."""
    cases = {row.case_id for row in intake.kept(person_ids=[person_id]).get(person_id, ())}
    questioned = in_question(cases)
    found = {
        pk: hold_of(ending, pk in questioned) for pk, ending in casework.endings(cases).items()
    }
    return {pk: hold for pk, hold in found.items() if hold}


@dataclass(frozen=True)
class Look:
    """That somebody opened, used or changed a contact: when, who in general, what for and why."""

    at: datetime
    verb: str
    by: str
    purpose: str
    reason: str


def looks_at(person_id: int) -> list[Look]:
    """Who opened somebody's contact and why, the newest first."""
    acts = [act for act in history(f"person:{person_id}") if act.verb in LOOKS][-MOST_LOOKS:]
    users = {int(act.actor.partition(":")[2]) for act in acts if act.actor.startswith("user:")}
    names = names_of(users)
    return [
        Look(
            act.at,
            act.verb,
            _by(act.actor, names),
            str(act.payload.get("purpose", "")),
            str(act.payload.get("reason", "")),
        )
        for act in reversed(acts)
    ]


def _by(actor: str, names: Mapping[int, str]) -> str:
    kind, _, number = actor.partition(":")
    return names.get(int(number), "") if kind == "user" else kind


@dataclass(frozen=True)
class KeptOf:
    """One request as its own reporter may see it, and until when what is kept."""

    number: str
    said: intake.RequestSeen
    typed: str
    files: tuple[str, ...]
    story: casework.Story
    until: Mapping[str, Due]


@dataclass(frozen=True)
class Copy:
    """Everything that is kept of one person."""

    contact: Mapping[str, str]
    requests: tuple[KeptOf, ...]
    added: tuple[casework.Added, ...]
    subscriptions: tuple[intake.SubscriptionSeen, ...]
    looks: tuple[Look, ...]
    rights: tuple["AskedFor", ...]


def copy_of(person_id: int, *, now: datetime, subject: str) -> Copy:
    """A person's own copy, opened on record; for whoever has proved to be this person."""
    contact, typed = own_copy(person_id, now=now, subject=subject)
    told = {"name": contact.name, "phone": contact.phone, "email": contact.email}
    told |= dict(contact.other)
    for index, (name, value) in enumerate(contact.also, 1):
        told[f"{name}_{index}"] = value
    said = intake.requests_of_person(person_id)
    until = untils({row.case_id for row in said})
    return Copy(
        contact={name: value for name, value in told.items() if value},
        requests=tuple(
            KeptOf(
                number=casework.number_of(row.case_id),
                said=row,
                typed=typed.get(f"request:{row.id}", ""),
                files=tuple(file.name for file in files_owned(f"request:{row.id}")),
                story=casework.public_story(row.case_id, now=now),
                until=until[row.case_id],
            )
            for row in said
        ),
        added=tuple(casework.words_added(person_id)),
        subscriptions=tuple(intake.subscriptions_of([person_id]).get(person_id, ())),
        looks=tuple(looks_at(person_id)),
        rights=tuple(askings_of(person_id)),
    )


def untils(case_ids: Collection[int]) -> dict[int, dict[str, Due]]:
    """Of each case, until when each class is kept."""
    city, questioned = current(), in_question(case_ids)
    return {
        pk: {name: due_of(name, ending, questioned=pk in questioned, city=city) for name in KEPT}
        for pk, ending in casework.endings(case_ids).items()
    }


@dataclass(frozen=True)
class AskedFor:
    """A right that somebody asked for, and what became of it."""

    id: int
    kind: str
    state: str
    case_id: int
    number: str
    asked_at: datetime
    due_at: datetime | None
    holds: tuple[str, ...]
    reason: str
    decided_at: datetime | None
    decided_by: str
    late: bool = False


def askings_of(person_id: int) -> list[AskedFor]:
    """What somebody asked for and confirmed, the newest first."""
    rows = Asking.objects.filter(person=person_id).exclude(state="asked").order_by("-pk")
    return [_asked(row) for row in rows]


def asking(asking_id: int, request_id: int) -> AskedFor:
    """One thing that was asked for with number and code, confirmed or not."""
    row = Asking.objects.filter(pk=asking_id, request=request_id).first()
    if row is None:
        raise NotFound("nothing like this was asked for")
    return _asked(row)


def rights(actor: Actor, *, now: datetime, limit: int = 100) -> list[AskedFor]:
    """What waits for a decision, first due first, then what was decided, newest first.

    Only about cases that lie where the actor looks after personal data.
    """
    must_keep(actor)
    waiting = Asking.objects.filter(state__in=("waiting", "after")).order_by("due_at", "pk")
    decided = Asking.objects.exclude(state__in=("asked", "waiting", "after")).order_by("-pk")
    return [
        _asked(row, now)
        for rows in (waiting, decided)
        for row in islice(_in_reach(actor, rows), limit)
    ]


def _in_reach(actor: Actor, rows: QuerySet[Asking]) -> Iterator[Asking]:
    for start in range(0, LOOKED_THROUGH, BATCH):
        part = list(rows[start : start + BATCH])
        kept = cases_kept(actor, {row.case for row in part})
        yield from (row for row in part if row.case in kept)
        if len(part) < BATCH:
            return


def cases_kept(actor: Actor, case_ids: Collection[int]) -> set[int]:
    """Those of these cases that lie where the actor looks after personal data."""
    city = current()
    return {
        pk
        for pk, one in casework.endings(case_ids).items()
        if may(actor, "erase", areas=city.area_path(one.area or city.root), units={one.unit})
    }


def must_keep(actor: Actor) -> None:
    """NotAllowed for whoever does not look after personal data."""
    if not may_anywhere(actor, "erase"):
        raise NotAllowed("requests about personal data are decided by administrators and stewards")


def _asked(row: Asking, now: datetime | None = None) -> AskedFor:
    number = row.decided_by.partition(":")[2]
    return AskedFor(
        id=row.pk,
        kind=row.kind,
        state=row.state,
        case_id=row.case,
        number=casework.number_of(row.case),
        asked_at=row.confirmed_at or row.asked_at,
        due_at=row.due_at,
        holds=tuple(row.holds),
        reason=row.reason,
        decided_at=row.decided_at,
        decided_by=names_of([int(number)]).get(int(number), "") if number else "",
        late=bool(now and row.due_at and row.state == "waiting" and row.due_at < now),
    )


@dataclass
class ClassSeen:
    """One class in the outlook: how many would go in which month, how many are held, a sample."""

    name: str
    months: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)


def tally_batch(
    found: Mapping[str, ClassSeen], case_ids: Collection[int], *, now: datetime
) -> None:
    """Add what these ended cases hold to the outlook."""
    city = current()
    for name, items in leftovers(case_ids).items():
        seen = found[name]
        for left in items:
            if left.due.at is None:
                seen.held[left.due.hold] = seen.held.get(left.due.hold, 0) + len(left.ids)
                continue
            month = month_of(left.due, now=now, city=city)
            seen.months[month] = seen.months.get(month, 0) + len(left.ids)
            number = casework.number_of(left.case_id)
            if month == NOW and len(seen.samples) < SAMPLE and number not in seen.samples:
                seen.samples.append(number)


@dataclass(frozen=True)
class Left:
    """What an ended case still holds of one class: requests, the case itself, or a person."""

    case_id: int
    due: Due
    ids: tuple[int, ...]


def leftovers(case_ids: Collection[int]) -> dict[str, list[Left]]:
    """Of each class, what these ended cases still hold, and when it is due.

    A person is found at the last of their cases that ended.
    """
    city = current()
    requests = intake.kept(case_ids=case_ids)
    refs = {row.id: f"request:{row.id}" for rows in requests.values() for row in rows}
    typed, filed = noted(refs.values()), owners_with_files(refs.values())
    said = casework.with_words(case_ids)
    people = alive({row.person for rows in requests.values() for row in rows if row.person})
    theirs = intake.kept(person_ids=people) if people else {}
    subscribed = intake.subscriptions_of(people)
    every = {*case_ids, *(row.case_id for rows in theirs.values() for row in rows)}
    ended, questioned = casework.endings(every), in_question(every)

    def due(name: str, case_id: int) -> Due:
        return due_of(name, ended[case_id], questioned=case_id in questioned, city=city)

    found: dict[str, list[Left]] = {name: [] for name in KEPT}
    for case_id in case_ids:
        rows = requests.get(case_id, ())
        for name, there in (("typed", typed), ("files", filed)):
            if ids := tuple(row.id for row in rows if refs[row.id] in there):
                found[name].append(Left(case_id, due(name, case_id), ids))
        if case_id in said or any(row.said for row in rows):
            found["words"].append(Left(case_id, due("words", case_id), (case_id,)))
    for person in sorted(people):
        cases = {row.case_id for row in theirs[person]}
        last = max((pk for pk in cases if ended[pk].ended_at), default=None)
        if last is not None and last in case_ids:
            when = latest(due("contact", pk) for pk in cases)
            held = Due(None, "subscription") if person in subscribed else when
            found["contact"].append(Left(last, held, (person,)))
    return found


@dataclass(frozen=True)
class Foreseen:
    """The outlook as it was counted."""

    made_at: datetime
    classes: tuple[ClassSeen, ...]
    sessions: int


def outlook(actor: Actor) -> Foreseen | None:
    """What would go when, as last counted; None before the first count.

    The figures are of the whole city; samples are cases where the actor looks after personal data.
    """
    row = Outlook.objects.order_by("-pk").first()
    if row is None:
        return None
    classes = tuple(ClassSeen(**one) for one in row.figures["classes"])
    sampled = {number: casework.key_of(number) for one in classes for number in one.samples}
    kept = cases_kept(actor, sampled.values())
    for one in classes:
        one.samples = [number for number in one.samples if sampled[number] in kept]
    return Foreseen(row.made_at, classes, row.figures["sessions"])


@dataclass(frozen=True)
class CountSeen:
    """A count that waits (`share` is None) or runs, and how much of it is done."""

    asked_at: datetime
    share: float | None


def counting() -> CountSeen | None:
    """The count that waits or runs now; None where there is none."""
    row = Counting.objects.first()
    if row is None:
        return None
    return CountSeen(row.asked_at, row.upto / max(1, row.newest) if row.seen_at else None)


def count_due(*, now: datetime) -> bool:
    """Whether the worker has to count: somebody asked, one died on the way, or the last is a day old."""
    row = Counting.objects.first()
    if row is not None:
        return row.seen_at is None or row.seen_at < now - SILENCE
    return not Outlook.objects.filter(made_at__gt=now - COUNTED_EVERY).exists()


def last_sweep() -> Sweep | None:
    """Where the removal stands; None where it never ran."""
    return Sweep.objects.first()


def shortest(now: datetime) -> datetime:
    """Cases that ended after this hold nothing that is due within any period."""
    keeping = current().keeping
    days = [*keeping.days.values()]
    for one in keeping.exceptions:
        days += [value for key, value in one.items() if key.endswith("_days")]
    return now - timedelta(days=max(min(days), current().settings.reopen_days))
