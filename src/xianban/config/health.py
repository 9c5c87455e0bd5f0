"""Whether database, worker and disk are well, for whoever watches over the machine."""

import shutil
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from xianban.base.clock import utc_now
from xianban.base.home import home
from xianban.config.alarms import alarms
from xianban.ledger.api import RoundSeen, rounds

SILENCE = timedelta(minutes=2)  # the worker shows itself every few seconds
DISK_FLOOR_MB = 500
BACKUP = "backup"  # done by hand or by a timer: says nothing of the worker


@dataclass(frozen=True)
class Finding:
    name: str
    well: bool
    detail: str


def look(*, now: datetime) -> list[Finding]:
    """Examine database, worker and disk."""
    started = time.perf_counter()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        seen = rounds()
    except DatabaseError as reason:
        return [Finding("database", False, str(reason).strip()[:200]), _disk()]
    spent_ms = (time.perf_counter() - started) * 1000
    return [
        Finding("database", True, f"answers in {spent_ms:.1f} ms"),
        _worker([one for name, one in seen.items() if name != BACKUP], now),
        _disk(),
    ]


def _worker(seen: Iterable[RoundSeen], now: datetime) -> Finding:
    last = max((one.ended_at for one in seen if one.ended_at), default=None)
    if last is None:
        return Finding("worker", False, "has not run yet; start it with `xianban worker`")
    failing = [one.name for one in seen if one.note]
    if failing:
        return Finding("worker", False, f"fails at {', '.join(failing)}; its log says why")
    silent = now - last
    return Finding("worker", silent < SILENCE, f"last seen {silent.total_seconds():.0f} s ago")


def _disk() -> Finding:
    free_mb = shutil.disk_usage(home()).free // 2**20
    return Finding("disk", free_mb > DISK_FLOOR_MB, f"{free_mb:,} MB free")


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all is well, 503 when something is not; the body names it, and what else to mend."""
    findings = look(now=utc_now())
    well = all(one.well for one in findings)
    body = {
        "well": well,
        "findings": [asdict(one) for one in findings],
        "warnings": alarms(now=utc_now()) if findings[0].well else [],
    }
    return JsonResponse(body, status=200 if well else 503)
