"""The door of the city: what it is today, and packs going in and out."""

from datetime import date, datetime
from pathlib import Path

from xianban.base.clock import utc_now
from xianban.city.actions import Loaded, load
from xianban.city.drafts import (
    Draft,
    draft,
    draft_of_load,
    drafts,
    drop_draft,
    load_draft,
    loaded_zip,
    look_again,
    preview,
    take_draft,
)
from xianban.city.pack.making import Made, make_pack
from xianban.city.pack.reading import read_pack
from xianban.city.pack.writing import write_pack
from xianban.city.pack.zipped import MOST_BYTES, chosen, unzip
from xianban.city.queries import LoadSeen, current, forget, loads, rows_on
from xianban.city.rules.appraising import (
    PEERS,
    TALLIES,
    PeerGroup,
    Profile,
    Rate,
    profile_from,
    stated_from,
)
from xianban.city.rules.build import bare_city
from xianban.city.rules.checking import check_pack
from xianban.city.rules.checklist import Point, filled_in
from xianban.city.rules.city import Area, Background, City, Matter, Unit
from xianban.city.rules.comparing import Load
from xianban.city.rules.coverage import gaps_of, overlaps_of
from xianban.city.rules.duties import Assignment, Duty
from xianban.city.rules.findings import Fault, Gap, Overlap, Report
from xianban.city.rules.gazetteer import PlaceGuess, PlaceNamed
from xianban.city.rules.keeping import KEPT, Keeping
from xianban.city.rules.knowledge import Answer, Entry
from xianban.city.rules.notifying import CHANNELS, GROUPS, MODES, Notifying, read_times
from xianban.city.rules.preventing import (
    Detector,
    Planned,
    Prevention,
    Season,
    month_day,
    prevention_from,
    read_detectors,
)
from xianban.city.rules.remarks import missing_years
from xianban.city.rules.settings import ServiceLimit, Settings
from xianban.city.rules.tables import LEVELS, REQUEST_KINDS, URGENCIES

__all__ = [
    "CHANNELS",
    "GROUPS",
    "KEPT",
    "LEVELS",
    "MODES",
    "MOST_BYTES",
    "PEERS",
    "REQUEST_KINDS",
    "TALLIES",
    "URGENCIES",
    "Answer",
    "Area",
    "Assignment",
    "Background",
    "City",
    "Detector",
    "Draft",
    "Duty",
    "Entry",
    "Fault",
    "Gap",
    "Keeping",
    "Load",
    "LoadSeen",
    "Loaded",
    "Made",
    "Matter",
    "Notifying",
    "Overlap",
    "PeerGroup",
    "PlaceGuess",
    "PlaceNamed",
    "Planned",
    "Point",
    "Prevention",
    "Profile",
    "Rate",
    "Report",
    "Season",
    "ServiceLimit",
    "Settings",
    "Unit",
    "bare_city",
    "check",
    "chosen",
    "current",
    "draft",
    "draft_of_load",
    "drafts",
    "drop_draft",
    "export",
    "filled_in",
    "forget",
    "gaps_of",
    "load",
    "load_draft",
    "loaded_zip",
    "loads",
    "look_again",
    "missing_years",
    "month_day",
    "new_pack",
    "overlaps_of",
    "prevention_from",
    "preview",
    "profile_from",
    "read_detectors",
    "read_times",
    "stated_from",
    "take_draft",
    "unzip",
]


def check(folder: Path | str, *, on: date | None = None) -> Report:
    """Everything that is wrong with a pack or worth a remark, looked at on a day (by default today)."""
    return check_pack(read_pack(Path(folder)), on=on or utc_now().date())


def export(folder: Path | str, *, at: date | datetime | None = None) -> list[str]:
    """Write the pack in effect (today, or on the day `at`) into a new folder; returns the file names."""
    city = current(at=at)
    day = at.astimezone(city.tz).date() if isinstance(at, datetime) else at
    return write_pack(Path(folder), rows_on(day or utc_now().astimezone(city.tz).date()))


def new_pack(
    folder: Path | str,
    *,
    categories: Path | str,
    area: str,
    timezone: str = "Asia/Shanghai",
    code: str = "000000",
    on: date | None = None,
) -> Made:
    """Begin a pack from a table of categories (xlsx or csv); refuses a folder that is not empty."""
    return make_pack(
        Path(folder),
        categories=Path(categories),
        area=area,
        timezone=timezone,
        code=code,
        on=on or utc_now().date(),
    )
