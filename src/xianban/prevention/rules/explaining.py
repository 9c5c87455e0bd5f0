"""What is known beforehand explains what is said meanwhile."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

LINGERS = timedelta(days=2)  # people speak of works for a day or two longer


@dataclass(frozen=True)
class Event:
    """Works or a festival: where, about which matters (none: all), from when to when."""

    name: str
    area: str
    starts: date
    ends: date
    matters: tuple[str, ...] = ()
    note: str = ""
    id: int = 0


def explained_by(
    events: Iterable[Event],
    *,
    areas: tuple[str, ...],
    matter: str,
    since: date,
    today: date,
    within: Callable[[str, str], bool],
    line: Callable[[str], tuple[str, ...]],
) -> Event | None:
    """The event that a finding falls into: all its areas in that of the event, the matter one of its own.

    What began before the event is not explained by it.
    """
    for event in events:
        in_time = event.starts <= since and today <= event.ends + LINGERS
        about = not event.matters or any(code in line(matter) for code in event.matters)
        if in_time and about and all(within(area, event.area) for area in areas):
            return event
    return None
