"""A resident asks for a right, proves who they are, and gets it; or somebody decides."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from xianban.accounts.api import MACHINE, Actor, Role, may_anywhere, resident_actor, tally
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.base.ids import same_code
from xianban.casework.api import number_of
from xianban.city.api import current
from xianban.intake.api import RequestSeen
from xianban.ledger.api import Entry, NewNotice, append, enqueue
from xianban.privacy.actions.erasing import erase_person
from xianban.privacy.models import Asking
from xianban.privacy.queries import cases_kept, code_of, holds_on, reachable
from xianban.privacy.rules import DECISIONS, RIGHTS
from xianban.residents.api import (
    ErasureGround,
    correct_contact,
    email_of,
    mask_numbers,
    open_for_home,
    phone_of,
    seal_for_home,
)

DAY_S = 86_400
CODES = 3  # to one contact within a day: nobody is pestered
TRIES = 5  # of one code
CODE_LIVES = timedelta(hours=24)
AT_ONCE = 200


def ask(
    said: RequestSeen, kind: str, *, contact: Mapping[str, str] | None = None, now: datetime
) -> int:
    """Somebody who holds number and code asks; a code goes to the contact on record, if there is one.

    Asked again while one waits for its code, it is the same, with what was said last; the code too.
    """
    if kind not in RIGHTS or said.person is None:
        raise BadInput("choose copy, correct or erase")
    sealed = _sealed(contact) if kind == "correct" else None
    with transaction.atomic():
        row = Asking.objects.filter(
            person=said.person, request=said.id, kind=kind, state="asked",
            asked_at__gt=now - CODE_LIVES,
        ).first() or Asking(
            person=said.person, request=said.id, case=said.case_id, kind=kind, asked_at=now
        )  # fmt: skip
        known = row.pk is not None
        row.sealed = sealed
        row.save()
        if reachable(said.person) and not _send_code(row, now) and not known:
            raise BadInput(f"{CODES} codes went to you today already; ask again tomorrow")
    return row.pk


def _sealed(contact: Mapping[str, str] | None) -> bytes:
    if not contact or not (contact.get("phone") or contact.get("email")):
        raise BadInput("leave a telephone number or a mail address, so that we can reach you")
    phone, email = contact.get("phone", "").strip(), contact.get("email", "").strip()
    if (phone and not phone_of(phone)) or (email and not email_of(email)):
        raise BadInput("that is no telephone number or no mail address; check what you typed")
    plain = {name: contact.get(name, "")[:200] for name in ("name", "phone", "email")}
    return seal_for_home(json.dumps(plain, ensure_ascii=False), about="asking")


def _send_code(row: Asking, now: datetime) -> bool:
    """Send it, unless so many went there today that one more would be a nuisance; whether it went."""
    sent = tally("rights", f"person:{row.person}", within_s=DAY_S, now=now)
    if sent > CODES:
        return False
    notice = NewNotice(
        kind="rights_code",
        to=f"person:{row.person}",
        dedupe_key=f"right:{row.pk}:code:{now:%Y%m%d%H%M%S}:{sent}",
        payload={"right": row.pk, "number": number_of(row.case)},
        urgent=True,  # somebody waits in front of the page for it
    )
    enqueue([notice], now=now)
    return True


def confirm(asking_id: int, said: RequestSeen, code: str, *, now: datetime) -> str:
    """The code came back: what was asked is done, or waits for a decision; its state then."""
    if tally("right", f"asking:{asking_id}", within_s=DAY_S, now=now) > TRIES:
        raise BadInput("this code was tried too often; ask for a new one tomorrow")
    with transaction.atomic():
        row = Asking.objects.select_for_update().filter(pk=asking_id, request=said.id).first()
        if row is None:
            raise NotFound("nothing like this was asked for")
        if row.state != "asked":
            return row.state  # sent twice
        if now - row.asked_at > CODE_LIVES:
            raise WrongState("this code is no longer valid; ask for a new one")
        if reachable(row.person) and not same_code(code, code_of(row.pk)):
            raise BadInput("the code does not fit; check the message that we sent you")
        row.confirmed_at = now
        actor = resident_actor(row.person)
        contact = json.loads(open_for_home(bytes(row.sealed), about="asking")) if row.sealed else {}
        row.sealed = None
        holds = holds_on(row.person) if row.kind == "erase" else {}
        if holds:
            row.state, row.holds = "waiting", sorted(set(holds.values()))
            row.due_at = current().deadline(now, current().keeping.answer)
            _tell_stewards(row, now)
        else:
            row.state, row.decided_at = "done", now
        row.save()
        _write_down(row, "ask", actor.key, now, {"holds": row.holds})
        if row.kind == "correct":
            correct_contact(row.person, **contact, acting=actor, now=now)
    if row.kind == "erase" and row.state == "done":
        erase_person(row.person, acting=MACHINE, now=now, ground=ErasureGround.ASKED)
    return row.state


def decide(asking_id: int, decision: str, reason: str, *, acting: Actor, now: datetime) -> None:
    """Whoever is in charge decides where a hold kept an erasure: erase, after the hold, or refuse."""
    if not may_anywhere(acting, "erase"):
        raise NotAllowed("requests about personal data are decided by administrators and stewards")
    if decision not in DECISIONS:
        raise BadInput("choose what is to be done")
    why = mask_numbers(reason.strip())[:500]
    if not why:
        raise BadInput("say in a few words why; the resident reads it")
    with transaction.atomic():
        row = Asking.objects.select_for_update().filter(pk=asking_id).first()
        if row is None or not cases_kept(acting, [row.case]):
            raise NotFound("there is no such request, or none that you may see")
        if row.state not in ("waiting", "after"):
            raise WrongState("this request was decided already; load the page again")
        row.state = {"erase": "done", "after": "after", "refuse": "refused"}[decision]
        row.reason, row.decided_by, row.decided_at = why, acting.key, now
        row.save()
        _write_down(row, decision, acting.key, now, {"holds": row.holds})
        if row.state != "done":
            _answer(row, now)
    if row.state == "done":
        erase_person(row.person, acting=acting, now=now, ground=ErasureGround.ASKED)


def carry_out_deferred(*, now: datetime) -> int:
    """Erasures that waited for a case to end, where no hold is left; how many."""
    done = 0
    rows = Asking.objects.filter(state="after").order_by("pk")[:AT_ONCE]
    for pk in list(rows.values_list("pk", flat=True)):
        with transaction.atomic():
            row = Asking.objects.select_for_update().get(pk=pk)
            if row.state != "after" or holds_on(row.person):
                continue
            row.state, row.decided_at = "done", now
            row.save()
            _write_down(row, "erase", MACHINE.key, now, {})
        erase_person(row.person, acting=MACHINE, now=now, ground=ErasureGround.ASKED)
        done += 1
    return done


def _tell_stewards(row: Asking, now: datetime) -> None:
    notice = NewNotice(
        kind="rights_asked",
        to=f"role:{Role.ADMINISTRATOR.value}:{current().root}",
        dedupe_key=f"right:{row.pk}:asked",
        payload={"number": number_of(row.case), "due_at": row.due_at and row.due_at.isoformat()},
    )
    enqueue([notice], now=now)


def _answer(row: Asking, now: datetime) -> None:
    kind = "rights_after" if row.state == "after" else "rights_refused"
    notice = NewNotice(
        kind=kind,
        to=f"person:{row.person}",
        dedupe_key=f"right:{row.pk}:{kind}",
        payload={"number": number_of(row.case)},
    )
    enqueue([notice], now=now)


def _write_down(
    row: Asking, verb: str, actor: str, now: datetime, more: Mapping[str, object]
) -> None:
    said = {"person": row.person, "case": row.case, "right": row.kind, **more}
    append([Entry(f"right:{row.pk}", verb, actor, now, said)])
