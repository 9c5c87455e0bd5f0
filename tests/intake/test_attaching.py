"""“Me too”: another request on a case that is open already."""

from builders import monday, user
from xianban.accounts.api import MACHINE
from xianban.casework.api import case_view, nearby, perform, persons_of
from xianban.intake.api import (
    Submission,
    attach,
    receive,
    request_by_code,
    requests_of,
)

WORDS = "rubbish lies beside the mill"
DISPATCHER = user("dispatcher")


def first():
    said = Submission(door="web", text=WORDS, place="Mill", phone="13812345678", key="a")
    return receive(said, acting=MACHINE, now=monday(9))


def me_too(case_id, **more):
    said = Submission(**{"door": "web", "text": "here too, for a week", "key": "b", **more})
    return attach(said, case_id, acting=MACHINE, now=monday(10))


def test_who_joins_gets_the_cases_number_and_a_code_of_their_own(town):
    one = first()
    two = me_too(one.case_id, phone="13912345678")
    assert (two.number, two.case_id) == (one.number, one.case_id)
    assert two.code != one.code
    assert request_by_code(two.number, two.code).text == "here too, for a week"
    assert len(requests_of([one.case_id])[one.case_id]) == 2


def test_every_reporter_hears_the_outcome(town):
    one = first()
    me_too(one.case_id, phone="13912345678")
    two = me_too(one.case_id, key="c")  # without a contact, by number and code
    people = persons_of(one.case_id)
    assert len(people) == 3
    assert nearby([one.case_id])[0].people == 3
    view = case_view(one.case_id, DISPATCHER, now=monday(10))
    unit = view.unit.code
    if not unit:
        unit = "street-east"
        perform(one.case_id, "dispatch", acting=DISPATCHER, now=monday(10), data={"unit": unit})
    handler = user("handler", unit=unit)
    perform(one.case_id, "sign", acting=handler, now=monday(11))
    perform(one.case_id, "report", acting=handler, now=monday(12), data={"text": "taken away"})
    told = {notice.to for notice in _notices() if notice.kind == "answered"}
    assert told == {f"person:{pk}" for pk in people}
    assert request_by_code(two.number, two.code).person in people


def _notices():
    from xianban.ledger.models import Notice

    return Notice.objects.all()


def test_the_same_click_twice_is_one_request(town):
    one = first()
    assert me_too(one.case_id).request_id == me_too(one.case_id).request_id
    assert len(requests_of([one.case_id])[one.case_id]) == 2


def test_the_same_person_counts_once_and_learns_nothing_of_the_first(town):
    one = first()
    two = me_too(one.case_id, phone="138 1234 5678")
    assert two.code != one.code
    assert nearby([one.case_id])[0].people == 1


def test_a_case_that_was_merged_is_joined_where_it_goes_on(town):
    one = first()
    other = receive(
        Submission(door="web", text="the bus stop is hidden", key="o"),
        acting=MACHINE,
        now=monday(9),
    )
    data = {"into": str(other.case_id)}
    perform(one.case_id, "merge", acting=DISPATCHER, now=monday(10), data=data)
    assert me_too(one.case_id).case_id == other.case_id
