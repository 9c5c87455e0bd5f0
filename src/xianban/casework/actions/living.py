"""Acts that lie in the past, many at once: how a history comes in.

Each is checked by the same rules as any other, at its own time, and between them the clocks move as
the worker would have moved them. Nobody is told: it is over. Written in bulk, a hundred times faster
than one by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models, transaction

from xianban.accounts.api import MACHINE, Actor
from xianban.base.errors import BadInput, Refused
from xianban.casework.actions.indexing import words_changed
from xianban.casework.actions.saying import duty_limits, made_ready, points_to_answer
from xianban.casework.actions.sweeping import moved_on
from xianban.casework.actions.writing import for_good, locked_in_order
from xianban.casework.models import Case, Word
from xianban.casework.queries.access import Access, access
from xianban.casework.queries.places import columns_for
from xianban.casework.queries.standings import TABLES, standings_of, subject_of
from xianban.casework.rules.acts.doing import Doing
from xianban.casework.rules.deciding import carry_out, step_for
from xianban.casework.rules.standing import (
    COLUMNS,
    FACTS,
    ROWS,
    Standing,
    change_between,
    restored,
    snapshot,
)
from xianban.casework.rules.table import moves_from
from xianban.city.api import City, current
from xianban.ledger.api import Entry, append

# these take `perform`: they look at another case, at who reported, or at a colleague
TWO_CASES = ("merge", "link", "split", "separate", "withdraw", "assign")
AREA_COLUMNS = ("district", "street", "community")


@dataclass(frozen=True)
class Deed:
    """One act that was done to a case at its time."""

    case_id: int
    verb: str
    acting: Actor
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Lived:
    """How many acts were written, those of clocks included; and what the rules refused, and why."""

    acts: int
    refused: tuple[tuple[Deed, str], ...]


@dataclass
class _Life:
    case: Case
    standing: Standing
    entries: list[Entry] = field(default_factory=list)
    words: dict[int, tuple[int, str]] = field(default_factory=dict)  # by place in `entries`


def live_through(
    deeds: Sequence[Deed], *, until: datetime | None = None, cases: Iterable[int] = ()
) -> Lived:
    """Do past acts to many cases in one transaction, those of each case in order of their time.

    Clocks move up to `until`; left out, up to the last act of each case. Those of `cases` move too,
    though nothing is done to them. An act that the rules
    refuse is left out and reported. Acts on two cases at once (a merge, say) take `perform`.
    """
    by_case: dict[int, list[Deed]] = {case_id: [] for case_id in cases}
    for deed in deeds:
        if deed.verb in TWO_CASES:
            raise BadInput(f"“{deed.verb}” cannot be done in bulk; use `perform`")
        by_case.setdefault(deed.case_id, []).append(deed)
    with transaction.atomic():
        rows = locked_in_order(list(by_case))
        standings = standings_of(rows.values())
        lives = [_Life(rows[pk], standings[pk]) for pk in by_case]
        known = {life.case.pk: snapshot(life.standing) for life in lives}
        player = _Player(current())
        for life in lives:
            player.play(life, sorted(by_case[life.case.pk], key=lambda deed: deed.at), until)
        _write(lives, known, player.city)
    return Lived(sum(len(life.entries) for life in lives), tuple(player.refused))


class _Player:
    """Plays acts on standings in memory."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.refused: list[tuple[Deed, str]] = []
        self._access: dict[str, Access] = {}

    def play(self, life: _Life, deeds: Iterable[Deed], until: datetime | None) -> None:
        for deed in deeds:
            self._run_clocks(life, deed.at)
            before = snapshot(life.standing)
            try:
                said = self._do(life.standing, deed, life.case.opened_at)
            except Refused as reason:
                life.standing = restored(before)
                self.refused.append((deed, str(reason)))
                continue
            change = change_between(before, life.standing)
            kept, words = for_good(said, deed.acting.key)
            payload = {"said": kept, "change": change}
            if words:
                life.words[len(life.entries)] = (deed.acting.id, words)
            life.entries.append(
                Entry(subject_of(life.case.pk), deed.verb, deed.acting.key, deed.at, payload)
            )
        if until is not None:
            self._run_clocks(life, until)

    def _do(self, standing: Standing, deed: Deed, opened_at: datetime) -> dict[str, Any]:
        said = made_ready(deed.verb, deed.data, self.city)
        may = self._access.setdefault(deed.acting.key, access(deed.acting))
        rows = [move for move in moves_from(standing.state) if move.verb == deed.verb]
        if rows and not any(may.may(move, standing.area, standing) for move in rows):
            may.must(rows[0], standing.area, standing)
        limits = duty_limits(deed.verb, said, standing, self.city, deed.at)
        doing = Doing(
            standing,
            deed.at,
            self.city,
            deed.acting.key,
            kind=deed.acting.kind,
            said=said,
            limits=limits,
            checklist=points_to_answer(deed.verb, standing, self.city, opened_at),
        )
        carry_out(doing, deed.verb)
        return said

    def _run_clocks(self, life: _Life, until: datetime) -> None:
        """What the worker would have done up to then, each step when it was due."""
        while True:
            due = [
                clock for clock in life.standing.active() if clock.wake_at and clock.wake_at < until
            ]
            clock = min(due, key=lambda clock: (clock.wake_at, clock.n), default=None)
            if clock is None or clock.wake_at is None:
                return
            # an act may bring a limit forward to before itself: what follows from it comes after it
            last = life.entries[-1].at if life.entries else clock.wake_at
            now, before = max(clock.wake_at, last), snapshot(life.standing)
            step = step_for(life.standing, clock, now)
            if not step:
                return
            _, said = moved_on(life.standing, clock, step, now, self.city)
            change = change_between(before, life.standing)
            life.entries.append(
                Entry(
                    subject_of(life.case.pk),
                    step,
                    MACHINE.key,
                    now,
                    {"said": said, "change": change},
                )
            )


def _write(lives: Sequence[_Life], known: Mapping[int, dict[str, Any]], city: City) -> None:
    """The cases as they are now, their rows, and the acts in order of time."""
    for life in lives:
        _onto(life.case, life, city)
    columns = [
        *(name for name in FACTS if name != "merged_into"),
        *AREA_COLUMNS,
        "place",
        "version",
    ]
    Case.objects.bulk_create(
        [life.case for life in lives],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=columns,
    )
    for name in ROWS:
        _write_rows(name, lives, known)
    _write_words(lives)
    words_changed([life.case.pk for life in lives])
    append(sorted((e for life in lives for e in life.entries), key=lambda entry: entry.at))


def _write_words(lives: Sequence[_Life]) -> None:
    """What residents said, each with the number of its act."""
    Word.objects.bulk_create(
        Word(
            case_id=life.case.pk,
            seq=life.case.version - len(life.entries) + place + 1,
            person=person,
            text=text,
        )
        for life in lives
        for place, (person, text) in life.words.items()
    )


def _onto(case: Case, life: _Life, city: City) -> None:
    for name in FACTS:
        if name != "merged_into":
            setattr(case, name, getattr(life.standing, name))
    for column, value in columns_for(city, life.standing.area).items():
        setattr(case, column, value)
    case.place = life.standing.place
    case.version += len(life.entries)


def _write_rows(name: str, lives: Sequence[_Life], known: Mapping[int, dict[str, Any]]) -> None:
    """Rows that were there first, then new ones: a clock ends before the next of its kind begins."""
    table, columns = TABLES[name], COLUMNS[name]
    old: list[models.Model] = []
    new: list[models.Model] = []
    for life in lives:
        before = known[life.case.pk][name]
        for n, value in getattr(life.standing, name).items():
            row = table(case_id=life.case.pk, **{c: getattr(value, c) for c in columns})
            (old if n in before else new).append(row)
    table._default_manager.bulk_create(
        old,
        update_conflicts=True,
        unique_fields=["case", "n"],
        update_fields=[column for column in columns if column != "n"],
    )
    table._default_manager.bulk_create(new)
