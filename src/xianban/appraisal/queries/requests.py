"""What units asked, what waits to be decided, and whether what is frozen is as it was."""

from collections.abc import Collection
from typing import Any

from xianban.accounts.api import Actor, names_of
from xianban.appraisal.models import Appeal, Exclusion, Revision
from xianban.appraisal.queries.reach import acts_for, central, sees, units_of
from xianban.appraisal.queries.shown import AskedSeen
from xianban.appraisal.queries.tables import digest_of
from xianban.appraisal.rules.words import ASKED
from xianban.city.api import City, current
from xianban.ledger.api import history

MOST = 200
KINDS: tuple[tuple[str, Any, str], ...] = (
    ("exclusion", Exclusion, "decide_exclusion"),
    ("appeal", Appeal, "rule_appeal"),
)


def requests(actor: Actor, *, period: str = "", unit: str = "") -> tuple[AskedSeen, ...]:
    """What was asked within the actor's scope, what waits first, then the newest."""
    city, found = current(), []
    own = Revision.objects.filter(n=1, frozen_by=actor.key).values_list("period", flat=True)
    froze = set(own)  # whoever froze a period rules on no appeal against it
    for kind, model, verb in KINDS:
        rows = model.objects.select_related("period").order_by("-id")
        if period:
            rows = rows.filter(period__name=period)
        if unit:
            rows = rows.filter(unit=unit)
        names = _names(rows[:MOST])
        found += [
            _seen(kind, row, verb, actor, city, names, froze=froze)
            for row in rows[:MOST]
            if sees(actor, city, "unit", row.unit)
        ]
    return tuple(sorted(found, key=lambda one: (one.state != ASKED, -one.asked_at.timestamp())))


def in_question(case_ids: Collection[int]) -> set[int]:
    """About which of these cases something is asked and not decided, in whichever period."""
    return {
        case
        for _, model, _ in KINDS
        for case in model.objects.filter(case__in=case_ids, state=ASKED).values_list(
            "case", flat=True
        )
    }


def may_ask(actor: Actor, unit: str, *, frozen: bool) -> bool:
    """Whether the actor may ask something about a unit's rows: to leave out, or, once frozen, anew."""
    return acts_for(actor, "appeal" if frozen else "ask_exclusion", unit, current())


def may_freeze(actor: Actor) -> bool:
    """Whether the actor may freeze periods."""
    return central(actor, "freeze", current())


def broken_seal() -> str | None:
    """The first frozen period that is not what the ledger says it was; None where all agree."""
    sealed = {
        (revision.period.name, revision.n): revision
        for revision in Revision.objects.filter(frozen_at__isnull=False).select_related("period")
    }
    told: dict[tuple[str, int], str] = {}
    for name in {name for name, _ in sealed}:
        for act in history(f"appraisal:{name}"):
            if act.verb in ("freeze", "correct"):
                told[name, act.payload["revision"]] = act.payload["digest"]
    for (name, n), revision in sorted(sealed.items()):
        if told.get((name, n)) != revision.digest or digest_of(revision) != revision.digest:
            return f"revision {n} of the period {name} is not what was frozen"
    return None


def _names(rows: Any) -> dict[int, str]:
    keys = {key for row in rows for key in (row.asked_by, row.decided_by) if key.startswith("user:")}  # fmt: skip
    return names_of(int(key[5:]) for key in keys)


def _name(key: str, names: dict[int, str]) -> str:
    return names.get(int(key[5:]), key) if key.startswith("user:") else key


def _seen(
    kind: str,
    row: Any,
    verb: str,
    actor: Actor,
    city: City,
    names: dict[int, str],
    *,
    froze: Collection[int],
) -> AskedSeen:
    return AskedSeen(
        id=row.pk,
        kind=kind,
        period=row.period.name,
        number=row.number,
        unit=row.unit,
        unit_name=city.unit_name(row.unit),
        ground=row.ground,
        evidence=row.evidence,
        asked_by=_name(row.asked_by, names),
        asked_at=row.asked_at,
        state=row.state,
        decided_by=_name(row.decided_by, names),
        decided_at=row.decided_at,
        reason=row.reason,
        corrected_in=getattr(row, "corrected_in", None),
        may_decide=row.state == ASKED
        and central(actor, verb, city)
        and row.asked_by != actor.key
        and row.unit not in units_of(actor)
        and not (kind == "appeal" and row.period_id in froze),
    )
