"""Planned events: those of the pack, and those that somebody entered."""

from datetime import date, timedelta

from xianban.city.api import City
from xianban.prevention.models import PlannedEvent
from xianban.prevention.rules.explaining import Event

KEPT = timedelta(days=60)


def known_events(city: City, *, today: date | None = None) -> list[Event]:
    """All that may explain something; from `today` on, those that are over are left out."""
    packed = [
        Event(one.name, one.area, one.starts, one.ends, one.matters, one.note)
        for one in city.prevention.planned
    ]
    rows = PlannedEvent.objects.filter(dropped_at__isnull=True)
    if today is not None:
        rows = rows.filter(ends__gte=today)
        packed = [one for one in packed if one.ends >= today]
    entered = [
        Event(row.name, row.area, row.starts, row.ends, tuple(row.matters), row.note, row.pk)
        for row in rows.order_by("starts", "pk")
    ]
    return packed + entered
