"""Reading the city back: the rows in effect on a day, and the `City` made of them."""

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from xianban.base.clock import utc_now
from xianban.base.errors import NotFound
from xianban.city.models import MODELS, PackLoad, Setting, Versioned
from xianban.city.rules.build import build_city
from xianban.city.rules.city import City, Row
from xianban.city.rules.settings import KEYS
from xianban.city.rules.tables import FIELDS

STALE_AFTER_S = 2.0
KEPT = 4  # cities of other days, for reports
RETIRING = ("areas", "units", "matters")
NO_CITY = (
    "no city is loaded yet; run `xianban city load PACK` with your pack, "
    "or `xianban demo` for the sample city"
)


@dataclass
class _Cache:
    """What this process knows: cities by stamp, and which of them is today's."""

    cities: OrderedDict[str, City]
    today: City | None = None
    checked: float = 0.0


_cache = _Cache(OrderedDict())
_lock = threading.RLock()


def current(*, at: date | datetime | None = None) -> City:
    """The city in effect today, or on the day `at`; kept in memory, read again after a newer load."""
    if at is not None:
        return _city_on(_day_of(at))
    city = _cache.today
    if city is not None and time.monotonic() - _cache.checked < STALE_AFTER_S:
        return city
    with _lock:
        city = _city_on(utc_now().astimezone(_zone()).date())
        _cache.today, _cache.checked = city, time.monotonic()
    return city


def forget() -> None:
    """Read the city anew next time; loading does this by itself."""
    with _lock:
        _cache.cities.clear()
        _cache.today, _cache.checked = None, 0.0


def _day_of(at: date | datetime) -> date:
    return at.astimezone(_zone()).date() if isinstance(at, datetime) else at


def _zone() -> ZoneInfo:
    if _cache.today is not None:
        return _cache.today.tz
    stated = Setting.objects.filter(key="timezone", valid_to__isnull=True).values_list(
        "value", flat=True
    )
    return ZoneInfo(stated.first() or KEYS["timezone"].default)


def _city_on(day: date) -> City:
    stamp = _stamp_on(day)
    with _lock:
        city = _cache.cities.get(stamp)
        if city is None:
            city = build_city(rows_on(day), stamp=stamp, retired=_retired(day))
            _cache.cities[stamp] = city
            while len(_cache.cities) > KEPT:
                _cache.cities.popitem(last=False)
        _cache.cities.move_to_end(stamp)
    return city


def _stamp_on(day: date) -> str:
    loads = PackLoad.objects.order_by("-number")
    stamp = loads.filter(effective__lte=day).values_list("stamp", flat=True).first()
    if stamp is not None:
        return stamp
    first = loads.last()
    if first is None:
        raise NotFound(NO_CITY)
    raise NotFound(
        f"no city is in effect on {day}; the first pack takes effect on {first.effective}, "
        "load one with an earlier --effective into a new home to look further back"
    )


def rows_on(day: date) -> dict[str, list[Row]]:
    """The rows of every table in effect on a day, in the order of their files."""
    effective = Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gt=day))
    return {name: _rows(name, MODELS[name]._default_manager.filter(effective)) for name in MODELS}


def rows_after(number: int) -> dict[str, list[Row]]:
    """The rows of every table as the load of this number left them, whichever day they hold from."""
    then = Q(load__number__lte=number) & (
        Q(closed_by__isnull=True) | Q(closed_by__number__gt=number)
    )
    return {name: _rows(name, MODELS[name]._default_manager.filter(then)) for name in MODELS}


def open_rows(name: str) -> list[Row]:
    """The rows of one table that no load has closed."""
    return _rows(name, MODELS[name]._default_manager.filter(valid_to__isnull=True))


def _rows(name: str, rows: Any) -> list[Row]:
    identity, fields = FIELDS[name]
    return list(rows.order_by("row", *identity, "pk").values("id", "row", *fields))


def _retired(day: date) -> dict[str, list[Row]]:
    """The last version of every code that was closed by that day and is not in effect any more."""
    return {name: _last_versions(name, MODELS[name], day) for name in RETIRING}


def _last_versions(name: str, model: type[Versioned], day: date) -> list[Row]:
    closed = model._default_manager.filter(valid_to__lte=day).order_by("valid_to", "pk")
    found = {row["code"]: row for row in closed.values("id", "row", *FIELDS[name][1])}
    return list(found.values())


def newest_load() -> PackLoad | None:
    return PackLoad.objects.order_by("-number").first()


@dataclass(frozen=True)
class LoadSeen:
    """One load of a pack, for lists."""

    number: int
    loaded_at: datetime
    actor: str
    effective: date
    digest: str
    pack: str
    counts: dict[str, dict[str, int]]


def loads() -> Sequence[LoadSeen]:
    """Every load that changed something, the newest first."""
    return [
        LoadSeen(
            number=load.number,
            loaded_at=load.loaded_at,
            actor=load.actor,
            effective=load.effective,
            digest=load.digest,
            pack=load.pack,
            counts=load.counts,
        )
        for load in PackLoad.objects.order_by("-number")
    ]
