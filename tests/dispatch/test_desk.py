"""The dispatcher's desk below its page: candidates, gaps of the duty list, and the machine's record."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

import packs
from xianban.accounts.api import MACHINE, Actor, Granted, Role
from xianban.casework.api import NewCase, case_view, open_cases
from xianban.city import api as city
from xianban.dispatch import queries
from xianban.dispatch.api import candidates, findings, matters_typed, units_typed
from xianban.dispatch.gaps import faults_of
from xianban.dispatch.record import Outcome, Share, record

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
DESK = Actor("user", 1, "Desk", (Granted(Role.DISPATCHER),))
DUTIES = "matter,area,lead,co_units,limit,contact_limit,powers,legal_basis,acceptance,playbook,valid_from,valid_to\n"


@pytest.fixture
def small(db, tmp_path):
    city.forget()
    queries.forget()

    def load(**changed):
        return packs.load_small_city(tmp_path / f"pack{len(changed)}", **changed)

    yield load
    queries.forget()
    city.forget()


def case_of(text, **more):
    new = NewCase(origin="web", text=text, received_at=NOW, **more)
    (opened,) = open_cases([new], acting=MACHINE, now=NOW)
    return case_view(opened.case_id, DESK, now=NOW)


def test_three_candidates_by_probability_with_their_words_and_rows(small):
    small()
    found = candidates(case_of("门口那排路灯全黑了", area="990101001001001"), at=NOW)
    assert len(found) == 3
    assert found[0].matter == "020101"
    assert found[0].words
    assert found[0].assignment.lead == "S1"
    assert [one.probability for one in found] == sorted(
        (one.probability for one in found), reverse=True
    )


def test_without_a_place_it_says_that_the_place_decides(small):
    small()
    found = candidates(case_of("门口那排路灯全黑了"), at=NOW)
    assert (found[0].assignment, found[0].lack) == (None, "no_place")
    there = candidates(case_of("门口那排路灯全黑了"), at=NOW, area="990102001")
    assert there[0].assignment.lead == "M2"


def test_what_a_person_said_stands_first(small):
    small()
    said = case_of("门口那排路灯全黑了", matter="010102", proposal={"matter": "020101"})
    found = candidates(said, at=NOW)
    assert (found[0].matter, found[0].probability) == ("010102", None)
    assert found[1].matter == "020101"


def test_typing_finds_matters_and_units(small):
    small()
    assert matters_typed("井盖")[0] == "020102"
    assert units_typed("水务") == ["WA"]
    assert matters_typed("") == []


def rows(*said):
    return DUTIES + "".join(f"{row}\n" for row in said)


@pytest.mark.parametrize(
    ("duties", "kind", "matter"),
    [
        (rows("02,,kind:urban_mgmt,,5wd,,,,,,,", "03,,TR,,5wd,,,,,,,"), "gap", "010101"),
        (
            rows("01,,WA,,1d,,,,,,,", "02,,WA,,1d,,,,,,,", "03,,TR,,1d,,,,,,,2026-12-01"),
            "expires",
            "03",
        ),
        (rows("01,,WA,,1d,,,,,,,", "01,,TR,,1d,,,,,,2026-01-01,"), "overlap", "01"),
        (rows("01,,WA,WA,1d,,,,,,,"), "helper_leads", "01"),
        (rows("01,,WA,,,,,,,,,"), "no_limit", "01"),
    ],
)
def test_each_fault_of_the_list_is_found(small, duties, kind, matter):
    here = small(duties_csv=duties)
    found = [one for one in faults_of(here, on=date(2026, 11, 20)) if one.kind == kind]
    assert matter in {one.matter for one in found}


def test_leads_that_cannot_lead_are_found(small):
    here = small()
    first, *others = here.duties
    gone = replace(first, lead="XX", co_units=("YY",))
    found = {one.kind for one in faults_of(replace(here, duties=(gone, *others)), on=NOW.date())}
    assert {"closed_lead", "closed_helper"} <= found


def test_what_struck_most_people_stands_first(small):
    small(duties_csv=rows("03,,TR,,1d,,,,,,,"))
    for _ in range(3):
        case_of("没水", matter="010101", area="990101001001001", supporters=4)
    case_of("灯黑", matter="020101", area="990101001001001")
    gaps = [one for one in findings(now=NOW) if one.kind == "gap"]
    assert (gaps[0].matter, gaps[0].cases, gaps[0].people) == ("010101", 3, 15)
    assert (gaps[1].matter, gaps[1].cases) == ("020101", 1)
    later = findings(now=NOW + timedelta(days=91), matter="010101")
    assert {one.cases for one in later} == {0}


def test_whoever_is_bound_to_an_area_reads_the_faults_that_touch_it(small):
    """Faults there and around it, and of whom they struck those in the area: another street's are not theirs."""
    here = small(duties_csv=rows("03,,TR,,1d,,,,,,,"))
    streets = [code for code, area in here.areas.items() if area.level == "street"]
    for street, n in zip(streets[:2], (3, 1), strict=True):
        for _ in range(n):
            case_of("没水", matter="010101", area=next(a for a in here.leaf_areas if here.within(a, street)))  # fmt: skip
    everybody = findings(now=NOW, seen_by=DESK)
    assert everybody == findings(now=NOW)
    for street, n in zip(streets[:2], (3, 1), strict=True):
        bound = Actor("user", 2, "Street", (Granted(Role.SUPERVISOR, street),))
        seen = findings(now=NOW, seen_by=bound)
        assert {one.cases for one in seen if one.kind == "gap" and one.matter == "010101"} == {n}
        assert all(not one.area or here.within(one.area, street) or here.within(street, one.area) for one in seen)  # fmt: skip
    assert findings(now=NOW, seen_by=Actor("user", 3, "None", ())) == []


def test_a_large_list_is_read_within_a_second(small):
    here = small()
    leaf_areas = here.leaf_areas
    duty = here.duties[0]
    matters = {
        f"9{n:04d}": replace(here.matters["010101"], code=f"9{n:04d}", parent="")
        for n in range(1000)
    }
    areas = {
        f"g{n}": replace(here.areas[leaf_areas[0]], code=f"g{n}", parent="990101001001")
        for n in range(500)
    }
    many = tuple(
        replace(
            duty, row=n, matter=f"9{n % 1000:04d}",
            # nearly every matter has a row for everywhere, and nine for some place
            area="990100" if n < 980 else f"g{(n * 7) % 500}",
            lead="WA" if n % 3 else "kind:housing",
        )
        for n in range(10_000)
    )  # fmt: skip
    big = replace(
        here, duties=many, matters={**here.matters, **matters}, areas={**here.areas, **areas}
    )
    started = time.process_time()
    found = list(faults_of(big, on=NOW.date()))
    assert time.process_time() - started < 2.0  # half a second on an idle machine
    gaps = {one.matter for one in found if one.kind == "gap"}
    assert {f"9{n:04d}" for n in range(980, 1000)} <= gaps


def outcome(n, right, probability=0.9, became="alone", matter="01"):
    return Outcome(n, NOW - timedelta(days=n), matter, probability, became, right)


def test_the_record_counts_what_was_decided_and_leaves_out_what_waits(small):
    small()
    found = [
        outcome(1, True),
        outcome(2, False, became="corrected"),
        outcome(3, True, 0.4, "agreed", "02"),
        outcome(4, None, 0.3, "waiting"),
    ]
    seen = record(found)
    assert (seen.right.hits, seen.right.n) == (2, 3)
    assert seen.outcomes["waiting"] == 1
    assert [(band.low, band.right.n) for band in seen.bands] == [(0.4, 1), (0.9, 2)]
    assert [(row.matter, row.alone, row.corrected) for row in seen.matters] == [
        ("01", 1, 1),
        ("02", 0, 0),
    ]
    assert seen.gap == pytest.approx((2 * 0.4 + 1 * 0.6) / 3)


def test_a_share_knows_what_its_number_allows():
    low, high = Share(9, 10).interval
    assert low == pytest.approx(0.596, abs=0.001)
    assert high == pytest.approx(0.982, abs=0.001)
    assert Share(0, 0).interval is None
