"""The worker's rounds: that it ran, and what it failed at, can be seen from outside."""

import pytest

from xianban.ledger.api import round_of, rounds

pytestmark = pytest.mark.django_db


def test_a_round_that_ended():
    with round_of("clocks"):
        assert rounds()["clocks"].ended_at is None
    assert rounds()["clocks"].ended_at >= rounds()["clocks"].started_at
    assert rounds()["clocks"].note == ""


def test_a_round_that_failed_says_why_until_it_succeeds():
    with pytest.raises(ValueError, match="odd"), round_of("clocks"):
        raise ValueError("odd")
    assert rounds()["clocks"].note == "ValueError: odd"
    with round_of("clocks"):
        pass
    assert rounds()["clocks"].note == ""
