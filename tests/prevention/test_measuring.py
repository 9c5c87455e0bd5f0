"""Laws of measured effects: where nothing was done, where half was taken away, and after a high."""

import numpy as np
import pytest

from xianban.prevention.rules.measuring import result_of

PLAN = {"skip_weeks": 5, "coverage": 0.9}
BEFORE, AFTER, AREAS = 104, 8, 30


def bursts(rng, *, births=0.1, size=12.0, weeks=BEFORE + AFTER):
    """Weekly voices (areas, weeks) of problems that are born by chance, make people complain, and end."""
    level = rng.gamma(4.0, 0.25, (AREAS, 1))
    season = 1 + 0.4 * np.sin(2 * np.pi * (np.arange(weeks) / 52 + rng.random()))
    born = rng.poisson(level * births * season)
    mean = 0.5 * level * np.ones(weeks)
    fade = np.exp(-np.arange(weeks) / 2.0)
    for area, week in zip(*np.nonzero(born), strict=True):
        told = rng.gamma(2.0, size / 2, born[area, week]).sum()
        mean[area, week:] += told * fade[: weeks - week] * (1 - np.exp(-1 / 2.0))
    return rng.poisson(mean)


def judged(counts, *, first=0):
    counts = np.vstack([counts[first], np.delete(counts, first, axis=0)])
    return result_of(counts[:1], counts[1:], start=BEFORE, plan=PLAN)


def shares(found, truth):
    """How often the interval holds the truth, and how often it claims more success than there was."""
    sure = [one for one in found if one["enough"]]
    held = [one["low"] <= truth <= one["high"] for one in sure]
    return np.mean(held), np.mean([one["high"] < truth for one in sure]), len(sure)


def test_where_nothing_was_done_the_interval_holds_none_and_the_mean_is_none():
    """Also seen from the one of thirty areas with the most in the weeks before."""
    rng = np.random.default_rng(1)
    counts = [bursts(rng, births=0.4, size=8.0) for _ in range(150)]
    highest = [int(one[:, BEFORE - 4 : BEFORE].sum(axis=1).argmax()) for one in counts]
    for found in (
        [judged(one) for one in counts],
        [judged(one, first=area) for one, area in zip(counts, highest, strict=True)],
    ):
        held, flattered, measured = shares(found, 0.0)
        assert measured >= 80
        assert 0.83 <= held <= 0.97  # of .90 in 80 to 150 draws
        assert flattered <= 0.07
        assert abs(np.mean([one["relative"] for one in found if one["enough"]])) < 0.12


def test_the_half_that_was_taken_away_is_held_and_mostly_found():
    rng = np.random.default_rng(2)
    found = []
    for _ in range(150):
        counts = rng.poisson(rng.gamma(4.0, 1.0, (AREAS, 1)) * np.ones(BEFORE + AFTER))
        counts[0, BEFORE:] = rng.binomial(counts[0, BEFORE:], 0.5)
        found.append(judged(counts))
    held, _, measured = shares(found, -0.5)
    assert measured >= 140
    assert 0.84 <= held <= 0.96
    sure = [one for one in found if one["enough"]]
    assert np.mean([one["relative"] for one in sure]) == pytest.approx(-0.5, abs=0.05)
    assert np.mean([one["high"] < 0 for one in sure]) > 0.6
