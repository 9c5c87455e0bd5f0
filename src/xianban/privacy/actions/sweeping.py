"""Letting go of what is kept no longer: counted first, then in small batches, on record."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import transaction

from xianban.accounts.api import MACHINE
from xianban.base.clock import utc_now
from xianban.casework import api as casework
from xianban.city.api import KEPT, current
from xianban.files.api import erase_files
from xianban.intake import api as intake
from xianban.ledger.api import Entry, append
from xianban.privacy.actions.erasing import erase_person
from xianban.privacy.models import Counting, Outlook, Sweep
from xianban.privacy.queries import BATCH, ClassSeen, leftovers, shortest, tally_batch
from xianban.residents.api import ErasureGround, forget_notes, forgetting

KEPT_OUTLOOKS = 30
EVERY = timedelta(hours=20)
TOGETHER = 100  # cases looked at together
OVER = ErasureGround.RETENTION_OVER


@dataclass
class Swept:
    """How much of each class went, and whether the round over all cases is done."""

    gone: dict[str, int] = field(default_factory=dict)
    sessions: int = 0
    done: bool = False


def ask_count(*, now: datetime) -> None:
    """Have the worker count anew; nothing more where one waits or runs."""
    Counting.objects.get_or_create(pk=1, defaults={"asked_at": now})


def count_anew(*, now: datetime, progress: Callable[[int], None] | None = None) -> Outlook:
    """Count what would go in which month, saying how far it is. Nothing goes.

    It reads every ended case, some hundred at a time: for the worker or a command, no page waits for it.
    """
    newest = casework.newest_case()
    values = {"seen_at": utc_now(), "upto": 0, "newest": newest}
    Counting.objects.update_or_create(
        pk=1, defaults=values, create_defaults=values | {"asked_at": now}
    )
    found = {name: ClassSeen(name) for name in KEPT}
    after: int | None = 0
    while after is not None:
        keys, after = casework.ended_after(after, before=now, limit=BATCH)
        if keys:
            tally_batch(found, keys, now=now)
        if after:
            Counting.objects.filter(pk=1).update(upto=after, seen_at=utc_now())
            if progress:
                progress(after)
    figures = {"classes": [asdict(one) for one in found.values()], "sessions": _old(now).count()}
    row = Outlook.objects.create(made_at=now, figures=figures)
    Outlook.objects.filter(pk__lte=row.pk - KEPT_OUTLOOKS).delete()
    Counting.objects.all().delete()
    return row


def sweep(*, now: datetime, limit: int = 20) -> Swept:
    """Remove what is due, `limit` batches of ended cases at most; the next call goes on from there.

    Does nothing until the city's pack says `retention.run = true`. Two at once do not do it twice.
    """
    swept = Swept()
    if not current().keeping.run:
        return swept
    before = shortest(now)
    for _ in range(limit):
        with forgetting(), transaction.atomic():
            row, _ = Sweep.objects.select_for_update().get_or_create(pk=1)
            if row.ended_at and not row.upto and now - row.ended_at < EVERY:
                swept.done = True
                break
            row.began_at = now if not row.upto else row.began_at
            keys, row_after = casework.ended_after(row.upto, before=before, limit=BATCH)
            for start in range(0, len(keys), TOGETHER):
                _let_go(keys[start : start + TOGETHER], now, swept)
            row.upto, row.ended_at = row_after or 0, None if row_after else now
            row.save()
        if row_after is None:
            swept.done = True
            break
    swept.sessions = _old(now).delete()[0]
    return swept


def _old(now: datetime):  # type: ignore[no-untyped-def]  # a query set of a library's table
    return Session.objects.filter(
        expire_date__lt=now - timedelta(days=current().keeping.sessions_days)
    )


def _let_go(case_ids: list[int], now: datetime, swept: Swept) -> None:
    due = {
        name: [left for left in items if left.due.at is not None and left.due.at <= now]
        for name, items in leftovers(case_ids).items()
    }
    ids = {name: [pk for left in items for pk in left.ids] for name, items in due.items()}
    forget_notes([f"request:{pk}" for pk in ids["typed"]])
    for pk in ids["files"]:
        erase_files(f"request:{pk}", by=MACHINE.key, ground=OVER.value, now=now)
    _forget_cases(ids["words"])
    for person in ids["contact"]:
        erase_person(person, acting=MACHINE, now=now, ground=OVER, words_too=False)
    for name, gone in ids.items():
        swept.gone[name] = swept.gone.get(name, 0) + len(gone)
    told = {name: [left.case_id for left in items] for name, items in due.items() if items}
    if told:
        append([Entry(f"retention:{now:%Y-%m-%d}", "let_go", MACHINE.key, now, {"cases": told})])


def _forget_cases(case_ids: list[int]) -> None:
    if case_ids:
        requests = intake.kept(case_ids=case_ids)
        intake.forget_requests([row.id for rows in requests.values() for row in rows])
    for case_id in case_ids:
        casework.reword(case_id, casework.CaseWords(), added_too=True)
