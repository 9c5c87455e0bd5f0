"""A year in the sample city, small."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from builders import load_town
from xianban.accounts.api import list_users
from xianban.base.errors import WrongState
from xianban.casework.api import verify_heads
from xianban.casework.models import Case, Clock, FollowUp
from xianban.casework.queries.standings import replayed, standing_of
from xianban.city.api import forget
from xianban.intake.models import Request
from xianban.ledger.api import history, verify
from xianban.simulate.api import SEATS, password, prepare

NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)  # a Sunday afternoon
ENDED = ("closed", "declined", "merged")
TOTAL, SMALL = 420, 200

pytestmark = pytest.mark.slow


@pytest.fixture
def lived(db):
    forget()
    prepared = prepare(now=NOW, total=TOTAL)
    yield prepared
    forget()


def test_a_year_is_lived_by_the_rules(lived):
    cases = list(Case.objects.all())
    assert lived.created
    assert lived.requests == len(cases) == Request.objects.count() == TOTAL
    assert lived.refused <= 0.02 * TOTAL

    states = Counter(case.state for case in cases)
    assert sum(states[state] for state in ENDED) > 0.6 * TOTAL
    assert min(states[state] for state in ("received", "handling", "merged")) > 0
    assert all(case.received_at <= case.opened_at <= NOW for case in cases)

    answered = Clock.objects.filter(kind="handle", state__in=("met", "missed"))
    assert 0.85 < answered.filter(state="met").count() / answered.count() < 0.99
    said = Counter(FollowUp.objects.filter(contacted=True).values_list("satisfaction", flat=True))
    assert 0.02 < said["dissatisfied"] / said.total() < 0.15

    assert verify().broken is None
    assert verify_heads() is None
    for case in cases:
        assert replayed(case.pk) == standing_of(case)
        times = [act.at for act in history(f"case:{case.pk}")]
        assert times == sorted(times)

    names = {user.username for user in list_users()}
    assert {seat.username for seat in SEATS} <= names

    again = prepare(now=NOW + timedelta(days=3))
    assert not again.created
    assert again.password == lived.password == password()
    assert Case.objects.count() == TOTAL


def test_interrupted_it_starts_over(db):
    def stop(share, words):
        if share > 0.55:
            raise KeyboardInterrupt

    forget()
    with pytest.raises(KeyboardInterrupt):
        prepare(now=NOW, total=SMALL, progress=stop)
    assert Case.objects.count() == 0
    assert prepare(now=NOW, total=SMALL).requests == Case.objects.count()
    assert (
        SMALL <= Case.objects.count() < 1.5 * SMALL
    )  # what lasts is told of however few are wanted
    forget()


def test_a_home_with_another_city_is_left_alone(db, tmp_path):
    load_town(tmp_path)
    with pytest.raises(WrongState, match="Testburg"):
        prepare(now=NOW)
    forget()
