"""Which order treats the cause behind a case that came later: the same matter, and its place."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, hypot, radians

RELATED = "related"  # the kind of link from a case to the one that treats its cause
METRES_PER_DEGREE = 111_320.0
# what the calendar or a ranking proposed was found in no request: no cause has shown itself there
NO_CAUSE_SEEN = ("season", "risk")
# the order's case, or one that might attach to it, is with a unit and not answered: what is answered
# is treated no longer, and what still waits for a unit may turn out to be about something else
AT_WORK = ("dispatched", "signed", "handling", "rectifying", "contested", "suspended")


@dataclass(frozen=True, slots=True)
class Treated:
    """What an order treats: matter, areas, and points behind its warning as (lat, lon).

    What was received before `since` had been looked at when it was ordered.
    """

    case: int
    matter: str
    areas: tuple[str, ...]
    points: tuple[tuple[float, float], ...]
    method: str
    since: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A case as it is matched: the lines upwards of its matter and of its area, and its point."""

    matters: Collection[str]
    areas: Sequence[str]  # from the city down
    received_at: datetime
    lat: float | None = None
    lon: float | None = None


def treated_by(place: Place, orders: Iterable[Treated], *, reach_m: float) -> Treated | None:
    """The order that treats what this case is about: the narrowest area first, then the newest."""
    found = [(depth, one.at, one.case, one) for one in orders if (depth := _depth(place, one, reach_m)) is not None]  # fmt: skip
    return max(found, key=lambda row: row[:3])[3] if found else None


def _depth(place: Place, one: Treated, reach_m: float) -> int | None:
    """How narrow the area is that both share, 0 where only the point is near; None: not its matter or place."""
    if one.method in NO_CAUSE_SEEN or one.matter not in place.matters or place.received_at < one.since:  # fmt: skip
        return None
    shared = [n for n, area in enumerate(place.areas, 1) if area in one.areas]
    if shared:
        return max(shared)
    return 0 if _near(place, one.points, reach_m) else None


def _near(place: Place, points: Iterable[tuple[float, float]], reach_m: float) -> bool:
    if place.lat is None or place.lon is None or reach_m <= 0:
        return False
    wide = METRES_PER_DEGREE * cos(radians(place.lat))
    return any(
        hypot((lat - place.lat) * METRES_PER_DEGREE, (lon - place.lon) * wide) <= reach_m
        for lat, lon in points
    )
