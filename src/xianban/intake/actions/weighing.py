"""What taking something down costs those who do it: measured for all together, never for one."""

from datetime import date

from xianban.intake.models import Burden
from xianban.intake.rules.burden import KINDS, LONGEST_S, MOST_FIELDS, MOST_KEYS


def note_burden(day: date, *, kind: str, seconds: int, keys: int, fields: int) -> None:
    """Keep what one call cost; what no call can cost is not believed, and left out."""
    sound = 0 < seconds <= LONGEST_S and 0 <= keys <= MOST_KEYS and 0 <= fields <= MOST_FIELDS
    if sound and kind in KINDS:
        Burden.objects.create(day=day, kind=kind, seconds=seconds, keys=keys, fields=fields)
