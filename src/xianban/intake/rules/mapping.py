"""How the columns of somebody's file become the fields of a request."""

import difflib
import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from xianban.base.clock import parse_when, to_utc
from xianban.base.errors import BadInput
from xianban.intake.rules.submission import Fault, Submission, tidy

N = TypeVar("N", int, float)
WORDS = (
    "external_id",
    "title",
    "text",
    "place",
    "name",
    "phone",
    "email",
    "channel",
    "matter_hint",
)
NUMBERS = ("lat", "lon")
FIELDS = {
    **{name: name for name in WORDS},
    **{name: name for name in NUMBERS},
    "matter": "matter_hint",
    "address": "place",
    "contact": "contact",
    "received_at": "received_at",
    "supporters": "supporters",
    "account": "account",
}
SOURCE_LIMIT = 30
TABLES = ("fields", "constants", "defaults", "dates")
PLAIN = ("source", "optional", "blanks", "join")


@dataclass(frozen=True)
class ColumnMap:
    """One map: field → columns, and what to do where a cell is blank."""

    source: str
    fields: Mapping[str, tuple[str, ...]]
    optional: frozenset[str] = frozenset()
    constants: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    blanks: frozenset[str] = frozenset()
    join: str = " "
    date_formats: tuple[str, ...] = ()
    zone: ZoneInfo | None = None


def read_map(text: str, *, name: str) -> ColumnMap:
    """A map from its TOML; BadInput says which line of it cannot be understood, and why."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as reason:
        raise BadInput(f"The map {name} is not valid TOML: {reason}") from None
    for key in raw:
        if key not in TABLES + PLAIN:
            raise BadInput(f"The map {name} has “{key}”, which means nothing here{_meant(key)}")
    for key in TABLES:
        if not isinstance(raw.get(key, {}), dict):
            raise BadInput(f"“{key}” in the map {name} must be a table: write [{key}]")
    for key, value in (
        ("optional", raw.get("optional", [])),
        ("blanks", raw.get("blanks", [])),
        ("dates.formats", raw.get("dates", {}).get("formats", [])),
    ):
        if not isinstance(value, list):
            raise BadInput(f'“{key}” in the map {name} must be a list: write ["…"]')
    zone = _zone(raw.get("dates", {}).get("timezone"), name)
    made = ColumnMap(
        source=_source(str(raw.get("source", name))),
        fields=_columns(raw.get("fields", {}), name),
        optional=frozenset(_field(key, "optional", name) for key in raw.get("optional", ())),
        constants=_values(raw.get("constants", {}), "constants", name),
        defaults=_values(raw.get("defaults", {}), "defaults", name),
        blanks=frozenset(str(value) for value in raw.get("blanks", ())),
        join=str(raw.get("join", " ")),
        date_formats=tuple(str(form) for form in raw.get("dates", {}).get("formats", ())),
        zone=zone,
    )
    if "text" not in {**made.fields, **made.constants, **made.defaults}:
        raise BadInput(f"The map {name} does not say which column holds the text: add fields.text")
    return made


def from_source(columns: ColumnMap, source: str) -> ColumnMap:
    """The same map for rows of another system, whose numbers are its own."""
    return replace(columns, source=_source(source))


def _source(given: str) -> str:
    if not 0 < len(given.strip()) <= SOURCE_LIMIT:
        raise BadInput(f"A source must be named with 1 to {SOURCE_LIMIT} characters")
    return given.strip()


def _meant(key: str) -> str:
    close = difflib.get_close_matches(key, [*TABLES, *PLAIN], n=1)
    return (
        f"; did you mean “{close[0]}”?" if close else f"; it may have {', '.join(TABLES + PLAIN)}"
    )


def _field(key: object, table: str, name: str) -> str:
    if key in FIELDS:
        return FIELDS[str(key)]
    close = difflib.get_close_matches(str(key), FIELDS, n=1)
    hint = f"did you mean “{close[0]}”?" if close else f"the fields are {', '.join(FIELDS)}"
    raise BadInput(f"“{key}” in {table} of the map {name} is not a field; {hint}")


def _columns(table: Mapping[str, Any], name: str) -> dict[str, tuple[str, ...]]:
    columns = {}
    for key, value in table.items():
        given = value if isinstance(value, list) else [value]
        if not given or not all(isinstance(column, str) and column for column in given):
            raise BadInput(
                f"fields.{key} of the map {name} must be a heading or a list of headings"
            )
        columns[_field(key, "fields", name)] = tuple(given)
    return columns


def _values(table: Mapping[str, Any], title: str, name: str) -> dict[str, str]:
    return {_field(key, title, name): str(value) for key, value in table.items()}


def _zone(given: object, name: str) -> ZoneInfo | None:
    if given is None:
        return None
    try:
        return ZoneInfo(str(given))
    except (ZoneInfoNotFoundError, ValueError):
        raise BadInput(
            f"dates.timezone of the map {name}: there is no “{given}”; write it like Asia/Shanghai"
        ) from None


def fitted(columns: ColumnMap, headings: Sequence[str], *, file: str) -> ColumnMap:
    """The map as it applies to a file: missing optional columns dropped, a missing needed one refused."""
    present = {heading.casefold(): heading for heading in headings}
    kept, missing = {}, []
    for name, wanted in columns.fields.items():
        found = tuple(present[c.casefold()] for c in wanted if c.casefold() in present)
        if len(found) == len(wanted):
            kept[name] = found
        elif name not in columns.optional:
            missing += [c for c in wanted if c.casefold() not in present]
    if missing:
        raise BadInput(
            f"{file} has no column “{'”, “'.join(missing)}”, which this map needs; it has "
            f"{', '.join(headings) or 'no headings'}: rename the column or use another map"
        )
    return replace(columns, fields=kept)


class RowReader:
    """Turns rows of one file into submissions, or into what is wrong with them."""

    def __init__(self, columns: ColumnMap, *, tz: tzinfo) -> None:
        self.columns = columns
        self.tz = columns.zone or tz

    def read(self, cells: Mapping[str, Any]) -> tuple[Submission | None, list[Fault]]:
        """The submission of one row, or its faults, each with the column it is in."""
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for name, given in self._given(cells):
            try:
                values[name] = self._converted(name, given)
            except BadInput as reason:
                faults.append(Fault(self.column_of(name), str(reason)))
        if faults:
            return None, faults
        return self._submission(values), []

    def column_of(self, name: str) -> str:
        """The heading that a field comes from, for telling people where to look."""
        return " + ".join(self.columns.fields.get(name, (name,)))

    def _given(self, cells: Mapping[str, Any]) -> list[tuple[str, Any]]:
        given: dict[str, Any] = dict(self.columns.defaults)
        for name, headings in self.columns.fields.items():
            parts = [cells[h] for h in headings if not self._blank(cells[h])]
            if parts:
                joined = self.columns.join.join(_words(part) for part in parts)
                given[name] = parts[0] if len(parts) == 1 else joined
        return list((given | dict(self.columns.constants)).items())

    def _blank(self, cell: Any) -> bool:
        if cell is None or (isinstance(cell, float) and math.isnan(cell)):
            return True
        return isinstance(cell, str) and (not cell.strip() or cell.strip() in self.columns.blanks)

    def _converted(self, name: str, given: Any) -> Any:
        if name == "received_at":
            return self._when(given)
        if name in NUMBERS:
            return _number(given)
        if name == "supporters":
            return _count(given)
        return _words(given)

    def _when(self, given: Any) -> datetime:
        if isinstance(given, datetime):
            whole = (given + timedelta(microseconds=500_000)).replace(microsecond=0)
            return to_utc(whole, tz=self.tz)
        if isinstance(given, date):
            return to_utc(datetime(given.year, given.month, given.day), tz=self.tz)  # noqa: DTZ001
        text = _words(given)
        for form in self.columns.date_formats:
            try:
                return to_utc(datetime.strptime(text, form), tz=self.tz)  # noqa: DTZ007
            except ValueError:
                continue
        return parse_when(text, tz=self.tz)

    def _submission(self, values: dict[str, Any]) -> Submission:
        contact = values.pop("contact", "")
        if contact:
            values.setdefault("email" if "@" in contact else "phone", contact)
        account = values.pop("account", "")
        if values.get("lat") == 0 and values.get("lon") == 0:
            values["lat"] = values["lon"] = None  # how many systems write “unknown”
        aliases = {"account": account} if account else {}
        values.setdefault("text", "")
        return Submission(door=f"import:{self.columns.source}", aliases=aliases, **values)


def _words(given: Any) -> str:
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    return tidy(str(given))


def _number(given: Any) -> float:
    return _parsed(given, float, "is not a number")


def _count(given: Any) -> int:
    return _parsed(given, lambda value: int(float(value)), "is not a whole number")


def _parsed(given: Any, read: Callable[[Any], N], complaint: str) -> N:
    try:
        value = read(given)
        if math.isfinite(value):
            return value
    except (TypeError, ValueError, OverflowError):
        pass
    raise BadInput(f"“{str(given)[:40]}” {complaint}")
