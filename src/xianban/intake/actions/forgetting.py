"""Letting go of what was said: a request stays a number, a place in the city and a time."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from xianban.accounts.api import MACHINE
from xianban.casework import api as casework
from xianban.intake.models import Request, Subscription
from xianban.ledger.api import Entry, append

SKETCHES = tuple(f"sketch{n}" for n in range(4))


def forget_requests(request_ids: Collection[int]) -> int:
    """Title, words, place, point and likeness go; how many requests said something.

    A case that spoke in these words speaks in those of the oldest other request, or in none. The
    sender's number and the fingerprint stay: by them the same file, sent again, is known.
    """
    with transaction.atomic():
        rows = Request.objects.select_for_update().filter(pk__in=request_ids).order_by("pk")
        cases = {row.case_id for row in rows}
        gone = Request.objects.filter(pk__in=request_ids).update(
            title="", text="", place="", lat=None, lon=None, cell=None,
            **dict.fromkeys(SKETCHES),
        )  # fmt: skip
        for case_id in sorted(cases):
            _say_anew(case_id)
    return gone


def _say_anew(case_id: int) -> None:
    left = Request.objects.filter(case_id=case_id).exclude(text="").order_by("received_at", "pk")
    row = left.first()
    words = (
        casework.CaseWords(row.title, row.text, row.place, row.lat, row.lon)
        if row
        else casework.CaseWords()
    )
    casework.reword(case_id, words)


def end_subscriptions(person_id: int, *, now: datetime) -> int:
    """A person hears of no place any more; how many subscriptions there were."""
    with transaction.atomic():
        rows = list(Subscription.objects.select_for_update().filter(person_id=person_id))
        confirmed = [row for row in rows if row.confirmed_at is not None]
        append(
            [
                Entry(
                    f"subscription:{row.pk}", "unsubscribe", MACHINE.key, now, {"person": person_id}
                )
                for row in confirmed
            ]
        )
        Subscription.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)
