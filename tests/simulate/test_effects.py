"""Measured effects against the truth: the same city with and without an order, and how often it is covered."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from xianban.base.errors import BadInput
from xianban.simulate.effects import orders
from xianban.simulate.effects.covering import covering, row_of, rows_of
from xianban.simulate.effects.heard import LEVELS, Heard
from xianban.simulate.effects.lived import WARM_UP, City
from xianban.simulate.effects.orders import HALF, NOTHING, WORK, measured_orders

PEOPLE = 200_000


@pytest.fixture(scope="module")
def evening():
    """A city on an evening, with what was heard so far."""
    city = City(people=PEOPLE, seed=3, days=300)
    heard = Heard(city.world)
    orders._let_live(city, heard, WARM_UP + 120)
    return city, heard


def voices(city, heard, days=20):
    told = Heard(city.world, heard.terrain)
    first = city.day + 1
    orders._let_live(city, told, days)
    return told.voices(first, days)


def test_a_city_lived_on_from_an_evening_is_the_same_city(evening):
    city, heard = evening
    once, again = voices(city.copy(), heard), voices(city.copy(), heard)
    anew = voices(city.copy(chance=1), heard)
    assert (once == again).all()
    assert (anew != once).any()
    assert (city.copy(chance=1).world.born == city.world.born).all()
    assert city.day == 119


def test_where_all_causes_are_mended_fewer_speak_up(evening):
    city, heard = evening
    mended = city.copy()
    mended.mend(city.world.live())
    assert voices(mended, heard).sum() < 0.8 * voices(city.copy(), heard).sum()


def test_the_product_knows_what_was_said_and_where(evening):
    city, heard = evening
    past = heard.past(city.day)
    assert past.rows.height == heard.voices(0, 120).sum() > 1000
    assert past.today == city.world.date(city.day)
    assert past.rows["day"].max() == 119
    grid = past.rows["area"][0]
    assert [heard.terrain.area_at[level][grid] for level in reversed(LEVELS)] == list(heard.terrain.paths[grid])  # fmt: skip


@pytest.fixture(scope="module")
def few():
    """Orders of one evening in a small city with a short past."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("EVENINGS", 1), ("LIVES", 2), ("HISTORY", 300)):
            patch.setattr(orders, name, value)
        return measured_orders(seed=2, people=PEOPLE)


def test_what_was_done_is_what_changed(few):
    for one in few:
        if one.done == NOTHING or (one.done == WORK and not one.mended):
            assert one.truth == 0
        elif one.done == HALF:
            assert one.truth == -0.5
    assert any(one.done == WORK and one.mended and one.truth < 0 for one in few)
    assert {one.placed.why for one in few} >= {"lot", "highest"}


def test_the_table_counts_every_order_once(few):
    rows = {row.name: row for row in rows_of(few)}
    parts = ("nothing done", "half taken away", "work")
    assert rows["all"].orders == len(few) == sum(rows[name].orders for name in parts)
    assert rows["work"].orders == rows["work that found nothing"].orders + rows["work that found a cause"].orders  # fmt: skip
    for row in rows.values():
        if row.measured:
            assert row.low <= row.covered <= row.high
            assert row.covered + row.success + row.harm == pytest.approx(1)
    assert row_of("none", []).covered is None


@pytest.mark.parametrize("wrong", [{"seeds": 0}, {"people": 1000}])
def test_refusals_say_what_may_be_given(wrong):
    with pytest.raises(BadInput, match=next(iter(wrong))):
        covering(**wrong)


def test_the_command_prints_one_document(monkeypatch):
    from xianban.config.commands.simulate import simulate as command

    for name, value in (("EVENINGS", 1), ("LIVES", 2), ("HISTORY", 100), ("WEEKS", 4)):
        monkeypatch.setattr(orders, name, value)
    asked = ["effects", "--seeds", "1", "--people", str(PEOPLE)]
    told = json.loads(CliRunner().invoke(command, [*asked, "--json"]).stdout)
    assert told["seeds"] == 1
    assert told["rows"][0]["name"] == "all"
    shown = CliRunner().invoke(command, asked)
    assert shown.exit_code == 0, shown.output
    assert "half taken away, by lot" in shown.stdout


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    """At the nominal 90%: also where nothing was done, and where the place was chosen for its high count."""
    found = covering(seeds=2)
    everything = found.row("all")
    assert everything.measured >= 400
    assert 0.85 <= everything.covered <= 0.95
    for name in ("nothing done", "half taken away", "work"):
        row = found.row(name)
        assert row.high >= 0.85
        assert row.low <= 0.95
    for name in ("nothing done, where most was heard", "nothing done, by lot"):
        row = found.row(name)
        assert row.success <= 0.1  # a fall that nobody brought about is not sold as success
        assert np.abs(row.bias) < 0.2
