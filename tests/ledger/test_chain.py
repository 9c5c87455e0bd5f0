"""The ledger: what is written stays, and what was tampered with is named."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction

from xianban.base.errors import BrokenPromise
from xianban.ledger.api import (
    START,
    Entry,
    append,
    ask_check,
    checkpoint,
    head_of,
    history,
    newest_check,
    newest_seqs,
    run_check,
    verify,
)
from xianban.ledger.models import Act, Checkpoint

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday


def write(subject="case:1", verb="note", **payload):
    with transaction.atomic():
        return append([Entry(subject, verb, "user:1", NOW, payload)])


@pytest.fixture
def ledger(db):
    """Two chains of three acts, a checkpoint over the first four."""
    for seq in range(2):
        write("case:1", n=seq)
        write("case:2", n=seq, word="诉求")
    checkpoint(now=NOW)
    write("case:1", n=2)
    write("case:2", n=2)


def test_a_chain_grows_one_by_one(ledger):
    assert [act.seq for act in history("case:1")] == [1, 2, 3]
    assert head_of("case:1").seq == 3
    assert head_of("case:9") == START
    assert dict(newest_seqs()) == {"case:1": 3, "case:2": 3}
    assert history("case:2")[0].payload == {"n": 0, "word": "诉求"}


def test_an_untouched_ledger_is_whole(ledger):
    verdict = verify()
    assert (verdict.acts, verdict.subjects, verdict.checkpoints, verdict.broken) == (6, 2, 1, None)


def test_several_acts_on_one_subject_at_once(db):
    with transaction.atomic():
        heads = append(
            [
                Entry("case:5", "received", "machine", NOW, {}),
                Entry("case:5", "dispatched", "machine", NOW, {}),
            ],
            heads={"case:5": START},
        )
    assert heads["case:5"].seq == 2
    assert verify().broken is None


@pytest.mark.parametrize(
    "change",
    [
        {"payload": '{"n":7}'},
        {"verb": "close"},
        {"actor": "user:2"},
        {"at": NOW + timedelta(seconds=1)},
        {"hash": b"0" * 32},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_act_is_named(ledger, change):
    Act.objects.filter(subject="case:2", seq=2).update(**change)
    assert verify().broken.startswith("case:2 act 2 (")


def test_a_removed_act_is_named(ledger):
    Act.objects.filter(subject="case:1", seq=1).delete()
    assert verify().broken == "case:1 act 1 is missing"


def test_a_chain_cut_at_its_end_does_not_fit_the_checkpoint(ledger):
    Act.objects.filter(subject="case:1", seq__gte=2).delete()
    assert verify().broken == "checkpoint 1 covers 4 acts, of which 3 are there"


def test_a_whole_chain_removed_does_not_fit_the_checkpoint(ledger):
    Act.objects.filter(subject="case:2").delete()
    assert "checkpoint 1 covers 4 acts" in verify().broken


def test_acts_that_changed_places_do_not_fit_the_checkpoint(ledger):
    first, second = (
        Act.objects.get(subject="case:1", seq=1),
        Act.objects.get(subject="case:2", seq=1),
    )
    Act.objects.filter(pk=first.pk).update(id=10_000)
    Act.objects.filter(pk=second.pk).update(id=first.pk)
    Act.objects.filter(pk=10_000).update(id=second.pk)
    assert verify().broken == "checkpoint 1 does not fit the acts that it covers"


def test_a_removed_or_changed_checkpoint_is_named(ledger):
    checkpoint(now=NOW + timedelta(hours=1))
    Checkpoint.objects.filter(number=1).update(at=NOW - timedelta(days=1))
    assert verify().broken == "checkpoint 1 does not fit the acts that it covers"
    Checkpoint.objects.filter(number=1).delete()
    assert verify().broken == "checkpoint 1 is missing"


def test_a_checkpoint_of_nothing_new_is_none(ledger):
    assert checkpoint(now=NOW) is not None
    assert checkpoint(now=NOW) is None


def test_two_acts_cannot_take_one_place(ledger):
    old = head_of("case:1")
    write("case:1", n=3)
    with pytest.raises(IntegrityError), transaction.atomic():
        append([Entry("case:1", "note", "user:2", NOW, {})], heads={"case:1": old})


@pytest.mark.django_db(transaction=True)
def test_an_act_needs_the_transaction_of_its_change():
    with pytest.raises(BrokenPromise):
        append([Entry("case:1", "note", "user:1", NOW, {})])


@pytest.mark.django_db(transaction=True)
def test_a_check_says_how_far_it_is_while_others_write(monkeypatch):
    monkeypatch.setattr("xianban.ledger.queries.CHUNK", 2)
    for seq in range(3):
        write("case:1", n=seq)
        write("case:2", n=seq)

    def write_elsewhere():
        write("case:1")
        connection.close()

    def look(say):
        def told(acts):
            (other := Thread(target=write_elsewhere)).start()
            other.join()
            say(acts, "acts")

        return verify(progress=told).broken

    ask_check(acting="user:1", now=NOW)
    assert run_check(look, now=NOW)
    assert newest_check(ended=True).state == "whole"
    Act.objects.filter(subject="case:2", seq=2).delete()
    assert "case:2 act 2 is missing" in verify().broken
