"""What was found in a file, as plain values: the report draws them, `findings.json` holds them."""

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Remark:
    """Something about the data that whoever reads the findings must know."""

    code: str  # a key of `words.REMARKS`
    values: dict[str, Any] = field(default_factory=dict)
    grave: bool = False  # findings may be wrong because of it


@dataclass(frozen=True)
class Series:
    """Counts over time beside what was expected, to draw an outbreak by."""

    starts: list[str]
    counts: list[int]
    expected: list[float | None]
    upper: list[float | None]


@dataclass(frozen=True)
class Outbreak:
    """A series that came to more than its own past allows, over one or more steps in a row."""

    area: str
    category: str
    first_day: str
    last_day: str
    observed: int
    expected: float
    p_value: float
    q_value: float
    step_days: int
    current: bool  # it lasts into the newest step
    one_spot: int  # most of them that came from one point; 0 where points are unknown
    series: Series


@dataclass(frozen=True)
class Gathering:
    """Neighbouring areas that together have more than expected up to the last day.

    `basis` of what was expected: the areas' own "past", or, in a file too short for one, their
    "share" of all requests.
    """

    category: str
    areas: list[str]
    first_day: str
    last_day: str
    observed: int
    expected: float
    relative_risk: float
    p_value: float
    recurrence_days: float
    places: list[int]
    basis: str


@dataclass(frozen=True)
class Issue:
    """What residents talk about: one place or body and one problem."""

    title: str
    messages: int
    people: int
    copies: int
    support: float
    first: str
    last: str
    places: list[str]
    samples: list[str]


@dataclass(frozen=True)
class Outlook:
    """Counts to come: the whole, day by day with its band, and areas and categories by their sums."""

    days: list[str]
    low: list[float]
    middle: list[float]
    high: list[float]
    sum: tuple[float, float, float]  # of all days together: low, middle, high
    past_days: list[str]
    past: list[int]
    sums: list[dict[str, Any]]  # area, expected, low, high, last (as many days just past)


@dataclass(frozen=True)
class Spot:
    """A place and matter, and the chance of at least one event in the next seven days."""

    area: str
    category: str
    probability: float
    recent: int  # events there in the last 28 days
    reason: str
    place: int


@dataclass(frozen=True)
class Place:
    """An area as the map shows it."""

    name: str
    x: float
    y: float
    events: int


@dataclass(frozen=True)
class Section:
    """A part that was not worked out, and why, in a word of `words.SKIPPED`."""

    part: str
    why: str


@dataclass(frozen=True)
class Findings:
    """All of it. Lists are empty where nothing was found; `skipped` says what was not looked for."""

    file: str
    rows: int
    events: int
    first_day: str
    last_day: str
    days: int
    areas: int
    categories: list[dict[str, Any]]  # the commonest
    category_count: int  # of all there are
    daily: list[int]
    usual_day: float
    rhythm: list[
        list[int]
    ]  # (weekday from Monday, hour): how many came; empty where no hours are told
    degrees: bool
    cell_size: float
    remarks: list[Remark]
    outbreaks: list[Outbreak]
    tested: int  # series-steps that were judged
    fdr: float  # share of the outbreaks that chance is expected to have made
    clusters: list[Gathering]
    scans: int
    issues: list[Issue]
    outlook: Outlook | None
    risk: list[Spot]
    risk_check: dict[str, Any] | None
    places: list[Place]
    points: list[list[float]]
    skipped: list[Section]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON, without what only the drawing needs."""
        whole = plain(asdict(self))
        del whole["points"]
        return whole


def plain(value: Any) -> Any:
    """NumPy's numbers as Python's, and floats to six significant digits."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(f"{float(value):.6g}") if np.isfinite(value) else None
    if isinstance(value, (np.datetime64, date)):
        return str(value)
    return value
