"""One case: the page for staff, and the story for residents."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Q

from xianban.accounts.api import Actor
from xianban.base.errors import NotFound
from xianban.base.ids import case_number
from xianban.casework.models import Case, Link, Word
from xianban.casework.queries.access import NO_CASE, Access, access, linked_offers
from xianban.casework.queries.changes import actor_names
from xianban.casework.queries.duties import duty_held
from xianban.casework.queries.people import persons_of
from xianban.casework.queries.places import areas_around
from xianban.casework.queries.shown import (
    CaseView,
    ClockShown,
    ConsultationShown,
    DisputeShown,
    Event,
    FollowUpShown,
    LinkShown,
    Named,
    Offer,
    Person,
    SuspensionShown,
    TaskShown,
)
from xianban.casework.queries.standings import standing_of, subject_of
from xianban.casework.rules.standing import Clock, Standing
from xianban.city.api import City, filled_in
from xianban.ledger.api import Act, history

MOST_LINKS = 200


def unit_named(city: City, code: str) -> Named:
    return Named(code, city.unit_name(code) if code else "")


def area_named(city: City, code: str) -> Named:
    return Named(code, city.area_name(code) if code else "")


def matter_named(city: City, code: str) -> Named:
    return Named(code, city.matter_name(code) if code else "")


def case_view(case_id: int, actor: Actor, *, now: datetime) -> CaseView:
    """All that this actor may see of a case: for residents the public part of it. NotFound where it
    is out of sight."""
    view, _standing = _read(case_id, access(actor), now)
    return _public_form(view) if actor.kind == "resident" else view


def case_with_offers(
    case_id: int, actor: Actor, *, now: datetime
) -> tuple[CaseView, tuple[Offer, ...]]:
    """`case_view`, and what `Access.acts_for` offers, of a case that is read once for both."""
    may = access(actor)
    view, standing = _read(case_id, may, now)
    offers = may.offers(standing, now=now, reporters=len(view.persons))
    offers = linked_offers(offers, case_id, seen=may.case_filter())
    return (_public_form(view) if actor.kind == "resident" else view), offers


def _read(case_id: int, may: Access, now: datetime) -> tuple[CaseView, Standing]:
    case = Case.objects.filter(may.case_filter(), pk=case_id).first()
    if case is None:
        raise NotFound(NO_CASE)
    standing = standing_of(case)
    return _view(case, standing, may, now), standing


def _public_form(view: CaseView) -> CaseView:
    """Without colleagues, other reporters, and what units say to each other; see `public_story`."""
    return replace(
        view,
        source="",
        supporters=0,
        pressed=0,
        proposal={},
        duty={},
        clocks=tuple(clock for clock in view.clocks if clock.kind == "handle"),
        tasks=(),
        consultations=(),
        disputes=(),
        suspensions=(),
        follow_ups=(),
        links=(),
        merged_into=None,
        merged_from=(),
        persons=(),
        timeline=(),
    )


def _view(case: Case, standing: Standing, may: Access, now: datetime) -> CaseView:
    city = may.city
    acts = history(subject_of(case.pk))
    return CaseView(
        id=case.pk,
        number=case_number(case.pk, case.received_at, tz=city.tz),
        version=case.version,
        state=case.state,
        origin=case.origin,
        source=case.source,
        title=case.title,
        text=case.text,
        request_kind=case.request_kind,
        urgency=case.urgency,
        level=case.level,
        matter=matter_named(city, case.matter),
        matter_path=city.matter_path(case.matter) if case.matter else (),
        area=area_named(city, case.area),
        area_path=tuple(city.area_name(code) for code in areas_around(city, case.area)),
        place=case.place,
        lat=case.lat,
        lon=case.lon,
        unit=unit_named(city, case.unit),
        designated=case.designated,
        received_at=case.received_at,
        due_at=case.due_at,
        next_due_at=case.next_due_at,
        ended_at=case.ended_at,
        assignee=_person(case.assignee),
        answer=case.answer,
        claims_solved=case.claims_solved,
        ending=case.ending,
        exit=case.exit,
        supporters=case.supporters,
        reopened=case.reopened,
        pressed=case.pressed,
        proposal=case.proposal,
        duty=_duty(case, city),
        clocks=tuple(_clock(clock, city, now) for clock in standing.clocks.values()),
        tasks=_tasks(standing, city),
        consultations=_consultations(standing, city),
        disputes=_disputes(standing, city),
        suspensions=_suspensions(standing),
        follow_ups=_follow_ups(standing),
        links=_links(case.pk, may),
        merged_into=next(iter(_merged(may, pk=case.merged_into_id)), None),
        merged_from=_merged(may, merged_into=case.pk),
        persons=persons_of(case.pk),
        timeline=timeline(acts, city, words=words_of(case.pk)),
    )


def _person(user: int | None) -> Person | None:
    return None if user is None else Person(user, actor_names([f"user:{user}"])[f"user:{user}"])


def _duty(case: Case, city: City) -> dict[str, Any]:
    """What the duty list says today about a case like this one: basis, powers, standard, steps, helpers."""
    found = duty_held(case.matter, case.area, case.opened_at, city)
    if found is None:
        return dict(case.duty)
    return {
        **case.duty,
        "lead": unit_named(city, found.lead),
        "co_units": tuple(unit_named(city, code) for code in found.co_units),
        "powers": found.powers,
        "legal_basis": found.legal_basis,
        "acceptance": found.acceptance,
        "playbook": found.playbook,
        "checklist": found.checklist,
        "reply": filled_in(
            found.reply,
            matter=city.matter_name(case.matter),
            place=case.place or (city.area_name(case.area) if case.area else ""),
            unit=city.unit_name(case.unit) if case.unit else "",
        ),
        "matched": found.matched,
    }


def verdict_of(clock: Clock, now: datetime) -> str:
    """running, overdue, paused, met, missed or void."""
    late = clock.state == "running" and now > clock.due_at
    return "overdue" if late else clock.state


def _clock(clock: Clock, city: City, now: datetime) -> ClockShown:
    return ClockShown(
        n=clock.n,
        kind=clock.kind,
        verdict=verdict_of(clock, now),
        unit=unit_named(city, clock.unit),
        limit=clock.limit,
        started_at=clock.started_at,
        due_at=clock.due_at,
        ended_at=clock.ended_at,
        paused_at=clock.paused_at,
        task=clock.task,
    )


def _tasks(standing: Standing, city: City) -> tuple[TaskShown, ...]:
    return tuple(
        TaskShown(
            n=task.n,
            unit=unit_named(city, task.unit),
            state=task.state,
            ask=task.ask,
            whistle=task.whistle,
            asked_at=task.asked_at,
            due_at=task.due_at,
            answer=task.answer,
            answered_at=task.answered_at,
            consultation=task.consultation,
            stance=task.stance,
            basis=task.basis,
        )
        for task in standing.tasks.values()
    )


def _consultations(standing: Standing, city: City) -> tuple[ConsultationShown, ...]:
    rows = standing.consultations.values()
    if not rows:
        return ()
    names = actor_names([key for row in rows for key in (row.by, row.decided_by) if key])
    tasks = _tasks(standing, city)
    return tuple(
        ConsultationShown(
            n=row.n,
            by_name=names.get(row.by, ""),
            question=row.question,
            state=row.state,
            asked_at=row.asked_at,
            due_at=row.due_at,
            unit=unit_named(city, row.unit),
            grounds=row.grounds,
            decided_by_name=names.get(row.decided_by, ""),
            decided_at=row.decided_at,
            answers=tuple(task for task in tasks if task.consultation == row.n),
        )
        for row in rows
    )


def _disputes(standing: Standing, city: City) -> tuple[DisputeShown, ...]:
    return tuple(
        DisputeShown(
            n=row.n,
            unit=unit_named(city, row.unit),
            reason=row.reason,
            text=row.text,
            raised_at=row.raised_at,
            ruling=row.ruling,
            ruled_at=row.ruled_at,
            to_unit=unit_named(city, row.to_unit),
            grounds=row.grounds,
        )
        for row in standing.disputes.values()
    )


def _suspensions(standing: Standing) -> tuple[SuspensionShown, ...]:
    return tuple(
        SuspensionShown(
            n=row.n,
            state=row.state,
            evidence=row.evidence,
            reason=row.reason,
            asked_at=row.asked_at,
            decided_at=row.decided_at,
            reviews=row.reviews,
            cap_at=row.cap_at,
            ended_at=row.ended_at,
        )
        for row in standing.suspensions.values()
    )


def _follow_ups(standing: Standing) -> tuple[FollowUpShown, ...]:
    return tuple(
        FollowUpShown(
            row.n, row.at, row.source, row.contacted, row.solved, row.satisfaction, row.text
        )
        for row in standing.follow_ups.values()
    )


def _other(case: Case, kind: str, score: float, city: City) -> LinkShown:
    number = case_number(case.pk, case.received_at, tz=city.tz)
    return LinkShown(
        case.pk, number, case.title or case.text[:60] or number, case.state, kind, score
    )


def _links(case_id: int, may: Access) -> tuple[LinkShown, ...]:
    """Links in both directions to what is in sight; the surest first."""
    rows = list(
        Link.objects.filter(Q(case_id=case_id) | Q(other_id=case_id), cut_at__isnull=True).order_by(
            "-since", "-pk"
        )[:MOST_LINKS]
    )
    others = {row.other_id if row.case_id == case_id else row.case_id for row in rows}
    seen = Case.objects.filter(may.case_filter(), pk__in=others).in_bulk() if others else {}
    shown = {}
    for row in rows:
        key = row.other_id if row.case_id == case_id else row.case_id
        if key in seen:
            shown[key, row.kind] = _other(seen[key], row.kind, row.score, may.city)
    return tuple(sorted(shown.values(), key=lambda link: (-link.score, link.case_id)))


def _merged(may: Access, **which: int | None) -> tuple[LinkShown, ...]:
    """Cases that were joined with this one, as far as they are in sight."""
    rows = Case.objects.filter(may.case_filter(), **which).order_by("pk")
    return tuple(_other(row, "merged", 1.0, may.city) for row in rows)


def words_of(case_id: int) -> dict[int, str]:
    """What residents said with their acts, by the number of the act."""
    return dict(Word.objects.filter(case_id=case_id).values_list("seq", "text"))


def timeline(acts: Sequence[Act], city: City, *, words: Mapping[int, str]) -> tuple[Event, ...]:
    """The acts of a case as lines to read, oldest first; the state is that after the act."""
    names = actor_names([act.actor for act in acts])
    events, state = [], ""
    for act in acts:
        change = act.payload.get("change", {})
        state = change.get("state", state)
        values = dict(act.payload.get("said", {})) | _changed(change, city)
        if act.seq in words:
            values["text"] = words[act.seq]
        events.append(Event(act.seq, act.at, act.verb, act.actor, names[act.actor], state, values))
    return tuple(events)


def _changed(change: dict[str, Any], city: City) -> dict[str, Any]:
    """What a reader wants to know of a change: who leads now, what is promised, which level."""
    values: dict[str, Any] = {
        k: change[k] for k in ("level", "matter", "area", "urgency") if k in change
    }
    if change.get("unit"):
        values["unit"], values["unit_name"] = change["unit"], city.unit_name(change["unit"])
    if change.get("due_at"):
        values["due_at"] = datetime.fromisoformat(change["due_at"])
    if change.get("tasks"):
        units = [row["unit"] for row in change["tasks"] if row.get("unit")]
        values |= {"task_unit_name": city.unit_name(units[0])} if units else {}
    return values
