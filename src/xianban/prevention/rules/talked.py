"""What most people wrote about, known only afterwards; and when each would have been raised."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from xianban.prevention.rules.replaying import Held

TOP, LATEST = 40, 20_000
SHARED, LEAST_SHARED = 0.5, 3  # of what is behind a warning, from which it is about an issue
WINDOW_DAYS = 14  # for the busiest stretch of an issue: why some are never raised


@dataclass(frozen=True)
class Talked:
    """An issue of the whole stretch; `before` and `after` the morning on which it would have been raised."""

    title: str
    area: str
    matter: str
    people: int
    messages: int
    first: date
    last: date
    raised_on: date | None
    warning: int | None  # the number of the warning
    before: int
    after: int
    most_in_window: int
    samples: tuple[str, ...]


def talked_about(
    frame: pl.DataFrame,
    raised: Sequence[Held],
    *,
    authors: Mapping[int, str],
    first: date,
    last: date,
    tz: Any,
) -> list[Talked]:
    """The issues that most people wrote about between two days, the most first; none without words."""
    from xianban.foresight import issues

    said = (
        frame.with_columns(
            day=pl.col("received").dt.convert_time_zone(str(tz)).dt.date(),
            said=pl.col("words").fill_null("").str.replace_all(r"[□#]+", "").str.strip_chars(),
        )
        .filter(
            pl.col("day").is_between(first, last, closed="left") & (pl.col("said").str.len_chars() >= 6)
        )
        .sort("received", "key")
        .tail(LATEST)
    )  # fmt: skip
    if said.height < 2:
        return []
    keys = said["key"].to_list()
    found = issues.find(
        said["said"].to_list(),
        times=said["day"].to_numpy().astype("datetime64[D]"),
        authors=[authors.get(key, "") or f"#{key}" for key in keys],
        top=TOP,
    )
    places, matters, days = said["area"].to_list(), said["matter"].to_list(), said["day"].to_list()
    told = []
    for one in found:
        members = one.members.tolist()
        own = {keys[i] for i in members}
        warning = _first_about(own, raised)
        on = warning[1].raised_day if warning else None
        when = sorted(days[i] for i in members)
        told.append(
            Talked(
                title=one.title,
                area=Counter(places[i] for i in members).most_common(1)[0][0],
                matter=Counter(matters[i] for i in members).most_common(1)[0][0],
                people=int(one.people),
                messages=len(members),
                first=when[0],
                last=when[-1],
                raised_on=on,
                warning=warning[0] if warning else None,
                before=sum(day < on for day in when) if on else len(when),
                after=sum(day >= on for day in when) if on else 0,
                most_in_window=_most_within(
                    when, [authors.get(keys[i], "") or str(keys[i]) for i in sorted(members, key=lambda i: days[i])]
                ),
                samples=tuple(one.samples),
            )
        )  # fmt: skip
    return told


def _first_about(own: set[int], raised: Sequence[Held]) -> tuple[int, Held] | None:
    """The first warning that half of those behind it make a warning about this issue, and at least three."""
    for n, held in enumerate(raised, 1):
        then = held.when_raised
        evidence = {*then.evidence} if then else set()
        shared = len(evidence & own)
        if shared >= LEAST_SHARED and shared >= SHARED * len(evidence):
            return n, held
    return None


def _most_within(days: Sequence[date], who: Sequence[str]) -> int:
    """The most different people within a fortnight."""
    at = np.array([day.toordinal() for day in days])
    return max(len({who[i] for i in np.flatnonzero((at >= day) & (at < day + WINDOW_DAYS)).tolist()}) for day in at)  # fmt: skip
