"""How a city looks ahead: the detectors, seasons and planned events that city.toml may state."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any

METHODS: Mapping[str, str] = {
    "daily": "more in an area on a day than its calendar and late level allow",
    "weekly": "the same of weeks, which sees slower rises",
    "cluster": "neighbouring areas that have more together",
    "issue": "one place and one problem that several people write about",
    "recurrence": "the same matter at the same place, again after cases there were closed",
    "gathering": "several people about one matter at one place, where others mostly followed before",
    "relapse": "somebody again, some days after a case about it was answered there",
    "risk": "where something is likely next week",
}
SCHEDULES = ("nightly", "hourly")
DESKS = ("city", "district", "street")
LEVELS = ("district", "street", "community", "grid")
MOST = 40


@dataclass(frozen=True)
class Detector:
    """A named way to look: which method, on which cut of the history, for whose desk, how strictly."""

    name: str
    title: str
    method: str
    schedule: str = "nightly"
    desk: str = "district"
    area: str = "street"  # the level whose areas are looked at, one by one
    matter: int = 2  # the level of matters
    look_back_days: int = 730
    window_days: int = 14  # of the newest days, what is looked at together
    fdr: float = 0.05  # at most such a share of what is found is chance
    least: int = 5  # people, below which nothing is said
    ends_after_days: int = 3
    most: int = 50  # findings of a round, the surest first
    holidays: bool = True

    def plain(self) -> dict[str, Any]:
        return asdict(self)


STANDARD = (
    Detector("gathering", "同处多人反映", "gathering", area="grid", matter=3, window_days=7, look_back_days=365, fdr=0.8, least=2, ends_after_days=14, most=200),
    Detector("relapse", "答复后又反映", "relapse", area="grid", matter=3, window_days=30, look_back_days=365, fdr=0.45, least=1, ends_after_days=14, most=200),
    Detector("sudden", "突发骤增", "daily", schedule="hourly", fdr=0.01, least=6),
    Detector("daily_rise", "单日异常上升", "daily"),
    Detector("weekly_rise", "持续上升", "weekly", least=8, ends_after_days=14),
    Detector("cluster", "时空聚集", "cluster", area="community", window_days=7, look_back_days=365),
    Detector("hot_issue", "热点话题", "issue", area="community", least=4, ends_after_days=7),
    Detector("recurrence", "办结后反复", "recurrence", area="community", matter=3, window_days=60, look_back_days=365, least=3, ends_after_days=30),
    Detector("risk", "下周风险", "risk", area="community", matter=1, least=1, most=5, ends_after_days=8, look_back_days=540),
)  # fmt: skip


@dataclass(frozen=True)
class Season:
    """What comes every year, to be prepared weeks ahead; `starts` and `ends` are MM-DD."""

    name: str
    title: str
    matter: str
    starts: str
    ends: str
    area: str = ""
    weeks_ahead: int = 4
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planned:
    """Works or a festival that is known beforehand and explains what is said meanwhile."""

    name: str
    area: str
    starts: date
    ends: date
    matters: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Prevention:
    """How one city looks ahead; each field is a key of `[prevention]` in city.toml."""

    budget: int = 5
    quiet_days: int = 14
    grew: float = 1.5
    attach_days: int = 30
    attach_reach_m: int = 150
    effect_weeks: int = 8
    coverage: float = 0.9
    detectors: tuple[Detector, ...] = STANDARD
    seasons: tuple[Season, ...] = ()
    planned: tuple[Planned, ...] = field(default=())


_WHOLE = {"matter": (1, 3), "look_back_days": (28, 3660), "window_days": (1, 366), "least": (1, 10_000), "ends_after_days": (1, 366), "most": (1, 1000)}  # fmt: skip
_AMONG = {"method": tuple(METHODS), "schedule": SCHEDULES, "desk": DESKS, "area": LEVELS}


def read_detectors(value: Any) -> list[dict[str, Any]] | None:
    """The detectors as stated, whole; None where they make no sense or a name is there twice."""
    if not isinstance(value, list) or len(value) > MOST:
        return None
    found = [detector for one in value if (detector := _detector(one))]
    names = {one["name"] for one in found}
    return found if len(names) == len(value) else None


def _detector(value: Any) -> dict[str, Any] | None:
    known = {one.name for one in fields(Detector)}
    if not isinstance(value, dict) or not set(value) <= known:
        return None
    name = value.get("name")
    if not isinstance(name, str) or not name.isidentifier() or len(name) > 40:
        return None
    if not _text(value.get("title", name)) or value.get("method") not in METHODS:
        return None
    whole = {"title": name} | value
    for key, among in _AMONG.items():
        if key in whole and whole[key] not in among:
            return None
    for key, (low, high) in _WHOLE.items():
        if key in whole and not _whole(whole[key], low, high):
            return None
    fdr, holidays = whole.get("fdr", 0.05), whole.get("holidays", True)
    if not isinstance(fdr, float | int) or isinstance(fdr, bool) or not 0 < fdr < 1:
        return None
    return whole if isinstance(holidays, bool) else None


def read_seasons(value: Any) -> list[dict[str, Any]] | None:
    """The seasons as stated; None where they make no sense."""
    if not isinstance(value, list) or len(value) > MOST:
        return None
    return value if all(map(_is_season, value)) else None


def _is_season(one: Any) -> bool:
    known = {f.name for f in fields(Season)}
    if not isinstance(one, dict) or not set(one) <= known:
        return False
    texts = all(_text(one.get(key)) for key in ("name", "title", "matter"))
    days = all(month_day(one.get(key)) for key in ("starts", "ends"))
    tasks = one.get("tasks", [])
    return (
        texts
        and days
        and isinstance(one.get("area", ""), str)
        and _whole(one.get("weeks_ahead", 4), 1, 26)
        and isinstance(tasks, list)
        and all(map(_text, tasks))
    )


def month_day(value: Any) -> tuple[int, int] | None:
    """Month and day of `11-15`, a day of every year; None where it is not one."""
    if not isinstance(value, str):
        return None
    try:
        day = date.fromisoformat(f"2023-{value}")
    except ValueError:
        return None
    return day.month, day.day


def read_planned(value: Any) -> list[dict[str, Any]] | None:
    """The planned events as stated; None where they make no sense."""
    if not isinstance(value, list) or len(value) > 10 * MOST:
        return None
    return value if all(map(_is_planned, value)) else None


def _is_planned(one: Any) -> bool:
    known = {f.name for f in fields(Planned)}
    if not isinstance(one, dict) or not set(one) <= known:
        return False
    matters = one.get("matters", [])
    try:
        order = date.fromisoformat(one["starts"]) <= date.fromisoformat(one["ends"])
    except (KeyError, TypeError, ValueError):
        return False
    texts = _text(one.get("name")) and _text(one.get("area")) and isinstance(one.get("note", ""), str)  # fmt: skip
    return bool(order and texts and isinstance(matters, list) and all(map(_text, matters)))


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable() and len(value) <= 200  # fmt: skip


def _whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def prevention_from(stated: Mapping[str, Any]) -> Prevention:
    """How the city looks ahead, from what is stated by name of the field."""
    known = dict(stated)
    detectors = [Detector(**one) for one in known.pop("detectors", ())]
    seasons = [
        Season(**{**one, "tasks": tuple(one.get("tasks", ()))}) for one in known.pop("seasons", ())
    ]
    planned = [
        Planned(
            **{
                **one,
                "matters": tuple(one.get("matters", ())),
                "starts": date.fromisoformat(one["starts"]),
                "ends": date.fromisoformat(one["ends"]),
            }
        )
        for one in known.pop("planned", ())
    ]
    return Prevention(
        detectors=tuple(detectors) or STANDARD,
        seasons=tuple(seasons),
        planned=tuple(planned),
        **known,
    )
