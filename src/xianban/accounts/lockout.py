"""Locking out whoever guesses, with a growing delay, without locking out the person whose name it is."""

from datetime import datetime, timedelta
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt, AccessLog
from django.db.models import Max, Sum

from xianban.accounts.rules import locked_until, strangers_locked_until


class GrowingDelay(AxesDatabaseHandler):
    """From the fifth wrong password on, a name is locked for the address that tries, longer each time.

    Many addresses that try one name together lock it for addresses from which its owner never
    signed in; from the owner's own it stays open.
    """

    def is_locked(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        return self.locked_until(request, credentials) is not None

    def locked_until(
        self, request: Any, credentials: dict[str, Any] | None = None
    ) -> datetime | None:
        """When this name may be tried again from this address; None: now."""
        username, address = get_client_username(request, credentials), request.axes_ip_address
        now = request.axes_attempt_time
        tries = AccessAttempt.objects.filter(
            username=username, attempt_time__gte=get_cool_off_threshold(request)
        )
        here = _counted(tries.filter(ip_address=address))
        until = locked_until(*here)
        if not _is_known(username, address):
            strangers = strangers_locked_until(*_counted(tries))
            until = max(filter(None, (until, strangers)), default=None)
        return until if until and until > now else None


def _counted(tries: Any) -> tuple[int, datetime | None]:
    found = tries.aggregate(times=Sum("failures_since_start"), last=Max("attempt_time"))
    return found["times"] or 0, found["last"]


def _is_known(username: str | None, address: str) -> bool:
    return AccessLog.objects.filter(username=username, ip_address=address).exists()


def is_new_device(username: str, address: str, agent: str) -> bool:
    """Whether somebody who signed in before did so from another browser or network; after the sign-in."""
    network = ".".join(address.split(".")[:2]) if "." in address else address[:9]
    seen = AccessLog.objects.filter(username=username)
    like = seen.filter(user_agent=agent, ip_address__startswith=network)
    return seen.count() > 1 and like.count() <= 1


def forget_tries(*, now: datetime, kept: timedelta = timedelta(days=90)) -> int:
    """Remove what is older than it is needed for."""
    old = now - kept
    gone = AccessLog.objects.filter(attempt_time__lt=old).delete()[0]
    return gone + AccessAttempt.objects.filter(attempt_time__lt=old).delete()[0]
