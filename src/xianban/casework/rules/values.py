"""What the doors of casework take and give, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Like:
    """A case that a new one is likely to repeat: an open one by its key, or by its place in this batch."""

    score: float
    case: int = 0
    place: int | None = None


@dataclass(frozen=True)
class NewCase:
    """Something to be done, as intake (or a sensor, or a grid worker) hands it in.

    `text`, `title` and `place` have phone numbers and the like masked already. `assignment` is the
    city's `Assignment` (lead, limits) or None: then the case stays received until a person decides.
    `person` is the id of whoever asked, or None. `clocks_from` is when the limits begin to count:
    `received_at` if left out; an import of old messages gives the time of the import.
    `opened_at` is when the desk took it, for a history that is brought in; left out, now.
    `likes` are linked as similar from the start, which saves locking the case to link it later.
    `tell=False` sends no notices (imports of history). `files` are the digests of what came with it, which
    whoever opens it attaches. `level` is one of `LEVELS`, or empty: that of the lead unit. `proposal` is dispatch's reasons, kept to be shown as they are.
    """

    origin: str
    text: str
    received_at: datetime
    title: str = ""
    matter: str = ""
    area: str = ""
    place: str = ""
    lat: float | None = None
    lon: float | None = None
    urgency: str = "normal"
    request_kind: str = ""
    source: str = ""
    person: int | None = None
    supporters: int = 0
    proposal: Mapping[str, Any] = field(default_factory=dict)
    assignment: Any = None
    level: str = ""
    clocks_from: datetime | None = None
    opened_at: datetime | None = None
    tell: bool = True
    likes: tuple[Like, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opened:
    """A case that now exists: its key, its number, its state, and the date promised."""

    case_id: int
    number: str
    state: str
    unit: str
    due_at: datetime
    matter: str = ""


@dataclass(frozen=True)
class NewLink:
    """Two cases that have to do with each other; `score` is how sure a machine is, 1 for a person.

    `at` is when that was noted, for a history that is brought in; left out, now.
    """

    case: int
    other: int
    kind: str = "similar"
    score: float = 1.0
    at: datetime | None = None


@dataclass(frozen=True)
class Swept:
    """What one round over the clocks did; `more` says that due clocks are left."""

    looked: int = 0
    reminded: int = 0
    missed: int = 0
    closed: int = 0
    resumed: int = 0
    skipped: int = 0
    more: bool = False


@dataclass(frozen=True)
class Field:
    """One thing that an act asks for.

    `kind` is text, unit, units, choice, yes_no, limit, case, area, matter, level, task, opinion, urgency,
    person (an id), checks (what was answered to each point of a checklist) or files (which are
    handed to `perform` beside its data);
    `choices` are codes (for a task: `n` of the task) to be named in the page's language;
    for people `names` has what they are called.
    """

    name: str
    kind: str = "text"
    required: bool = True
    choices: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
