"""The open door: a crowd gets through, a script does not reach the desk, nothing is thrown away."""

import pytest

from builders import monday
from xianban.accounts.api import MACHINE
from xianban.intake.api import AskedBack, Receipt, Submission, receive_from
from xianban.intake.rules.flood import (
    FROM_ADDRESS,
    HELD_FROM_ADDRESS,
    must_ask,
    must_join,
    must_wait,
)


def send(text, n, *, address="10.0.0.1", **more):
    given = {"answered": more.pop("answered", False)}
    said = Submission(**{"door": "web", "text": text, "place": "Mill", "key": f"k{n}", **more})
    return receive_from(said, address=address, acting=MACHINE, now=monday(9), **given)


def cases():
    from xianban.casework.models import Case

    return Case.objects.count()


def test_sixty_people_behind_one_address_all_get_through(town):
    said = [f"the light in room {n} of the school is broken" for n in range(60)]
    receipts = [send(text, n) for n, text in enumerate(said)]
    assert all(isinstance(one, Receipt) and one.created for one in receipts)
    assert cases() == 60


@pytest.mark.slow
def test_a_script_that_says_the_same_a_thousand_times_does_not_reach_the_desk(town):
    found = [send("rubbish lies beside the mill", n) for n in range(1000)]
    assert cases() == 3
    taken = [one for one in found if isinstance(one, Receipt)]
    assert len(taken) == FROM_ADDRESS
    assert all(isinstance(one, AskedBack) for one in found[FROM_ADDRESS:])
    assert isinstance(send("water is gushing", 1001, answered=True), Receipt)
    assert isinstance(send("water is gushing", 1002, address="10.0.0.2"), Receipt)


def test_the_same_from_one_place_joins_the_first(town):
    receipts = [send("rubbish lies beside the mill", n) for n in range(6)]
    assert cases() == 3
    assert len({one.request_id for one in receipts}) == 6
    assert len({one.code for one in receipts}) == 6


def test_sending_again_under_the_same_key_counts_for_nothing(town):
    one = send("rubbish lies beside the mill", 1)
    again = [send("rubbish lies beside the mill", 1) for _ in range(120)]
    assert {known.request_id for known in again} == {one.request_id}
    assert send("something else", 2).created


def test_lamp_three_is_not_lamp_eight(town):
    for n in range(8):
        send(f"lamp {n} is dark", n)
    assert cases() == 8


def test_how_much_is_too_much():
    assert not must_ask(FROM_ADDRESS, 12)
    assert must_ask(FROM_ADDRESS + 1, 0)
    assert must_ask(1, 13)
    assert not must_join(3, 20)
    assert must_join(4, 4)
    assert must_join(1, 21)
    assert must_wait(HELD_FROM_ADDRESS + 1)


def test_what_is_held_waits_for_a_person(town, monkeypatch):
    monkeypatch.setattr("xianban.intake.rules.flood.HELD_FROM_ADDRESS", 0)
    assert send("rubbish lies about beside the mill", 1, answered=True).state == "received"


def test_two_processes_count_together(town):
    """The count lies in the database, and holds nobody's address."""
    from xianban.accounts.models import Tally

    send("rubbish lies beside the mill", 1)
    assert not any(b"10.0" in bytes(row.who) for row in Tally.objects.all())
    assert Tally.objects.count() == 3
