"""What the database itself never lets happen, whoever writes."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from builders import make_case, monday
from xianban.casework.models import Case, Clock, Dispute, FollowUp, Interest, Link, Suspension, Task


@pytest.fixture
def case(town):
    return Case.objects.get(pk=make_case(person=501).case_id)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "lost"},
        {"level": "world"},
        {"version": 0},
        {"unit": ""},  # at work without a unit
        {"next_due_at": None},  # open, and nothing is due
        {"ended_at": monday()},  # open, and ended
        {"state": "closed"},  # ended, and no time of it
        {"state": "merged", "ended_at": monday(), "next_due_at": None},  # into nothing
        {"state": "declined", "ended_at": monday(), "next_due_at": None},  # by no exit
        {"exit": "secrets"},  # by an exit, and not declined
    ],
)
def test_cases(case, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(**wrong)


def test_not_merged_into_itself(case):
    wrong = {"state": "merged", "merged_into": case, "ended_at": monday(), "next_due_at": None}
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "lost"},
        {"state": "met"},  # ended without a time
        {"state": "paused"},  # without what is left
        {"left_s": 5},  # running, and something left
        {"ended_at": monday()},
    ],
)
def test_clocks(case, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        Clock.objects.filter(case=case, kind="handle").update(**wrong)


def refused(row):
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_one_active_clock_of_a_kind(case):
    times = {"started_at": monday(), "due_at": monday(), "limit": "2h"}
    refused(Clock(case=case, n=9, kind="handle", **times))
    Clock(case=case, n=9, kind="task", task=1, **times).save()
    Clock(case=case, n=10, kind="task", task=2, **times).save()
    refused(Clock(case=case, n=11, kind="task", task=2, **times))


def test_one_open_task_of_a_unit(case):
    more = {"ask": "x", "asked_at": monday(), "due_at": monday()}
    Task(case=case, n=1, unit="police", **more).save()
    refused(Task(case=case, n=2, unit="police", **more))
    refused(Task(case=case, n=2, unit="water", state="lost", **more))


def test_returned_once_by_a_unit_and_one_at_a_time(case):
    more = {
        "by": "user:1",
        "reason": "no_powers",
        "text": "x",
        "raised_at": monday(),
        "from_state": "signed",
    }
    Dispute(case=case, n=1, unit="water", ruling="reject", **more).save()
    refused(Dispute(case=case, n=2, unit="water", ruling="reject", **more))
    Dispute(case=case, n=2, unit="police", **more).save()
    refused(Dispute(case=case, n=3, unit="transport", **more))


def test_nobody_approves_a_suspension_of_their_own(case):
    more = {"evidence": "x", "reason": "x", "asked_at": monday(), "by": "user:1", "state": "active"}
    cap = monday() + timedelta(days=9)
    refused(Suspension(case=case, n=1, decided_by="user:1", cap_at=cap, **more))
    refused(Suspension(case=case, n=1, decided_by="user:2", **more))
    Suspension(case=case, n=1, decided_by="user:2", cap_at=cap, **more).save()


def test_silence_says_nothing(case):
    refused(
        FollowUp(
            case=case, n=1, at=monday(), source="machine", by="machine", satisfaction="satisfied"
        )
    )
    refused(FollowUp(case=case, n=1, at=monday(), source="machine", by="machine", solved=True))
    FollowUp(case=case, n=1, at=monday(), source="machine", by="machine").save()


def test_heard_once_and_linked_to_another(case):
    refused(Interest(case=case, person=501, since=monday()))
    refused(Link(case=case, other=case, kind="similar", since=monday()))
    other = Case.objects.get(pk=make_case().case_id)
    Link(case=case, other=other, kind="similar", since=monday()).save()
    refused(Link(case=case, other=other, kind="similar", since=monday()))
