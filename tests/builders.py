"""What many tests begin with: a small town, people in it, and cases, built through the doors.

The town (Asia/Shanghai) has two districts. In East lies Bridge Street with the community Mill and
its two grids; in West lies Harbour Street with the community Quay. 2026-11-02 is a Monday.
"""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

CITY, EAST, WEST = "990000", "990100", "990200"
BRIDGE, HARBOUR = "990100001", "990200001"
MILL, QUAY = "990100001001", "990200001001"
GRID, GRID_2, QUAY_GRID = "990100001001001", "990100001001002", "990200001001001"

AREAS = [
    (CITY, "Testburg", "city", ""),
    (EAST, "East", "district", CITY),
    (WEST, "West", "district", CITY),
    (BRIDGE, "Bridge Street", "street", EAST),
    (HARBOUR, "Harbour Street", "street", WEST),
    (MILL, "Mill", "community", BRIDGE),
    (QUAY, "Quay", "community", HARBOUR),
    (GRID, "Mill 1", "grid", MILL),
    (GRID_2, "Mill 2", "grid", MILL),
    (QUAY_GRID, "Quay 1", "grid", QUAY),
]
UNITS = [
    ("street-east", "Bridge Street Office", "street_office", BRIDGE, "no"),
    ("street-west", "Harbour Street Office", "street_office", HARBOUR, "no"),
    ("transport", "Transport Bureau", "transport", CITY, "no"),
    ("construction", "Housing and Construction Bureau", "housing", CITY, "no"),
    ("landscaping", "Landscaping Bureau", "landscaping", CITY, "no"),
    ("police", "Traffic Police", "traffic_police", CITY, "no"),
    ("water", "Waterworks", "utility_water", CITY, "yes"),
    ("mill", "Mill Committee", "community", MILL, "no"),
]
MATTERS = [
    ("01", "", "Water", "", "there is no water"),
    ("0101", "01", "Burst main", "critical", "water is gushing from the road"),
    ("02", "", "Streets", "", "the pavement is broken"),
    ("0201", "02", "Bus stop", "normal", "the bus stop is hidden"),
    ("0202", "02", "Rubbish", "urgent", "rubbish lies about"),
    ("03", "", "Questions", "consult", "when are you open"),
]
DUTIES = [
    ("01", "", "water", "", "", ""),
    ("02", "", "kind:street_office", "", "", ""),
    ("0201", "", "transport", "construction;landscaping;police", "5wd", "24h"),
    ("03", "", "kind:street_office", "", "", ""),
]
SHEETS = {
    "areas.csv": ("code,name,level,parent,aliases,population,lat,lon", AREAS),
    "unit_kinds.csv": ("code,name", sorted({(unit[2], unit[2]) for unit in UNITS})),
    "units.csv": ("code,name,kind,area,always_open", UNITS),
    "matters.csv": (
        "code,parent,name,urgency,request_kind,examples",
        [(code, parent, name, urgency, "", said) for code, parent, name, urgency, said in MATTERS],
    ),
    "duties.csv": ("matter,area,lead,co_units,limit,contact_limit", DUTIES),
    "calendar.csv": (
        "date,working,note",
        [("2026-10-01", "no", "National Day"), ("2027-01-01", "no", "New Year")],
    ),
}


OUTLINES = {EAST: (121.3, 121.5), WEST: (121.1, 121.3)}  # from and to longitude, at latitude 31.2


def write_town(folder: Path, *, drawn: bool = False) -> Path:
    """The town as a city pack in `folder`; with polygons of its districts where `drawn`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "city.toml").write_text(
        'name = "Testburg"\ntimezone = "Asia/Shanghai"\n', encoding="utf-8"
    )
    for name, (header, rows) in SHEETS.items():
        columns = header.split(",")
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            sheet = csv.writer(file)
            sheet.writerow(columns)
            sheet.writerows((*row, *[""] * (len(columns) - len(row))) for row in rows)
    if drawn:
        outlines = [_outline(code, *edges) for code, edges in OUTLINES.items()]
        text = json.dumps({"type": "FeatureCollection", "features": outlines})
        (folder / "areas.geojson").write_text(text, encoding="utf-8")
    return folder


def _outline(code: str, west: float, east: float):
    corners = [[west, 31.1], [east, 31.1], [east, 31.3], [west, 31.3], [west, 31.1]]
    geometry = {"type": "Polygon", "coordinates": [corners]}
    return {"type": "Feature", "properties": {"code": code}, "geometry": geometry}


def load_town(folder: Path, *, drawn: bool = False):
    """Load the town into the database; the city as it is then."""
    from xianban.city.api import current, forget, load

    forget()
    load(write_town(folder, drawn=drawn), now=datetime(2026, 1, 1, tzinfo=UTC))
    forget()
    return current()


def user(role: str, *, area: str = "", unit: str = "", id: int = 0):
    """Somebody with one role, without an account: enough wherever names do not matter."""
    from xianban.accounts.api import Actor, Granted, Role

    number = id or 1000 + sum(map(ord, role + area + unit))
    return Actor(kind="user", id=number, name=role, grants=(Granted(Role(role), area, unit),))


def monday(hour: float = 9) -> datetime:
    """Monday 2026-11-02 at some hour of the town's time (UTC+8)."""
    return datetime(2026, 11, 2, tzinfo=UTC) + timedelta(hours=hour - 8)


def make_case(
    *, now: datetime | None = None, matter: str = "0202", area: str = GRID, acting=None, **more
):
    """One case through casework's door, dispatched by the duty list; more fields as in `NewCase`."""
    from xianban.accounts.api import MACHINE
    from xianban.casework.api import NewCase, open_cases
    from xianban.city.api import current

    now = now or monday()
    city = current()
    values = {
        "origin": "phone",
        "text": "rubbish lies beside the mill",
        "received_at": now,
        "urgency": city.matters[matter].urgency,
        "assignment": city.duty_for(matter, area, on=now.date()),
        **more,
    }
    new = NewCase(matter=matter, area=area, **values)
    return open_cases([new], acting=acting or MACHINE, now=now)[0]
