"""Late cases counted and weighed in the database, against the plain way: every case, one by one."""

from collections import Counter
from datetime import timedelta

import pytest

from builders import EAST, GRID, GRID_2, QUAY_GRID, WEST, make_case, monday, user
from xianban.casework.api import Filters, access, late_counts, perform, to_press
from xianban.casework.models import Case, Interest
from xianban.casework.queries import lateness
from xianban.casework.rules.pressing import press_weight

NOW = monday(9) + timedelta(days=3)
MATTERS, AREAS = ("0202", "0101", "0201", "03"), (GRID, QUAY_GRID, GRID_2)
WHO = [
    user("supervisor"),
    user("supervisor", area=EAST),
    user("handler", unit="street-east"),
    user("handler", unit="police"),
    user("resident"),
]
FILTERS = [
    Filters(),
    Filters(matter="02"),
    Filters(area=WEST),
    Filters(unit="street-east"),
    Filters(within=timedelta(days=3)),
]


@pytest.fixture
def many(town):
    """Sixty cases of every age; some supported, some asked about by several, one with a task for another."""
    ids = [
        make_case(
            matter=MATTERS[n % 4],
            area=AREAS[n % 3],
            now=monday(9) + timedelta(hours=5 * n // 4),
            supporters=(0, 0, 0, 0, 2, 0, 9)[n % 7],
        ).case_id
        for n in range(60)
    ]
    Interest.objects.bulk_create(
        Interest(case_id=ids[n], person=1000 + k, since=monday(9))
        for n in (3, 17, 40)
        for k in range(4)
    )
    for key in ids[::6]:
        unit = Case.objects.get(pk=key).unit
        perform(key, "sign", acting=user("handler", unit=unit), now=NOW)
    return ids


def all_of(actor, filters):
    """Open cases that an actor may see and the filters let through."""
    may = access(actor)
    rows = Case.objects.filter(may.case_filter(), ended_at__isnull=True)
    return [case for case in rows if _let_through(case, filters, may.city)]


def _let_through(case, filters, city):
    return (
        (not filters.matter or filters.matter in city.matter_line(case.matter))
        and (not filters.area or city.within(case.area, filters.area))
        and (not filters.unit or case.unit == filters.unit)
    )


@pytest.mark.parametrize("actor", WHO)
@pytest.mark.parametrize("filters", FILTERS)
def test_counted_as_one_by_one(many, actor, filters):
    counted: Counter = Counter()
    for case in all_of(actor, filters):
        where = (case.unit, case.district, case.street)
        counted[where, "open"] += 1
        counted[where, "late"] += case.next_due_at < NOW
        counted[where, "soon"] += NOW <= case.next_due_at < NOW + filters.within
    found = late_counts(actor, filters, now=NOW)
    assert {(one.unit, one.district, one.street) for one in found} == {key for key, _ in counted}
    for one in found:
        where = (one.unit, one.district, one.street)
        assert (one.open, one.late, one.soon) == tuple(
            counted[where, name] for name in ("open", "late", "soon")
        )


@pytest.mark.parametrize("actor", WHO)
@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("which", ["late", "soon"])
@pytest.mark.parametrize("size", [5, 100])
def test_weighed_as_one_by_one(many, monkeypatch, actor, filters, which, size):
    """The shortlist is made of what weighs most without the people, then these are counted."""
    monkeypatch.setattr(lateness, "SHORTLIST", 8)
    persons = Counter(Interest.objects.values_list("case_id", flat=True))
    found = to_press(actor, Filters(**{**vars(filters), which: True}), now=NOW, size=size)

    def weight(case, people):
        late_s = max(0.0, (NOW - case.next_due_at).total_seconds())
        return press_weight(late_s=late_s, people=people, urgency=case.urgency)

    def is_wanted(case):
        late = case.next_due_at < NOW
        return late if which == "late" else not late and case.next_due_at < NOW + filters.within

    waiting = [case for case in all_of(actor, filters) if is_wanted(case)]
    waiting.sort(key=lambda c: (-weight(c, 1 + c.supporters), c.next_due_at, c.id))
    ranked = [
        (weight(case, max(1, persons[case.id]) + case.supporters), case)
        for case in waiting[: max(8, size)]
    ]
    ranked.sort(key=lambda one: (-one[0], one[1].next_due_at, one[1].id))
    assert [one.row.id for one in found] == [case.id for _, case in ranked][:size]
    assert [one.weight for one in found] == [weight for weight, _ in ranked][:size]


def test_the_parts_that_are_read_make_up_the_whole(many):
    rows = Case.objects.filter(next_due_at__isnull=False)
    parts = [set(part.values_list("id", flat=True)) for part in lateness._as_read(rows, rows)]
    assert sum(len(part) for part in parts) == rows.count() == len(set().union(*parts))
    assert sum(bool(part) for part in parts) > 2
