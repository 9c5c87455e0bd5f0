"""Rows that go in by the quick way come out as if the ORM had written them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import IntegrityError, connection, transaction

from xianban.base.rows import fresh_keys, insert_keyed, insert_rows
from xianban.ledger.models import Act, Notice

NOW = datetime(2026, 11, 2, 1, 2, 3, 456_000, tzinfo=UTC)


def notice(n, **more):
    values = {"kind": "k", "to": "unit:x", "payload": {"名": [n, None]}, "dedupe_key": str(n)}
    return Notice(**{**values, "created_at": NOW, "try_at": NOW, **more})


@pytest.mark.parametrize("count", [0, 1, 2, 5, 1200])
def test_what_goes_in_comes_out(db, count):
    insert_rows([notice(n) for n in range(count)], connection=connection)
    Notice.objects.bulk_create([notice(f"orm{n}") for n in range(2)])
    assert Notice.objects.count() == count + 2
    for row in Notice.objects.exclude(dedupe_key__startswith="orm"):
        same = notice(int(row.dedupe_key))
        for name in ("kind", "to", "payload", "urgent", "state", "created_at", "sent_at", "error"):
            assert getattr(row, name) == getattr(same, name)


def test_both_ways_are_found_by_the_same_question(db):
    east = timezone(timedelta(hours=8))
    insert_rows([notice(1, try_at=NOW.astimezone(east))], connection=connection)
    notice(2).save()
    assert Notice.objects.filter(try_at=NOW).count() == 2
    assert Notice.objects.filter(try_at__gt=NOW).count() == 0


@pytest.mark.parametrize("count", [1, 3, 40])
def test_keys_are_given_and_never_twice(db, count):
    rows = [notice(n) for n in range(count)]
    insert_keyed(rows, connection=connection)
    more = [notice(n + 100) for n in range(count)]
    insert_keyed(more, connection=connection)
    assert len({row.pk for row in rows + more}) == 2 * count
    for row in rows + more:
        assert Notice.objects.get(pk=row.pk).dedupe_key == row.dedupe_key
    (key,) = fresh_keys(Notice, 1, connection=connection)
    assert not Notice.objects.filter(pk=key).exists()


@pytest.mark.parametrize("count", [1, 30])
def test_conflicts_are_left_out_or_refused(db, count):
    rows = [notice(n) for n in range(count)]
    insert_rows(rows, connection=connection)
    insert_rows([*rows, notice("new")], connection=connection, skip_conflicts=True)
    assert Notice.objects.count() == count + 1
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(rows, connection=connection)
    assert Notice.objects.count() == count + 1


@pytest.mark.parametrize("count", [1, 6])
def test_bytes_and_awkward_text(db, count):
    text = "tab\there, new\nline, back\\slash, “引号”, \\N, %s, '"
    acts = [
        Act(subject=f"s{n}", seq=1, at=NOW, verb="v", actor=text, payload=text, hash=b"\x00\\\xff")
        for n in range(count)
    ]
    insert_rows(acts, connection=connection)
    for act in Act.objects.all():
        assert (act.actor, act.payload, bytes(act.hash)) == (text, text, b"\x00\\\xff")
