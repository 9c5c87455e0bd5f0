"""Who works in the sample city: somebody in every unit, and a few to sign in as."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from xianban.accounts.api import MACHINE, Actor, Granted, NewUser, Role, add_users, list_users
from xianban.city.api import City
from xianban.simulate.words import somebody


@dataclass(frozen=True)
class Seat:
    """Somebody to sign in as, and what to try."""

    username: str
    grant: Granted
    says: str


STREET = "990103003"
SEATS = (
    Seat("agent", Granted(Role.AGENT), "takes calls, follows up after answers"),
    Seat(
        "dispatcher",
        Granted(Role.DISPATCHER),
        "decides where the machine is unsure, rules on returns",
    ),
    Seat(
        "handler",
        Granted(Role.HANDLER, "", "990103-market_reg"),
        "the market regulator of 望潮区, lifts and food",
    ),
    Seat(
        "street",
        Granted(Role.HANDLER, "", f"{STREET}-street_office"),
        "the street office of 东埠街道",
    ),
    Seat("water", Granted(Role.HANDLER, "", "990102-utility_water"), "the waterworks of 江北区"),
    Seat("gridworker", Granted(Role.GRID_WORKER, STREET), "walks the grids of 东埠街道"),
    Seat(
        "supervisor", Granted(Role.SUPERVISOR), "sees what is late, presses, decides on suspensions"
    ),
    Seat("analyst", Granted(Role.ANALYST), "studies warnings, tunes the detectors"),
    Seat("leader", Granted(Role.LEADER), "sees the whole city"),
    Seat("auditor", Granted(Role.AUDITOR), "sees who did and who looked at what"),
    Seat("admin", Granted(Role.ADMINISTRATOR), "adds people, loads city packs"),
)


@dataclass(frozen=True)
class Staff:
    """Everybody who acts in the history, by what they do."""

    handlers: Mapping[str, Actor]
    agents: tuple[Actor, ...]
    dispatchers: tuple[Actor, ...]
    supervisors: tuple[Actor, ...]
    grid_workers: Mapping[str, Actor]  # by street
    analysts: tuple[Actor, ...] = ()


def hire(city: City, *, password: str, now: datetime, rng: np.random.Generator) -> Staff:
    """Add everybody: with the password those who can be signed in as, without one all others."""
    new = [
        NewUser(seat.username, name=somebody(rng).name, password=password, grants=(seat.grant,))
        for seat in SEATS
    ]
    taken = {seat.grant.unit for seat in SEATS if seat.grant.unit}
    for code, unit in city.units.items():
        if code not in taken and unit.kind != "hotline_center":
            new.append(_colleague(f"h-{code}", Granted(Role.HANDLER, "", code), rng))
    for code, area in city.areas.items():
        if area.level == "street" and code != STREET:
            new.append(_colleague(f"g-{code}", Granted(Role.GRID_WORKER, code), rng))
        if area.level == "district":
            new.append(_colleague(f"s-{code}", Granted(Role.SUPERVISOR, code), rng))
    new += [_colleague(f"agent-{number}", Granted(Role.AGENT), rng) for number in range(1, 6)]
    new += [
        _colleague(f"dispatcher-{number}", Granted(Role.DISPATCHER), rng) for number in range(1, 3)
    ]
    ids = add_users(new, acting=MACHINE, now=now)
    everybody = [Actor("user", pk, one.name, one.grants) for pk, one in zip(ids, new, strict=True)]
    return _sorted(everybody)


def known_staff() -> Staff:
    """Everybody who works in this home already."""
    return _sorted(
        [Actor("user", one.id, one.name, one.grants) for one in list_users() if one.grants]
    )


def _colleague(username: str, grant: Granted, rng: np.random.Generator) -> NewUser:
    return NewUser(username.replace("_", "-"), name=somebody(rng).name, grants=(grant,))


def _sorted(everybody: list[Actor]) -> Staff:
    by_role: dict[Role, list[Actor]] = {}
    for actor in everybody:
        by_role.setdefault(actor.grants[0].role, []).append(actor)
    return Staff(
        handlers={actor.grants[0].unit: actor for actor in by_role[Role.HANDLER]},
        agents=tuple(by_role[Role.AGENT]),
        dispatchers=tuple(by_role[Role.DISPATCHER]),
        supervisors=tuple(actor for actor in by_role[Role.SUPERVISOR] if not actor.grants[0].area),
        grid_workers={actor.grants[0].area: actor for actor in by_role[Role.GRID_WORKER]},
        analysts=tuple(by_role.get(Role.ANALYST, ())),
    )
