"""Lists: filters, order, pages that neither repeat nor leave out, numbers above them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from builders import BRIDGE, GRID, GRID_2, QUAY_GRID, make_case, monday, user
from xianban.accounts.api import Actor, Granted, Role
from xianban.base.errors import BadInput, NotFound
from xianban.casework.api import Filters, case_counts, case_list, key_of, number_of, perform
from xianban.casework.models import Case

HOUR = timedelta(hours=1)
AGENT = user("agent")


def walked(actor, filters=None, size=7, now=None):
    ids, after = [], ""
    while True:
        page = case_list(actor, filters, now=now or monday(), after=after, size=size)
        ids += [row.id for row in page.rows]
        after = page.next
        if not after:
            return ids


@pytest.fixture
def many(town):
    """Forty cases in two grids, of different urgency and age, some due at the same moment."""
    matters = ("0202", "0101", "0201", "03")
    return [
        make_case(
            matter=matters[n % 4], area=(GRID, QUAY_GRID)[n % 2], now=monday(9 + n // 6)
        ).case_id
        for n in range(40)
    ]


@pytest.mark.parametrize("order", ["due", "newest"])
@pytest.mark.parametrize("size", [1, 7, 40])
def test_pages_neither_repeat_nor_leave_out(many, order, size):
    ids = walked(AGENT, Filters(order=order), size=size)
    assert sorted(ids) == sorted(many)
    assert len(ids) == len(set(ids))
    if order == "newest":
        assert ids == sorted(many, reverse=True)


def test_what_is_due_first_comes_first(many):
    rows = case_list(AGENT, now=monday(), size=100).rows
    assert [row.next_due_at for row in rows] == sorted(row.next_due_at for row in rows)


def test_a_row_says_which_clock_is_due_next(town):
    opened = make_case(now=monday(9))
    handler = user("handler", unit="street-east")

    def next_due():
        (row,) = case_list(AGENT, now=monday(9.1)).rows
        assert monday(9) <= row.next_due_since <= monday(9.1)
        return row.next_due

    seen = [next_due()]
    for verb, data in (
        ("sign", {}),
        ("contact", {"contacted": True}),
        ("report", {"text": "It was taken away."}),
    ):
        perform(opened.case_id, verb, acting=handler, now=monday(9.1), data=data)
        seen.append(next_due())
    assert seen == ["sign", "contact", "handle", "follow_up"]


def test_scopes_that_overlap_show_a_case_once(many):
    both = Actor(
        "user",
        5,
        "both",
        (Granted(Role.HANDLER, "", "street-east"), Granted(Role.SUPERVISOR, BRIDGE, "")),
    )
    ids = walked(both, size=3)
    assert len(ids) == len(set(ids)) == 20
    assert case_counts(both, now=monday()).open == 20


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (Filters(), 40),
        (Filters(area=BRIDGE), 20),
        (Filters(area=GRID_2), 0),
        (Filters(matter="02"), 20),
        (Filters(matter="0201"), 10),
        (Filters(unit="transport"), 10),
        (Filters(urgency="critical"), 10),
        (Filters(states=("dispatched",)), 40),
        (Filters(states=("received", "closed"), order="newest"), 0),
        (Filters(level="city"), 20),
        (Filters(origin="phone"), 40),
    ],
)
def test_filters(many, filters, count):
    assert len(walked(AGENT, filters)) == count


def test_late_and_soon(many):
    now = monday(9.6)
    late = walked(AGENT, Filters(late=True), now=now)
    soon = walked(AGENT, Filters(soon=True), now=now)
    counts = case_counts(AGENT, now=now)
    assert (len(late), len(soon)) == (counts.late, counts.soon)
    assert counts.late > 0
    assert counts.open == 40
    assert counts.by_state == {"dispatched": 40}
    assert all(row.late for row in case_list(AGENT, Filters(late=True), now=now).rows)


def test_ended_cases_are_in_the_newest_and_not_in_what_is_due(many):
    perform(
        many[0],
        "decline",
        acting=user("dispatcher"),
        now=monday(),
        data={"exit": "repeat", "text": "x"},
    )
    assert many[0] not in walked(AGENT)
    assert many[0] in walked(AGENT, Filters(order="newest"))
    assert walked(AGENT, Filters(states=("declined",), order="newest")) == [many[0]]


def test_the_newest_of_some_days_are_sorted_by_when_they_were_received(many):
    late_entry = make_case(now=monday(20), received_at=monday(10.5)).case_id
    days = Filters(order="newest", received_from=monday(10), received_until=monday(12))
    rows = case_list(AGENT, days, now=monday(21), size=50).rows
    expected = sorted(rows, key=lambda row: (row.received_at, row.id), reverse=True)
    assert list(rows) == expected
    assert all(monday(10) <= row.received_at < monday(12) for row in rows)
    assert late_entry in {row.id for row in rows[1:-1]}
    assert walked(AGENT, days, now=monday(21), size=3) == [row.id for row in rows]


@pytest.mark.parametrize("narrowed", [{}, {"urgency": "critical"}])
def test_what_every_desk_counts_is_read_from_its_index_in_order(town, narrowed):
    with CaptureQueriesContext(connection) as asked:
        case_counts(AGENT, Filters(**narrowed), now=monday())
    (sql,) = [one["sql"] for one in asked if "COUNT(*)" in one["sql"]]
    assert sql.count('"ended_at" IS NULL') == 1  # twice makes the database expect too few
    lite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if not lite:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            for other in {one.name for one in Case._meta.indexes} - {"case_open"}:
                cursor.execute(
                    f"DROP INDEX {other}"
                )  # which one is cheapest, an empty table cannot tell
        cursor.execute(f"EXPLAIN {'QUERY PLAN' if lite else ''} {sql}")
        plan = " | ".join(str(row[-1]) for row in cursor.fetchall())
    assert "USING INDEX case_open |" in plan if lite else "Only Scan using case_open on" in plan
    assert "ORDER BY" not in plan


def test_the_index_of_open_cases_holds_all_that_a_list_is_narrowed_by():
    (index,) = [one for one in Case._meta.indexes if one.name == "case_open"]
    offered = {
        "state",
        "urgency",
        "matter",
        "district",
        "street",
        "unit",
        "assignee",
        "received_at",
    }
    assert offered <= set(index.fields)


@pytest.mark.parametrize("wrong", [Filters(order="best"), Filters(states=("lost",))])
def test_wrong_filters_are_named(town, wrong):
    with pytest.raises(BadInput):
        case_list(AGENT, wrong, now=monday())


@pytest.mark.parametrize("after", ["x", "20261102T000000.000000", "20261102T000000.000000-x"])
def test_a_wrong_mark_is_named(town, after):
    with pytest.raises(BadInput, match="mark of a page"):
        case_list(AGENT, now=monday(), after=after)


def test_numbers_are_read_as_they_are_written(town):
    opened = make_case()
    assert number_of(opened.case_id) == opened.number
    for text in (
        opened.number,
        opened.number.replace("-", ""),
        f" {opened.number} ",
        str(opened.case_id),
    ):
        assert key_of(text) == opened.case_id
    for text in (f"20261103-{opened.case_id}", "20261102-99", "abc", ""):
        with pytest.raises(NotFound):
            key_of(text)
