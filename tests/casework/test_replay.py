"""Whatever acts arrive in whatever order: no illegal state, no lost clock, and the ledger says the same."""

from datetime import timedelta
from random import Random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from builders import CITY, GRID, GRID_2, QUAY_GRID, UNITS, make_case, monday, user
from xianban.accounts.api import Actor, Granted, Role, resident_actor
from xianban.base.errors import Refused
from xianban.casework.api import (
    VERBS,
    access,
    hear,
    perform,
    public_story,
    sweep,
    verify_heads,
)
from xianban.casework.models import Case, Clock
from xianban.casework.queries.standings import replayed, standing_of
from xianban.casework.rules.words import ACTIVE, ENDED, LEVELS, STATES
from xianban.ledger.api import history, verify
from xianban.ledger.models import Notice

UNIT_CODES = [unit[0] for unit in UNITS]
# two people who may do nearly everything, so that most acts are refused by the rules and not by rank
ALL_ROLES = tuple(
    Granted(role, CITY)
    for role in (Role.AGENT, Role.DISPATCHER, Role.HANDLER, Role.SUPERVISOR, Role.LEADER)
)
ANNA, BERT = (Actor("user", n, name, ALL_ROLES) for n, name in ((1, "Anna"), (2, "Bert")))
PEOPLE = [
    ANNA,
    BERT,
    ANNA,
    BERT,
    ANNA,
    BERT,
    resident_actor(501),
    user("handler", area=CITY, unit="transport"),
]
GOOD = {
    "text": ["so it is", "call 13812345678"],
    "unit": UNIT_CODES[:-1],
    "yes_no": [True, False, None],
    "limit": ["2h", "4wh", "1d"],
    "matter": ["0101", "0201", "03"],
    "area": [GRID, GRID_2, QUAY_GRID],
    "urgency": ["critical", "normal", "consult"],
    "level": LEVELS,
    "task": [1, 2, 3],
    "opinion": [1, 2, 3],
    "units": [["transport", "water"], ["landscaping"]],
    "person": [1, 2],
    "checks": [[]],
    "files": [None],
}
BAD = ["", None, "soon", "mill", "77", -1]
STEPS = [0, 60, 600, 1800, 7200, 43_200, 90_000, 700_000, 3_000_000, 30_000_000]
ENDINGS = ("decline", "merge", "withdraw", "close")
BESIDE = ("say", "note", "press", "link", "split", "refine", "escalate", "contact")


class Lives(RuleBasedStateMachine):
    """Cases, people, and time that passes."""

    cases = Bundle("cases")

    @initialize(target=cases, assigned=st.tuples(st.booleans(), st.booleans()))
    def begin(self, assigned):
        self.now, self.touched = monday(), set()
        return multiple(*(self._case(yes) for yes in assigned))

    def _case(self, assigned):
        more = {} if assigned else {"assignment": None}
        return make_case(now=self.now, person=501, **more).case_id

    @rule(target=cases, assigned=st.booleans(), matter=st.sampled_from(["0101", "0201", "03"]))
    def one_more(self, assigned, matter):
        return make_case(
            now=self.now, matter=matter, **({} if assigned else {"assignment": None})
        ).case_id

    # Chance is drawn as one number: left to itself, hypothesis prefers the simple, and few lives get far.
    @rule(case=cases, luck=st.integers(0, 2**40))
    def do_what_is_offered(self, case, luck):
        chance = Random(luck)
        for _ in range(chance.randint(3, 8)):
            self.now += timedelta(seconds=chance.choice(STEPS[: chance.randint(1, len(STEPS))]))
            self._one_act(case, chance)

    def _one_act(self, case, chance):
        who = chance.choice(PEOPLE)
        try:
            offers = access(who).acts_for(case, now=self.now)
        except Refused:
            return
        rare = [
            *(ENDINGS if chance.random() < 0.9 else ()),
            *(BESIDE if chance.random() < 0.7 else ()),
        ]
        offers = [offer for offer in offers if offer.verb not in rare] or offers
        if offers:
            offer = chance.choice(offers)
            said = {field.name: self._value(field, chance) for field in offer.fields}
            self._try(case, offer.verb, who, said)

    def _value(self, field, chance):
        if chance.random() < 0.03:
            return chance.choice(BAD)
        if field.kind == "case":
            return chance.choice(list(Case.objects.values_list("pk", flat=True)))
        return chance.choice(field.choices or GOOD[field.kind])

    @rule(case=cases, luck=st.integers(0, 2**40))
    def do_anything(self, case, luck):
        chance = Random(luck)
        said = {"text": "x", "unit": chance.choice(UNIT_CODES)}
        self._try(case, chance.choice(VERBS), chance.choice(PEOPLE), chance.choice([{}, said]))

    def _try(self, case, verb, who, said):
        before = Case.objects.get(pk=case).version
        self.touched.add(case)
        try:
            perform(case, verb, acting=who, now=self.now, data=said, expect_version=before)
        except Refused:
            assert Case.objects.get(pk=case).version == before

    @rule(case=cases, person=st.integers(501, 503))
    def somebody_joins(self, case, person):
        hear(case, person, acting=ANNA, now=self.now)

    @rule(step=st.sampled_from(STEPS))
    def the_worker_comes_round(self, step):
        self.now += timedelta(seconds=step)
        while sweep(now=self.now, limit=50).more:
            pass
        assert sweep(now=self.now).looked == 0  # nothing is done twice, nothing is left

    @invariant()
    def no_case_is_lost(self):
        for case in Case.objects.filter(pk__in=self.touched):
            assert case.state in STATES
            clocks = Clock.objects.filter(case=case, state__in=ACTIVE)
            if case.state in ENDED:
                assert not clocks.exists()
            else:
                assert clocks.filter(state="running").exists(), (
                    f"nothing runs for a case that is {case.state}"
                )
                assert case.next_due_at == min(c.due_at for c in clocks if c.state == "running")
            public_story(case.pk, now=self.now, person=501)

            assert replayed(case.pk) == standing_of(case), "the ledger tells another story"
        self.touched.clear()

    def teardown(self):
        for case in Case.objects.all():
            assert replayed(case.pk) == standing_of(case)
            assert case.version == len(history(f"case:{case.pk}"))
        assert verify_heads() is None
        assert verify().broken is None
        keys = list(Notice.objects.values_list("dedupe_key", flat=True))
        assert len(keys) == len(set(keys))


@pytest.mark.slow
def test_replay(town):
    class InTurn(Lives):
        """Each run in a savepoint of its own, undone at its end."""

        def __init__(self):
            super().__init__()
            self.point = transaction.savepoint()

        def teardown(self):
            super().teardown()
            transaction.savepoint_rollback(self.point)

    run_state_machine_as_test(
        InTurn,
        settings=settings(
            max_examples=40,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
