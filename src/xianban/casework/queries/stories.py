"""What a resident may know: what happened, who does what now, and by when. No names of people."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from xianban.accounts.api import resident_actor
from xianban.base.errors import NotFound
from xianban.base.ids import case_number
from xianban.casework.models import Case, Interest, Word
from xianban.casework.queries.access import NO_CASE, access
from xianban.casework.queries.numbers import number_of
from xianban.casework.queries.shown import Step, Story
from xianban.casework.queries.standings import standing_of, subject_of
from xianban.casework.queries.views import area_named, matter_named, unit_named
from xianban.casework.rules.standing import Standing
from xianban.casework.rules.table import CLOCKS, TABLE
from xianban.city.api import City, current
from xianban.ledger.api import Act, history

# What becomes public of an act: only these of its values, and only of acts that the table calls public.
PUBLIC_VERBS = {move.verb for move in TABLE if move.public} | {"open", "miss"}
SHOWN = (
    "report",
    "answer_consult",
    "decline",
    "extend",
    "approve_suspension",
    "close",
)  # their words are for the resident


def public_story(case_id: int, *, now: datetime, person: int | None = None) -> Story:
    """The story of a case for residents; with `person`, also what this reporter may do."""
    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        raise NotFound(NO_CASE)
    city, standing = current(), standing_of(case)
    acts = history(subject_of(case_id))
    declined = case.state == "declined"
    return Story(
        case_id=case.pk,
        number=case_number(case.pk, case.received_at, tz=city.tz),
        state=case.state,
        matter=matter_named(city, case.matter),
        area=area_named(city, case.area),
        place=case.place,
        unit=unit_named(city, case.unit),
        holder=_holder(standing),
        received_at=case.received_at,
        promised_at=case.due_at if standing.open and case.state != "reported" else None,
        answer="" if declined else case.answer,
        exit=case.exit,
        exit_text=case.answer if declined else "",
        ending=case.ending,
        steps=_steps(case, acts, city, person),
        may=_may(case, standing, person, now),
        merged_into=number_of(case.merged_into_id) if case.merged_into_id else "",
        ended_at=case.ended_at,
        contact_by=_runs_until(standing, "contact"),
        review_at=_runs_until(standing, "review"),
        reply_by=_runs_until(standing, "reply"),
        reopen_by=_reopen_by(case, city),
    )


def _runs_until(standing: Standing, kind: str) -> datetime | None:
    """When the running clock of a kind ends; None where none runs."""
    running = (c for c in standing.clocks.values() if c.kind == kind and c.state == "running")
    return next((clock.due_at for clock in running), None)


def _reopen_by(case: Case, city: City) -> datetime | None:
    if case.state != "closed" or case.ended_at is None:
        return None
    return case.ended_at + timedelta(days=city.settings.reopen_days)


def _holder(standing: Standing) -> str:
    """Who has the ball: unit, desk, resident or nobody."""
    if not standing.open:
        return "nobody"
    if standing.state == "reported":
        return "resident"
    if standing.state in ("received", "contested"):
        return CLOCKS["dispatch"].holder
    return "unit"


def _may(case: Case, standing: Standing, person: int | None, now: datetime) -> tuple[str, ...]:
    if person is None or not Interest.objects.filter(case_id=case.pk, person=person).exists():
        return ()
    reporters = Interest.objects.filter(case_id=case.pk).count()
    offers = access(resident_actor(person)).offers(standing, now=now, reporters=reporters)
    return tuple(offer.verb for offer in offers)


def _steps(case: Case, acts: list[Act], city: City, person: int | None) -> tuple[Step, ...]:
    """The public acts, and at a merge what happened to the other case from then on."""
    told = [(case.pk, act) for act in acts]
    if case.merged_into_id:
        later = history(subject_of(case.merged_into_id))
        since = max(act.at for act in acts if act.verb == "merge")
        told += [(case.merged_into_id, act) for act in later if act.at >= since]
    own = _own_words(person, {key for key, _ in told})
    steps = ((_step(act, city, person), own.get((key, act.seq))) for key, act in told)
    return tuple(_with(step, words) for step, words in steps if step)


def _own_words(person: int | None, case_ids: Collection[int]) -> dict[tuple[int, int], str]:
    """What this person said with acts on these cases: theirs to read, and nobody else's."""
    if person is None:
        return {}
    rows = Word.objects.filter(person=person, case__in=case_ids)
    return {(key, seq): text for key, seq, text in rows.values_list("case", "seq", "text")}


def _with(step: Step, words: str | None) -> Step:
    return replace(step, values={**step.values, "text": words}) if words else step


def _step(act: Act, city: City, person: int | None) -> Step | None:
    own = person is not None and act.actor == resident_actor(person).key
    another = person is not None and not own and act.actor != "machine"
    if act.verb not in PUBLIC_VERBS or (act.verb == "say" and not own):
        return None
    change, said = act.payload.get("change", {}), act.payload.get("said", {})
    if act.verb == "miss" and said.get("clock") != "handle":
        return None
    if act.verb in ("contact", "follow_up") and not said.get("contacted"):
        return None
    what = _what(act, change)
    if what == "rated" and another:
        what = "rated_by_another"
    return Step(act.at, what, _values(act, change, said, city))


def _what(act: Act, change: Mapping[str, Any]) -> str:
    """Several verbs that mean the same to a resident get one name."""
    if act.verb == "open":
        return "dispatched" if change.get("unit") else "received"
    if act.verb in ("redispatch", "uphold", "designate", "dispatch", "decide"):
        return "dispatched"
    if act.verb in ("follow_up", "rate"):
        good = "rated" if act.verb == "rate" else "followed_up"
        return {"rectifying": "rectifying", "received": "reopen"}.get(change.get("state", ""), good)
    return act.verb


def _values(
    act: Act, change: Mapping[str, Any], said: Mapping[str, Any], city: City
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if change.get("unit"):
        values["unit"] = city.unit_name(change["unit"])
    if change.get("due_at"):
        values["due_at"] = datetime.fromisoformat(change["due_at"])
    if act.verb in SHOWN and act.actor != "machine":
        values["text"] = said.get("text", "")
    if act.verb == "decline":
        values["exit"] = said.get("exit", "")
    if act.verb == "close":
        values["ending"] = change.get("ending", "")
    if act.verb == "rate":
        values |= {k: said[k] for k in ("solved", "satisfaction") if k in said}
    return values
