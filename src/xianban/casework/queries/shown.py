"""What the pages of casework show: frozen values, with codes and their names side by side."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from xianban.casework.rules.values import Field


@dataclass(frozen=True)
class Named:
    """A code and what to call it; the code itself where the city no longer knows it."""

    code: str
    name: str


@dataclass(frozen=True)
class Person:
    """Somebody of the staff: the id and the name."""

    id: int
    name: str


@dataclass(frozen=True)
class Offer:
    """An act that this person may do to this case now.

    `consequence` holds codes and values for the page to put into words: `to` (the next state),
    `starts`, `stops`, `pauses`, `resumes` (clock kinds), `tells` (who gets a notice).
    """

    verb: str
    fields: tuple[Field, ...]
    consequence: Mapping[str, Any]


@dataclass(frozen=True)
class CaseRow:
    """A case in a list. `next_due_at` is what is due first, whoever holds the ball, `next_due` its kind of clock."""

    id: int
    number: str
    version: int
    state: str
    title: str
    origin: str
    urgency: str
    level: str
    matter: Named
    area: Named
    place: str
    unit: Named
    received_at: datetime
    due_at: datetime
    next_due_at: datetime | None
    next_due: str
    next_due_since: datetime
    late: bool
    soon: bool
    reopened: int
    pressed: int
    assignee: int | None = None


@dataclass(frozen=True)
class WorkRow:
    """A case in a handler's day: the usual `next` act (empty: not the unit's turn), and who has the
    ball: `holder` is unit, desk or resident, `holding` the unit."""

    row: CaseRow
    next: str
    holder: str
    holding: Named


@dataclass(frozen=True)
class Owed:
    """A task that another unit asked of one's own."""

    row: CaseRow
    n: int
    ask: str
    whistle: bool
    asked_at: datetime
    due_at: datetime


@dataclass(frozen=True)
class Day:
    """A handler's day. `groups` by name (late, returned, today, week, waiting), `owed` the tasks."""

    groups: Mapping[str, tuple[WorkRow, ...]]
    owed: tuple[Owed, ...]
    counts: Mapping[str, int]
    limit: int


@dataclass(frozen=True)
class Foretold:
    """What an act would do, without its being done: the state, and what was promised before and then."""

    state: str
    due_before: datetime
    due_after: datetime


@dataclass(frozen=True)
class InBatch:
    """A case for an act on many: `refusal` says why not, empty where it can be done."""

    row: CaseRow
    refusal: Exception | None
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True)
class CaseLine:
    """A case in a file that somebody takes away: its row, and what was said and answered."""

    row: CaseRow
    areas: tuple[str, ...]
    text: str
    answer: str
    answered_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class Page:
    """One page of a list; give `next` back as `after` for the page that follows, empty at the end."""

    rows: tuple[CaseRow, ...]
    next: str


@dataclass(frozen=True)
class Found(Page):
    """One page of what was searched for. `stopped`: so much was read that one is asked whether to go
    on, by `next`. `whole` is False while the index of words is being filled."""

    stopped: bool
    whole: bool


@dataclass(frozen=True)
class Filters:
    """What to list. Empty means any. `order` is due (open cases, first due first) or newest.

    `late` and `soon` (`within` a day) speak of what is due next; they look at open cases. `states`,
    `area` and `matter` hold for everything below them. `assignee` is the id of whoever sees to it;
    `due_from` and `due_before` speak of what is due next, in open cases.
    """

    states: tuple[str, ...] = ()
    unit: str = ""
    area: str = ""
    matter: str = ""
    urgency: str = ""
    level: str = ""
    origin: str = ""
    late: bool = False
    soon: bool = False
    order: str = "due"
    assignee: int = 0
    due_from: datetime | None = None
    due_before: datetime | None = None
    within: timedelta = timedelta(days=1)  # what counts as soon
    clock: str = ""  # late or soon by this kind of clock
    received_from: datetime | None = None
    received_until: datetime | None = None  # before it


@dataclass(frozen=True)
class Counts:
    """Numbers for the header of a list, each counted up to `limit` and no further."""

    open: int
    late: int
    soon: int
    by_state: Mapping[str, int]
    limit: int


@dataclass(frozen=True)
class ClockShown:
    """`verdict` is running, overdue, paused, met, missed or void; `unit` who holds the ball."""

    n: int
    kind: str
    verdict: str
    unit: Named
    limit: str
    started_at: datetime
    due_at: datetime
    ended_at: datetime | None
    paused_at: datetime | None
    task: int


@dataclass(frozen=True)
class TaskShown:
    n: int
    unit: Named
    state: str
    ask: str
    whistle: bool
    asked_at: datetime
    due_at: datetime
    answer: str
    answered_at: datetime | None
    consultation: int
    stance: str
    basis: str


@dataclass(frozen=True)
class ConsultationShown:
    """A consultation of several units; its answers are the tasks that carry its `n`."""

    n: int
    by_name: str
    question: str
    state: str
    asked_at: datetime
    due_at: datetime
    unit: Named
    grounds: str
    decided_by_name: str
    decided_at: datetime | None
    answers: tuple[TaskShown, ...]


@dataclass(frozen=True)
class DisputeShown:
    n: int
    unit: Named
    reason: str
    text: str
    raised_at: datetime
    ruling: str
    ruled_at: datetime | None
    to_unit: Named
    grounds: str


@dataclass(frozen=True)
class SuspensionShown:
    n: int
    state: str
    evidence: str
    reason: str
    asked_at: datetime
    decided_at: datetime | None
    reviews: int
    cap_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class FollowUpShown:
    n: int
    at: datetime
    source: str
    contacted: bool
    solved: bool | None
    satisfaction: str
    text: str


@dataclass(frozen=True)
class LinkShown:
    case_id: int
    number: str
    title: str
    state: str
    kind: str
    score: float


@dataclass(frozen=True)
class Event:
    """One line of the timeline: an act, who did it, and its values (never anybody's contact)."""

    seq: int
    at: datetime
    verb: str
    actor: str
    actor_name: str
    state: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class CaseView:
    """All that a member of staff may see of one case. `persons` are ids, to be shown masked."""

    id: int
    number: str
    version: int
    state: str
    origin: str
    source: str
    title: str
    text: str
    request_kind: str
    urgency: str
    level: str
    matter: Named
    matter_path: tuple[str, ...]
    area: Named
    area_path: tuple[str, ...]
    place: str
    lat: float | None
    lon: float | None
    unit: Named
    designated: bool
    received_at: datetime
    due_at: datetime
    next_due_at: datetime | None
    ended_at: datetime | None
    assignee: Person | None
    answer: str
    claims_solved: bool | None
    ending: str
    exit: str
    supporters: int
    reopened: int
    pressed: int
    proposal: Mapping[str, Any]
    duty: Mapping[str, Any]
    clocks: tuple[ClockShown, ...]
    tasks: tuple[TaskShown, ...]
    consultations: tuple[ConsultationShown, ...]
    disputes: tuple[DisputeShown, ...]
    suspensions: tuple[SuspensionShown, ...]
    follow_ups: tuple[FollowUpShown, ...]
    links: tuple[LinkShown, ...]
    merged_into: LinkShown | None
    merged_from: tuple[LinkShown, ...]
    persons: tuple[int, ...]
    timeline: tuple[Event, ...]


@dataclass(frozen=True)
class Step:
    """One thing that happened, as the resident is told it: a code, a time, and values for the words."""

    at: datetime
    what: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """What a resident may know of a case: what happened, who does what now, and by when.

    `holder` is who has the ball: unit, desk, resident or nobody. `may` are the verbs open to a
    reporter now (rate, reopen, say, withdraw). A merged case tells the story of the other one too.
    `contact_by` is until when the unit gets in touch, `review_at` when a suspended case is looked at
    again, `reply_by` until when we wait for the resident's word, `reopen_by` until when it may be
    opened again; None where that is not so.
    """

    case_id: int
    number: str
    state: str
    matter: Named
    area: Named
    place: str
    unit: Named
    holder: str
    received_at: datetime
    promised_at: datetime | None
    answer: str
    exit: str
    exit_text: str
    ending: str
    steps: tuple[Step, ...]
    may: tuple[str, ...]
    merged_into: str
    ended_at: datetime | None
    contact_by: datetime | None = None
    review_at: datetime | None = None
    reply_by: datetime | None = None
    reopen_by: datetime | None = None


@dataclass(frozen=True)
class LateCount:
    """Open cases of a unit in a street, and how many of them are late or soon will be."""

    unit: str
    district: str
    street: str
    open: int
    late: int
    soon: int


@dataclass(frozen=True)
class ToPress:
    """A case that waits, and why it stands where it does: so late, so many people, so urgent."""

    row: CaseRow
    people: int
    late_s: float
    weight: float


@dataclass(frozen=True)
class Outcome:
    """What became of a case since: its state, and when it was answered or ended."""

    number: str
    title: str
    state: str
    unit: Named
    version: int
    answered_at: datetime | None
    ended_at: datetime | None
