"""Rounds: look at the history, keep each finding once, fill the desks' budgets. A round is done once."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from xianban.accounts.api import MACHINE
from xianban.base.home import home, one_at_a_time
from xianban.city.api import City, Detector, current, month_day
from xianban.history.api import export, read
from xianban.intake.api import cases_of_requests
from xianban.ledger.api import Entry, append
from xianban.prevention.actions.detectors import config_of, in_use, tune
from xianban.prevention.actions.loads import keep_loads, keep_risks
from xianban.prevention.actions.measuring import keep_measures
from xianban.prevention.actions.writing import entry
from xianban.prevention.models import Behind, DetectorVersion, Round, Warning
from xianban.prevention.queries.events import known_events
from xianban.prevention.queries.records import effects_of, record
from xianban.prevention.queries.terrain import terrain_of
from xianban.prevention.rules.budgeting import helped_of, precision_of
from xianban.prevention.rules.detecting import detect, risk_of, with_courses
from xianban.prevention.rules.finding import Finding
from xianban.prevention.rules.keeping import Keeping
from xianban.prevention.rules.matching import BACK_WITHIN_DAYS
from xianban.prevention.rules.past import Past, past_of
from xianban.prevention.rules.seasons import next_span, prepare

KEEPS_DAYS = 3 * 366
TOLD = Callable[[str], None]
CASES_OF = Callable[[set[int]], Mapping[int, int]]


@dataclass(frozen=True)
class RoundDone:
    """What a round came to; `counts`: found, new, raised, left_out, explained, returned, ended."""

    name: str
    as_of: datetime
    counts: Mapping[str, int]


def folder_of() -> Path:
    return home() / "history"


def looks_due(*, now: datetime) -> list[str]:
    """Which looks this hour and this night have not had yet: nightly, hourly."""
    names = {name_of(kind, now, current()): kind for kind in ("nightly", "hourly")}
    there = set(Round.objects.filter(name__in=names).values_list("name", flat=True))
    return [kind for name, kind in names.items() if name not in there]


def keep(*, now: datetime) -> list[RoundDone]:
    """The worker's call: what this hour and this night have not had yet."""
    done = [look(kind, now=now) for kind in looks_due(now=now)]
    return [one for one in done if one]


def name_of(kind: str, at: datetime, city: City) -> str:
    here = at.astimezone(city.tz)
    return f"{kind}:{here:%Y-%m-%d}" if kind == "nightly" else f"{kind}:{here:%Y-%m-%dT%H}"


def look(
    kind: str,
    *,
    now: datetime,
    as_of: datetime | None = None,
    imported: bool = False,
    folder: Path | None = None,
    told: TOLD = lambda said: None,
) -> RoundDone | None:
    """One round, nightly (up to the last midnight) or hourly (up to the hour); None where it was done.

    `as_of` looks at what was known then; with `imported`, what came in a file counts as known when it
    was received. `folder` is a history to read as it is, else the home's own is brought up to date.
    All is computed first and written in one transaction: cut off before its end, nothing was done.
    """
    city = current()
    until = _until(kind, as_of or now, city)
    name = name_of(kind, until, city)
    with one_at_a_time("prevention"):
        if Round.objects.filter(name=name).exists():
            return None
        told("history")
        if folder is None:
            folder = folder_of()
            export(folder)
        frame = read(
            folder, as_of=until, since=until - timedelta(days=KEEPS_DAYS), until=until, imported=imported
        )  # fmt: skip
        past = past_of(frame, until=until, terrain=terrain_of(city), hourly=kind == "hourly")
        return record_round(kind, past, now=now, told=told)


def record_round(
    kind: str,
    past: Past,
    *,
    now: datetime,
    told: TOLD = lambda said: None,
    cases_of: CASES_OF | None = None,
) -> RoundDone | None:
    """A round on a past that was read already: detect, keep, fill the budgets; None where it was done.

    `cases_of` says which case each request of the past belongs to, where that is not this home's.
    """
    city = current()
    name = name_of(kind, past.until, city)
    champions, challengers = in_use(city, now=now)
    champions = [row for row in champions if row.config["schedule"] == kind]
    challengers = [row for row in challengers if row.config["schedule"] == kind]
    if kind == "nightly":
        past = _with_risk(past, champions, city, told)
    seen = [(row, _looked(row, past, told)) for row in (*champions, *challengers)]
    proposed = seasons_due(past, city) if kind == "nightly" else []
    began = now
    try:
        with transaction.atomic():
            row = Round.objects.create(
                name=name, kind=kind, as_of=past.until, began_at=began, ended_at=now
            )
            kept = _Kept(past, city, now, cases_of or cases_of_requests)
            for version, found in seen:
                kept.take(version, found)
            kept.take_season(proposed)
            after = {row.name: int(row.config["ends_after_days"]) for row, _ in seen}
            kept.end_what_is_over(after, seasons=kind == "nightly")
            kept.fill_budgets()
            kept.write()
            row.counts, row.by_desk, row.warnings = dict(kept.counts), kept.by_desk, kept.behind
            row.save(update_fields=["counts", "by_desk", "warnings"])
    except IntegrityError:
        if Round.objects.filter(name=name).exists():
            return None  # another worker was first
        raise
    if kind == "nightly":
        told("loads")
        keep_loads(past, city)
        keep_measures(past, now=now)
        tune(now=now)
    return RoundDone(name, past.until, dict(kept.counts))


def _until(kind: str, at: datetime, city: City) -> datetime:
    here = at.astimezone(city.tz)
    if kind == "nightly":
        return datetime.combine(here.date(), time(), city.tz).astimezone(UTC)
    return here.replace(minute=0, second=0, microsecond=0).astimezone(UTC)


def _looked(row: DetectorVersion, past: Past, told: TOLD) -> list[Finding]:
    told(row.name)
    return with_courses(detect(config_of(row), past), past)


def _with_risk(past: Past, champions: Sequence[DetectorVersion], city: City, told: TOLD) -> Past:
    """The ranking for next week, once for the warnings and the patrols alike."""
    row = next((r for r in champions if r.config["method"] == "risk"), None)
    if row is None:
        return past
    told("risk")
    ranked = risk_of(config_of(row), past)
    keep_risks(ranked, city)
    return replace(past, extra={**past.extra, "risk": ranked})


def seasons_due(past: Past, city: City) -> list[Finding]:
    """What the calendar proposes to prepare now."""
    today = past.today + timedelta(days=1)
    found = []
    for season in city.prevention.seasons:
        starts, ends_ = month_day(season.starts), month_day(season.ends)
        if starts is None or ends_ is None:
            continue
        one = prepare(season, past, span=next_span(starts, ends_, today), root=city.root)
        found += [one] if one else []
    return found


def season_desk(one: Finding) -> Detector:
    """Proposals of the calendar go to the city's desk, and are over soon after they are made no more."""
    return Detector(
        name=one.detector, title=one.title, method="daily", desk="city", ends_after_days=2
    )


class _Kept(Keeping[Any]):  # of Warning, whose fields a type checker does not know yet here
    """A round in the tables and the ledger, in one transaction."""

    def __init__(self, past: Past, city: City, now: datetime, cases_of: CASES_OF) -> None:
        rows = {row.pk: row for row in _within_reach(past.today)}
        super().__init__(
            past, city, events=known_events(city), rows=rows, cases=_cases_behind(rows)
        )
        self.now = now
        self.entries: list[Entry] = []
        self.cases_of = cases_of
        self._effects: dict[str, float] = {}
        self._records: dict[str, float] = {}

    def take(self, version: DetectorVersion, found: Sequence[Finding]) -> None:
        """Each finding into its warning; a challenger's into its own, silent ones."""
        keys = {key for one in found for key in one.evidence}
        case_of = self.cases_of(keys)
        silent = version.state == "challenger"
        for one in found:
            cases = frozenset(case_of[key] for key in one.evidence if key in case_of)
            self.keep(one, cases, config_of(version), version.n, silent=silent)

    def take_season(self, found: Sequence[Finding]) -> None:
        for one in found:
            self.keep(one, frozenset(), season_desk(one), 1, silent=False)

    def made(self, fields: Mapping[str, Any]) -> Warning:
        row = Warning(**fields)
        row.save(force_insert=True)
        return row

    def save(self, row: Warning, *fields: str) -> None:
        row.save(update_fields=fields or None)

    def put_behind(self, row: Warning, fresh: Iterable[int]) -> None:
        Behind.objects.bulk_create(
            [Behind(warning=row, case=case, since=self.past.until) for case in fresh],
            ignore_conflicts=True,
        )

    def note(self, row: Warning, verb: str, said: dict[str, Any]) -> None:
        self.entries.append(entry(row, verb, said, actor=MACHINE.key, now=self.now))

    def precision(self, detector: str) -> float:
        if detector not in self._records:
            seen = record(detector)
            self._records[detector] = precision_of(seen.real, seen.empty)
        return self._records[detector]

    def helped(self, matter: str) -> float:
        if matter not in self._effects:
            self._effects[matter] = helped_of(effects_of(matter=matter))
        return self._effects[matter]

    def given_today(self, day: date) -> Mapping[str, int]:
        return Counter(
            Warning.objects.select_for_update()
            .filter(raised_day=day)
            .values_list("desk", flat=True)
        )

    def write(self) -> None:
        """All acts of the round, and the versions that they made."""
        append(self.entries)
        self.entries = []
        Warning.objects.bulk_update(self.rows.values(), ["version"], batch_size=500)


def _within_reach(today: date) -> Sequence[Warning]:
    """What findings may belong to, held until the round ends: what goes on, ended lately, or is to be quiet."""
    lately = datetime.combine(today - timedelta(days=BACK_WITHIN_DAYS + 2), time(), UTC)
    rows = Warning.objects.select_for_update().filter(
        Q(course="ongoing") | Q(last_at__gte=lately) | Q(stand="dismissed", quiet_until__gte=today)
    )
    return list(rows.order_by("pk"))


def _cases_behind(rows: Mapping[int, Warning]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for warning, case in Behind.objects.filter(warning__in=rows).values_list("warning_id", "case"):
        found.setdefault(warning, set()).add(case)
    return found
