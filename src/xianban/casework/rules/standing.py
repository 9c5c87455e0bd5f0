"""Where a case stands, as plain values: what its acts add up to.

An act changes a `Standing`; `change_between` says what changed, and that is written to the ledger
and to the tables alike; `replay` adds the changes up again. So the three cannot drift apart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from xianban.casework.rules.words import ACTIVE, ENDED

UNSET = datetime(1970, 1, 1, tzinfo=UTC)  # every act that makes a row says when


@dataclass(slots=True)
class Clock:
    """One promise with a time. While paused, `left_s` counts what is left in the limit's own time.

    `unit` holds the ball; empty where the desk or the resident does. `late_at` is when the worker
    found it overdue; `steps` counts reminders and misses; `wake_at` is when the worker looks next.
    """

    n: int
    kind: str = ""
    state: str = "running"
    unit: str = ""
    limit: str = ""
    started_at: datetime = UNSET
    due_at: datetime = UNSET
    wake_at: datetime | None = None
    paused_at: datetime | None = None
    left_s: int | None = None
    late_at: datetime | None = None
    steps: int = 0
    ended_at: datetime | None = None
    task: int = 0


@dataclass(slots=True)
class Task:
    """A co-unit's share of a case."""

    n: int
    unit: str = ""
    state: str = "asked"
    ask: str = ""
    whistle: bool = False
    asked_at: datetime = UNSET
    due_at: datetime = UNSET
    answer: str = ""
    answered_at: datetime | None = None
    consultation: int = 0  # that it is a question of; 0 for work to be done
    stance: str = ""
    basis: str = ""


@dataclass(slots=True)
class Consultation:
    """Several units asked whose a case is, before one is named: open, decided or dropped."""

    n: int
    by: str = ""
    question: str = ""
    state: str = "open"
    asked_at: datetime = UNSET
    due_at: datetime = UNSET
    unit: str = ""
    grounds: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None


@dataclass(slots=True)
class Dispute:
    """A returned dispatch, and the ruling on it."""

    n: int
    unit: str = ""
    by: str = ""
    reason: str = ""
    text: str = ""
    raised_at: datetime = UNSET
    from_state: str = ""
    ruling: str = ""
    ruled_at: datetime | None = None
    to_unit: str = ""
    grounds: str = ""


@dataclass(slots=True)
class Suspension:
    """A case that cannot go on for now: asked, active, refused or ended."""

    n: int
    state: str = "asked"
    by: str = ""
    evidence: str = ""
    reason: str = ""
    asked_at: datetime = UNSET
    from_state: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    cap_at: datetime | None = None
    reviews: int = 0
    ended_at: datetime | None = None


@dataclass(slots=True)
class FollowUp:
    """What was heard, or not heard, after the answer."""

    n: int
    at: datetime = UNSET
    source: str = ""
    by: str = ""
    contacted: bool = False
    solved: bool | None = None
    satisfaction: str = "unstated"
    text: str = ""


ROWS: dict[str, type] = {
    "clocks": Clock,
    "tasks": Task,
    "consultations": Consultation,
    "disputes": Dispute,
    "suspensions": Suspension,
    "follow_ups": FollowUp,
}


@dataclass(slots=True)
class Standing:
    """A case as its acts left it. `limits` are the four of its duty; `due_at` is what was promised."""

    state: str = ""
    unit: str = ""
    level: str = ""
    matter: str = ""
    area: str = ""
    place: str = field(default="", compare=False)  # may be a home: never in the ledger
    urgency: str = ""
    limits: dict[str, str] = field(default_factory=dict)
    due_at: datetime = UNSET
    next_due_at: datetime | None = None
    dispatched_at: datetime | None = None
    ended_at: datetime | None = None
    designated: bool = False
    extended: bool = False
    pressed: int = 0
    reopened: int = 0
    exit: str = ""
    ending: str = ""
    answer: str = ""
    answered_at: datetime | None = None
    claims_solved: bool | None = None
    refined_at: datetime | None = None
    merged_into: int | None = None
    assignee: int | None = None
    clocks: dict[int, Clock] = field(default_factory=dict)
    tasks: dict[int, Task] = field(default_factory=dict)
    consultations: dict[int, Consultation] = field(default_factory=dict)
    disputes: dict[int, Dispute] = field(default_factory=dict)
    suspensions: dict[int, Suspension] = field(default_factory=dict)
    follow_ups: dict[int, FollowUp] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        return self.state not in ENDED

    def clock(self, kind: str, task: int = 0) -> Clock | None:
        """The clock of this kind that runs or is paused."""
        for clock in self.clocks.values():
            if clock.kind == kind and clock.task == task and clock.state in ACTIVE:
                return clock
        return None

    def active(self) -> list[Clock]:
        return [clock for clock in self.clocks.values() if clock.state in ACTIVE]

    def open_tasks(self) -> list[Task]:
        return [task for task in self.tasks.values() if task.state == "asked"]

    def consultation(self) -> Consultation | None:
        """The consultation that is open, of which there is at most one."""
        return next((row for row in self.consultations.values() if row.state == "open"), None)

    def suspension(self, *states: str) -> Suspension | None:
        """The suspension that is in one of these states, of which there is at most one."""
        for row in self.suspensions.values():
            if row.state in states:
                return row
        return None


FACTS = tuple(f.name for f in fields(Standing) if f.name not in ROWS and f.compare)
COLUMNS: dict[str, tuple[str, ...]] = {
    name: tuple(f.name for f in fields(row)) for name, row in ROWS.items()
}
_FIELDS = {name: tuple(f.name for f in fields(row) if f.name != "n") for name, row in ROWS.items()}
_DEFAULTS: dict[str, Any] = {name: row(0) for name, row in ROWS.items()}
_EMPTY = Standing()

Snapshot = dict[str, Any]


def snapshot(standing: Standing) -> Snapshot:
    """A copy of all values, to compare with later."""
    taken: Snapshot = {name: getattr(standing, name) for name in FACTS}
    taken["limits"], taken["place"] = dict(standing.limits), standing.place
    for name, columns in _FIELDS.items():
        rows = getattr(standing, name)
        taken[name] = {n: tuple(getattr(row, c) for c in columns) for n, row in rows.items()}
    return taken


def restored(taken: Snapshot) -> Standing:
    """The standing that a snapshot was taken of."""
    standing = Standing(place=taken["place"], **{name: taken[name] for name in FACTS})
    for name, row in ROWS.items():
        setattr(standing, name, {n: row(n, *values) for n, values in taken[name].items()})
    return standing


def change_between(before: Snapshot, after: Standing) -> dict[str, Any]:
    """What changed, as plain JSON: facts by name, and rows by `n` with their changed values."""
    change: dict[str, Any] = {
        name: plain(value) for name in FACTS if (value := getattr(after, name)) != before[name]
    }
    for name in ROWS:
        rows = _changed_rows(name, before[name], getattr(after, name))
        if rows:
            change[name] = rows
    return change


def _changed_rows(
    name: str, before: dict[int, tuple], after: dict[int, Any]
) -> list[dict[str, Any]]:
    changed = []
    for n, row in after.items():
        old = before.get(n)
        values = {}
        for i, column in enumerate(_FIELDS[name]):
            value = getattr(row, column)
            if value != (getattr(_DEFAULTS[name], column) if old is None else old[i]):
                values[column] = plain(value)
        if values or old is None:
            changed.append({"n": n, **values})
    return changed


def beginning(standing: Standing) -> dict[str, Any]:
    """The change that made this standing out of nothing."""
    return change_between(_NOTHING, standing)


_NOTHING = snapshot(_EMPTY)


def add(standing: Standing, change: Mapping[str, Any]) -> None:
    """Add one change to a standing, as `change_between` wrote it."""
    for name, value in change.items():
        if name in ROWS:
            rows = getattr(standing, name)
            for values in value:
                row = rows.setdefault(values["n"], ROWS[name](values["n"]))
                for column, worth in values.items():
                    setattr(row, column, _read(column, worth))
        else:
            setattr(standing, name, _read(name, value))


def replay(changes: Iterable[Mapping[str, Any]]) -> Standing:
    """Where a case stands, from the changes of its acts in order."""
    standing = Standing()
    for change in changes:
        add(standing, change)
    return standing


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value


def _read(name: str, value: Any) -> Any:
    if value is not None and (name == "at" or name.endswith("_at")):
        return datetime.fromisoformat(value)
    return value
