"""Living through the past again, and keeping what came of it for a page to show. The ledger is not touched."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from statistics import median
from time import monotonic
from typing import Any

import numpy as np
import polars as pl
from django.db import transaction

from xianban.base.errors import BadInput, NotFound
from xianban.prevention.actions.replay_sources import Source, morning
from xianban.prevention.models import Replay, Replayed
from xianban.prevention.rules.detecting import days_of
from xianban.prevention.rules.past import Past, past_of
from xianban.prevention.rules.replaying import WARM_UP_DAYS, Held, Lived, live_through, shuffled
from xianban.prevention.rules.talked import Talked, talked_about
from xianban.prevention.rules.verdicts import RULE, Verdict, charted, verdict_of
from xianban.prevention.rules.words import DETECTORS_OWN

TOLD = Callable[[str, date, int], None]
CONTROL_SEED, CONTROL_DAYS = 1, 365  # the newest days: enough to say how often chance warns
MOST_SHOWN_AREAS = 12


def replay(
    source: Source,
    *,
    first: date | None = None,
    last: date | None = None,
    title: str = "",
    budget: int | None = None,
    control: bool = True,
    k: int = 10,
    now: datetime,
    told: TOLD = lambda part, day, raised: None,
) -> int:
    """Look on every morning from `first` to `last` at what was known then, and keep what would have been raised.

    Without days: from WARM_UP_DAYS after the first day of the past to the morning after its last. With
    `control`, the newest year is done again with moments dealt out anew among the requests of a matter:
    what is raised then is raised by chance. Raises BadInput where the days make no sense.
    """
    first, last = _span(source, first, last)
    if budget is not None:
        ahead = replace(source.city.prevention, budget=budget)
        source = replace(source, city=replace(source.city, prevention=ahead))
    began = monotonic()
    lived = _lived(source, first, last, lambda day, n: told("replay", day, n))
    whole = past_of(source.whole, until=morning(source.last + timedelta(days=1), source.city), terrain=source.terrain)  # fmt: skip
    shown = [(held, _judged(held, whole)) for held in lived.raised]
    chance: dict[str, Any] = {}
    if control:
        chance = _control(source, first, last, lambda day, n: told("control", day, n))
    talked = talked_about(source.whole, lived.raised, authors=source.authors, first=first, last=last, tz=source.city.tz)  # fmt: skip
    seconds = monotonic() - began
    with transaction.atomic():
        kept = Replay.objects.create(
            title=(title or source.name)[:200],
            own=source.own,
            source=source.name[:200],
            first=first,
            last=last,
            made_at=now,
            seconds=round(seconds, 1),
            requests=source.whole.height,
            settings={
                "budget": source.city.prevention.budget,
                "detectors": [one.plain() for one in source.detectors],
                "rule": RULE,
                "k": k if source.reader else None,
            },
            totals=_totals(lived, [verdict for _, verdict in shown]),
            days=[[str(d.day), d.found, d.raised, d.left_out, d.ongoing] for d in lived.days],
            control=chance,
            places=_places(source),
            issues=[_issue(one, source) for one in talked],
        )
        Replayed.objects.bulk_create(
            [_row(kept, n, held, verdict, source, whole) for n, (held, verdict) in enumerate(shown, 1)],
            batch_size=500,
        )  # fmt: skip
    return int(kept.pk)


def forget_replay(key: int) -> None:
    """A replay that is wanted no longer. NotFound where there is none of that number."""
    if not Replay.objects.filter(pk=key).delete()[0]:
        raise NotFound(f"there is no replay {key}; look at the list")


def _span(source: Source, first: date | None, last: date | None) -> tuple[date, date]:
    last = last or source.last + timedelta(days=1)
    if first is None:
        first = source.first + timedelta(days=WARM_UP_DAYS)
        if first > last:
            raise BadInput(
                f"the past goes from {source.first} to {source.last}, and the first {WARM_UP_DAYS} days "
                "are only looked back on; give a longer one, or name the first day"
            )
    if first > last:
        raise BadInput(
            f"{first} lies after {last}: the past goes from {source.first} to {source.last}; name days within it"
        )
    if first <= source.first or last > source.last + timedelta(days=1):
        raise BadInput(
            f"{first} to {last} lies outside what is known, {source.first} to {source.last}; name days within it"
        )
    return first, last


def _lived(source: Source, first: date, last: date, told: Callable[[date, int], None]) -> Lived:
    return live_through(
        source.city,
        source.terrain,
        source.known,
        first=first,
        last=last,
        detectors=source.detectors,
        events=source.events,
        due=source.due,
        told=told,
    )


def _control(source: Source, first: date, last: date, told: Callable[[date, int], None]) -> dict[str, Any]:  # fmt: skip
    first = max(first, last - timedelta(days=CONTROL_DAYS - 1))
    dealt = shuffled(source.whole, source.terrain.matter_at[2], seed=CONTROL_SEED)

    def known(until: datetime) -> pl.DataFrame:
        return dealt.filter(pl.col("received") < until)

    blind = replace(source, known=known, whole=dealt, events=(), due=lambda past: [])
    lived = _lived(blind, first, last, told)
    past = past_of(dealt, until=morning(source.last + timedelta(days=1), source.city), terrain=source.terrain)  # fmt: skip
    return {
        **_totals(lived, [_judged(held, past) for held in lived.raised]),
        "detectors": dict(Counter(held.detector for held in lived.raised)),
    }


def _judged(held: Held, past: Past) -> Verdict | None:
    then = held.when_raised
    if held.method == DETECTORS_OWN or then is None or held.raised_day is None:
        return None
    counts, began = _counts(then, past)
    ended = held.ended_at.astimezone(past.terrain.tz).date() if held.ended_at else None
    return verdict_of(
        counts, began, since=min(then.since, held.raised_day), raised=held.raised_day, ended=ended
    )


def _counts(then: Held, past: Past) -> tuple[np.ndarray, date]:
    days = past.days
    return days_of(then.areas, then.matter, past, days), past.date_of(days - 1)


def _totals(lived: Lived, verdicts: Sequence[Verdict | None]) -> dict[str, Any]:
    """What a whole replay came to. Pages count again what their reader may see."""
    judged = [one for one in verdicts if one is not None and one.borne_out is not None]
    leads = [one.lead_days for one in judged if one.borne_out and one.lead_days is not None]
    chances = [one.by_chance for one in judged if one.by_chance is not None]
    return {
        "days": len(lived.days),
        "raised": len(lived.raised),
        "found": sum(d.found for d in lived.days),
        "explained": lived.explained,
        "never_raised": lived.never_raised,
        "per_day": round(len(lived.raised) / max(1, len(lived.days)), 3),
        "judged": len(judged),
        "borne_out": sum(bool(one.borne_out) for one in judged),
        "by_chance": round(float(np.mean(chances)), 4) if chances else None,
        "lead_days": median(leads) if leads else None,
    }


def _row(
    kept: Replay, n: int, held: Held, verdict: Verdict | None, source: Source, past: Past
) -> Replayed:
    then, city = held.when_raised, source.city
    assert then is not None
    assert held.raised_day is not None
    titles = {one.name: one.title for one in source.detectors}
    lat, lon = _middle(then, source)
    title, texts = then.title, then.texts
    if source.reader:
        texts = source.reader.read(texts, on=held.raised_day)
        if then.method == "issue":
            title = source.reader.read([title], on=held.raised_day)[0]
    came = verdict or Verdict(0, 0.0, None, None, None)
    counts, began = _counts(then, past)
    own = source.own
    return Replayed(
        replay=kept,
        n=n,
        detector=then.detector[:60],
        detector_title=titles.get(then.detector, then.title)[:200],
        method=then.method,
        seen_by=held.seen_by,
        title=title[:200],
        matter=then.matter,
        matter_name=city.matter_name(then.matter)[:200],
        area=then.area,
        area_name=city.area_name(then.area)[:200],
        area_names=[city.area_name(code) for code in then.areas[:MOST_SHOWN_AREAS]],
        district=then.district if own else "",
        street=then.street if own else "",
        community=then.community if own else "",
        unit=then.unit,
        since=then.since,
        raised_on=held.raised_day,
        ended_on=held.ended_at.astimezone(city.tz).date() if held.ended_at else None,
        people=then.people,
        expected=round(then.expected, 3),
        most_people=held.most_people,
        confidence=then.confidence,
        p_value=then.p_value,
        harm=round(then.harm, 3),
        days_waited=then.days_left_out,
        lat=lat,
        lon=lon,
        series=then.series,
        outlook=then.outlook,
        points=then.points[:100],
        texts=texts,
        came=came.came,
        usual=round(came.usual, 3),
        borne_out=came.borne_out,
        lead_days=came.lead_days,
        by_chance=came.by_chance,
        after=charted(counts, began, raised=held.raised_day, usual=came.usual) if verdict else {},
    )


def _middle(then: Held, source: Source) -> tuple[float | None, float | None]:
    total = sum(n for *_, n in then.points)
    if total:
        return (
            round(sum(lat * n for lat, _, n in then.points) / total, 5),
            round(sum(lon * n for _, lon, n in then.points) / total, 5),
        )
    return source.terrain.xy.get(then.area, (None, None))


def _places(source: Source) -> list[list[Any]]:
    """Streets with a place, for the sketch behind the warnings."""
    streets = {*source.terrain.area_at.get("street", {}).values()}
    return [
        [source.terrain.names.get(code, code), *map(float, source.terrain.xy[code])]
        for code in sorted(streets)
        if code in source.terrain.xy
    ][:2000]


def _issue(one: Talked, source: Source) -> dict[str, Any]:
    """As anybody may read it: by the words that enough people had used by the end."""
    title, samples = one.title, list(one.samples)
    if source.reader:
        title, *samples = source.reader.read([title, *samples], on=one.last)
    return {
        "title": title[:200],
        "area": source.terrain.names.get(one.area, ""),
        "matter": source.terrain.matters.get(one.matter, ""),
        "people": one.people,
        "messages": one.messages,
        "first": str(one.first),
        "last": str(one.last),
        "raised_on": str(one.raised_on) if one.raised_on else "",
        "warning": one.warning,
        "before": one.before,
        "after": one.after,
        "most_in_window": one.most_in_window,
        "texts": [text[:200] for text in samples[:3]],
    }
