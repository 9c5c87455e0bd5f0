"""Case numbers: derived from key and day, kept nowhere."""

from xianban.base.errors import NotFound
from xianban.base.ids import case_number, parse_case_number
from xianban.casework.models import Case
from xianban.casework.queries.access import NO_CASE
from xianban.city.api import current

UNREADABLE = "“{}” is not the number of a case; write it like 20261122-123"


def number_of(case_id: int) -> str:
    """The number of a case, such as 20261122-123."""
    received_at = Case.objects.filter(pk=case_id).values_list("received_at", flat=True).first()
    if received_at is None:
        raise NotFound(UNREADABLE.format(case_id))
    return case_number(case_id, received_at, tz=current().tz)


def key_of(text: str) -> int:
    """The key of the case with this number (or key); NotFound where the number fits no case."""
    text = text.strip()
    if text.isdigit() and len(text) < 8:
        return int(text)
    key = parse_case_number(text)
    if key is None:
        raise NotFound(UNREADABLE.format(text[:40]))
    received_at = Case.objects.filter(pk=key).values_list("received_at", flat=True).first()
    asked = text.replace("-", "")
    if (
        received_at is None
        or case_number(key, received_at, tz=current().tz).replace("-", "") != asked
    ):
        raise NotFound(NO_CASE)
    return key
