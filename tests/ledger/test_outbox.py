"""The outbox: at least once, later again, never twice for one key."""

from datetime import UTC, datetime, timedelta

import pytest

from xianban.base.errors import Unavailable
from xianban.ledger.api import NewNotice, enqueue, send_due
from xianban.ledger.models import Notice
from xianban.ledger.rules import RETRIES

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def put(key="k", **more):
    enqueue([NewNotice("dispatched", "unit:U1", key, {"n": 1}, **more)], now=NOW)


def broken(notice):
    raise Unavailable("the mail server does not answer")


def test_a_notice_goes_out_once():
    got = []
    put()
    assert send_due(now=NOW, send=got.append).sent == 1
    assert send_due(now=NOW + timedelta(days=1), send=got.append).sent == 0
    assert [(n.kind, n.to, n.payload) for n in got] == [("dispatched", "unit:U1", {"n": 1})]


def test_one_key_is_one_notice():
    put()
    put()
    assert Notice.objects.count() == 1


def test_what_fails_comes_again_later_and_later_and_then_stops():
    put()
    now, waits = NOW, []
    for _ in range(len(RETRIES)):
        assert send_due(now=now, send=broken).retried == 1
        again = Notice.objects.get().try_at
        waits.append((again - now) / timedelta(minutes=1))
        assert send_due(now=again - timedelta(seconds=1), send=broken).retried == 0
        now = again
    assert tuple(waits) == RETRIES
    assert send_due(now=now, send=broken).failed == 1
    row = Notice.objects.get()
    assert (row.state, row.error) == ("failed", "the mail server does not answer")


def test_a_sender_that_died_is_followed_by_another():
    put()

    def dies(notice):
        raise SystemExit

    with pytest.raises(SystemExit):
        send_due(now=NOW, send=dies)
    got = []
    assert send_due(now=NOW + timedelta(minutes=1), send=got.append).sent == 0  # still its turn
    assert send_due(now=NOW + timedelta(minutes=6), send=got.append).sent == 1


def test_not_before_its_time():
    put(not_before=NOW + timedelta(hours=1))
    assert send_due(now=NOW, send=broken).retried == 0
