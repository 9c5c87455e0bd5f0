"""Those who come at the same moment are written together, and each gets an answer of its own."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections, transaction

from builders import load_town, monday
from xianban.accounts.api import MACHINE
from xianban.base.errors import BadInput, WrongState
from xianban.intake.actions import gathering
from xianban.intake.api import Submission, receive
from xianban.intake.models import Request
from xianban.ledger.api import verify

NOW = monday()
SAID = Submission(door="api", text="Rubbish lies about beside the mill", matter_hint="Rubbish")


class Meanwhile:
    """The first write is held until so many others wait; notes how many went together."""

    def __init__(self, monkeypatch, waiting):
        self.sizes, self.waiting = [], waiting
        self.take, self.holds = gathering.take, threading.Event()
        monkeypatch.setattr(gathering, "take", self)

    def __call__(self, drafts, **more):
        self.sizes.append(len(drafts))
        if len(self.sizes) == 1:
            self.holds.set()
            with gathering._door.changed:
                gathering._door.changed.wait_for(
                    lambda: len(gathering._door.waiting) >= self.waiting, timeout=30
                )
        return self.take(drafts, **more)


def at_once(said, *, meanwhile, nows=None):
    """Send the first, then the others while it is being written; receipts or faults, in order."""
    answers = [None] * len(said)

    def send(place):
        try:
            now = nows[place] if nows else NOW
            answers[place] = receive(said[place], acting=MACHINE, now=now)
        except Exception as fault:
            answers[place] = fault
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(place,)) for place in range(len(said))]
    threads[0].start()
    assert meanwhile.holds.wait(timeout=30)
    for thread in threads[1:]:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        with gathering._door.changed:
            gathering._door.changed.notify_all()
        for thread in threads:
            thread.join(timeout=0.02)
    return answers


@pytest.fixture
def town(transactional_db, tmp_path):
    load_town(tmp_path / "town")


def test_who_comes_meanwhile_goes_together(town, monkeypatch):
    meanwhile = Meanwhile(monkeypatch, waiting=5)
    said = [replace(SAID, key=f"k{n}") for n in range(6)]
    receipts = at_once(said, meanwhile=meanwhile)
    assert meanwhile.sizes == [1, 5]
    assert len({receipt.number for receipt in receipts}) == 6
    stored = dict(Request.objects.values_list("key", "id"))
    assert [stored[one.key] for one in said] == [receipt.request_id for receipt in receipts]
    assert verify().broken is None


def test_one_that_is_refused_leaves_the_others_theirs(town, monkeypatch):
    meanwhile = Meanwhile(monkeypatch, waiting=3)
    said = [
        replace(SAID, key="k0"),
        replace(SAID, key="k1"),
        replace(SAID, key="k0", text="Something else under a key that was used"),
        replace(SAID, key="k2"),
    ]
    answers = at_once(said, meanwhile=meanwhile)
    assert meanwhile.sizes == [1, 3, 1, 1, 1]
    assert isinstance(answers[2], WrongState)
    assert [a.created for a in answers[:2] + answers[3:]] == [True] * 3
    assert Request.objects.count() == 3


def test_other_times_are_not_made_one(town, monkeypatch):
    meanwhile = Meanwhile(monkeypatch, waiting=2)
    said = [replace(SAID, key=f"k{n}") for n in range(3)]
    later = NOW + timedelta(hours=1)
    at_once(said, meanwhile=meanwhile, nows=[NOW, NOW, later])
    assert meanwhile.sizes == [1, 1, 1]
    assert Request.objects.get(key="k2").accepted_at == later


def test_bad_input_does_not_wait(town):
    with pytest.raises(BadInput):
        receive(replace(SAID, text=" "), acting=MACHINE, now=NOW)
    assert gathering._door.waiting == []


def test_the_callers_own_transaction_decides(town):
    with transaction.atomic():
        receive(SAID, acting=MACHINE, now=NOW)
        transaction.set_rollback(True)
    assert Request.objects.count() == 0
