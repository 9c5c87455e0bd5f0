"""Thousands of lives of cases on plain values: quick, so it goes deeper than the one with a database."""

from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import GRID, UNITS, monday, write_town
from xianban.base.errors import Refused
from xianban.casework.rules import deciding
from xianban.casework.rules.acts.doing import Doing
from xianban.casework.rules.standing import (
    beginning,
    change_between,
    replay,
    restored,
    snapshot,
)
from xianban.casework.rules.table import CLOCKS, moves_from
from xianban.casework.rules.values import NewCase
from xianban.casework.rules.words import ACTIVE, ENDED, LEVELS, STATES

CITY = []
VALUES = {
    "text": ["so it is"],
    "unit": [unit[0] for unit in UNITS[:-1]],
    "yes_no": [True, False, None],
    "limit": ["2h", "4wh", "1d"],
    "matter": ["0101", "0201"],
    "area": [GRID],
    "urgency": ["critical", "normal"],
    "level": LEVELS,
    "task": [1, 2],
    "opinion": [1, 2],
    "units": [["transport", "water"], ["landscaping"]],
    "person": [1, 2],
    "checks": [[]],
    "files": [None],
    "case": [99],
}
STEPS = (0, 60, 600, 7200, 43_200, 90_000, 3_000_000)
NEEDED = {
    "received": {"dispatch", "handle"},
    "dispatched": {"sign", "handle"},
    "signed": {"handle"},
    "handling": {"handle"},
    "rectifying": {"handle"},
    "contested": {"ruling", "handle"},
    "suspended": {"review", "handle"},
    "reported": {"reply", "follow_up"},
}


def city(folder):
    if not CITY:
        from xianban.city.pack.reading import read_pack
        from xianban.city.rules.build import build_city

        pack = read_pack(write_town(folder))
        tables = {
            name: [{**row, "id": n, "row": n} for n, row in enumerate(rows)]
            for name, rows in pack.tables.items()
        }
        CITY.append(build_city(tables, stamp="test"))
    return CITY[0]


def begun(town, chance, now):
    urgency = chance.choice(["critical", "urgent", "normal"])
    limits = {
        k: getattr(town.limits(urgency), k) for k in ("sign", "contact", "handle", "follow_up")
    }
    new = NewCase(origin="web", text="x", received_at=now, urgency=urgency, area=GRID)
    unit = chance.choice(["", "street-east"])
    return deciding.begin(new, unit=unit, now=now, city=town, limits=limits, level="grid")


def one_act(town, standing, chance, now):
    """A row of the table that starts here, by somebody, with something said."""
    move = chance.choice(moves_from(standing.state))
    said = {field.name: chance.choice(field.choices or VALUES[field.kind]) for field in move.fields}
    who = chance.choice(["user:1", "user:2", "user:3", "person:501"])
    kind = "resident" if who.startswith("person") else "user"
    doing = Doing(
        standing, now, town, who, kind=kind, said={k: v for k, v in said.items() if v is not None}
    )
    deciding.carry_out(doing, move.verb)
    return move.verb


def due_steps(town, standing, now):
    """What the worker would do by now."""
    for clock in list(standing.clocks.values()):
        step = deciding.step_for(standing, clock, now)
        doing = Doing(standing, now, town, "machine", kind="machine", said={"text": "x"})
        if step in ("close", "resume"):
            deciding.carry_out(doing, step)
        elif step:
            getattr(deciding, step)(doing, clock)


def check(standing):
    assert standing.state in STATES
    active = [
        (clock.kind, clock.task) for clock in standing.clocks.values() if clock.state in ACTIVE
    ]
    assert len(active) == len(set(active)), "two clocks of a kind at once"
    kinds = {kind for kind, _ in active}
    if standing.state in ENDED:
        assert not kinds
        assert standing.ended_at
        assert standing.next_due_at is None
        assert not standing.open_tasks()
    else:
        assert NEEDED[standing.state] <= kinds <= set(CLOCKS)
        assert standing.ended_at is None
        assert standing.next_due_at is not None
        assert standing.unit or standing.state == "received"
    assert (standing.suspension("active") is not None) == (standing.state == "suspended")
    assert any(not d.ruling for d in standing.disputes.values()) == (standing.state == "contested")
    units = [dispute.unit for dispute in standing.disputes.values()]
    assert len(units) == len(set(units)), "a unit returned it twice"
    for clock in standing.clocks.values():
        assert (clock.wake_at is None) or clock.state == "running"
        assert (clock.ended_at is None) == (clock.state in ACTIVE)
    for row in standing.follow_ups.values():
        assert row.contacted or (row.solved is None and row.satisfaction == "unstated")


@settings(max_examples=250, deadline=None, derandomize=True)
@given(luck=st.integers(0, 2**40))
def test_any_life_is_lawful_and_can_be_told_again(tmp_path_factory, luck):
    town, chance, now = city(tmp_path_factory.mktemp("town")), Random(luck), monday()
    standing = begun(town, chance, now)
    changes = [beginning(standing)]
    for _ in range(60):
        now += timedelta(seconds=chance.choice(STEPS[: chance.randint(1, len(STEPS))]))
        before = snapshot(standing)
        due = [c.due_at for c in standing.clocks.values() if c.kind == "dispatch"]
        try:
            verb = one_act(town, standing, chance, now)
            if verb == "recall" and due:
                assert standing.clock("dispatch").due_at == due[-1], "a recall gained time"
        except Refused:
            standing = restored(before)
        if chance.random() < 0.3:
            due_steps(town, standing, now)
        check(standing)
        changes.append(change_between(before, standing))
    assert replay(changes) == standing
