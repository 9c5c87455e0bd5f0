"""Every act of the lifecycle goes through here: lock, ask, decide, write, tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from xianban.accounts.api import Actor, may
from xianban.base.errors import BadInput, NotAllowed
from xianban.casework.actions import joining
from xianban.casework.actions.saying import duty_limits, made_ready, points_to_answer
from xianban.casework.actions.telling import Staff, notices_for
from xianban.casework.actions.writing import locked_in_order, write
from xianban.casework.models import Case, Interest
from xianban.casework.queries.access import Access, access
from xianban.casework.queries.changes import refuse_if_changed
from xianban.casework.queries.duties import colleagues
from xianban.casework.queries.places import areas_around
from xianban.casework.queries.shown import CaseView, Foretold
from xianban.casework.queries.standings import standing_of, subject_of
from xianban.casework.queries.views import case_view
from xianban.casework.rules.acts.doing import Doing
from xianban.casework.rules.deciding import carry_out
from xianban.casework.rules.standing import Standing, snapshot
from xianban.casework.rules.table import VERBS, Move, moves_from
from xianban.files.api import Bringing, attach
from xianban.ledger.api import enqueue

NOTHING = Bringing()


def perform(
    case_id: int,
    verb: str,
    *,
    acting: Actor,
    now: datetime,
    data: Mapping[str, Any] | None = None,
    expect_version: int | None = None,
    bringing: Bringing = NOTHING,
) -> CaseView:
    """Do one act to a case, all of it or nothing; what the case looks like then.

    `expect_version` is the version that the person looked at: where colleagues or the resident have
    acted since, nothing is done and `WrongState` says who did what. `access(actor).acts_for` lists
    the verbs and their fields; those with one of kind files may be `bringing` some.
    """
    do(
        case_id,
        verb,
        acting=acting,
        now=now,
        data=data,
        expect_version=expect_version,
        bringing=bringing,
    )
    return case_view(case_id, acting, now=now)


@dataclass
class Act:
    """One act under way on a locked case."""

    case: Case
    standing: Standing
    acting: Actor
    scope: Access
    now: datetime
    said: dict[str, Any] = field(default_factory=dict)
    target: Case | None = None


def do(
    case_id: int,
    verb: str,
    *,
    acting: Actor,
    now: datetime,
    data: Mapping[str, Any] | None = None,
    expect_version: int | None = None,
    bringing: Bringing = NOTHING,
) -> Move:
    """`perform` without reading the case again: the row of the table that was carried out."""
    scope = access(acting)
    if verb not in VERBS:
        raise BadInput(f"“{verb}” is not an act; acts are {', '.join(VERBS)}")
    with transaction.atomic():
        said = made_ready(verb, data, scope.city)
        if bringing.files:
            said["files"] = [file.digest for file in bringing.files]
        cases = locked_in_order([case_id, *_others(verb, said, case_id)])
        scope.must_see(case_id)
        case = cases[case_id]
        act = Act(case, standing_of(case), acting, scope, now, said, cases.get(said.get("into", 0)))
        _must_be_allowed(act, verb)
        if expect_version is not None and expect_version != case.version:
            refuse_if_changed(case_id, expect_version, now_at=case.version, tz=scope.city.tz)
        move = _carry_out(act, verb)
        attach(
            bringing.files,
            owner=bringing.owner or subject_of(case_id),
            subject=subject_of(case_id),
            seq=case.version,
            by=acting.key,
            shown=bool(said.get("show_files")),
            now=now,
        )
        return move


def rehearse(
    case_id: int,
    verb: str,
    *,
    acting: Actor,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> Foretold:
    """What an act would do to a case, with the refusals that it would meet; nothing is written."""
    scope = access(acting)
    said = made_ready(verb, data, scope.city)
    scope.must_see(case_id)
    case = Case.objects.get(pk=case_id)
    act = Act(case, standing_of(case), acting, scope, now, said)
    _must_be_allowed(act, verb)
    before = act.standing.due_at
    carry_out(_doing(act, verb), verb)
    return Foretold(act.standing.state, before, act.standing.due_at)


def _others(verb: str, said: Mapping[str, Any], case_id: int) -> list[int]:
    """The other case that a merge must hold as well."""
    if verb != "merge" or "into" not in said:
        return []
    if said["into"] == case_id:
        raise BadInput("a case cannot be merged into itself; name the other one")
    return [said["into"]]


def _must_be_allowed(act: Act, verb: str) -> None:
    """NotAllowed where the table has this verb in this state and the actor may do none of its rows."""
    rows = [move for move in moves_from(act.standing.state) if move.verb == verb]
    if rows and not any(act.scope.may(move, act.standing.area, act.standing) for move in rows):
        act.scope.must(rows[0], act.standing.area, act.standing)


def _carry_out(act: Act, verb: str) -> Move:
    case, standing, city = act.case, act.standing, act.scope.city
    doing = _doing(act, verb)
    before = snapshot(standing)
    made = joining.prepare(act, verb) if verb in joining.ON_TWO else {}
    move = carry_out(doing, verb)
    _must_answer_own_task(act, doing)
    write(
        case,
        before,
        standing,
        verb=verb,
        actor=act.acting.key,
        now=act.now,
        city=city,
        said=act.said | made,
    )
    if act.target is not None:
        joining.absorb(act)
    unit = standing.tasks[doing.task].unit if doing.task else ""
    tells = (*move.tells, *doing.tells)
    notices = notices_for(
        case,
        standing,
        verb=verb,
        tells=tells,
        city=city,
        staff=Staff(),
        unit=unit,
        outcome=move.outcome,
    )
    enqueue(notices, now=act.now)
    return move


def _doing(act: Act, verb: str) -> Doing:
    """The act in hand, with what its rules look at."""
    case, standing, city = act.case, act.standing, act.scope.city
    return Doing(
        standing,
        act.now,
        city,
        act.acting.key,
        kind=act.acting.kind,
        said=act.said,
        limits=duty_limits(verb, act.said, standing, city, act.now),
        checklist=points_to_answer(verb, standing, city, case.opened_at),
        people=colleagues(standing.unit) if verb == "assign" else (),
        reporters=Interest.objects.filter(case_id=case.pk).count() if verb == "withdraw" else 0,
    )


def _must_answer_own_task(act: Act, doing: Doing) -> None:
    """A unit answers its own task, not its neighbour's."""
    if not doing.task or doing.standing.tasks[doing.task].state not in ("answered", "explained"):
        return
    unit = doing.standing.tasks[doing.task].unit
    areas = areas_around(act.scope.city, doing.standing.area)
    if not may(act.acting, "answer", areas=areas, units={unit}):
        raise NotAllowed(f"this task is {act.scope.city.unit_name(unit)}'s; answer your own")
