import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, connections
from django.test.utils import CaptureQueriesContext

from builders import GRID, GRID_2, load_town, monday
from xianban.accounts.api import MACHINE
from xianban.base.errors import BadInput, NotFound, WrongState
from xianban.casework.api import case_view, persons_of
from xianban.intake.actions import writing
from xianban.intake.api import Submission, receive, receive_many, request_by_code, requests_of
from xianban.intake.models import Request
from xianban.ledger.api import verify
from xianban.residents.api import masked

NOW = monday()
RUBBISH = Submission(
    door="api",
    text="Rubbish lies about beside the mill, call me on 13812341234",
    place="Mill",
    matter_hint="Rubbish",
    name="张三",
    phone="138 1234 1234",
)


def take(*said, **more):
    return receive_many(said, acting=MACHINE, now=more.pop("now", NOW), **more)


def test_a_submission_becomes_a_request_and_its_case(town):
    receipt = receive(RUBBISH, acting=MACHINE, now=NOW)
    assert receipt.created
    assert receipt.number == f"20261102-{receipt.case_id}"
    assert (receipt.matter, receipt.unit, receipt.unit_name) == (
        "0202",
        "street-east",
        "Bridge Street Office",
    )
    assert receipt.due_at == NOW + timedelta(hours=24)
    view = case_view(receipt.case_id, MACHINE, now=NOW)
    assert (view.state, view.area.name) == ("dispatched", "Mill")
    assert verify().broken is None


def test_the_reporter_is_sealed_and_numbers_are_masked_everywhere(town):
    receipt = receive(RUBBISH, acting=MACHINE, now=NOW)
    (said,) = requests_of([receipt.case_id])[receipt.case_id]
    assert said.text.endswith("138****1234")
    assert masked([said.person])[said.person].phone == "138****1234"
    assert persons_of(receipt.case_id) == (said.person,)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            assert "13812341234" not in str(cursor.fetchall()), table


def test_number_and_code_open_a_request_and_nothing_else_does(town):
    receipt = receive(RUBBISH, acting=MACHINE, now=NOW)
    assert request_by_code(receipt.number, receipt.code.lower()).id == receipt.request_id
    wrong = "000000" if receipt.code != "000000" else "111111"
    for number, code in (
        (receipt.number, wrong),
        ("20261102-999999", receipt.code),
        ("no number", receipt.code),
        (receipt.number, ""),
        ("20261102-99999999999999999999999", receipt.code),
    ):
        with pytest.raises(NotFound):
            request_by_code(number, code)


def test_the_same_key_again_is_the_same_request(town):
    first = receive(replace(RUBBISH, key="k1"), acting=MACHINE, now=NOW)
    again = receive(replace(RUBBISH, key="k1"), acting=MACHINE, now=NOW + timedelta(hours=1))
    assert again == replace(first, created=False)
    assert Request.objects.count() == 1
    assert receive(RUBBISH, acting=MACHINE, now=NOW).case_id != first.case_id


@pytest.mark.parametrize("mark", ["key", "external_id"])
@pytest.mark.parametrize("change", [{"text": "Something else"}, {"phone": "13900000000"}])
def test_the_same_mark_for_something_else_is_refused(town, mark, change):
    said = replace(RUBBISH, **{mark: "k1"})
    receive(said, acting=MACHINE, now=NOW)
    with pytest.raises(WrongState, match="was used before"):
        receive(replace(said, **change), acting=MACHINE, now=NOW)
    assert Request.objects.count() == 1


def test_a_mark_belongs_to_its_door(town):
    receipts = take(
        replace(RUBBISH, external_id="1"), replace(RUBBISH, door="import:x", external_id="1")
    )
    assert [receipt.created for receipt in receipts] == [True, True]


def test_kept_instead_of_refused_where_a_file_says_something_else_now(town):
    said = replace(RUBBISH, external_id="1")
    take(said)
    (again,) = take(replace(said, text="Something else"), changed="keep")
    assert (again.created, again.differs) == (False, True)
    (same,) = take(replace(said, supporters=7), changed="keep")
    assert (same.created, same.differs) == (False, False)


def test_a_batch_may_hold_known_and_new_and_the_same_twice(town):
    one, two = replace(RUBBISH, external_id="1"), replace(RUBBISH, external_id="2")
    take(one)
    receipts = take(two, one, two, replace(two, text="Else"), changed="keep")
    assert [r.created for r in receipts] == [True, False, False, False]
    assert [r.differs for r in receipts] == [False, False, False, True]
    assert receipts[0].case_id == receipts[2].case_id
    assert Request.objects.count() == 2


def test_all_of_a_batch_or_none(town):
    with pytest.raises(BadInput, match="request 2, text") as caught:
        take(RUBBISH, replace(RUBBISH, text=" "), replace(RUBBISH, matter_hint="Dragons"))
    assert len(caught.value.faults) == 2
    assert Request.objects.count() == 0


def test_an_unsure_machine_leaves_the_case_to_a_person(town):
    receipt = receive(Submission(door="web", text="Hm"), acting=MACHINE, now=NOW)
    assert (receipt.state, receipt.unit) == ("received", "")


def test_whoever_got_a_code_may_come_back_and_who_is_in_a_file_got_none(town):
    said = Submission(door="web", text="A lamp is out")
    mine, filed = take(said, replace(said, door="import:x"))
    assert len(persons_of(mine.case_id)) == 1
    assert persons_of(filed.case_id) == ()


def test_typed_words_can_be_sealed_without_a_contact(town):
    said = Submission(door="web", text="Call 13812341234 about the lamp")
    receipt = receive(said, acting=MACHINE, now=NOW)
    assert len(persons_of(receipt.case_id)) == 1


# --- likely duplicates ---

LONG = "The heap of rubbish beside the bus stop at the mill has not been taken away for two weeks"


def said_at(lat, text=LONG, **more):
    return Submission(door="web", text=text, matter_hint="0202", lat=lat, lon=113.0, **more)


def test_likely_duplicates_are_linked_and_never_merged(town):
    first = receive(said_at(23.0), acting=MACHINE, now=NOW)
    later = NOW + timedelta(days=2)
    second = receive(said_at(23.0003, LONG + "!"), acting=MACHINE, now=later)
    assert second.case_id != first.case_id
    assert [like.case_id for like in second.similar] == [first.case_id]
    assert second.similar[0].reasons["metres"] < 50
    view = case_view(second.case_id, MACHINE, now=later)
    assert [(link.case_id, link.kind) for link in view.links] == [(first.case_id, "similar")]
    assert verify().broken is None


def test_duplicates_within_one_batch_are_found(town):
    receipts = take(said_at(23.0), said_at(23.5), said_at(23.0002))
    assert [[like.case_id for like in r.similar] for r in receipts] == [
        [],
        [],
        [receipts[0].case_id],
    ]


def test_a_year_apart_or_a_mile_apart_is_no_duplicate(town):
    receive(said_at(23.0), acting=MACHINE, now=NOW)
    later = NOW + timedelta(days=365)
    assert not receive(said_at(23.0), acting=MACHINE, now=later).similar
    assert not receive(said_at(23.02), acting=MACHINE, now=NOW).similar


def test_other_words_in_the_same_grid_are_found_by_place(town):
    first = receive(
        Submission(door="web", text="Bags of rubbish lie about near Mill 1", matter_hint="0202"),
        acting=MACHINE,
        now=NOW,
    )
    assert requests_of([first.case_id])
    receipt = receive(
        Submission(door="web", text="Rubbish bags left lying near Mill 1!", matter_hint="0202"),
        acting=MACHINE,
        now=NOW,
    )
    assert [like.case_id for like in receipt.similar] == [first.case_id]
    assert receipt.similar[0].reasons["area"] == GRID != GRID_2


def test_the_newest_are_looked_at_when_very_many_say_the_same(town):
    take(*(said_at(23.0, supporters=n) for n in range(40)))
    receipt = receive(said_at(23.0), acting=MACHINE, now=NOW)
    assert len(receipt.similar) == 3


# --- cost, and others at the same time ---


def queries_for(count):
    with CaptureQueriesContext(
        connection,
    ) as caught:
        take(*(said_at(23.0 + n / 10, phone=f"1380000{n:04}") for n in range(count)))
    return len(caught)


def test_the_queries_do_not_grow_with_the_batch(town):
    take(RUBBISH)
    few, many = queries_for(5), queries_for(200)
    assert many <= few + 2


def test_a_single_request_costs_few_queries(town):
    take(RUBBISH)
    with CaptureQueriesContext(connection) as caught:
        take(replace(RUBBISH, key="k1", text=LONG))
    asked = [q["sql"] for q in caught if "SAVEPOINT" not in q["sql"]]
    assert len(asked) <= 15, asked


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_key_make_one_case(tmp_path):
    load_town(tmp_path / "town")
    start, receipts, faults = threading.Barrier(4), [], []

    def send():
        try:
            start.wait()
            receipts.append(receive(replace(RUBBISH, key="k1"), acting=MACHINE, now=NOW))
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len({receipt.case_id for receipt in receipts}) == 1
    assert sorted(receipt.created for receipt in receipts) == [False, False, False, True]
    assert Request.objects.count() == 1


def test_a_conflict_that_stays_is_an_error_and_writes_nothing(town, monkeypatch):
    def conflict(*args, **kwargs):
        raise IntegrityError("always")

    monkeypatch.setattr(writing, "insert_keyed", conflict)
    with pytest.raises(IntegrityError):
        take(RUBBISH)
    assert Request.objects.count() == 0


def test_a_server_starts_without_a_city_and_with_one(db, tmp_path):
    from xianban.city.api import forget
    from xianban.intake.api import warm_up

    forget()
    warm_up()
    load_town(tmp_path / "town")
    warm_up()
