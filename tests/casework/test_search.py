"""Searching: by words, number and place, through the index and before it is filled; never out of scope."""

import pytest
from django.db import connection

from builders import BRIDGE, EAST, GRID, HARBOUR, QUAY_GRID, make_case, monday, user
from xianban.accounts.api import Actor
from xianban.base.errors import BadInput
from xianban.casework import api as casework
from xianban.casework.api import Filters
from xianban.casework.models import Case, Searchable
from xianban.casework.queries import candidates, searches

AGENT = user("agent")
EAST_HANDLER = user("handler", unit="street-east")


@pytest.fixture(params=["indexed", "waiting"])
def how(request):
    """Through the index, and before the worker came by."""
    return request.param


def settle(how):
    if how != "waiting":
        assert casework.index_cases().more is False


def ids(actor, typed, filters=None, **more):
    return [
        row.id for row in casework.case_search(actor, typed, filters, now=monday(), **more).rows
    ]


@pytest.fixture
def lamps(town, how):
    made = {
        "east": make_case(text="幸福路的路灯不亮", place="幸福路12号").case_id,
        "west": make_case(text="港口的路灯坏了", title="路灯", area=QUAY_GRID).case_id,
        "water": make_case(text="Water gushes from the ROAD", matter="0101").case_id,
        "apart": make_case(text="路灯亮，灯不亮").case_id,
    }
    settle(how)
    return made


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("路灯", ["apart", "west", "east"]),
        ("路灯不亮", ["east"]),
        ("幸福路12", ["east"]),
        ("12号 路灯", ["east"]),
        ("gush", ["water"]),
        ("ＲＯＡＤ", ["water"]),
        ("没有这样的话", []),
        ("Mill 1", ["apart", "water", "east"]),
        ("harbour street", ["west"]),
        ("Quay 路灯", ["west"]),
        ("quay 幸福", []),
    ],
)
def test_words_and_places(lamps, typed, names):
    assert ids(AGENT, typed) == [lamps[name] for name in names]


def test_a_number_or_part_of_it(lamps):
    number = casework.number_of(lamps["west"])
    assert lamps["west"] in ids(AGENT, number)
    assert ids(AGENT, number[3:]) == [lamps["west"]] or lamps["west"] in ids(AGENT, number[3:])
    assert set(ids(AGENT, "20261102")) == set(lamps.values())
    assert ids(AGENT, "20261103") == []


def test_ended_cases_are_found_too_and_filters_narrow(lamps):
    Case.objects.filter(pk=lamps["east"]).update(
        state="closed", ended_at=monday(), next_due_at=None
    )
    assert lamps["east"] in ids(AGENT, "路灯")
    assert ids(AGENT, "路灯", Filters(states=("closed",))) == [lamps["east"]]
    assert ids(AGENT, "路灯", Filters(area=HARBOUR)) == [lamps["west"]]
    assert ids(AGENT, "路灯", Filters(unit="street-west")) == [lamps["west"]]
    assert ids(AGENT, "路灯", Filters(matter="01")) == []


@pytest.mark.parametrize(
    ("actor", "names"),
    [
        (EAST_HANDLER, {"east", "apart"}),
        (user("handler", unit="street-west"), {"west"}),
        (user("supervisor", area=EAST), {"east", "apart"}),
        (user("steward"), set()),
        (user("integrator"), set()),
        (Actor("user", 9, "newcomer"), set()),
        (Actor("resident", 77, ""), set()),
    ],
)
def test_no_row_of_anothers_scope_by_any_search(lamps, actor, names):
    assert set(ids(actor, "路灯")) == {lamps[name] for name in names}
    seen = casework.access(actor)
    numbers = [casework.number_of(case) for case in lamps.values()]
    for typed in ("路灯不亮", "Quay", "Mill", "road", "20261102", *numbers):
        assert all(seen.sees(case) for case in ids(actor, typed))
    assert set(ids(actor, "路灯", Filters(area=BRIDGE))) <= {lamps[name] for name in names}


def test_pages_neither_repeat_nor_leave_out(town, how):
    made = [
        make_case(text=f"第{n}盏路灯", area=(GRID, QUAY_GRID)[n % 2]).case_id for n in range(17)
    ]
    settle(how)
    for actor, expected in ((AGENT, made), (EAST_HANDLER, made[::2])):
        walked, after = [], ""
        while True:
            page = casework.case_search(actor, "路灯", now=monday(), after=after, size=3)
            walked += [row.id for row in page.rows]
            after = page.next
            if not after:
                break
        assert walked == sorted(expected, reverse=True)


@pytest.mark.parametrize("typed", ["", "路", "a"])
def test_too_little_is_refused_with_a_remedy(town, typed):
    with pytest.raises(BadInput, match="two letters"):
        ids(AGENT, typed)


def test_a_mark_that_is_none_is_refused(town):
    with pytest.raises(BadInput, match="begin the list anew"):
        ids(AGENT, "路灯", after="x")


def test_a_search_reads_only_so_much_and_goes_on_when_asked(town, monkeypatch):
    monkeypatch.setattr(searches, "FIRST", 2)
    monkeypatch.setattr(searches, "LATER", 2)
    monkeypatch.setattr(searches, "MOST_EFFORT", 4)
    oldest = make_case(text="路灯", area=QUAY_GRID).case_id
    for _ in range(9):
        make_case(text="路灯")
    casework.index_cases()
    Case.objects.filter(pk=oldest).update(state="closed", ended_at=monday(), next_due_at=None)
    closed = Filters(states=("closed",))
    page = casework.case_search(AGENT, "路灯", closed, now=monday())
    assert page.rows == ()
    assert page.stopped
    found, pages = [], 0
    while page.next:
        page = casework.case_search(AGENT, "路灯", closed, now=monday(), after=page.next)
        found += [row.id for row in page.rows]
        pages += 1
    assert found == [oldest]
    assert pages < 6


def test_slices_of_the_file_are_all_looked_at(town, monkeypatch):
    monkeypatch.setattr(candidates, "SLICE_BITS", 1)
    made = [make_case(text="路灯" if n % 5 == 0 else "水管").case_id for n in range(21)]
    casework.index_cases()
    assert ids(AGENT, "路灯") == made[::-5]
    assert ids(AGENT, "Mill") == made[::-1]


# the index and the words


def postings(case_id):
    """How many tokens of a case the index holds."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT count(*) FROM casework_posting WHERE case_id = %s", [case_id])
        else:
            cursor.execute(
                "SELECT coalesce(cardinality(tokens), 0) FROM casework_searchable WHERE case_id = %s",
                [case_id],
            )
        return cursor.fetchone()[0]


def test_erased_words_leave_the_index_at_once(town):
    case = make_case(text="住在三单元的陈某某").case_id
    casework.index_cases()
    full = postings(case)
    assert full
    Case.objects.filter(pk=case).update(text="", title="", place="")
    casework.words_changed([case])
    assert postings(case) == 0
    assert ids(AGENT, "陈某某") == []
    assert casework.index_cases().cases == 1
    assert 0 < postings(case) < full
    assert ids(AGENT, "陈某某") == []
    assert casework.index_cases().cases == 0


def test_a_corrected_place_is_found_at_once_and_the_old_one_no_longer(town):
    case = make_case(place="旧桥头", area=GRID, text="垃圾成堆").case_id
    casework.index_cases()
    data = {"place": "新码头", "area": QUAY_GRID}
    casework.perform(case, "refine", acting=user("dispatcher"), now=monday(), data=data)
    for _ in range(2):
        assert ids(AGENT, "新码头") == ids(AGENT, "Harbour") == [case]
        assert ids(AGENT, "旧桥头") == ids(AGENT, "Bridge") == []
        casework.index_cases()
    assert not Searchable.objects.filter(stale=True).exists()


def test_whoever_is_asked_or_takes_over_finds_it_at_once(town):
    case = make_case(text="路灯不亮", area=GRID).case_id
    casework.index_cases()
    police, west = user("handler", unit="police"), user("handler", unit="street-west")
    assert ids(police, "路灯") == ids(west, "路灯") == []
    casework.perform(case, "sign", acting=EAST_HANDLER, now=monday())
    data = {"unit": "police", "ask": "come and see"}
    casework.perform(case, "invite", acting=EAST_HANDLER, now=monday(), data=data)
    for _ in range(2):
        assert ids(police, "路灯") == ids(EAST_HANDLER, "路灯") == [case]
        casework.index_cases()
    data = {"unit": "street-west", "text": "it lies there"}
    casework.perform(case, "redispatch", acting=user("dispatcher"), now=monday(), data=data)
    for _ in range(2):
        assert ids(west, "路灯") == [case]
        assert ids(EAST_HANDLER, "路灯") == []
        casework.index_cases()


def test_the_index_is_filled_from_the_newest_back(town):
    made = [make_case(text="路灯").case_id for _ in range(5)]
    for _ in range(3):
        casework.index_cases()
    assert casework.index_missing() == 0
    Searchable.objects.filter(case__in=made[:3]).delete()  # as where the first filling is under way
    page = casework.case_search(AGENT, "路灯", now=monday())
    assert not page.whole
    assert casework.index_cases().cases == 3
    assert casework.case_search(AGENT, "路灯", now=monday()).whole


def test_what_was_passed_over_is_noticed(town):
    made = [make_case(text="路灯").case_id for _ in range(5)]
    casework.index_cases()
    Searchable.objects.filter(case=made[2]).delete()
    assert casework.index_cases().cases == 1  # among the newest: at the next round
    Searchable.objects.filter(case=made[2]).delete()
    assert casework.index_missing() == 1
    assert casework.index_missing() == 0


def test_cases_of_people_only_in_scope(town):
    east = make_case(text="x1", person=5).case_id
    west = make_case(text="x2", person=5, area=QUAY_GRID).case_id
    make_case(text="x3", person=6)
    assert [row.id for row in casework.cases_reported_by(AGENT, [5], now=monday()).rows] == [
        west,
        east,
    ]
    assert [row.id for row in casework.cases_reported_by(EAST_HANDLER, [5], now=monday()).rows] == [
        east
    ]
    assert casework.cases_reported_by(AGENT, [], now=monday()).rows == ()
    assert casework.cases_reported_by(AGENT, [5], now=monday(), size=1).stopped
