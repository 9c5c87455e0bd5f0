"""Whose past is lived through again: this city's history, or anyone's file of requests."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from xianban.base.errors import BadInput
from xianban.city.api import Area, City, Detector, Prevention, bare_city, current
from xianban.foresee.api import Columns, Events, cut, read
from xianban.foresight.issues import kinds_of
from xianban.history.api import CELL, Reader, export
from xianban.history.api import read as read_history
from xianban.prevention.actions.rounds import KEEPS_DAYS, folder_of, season_desk, seasons_due
from xianban.prevention.models import DetectorVersion
from xianban.prevention.queries.events import known_events
from xianban.prevention.queries.terrain import terrain_of
from xianban.prevention.rules.explaining import Event
from xianban.prevention.rules.finding import Finding
from xianban.prevention.rules.past import Past, Terrain
from xianban.prevention.rules.replaying import Known

ROOT, EVERYTHING, NOWHERE = "0", "m", "?"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
VOICE_DAYS = 30
# the kinds of foresight in the language of the texts that they are read from
KINDS = {
    "noise": "噪音", "building work": "施工", "cooking smoke": "油烟", "parking": "停车",
    "forced purchase": "捆绑购买", "building quality": "房屋质量", "price of fitting-out": "装修价格",
    "deceit in sale": "虚假宣传", "handover": "交房验收", "property management": "物业",
    "title deed": "产权办证", "financial fraud": "金融诈骗", "refund": "退费", "debt": "欠款",
    "wages": "工资", "school place": "入学", "kindergarten": "幼儿园", "student life": "学生事务",
    "road building": "道路", "street light": "路灯", "traffic": "交通", "bus": "公交", "metro": "地铁",
    "railway": "铁路", "water": "供水", "electricity": "供电", "gas": "燃气", "pollution": "污染",
    "unlawful building": "违建", "resettlement": "征收安置", "fire safety": "消防", "park": "公园",
    "hospital": "医院", "grants and insurance": "补贴社保", "gambling": "赌博",
}  # fmt: skip
Due = Callable[[Past], list[tuple[Detector, Finding]]]


@dataclass(frozen=True)
class Source:
    """A past: `known` gives what was known at a moment, `whole` what is known by now."""

    name: str
    own: bool
    city: City
    terrain: Terrain
    known: Known
    whole: pl.DataFrame
    first: date
    last: date  # the last day that is whole
    detectors: tuple[Detector, ...]
    events: Sequence[Event] = ()
    due: Due = lambda past: []
    authors: dict[int, str] = field(default_factory=dict)
    reader: Reader | None = None


@dataclass(frozen=True)
class FileSource:
    """A file and which of its columns hold what; `area_in_text` finds a place where no column names one."""

    path: Path
    columns: Columns
    area_in_text: str = ""
    timezone: str = "UTC"


def own_history(
    *, folder: Path | None = None, imported: bool = False, prevention: Prevention | None = None
) -> Source:
    """This city's own history, by the detectors that are in use. Nothing is written but the history."""
    city = current()
    terrain = terrain_of(city)
    if folder is None:
        folder = folder_of()
        export(folder)
    whole = read_history(folder)
    if not whole.height:
        raise BadInput("the history is empty; replay once requests have come in, or give a --file")
    received = whole["received"].dt.convert_time_zone(str(city.tz)).dt.date()
    here = folder

    def known(until: datetime) -> pl.DataFrame:
        since = until - timedelta(days=KEEPS_DAYS)
        return read_history(here, as_of=until, since=since, until=until, imported=imported)

    return Source(
        name=city.name,
        own=True,
        city=city,
        terrain=terrain,
        known=known,
        whole=whole,
        first=_day(received.min()),
        last=_day(received.max()),
        detectors=_in_use(city, prevention),
        events=known_events(city),
        due=lambda past: [(season_desk(one), one) for one in seasons_due(past, city)],
    )


def _day(value: object) -> date:
    assert isinstance(value, date)
    return value


def _in_use(city: City, prevention: Prevention | None) -> tuple[Detector, ...]:
    """The champions as they are now; those of the pack where no night has been yet."""
    if prevention is not None:
        return prevention.detectors
    rows = DetectorVersion.objects.filter(state="champion").order_by("pk")
    return tuple(Detector(**row.config) for row in rows) or city.prevention.detectors


def of_file(given: FileSource, *, prevention: Prevention | None = None, k: int) -> Source:
    """A file as a city of which only places and matters are known: one desk, one budget.

    Its days are those of its own clock. A place is where the column says, or the first place that
    `area_in_text` finds in the text; without a column of matters, Chinese texts are of a rough kind.
    """
    events = cut(read(given.path, given.columns).events).events
    place, places = _places(events, given)
    matter, matters = _matters(events)
    ahead = prevention or Prevention()
    chinese = CHINESE.search("".join((*matters, *places, *events.texts[:20])))
    whole = ("全部区域", "全部事项") if chinese else ("All areas", "All matters")
    city = bare_city(
        given.path.name,
        areas=_areas(whole[0], events, place, places),
        matters=[(EVERYTHING, whole[1], ""), *((f"m{n}", name, EVERYTHING) for n, name in enumerate(matters))],
        prevention=ahead,
        timezone=_zone(given.timezone),
    )  # fmt: skip
    frame = _frame(events, place, matter, city)
    authors = dict(enumerate(events.authors))
    numbers = {name: n for n, name in enumerate(sorted({*events.authors} - {""}), 1)}
    reader = (
        Reader(
            events.texts,
            reporters=[numbers.get(name, 0) for name in events.authors] or [0] * len(events),
            when=events.day.tolist(),
            k=k,
        )
        if events.texts
        else None
    )
    return Source(
        name=given.path.name,
        own=False,
        city=city,
        terrain=terrain_of(city),
        known=lambda until: _as_of(frame, until),
        whole=frame,
        first=events.day[0].item(),
        last=events.day[-1].item(),
        detectors=ahead.detectors,
        authors=authors,
        reader=reader,
    )


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadInput(f"“{name}” is no time zone; write it as America/Chicago") from None
    return name


def _places(events: Events, given: FileSource) -> tuple[np.ndarray, list[str]]:
    """The place of each event and their names; one place where nothing says any."""
    if events.areas:
        return np.where(events.area < 0, len(events.areas), events.area), [*events.areas, NOWHERE]
    if not given.area_in_text:
        return np.zeros(len(events), int), [NOWHERE]
    try:
        found = [re.search(given.area_in_text, text) for text in events.texts]
    except re.error as wrong:
        raise BadInput(f"--area-in-text is no pattern ({wrong}); write it as 东区|西区") from None
    names = [one.group() if one else NOWHERE for one in found]
    known = sorted({*names})
    at = {name: n for n, name in enumerate(known)}
    return np.array([at[name] for name in names]), known


def _matters(events: Events) -> tuple[np.ndarray, list[str]]:
    if events.categories:
        gone = len(events.categories)
        return np.where(events.category < 0, gone, events.category), [*events.categories, NOWHERE]
    if not events.texts or not CHINESE.search("".join(events.texts[:200])):
        return np.zeros(len(events), int), [NOWHERE]
    split = [text.partition("\n") for text in events.texts]
    kinds = kinds_of([head for head, _, _ in split], [body for _, _, body in split])
    known = sorted({*kinds})
    at = {name: n for n, name in enumerate(known)}
    return np.array([at[name] for name in kinds]), [KINDS.get(name, NOWHERE) for name in known]


def _areas(name: str, events: Events, place: np.ndarray, places: Sequence[str]) -> list[Area]:
    """A root, and each place twice: as a street and as the one community in it, for every detector to see."""
    found = [Area(ROOT, name, "city", "", (), None, None, None)]
    for n, named in enumerate(places):
        own = events.xy[(place == n) & events.placed]
        lon, lat = np.median(own, axis=0).tolist() if len(own) and events.degrees else (None, None)
        found.append(Area(f"a{n}", named, "street", ROOT, (), None, lat, lon))
        found.append(Area(f"a{n}c", named, "community", f"a{n}", (), None, lat, lon))
    return found


def _frame(events: Events, place: np.ndarray, matter: np.ndarray, city: City) -> pl.DataFrame:
    """The events as a history gives them; the same person on the same matter there counts once in 30 days."""
    n = len(events)
    degrees = np.where(events.placed[:, None] & events.degrees, events.xy, np.nan)
    rounded = np.round(np.round(degrees / CELL) * CELL, 6)
    frame = pl.DataFrame(
        {
            "key": np.arange(n),
            "case": np.arange(n),
            "local": events.when.astype("datetime64[us]"),
            "matter": [f"m{code}" for code in matter.tolist()],
            "area": [f"a{code}c" for code in place.tolist()],
            "lat": rounded[:, 1],
            "lon": rounded[:, 0],
            "words": list(events.texts) or [""] * n,
            "voice": [
                who or f"#{i}" for i, who in enumerate(events.authors or [""] * n)
            ],
            "closed": np.array(events.closed or [np.datetime64("NaT")] * n).astype("datetime64[us]"),
        },
        schema_overrides={"key": pl.Int64, "case": pl.Int64},
    )  # fmt: skip
    zone = str(city.tz)
    frame = frame.with_columns(
        pl.col("lat", "lon").fill_nan(None),
        received=pl.col("local")
        .dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        .fill_null(pl.col("local").dt.offset_by("1h").dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null"))
        .dt.convert_time_zone("UTC"),
        ended_h=((pl.col("closed") - pl.col("local")).dt.total_minutes() / 60).clip(lower_bound=0),
    ).sort("received", "key")  # fmt: skip
    frame = frame.with_columns(answered_h=pl.col("ended_h"), state=pl.lit(None, pl.String))
    gap = pl.col("received").diff().over("voice", "matter", "area")
    return frame.with_columns(new_voice=gap.is_null() | (gap > timedelta(days=VOICE_DAYS))).drop(
        "local", "closed", "voice"
    )


def _as_of(frame: pl.DataFrame, until: datetime) -> pl.DataFrame:
    """What was known at a moment: who had spoken, and of what the end was known."""
    since = until - timedelta(days=KEEPS_DAYS)
    known = frame.filter((pl.col("received") < until) & (pl.col("received") >= since))
    lasted = (pl.lit(until).dt.convert_time_zone("UTC") - pl.col("received")).dt.total_minutes()
    return known.with_columns(
        pl.when(pl.col(step) * 60 <= lasted).then(pl.col(step)).alias(step)
        for step in ("ended_h", "answered_h")
    )


def morning(day: date, city: City) -> datetime:
    return datetime.combine(day, time(), city.tz).astimezone(UTC)
