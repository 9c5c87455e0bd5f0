"""Histories that come in at once are what they would have been act by act."""

from datetime import timedelta

import pytest

from builders import make_case, monday, user
from xianban.base.errors import BadInput
from xianban.casework.api import Deed, live_through, perform, sweep, verify_heads
from xianban.casework.models import Case
from xianban.casework.queries.standings import replayed, standing_of
from xianban.ledger.api import history, verify

HANDLER = user("handler", unit="street-east")
AGENT = user("agent")
DISPATCHER = user("dispatcher")
WAY = [
    ("sign", HANDLER, 10, {}),
    ("contact", HANDLER, 10.5, {"contacted": True}),
    ("start", HANDLER, 11, {}),
    ("invite", HANDLER, 12, {"unit": "water", "ask": "close the valve"}),
    ("answer_task", user("handler", unit="water"), 13, {"task": 1, "text": "closed"}),
    ("report", HANDLER, 15, {"text": "swept"}),
    ("follow_up", AGENT, 20, {"contacted": True, "solved": False, "satisfaction": "dissatisfied"}),
    ("report", HANDLER, 30, {"text": "swept again"}),
    ("follow_up", AGENT, 40, {"contacted": True, "solved": True, "satisfaction": "satisfied"}),
]


def deeds(case_id, way=WAY):
    return [Deed(case_id, verb, who, monday(hour), data) for verb, who, hour, data in way]


def lived(case_id):
    return standing_of(Case.objects.get(pk=case_id))


def test_it_is_as_if_each_act_had_been_performed_and_each_clock_swept(town):
    slow, looked_at = make_case().case_id, monday()
    for verb, who, hour, data in WAY:
        while looked_at < monday(hour):
            sweep(now=looked_at)
            looked_at += timedelta(minutes=15)
        perform(slow, verb, acting=who, now=monday(hour), data=data)
    fast = make_case().case_id
    done = live_through(deeds(fast))
    assert not done.refused
    one, other = lived(slow), lived(fast)
    assert [act.verb for act in history(f"case:{fast}")] == [
        act.verb for act in history(f"case:{slow}")
    ]
    for clock in (*one.clocks.values(), *other.clocks.values()):
        clock.late_at = None  # the sweep of this test comes up to a quarter of an hour late
    assert one == other
    assert other.state == "closed"


def test_the_ledger_adds_up_to_the_tables(town):
    ids = [make_case().case_id for _ in range(5)]
    live_through([deed for pk in ids for deed in deeds(pk)], until=monday(200))
    for pk in ids:
        assert replayed(pk) == lived(pk)
    assert verify_heads() is None
    assert verify().broken is None


def test_clocks_run_out_in_between_and_until_the_end(town):
    case_id = make_case().case_id
    live_through([Deed(case_id, "sign", HANDLER, monday(14))], until=monday(60))
    verbs = [act.verb for act in history(f"case:{case_id}")]
    assert verbs[0] == "open"
    assert verbs.index("miss") < verbs.index("sign") < len(verbs) - 1
    assert verbs[-1] == "miss"


def test_clocks_move_though_nothing_was_done(town):
    case_id = make_case().case_id
    live_through([], until=monday(12), cases=[case_id])
    acts = history(f"case:{case_id}")
    assert [act.verb for act in acts[:3]] == ["open", "remind", "remind"]
    assert acts[1].at == monday(10.5)


def test_what_the_rules_refuse_is_left_out_and_told(town):
    case_id = make_case().case_id
    way = [
        WAY[0],
        ("report", AGENT, 11, {"text": "not mine"}),
        ("extend", HANDLER, 12, {"by": "90d", "text": "x"}),
    ]
    done = live_through(deeds(case_id, way))
    assert [(deed.verb, bool(why)) for deed, why in done.refused] == [
        ("report", True),
        ("extend", True),
    ]
    assert replayed(case_id) == lived(case_id)
    assert lived(case_id).extended is False


def test_acts_on_two_cases_and_unknown_ones_are_for_perform(town):
    case_id = make_case().case_id
    with pytest.raises(BadInput, match="perform"):
        live_through([Deed(case_id, "merge", DISPATCHER, monday(), {"into": "1"})])


def test_a_case_of_long_ago_can_be_opened_at_its_time(town):
    then = monday() - timedelta(days=30)
    opened = make_case(received_at=then, opened_at=then + timedelta(minutes=4))
    case = Case.objects.get(pk=opened.case_id)
    assert case.opened_at == case.dispatched_at == then + timedelta(minutes=4)
    assert history(f"case:{case.pk}")[0].at == case.opened_at
