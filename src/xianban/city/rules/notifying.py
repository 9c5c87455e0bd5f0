"""How a city tells people things: kinds of news, channels, and what holds where nobody chose."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GROUPS = {
    "assigned": "a case to dispatch or to handle",
    "due": "a limit ends soon",
    "late": "a limit is over, or a case went up a level",
    "pressed": "a supervisor presses",
    "task": "another unit asks for help, or answers",
    "returned": "a unit returns a dispatch, or asks for a suspension",
    "ruled": "a return or a suspension was decided",
    "rated": "a resident is satisfied, or is not",
    "changed": "something else happened to a case",
    "system": "one's own account, and the system itself",
}
CHANNELS = ("mail", "sms", "wechat")
MODES = ("now", "digest", "off")
STAFF: Mapping[str, str] = {
    "assigned": "mail digest",
    "due": "mail now",
    "late": "mail now",
    "pressed": "mail now, sms now",
    "task": "mail now",
    "returned": "mail now",
    "ruled": "mail digest",
    "rated": "",
    "changed": "",
    "system": "mail now",
}
CLOCK_TIME = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)")


@dataclass(frozen=True)
class Notifying:
    """What holds for everybody who chose nothing."""

    digests: tuple[int, ...]  # minutes after midnight
    resident_channels: tuple[str, ...]
    staff: Mapping[str, Mapping[str, str]]  # group → channel → mode


def read_times(value: Any) -> tuple[int, ...] | None:
    """Minutes after midnight of ["08:30", "14:00"], in order; None where it cannot be."""
    if not isinstance(value, list | tuple) or len(value) > 6:
        return None
    found = [
        CLOCK_TIME.fullmatch(text.strip()) if isinstance(text, str) else None for text in value
    ]
    if not all(found):
        return None
    return tuple(sorted({int(match[1]) * 60 + int(match[2]) for match in found if match}))


def read_modes(value: Any) -> dict[str, str] | None:
    """Channel → mode of "mail now, sms digest"; a channel that is not named is off."""
    if not isinstance(value, str):
        return None
    modes = {}
    for part in filter(None, re.split(r"[,，;；]", value.strip())):
        words = part.split()
        if len(words) != 2 or words[0] not in CHANNELS or words[1] not in MODES:
            return None
        modes[words[0]] = words[1]
    return modes


def read_channels(value: Any) -> list[str] | None:
    """A list of channels, the first choice first."""
    if not isinstance(value, list) or not set(map(str, value)) <= set(CHANNELS):
        return None
    return list(dict.fromkeys(value))


def notifying_from(values: Mapping[str, Any]) -> Notifying:
    """What holds, from stated values by dotted key."""
    stated = {k.removeprefix("notices."): v for k, v in values.items() if k.startswith("notices.")}
    return Notifying(
        digests=read_times(stated.get("digests", ["08:30", "14:00"])) or (),
        resident_channels=tuple(stated.get("residents", CHANNELS[::-1])),
        staff={group: read_modes(stated.get(group, STAFF[group])) or {} for group in GROUPS},
    )
