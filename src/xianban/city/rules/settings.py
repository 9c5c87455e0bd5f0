"""What a city may choose in city.toml, with the value that holds where it says nothing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from xianban.city.rules.appraising import (
    COUNTINGS,
    THREE_RATES,
    WITHOUT_FIGURE,
    Profile,
    profile_from,
    read_groups,
    read_rates,
)
from xianban.city.rules.keeping import KEPT, LONGEST, read_exceptions
from xianban.city.rules.notifying import (
    CHANNELS,
    GROUPS,
    STAFF,
    read_channels,
    read_modes,
    read_times,
)
from xianban.city.rules.preventing import (
    Prevention,
    prevention_from,
    read_detectors,
    read_planned,
    read_seasons,
)
from xianban.city.rules.tables import URGENCIES

LIMIT = re.compile(r"(\d+(?:\.\d+)?)(wh|wd|h|d)")
LIMIT_REMEDY = "write 2h (hours), 7d (days), 4wh (working hours) or 5wd (working days)"


def is_limit(text: object) -> bool:
    return isinstance(text, str) and (m := LIMIT.fullmatch(text)) is not None and float(m[1]) > 0


@dataclass(frozen=True)
class ServiceLimit:
    """The four limits of one class of urgency, as text: 2h, 7d, 4wh, 5wd."""

    sign: str
    contact: str
    handle: str
    follow_up: str


@dataclass(frozen=True)
class Settings:
    """The thresholds of one city; each is a key of `[settings]` in city.toml."""

    dispatch_threshold: float = 0.70
    refine_threshold: float = 0.60
    return_window_h: float = 2.0
    return_window_critical_h: float = 0.5
    ruling_h: float = 4.0
    objections_to_designation: int = 3
    suspension_review_days: int = 30
    suspension_cap_months: int = 9
    reminder_share: float = 0.75
    quiet_hours: tuple[int, int] = (21, 8)
    no_reply_days: int = 7
    reopen_days: int = 30
    nearest_area_m: float = 500.0
    contact: str = "optional"
    call_target_s: int = 60


LIMITS: Mapping[str, ServiceLimit] = {
    "critical": ServiceLimit("0.5h", "0.5h", "2h", "24h"),
    "urgent": ServiceLimit("2h", "2h", "24h", "24h"),
    "normal": ServiceLimit("4wh", "24h", "7d", "3d"),
    "complex": ServiceLimit("4wh", "24h", "15d", "3d"),
    "consult": ServiceLimit("2h", "2h", "24h", "24h"),
}
HOURS = "09:00-12:00,13:30-18:00"


@dataclass(frozen=True)
class Key:
    """One key of city.toml: how its value is read (None: wrong), and what to write instead."""

    path: str
    default: Any
    says: str
    remedy: str
    read: Callable[[Any], Any] = field(repr=False)
    required: bool = False


def _text(value: Any) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text if text.isprintable() and text else None


def _number(low: float, high: float) -> Callable[[Any], float | None]:
    def read(value: Any) -> float | None:
        fits = (
            isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        )
        return float(value) if fits else None

    return read


def _whole(low: int, high: int) -> Callable[[Any], int | None]:
    def read(value: Any) -> int | None:
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return value if fits else None

    return read


def _whole_list(low: int, high: int, length: int | None) -> Callable[[Any], list[int] | None]:
    one = _whole(low, high)

    def read(value: Any) -> list[int] | None:
        if not isinstance(value, list) or not value or (length and len(value) != length):
            return None
        return value if all(one(item) is not None for item in value) else None

    return read


def _limit(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) and is_limit(value.strip()) else None


def _zone(value: Any) -> str | None:
    return value if isinstance(value, str) and value in available_timezones() else None


def read_hours(value: Any) -> tuple[tuple[int, int], ...] | None:
    """Minutes after midnight of each span in "09:00-12:00,13:30-18:00"; None where it cannot be."""
    if not isinstance(value, str):
        return None
    spans: list[tuple[int, int]] = []
    for part in re.split(r"[,，;；]", value.strip().strip(",，;；")):
        match = re.fullmatch(r"\s*(\d{1,2})[:：](\d\d)\s*[-–~至]\s*(\d{1,2})[:：](\d\d)\s*", part)
        if match is None:
            return None
        a, b, c, d = map(int, match.groups())
        start, end = a * 60 + b, c * 60 + d
        if b > 59 or d > 59 or not start < end <= 24 * 60 or (spans and start < spans[-1][1]):
            return None
        spans.append((start, end))
    return tuple(spans)


def _hours(value: Any) -> str | None:
    spans = read_hours(value)
    if not spans:
        return None
    return ",".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in spans)


SHARE = "write a number from 0 to 1, such as 0.7"
HOURS_REMEDY = "write spans in order, such as 09:00-12:00,13:30-18:00"
_HEAD = (
    Key("name", None, "what the city is called", 'write name = "…"', _text, True),
    Key(
        "timezone",
        "Asia/Shanghai",
        "times without a zone are read in it",
        "write a zone of the tz database, such as Asia/Shanghai",
        _zone,
    ),
    Key(
        "language",
        "zh-hans",
        "language of messages: zh-hans or en",
        'write "zh-hans" or "en"',
        lambda v: v if v in ("zh-hans", "en") else None,
    ),
    Key("hours.working", HOURS, "working hours of a working day", HOURS_REMEDY, _hours),
    Key(
        "hours.weekdays",
        [1, 2, 3, 4, 5],
        "working weekdays, 1 is Monday",
        "write a list such as [1, 2, 3, 4, 5]",
        _whole_list(1, 7, None),
    ),
)
_POSITIVE = "write a number above 0"
_SETTINGS = (
    Key(
        "settings.dispatch_threshold",
        0.70,
        "below this probability a person decides",
        SHARE,
        _number(0, 1),
    ),
    Key(
        "settings.refine_threshold",
        0.60,
        "below it a matter is not refined to a leaf",
        SHARE,
        _number(0, 1),
    ),
    Key(
        "settings.return_window_h",
        2.0,
        "hours in which a unit may return a dispatch",
        _POSITIVE,
        _number(0.01, 1000),
    ),
    Key(
        "settings.return_window_critical_h",
        0.5,
        "the same for critical cases",
        _POSITIVE,
        _number(0.01, 1000),
    ),
    Key(
        "settings.ruling_h",
        4.0,
        "hours in which a return is ruled upon",
        _POSITIVE,
        _number(0.01, 1000),
    ),
    Key(
        "settings.objections_to_designation",
        3,
        "the objection that ends in designation",
        "write a whole number from 1 to 20",
        _whole(1, 20),
    ),
    Key(
        "settings.suspension_review_days",
        30,
        "days between reviews of a suspended case",
        "write whole days, 1 to 400",
        _whole(1, 400),
    ),
    Key(
        "settings.suspension_cap_months",
        9,
        "months after which a suspension ends",
        "write whole months, 1 to 60",
        _whole(1, 60),
    ),
    Key(
        "settings.reminder_share",
        0.75,
        "share of a limit after which we remind",
        SHARE,
        _number(0, 1),
    ),
    Key(
        "settings.quiet_hours",
        [21, 8],
        "hours between which only urgent messages go out",
        "write two hours, such as [22, 7]",
        _whole_list(0, 23, 2),
    ),
    Key(
        "settings.no_reply_days",
        7,
        "days after the answer until a case without a word from the resident closes",
        "write whole days, 1 to 400",
        _whole(1, 400),
    ),
    Key(
        "settings.reopen_days",
        30,
        "days after the end of a case in which a resident may rate it or open it again",
        "write whole days, 1 to 400",
        _whole(1, 400),
    ),
    Key(
        "settings.nearest_area_m",
        500.0,
        "a point outside every polygon belongs to the nearest area within so many metres",
        "write metres, 0 to 100000",
        _number(0, 100_000),
    ),
    Key(
        "settings.contact",
        "optional",
        "whether a resident who reports on the web may leave no contact: optional, or required",
        'write "optional" or "required"',
        lambda v: v if v in ("optional", "required") else None,
    ),
    Key(
        "settings.call_target_s",
        60,
        "seconds in which a plain call should be written down; shown to the agent",
        "write whole seconds, 10 to 3600",
        _whole(10, 3600),
    ),
)
LIMIT_SAYS = {
    "sign": "to sign for a dispatch",
    "contact": "to contact the resident",
    "handle": "to handle",
    "follow_up": "to follow up after the report",
}
_LIMITS = tuple(
    Key(f"limits.{urgency}.{name}", getattr(LIMITS[urgency], name), says, LIMIT_REMEDY, _limit)
    for urgency in URGENCIES
    for name, says in LIMIT_SAYS.items()
)
_APPRAISAL = (
    Key(
        "appraisal.first_day",
        1,
        "first day of a period; 19: from the 19th of the month before to the 18th of its own",
        "write a day of the month, 1 to 28",
        _whole(1, 28),
    ),
    Key(
        "appraisal.first_hour",
        0,
        "hour of that day at which a period begins",
        "write an hour, 0 to 23",
        _whole(0, 23),
    ),
    Key(
        "appraisal.counting",
        "last",
        "which valid follow-ups of a case count in a period: last, first or each",
        'write "last", "first" or "each"',
        lambda v: v if v in COUNTINGS else None,
    ),
    Key(
        "appraisal.scale",
        100.0,
        "the full score",
        "write a number, 1 to 10000",
        _number(1, 10_000),
    ),
    Key(
        "appraisal.decimals",
        1,
        "decimals of a score; halves are rounded up",
        "write a whole number from 0 to 4",
        _whole(0, 4),
    ),
    Key(
        "appraisal.without_figure",
        "none",
        "who had no valid follow-up has no figure (none), or the score 0 (zero)",
        'write "none" or "zero"',
        lambda v: v if v in WITHOUT_FIGURE else None,
    ),
    Key(
        "appraisal.enough",
        30,
        "below so many valid follow-ups the range of places is shown, and no place",
        "write a whole number from 1 to 10000",
        _whole(1, 10_000),
    ),
    Key(
        "appraisal.confidence",
        0.95,
        "confidence of the intervals and of the ranges of places",
        "write a number from 0.5 to 0.999",
        _number(0.5, 0.999),
    ),
    Key(
        "appraisal.red_list",
        0,
        "how many of each group are on the red list; 0: there is none",
        "write a whole number from 0 to 100",
        _whole(0, 100),
    ),
    Key(
        "appraisal.black_list",
        0,
        "how many of each group are on the black list; 0: there is none",
        "write a whole number from 0 to 100",
        _whole(0, 100),
    ),
    Key(
        "appraisal.groups",
        [],
        "kinds of units that are compared with each other; a kind in no group has its own",
        'write [[appraisal.groups]] with a name and kinds, such as kinds = ["street_office"]; each kind once',
        read_groups,
    ),
    Key(
        "appraisal.rates",
        [dict(rate) for rate in THREE_RATES],
        "the rates and their weights in the score; see [appraisal](appraisal.md)",
        "write [[appraisal.rates]] with name, weight, count and of; the weights make 1, and docs/appraisal.md lists what is counted",
        read_rates,
    ),
)
_NOTICES = (
    Key(
        "notices.digests",
        ["08:30", "14:00"],
        "times at which what was gathered for somebody goes out as one message",
        'write up to six times, such as ["08:30", "14:00"]',
        lambda value: value if read_times(value) is not None else None,
    ),
    Key(
        "notices.residents",
        list(CHANNELS[::-1]),
        "channels to residents, the first one tried first",
        'write some of "wechat", "sms" and "mail"',
        read_channels,
    ),
    *(
        Key(
            f"notices.{group}",
            STAFF[group],
            f"how staff hear of this, unless they chose: {says}",
            'write channel and mode, such as "mail now, sms digest"; "" for the inbox alone',
            lambda value: value if read_modes(value) is not None else None,
        )
        for group, says in GROUPS.items()
    ),
)
_KEEPING = (
    Key(
        "privacy.answer",
        "15wd",
        "time in which a resident who asks for a right is answered",
        LIMIT_REMEDY,
        _limit,
    ),
    Key(
        "retention.run",
        False,
        "whether the worker removes what is kept no longer; look at `xianban retention preview` first",
        "write true or false",
        lambda value: value if isinstance(value, bool) else None,
    ),
    *(
        Key(
            f"retention.{name}_days",
            days,
            f"days after the end of a case for which we keep: {says}",
            f"write whole days, 1 to {LONGEST}",
            _whole(1, LONGEST),
        )
        for name, (days, says) in KEPT.items()
    ),
    Key(
        "retention.sessions_days",
        1,
        "days after its end for which we keep a session of staff",
        "write whole days, 1 to 400",
        _whole(1, 400),
    ),
    Key(
        "retention.exceptions",
        [],
        "other periods for an urgency or a kind of request; the first that fits wins",
        "write [[retention.exceptions]] with urgency or kind, and periods such as contact_days = 1095",
        read_exceptions,
    ),
)
_PREVENTION = (
    Key(
        "prevention.budget",
        5,
        "warnings that a desk gets in a day, at most; the others are kept and counted",
        "write a whole number from 0 to 1000",
        _whole(0, 1000),
    ),
    Key(
        "prevention.quiet_days",
        14,
        "days in which a dismissed warning does not come back, unless it grew",
        "write whole days, 1 to 400",
        _whole(1, 400),
    ),
    Key(
        "prevention.grew",
        1.5,
        "times as many people as when it was dismissed: it grew",
        "write a number from 1.1 to 100",
        _number(1.1, 100),
    ),
    Key(
        "prevention.attach_days",
        30,
        "days before an order from which open cases of the same kind are attached to it",
        "write whole days, 1 to 400",
        _whole(1, 400),
    ),
    Key(
        "prevention.attach_reach_m",
        150,
        "metres from a request behind a warning within which one outside its areas attaches to its order",
        "write whole metres, 0 to 5000",
        _whole(0, 5000),
    ),
    Key(
        "prevention.effect_weeks",
        8,
        "weeks after an ordered case for which its effect is measured",
        "write whole weeks, 1 to 52",
        _whole(1, 52),
    ),
    Key(
        "prevention.coverage",
        0.9,
        "coverage of the interval of an effect",
        "write a number from 0.5 to 0.99",
        _number(0.5, 0.99),
    ),
    Key(
        "prevention.detectors",
        [],
        "how the city looks for what is forming; empty: the standard ones of [prevention](prevention.md)",
        "write [[prevention.detectors]] with a name of its own, a method and what docs/prevention.md lists",
        read_detectors,
    ),
    Key(
        "prevention.seasons",
        [],
        "what comes every year, and how many weeks ahead to prepare it",
        'write [[prevention.seasons]] with name, title, matter, starts and ends such as "11-15"',
        read_seasons,
    ),
    Key(
        "prevention.planned",
        [],
        "works and festivals that are known beforehand; they explain what is said meanwhile",
        'write [[prevention.planned]] with name, area, starts and ends such as "2026-10-01"',
        read_planned,
    ),
)
KEYS = {
    key.path: key
    for key in (*_HEAD, *_SETTINGS, *_NOTICES, *_KEEPING, *_APPRAISAL, *_PREVENTION, *_LIMITS)
}


def settings_from(values: Mapping[str, Any]) -> Settings:
    """The settings that hold, from stated values by dotted key."""
    stated = {
        f.name: values[f"settings.{f.name}"]
        for f in fields(Settings)
        if f"settings.{f.name}" in values
    }
    if "quiet_hours" in stated:
        stated["quiet_hours"] = tuple(stated["quiet_hours"])
    return Settings(**stated)


def appraisal_from(values: Mapping[str, Any]) -> Profile:
    """How the city appraises, from stated values by dotted key."""
    head = "appraisal."
    return profile_from({k.removeprefix(head): v for k, v in values.items() if k.startswith(head)})


def ahead_from(values: Mapping[str, Any]) -> Prevention:
    """How the city looks ahead, from stated values by dotted key."""
    head = "prevention."
    return prevention_from(
        {k.removeprefix(head): v for k, v in values.items() if k.startswith(head)}
    )


def limits_from(values: Mapping[str, Any]) -> dict[str, ServiceLimit]:
    """The service limits that hold, by urgency."""
    return {
        urgency: ServiceLimit(
            **{
                name: values.get(f"limits.{urgency}.{name}") or getattr(LIMITS[urgency], name)
                for name in LIMIT_SAYS
            }
        )
        for urgency in URGENCIES
    }


def stated(values: Mapping[str, Any], path: str) -> Any:
    """The value of one key, or the default."""
    return values.get(path, KEYS[path].default)


def zone_from(values: Mapping[str, Any]) -> ZoneInfo:
    return ZoneInfo(stated(values, "timezone"))
