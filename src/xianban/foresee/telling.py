"""Findings as sentences and rows, in one language: what the page puts into its places."""

from dataclasses import dataclass
from typing import Any

from xianban.foresee.findings import Findings, Gathering, Outbreak, Remark
from xianban.foresee.words import Words

HEADLINES = 7
CHECKED = 100  # chances that must have been said before their fate is told
ONE_SPOT = 3  # so many reports of one point are worth a word


@dataclass(frozen=True)
class Headline:
    """One sentence of what stands out, and the part of the page that shows it."""

    text: str
    part: str
    tone: str  # late, soon, foreseen, plain: the colour of its mark


def about(value: float) -> str:
    """A number without false decimals."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def percent(value: float) -> str:
    return f"{value:.0%}"


def change(value: float) -> str:
    """A change in percent, with a true minus."""
    return f"{value:+.0%}".replace("-", "\N{MINUS SIGN}")


def small(value: float) -> str:
    """A p-value or rate as people write it; how far below a thousandth nobody can know."""
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def equals(value: float) -> str:
    """The same behind a letter: = 0.012, < 0.001."""
    said = small(value)
    return said if said.startswith("<") else f"= {said}"


def once_in(p_value: float) -> int:
    """Among how many such comparisons chance makes one, to a single digit."""
    once = round(1 / max(p_value, 1e-6))
    return round(once, -max(0, len(str(once)) - 1))


def who(one: Outbreak, words: Words) -> str:
    """What a rise is about: area and category, or the whole."""
    if one.area and one.category:
        return f"{one.category} · {one.area}"
    return one.area or one.category or words("all_areas")


def rise_line(one: Outbreak, words: Words, key: str = "rise") -> str:
    return words(
        key, who=who(one, words), observed=one.observed, expected=about(one.expected),
        first_day=one.first_day, last_day=one.last_day,
    )  # fmt: skip


def rise_sure(one: Outbreak, words: Words) -> str:
    said = words("rise_sure", once=once_in(one.p_value), q=small(one.q_value))
    if one.one_spot >= max(ONE_SPOT, one.observed / 2):
        said = words("rise_one_spot", n=one.one_spot, observed=one.observed) + said
    return said


def cluster_line(one: Gathering, words: Words, key: str = "cluster") -> str:
    key = "cluster_share" if one.basis == "share" else key
    return words(
        key, what=one.category or words("all_categories"), areas=words.listed(one.areas),
        observed=one.observed, expected=about(one.expected), risk=f"{one.relative_risk:.1f}",
        first_day=one.first_day,
    )  # fmt: skip


def cluster_sure(one: Gathering, words: Words) -> str:
    if one.basis == "share":
        return words("cluster_sure_share", p=equals(one.p_value), once=once_in(one.p_value))
    return words("cluster_sure", p=equals(one.p_value), days=round(min(one.recurrence_days, 1e7)))


def remark_line(one: Remark, words: Words) -> str:
    values: dict[str, Any] = dict(one.values)
    if one.code == "closed_weekdays":
        values["days"] = words.listed([words.weekday(day) for day in values["days"]], 7)
    elif "days" in values and isinstance(values["days"], list):
        values["days"] = words.listed(values["days"], 5)
    return words(f"remark_{one.code}", **values)


def headlines(found: Findings, words: Words) -> list[Headline]:
    """What a reader should know after ten seconds; at most seven sentences."""
    told: list[Headline] = []
    told += [
        Headline(words("head_data", said=remark_line(remark, words)), "data", "soon")
        for remark in found.remarks[:1]
        if remark.grave
    ]
    # all are surely rises; what a city feels is how many came beyond what was to be expected
    weightiest = sorted(found.outbreaks, key=lambda one: one.expected - one.observed)
    told += [
        Headline(rise_line(one, words, "head_rise"), "rises", "late" if one.current else "plain")
        for one in sorted(weightiest, key=lambda one: not one.current)[:2]
    ]
    told += [
        Headline(cluster_line(one, words, "head_cluster"), "where", "late")
        for one in found.clusters[:1]
    ]
    told += [
        Headline(words("head_issue", people=one.people, title=one.title), "issues", "plain")
        for one in found.issues[:2]
    ]
    if found.outlook:
        low, middle, high = (round(value) for value in found.outlook.sum)
        last = sum(found.outlook.past[-28:])
        said = words("head_next", low=low, middle=middle, high=high, last=last)
        told.append(Headline(said, "time", "foreseen"))
    if found.risk:
        best = found.risk[0]
        what = best.category or words("all_categories")
        said = words("head_place", what=what, area=best.area, chance=percent(best.probability))
        told.append(Headline(said, "risk", "foreseen"))
    if len(told) < HEADLINES and len(found.categories) > 1:
        most = found.categories[0]
        share = most["events"] / found.events
        said = words("head_most", what=most["name"], n=most["events"], share=share)
        told.append(Headline(said, "categories", "plain"))
    if len(told) < HEADLINES and len(found.places) > 1 and not found.cell_size:
        busiest = max(found.places, key=lambda place: place.events)
        share = busiest.events / found.events
        said = words("head_busiest", area=busiest.name, n=busiest.events, share=share)
        told.append(Headline(said, "where", "plain"))
    return told[:HEADLINES]


def risk_check_line(check: dict[str, Any], words: Words) -> str:
    """How chances as high as those that are shown came true; of fewer, those that there are."""
    bins = [
        (said, came, number)
        for said, came, number in zip(check["said"], check["came"], check["number"], strict=True)
        if number
    ]
    bins.sort(reverse=True)
    kept, n = [], 0
    for one in bins:
        kept.append(one)
        n += one[2]
        if n >= CHECKED:
            break
    said = sum(one[0] * one[2] for one in kept) / n
    came = sum(one[1] * one[2] for one in kept) / n
    return words("risk_check", weeks=check["weeks"], n=n, said=percent(said), came=percent(came))
