"""One warning with everything to draw, as an actor may see it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from xianban.accounts.api import MACHINE, Actor, may_anywhere, names_of
from xianban.base.errors import NotFound
from xianban.casework.api import access, linked_to, opened, task_states, waiting_for
from xianban.city.api import City, current
from xianban.ledger.api import history
from xianban.prevention.models import Behind, DetectorVersion, Order, Summons, Warning
from xianban.prevention.queries.boards import COLUMNS, row_of
from xianban.prevention.queries.offers import offer_for
from xianban.prevention.queries.reach import NO_WARNING, in_reach, may_do, must_see, seen
from xianban.prevention.queries.records import record
from xianban.prevention.queries.shown import (
    ActShown,
    CaseBehind,
    EffectShown,
    Named,
    OrderShown,
    SimilarShown,
    SummonsShown,
    WarningSeen,
)
from xianban.prevention.rules.attaching import RELATED
from xianban.prevention.rules.study import TABLE, verbs_for

MOST_CASES, MOST_ACTS, MOST_SIMILAR = 60, 200, 5


def warning(warning_id: int, actor: Actor, *, now: datetime) -> WarningSeen:
    """The warning; NotFound where it is not there or out of sight."""
    city = current()
    row = Warning.objects.filter(pk=warning_id).first()
    if row is None or (row.shown == "silent" and not may_anywhere(actor, "tune")):
        raise NotFound(NO_WARNING)
    must_see(actor, row, city)
    return _seen(row, actor, city, now)


def warning_of_case(case_id: int, actor: Actor, *, now: datetime) -> WarningSeen | None:
    """The warning that led to a case, for whoever may see the case: its handlers too; None where there is none."""
    row = Warning.objects.filter(case=case_id).first()
    if row is None or not access(actor).sees(case_id):
        return None
    return _seen(row, actor, current(), now)


def warnings_behind(case_id: int, actor: Actor) -> tuple[tuple[int, str], ...]:
    """Warnings that a case is evidence of, as key and title; for the page of the case."""
    if not may_anywhere(actor, "see_warnings"):
        return ()
    rows = seen(actor, current()).filter(behind__case=case_id).order_by("-first_at")
    return tuple(rows.values_list("pk", "title")[:10])


def _seen(row: Warning, actor: Actor, city: City, now: datetime) -> WarningSeen:
    values = Warning.objects.filter(pk=row.pk).values(*COLUMNS)[0]
    cases, total = _cases(row, city)
    version = DetectorVersion.objects.filter(name=row.detector, n=row.detector_n).first()
    verbs = tuple(v for v in verbs_for(row.stand) if may_do(actor, TABLE[v].right, row, city))
    ordered = Order.objects.filter(warning=row).select_related("measure").first()
    return WarningSeen(
        row=row_of(values, city),
        series=row.series,
        outlook=row.outlook,
        points=tuple((a, o, int(n)) for a, o, n in row.points),
        shapes={code: city.shapes[code] for code in row.areas if code in city.shapes},
        texts=tuple(row.texts),
        p_value=row.p_value,
        note=row.note,
        reason=row.reason,
        quiet_until=row.quiet_until,
        record=record(row.detector),
        config=version.config if version else {},
        detector_n=row.detector_n,
        cases=cases,
        cases_total=total,
        similar=_similar(row, actor, city),
        acts=_acts(row),
        verbs=verbs,
        offer=offer_for(row, city, now=now) if "order" in verbs else None,
        order=_order(ordered, city) if ordered else None,
        summons=_summons(row, actor, city, now),
        may_whistle=row.case is not None and may_anywhere(actor, "invite"),
    )


def _cases(row: Warning, city: City) -> tuple[tuple[CaseBehind, ...], int]:
    behind = Behind.objects.filter(warning=row)
    keys = list(behind.order_by("-case").values_list("case", flat=True)[:MOST_CASES])
    return _behind(keys, city), behind.count()


def _behind(keys: Sequence[int], city: City) -> tuple[CaseBehind, ...]:
    found = opened(keys)
    return tuple(
        CaseBehind(
            id=one.case_id,
            number=one.number,
            state=one.state,
            unit=Named(one.unit, city.unit_name(one.unit) if one.unit else ""),
            matter=Named(one.matter, city.matter_name(one.matter)),
        )
        for key in keys
        if (one := found.get(key))
    )


def _acts(row: Warning) -> tuple[ActShown, ...]:
    acts = list(history(f"warning:{row.pk}"))[-MOST_ACTS:]
    users = {int(act.actor[5:]) for act in acts if act.actor.startswith("user:")}
    names = names_of(users) if users else {}
    return tuple(
        ActShown(
            at=act.at,
            verb=act.verb,
            by=MACHINE.name
            if act.actor == MACHINE.key
            else names.get(int(act.actor[5:]), act.actor),
            said=_payload(act).get("said", {}),
        )
        for act in acts
    )


def _payload(act: Any) -> dict[str, Any]:
    return dict(act.payload)


def _similar(row: Warning, actor: Actor, city: City) -> tuple[SimilarShown, ...]:
    """Earlier ones in sight about the same matter, those acted upon first; the same place before others."""
    rows = (
        Warning.objects.filter(
            in_reach(actor, city), matter=row.matter, first_at__lt=row.first_at, shown="raised"
        )
        .select_related("order__measure")
        .order_by("-first_at")[:60]
    )
    ranked = sorted(rows, key=lambda r: (not hasattr(r, "order"), r.area != row.area, r.street != row.street, -r.pk))  # fmt: skip
    return tuple(similar_of(one) for one in ranked[:MOST_SIMILAR])


def similar_of(one: Warning) -> SimilarShown:
    order = getattr(one, "order", None)
    measure = getattr(order, "measure", None)
    return SimilarShown(
        id=one.pk,
        title=one.title,
        since=one.since,
        people=one.most_people,
        stand=one.stand,
        outcome=one.outcome,
        number=order.number if order else "",
        measures=order.measures if order else "",
        relative=measure.relative if measure else None,
        low=measure.low if measure else None,
        high=measure.high if measure else None,
    )


def _order(one: Order, city: City) -> OrderShown:
    state, waiting = opened([one.case]).get(one.case), waiting_for(one.case, kind=RELATED)
    measure = getattr(one, "measure", None)
    user = int(one.by[5:]) if one.by.startswith("user:") else 0
    return OrderShown(
        case=one.case,
        number=one.number,
        state=state.state if state else "",
        lead=Named(one.lead, city.unit_name(one.lead)),
        co_units=tuple(Named(unit, city.unit_name(unit)) for unit in one.co_units),
        asked=tuple(one.asked),
        by=names_of({user}).get(user, one.by) if user else MACHINE.name,
        at=one.at,
        limit=one.limit,
        authority=one.authority,
        legal_basis=one.legal_basis,
        playbook=tuple(one.playbook),
        measures=one.measures,
        known=one.known,
        answered_at=one.answered_at,
        ended_at=one.ended_at,
        attached=waiting.cases,
        told=waiting.people,
        attached_cases=_behind(linked_to(one.case, kind=RELATED), city),
        effect=EffectShown(
            registered_at=measure.registered_at,
            plan=measure.plan,
            state=measure.state,
            starts_on=measure.starts_on,
            weeks_seen=measure.weeks_seen,
            weeks=measure.plan["weeks"],
            result=measure.result,
        )
        if measure
        else None,
    )


def _summons(row: Warning, actor: Actor, city: City, now: datetime) -> tuple[SummonsShown, ...]:
    rows = list(Summons.objects.filter(warning=row).order_by("pk"))
    answers = task_states({(one.case, one.task) for one in rows}) if rows else {}
    mine = {g.unit for g in actor.grants if g.unit} if may_anywhere(actor, "answer") else set()
    return tuple(
        _one_summons(one, answers.get((one.case, one.task)), mine, city, now) for one in rows
    )


def _one_summons(
    one: Summons, said: Any, mine: set[str], city: City, now: datetime
) -> SummonsShown:
    state, at, answer = said or ("asked", None, "")
    calls, called = one.caller in mine, one.unit in mine
    return SummonsShown(
        id=one.pk,
        task=one.task,
        unit=Named(one.unit, city.unit_name(one.unit)),
        caller=Named(one.caller, city.unit_name(one.caller)),
        at=one.at,
        arrive_by=one.arrive_by,
        arrived_at=one.arrived_at,
        late=(one.arrived_at or now) > one.arrive_by,
        answer_state=state,
        answer=answer,
        answered_at=at,
        grade_of_unit=one.grade_of_unit,
        word_on_unit=one.word_on_unit,
        grade_of_caller=one.grade_of_caller,
        word_on_caller=one.word_on_caller,
        may_arrive=one.arrived_at is None and (calls or called),
        may_grade=(calls and one.grade_of_unit is None) or (called and one.grade_of_caller is None),
    )
