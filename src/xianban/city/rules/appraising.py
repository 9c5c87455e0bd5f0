"""How a city appraises: the formula, the periods and the peers that city.toml may state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# What is counted of each case in a period. The first six are counted of valid follow-ups alone.
TALLIES: Mapping[str, str] = {
    "valid": "follow-ups in which the requester was reached, or rated of their own accord",
    "contacted": "of these: the unit had spoken with the requester within the contact limit",
    "solved": "of these: solved",
    "satisfied": "of these: satisfied",
    "basically": "of these: basically satisfied",
    "dissatisfied": "of these: dissatisfied",
    "cases": "cases, whether anybody was reached or not",
    "dispatched": "cases for which a person found the unit in time, or none had to",
    "signed": "cases that the unit signed for in time",
    "answered": "cases that were answered in time",
    "redone": "cases that had to be put right at least once",
    "returned": "cases that the unit had returned",
    "misdirected": "cases that were dispatched to a unit which was rightly against it",
}
PEERS = "peers_"  # before a tally in `of`: that of all peers together
COUNTINGS = ("last", "first", "each")
WITHOUT_FIGURE = ("none", "zero")
MOST_RATES = 12
CLOSE = 1e-9


@dataclass(frozen=True)
class Rate:
    """One rate: a weighted sum of tallies, of another. `any`: 1 where the sum is above 0, else 0."""

    name: str
    weight: float
    count: Mapping[str, float]
    of: Mapping[str, float]
    any: bool = False


@dataclass(frozen=True)
class PeerGroup:
    """Kinds of units that are compared with each other."""

    name: str
    kinds: tuple[str, ...]


THREE_RATES = (
    {"name": "response", "weight": 0.1, "count": {"contacted": 1.0}, "of": {"valid": 1.0}},
    {
        "name": "satisfaction",
        "weight": 0.4,
        "count": {"satisfied": 1.0, "basically": 0.9},
        "of": {"valid": 1.0},
    },
    {"name": "resolution", "weight": 0.5, "count": {"solved": 1.0}, "of": {"valid": 1.0}},
)


@dataclass(frozen=True)
class Profile:
    """The appraisal of one city; each field is a key of `[appraisal]` in city.toml."""

    first_day: int = 1
    first_hour: int = 0
    counting: str = "last"
    scale: float = 100.0
    decimals: int = 1
    without_figure: str = "none"
    enough: int = 30
    confidence: float = 0.95
    red_list: int = 0
    black_list: int = 0
    groups: tuple[PeerGroup, ...] = ()
    rates: tuple[Rate, ...] = field(default_factory=lambda: rates_of(THREE_RATES))

    def group_of(self, kind: str) -> str:
        """The peers of a kind of unit: a stated group, or else the kind itself."""
        return next((group.name for group in self.groups if kind in group.kinds), kind)


def read_rates(value: Any) -> list[dict[str, Any]] | None:
    """The rates as stated, in one form; None where they make no sense."""
    if not isinstance(value, list) or not 0 < len(value) <= MOST_RATES:
        return None
    rates = [_rate(one) for one in value]
    if any(rate is None for rate in rates):
        return None
    found = [rate for rate in rates if rate]
    names = {rate["name"] for rate in found}
    total = sum(rate["weight"] for rate in found)
    return found if len(names) == len(found) and abs(total - 1) < CLOSE else None


def _rate(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict) or not set(value) <= {"name", "weight", "count", "of", "any"}:
        return None
    name, weight = _name(value.get("name")), _number(value.get("weight"), 0, 1)
    count = _sum(value.get("count"), allowed=set(TALLIES))
    of = _sum(value.get("of"), allowed={*TALLIES, *(PEERS + name for name in TALLIES)})
    whether = value.get("any", False)
    if name is None or weight is None or not count or not of or not isinstance(whether, bool):
        return None
    rate = {"name": name, "weight": weight, "count": count, "of": of}
    return rate | {"any": True} if whether else rate


def _sum(value: Any, *, allowed: set[str]) -> dict[str, float] | None:
    if not isinstance(value, dict) or not value or not set(value) <= allowed:
        return None
    weights = {name: _number(weight, -1, 1) for name, weight in value.items()}
    return {n: w for n, w in weights.items() if w is not None} if None not in weights.values() else None  # fmt: skip


def read_groups(value: Any) -> list[dict[str, Any]] | None:
    """The groups of peers as stated; None where they make no sense, or a kind is in two of them."""
    if not isinstance(value, list):
        return None
    kinds: list[str] = []
    for one in value:
        if not isinstance(one, dict) or set(one) != {"name", "kinds"} or not _name(one["name"]):
            return None
        if not isinstance(one["kinds"], list) or not all(_name(kind) for kind in one["kinds"]):
            return None
        kinds += one["kinds"]
    names = [one["name"] for one in value]
    return value if len({*kinds}) == len(kinds) and len({*names}) == len(names) else None


def _name(value: Any) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text if text and text.isprintable() and len(text) <= 40 else None


def _number(value: Any, low: float, high: float) -> float | None:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    return float(value) if fits else None


def rates_of(stated: Any) -> tuple[Rate, ...]:
    """Rates from their stated form."""
    return tuple(
        Rate(one["name"], one["weight"], one["count"], one["of"], one.get("any", False))
        for one in stated
    )


def profile_from(stated: Mapping[str, Any]) -> Profile:
    """The profile that holds, from what is stated by name of the field."""
    values = dict(stated)
    if "rates" in values:
        values["rates"] = rates_of(values["rates"])
    if "groups" in values:
        values["groups"] = tuple(PeerGroup(g["name"], tuple(g["kinds"])) for g in values["groups"])
    return Profile(**values)


def stated_from(profile: Profile) -> dict[str, Any]:
    """A profile as plain JSON, every field of it; `profile_from` reads it back."""
    plain = {name: getattr(profile, name) for name in Profile.__dataclass_fields__}
    rates = [
        {"name": r.name, "weight": r.weight, "count": dict(r.count), "of": dict(r.of)}
        | ({"any": True} if r.any else {})
        for r in profile.rates
    ]
    groups = [{"name": g.name, "kinds": list(g.kinds)} for g in profile.groups]
    return plain | {"rates": rates, "groups": groups}
