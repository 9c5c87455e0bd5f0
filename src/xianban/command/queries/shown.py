"""What the door of command gives, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from xianban.casework.api import Named, Outcome
from xianban.command.rules.usual import Usual


@dataclass(frozen=True)
class PressingSeen:
    """Something pressed, and what came of it: answered, late (answered late), waiting or overdue."""

    case_id: int
    case: Outcome
    unit: Named
    by: str
    at: datetime
    reason: str
    answer_by: datetime
    escalated: bool
    verdict: str
    answered_at: datetime | None
    moved: int  # acts on the case since


@dataclass(frozen=True)
class TaskSeen:
    """A task of a meeting. `state` is open, reported, done or dropped; `late` by its date."""

    n: int
    text: str
    unit: Named
    due_at: datetime
    state: str
    late: bool
    result: str
    ended_at: datetime | None
    number: str  # of the case in which it lives, or empty
    how: str
    may_report: bool
    may_judge: bool


@dataclass(frozen=True)
class MeetingSeen:
    """A meeting: called, held, and done when every task is."""

    id: int
    title: str
    agenda: str
    starts_at: datetime
    place: str
    area: Named
    matter: Named
    units: tuple[Named, ...]
    by: str
    called_at: datetime
    minutes: str
    decision: str
    held_at: datetime | None
    tasks: tuple[TaskSeen, ...]
    cases: tuple[Outcome, ...]
    out_of_sight: int
    may_lead: bool
    open_tasks: int
    late_tasks: int

    @property
    def state(self) -> str:
        if self.held_at is None:
            return "called"
        return "following" if self.open_tasks else "done"


@dataclass(frozen=True)
class StageSeen:
    """How long a stage took in a period; `share` of all the waiting."""

    stage: str
    n: int
    median_s: float
    p90_s: float
    share: float


@dataclass(frozen=True)
class StageTable:
    """Stage times of a scope: its own, those of what lies in it, and the weeks before."""

    period: str
    stages: tuple[StageSeen, ...]
    slowest: str
    within: tuple[tuple[Named, Mapping[str, StageSeen]], ...]
    weeks: tuple[tuple[str, Mapping[str, StageSeen]], ...]


@dataclass(frozen=True)
class VisitSeen:
    """One visit behind a figure."""

    case_id: int
    number: str
    unit: Named
    street: Named
    matter: Named
    began_at: datetime
    ended_at: datetime
    seconds: float
    seen: bool  # whether the reader may open the case


@dataclass(frozen=True)
class VisitPage:
    rows: tuple[VisitSeen, ...]
    next: str


@dataclass(frozen=True)
class Scope:
    """What a figure is of: an area or a unit."""

    by: str
    code: str
    name: str


@dataclass(frozen=True)
class WeekLoad:
    """Cases that came in during a week, and what was to be expected."""

    week: str
    first: date
    until: date
    n: int
    usual: Usual | None
    whole: bool


@dataclass(frozen=True)
class Hurts:
    """Where or about what more came in than usual, over the last seven full days."""

    code: str
    name: str
    n: int
    usual: Usual | None
    per_10000: float | None = None
    population: int | None = None

    @property
    def ratio(self) -> float | None:
        return self.n / self.usual.expected if self.usual and self.usual.expected > 0 else None


@dataclass(frozen=True)
class Loads:
    """What came in: today by hour beside the usual, eight weeks, and where and about what it hurts."""

    scope: Scope
    day: date
    today: int
    by_hour: tuple[int, ...]
    usual_by_hour: tuple[Usual | None, ...]
    usual_until_now: Usual | None
    weeks: tuple[WeekLoad, ...]
    since: date
    until: date
    areas: tuple[Hurts, ...]
    matters: tuple[Hurts, ...]
    notes: tuple[str, ...] = field(default=())
