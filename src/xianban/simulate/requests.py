"""A year of requests, told: who says what about which place, by which way. Plain values only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from xianban.simulate.geography import Geography
from xianban.simulate.sheets import leaves, sheet
from xianban.simulate.sites import Sites, Spot
from xianban.simulate.words import Said, Somebody, fact_of, say, say_vaguely, somebody
from xianban.simulate.year import OUTBREAKS, Outbreak, outbreak_times, wishes

CHANNELS = (("phone", 0.60), ("web", 0.31), ("grid", 0.06), ("visit", 0.015), ("mail", 0.015))
DOORS = {"phone": "desk", "visit": "desk", "mail": "desk", "grid": "grid", "web": "web"}
# what grid workers see on their rounds
SEEN_ON_ROUNDS = ("0201", "0202", "0203", "0301", "0302", "0303", "0401", "0902", "0601")
VAGUE_SHARE = 0.012
NAMELESS_SHARE = 0.03
FRESH, FRESH_HOURS = 12, 5.0  # so that whoever looks first finds something to do
FRESH_VAGUE = 4
REPEATERS_SHARE = 0.06  # of requests that come from somebody who has called before
WITH_POINT_SHARE, ASKED_SHARE = 0.8, 0.85


@dataclass(frozen=True)
class Told:
    """One request as it will be submitted, and what it is truly about."""

    at: datetime
    matter: str
    spot: Spot
    said: Said
    channel: str
    who: Somebody | None
    pointed: bool
    placed: bool = True  # whether somebody with a question was asked where they live
    vague: bool = False
    outbreak: int | None = None
    problem: int = -1  # what lasting cause is behind it, if any
    fixed: datetime | None = None  # when its unit was done with it, where that is known

    @property
    def door(self) -> str:
        """The door that it comes through."""
        return DOORS[self.channel]

    @property
    def place(self) -> str:
        """The place as it is written down."""
        site = self.spot.site
        if leaves()[self.matter]["urgency"] == "consult":
            return site.community if self.placed else ""
        return (
            site.name
            if site.kind == "road" or self.channel == "web"
            else f"{site.street}{site.name}"
        )


def a_year(
    city: Geography,
    *,
    total: int,
    until: datetime,
    holidays: frozenset[date],
    rng: np.random.Generator,
    days: int = 365,
    latent: Sequence[Told] = (),
) -> list[Told]:
    """About `total` requests of the `days` before `until` (in the city's time), in order.

    `latent` are those among them that have a lasting cause; they come in as they are.
    """
    sites = Sites(city, rng)
    ongoing = [
        told
        for number, one in enumerate(OUTBREAKS)
        if one.days_ago < days
        for told in _outbreak(number, one, sites, until, rng)
    ]
    single = _just_now(sites, until, rng)
    share = max(total - len(ongoing) - len(single) - len(latent), 0)
    for wish in wishes(share, until=until, days=days, holidays=holidays, rng=rng):
        who = _who(single, rng)
        single.append(_told(wish.at, wish.matter, sites.spot(wish.matter), who, rng))
    return sorted([*single, *ongoing, *latent], key=lambda told: told.at)


def _outbreak(
    number: int, outbreak: Outbreak, sites: Sites, until: datetime, rng: np.random.Generator
) -> list[Told]:
    """Neighbours report one thing, each in their own words."""
    spot = sites.spot(outbreak.matter, kind=outbreak.kind)
    facts = [fact_of(outbreak.matter, rng) for _ in range(3)]
    return [
        _told(
            at,
            outbreak.matter,
            sites.near(spot),
            somebody(rng),
            rng,
            fact=facts[int(rng.integers(len(facts)))],
            outbreak=number,
        )
        for at in outbreak_times(outbreak, until=until, rng=rng)
    ]


def _just_now(sites: Sites, until: datetime, rng: np.random.Generator) -> list[Told]:
    """What came in during the last hours, some of it hard to make sense of."""
    matters = [row["matter"] for row in sheet("demand")]
    weight = np.array([float(row["weight"]) for row in sheet("demand")])
    found = []
    for number, matter in enumerate(rng.choice(matters, size=FRESH, p=weight / weight.sum())):
        at = until - timedelta(hours=FRESH_HOURS * (number + 0.3) / FRESH)
        told = _told(at, str(matter), sites.spot(str(matter)), somebody(rng), rng)
        if number % (FRESH // FRESH_VAGUE) == 0:
            told = replace(
                told,
                said=say_vaguely(told.spot.site, rng),
                vague=True,
                pointed=False,
                channel="phone",
            )
        found.append(told)
    return found


def told_now(sites: Sites, at: datetime, rng: np.random.Generator) -> Told:
    """Somebody speaks up about whatever people mostly speak up about."""
    rows = sheet("demand")
    weight = np.array([float(row["weight"]) for row in rows])
    matter = rows[int(rng.choice(len(rows), p=weight / weight.sum()))]["matter"]
    return _told(at, matter, sites.spot(matter), somebody(rng), rng)


def _told(
    at: datetime,
    matter: str,
    spot: Spot,
    who: Somebody,
    rng: np.random.Generator,
    *,
    fact: str = "",
    outbreak: int | None = None,
) -> Told:
    channel = channel_for(matter, rng)
    vague = outbreak is None and channel != "grid" and rng.random() < VAGUE_SHARE
    how = channel if channel in ("web", "grid") else "phone"
    said = (
        say_vaguely(spot.site, rng)
        if vague
        else say(matter, spot.site, rng, how=how, fact=fact, fresh=outbreak is not None)
    )
    consult = leaves()[matter]["urgency"] == "consult"
    return Told(
        at=at,
        matter=matter,
        spot=spot,
        said=said,
        channel=channel,
        who=None if channel == "grid" or rng.random() < NAMELESS_SHARE else who,
        pointed=not vague and not consult and bool(rng.random() < WITH_POINT_SHARE),
        placed=bool(rng.random() < ASKED_SHARE),
        vague=vague,
        outbreak=outbreak,
    )


def channel_for(matter: str, rng: np.random.Generator) -> str:
    """By which way somebody speaks up."""
    names = [name for name, _ in CHANNELS]
    channel = str(rng.choice(names, p=[share for _, share in CHANNELS]))
    return "phone" if channel == "grid" and matter[:4] not in SEEN_ON_ROUNDS else channel


def _who(told: Sequence[Told], rng: np.random.Generator) -> Somebody:
    """Somebody new, or now and then somebody who has called before."""
    if told and rng.random() < REPEATERS_SHARE:
        before = told[int(rng.integers(len(told)))].who
        if before is not None:
            return before
    return somebody(rng)
