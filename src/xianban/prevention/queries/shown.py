"""What pages get of prevention, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from xianban.prevention.queries.offers import OrderOffer
from xianban.prevention.rules.records import Record


@dataclass(frozen=True)
class Named:
    code: str
    name: str


@dataclass(frozen=True)
class WarningRow:
    """One line of the board. `trend` are the newest 28 days; `rank` its place on this list, from 1.

    `confidence` is the chance that it is real, its detector's record counted in; `harm` the people
    whom acting is expected to spare: confidence x size x helped.
    """

    id: int
    title: str
    method: str
    detector: str
    seen_by: tuple[str, ...]
    matter: Named
    area: Named
    areas: tuple[Named, ...]
    desk: Named
    unit: Named
    shown: str
    course: str
    stand: str
    outcome: str
    since: date
    first_at: datetime
    last_at: datetime
    raised_at: datetime | None
    ended_at: datetime | None
    observed: int
    expected: float
    people: int
    most_people: int
    confidence: float
    size: float
    helped: float
    harm: float
    days_left_out: int
    explained_by: str
    case: int | None
    lat: float | None
    lon: float | None
    trend: tuple[int, ...]
    outlook: Mapping[str, Any]
    effect: float | None
    version: int


@dataclass(frozen=True)
class WarningPage:
    """A page of warnings; `total` is counted up to a thousand."""

    rows: tuple[WarningRow, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class ActShown:
    """One act of the record: `verb`, who, when, and what was said, as it was written down."""

    at: datetime
    verb: str
    by: str
    said: Mapping[str, Any]


@dataclass(frozen=True)
class CaseBehind:
    id: int
    number: str
    state: str
    unit: Named
    matter: Named


@dataclass(frozen=True)
class SimilarShown:
    """An earlier warning about the same, and what helped then."""

    id: int
    title: str
    since: date
    people: int
    stand: str
    outcome: str
    number: str
    measures: str
    relative: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class SummonsShown:
    id: int
    task: int
    unit: Named
    caller: Named
    at: datetime
    arrive_by: datetime
    arrived_at: datetime | None
    late: bool
    answer_state: str
    answer: str
    answered_at: datetime | None
    grade_of_unit: int | None
    word_on_unit: str
    grade_of_caller: int | None
    word_on_caller: str
    may_arrive: bool
    may_grade: bool


@dataclass(frozen=True)
class EffectShown:
    """The registered plan and what came of it. `result` has what draws it (weeks, series, counterfactual)."""

    registered_at: datetime
    plan: Mapping[str, Any]
    state: str
    starts_on: date | None
    weeks_seen: int
    weeks: int
    result: Mapping[str, Any]


@dataclass(frozen=True)
class OrderShown:
    """The order, its authority, and what was known when it was given."""

    case: int
    number: str
    state: str
    lead: Named
    co_units: tuple[Named, ...]
    asked: tuple[str, ...]
    by: str
    at: datetime
    limit: str
    authority: str
    legal_basis: str
    playbook: tuple[str, ...]
    measures: str
    known: Mapping[str, Any]
    answered_at: datetime | None
    ended_at: datetime | None
    attached: int
    told: int  # people who wait for what is attached
    attached_cases: tuple[CaseBehind, ...]
    effect: EffectShown | None


@dataclass(frozen=True)
class WarningSeen:
    """One warning with everything to draw.

    `series`: dates, observed, expected, upper (null: not judged). `outlook`: dates, low, mid, high (the
    80% band) if nothing is done. `points`: latitude, longitude, people. `shapes`: GeoJSON geometry by
    area code. `texts` are masked. `verbs` are those that this actor may do now.
    """

    row: WarningRow
    series: Mapping[str, Any]
    outlook: Mapping[str, Any]
    points: tuple[tuple[float, float, int], ...]
    shapes: Mapping[str, str]
    texts: tuple[str, ...]
    p_value: float
    note: str
    reason: str
    quiet_until: date | None
    record: Record
    config: Mapping[str, Any]
    detector_n: int
    cases: tuple[CaseBehind, ...]
    cases_total: int
    similar: tuple[SimilarShown, ...]
    acts: tuple[ActShown, ...]
    verbs: tuple[str, ...]
    offer: OrderOffer | None
    order: OrderShown | None
    summons: tuple[SummonsShown, ...]
    may_whistle: bool


@dataclass(frozen=True)
class VersionShown:
    n: int
    state: str
    origin: str
    by: str
    at: datetime
    reason: str
    config: Mapping[str, Any]
    record: Record


@dataclass(frozen=True)
class Trial:
    """A challenger beside its champion since it began: what each found, and of that what proved real."""

    n: int
    since: datetime
    days: int
    found: int
    champion_found: int
    shared: int
    real_found: int
    champion_real: int
    empty_found: int
    champion_empty: int


@dataclass(frozen=True)
class DetectorShown:
    name: str
    title: str
    method: str
    schedule: str
    n: int
    config: Mapping[str, Any]
    record: Record
    over_budget: float
    versions: tuple[VersionShown, ...]
    trial: Trial | None
    may_tune: bool


@dataclass(frozen=True)
class DeskDay:
    """A desk's budget today: how many it got, how many were left out, and how much harm that leaves."""

    desk: Named
    budget: int
    raised: int
    left_out: int
    harm_left_out: float


@dataclass(frozen=True)
class RoundShown:
    name: str
    kind: str
    as_of: datetime
    counts: Mapping[str, int]
    by_desk: Mapping[str, Mapping[str, int]]
    listed: frozenset[str] = (
        frozenset()
    )  # figures whose warnings were kept: `Wanted(round=…, figure=…)`


@dataclass(frozen=True)
class State:
    """The leader's screen in numbers, each with the filter of the board that shows what is behind it."""

    forming: int
    studied: int
    being_done: int
    prevented: float
    prevented_low: float
    prevented_high: float
    measured: int
    helped: int  # of those measured, effects whose interval lies below 0
    left_out: int
    real: int
    empty: int
    rounds: tuple[RoundShown, ...]


@dataclass(frozen=True)
class EventShown:
    id: int
    name: str
    area: Named
    matters: tuple[Named, ...]
    starts: date
    ends: date
    note: str
    explains: int


@dataclass(frozen=True)
class SeasonShown:
    name: str
    title: str
    matter: Named
    area: Named
    prepare_from: date
    starts: date
    ends: date
    tasks: tuple[str, ...]
    phase: str  # coming, preparing or on
    warning: int | None


@dataclass(frozen=True)
class TopicShown:
    id: int
    month: str
    title: str
    matter: Named
    area: Named
    owner: Named
    measures: tuple[Mapping[str, Any], ...]
    why: Mapping[str, Any]
    state: str
    result: str
    at: datetime
    weeks: tuple[date, ...]
    people: tuple[int, ...]
    may_change: bool


@dataclass(frozen=True)
class TopicOffered:
    """What came back most: people of the last weeks beside the weeks before, and repeated warnings."""

    matter: Named
    area: Named
    people: int
    before: int
    warnings: int
    weeks: tuple[date, date]  # the Mondays from which `before` and `people` count, four weeks each
    warned_since: date


@dataclass(frozen=True)
class Visit:
    team: int
    area: Named
    hours: float
    travel_hours: float
    expected: float
    lat: float | None
    lon: float | None
    matters: tuple[tuple[Named, float], ...]
    why: Mapping[str, float]


@dataclass(frozen=True)
class Patrol:
    """Who goes where next week; `note` says why there is no plan, where there is none."""

    first_day: date | None
    area: Named
    visits: tuple[Visit, ...]
    met: float
    price: float
    teams: int
    hours: float
    note: str = ""


@dataclass(frozen=True)
class Peer:
    area: Named
    people: int
    rate: float | None
    complexity: float
    risk: float


@dataclass(frozen=True)
class Profile:
    """An area beside its peers: load, complexity, risk, and what worked there.

    `rate` is people a year per 1,000 residents; `complexity` the effective number of matters
    (exponential of the entropy); `risk` what is expected next week; `place` 1 is the highest of them.
    """

    area: Named
    level: str
    population: int | None
    people: int
    rate: float | None
    complexity: float
    risk: float
    places: Mapping[str, int]
    peers: tuple[Peer, ...]
    matters: tuple[tuple[Named, int, float], ...]
    weeks: tuple[date, ...] = ()
    load: tuple[int, ...] = ()
    worked: tuple[SimilarShown, ...] = field(default=())
