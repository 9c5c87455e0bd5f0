"""Keys of cases that the index of words knows for some tokens, the newest first, a few at a time.

PostgreSQL has an inverted index on the tokens of each case. A token there also holds the slice of
the file in which its case lies, so that a word which stands in every third case can be looked up in
the newest slice alone. SQLite has a plain table of (token, case), which gives cases in order.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from django.db import connection

from xianban.casework.models import Case, Searchable
from xianban.casework.rules.searching import Tokens

SLICE_BITS = 15  # 32,768 cases
PART = 2_000
MANY = 4_000  # found in the slices just looked at: go on by one slice at a time
MOST_SLICES = 64
WAITING = 2_000  # cases without a place in the index that are read one by one


def stored(tokens: Iterable[int], case_id: int) -> list[int]:
    """The tokens of a case as the index keeps them."""
    if connection.vendor == "sqlite":
        return sorted(tokens)
    slice_mark = case_id >> SLICE_BITS << 32
    return sorted(slice_mark | token for token in tokens)


def candidates(ways: Sequence[Tokens], below: int | None) -> Iterator[int]:
    """Keys below `below`, each once, of cases that have all tokens of one of the ways."""
    top = Searchable.objects.order_by("-case").values_list("case", flat=True).first()
    if top is None or not ways:
        return
    below = top + 1 if below is None else min(below, top + 1)
    if ways == [frozenset()]:
        yield from _everything(below)
    elif connection.vendor == "sqlite":
        streams = [_posted(way, below) for way in ways]
        merged = heapq.merge(*streams, reverse=True)
        yield from (key for key, _ in groupby(merged))
    else:
        yield from _sliced(ways, below)


def waiting(below: int | None) -> tuple[list[int], bool]:
    """Keys of cases that the index does not know yet or no longer, newest first; whether that is all.

    All but the first filling of the index is done seconds after a case came in.
    """
    edges = Searchable.objects.order_by("case").values_list("case", flat=True)
    first, last = edges.first(), edges.last()
    fresh = Case.objects.filter(pk__gt=last or 0)
    stale = Searchable.objects.filter(stale=True)
    if below is not None:
        fresh, stale = fresh.filter(pk__lt=below), stale.filter(case__lt=below)
    keys = list(fresh.order_by("-pk").values_list("pk", flat=True)[: WAITING + 1])
    whole = len(keys) <= WAITING and not (first and Case.objects.filter(pk__lt=first).exists())
    keys = keys[:WAITING] + list(stale.order_by("-case").values_list("case", flat=True)[:WAITING])
    return keys, whole


def _everything(below: int) -> Iterator[int]:
    while True:
        rows = Searchable.objects.filter(case__lt=below).order_by("-case")
        keys = list(rows.values_list("case", flat=True)[:PART])
        yield from keys
        if len(keys) < PART:
            return
        below = keys[-1]


def _sliced(ways: Sequence[Tokens], below: int) -> Iterator[int]:
    """From slice to slice, newest first; where little is found, over more of them at once."""
    newest, step = (below - 1) >> SLICE_BITS, 1
    while newest >= 0:
        oldest = max(newest - step + 1, 0)
        wanted = [
            [part << 32 | token for token in way]
            for part in range(oldest, newest + 1)
            for way in ways
        ]
        any_of = " OR ".join(["tokens @> %s::bigint[]"] * len(wanted))
        statement = f"SELECT case_id FROM casework_searchable WHERE case_id < %s AND ({any_of})"  # noqa: S608 (marks only)
        with connection.cursor() as cursor:
            cursor.execute(statement, [below, *wanted])
            found = sorted((row[0] for row in cursor.fetchall()), reverse=True)
        yield from found
        newest = oldest - 1
        step = 1 if len(found) > MANY else min(step * 2, max(MOST_SLICES // len(ways), 1))


def _posted(way: Tokens, below: int) -> Iterator[int]:
    """The rarest token leads; the others are looked up for each of its cases."""
    first, *others = sorted(way, key=_bounded_count)
    also = "".join(
        " AND EXISTS (SELECT 1 FROM casework_posting b WHERE b.token = %s AND b.case_id = a.case_id)"
        for _ in others
    )
    statement = (
        "SELECT a.case_id FROM casework_posting a WHERE a.token = %s AND a.case_id < %s"  # noqa: S608 (marks only)
        f"{also} ORDER BY a.case_id DESC LIMIT {PART}"
    )
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, [first, below, *others])
            keys = [row[0] for row in cursor.fetchall()]
        yield from keys
        if len(keys) < PART:
            return
        below = keys[-1]


def _bounded_count(token: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM casework_posting WHERE token = %s LIMIT %s) AS few",
            [token, PART],
        )
        return int(cursor.fetchone()[0])
