"""The tables of a city pack: every file, every column, what it holds. One truth for all who read it."""

from dataclasses import dataclass

LEVELS = ("city", "district", "street", "community", "grid")
URGENCIES = ("critical", "urgent", "normal", "complex", "consult")
REQUEST_KINDS = ("consult", "help", "complaint", "report", "suggestion")
PLACE_KINDS = (
    "road",
    "estate",
    "village",
    "school",
    "hospital",
    "park",
    "market",
    "mall",
    "station",
    "bridge",
    "water",
    "office",
    "landmark",
    "other",
)

KIND_MARK = "kind:"  # `kind:street_office` in a duty names a function, not one unit


@dataclass(frozen=True)
class Column:
    """One column: `kind` says how a cell is read, `field` what we call it inside."""

    name: str
    kind: str
    says: str
    required: bool = False
    choices: tuple[str, ...] = ()
    field: str = ""

    @property
    def key(self) -> str:
        return self.field or self.name

    @property
    def longest(self) -> int:
        """How many characters a cell may have."""
        if self.name in ("name", "note", "title"):
            return 200
        return {"code": 40, "unit": 60, "limit": 20}.get(self.kind, 20_000)


@dataclass(frozen=True)
class Table:
    """One file of the pack; `identity` are the fields that make a row the same row in a later pack."""

    file: str
    identity: tuple[str, ...]
    columns: tuple[Column, ...]
    optional: bool = False

    @property
    def name(self) -> str:
        return self.file.partition(".")[0]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.key for column in self.columns)


AREAS = Table(
    "areas.csv",
    ("code",),
    (
        Column("code", "code", "6 digits for a city or district, then 3 more a level", True),
        Column("name", "text", "as people write it: 西关街道", True),
        Column("level", "choice", "where it stands in the tree", True, LEVELS),
        Column("parent", "code", "code of the area above; empty for the one at the top"),
        Column("aliases", "words", "other names, `;` between them"),
        Column("population", "integer", "people living there"),
        Column("lat", "number", "latitude of a central point, degrees (WGS 84)"),
        Column("lon", "number", "longitude of the same point"),
    ),
)
PLACES = Table(
    "places.csv",
    ("name", "area", "lat", "lon"),
    (
        Column("name", "text", "a road, estate, school…: 中山路", True),
        Column("kind", "choice", "what it is", True, PLACE_KINDS),
        Column("area", "code", "the area it lies in; one row each where it crosses several", True),
        Column("lat", "number", "latitude, degrees (WGS 84)"),
        Column("lon", "number", "longitude"),
        Column("aliases", "words", "other names, `;` between them"),
    ),
    optional=True,
)
UNIT_KINDS = Table(
    "unit_kinds.csv",
    ("code",),
    (
        Column("code", "code", "such as street_office", True),
        Column("name", "text", "what people call this function", True),
    ),
)
UNITS = Table(
    "units.csv",
    ("code",),
    (
        Column("code", "code", "your own; never used again for another unit", True),
        Column("name", "text", "its full name", True),
        Column("kind", "code", "a code of unit_kinds.csv", True),
        Column("area", "code", "its territory, a code of areas.csv", True),
        Column("always_open", "flag", "yes: its working hours and days never pause; else no"),
    ),
)
MATTERS = Table(
    "matters.csv",
    ("code",),
    (
        Column("code", "code", "two digits a level: 01, 0103, 010304", True),
        Column("parent", "code", "code of the matter above; empty at the first level"),
        Column("name", "text", "may repeat under another parent", True),
        Column(
            "urgency", "choice", "its class; empty: its parent's, else normal", False, URGENCIES
        ),
        Column(
            "request_kind",
            "choice",
            "what people usually want; empty: its parent's, else complaint",
            False,
            REQUEST_KINDS,
        ),
        Column(
            "outdoors",
            "choice",
            "whether who walks by can see it, so that rounds look for it; empty: its parent's, else yes but for consultations",
            False,
            ("yes", "no"),
        ),
        Column("examples", "phrases", "how residents say it, `|` between the sentences"),
    ),
)
DUTIES = Table(
    "duties.csv",
    ("matter", "area", "starts"),
    (
        Column("matter", "code", "a code of matters.csv; holds for everything below it", True),
        Column(
            "area", "code", "a code of areas.csv; holds for everything below it; empty: everywhere"
        ),
        Column(
            "lead", "unit", "a unit's code, or `kind:street_office`: the nearest such unit", True
        ),
        Column("co_units", "units", "units or kinds that help, `;` between them"),
        Column("limit", "limit", "time to handle; empty: that of the matter's urgency"),
        Column("contact_limit", "limit", "time to contact the resident; empty: likewise"),
        Column("powers", "text", "what the lead may do on its own"),
        Column("legal_basis", "text", "law or list that gives the duty"),
        Column("acceptance", "points", "when it counts as solved; `- [ ]` makes a point to answer"),
        Column("playbook", "points", "steps, `|` between them; `- [ ]` and `>` as below"),
        Column("valid_from", "date", "first day; empty: always", field="starts"),
        Column(
            "valid_to", "date", "the day on which it no longer holds; empty: open", field="ends"
        ),
    ),
)
CALENDAR = Table(
    "calendar.csv",
    ("date",),
    (
        Column("date", "date", "a day that differs from its weekday", True),
        Column("working", "flag", "no: a holiday; yes: a shifted working day (调休)", True),
        Column("note", "text", "why: 国庆节"),
    ),
)

# The facts at the head of a file in `knowledge/`, one a line.
KNOWLEDGE_FOLDER = "knowledge"
KNOWLEDGE = (
    Column("title", "text", "the question, as people ask it", True),
    Column("matters", "codes", "codes of matters.csv that it belongs to, `;` between them"),
    Column("units", "units", "who answers for it: units or `kind:…`, `;` between them"),
    Column("keywords", "words", "what people say when they mean it, `;` between the words"),
    Column("source", "text", "where the answer comes from"),
    Column("valid_from", "date", "first day; empty: always", field="starts"),
    Column("valid_to", "date", "the day on which it no longer holds; empty: open", field="ends"),
)

SHEETS = (AREAS, PLACES, UNIT_KINDS, UNITS, MATTERS, DUTIES, CALENDAR)
BY_FILE = {table.file: table for table in SHEETS}

# The files that are not sheets, kept in the same manner: fields that make the row, fields that it holds.
SHAPES_FILE, LAYERS_FILE, SETTINGS_FILE = "areas.geojson", "layers.geojson", "city.toml"
FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    **{table.name: (table.identity, table.keys) for table in SHEETS},
    "shapes": (("area",), ("area", "geometry")),
    "layers": (("key",), ("key", "kind", "name", "weight", "geometry")),
    "knowledge": (
        ("name", "language"),
        ("name", "language", *(column.key for column in KNOWLEDGE), "body"),
    ),
    "settings": (("key",), ("key", "value")),
}
