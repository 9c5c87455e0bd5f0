"""What the door of appraisal gives, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class PeriodSeen:
    """A period and one of its revisions. `frozen_at` is None while the figures are provisional."""

    name: str
    starts_at: datetime
    ends_at: datetime
    revision: int
    revisions: int
    reckoned_at: datetime
    frozen_at: datetime | None
    why: str
    rows: int
    digest: str


@dataclass(frozen=True)
class RateSeen:
    """A rate as published: `percent` like 88.46, or empty where there is no figure; `count` of `of`."""

    name: str
    percent: str
    count: str
    of: str
    low: float
    high: float


@dataclass(frozen=True)
class FigureSeen:
    """Rates, score and place of one unit, area or matter.

    `score` is empty where there is no figure. `rank` is None where too little is known; then
    `best` to `worst` of `among` says what can be said.
    """

    by: str
    code: str
    name: str
    peers: str
    peers_name: str
    tallies: Mapping[str, int]
    rates: tuple[RateSeen, ...]
    score: str
    n: int
    low: float
    high: float
    rank: int | None
    best: int | None
    worst: int | None
    among: int
    listed: str


@dataclass(frozen=True)
class PeersSeen:
    """Those who are compared with each other, the best first."""

    code: str
    name: str
    figures: tuple[FigureSeen, ...]


@dataclass(frozen=True)
class Ranking:
    """One view of a period: the figures that this actor may see, among peers. `whole` is the city's."""

    period: PeriodSeen
    by: str
    whole: FigureSeen | None
    groups: tuple[PeersSeen, ...]
    enough: int
    confidence: float
    scale: float
    ranked: bool


@dataclass(frozen=True)
class RowSeen:
    """One row behind a figure. `left_out` is the ground on which it does not count, or empty."""

    id: int
    case_id: int
    number: str
    n: int
    at: datetime
    unit: str
    unit_name: str
    area_name: str
    matter_name: str
    tallies: Mapping[str, int]
    left_out: str
    asked: str  # state of what was asked about it: asked, granted, refused or empty


@dataclass(frozen=True)
class RowPage:
    """Some of the rows behind a figure; `next` is the mark of the next page, or empty."""

    rows: tuple[RowSeen, ...]
    next: str
    total: int


@dataclass(frozen=True)
class AskedSeen:
    """What a unit asked about a case, and what was decided. `may_decide`: by whoever looks."""

    id: int
    kind: str  # exclusion or appeal
    period: str
    number: str
    unit: str
    unit_name: str
    ground: str
    evidence: str
    asked_by: str
    asked_at: datetime
    state: str
    decided_by: str
    decided_at: datetime | None
    reason: str
    corrected_in: int | None
    may_decide: bool

    @property
    def which(self) -> str:
        """A mark that no other request has."""
        return f"{self.kind}-{self.id}"
