"""Two people act on one case at the same time: one is done, the other hears who was first."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from builders import load_town, make_case, monday
from journeys.steps import AGENT, DISPATCHER, SUPERVISOR, handler_of
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, actor_named, add_user
from xianban.base.errors import Refused, WrongState
from xianban.casework.api import case_view, perform, sweep, verify_heads
from xianban.casework.models import Case
from xianban.casework.queries.standings import replayed, standing_of
from xianban.ledger.api import verify
from xianban.ledger.models import Notice

HOUR = timedelta(hours=1)


@pytest.fixture
def town(transactional_db, tmp_path):
    """The town, for real transactions in several threads."""
    return load_town(tmp_path / "town")


def at_once(*deeds):
    """Run all at the same moment, each in a thread of its own; what each gave or refused."""
    barrier, results = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(n, deed):
        try:
            barrier.wait(10)
            results[n] = deed()
        except Refused as reason:
            results[n] = reason
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, deed)) for n, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_two_handlers_sign_at_once_and_one_hears_of_the_other(town):
    add_user(
        NewUser("lin", name="Lin Mei", grants=(Granted(Role.HANDLER, "", "street-east"),)),
        acting=MACHINE,
        now=monday(),
    )
    lin = actor_named("lin")
    opened = make_case()
    version = case_view(opened.case_id, lin, now=monday()).version
    deeds = [
        lambda: perform(opened.case_id, "sign", acting=lin, now=monday(10), expect_version=version)
        for _ in range(4)
    ]
    results = at_once(*deeds)
    refused = [result for result in results if isinstance(result, Refused)]
    assert len(refused) == 3
    assert all(isinstance(reason, WrongState) for reason in refused)
    assert "Lin Mei did “sign” at 10:00" in str(refused[0])
    assert Case.objects.get(pk=opened.case_id).version == 2
    assert verify().broken is None


def test_without_a_version_the_table_decides(town):
    opened = make_case()
    unit = handler_of("street-east")
    results = at_once(
        lambda: perform(opened.case_id, "sign", acting=unit, now=monday(10)),
        lambda: perform(
            opened.case_id,
            "decline",
            acting=DISPATCHER,
            now=monday(10),
            data={"exit": "repeat", "text": "x"},
        ),
        lambda: perform(
            opened.case_id,
            "object",
            acting=unit,
            now=monday(10),
            data={"reason": "no_powers", "text": "x"},
        ),
    )
    case = Case.objects.get(pk=opened.case_id)
    done = [result for result in results if not isinstance(result, Refused)]
    assert case.version == 1 + len(done)
    assert replayed(case.pk) == standing_of(case)


def test_notes_of_many_people_are_all_kept(town):
    opened = make_case()
    deeds = [
        lambda who=who: perform(
            opened.case_id, "note", acting=who, now=monday(10), data={"text": "seen"}
        )
        for who in (AGENT, DISPATCHER, SUPERVISOR) * 3
    ]
    assert not any(isinstance(result, Refused) for result in at_once(*deeds))
    assert Case.objects.get(pk=opened.case_id).version == 10
    assert verify_heads() is None


def test_merged_into_each_other_at_once_only_one_way_holds(town):
    one, two = make_case(person=501), make_case(person=502)
    results = at_once(
        lambda: perform(
            one.case_id, "merge", acting=AGENT, now=monday(10), data={"into": two.case_id}
        ),
        lambda: perform(
            two.case_id, "merge", acting=AGENT, now=monday(10), data={"into": one.case_id}
        ),
    )
    assert sum(isinstance(result, Refused) for result in results) == 1
    assert sorted(Case.objects.values_list("state", flat=True)) == ["dispatched", "merged"]


def test_what_the_worker_notes_does_not_stop_a_person(town):
    opened = make_case()
    version = case_view(opened.case_id, SUPERVISOR, now=monday()).version
    sweep(now=monday() + 1.9 * HOUR)
    assert Case.objects.get(pk=opened.case_id).version > version
    unit = handler_of("street-east")
    view = perform(
        opened.case_id, "sign", acting=unit, now=monday() + 1.95 * HOUR, expect_version=version
    )
    assert view.state == "signed"
    with pytest.raises(WrongState, match="another copy"):
        perform(opened.case_id, "start", acting=unit, now=monday() + 2 * HOUR, expect_version=99)


def test_two_workers_at_once_do_everything_once(town):
    for _ in range(30):
        make_case(person=501)
    results = at_once(*[lambda: sweep(now=monday() + 3 * HOUR) for _ in range(3)])
    while sweep(now=monday() + 3 * HOUR).more:
        pass
    assert not any(isinstance(result, Refused) for result in results)
    acts = Notice.objects.filter(kind="overdue", to="unit:street-east").count()
    assert acts == 60  # a signature and a call for each case, once
    assert verify_heads() is None
