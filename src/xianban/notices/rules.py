"""When somebody hears of something, on which channel, and in how many parts. Plain values only."""

import hashlib
import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xianban.city.api import City

# a kind of notice → what it is to staff; a kind that is not here is a change
GROUP_OF = {
    "received": "assigned",
    "dispatched": "assigned",
    "reopened": "assigned",
    "resumed": "assigned",
    "separated": "assigned",
    "reminder": "due",
    "overdue": "late",
    "escalated": "late",
    "pressed": "pressed",
    "invited": "task",
    "consulted": "task",
    "consultation_answered": "returned",
    "consultation_decided": "ruled",
    "task_answered": "task",
    "objected": "returned",
    "suspension_asked": "returned",
    "objection_rejected": "ruled",
    "suspension_refused": "ruled",
    "suspended": "ruled",
    "rectifying": "rated",
    "satisfied": "rated",
    "exclusion_granted": "ruled",
    "exclusion_refused": "ruled",
    "appeal_granted": "ruled",
    "appeal_refused": "ruled",
    "meeting_called": "assigned",
    "meeting_task": "assigned",
    "meeting_task_soon": "due",
    "meeting_task_late": "late",
    "rights_asked": "assigned",
    "test": "system",
    "signed_in": "system",
}
LEVELS = ("all", "key", "none")  # how much a resident wants to hear
KEY_KINDS = frozenset(
    {
        "received",
        "answered",
        "closed",
        "declined",
        "rectifying",
        "suspended",
        "reopened",
        "merged",
        "consult_answered",
        "subscribe_news",
        "cause_treated",
    }
)
ASKED = frozenset({"subscribe_code", "rights_code"})  # somebody waits for it in front of a page
OWED = frozenset({"rights_after", "rights_refused"})  # the answer to what somebody asked for
ALWAYS = frozenset({"test"})  # asked for this very moment: night or day
# minutes; after the last a parcel is given up and kept
RETRIES = (1, 5, 20, 60, 180, 360, 720)
JITTER = 0.25
SMS_ONE, SMS_PART = 70, 67  # letters in a single message, and in each of several
SMS_MOST = 4  # parts; what is longer is told by number
SIGNATURE_LIVES = timedelta(minutes=5)


@dataclass(frozen=True)
class Wishes:
    """What holds for one user: their own choice, or the city's."""

    modes: Mapping[str, Mapping[str, str]]
    digests: tuple[int, ...]
    quiet: tuple[int, int]
    rest_days: bool = True
    on_duty_until: datetime | None = None


@dataclass(frozen=True)
class Planned:
    channel: str
    due_at: datetime


def group_of(kind: str) -> str:
    return GROUP_OF.get(kind, "changed")


def wanted(kind: str, level: str) -> bool:
    """Whether a resident who asked for this much hears of this kind."""
    return level == "all" or kind in ASKED | OWED or (level == "key" and kind in KEY_KINDS)


def plan(kind: str, *, urgent: bool, wishes: Wishes, city: "City", now: datetime) -> list[Planned]:
    """On which channels a user hears of this, and when."""
    group, planned = group_of(kind), []
    for channel, mode in wishes.modes.get(group, {}).items():
        if mode == "off":
            continue
        if urgent or kind in ALWAYS:
            planned.append(Planned(channel, now))
        else:
            wait = next_digest(wishes, city, now) if mode == "digest" else now
            planned.append(Planned(channel, quiet_end(wishes, city, wait) or wait))
    return planned


def quiet_end(wishes: Wishes, city: "City", now: datetime) -> datetime | None:
    """When this user may be disturbed again; None: now. Who is on duty may always be."""
    if wishes.on_duty_until and now < wishes.on_duty_until:
        return None
    end = _after_night(wishes.quiet, city, now)
    here = (end or now).astimezone(city.tz)
    if wishes.rest_days or city.calendar.is_working_day(here.date()):
        return end
    for ahead in range(1, 31):
        day = here.date() + timedelta(days=ahead)
        if city.calendar.is_working_day(day):
            return datetime.combine(day, time(_opens(wishes.quiet)), city.tz)
    return end


def _opens(quiet: tuple[int, int]) -> int:
    return quiet[1] if quiet[0] != quiet[1] else 0


def _after_night(hours: tuple[int, int], city: "City", now: datetime) -> datetime | None:
    here = now.astimezone(city.tz)
    start, end = hours
    quiet = start <= here.hour < end if start <= end else here.hour >= start or here.hour < end
    if not quiet:
        return None
    day = here.date() + timedelta(days=here.hour >= end)
    return datetime.combine(day, time(end), city.tz)


def next_digest(wishes: Wishes, city: "City", now: datetime) -> datetime:
    """The next time at which this user's gathered messages go out; at once where there is none."""
    here = now.astimezone(city.tz)
    for ahead in (0, 1):
        for minute in wishes.digests:
            day = here.date() + timedelta(days=ahead)
            when = datetime.combine(day, time(minute // 60, minute % 60), city.tz)
            if when >= here:
                return when
    return now


def next_try(attempts: int, now: datetime, *, chance: float) -> datetime | None:
    """When to try a parcel again; `chance` in [0, 1) spreads those that failed together."""
    if attempts > len(RETRIES):
        return None
    minutes = RETRIES[attempts - 1] * (1 + JITTER * (2 * chance - 1))
    return now + timedelta(minutes=minutes)


def parts(text: str) -> int:
    """How many short messages a text is; half a pair (an emoji) counts as its own letter."""
    length = len(text.encode("utf-16-le")) // 2
    return 1 if length <= SMS_ONE else -(-length // SMS_PART)


def counted(kinds: Sequence[str]) -> dict[str, int]:
    """How many of each group there are, in the order in which they came."""
    return dict(Counter(map(group_of, kinds)))


def signed(body: bytes, *, secret: str, at: datetime) -> str:
    """The header that proves who sent `body`, and when: t=seconds,v1=HMAC-SHA256 of "t.body"."""
    stamp = str(int(at.timestamp()))
    mac = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={mac}"


def is_signed(header: str, body: bytes, *, secret: str, now: datetime) -> bool:
    """Whether the header fits the body and is not older than five minutes."""
    values = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    stamp = values.get("t", "")
    if not secret or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        return False
    at = datetime.fromtimestamp(int(stamp), now.tzinfo)
    right = signed(body, secret=secret, at=at).partition("v1=")[2]
    fits = hmac.compare_digest(right.encode(), values.get("v1", "").encode())
    return fits and abs(now - at) <= SIGNATURE_LIVES
