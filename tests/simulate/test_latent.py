"""What lasts in the sample city: told in many words, lived through the product, and going on while it is served."""

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest

from xianban.simulate.bulk.kinds import kinds
from xianban.simulate.geography import make_geography
from xianban.simulate.past import latent_year
from xianban.simulate.telling import latent_fact, variants

NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)


def test_each_lasting_problem_can_be_told_in_hundreds_of_ways():
    for kind in kinds():
        assert variants(kind.matter) >= 300
        rng = np.random.default_rng(1)
        said = [latent_fact(kind.matter, rng) for _ in range(200)]
        assert len(set(said)) > 110
        assert not any("{k}" in one or one.endswith("，") for one in said)


def test_who_calls_again_says_so():
    rng = np.random.default_rng(1)
    said = {latent_fact("030201", rng, again=True) for _ in range(60)}
    assert all("，" in one for one in said)
    assert any("次反映" in one for one in said)


@pytest.mark.slow
def test_a_year_holds_problems_that_several_tell_of_at_one_place():
    city = make_geography(7)
    until = NOW.replace(tzinfo=None)
    told = latent_year(city, until=until, seed=7)
    assert told == latent_year(city, until=until, seed=7)
    assert 400 < len(told) < 1500
    assert all(one.at < until for one in told)
    behind = Counter(one.problem for one in told if one.problem >= 0)
    assert sum(count >= 5 for count in behind.values()) >= 15
    places: dict[int, set[str]] = {}
    for one in told:
        if one.problem >= 0:
            places.setdefault(one.problem, set()).add(one.spot.site.name)
    assert all(len(names) == 1 for names in places.values())
