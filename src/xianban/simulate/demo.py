"""Sets the sample city up: the pack, people to sign in as, and a year of requests, all or nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import numpy as np
from django.db import transaction

from xianban.accounts.api import MACHINE, list_users
from xianban.base.errors import NotFound, WrongState
from xianban.base.home import home, secret
from xianban.base.ids import short_code
from xianban.casework.api import Deed, live_through, perform, sweep
from xianban.city.api import City, current, forget, load
from xianban.dispatch.api import learn
from xianban.intake.api import Submission, receive_many
from xianban.ledger.api import checkpoint
from xianban.simulate.geography import Geography, make_geography
from xianban.simulate.geography.names import CITY
from xianban.simulate.lives import Case, Lives
from xianban.simulate.past import latent_year
from xianban.simulate.requests import Told, a_year
from xianban.simulate.sample_pack import write_sample_pack
from xianban.simulate.sheets import leaves
from xianban.simulate.sites import Sites
from xianban.simulate.staff import SEATS, Staff, hire
from xianban.simulate.telling import latent_fact, tells_of
from xianban.simulate.words import facts, say

REQUESTS = 3000
LATENT_SHARE, LATENT_SEED = 0.4, 7  # of requests, from what lasts in the city at most so many
AT_A_TIME = 400
LESSONS_EACH, HEARD_SHARE, MISLABELLED_SHARE = 12, 0.7, 0.02
JOIN_SHARE, LATELY_SHARE = 0.6, 0.3  # reports of an outbreak that the desk joins to the first
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Prepared:
    """The sample city as it now is, and how to get in."""

    created: bool
    requests: int
    refused: int
    password: str


def prepare(
    *,
    now: datetime,
    seed: int = 7,
    total: int = REQUESTS,
    progress: Progress = lambda share, words: None,
) -> Prepared:
    """Set the sample city up in this home, or find it set up. Interrupted, it starts over.

    Refuses a home that holds another city.
    """
    if _is_set_up():
        return Prepared(False, 0, 0, password())
    progress(0.0, "drawing the city")
    city = _drawn(now=now, seed=seed)
    rng = np.random.default_rng(seed)
    with transaction.atomic():
        progress(0.1, "teaching the machine")
        _teach(city, now=now, rng=rng)
        progress(0.22, "hiring people")
        staff = hire(current(), password=password(), now=now, rng=rng)
        year = _year(city, total, now=now, rng=rng)
        requests, refused = _live(year, staff, now=now, rng=rng, progress=progress)
    progress(0.95, "looking at the clocks")
    while sweep(now=now).more:
        pass
    checkpoint(now=now)
    return Prepared(True, requests, refused, password())


def found_city(*, now: datetime, seed: int = 7) -> tuple[Geography, Staff]:
    """The sample city with its people and a taught machine, and nothing reported yet."""
    if _is_set_up():
        raise WrongState("this home holds a city already; choose an empty folder with XIANBAN_HOME")
    city = _drawn(now=now, seed=seed)
    rng = np.random.default_rng(seed)
    with transaction.atomic():
        _teach(city, now=now, rng=rng)
        return city, hire(current(), password=password(), now=now, rng=rng)


def _drawn(*, now: datetime, seed: int) -> Geography:
    city = make_geography(seed)
    load(write_sample_pack(home() / "demo-pack", city=city), now=now, acting=MACHINE.key)
    forget()
    return city


def password() -> str:
    """The password of everybody in this home's sample city; another home has another."""
    return f"demo-{short_code(secret('demo'), 'password', length=8).lower()}"


def holds_city() -> bool:
    """Whether there is a city in this home, whichever."""
    try:
        current()
    except NotFound:
        return False
    return True


def _is_set_up() -> bool:
    """Whether it is there already; WrongState where this home is somebody else's."""
    try:
        city = current()
    except NotFound:
        return False
    if city.name != CITY:
        raise WrongState(
            f"this home holds {city.name}, not the sample city; choose an empty folder with XIANBAN_HOME"
        )
    return any(user.username == SEATS[0].username for user in list_users())


def _year(
    geography: Geography, total: int, *, now: datetime, rng: np.random.Generator
) -> list[Told]:
    """What people will say, in order, with the times of the city's zone."""
    city = current()
    until = now.astimezone(city.tz).replace(tzinfo=None)
    latent = latent_year(geography, until=until, seed=LATENT_SEED)[-round(total * LATENT_SHARE) :]
    told = a_year(
        geography, total=total, until=until, holidays=_holidays(city, now), rng=rng, latent=latent
    )
    return [_aware(one, city) for one in told]


def _live(
    year: Sequence[Told],
    staff: Staff,
    *,
    now: datetime,
    rng: np.random.Generator,
    progress: Progress,
) -> tuple[int, int]:
    """How many requests there were, and how many acts the rules refused."""
    city = current()
    cases = _take_down(year, progress=progress)
    lives = Lives(city, staff, now=now, rng=rng)
    alone, refused = _outbreaks(cases, lives)
    for start in range(0, len(alone), AT_A_TIME):
        progress(0.6 + 0.35 * start / len(alone), "working through them")
        part = alone[start : start + AT_A_TIME]
        deeds = [deed for case in part for deed in lives.plan(case)]
        ids = [case.receipt.case_id for case in part]
        refused += len(live_through(deeds, until=now, cases=ids).refused)
    return len(cases), refused


def _teach(city: Geography, *, now: datetime, rng: np.random.Generator) -> None:
    """Earlier orders, labelled by people with their usual slips, in words that are not all of them."""
    sites, texts, labels = Sites(city, rng), [], []
    for matter in leaves():
        heard = facts(matter)
        heard = [
            heard[at]
            for at in rng.permutation(len(heard))[: max(2, round(len(heard) * HEARD_SHARE))]
        ]
        told_often = [latent_fact(matter, rng) for _ in range(LESSONS_EACH * tells_of(matter))]
        heard += told_often
        for number in range(LESSONS_EACH + len(told_often)):
            how = ("phone", "web")[number % 2]
            fact = heard[number % len(heard)]
            said = say(matter, sites.spot(matter).site, rng, how=how, fact=fact)
            texts.append(said.title + said.text)
            labels.append(
                str(rng.choice(list(leaves()))) if rng.random() < MISLABELLED_SHARE else matter
            )
    learn(texts, labels, now=now)


def _holidays(city: City, now: datetime) -> frozenset[date]:
    """Weekdays of the last year on which nobody works."""
    days = (now.date() - timedelta(days=back) for back in range(370))
    return frozenset(
        day for day in days if day.weekday() < 5 and not city.calendar.is_working_day(day)
    )


def _aware(told: Told, city: City) -> Told:
    at, fixed = (
        moment and moment.replace(tzinfo=city.tz).astimezone(UTC)
        for moment in (told.at, told.fixed)
    )
    return replace(told, at=at or told.at, fixed=fixed)


def _take_down(year: Sequence[Told], *, progress: Progress) -> list[Case]:
    """Through the door that everybody uses: each at its time, by the duty list of its month."""
    cases: list[Case] = []
    for _, group in groupby(year, key=lambda told: (told.at.year, told.at.month)):
        part = list(group)
        progress(0.3 + 0.25 * len(cases) / len(year), "taking them down")
        said = [submission(told, len(cases) + place) for place, told in enumerate(part)]
        receipts = receive_many(said, acting=MACHINE, now=part[-1].at, tell=False, taken="then")
        cases += [Case(told, receipt) for told, receipt in zip(part, receipts, strict=True)]
    return cases


def submission(told: Told, number: int, *, key: str = "demo") -> Submission:
    """What comes in at the door."""
    return Submission(
        door=told.door,
        key=f"{key}-{number}",
        text=told.said.text,
        title=told.said.title,
        place=told.place,
        lat=told.spot.lat if told.pointed else None,
        lon=told.spot.lon if told.pointed else None,
        name=told.who.name if told.who else "",
        phone=told.who.phone if told.who else "",
        channel=told.channel,
        received_at=told.at,
    )


def _outbreaks(cases: Sequence[Case], lives: Lives) -> tuple[list[Case], int]:
    """Live those cases where the desk joins reports of one thing; the cases that are left."""
    groups: dict[int, list[Case]] = {}
    for case in cases:
        if case.told.outbreak is not None:
            groups.setdefault(case.told.outbreak, []).append(case)
    lived: set[int] = set()
    refused = 0
    for first, *others in groups.values():
        joined, faults = _join(first, others, lives)
        lived |= joined
        refused += faults
    return [case for case in cases if case.receipt.case_id not in lived], refused


def _join(first: Case, others: Sequence[Case], lives: Lives) -> tuple[set[int], int]:
    """The first report goes on; later ones are merged into it while it is open."""
    target = first.receipt.case_id
    deeds, lived, refused = lives.plan(first), {target}, 0
    moments = [
        (case.told.at + timedelta(hours=lives.hours(0.6)), case)
        for case in others
        if lives.chance(
            JOIN_SHARE if case.told.at < lives.now - timedelta(days=1) else LATELY_SHARE
        )
    ]
    for at, case in sorted(moments, key=lambda moment: moment[0]):
        if at >= lives.now:
            continue
        refused += _live_until(at, deeds, target)
        try:
            with transaction.atomic():
                perform(
                    case.receipt.case_id,
                    "merge",
                    acting=lives.pick(lives.staff.dispatchers),
                    now=at,
                    data={"into": first.receipt.number, "text": "同一处同一事项，合并办理。"},
                )
        except WrongState:
            continue  # the first is answered by now: this one goes its own way
        lived.add(case.receipt.case_id)
    return lived, refused + _live_until(lives.now, deeds, target)


def _live_until(at: datetime, deeds: list[Deed], case_id: int) -> int:
    """Do and take away the deeds before `at`, and move the clocks up to it; how many were refused."""
    before = [deed for deed in deeds if deed.at < at]
    deeds[:] = [deed for deed in deeds if deed.at >= at]
    return len(live_through(before, until=at, cases=[case_id]).refused)
