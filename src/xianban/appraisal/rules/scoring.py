"""Tallies to rates to a score, in exact fractions, so that no figure depends on how it was added up."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from xianban.appraisal.rules.intervals import wilson

if TYPE_CHECKING:
    from xianban.city.api import Profile, Rate

PEERS = "peers_"
PERCENT_DECIMALS = 2


@dataclass(frozen=True)
class RateFound:
    """One rate: `value` from 0 to 1, or None where there was nothing to divide by; of `n`."""

    name: str
    value: Fraction | None
    count: Fraction
    of: Fraction
    low: float
    high: float


@dataclass(frozen=True)
class Scored:
    """Rates and score. `exact` is the score before rounding; None: there is no figure.

    `n` is the smallest number that a weighted rate was divided by; the interval rests on it.
    """

    rates: tuple[RateFound, ...]
    exact: Fraction | None
    n: int
    low: float
    high: float


def scored(
    tallies: Mapping[str, int],
    profile: "Profile",
    *,
    peers: Mapping[str, int] | None = None,
    confidence: float | None = None,
) -> Scored:
    """The rates of one unit, area or matter, and the score where every weighted rate has a figure.

    `peers` are the tallies of all peers together, for rates that are a share of them. The interval
    of the score is Wilson's for a proportion with the same mean and the smallest n: values between
    0 and 1 never vary more than a yes or no with their mean, nor does a weighted mean of such
    rates, so it is wide enough for half marks and for any weights.
    """
    level = confidence or profile.confidence
    rates = tuple(_rate(rate, tallies, peers or {}, level) for rate in profile.rates)
    weighted = [
        (exactly(rate.weight), found)
        for rate, found in zip(profile.rates, rates, strict=True)
        if rate.weight
    ]
    if profile.without_figure == "none" and any(found.value is None for _, found in weighted):
        return Scored(rates, None, 0, 0.0, profile.scale)
    share = sum((weight * (found.value or 0) for weight, found in weighted), Fraction(0))
    n = min(int(found.of) for _, found in weighted)
    low, high = wilson(float(share), n, confidence=level)
    scale = exactly(profile.scale)
    return Scored(rates, scale * share, n, profile.scale * low, profile.scale * high)


def _rate(
    rate: "Rate", tallies: Mapping[str, int], peers: Mapping[str, int], level: float
) -> RateFound:
    count, of = _sum(rate.count, tallies, peers), _sum(rate.of, tallies, peers)
    if of <= 0:
        return RateFound(rate.name, None, count, of, 0.0, 1.0)
    value = Fraction(int(count > 0)) if rate.any else count / of
    low, high = wilson(float(value), int(of), confidence=level)
    return RateFound(rate.name, value, count, of, low, high)


def _sum(
    weights: Mapping[str, float], tallies: Mapping[str, int], peers: Mapping[str, int]
) -> Fraction:
    total = Fraction(0)
    for name, weight in weights.items():
        source = peers if name.startswith(PEERS) else tallies
        total += exactly(weight) * source.get(name.removeprefix(PEERS), 0)
    return total


def exactly(number: float) -> Fraction:
    """The number that was written: 0.9 is nine tenths."""
    return Fraction(repr(number))


def rounded(value: Fraction, decimals: int) -> Fraction:
    """To so many decimals, halves up (away from zero)."""
    scale = 10**decimals
    whole = (abs(value) * scale * 2 + 1) // 2
    return Fraction(whole if value >= 0 else -whole, scale)


def written(value: Fraction, decimals: int) -> str:
    """The rounded number as it is published: 87.5."""
    near = rounded(value, decimals)
    whole, part = divmod(abs(near.numerator) * 10**decimals // near.denominator, 10**decimals)
    sign = "-" if near < 0 else ""
    return f"{sign}{whole}.{part:0{decimals}}" if decimals else f"{sign}{whole}"


def percent(value: Fraction) -> str:
    """A rate as per cent: 88.46."""
    return written(value * 100, PERCENT_DECIMALS)
