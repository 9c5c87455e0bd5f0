"""How well the machine proposes: agreement by matter, calibration, how much it decides alone, the trend."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import sqrt
from typing import Any

from xianban.accounts.api import Actor
from xianban.casework.api import ProposalSeen, proposals_seen
from xianban.city.api import City, current

LOOKED_AT = 5000  # newest cases: what the machine does now, at a cost that no city's history raises
BINS = 10
Z = 1.96
# what became of a proposal
ALONE, CORRECTED, AGREED, OVERRULED, WAITING = (
    "alone",
    "corrected",
    "agreed",
    "overruled",
    "waiting",
)


@dataclass(frozen=True)
class Share:
    """A share with its n and the interval that the number allows (Wilson, 95%)."""

    hits: int
    n: int

    @property
    def share(self) -> float | None:
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        if not self.n:
            return None
        p, n = self.hits / self.n, self.n
        middle, whole = p + Z * Z / (2 * n), 1 + Z * Z / n
        half = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


@dataclass(frozen=True)
class Band:
    """Proposals of about the same probability: what was said, and how often it was right."""

    low: float
    high: float
    said: float
    right: Share


@dataclass(frozen=True)
class OfMatter:
    matter: str
    right: Share
    alone: int
    corrected: int


@dataclass(frozen=True)
class OfWeek:
    monday: date
    alone: Share
    right: Share


@dataclass(frozen=True)
class MachineRecord:
    """All figures are of the newest `looked_at` cases, from `since` on."""

    looked_at: int
    since: datetime | None
    outcomes: dict[str, int]
    right: Share
    bands: tuple[Band, ...]
    matters: tuple[OfMatter, ...]
    weeks: tuple[OfWeek, ...]
    gap: float | None  # between what was said and what was right, weighted by n


@dataclass(frozen=True)
class Outcome:
    """One proposal and what became of it. `right` is None while nobody has decided."""

    case_id: int
    at: datetime
    matter: str
    probability: float
    became: str
    right: bool | None


def outcomes(actor: Actor, *, limit: int = LOOKED_AT) -> list[Outcome]:
    """The newest proposals of which this actor sees the cases; those that a person typed are left out."""
    city = current()
    return [
        _outcome(one, city)
        for one in proposals_seen(actor, limit=limit)
        if one.proposal.get("matter") and not one.proposal.get("given")
    ]


def _outcome(one: ProposalSeen, city: City) -> Outcome:
    proposed = str(one.proposal["matter"])
    same = proposed in city.matter_line(one.matter) or one.matter in city.matter_line(proposed)
    right = same and not one.misdirected
    confident = bool(one.proposal.get("confident"))
    if one.undecided:
        became = WAITING
    elif confident:
        became = ALONE if right else CORRECTED
    else:
        became = AGREED if right else OVERRULED
    return Outcome(
        case_id=one.case_id,
        at=one.received_at,
        matter=proposed,
        probability=float(one.proposal.get("probability") or 0.0),
        became=became,
        right=None if one.undecided else right,
    )


def record(found: Sequence[Outcome]) -> MachineRecord:
    """The figures of these proposals."""
    counts = dict.fromkeys((ALONE, CORRECTED, AGREED, OVERRULED, WAITING), 0)
    for one in found:
        counts[one.became] += 1
    decided = [one for one in found if one.right is not None]
    bands = tuple(_bands(decided))
    weighed = sum(abs(b.said - (b.right.share or 0)) * b.right.n for b in bands)
    return MachineRecord(
        looked_at=len(found),
        since=min((one.at for one in found), default=None),
        outcomes=counts,
        right=_share(decided),
        bands=bands,
        matters=tuple(_of_matters(decided)),
        weeks=tuple(_of_weeks(decided)),
        gap=weighed / len(decided) if decided else None,
    )


def _share(decided: Iterable[Outcome]) -> Share:
    rows = list(decided)
    return Share(sum(1 for one in rows if one.right), len(rows))


def band_of(probability: float) -> int:
    return min(BINS - 1, int(probability * BINS))


def _by(rows: Iterable[Outcome], key: Callable[[Outcome], Any]) -> dict[Any, list[Outcome]]:
    found: dict[Any, list[Outcome]] = defaultdict(list)
    for one in rows:
        found[key(one)].append(one)
    return found


def _bands(decided: Sequence[Outcome]) -> Iterable[Band]:
    for n, rows in sorted(_by(decided, lambda one: band_of(one.probability)).items()):
        said = sum(one.probability for one in rows) / len(rows)
        yield Band(n / BINS, (n + 1) / BINS, said, _share(rows))


def _of_matters(decided: Sequence[Outcome]) -> list[OfMatter]:
    rows = [
        OfMatter(
            matter,
            _share(some),
            sum(1 for one in some if one.became == ALONE),
            sum(1 for one in some if one.became in (CORRECTED, OVERRULED)),
        )
        for matter, some in _by(decided, lambda one: one.matter).items()
    ]
    return sorted(rows, key=lambda row: (-row.right.n, row.matter))


def _of_weeks(decided: Sequence[Outcome]) -> list[OfWeek]:
    city = current()

    def monday(one: Outcome) -> date:
        day = one.at.astimezone(city.tz).date()
        return date.fromordinal(day.toordinal() - day.weekday())

    return [
        OfWeek(
            week,
            Share(sum(1 for one in some if one.became in (ALONE, CORRECTED)), len(some)),
            _share(some),
        )
        for week, some in sorted(_by(decided, monday).items())
    ][-12:]
