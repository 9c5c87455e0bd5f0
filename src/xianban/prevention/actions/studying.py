"""Study (研判): confirm, watch, dismiss, conclude; and the order that opens a case before anyone complains."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from xianban.accounts.api import Actor
from xianban.base.errors import BadInput, NotAllowed, WrongState
from xianban.casework.api import NewCase, may_lead, open_cases, opened
from xianban.city.api import Assignment, City, current
from xianban.prevention.actions.attaching import ORIGIN, attach
from xianban.prevention.actions.measuring import register
from xianban.prevention.actions.writing import locked, write
from xianban.prevention.models import Behind, Order, Warning
from xianban.prevention.queries.offers import OrderOffer, offer_for
from xianban.prevention.queries.reach import may_do, must_see
from xianban.prevention.rules.study import Move, checked, move_for

MOST_MEASURES = 4000
MOST_ATTACHED = 300
ENDED = ("closed", "declined", "merged")


def study(
    warning_id: int,
    verb: str,
    *,
    reason: str = "",
    note: str = "",
    outcome: str = "",
    expect_version: int | None = None,
    acting: Actor,
    now: datetime,
) -> None:
    """Do one act of study to a warning. Ordering has its own door, for it opens a case.

    `reason` (of a dismissal) is one of DISMISS_REASONS, `outcome` (of a conclusion) real or empty.
    Where the warning went on since `expect_version`, nothing is done.
    """
    if verb == "order":
        raise BadInput("an order opens a case; use `order`")
    city = current()
    with transaction.atomic():
        row, move = _held(warning_id, verb, expect_version, acting, city)
        reason, note, outcome = checked(move, reason=reason, note=note, outcome=outcome)
        fields = _changed(row, move, reason, note, outcome, city, now)
        said = {"from": row.stand, "reason": reason, "note": note, "outcome": outcome, "people": row.people}  # fmt: skip
        if move.to:
            row.stand = move.to
        write(row, verb, {k: v for k, v in said.items() if v != ""}, actor=acting.key, now=now)
        row.save(update_fields=[*fields, "stand"])


def _held(
    warning_id: int, verb: str, expect: int | None, acting: Actor, city: City
) -> tuple[Warning, Move]:
    row = locked(warning_id)
    must_see(acting, row, city)
    move = move_for(verb, row.stand)
    if not may_do(acting, move.right, row, city):
        raise NotAllowed(
            "your roles do not let you do this to a warning; ask an analyst or a leader"
        )
    if expect is not None and expect != row.version:
        raise WrongState("this warning went on since you looked at it; look again, then decide")
    return row, move


def _changed(
    row: Warning, move: Move, reason: str, note: str, outcome: str, city: City, now: datetime
) -> list[str]:
    if move.verb == "note":
        return []
    row.studied_at, row.people_at_study = now, row.people
    row.reason, row.note = reason, note or row.note
    if outcome:
        row.outcome = outcome
    today = now.astimezone(city.tz).date()
    row.quiet_until = (
        today + timedelta(days=city.prevention.quiet_days) if move.to == "dismissed" else None
    )
    return ["studied_at", "people_at_study", "reason", "note", "outcome", "quiet_until"]


def order(
    warning_id: int,
    *,
    measures: str,
    lead: str = "",
    co_units: Sequence[str] | None = None,
    limit: str = "",
    authority: str = "",
    legal_basis: str = "",
    attach: bool = True,
    expect_version: int | None = None,
    acting: Actor,
    now: datetime,
) -> Order:
    """Open an ordinary case from a warning: what is to be done, by whom, on what authority.

    What is left out is taken from the duty list (`order_offer` says what that is). Open cases behind
    the warning are linked, and whoever reported them hears that the cause is being treated. How the
    effect is going to be measured is written down in the same moment.
    """
    city = current()
    measures = measures.strip()
    if not measures or len(measures) > MOST_MEASURES:
        raise BadInput(f"say what is to be done, in at most {MOST_MEASURES} characters")
    with transaction.atomic():
        row, _ = _held(warning_id, "order", expect_version, acting, city)
        offer = offer_for(row, city, now=now)
        terms = _terms(offer, lead, co_units, limit, authority, legal_basis, city)
        case = open_cases([_case(row, measures, terms, city, now)], acting=acting, now=now)[0]
        ordered = Order.objects.create(
            warning=row,
            case=case.case_id,
            number=case.number,
            lead=terms.lead,
            co_units=list(terms.co_units),
            by=acting.key,
            at=now,
            limit=terms.limit,
            authority=terms.authority,
            legal_basis=terms.legal_basis,
            playbook=list(terms.playbook),
            measures=measures,
            known=_known(row),
            attaches=attach,
        )
        if attach:
            ordered.attached, ordered.told = _attach_behind(ordered, city, now)
            ordered.save(update_fields=["attached", "told"])
        plan = register(ordered, row, city, now=now)
        row.case, row.studied_at, row.people_at_study = case.case_id, now, row.people
        said = {
            "from": row.stand,
            "case": case.case_id,
            "lead": terms.lead,
            "co_units": list(terms.co_units),
            "limit": terms.limit,
            "authority": terms.authority,
            "legal_basis": terms.legal_basis,
            "measures": measures,
            "known": ordered.known,
            "measure": plan,
            "attached": ordered.attached,
        }
        row.stand = "ordered"
        write(row, "order", said, actor=acting.key, now=now)
        row.save(update_fields=["stand", "case", "studied_at", "people_at_study"])
    return ordered


def _terms(
    offer: OrderOffer,
    lead: str,
    co_units: Sequence[str] | None,
    limit: str,
    authority: str,
    legal_basis: str,
    city: City,
) -> OrderOffer:
    lead = lead or offer.lead
    if not lead:
        raise BadInput("the duty list names nobody for this; name the unit that is to lead")
    if not may_lead(lead, city):
        raise BadInput(f"“{city.unit_name(lead)}” cannot lead a case; choose a department or a street office")  # fmt: skip
    helpers = offer.co_units if co_units is None else tuple(dict.fromkeys(co_units))
    unknown = [unit for unit in helpers if unit not in city.units]
    if unknown:
        raise BadInput(f"there is no unit “{unknown[0]}” in this city; choose one from its list of units")  # fmt: skip
    city.limit_seconds(limit or offer.limit)  # refuses what is no limit
    basis = legal_basis.strip() or offer.legal_basis
    power = authority.strip() or offer.authority
    if not basis and not power:
        raise BadInput("the duty list states neither powers nor a legal basis here; write down on what authority this is done before anyone complains")  # fmt: skip
    return OrderOffer(
        lead=lead,
        co_units=tuple(unit for unit in helpers if unit != lead),
        limit=limit or offer.limit,
        authority=power,
        legal_basis=basis,
        playbook=offer.playbook,
        assignment=offer.assignment,
        attachable=offer.attachable,
    )


def _case(row: Warning, measures: str, terms: OrderOffer, city: City, now: datetime) -> NewCase:
    found = terms.assignment
    assignment = Assignment(
        duty_id=found.duty_id if found else 0,
        row=found.row if found else 0,
        lead=terms.lead,
        co_units=terms.co_units,
        limit=terms.limit,
        contact_limit=found.contact_limit if found else city.limits("normal").contact,
        sign_limit=found.sign_limit if found else city.limits("normal").sign,
        own_limit=True,
        powers=terms.authority,
        legal_basis=terms.legal_basis,
        acceptance=found.acceptance if found else "",
        playbook=terms.playbook,
        checklist=found.checklist if found else (),
        reply=found.reply if found else "",
        matter=row.matter,
        area=row.area,
    )
    middle = _middle(row.points)
    matter = city.matters.get(row.matter)
    return NewCase(
        origin=ORIGIN,
        source=f"warning:{row.pk}",
        title=row.title[:60],
        text=measures,
        received_at=now,
        matter=row.matter,
        area=row.area,
        place=city.area_name(row.area),
        lat=middle[0],
        lon=middle[1],
        urgency=matter.urgency if matter else "normal",
        request_kind="report",
        assignment=assignment,
        proposal={"warning": row.pk, "why": _known(row)},
    )


def _middle(points: Sequence[Sequence[float]]) -> tuple[float | None, float | None]:
    if not points:
        return None, None
    total = sum(n for _, _, n in points)
    return sum(a * n for a, _, n in points) / total, sum(o * n for _, o, n in points) / total


def _known(row: Warning) -> dict[str, Any]:
    """What was known when somebody decided: kept, so that good faith can be shown later."""
    return {
        "detector": row.detector,
        "n": row.detector_n,
        "as_of": row.last_at.isoformat(),
        "since": row.since.isoformat(),
        "observed": row.observed,
        "expected": round(row.expected, 2),
        "confidence": row.confidence,
        "p": float(f"{row.p_value:.3g}"),
        "size": row.size,
        "helped": row.helped,
        "harm": round(row.harm, 3),
        "outlook": row.outlook,
    }


def _attach_behind(ordered: Order, city: City, now: datetime) -> tuple[int, int]:
    """Attach the open cases behind the warning; how many, and how many people hear of it."""
    since = now - timedelta(days=city.prevention.attach_days)
    behind = Behind.objects.filter(warning=ordered.warning_id, since__gte=since)
    found = opened(list(behind.values_list("case", flat=True)[:MOST_ATTACHED]))
    return attach(ordered, [one for one in found.values() if one.state not in ENDED], now=now)
