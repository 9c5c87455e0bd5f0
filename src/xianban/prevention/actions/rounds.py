"""Rounds: look at the history, keep each finding once, fill the desks' budgets. A round is done once."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
from xianban.prevention.rules.budgeting import Waiting, harm_of, helped_of, places, precision_of
from xianban.prevention.rules.detecting import detect, risk_of, with_courses
from xianban.prevention.rules.explaining import Event, explained_by
from xianban.prevention.rules.finding import Finding
from xianban.prevention.rules.matching import BACK_WITHIN_DAYS, Known, ends, home_of, returns
from xianban.prevention.rules.past import Past, past_of
from xianban.prevention.rules.seasons import next_span, prepare
from xianban.prevention.rules.words import DETECTORS_OWN

KEEPS_DAYS = 3 * 366
MOST_BEHIND = 500
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


def keep(*, now: datetime) -> list[RoundDone]:
    """The worker's call: what this hour and this night have not had yet."""
    city = current()
    done = []
    if not Round.objects.filter(name=name_of("nightly", now, city)).exists():
        done.append(look("nightly", now=now))
    if not Round.objects.filter(name=name_of("hourly", now, city)).exists():
        done.append(look("hourly", now=now))
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
    proposed = _seasons(past, city) if kind == "nightly" else []
    began = now
    try:
        with transaction.atomic():
            row = Round.objects.create(
                name=name, kind=kind, as_of=past.until, began_at=began, ended_at=now
            )
            kept = _Keeping(past, city, now, cases_of or cases_of_requests)
            for version, found in seen:
                kept.take(version, found)
            kept.take_season(proposed)
            kept.end_what_is_over([version for version, _ in seen], seasons=kind == "nightly")
            kept.fill_budgets()
            row.counts, row.by_desk = dict(kept.counts), kept.by_desk
            row.save(update_fields=["counts", "by_desk"])
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


def _seasons(past: Past, city: City) -> list[Finding]:
    today = past.today + timedelta(days=1)
    found = []
    for season in city.prevention.seasons:
        starts, ends_ = month_day(season.starts), month_day(season.ends)
        if starts is None or ends_ is None:
            continue
        one = prepare(season, past, span=next_span(starts, ends_, today), root=city.root)
        found += [one] if one else []
    return found


class _Keeping:
    """One round's findings on their way into the tables, in one transaction."""

    def __init__(self, past: Past, city: City, now: datetime, cases_of: CASES_OF) -> None:
        self.past, self.city, self.now, self.cases_of = past, city, now, cases_of
        self.today = past.today
        self.counts: Counter[str] = Counter(
            found=0, new=0, raised=0, left_out=0, explained=0, returned=0, ended=0
        )
        self.by_desk: dict[str, Any] = {}
        self.entries: list[Entry] = []
        self.events: list[Event] = known_events(city)
        self.rows = {row.pk: row for row in _within_reach(self.today)}
        self.cases = _cases_behind(self.rows)
        self._known_of: dict[int, Known] = {}  # as it is now; what changes is taken out
        self.effects: dict[str, float] = {}
        self.records: dict[str, float] = {}

    def take(self, version: DetectorVersion, found: Sequence[Finding]) -> None:
        """Each finding into its warning; a challenger's into its own, silent ones."""
        keys = {key for one in found for key in one.evidence}
        case_of = self.cases_of(keys)
        silent = version.state == "challenger"
        for one in found:
            cases = frozenset(case_of[key] for key in one.evidence if key in case_of)
            self._keep(one, cases, config_of(version), version.n, silent)

    def take_season(self, found: Sequence[Finding]) -> None:
        for one in found:
            config = Detector(
                name=one.detector, title=one.title, method="daily", desk="city", ends_after_days=2
            )
            self._keep(one, frozenset(), config, 1, silent=False)

    def _keep(
        self, one: Finding, cases: frozenset[int], config: Detector, n: int, silent: bool
    ) -> None:
        self.counts["silent" if silent else "found"] += 1
        for pk in self.rows.keys() - self._known_of.keys():
            self._known_of[pk] = self._known(self.rows[pk])
        known = [one for one in self._known_of.values() if one.silent == silent]
        place = home_of(one, cases, known, today=self.today)
        row = self.rows[place.id] if place else self._begin(one, config, n, silent)
        self._update(row, one, config, fresh=place is None)
        self._put_behind(row, cases)
        self._known_of.pop(row.pk, None)

    def _known(self, row: Warning) -> Known:
        return Known(
            id=row.pk,
            detector=row.detector,
            method=row.method,
            matter=row.matter,
            areas=tuple(row.areas),
            course=row.course,
            stand=row.stand,
            last_day=self._day(row.last_at),
            quiet_until=row.quiet_until,
            cases=frozenset(self.cases.get(row.pk, ())),
            silent=row.shown == "silent",
        )

    def _day(self, at: datetime) -> date:
        return (at.astimezone(self.city.tz) - timedelta(hours=12)).date()

    def _begin(self, one: Finding, config: Detector, n: int, silent: bool) -> Warning:
        area = one.areas[0] if len(one.areas) == 1 else self.past.terrain.around(one.areas)
        area = area or self.city.root
        event = None
        if one.method != DETECTORS_OWN:
            event = explained_by(
                self.events,
                areas=one.areas,
                matter=one.matter,
                since=one.since,
                today=self.today,
                within=self.city.within,
                line=self.city.matter_line,
            )
        shown = "silent" if silent else "explained" if event else "left_out"
        duty = self.city.duty_for(one.matter, area, on=self.today)
        harm = self._harm(one)
        row = Warning(
            detector=one.detector,
            detector_n=n,
            method=one.method,
            title=self._title(one, config, area),
            matter=one.matter,
            area=area,
            areas=list(one.areas),
            desk=self._desk(area, config),
            unit=duty.lead if duty else "",
            shown=shown,
            explained_by=event.name if event else "",
            since=one.since,
            first_at=self.past.until,
            last_at=self.past.until,
            observed=0,
            expected=0.0,
            people=0,
            people_at_first=one.observed,
            most_people=0,
            confidence=harm.sure,
            p_value=one.p_value,
            size=harm.size,
            helped=harm.helped,
            harm=harm.avoided,
            **{
                level: self.city.area_at_level(area, level) or ""
                for level in ("district", "street", "community")
            },
        )
        row.save(force_insert=True)
        self.rows[row.pk] = row
        self.counts["new"] += not silent
        self.counts["explained"] += shown == "explained"
        said = {
            "detector": one.detector,
            "n": n,
            "matter": one.matter,
            "areas": list(one.areas),
            "since": one.since.isoformat(),
            "as_of": self.past.until.isoformat(),
            "observed": one.observed,
            "expected": round(one.expected, 2),
            "p": float(f"{one.p_value:.3g}"),
            **({"explained_by": event.name} if event else {}),
            **({"silent": True} if silent else {}),
        }
        self._note(row, "find", said)
        return row

    def _update(self, row: Warning, one: Finding, config: Detector, *, fresh: bool) -> None:
        own = row.detector == one.detector
        if not own and one.detector not in row.seen_by:
            row.seen_by = [*row.seen_by, one.detector]
            self._note(row, "join", {"detector": one.detector})
        grew = one.observed > row.most_people
        if one.observed >= row.people or own:
            row.observed, row.expected, row.people = one.observed, one.expected, one.observed
            row.p_value = min(one.p_value, row.p_value) if not own else one.p_value
            row.since = min(row.since, one.since)
            row.series, row.outlook = dict(one.series), dict(one.outlook)
            row.points, row.texts = [list(p) for p in one.points], list(one.texts)
            harm = self._harm(one)
            row.confidence, row.size, row.helped, row.harm = harm.sure, harm.size, harm.helped, harm.avoided  # fmt: skip
        row.areas = sorted({*row.areas, *one.areas}) if own else row.areas
        if row.last_at < self.past.until or fresh:
            row.last_at = self.past.until
        if row.course == "ended":
            row.course, row.ended_at = "ongoing", None
            self._note(row, "resume", {"observed": one.observed})
        if grew:
            if not fresh and one.observed >= 1.2 * row.most_people:
                self._note(row, "grow", {"from": row.most_people, "to": one.observed})
            row.most_people, row.peak_on = one.observed, self.today
        if returns(
            stand=row.stand,
            people=row.people,
            people_at_study=row.people_at_study,
            quiet_until=row.quiet_until,
            today=self.today,
            grew=self.city.prevention.grew,
        ):
            self._note(row, "return", {"people": row.people, "then": row.people_at_study})
            row.stand, row.reason, row.quiet_until, row.shown = "new", "", None, "left_out"
            self.counts["returned"] += 1
        if row.shown == "silent" and row.twin is None:
            row.twin = self._twin(row)
        row.save()

    def _twin(self, row: Warning) -> int | None:
        """The champion's warning about the same, if there is one."""
        for other in self.rows.values():
            if other.shown != "silent" and other.matter == row.matter and {*other.areas} & {*row.areas}:  # fmt: skip
                return other.pk
        return None

    def _put_behind(self, row: Warning, cases: frozenset[int]) -> None:
        known = self.cases.setdefault(row.pk, set())
        fresh = sorted(cases - known)[: max(0, MOST_BEHIND - len(known))]
        Behind.objects.bulk_create(
            [Behind(warning=row, case=case, since=self.past.until) for case in fresh],
            ignore_conflicts=True,
        )
        known.update(fresh)

    def _harm(self, one: Finding) -> Any:
        if one.detector not in self.records:
            seen = record(one.detector)
            self.records[one.detector] = precision_of(seen.real, seen.empty)
        if one.matter not in self.effects:
            self.effects[one.matter] = helped_of(effects_of(matter=one.matter))
        return harm_of(one, precision=self.records[one.detector], helped=self.effects[one.matter])

    def _desk(self, area: str, config: Detector) -> str:
        return self.city.area_at_level(area, config.desk) or self.city.root

    def _title(self, one: Finding, config: Detector, area: str) -> str:
        if one.title:
            return one.title[:200]
        return f"{self.city.area_name(area)} · {self.city.matter_name(one.matter)}"[:200]

    def end_what_is_over(self, versions: Sequence[DetectorVersion], *, seasons: bool) -> None:
        """What the detectors of this round find no longer, for long enough."""
        after = {v.name: int(v.config["ends_after_days"]) for v in versions}
        for row in self.rows.values():
            own = after.get(row.detector)
            if row.detector.startswith(DETECTORS_OWN + ":") and seasons:
                own = 1
            if row.course != "ongoing" or own is None:
                continue
            if ends(last_day=self._day(row.last_at), today=self.today, after_days=own):
                row.course, row.ended_at = "ended", self.past.until
                self._note(row, "end", {"people": row.most_people})
                row.save(update_fields=["course", "ended_at", "version"])
                self.counts["ended"] += row.shown != "silent"

    def fill_budgets(self) -> None:
        """Whoever waits and is still going on, by expected harm avoided, up to what each desk may get today."""
        day = self.past.until.astimezone(self.city.tz).date()
        waiting = [
            row
            for row in self.rows.values()
            if row.shown == "left_out" and row.course == "ongoing" and row.stand == "new"
        ]
        taken: Counter[str] = Counter(
            Warning.objects.select_for_update()
            .filter(raised_day=day)
            .values_list("desk", flat=True)
        )
        chosen = places(
            [Waiting(row.pk, row.desk, row.harm) for row in waiting],
            taken=taken,
            budget=self.city.prevention.budget,
        )
        for pk in chosen.raised:
            row = self.rows[pk]
            row.shown, row.raised_at, row.raised_day = "raised", self.past.until, day
            self._note(row, "raise", {"desk": row.desk, "harm": round(row.harm, 2)})
            row.save(update_fields=["shown", "raised_at", "raised_day", "version"])
        for pk in chosen.left_out:
            row = self.rows[pk]
            if row.left_out_on != day:
                row.days_left_out, row.left_out_on = row.days_left_out + 1, day
                row.save(update_fields=["days_left_out", "left_out_on"])
        self.counts["raised"], self.counts["left_out"] = len(chosen.raised), len(chosen.left_out)
        self.by_desk = {desk: dict(figures) for desk, figures in chosen.by_desk.items()}
        append(self.entries)
        self.entries = []
        Warning.objects.bulk_update(self.rows.values(), ["version"], batch_size=500)

    def _note(self, row: Warning, verb: str, said: dict[str, Any]) -> None:
        self.entries.append(entry(row, verb, said, actor=MACHINE.key, now=self.now))


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
