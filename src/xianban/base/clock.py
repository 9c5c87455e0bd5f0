"""Time: aware and in UTC inside, in the city's zone at the edges."""

from datetime import UTC, datetime, tzinfo

from xianban.base.errors import BadInput

FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
)


def utc_now() -> datetime:
    """The time now. Only the edges (routes, commands, the worker) ask for it."""
    return datetime.now(UTC)


def to_utc(when: datetime, *, tz: tzinfo) -> datetime:
    """An aware UTC time; a naive one is read in `tz`."""
    return (when if when.tzinfo else when.replace(tzinfo=tz)).astimezone(UTC)


def parse_when(text: str, *, tz: tzinfo) -> datetime:
    """Read a date or time as people and spreadsheets write it; BadInput says what is understood."""
    text = text.strip()
    try:
        return to_utc(datetime.fromisoformat(text), tz=tz)
    except ValueError:
        pass
    for form in FORMATS:
        try:
            return to_utc(datetime.strptime(text, form), tz=tz)  # noqa: DTZ007 (the zone is given next)
        except ValueError:
            continue
    raise BadInput(f"“{text[:40]}” is not a date that we can read; write it like 2026-11-22 14:30")
