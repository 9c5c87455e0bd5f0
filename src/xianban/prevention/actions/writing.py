"""Every act on a warning or a detector is written here: lock, row, ledger."""

from datetime import datetime
from typing import Any

from django.db.models import F

from xianban.base.errors import NotFound
from xianban.ledger.api import Entry, append
from xianban.prevention.models import Warning

NO_WARNING = "there is no such warning, or none that you may see; check the address"


def subject_of(warning_id: int) -> str:
    return f"warning:{warning_id}"


def locked(warning_id: int) -> Warning:
    """The warning, held until the transaction ends."""
    row = Warning.objects.select_for_update().filter(pk=warning_id).first()
    if row is None:
        raise NotFound(NO_WARNING)
    return row


def entry(row: Warning, verb: str, said: dict[str, Any], *, actor: str, now: datetime) -> Entry:
    """An act on a warning, counted in its version."""
    row.version += 1
    return Entry(subject_of(row.pk), verb, actor, now, {"said": said})


def write(row: Warning, verb: str, said: dict[str, Any], *, actor: str, now: datetime) -> None:
    """One act on a warning; the row itself is the caller's to save."""
    append([entry(row, verb, said, actor=actor, now=now)])
    Warning.objects.filter(pk=row.pk).update(version=F("version") + 1)
