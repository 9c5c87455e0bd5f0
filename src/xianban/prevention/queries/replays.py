"""Replays as pages show them, each within the reader's reach: other cities' files for those who see the whole."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from xianban.accounts.api import Actor
from xianban.base.errors import NotFound
from xianban.city.api import current
from xianban.prevention.models import Replay, Replayed
from xianban.prevention.queries.reach import in_reach, must_see_warnings

SIZE = 50
NO_REPLAY = "there is no such replay, or none that you may see; look at the list"
VERDICTS = {
    "yes": Q(borne_out=True),
    "no": Q(borne_out=False),
    "open": Q(borne_out=None),
}
PLAIN = (
    "n", "raised_on", "since", "ended_on", "title", "matter_name", "area_name", "area_names", "detector",
    "detector_title", "method", "seen_by", "people", "expected", "most_people", "confidence", "harm",
    "days_waited", "came", "usual", "borne_out", "lead_days", "by_chance", "lat", "lon", "texts",
)  # fmt: skip


@dataclass(frozen=True)
class ReplayRow:
    """A line of the list, and what stands above one replay; `raised` and what follows are the reader's."""

    id: int
    title: str
    own: bool
    source: str
    first: date
    last: date
    made_at: datetime
    seconds: float
    requests: int
    budget: int
    days: int
    raised: int
    judged: int
    borne_out: int
    issues: int

    @property
    def per_day(self) -> float:
        return self.raised / max(1, self.days)

    @property
    def share(self) -> float | None:
        return self.borne_out / self.judged if self.judged else None


@dataclass(frozen=True)
class Sums:
    """What followed, over all warnings that the reader sees."""

    judged: int
    borne_out: int
    by_chance: float | None  # how often the rule says yes at the same places on any other day
    lead_days: float | None  # the middle one of those that were borne out
    came: int
    usual: float
    busiest_day: int  # warnings on the day with most of them
    full_days: int  # days on which as many were raised as the budget allows


@dataclass(frozen=True)
class Month:
    first: date
    raised: int
    borne_out: int
    judged: int


@dataclass(frozen=True)
class Group:
    """A matter, area or detector with its warnings."""

    code: str
    name: str
    raised: int
    judged: int
    borne_out: int
    newest: int = 0  # of a detector: in the days that the control has, too


@dataclass(frozen=True)
class Asked:
    """Which warnings of a replay: of a month (YYYY-MM), a day, a matter, an area, a detector, a verdict."""

    month: str = ""
    day: str = ""
    matter: str = ""
    area: str = ""
    detector: str = ""
    verdict: str = ""
    page: int = 1


@dataclass(frozen=True)
class ReplaySeen:
    """One replay. `days` are [date, found, raised, left out, ongoing] of the whole, without places."""

    row: ReplayRow
    sums: Sums
    whole: bool
    settings: dict[str, Any]
    control: dict[str, Any]
    totals: dict[str, Any]
    days: list[Any]
    places: list[Any]
    issues: list[dict[str, Any]]
    months: tuple[Month, ...]
    matters: tuple[Group, ...]
    areas: tuple[Group, ...]
    detectors: tuple[Group, ...]
    warnings: tuple[Replayed, ...]
    total: int
    more: bool


def replays(actor: Actor) -> tuple[ReplayRow, ...]:
    """The newest replays that this actor may see anything of."""
    must_see_warnings(actor)
    reach = _reach(actor)
    kept = list(_seen(reach).order_by("-made_at", "-pk")[:SIZE])
    counted: dict[int, dict[str, Any]] = {
        one["replay"]: dict(one)
        for one in Replayed.objects.filter(reach, replay__in=kept)
        .order_by()
        .values("replay")
        .annotate(**_COUNTS)
    }
    return tuple(_row(one, counted.get(one.pk, {})) for one in kept)


_COUNTS = {
    "raised": Count("pk"),
    "judged": Count("pk", filter=Q(borne_out__isnull=False)),
    "out": Count("pk", filter=Q(borne_out=True)),
}


def replay_seen(key: int, actor: Actor, asked: Asked | None = None) -> ReplaySeen:
    """One replay with a page of its warnings, in order of days. NotFound where it is out of sight."""
    must_see_warnings(actor)
    asked = asked or Asked()
    reach = _reach(actor)
    kept = _one(key, reach)
    rows = Replayed.objects.filter(reach, replay=kept).order_by()
    narrowed = _narrowed(rows, asked)
    start = (max(1, asked.page) - 1) * SIZE
    page = list(
        narrowed.order_by("raised_on", "n").defer("series", "outlook", "points", "after")[
            start : start + SIZE + 1
        ]
    )
    counts = rows.aggregate(**_COUNTS)
    months = rows.values_list("raised_on__year", "raised_on__month").annotate(**_COUNTS)
    return ReplaySeen(
        row=_row(kept, counts),
        sums=_sums(rows, kept),
        whole=not reach,
        settings=kept.settings,
        control=kept.control,
        totals=kept.totals,
        days=kept.days,
        places=kept.places,
        issues=[] if reach else kept.issues,
        months=tuple(
            Month(date(year, month, 1), raised, out, judged)
            for year, month, raised, judged, out in months.order_by("raised_on__year", "raised_on__month")
        ),
        matters=_groups(rows, "matter", "matter_name"),
        areas=_groups(rows, "area", "area_name"),
        detectors=_detectors(rows, kept),
        warnings=tuple(page[:SIZE]),
        total=narrowed.count(),
        more=len(page) > SIZE,
    )  # fmt: skip


def replayed(key: int, n: int, actor: Actor) -> tuple[ReplayRow, Replayed, dict[str, Any]]:
    """One warning of a replay with its evidence, the replay, and the rule of the verdict."""
    must_see_warnings(actor)
    reach = _reach(actor)
    kept = _one(key, reach)
    row = Replayed.objects.filter(reach, replay=kept, n=n).first()
    if row is None:
        raise NotFound("there is no such warning in this replay, or none that you may see; look at the list")  # fmt: skip
    return _row(kept, {}), row, kept.settings


def replay_as_plain(key: int, actor: Actor) -> dict[str, Any]:
    """A replay as plain values, for machines."""
    must_see_warnings(actor)
    reach = _reach(actor)
    kept = _one(key, reach)
    rows = Replayed.objects.filter(reach, replay=kept)
    return {
        "id": kept.pk,
        "title": kept.title,
        "source": kept.source,
        "own": kept.own,
        "first": kept.first,
        "last": kept.last,
        "seconds": kept.seconds,
        "requests": kept.requests,
        "budget": kept.settings["budget"],
        "rule": kept.settings["rule"],
        "totals": kept.totals,
        "control": kept.control,
        "days": kept.days,
        "issues": kept.issues,
        "warnings": list(rows.order_by("n").values(*PLAIN)),
    }


def _reach(actor: Actor) -> Q:
    """What of all warnings this actor may see; everything is an empty condition. A file needs no city."""
    return Q() if actor.kind == "machine" else in_reach(actor, current())


def _seen(reach: Q) -> QuerySet[Replay]:
    return Replay.objects.filter(own=True) if reach else Replay.objects.all()


def _one(key: int, reach: Q) -> Replay:
    kept = _seen(reach).filter(pk=key).first()
    if kept is None:
        raise NotFound(NO_REPLAY)
    return kept


def _row(kept: Replay, counts: dict[str, Any]) -> ReplayRow:
    return ReplayRow(
        id=kept.pk,
        title=kept.title,
        own=kept.own,
        source=kept.source,
        first=kept.first,
        last=kept.last,
        made_at=kept.made_at,
        seconds=kept.seconds,
        requests=kept.requests,
        budget=kept.settings["budget"],
        days=(kept.last - kept.first).days + 1,
        raised=counts.get("raised", 0),
        judged=counts.get("judged", 0),
        borne_out=counts.get("out", 0),
        issues=len(kept.issues),
    )


def _sums(rows: QuerySet[Replayed], kept: Replay) -> Sums:
    values = list(rows.values_list("borne_out", "by_chance", "lead_days", "came", "usual"))
    judged = [one for one in values if one[0] is not None]
    chances = [chance for _, chance, *_ in judged if chance is not None]
    leads = [lead for yes, _, lead, *_ in judged if yes and lead is not None]
    per_day = list(
        rows.values_list("raised_on").annotate(n=Count("pk")).values_list("n", flat=True)
    )
    return Sums(
        judged=len(judged),
        borne_out=sum(bool(yes) for yes, *_ in judged),
        by_chance=sum(chances) / len(chances) if chances else None,
        lead_days=median(leads) if leads else None,
        came=sum(came for *_, came, _ in judged),
        usual=sum(usual for *_, usual in judged),
        busiest_day=max(per_day, default=0),
        full_days=sum(n >= kept.settings["budget"] for n in per_day),
    )


def _groups(rows: QuerySet[Replayed], code: str, name: str) -> tuple[Group, ...]:
    found = (
        rows.values_list(code, name).annotate(**_COUNTS).order_by(F("raised").desc(), code)[:200]
    )
    return tuple(Group(*one) for one in found)


def _detectors(rows: QuerySet[Replayed], kept: Replay) -> tuple[Group, ...]:
    since = kept.last - timedelta(days=kept.control.get("days", 0) - 1)
    newest = rows.filter(raised_on__gte=since).values_list("detector").annotate(n=Count("pk"))
    counts = dict(newest)
    found = _groups(rows, "detector", "detector_title")
    return tuple(replace(one, newest=counts.get(one.code, 0)) for one in found)


def _narrowed(rows: QuerySet[Replayed], asked: Asked) -> QuerySet[Replayed]:
    if asked.month:
        year, _, month = asked.month.partition("-")
        rows = rows.filter(raised_on__year=int(year), raised_on__month=int(month))
    if asked.day:
        rows = rows.filter(raised_on=asked.day)
    for name in ("matter", "area", "detector"):
        if value := getattr(asked, name):
            rows = rows.filter(**{name: value})
    return rows.filter(VERDICTS[asked.verdict]) if asked.verdict in VERDICTS else rows
