"""Many people from a table: looked at row by row before anything is written, and again safely."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from xianban.accounts.actions import NewUser, add_users, grant
from xianban.accounts.guarding import area_path, must_manage
from xianban.accounts.models import User
from xianban.accounts.rules import Actor, Granted, Role, may_give
from xianban.base.errors import BadInput, NotFound
from xianban.city.api import City, current

COLUMNS = ("username", "name", "email", "language", "role", "area", "unit")
MOST_ROWS = 2_000
LANGUAGES = ("zh-hans", "en")
GIVEN = tuple(role for role in Role if role is not Role.RESIDENT)


@dataclass(frozen=True)
class Line:
    """One row of the table. `what` is new, grant, same or fault; a fault names its column and kind."""

    row: int
    cells: Mapping[str, str]
    what: str
    granted: Granted | None = None
    column: str = ""
    fault: str = ""


@dataclass(frozen=True)
class People:
    """A table as it was read: what each row would do."""

    lines: tuple[Line, ...]

    def of(self, *what: str) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.what in what)

    @property
    def new(self) -> int:
        """How many people there would be more."""
        return len({line.cells["username"] for line in self.of("new")})


@dataclass
class _Known:
    """What is there already, and what earlier rows of the table add."""

    city: City | None
    grants: dict[str, set[Granted]]
    coming: dict[str, set[Granted]] = field(default_factory=dict)


def read_people(text: str, *, acting: Actor, called: Mapping[str, str] | None = None) -> People:
    """Look at a table of people. `called` are further names of columns, roles and languages, by name.

    BadInput where it is no table at all; whatever is wrong with one row is that row's fault.
    """
    must_manage(acting)
    other = called or {}
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=_mark(text))
    try:
        rows = [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as reason:
        raise BadInput(f"this is no CSV ({reason}); save it as “CSV UTF-8”") from reason
    if not rows:
        raise BadInput("the table is empty; its first row names the columns")
    heads = [other.get(cell.strip(), cell.strip().lower()) for cell in rows[0]]
    if "username" not in heads or "role" not in heads:
        raise BadInput(f"the first row names the columns: {','.join(COLUMNS)}")
    if len(rows) - 1 > MOST_ROWS:
        raise BadInput(f"the table has more than {MOST_ROWS:,} rows; send it in parts")
    cells = [_cells(heads, row, other) for row in rows[1:]]
    known = _Known(_city(), _grants(one["username"] for one in cells))
    return People(tuple(_line(n, one, known, acting) for n, one in enumerate(cells, 2)))


def import_people(found: People, *, acting: Actor, now: datetime) -> tuple[int, int]:
    """Add the people and roles of all rows without a fault, at once; how many of each are new.

    Nobody gets a password by it: each account waits until one is issued.
    """
    with transaction.atomic():
        new: dict[str, NewUser] = {}
        for line in found.of("new"):
            one, name = line.cells, line.cells["username"]
            before = new.get(name)
            grants = (*(before.grants if before else ()), *([line.granted] if line.granted else ()))
            first = before or NewUser(
                name, name=one["name"], email=one["email"], language=one["language"] or LANGUAGES[0]
            )
            new[name] = NewUser(
                name, name=first.name, email=first.email, language=first.language, grants=grants
            )
        if new:
            add_users(list(new.values()), acting=acting, now=now)
        given = 0
        for line in found.of("grant"):
            if line.granted:
                given += grant(line.cells["username"], line.granted, acting=acting, now=now)
    return len(new), given


def _mark(text: str) -> str:
    first = text.partition("\n")[0]
    return next((mark for mark in ",\t;" if mark in first), ",")


def _cells(heads: list[str], row: list[str], other: Mapping[str, str]) -> dict[str, str]:
    found = dict.fromkeys(COLUMNS, "")
    for head, cell in zip(heads, row, strict=False):
        if head in found:
            found[head] = cell.strip()
    for name in ("role", "language"):
        found[name] = other.get(found[name], found[name])
    return found


def _city() -> City | None:
    try:
        return current()
    except NotFound:
        return None


def _grants(usernames: Iterable[str]) -> dict[str, set[Granted]]:
    rows = User.objects.filter(username__in=set(usernames)).prefetch_related("grants")
    return {
        row.username: {Granted(Role(g.role), g.area, g.unit) for g in row.grants.all()}
        for row in rows
    }


def _line(row: int, cells: dict[str, str], known: _Known, acting: Actor) -> Line:
    def fault(column: str, kind: str) -> Line:
        return Line(row, cells, "fault", column=column, fault=kind)

    name = cells["username"]
    if not name or len(name) > 150 or not _fits(name):
        return fault("username", "username")
    if cells["email"] and not _is_email(cells["email"]):
        return fault("email", "email")
    if cells["language"] not in ("", *LANGUAGES):
        return fault("language", "language")
    if len(cells["name"]) > 80:
        return fault("name", "long")
    if cells["role"] not in GIVEN:
        return fault("role", "role")
    area = _code(cells["area"], known.city.areas if known.city else ())
    unit = _code(cells["unit"], known.city.units if known.city else ())
    if area is None:
        return fault("area", "area")
    if unit is None:
        return fault("unit", "unit")
    granted = Granted(Role(cells["role"]), area, unit)
    if not may_give(acting, granted, path=area_path(area)):
        return fault("role", "beyond")
    if name in known.grants:
        if granted in known.grants[name]:
            return Line(row, cells, "same", granted)
        known.grants[name].add(granted)
        return Line(row, cells, "grant", granted)
    coming = known.coming.setdefault(name, set())
    if granted in coming:
        return Line(row, cells, "same", granted)
    coming.add(granted)
    return Line(row, cells, "new", granted)


def _fits(name: str) -> bool:
    try:
        User.username_validator(name)
    except ValidationError:
        return False
    return True


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _code(typed: str, known: Mapping[str, object] | Collection[str]) -> str | None:
    """The code that was typed, or that a unique name means; None where there is none such."""
    if not typed or typed in known or not known:
        return typed
    if not isinstance(known, Mapping):
        return None
    named = [code for code, one in known.items() if getattr(one, "name", "") == typed]
    return named[0] if len(named) == 1 else None
