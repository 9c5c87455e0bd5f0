"""Asking that a case be left out, objecting to what is frozen, and the decisions on both."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from xianban.accounts.api import Actor
from xianban.appraisal.actions.freezing import corrected_copy, seal_revision, tell
from xianban.appraisal.actions.reckoning import city_of, frozen, refigure
from xianban.appraisal.models import Appeal, Asked, Counted, Exclusion, Period, Revision
from xianban.appraisal.queries.reach import acts_for, must_be_central, units_of
from xianban.appraisal.rules.deciding import (
    check_request,
    check_words,
    corrected,
    must_be_open,
    refuse_own,
)
from xianban.appraisal.rules.words import APPEALS, GRANTED, GROUNDS, REFUSED, WRONG_RECORD
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.city.api import TALLIES, current
from xianban.ledger.api import NewNotice, enqueue

NOTHING = "there is no such request, or none that you may see"
NO_ROW = "this case is not in the figures of that unit and period; look at its page"
NOT_FOR_THE_UNIT = "only who works for that unit may ask this for it"


def ask_exclusion(
    name: str, case_id: int, *, unit: str, ground: str, evidence: str, acting: Actor, now: datetime
) -> int:
    """Ask that a case be left out of a unit's figures; the key of the request."""
    check_request(ground, evidence, grounds=GROUNDS)
    _must_act_for(acting, "ask_exclusion", unit)
    with transaction.atomic():
        period = _locked(name)
        if frozen(period):
            raise WrongState("this period is frozen; appeal against the row instead")
        row = _row(_newest(period), case_id, unit)
        _refuse_twice(Exclusion, period, case_id, unit)
        asked = Exclusion.objects.create(
            period=period,
            case=case_id,
            number=row.number,
            unit=unit,
            ground=ground,
            evidence=evidence.strip(),
            asked_by=acting.key,
            asked_at=now,
        )
        _note(asked, "ask_exclusion", acting=acting, now=now)
    return asked.pk


def decide_exclusion(key: int, *, granted: bool, reason: str, acting: Actor, now: datetime) -> None:
    """Leave the case out, or let it count: centrally, with a reason, and never by who asked."""
    must_be_central(acting, "decide_exclusion", current())
    check_words(reason, "reason")
    with transaction.atomic():
        asked = _asked(Exclusion, key)
        period = _locked(asked.period.name)
        if frozen(period):
            raise WrongState("this period is frozen; what is left out of it cannot change")
        _decide(asked, granted=granted, reason=reason, acting=acting, now=now)
        if granted:
            revision = _newest(period)
            rows = Counted.objects.filter(revision=revision, case=asked.case, unit=asked.unit)
            rows.update(left_out=asked.ground)
            Revision.objects.filter(pk=revision.pk).update(reckoned_at=now)
            refigure(revision, city_of(period, now=now))
        _note(asked, "decide_exclusion", acting=acting, now=now)


def appeal(
    name: str,
    case_id: int,
    *,
    unit: str,
    ground: str,
    evidence: str,
    acting: Actor,
    now: datetime,
) -> int:
    """Object to how a case stands in a frozen period; the key of the appeal."""
    check_request(ground, evidence, grounds=APPEALS)
    _must_act_for(acting, "appeal", unit)
    with transaction.atomic():
        period = _locked(name)
        if not frozen(period):
            raise WrongState("this period is not frozen yet; ask to leave the case out instead")
        revision = _newest(period)
        row = _row(revision, case_id, unit)
        _refuse_twice(Appeal, period, case_id, unit)
        asked = Appeal.objects.create(
            period=period,
            case=case_id,
            number=row.number,
            n=row.n,
            revision=revision.n,
            unit=unit,
            ground=ground,
            evidence=evidence.strip(),
            asked_by=acting.key,
            asked_at=now,
        )
        _note(asked, "appeal", acting=acting, now=now)
    return asked.pk


def rule_appeal(
    key: int,
    *,
    granted: bool,
    reason: str,
    acting: Actor,
    now: datetime,
    correction: Mapping[str, Any] | None = None,
) -> int | None:
    """Rule on an appeal. What is upheld becomes a new revision, whose number is given back.

    A record that is not so is put right by `correction` (contacted, solved, satisfaction); on any
    other ground the case is left out. Who asked, whose unit it is, and who froze the period
    cannot rule.
    """
    must_be_central(acting, "rule_appeal", current())
    check_words(reason, "reason")
    with transaction.atomic():
        asked = _asked(Appeal, key)
        period = _locked(asked.period.name)
        last = _newest(period)
        first = period.revisions.get(n=1)
        if first.frozen_by == acting.key:
            raise NotAllowed("who froze the period cannot rule on an appeal against it")
        _decide(asked, granted=granted, reason=reason, acting=acting, now=now)
        if granted:
            values = _correction(asked, last, correction or {})
            revision = corrected_copy(
                last, case=asked.case, n=asked.n, values=values, why=reason.strip(), now=now
            )
            asked.corrected_in, asked.correction = revision.n, values
            asked.save(update_fields=["corrected_in", "correction"])
            seal_revision(revision, acting=acting, now=now, verb="correct", more={"appeal": key})
        _note(asked, "rule_appeal", acting=acting, now=now)
    return asked.corrected_in


def _correction(asked: Appeal, last: Revision, said: Mapping[str, Any]) -> dict[str, Any]:
    if asked.ground != WRONG_RECORD:
        return {"left_out": asked.ground}
    if not said:
        raise BadInput("say what is put right: contacted, solved or satisfaction")
    row = Counted.objects.get(revision=last, case=asked.case, n=asked.n)
    tallies = {name: getattr(row, name) for name in TALLIES}
    changed = corrected(said, tallies)
    return {name: value for name, value in changed.items() if value != tallies[name]}


def _must_act_for(acting: Actor, verb: str, unit: str) -> None:
    if not acts_for(acting, verb, unit, current()):
        raise NotAllowed(NOT_FOR_THE_UNIT)


def _locked(name: str) -> Period:
    period = Period.objects.select_for_update().filter(name=name.strip()).first()
    if period is None:
        raise NotFound(f"the period {name[:20]} has not been reckoned; run `xianban appraise`")
    return period


def _newest(period: Period) -> Revision:
    return period.revisions.order_by("-n")[0]


def _row(revision: Revision, case_id: int, unit: str) -> Counted:
    rows = Counted.objects.filter(revision=revision, case=case_id, unit=unit, left_out="")
    row = rows.order_by("-at", "-n").first()
    if row is None:
        raise NotFound(NO_ROW)
    return row


def _refuse_twice(model: type[Asked], period: Period, case_id: int, unit: str) -> None:
    there = model._default_manager.filter(period=period, case=case_id, unit=unit)
    if there.exclude(state=REFUSED).exists():
        raise WrongState("this was asked already; the decision is on its way")


def _asked(model: type[Any], key: int) -> Any:
    asked = model.objects.select_for_update().select_related("period").filter(pk=key).first()
    if asked is None:
        raise NotFound(NOTHING)
    return asked


def _decide(asked: Any, *, granted: bool, reason: str, acting: Actor, now: datetime) -> None:
    must_be_open(asked.state)
    refuse_own(asked.asked_by, asked.unit, decider=acting.key, units=units_of(acting))
    asked.state = GRANTED if granted else REFUSED
    asked.decided_by, asked.decided_at, asked.reason = acting.key, now, reason.strip()
    asked.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    kind = f"{'appeal' if isinstance(asked, Appeal) else 'exclusion'}_{asked.state}"
    told = {"number": asked.number, "period": asked.period.name}
    enqueue([NewNotice(kind, asked.asked_by, f"{kind}:{asked.pk}", told)], now=now)


def _note(asked: Any, verb: str, *, acting: Actor, now: datetime) -> None:
    """The ledger knows what was asked and decided, and the words by their hash alone."""
    words = f"{asked.evidence}\n{asked.reason}".encode()
    payload = {
        "request": asked.pk,
        "case": asked.case,
        "unit": asked.unit,
        "ground": asked.ground,
        "state": asked.state,
        "words": hashlib.sha256(words).hexdigest(),
    }
    tell(asked.period, verb, acting=acting, now=now, payload=payload)
