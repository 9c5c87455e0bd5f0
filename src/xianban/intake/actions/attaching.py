"""“Me too”: what somebody says joins a case that is open already."""

from dataclasses import replace
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from xianban.accounts.api import Actor
from xianban.base.errors import WrongState
from xianban.base.rows import insert_keyed
from xianban.casework import api as casework
from xianban.files import api as files
from xianban.intake.actions.preparing import prepare
from xianban.intake.actions.receiving import Receipt, receipt_of
from xianban.intake.actions.writing import contact_of, request_of, seal_words, turn
from xianban.intake.drafting import check, drafted, tidied
from xianban.intake.queries import known_by
from xianban.intake.rules.submission import Submission
from xianban.ledger.api import head_of
from xianban.residents.api import seal_many


def attach(said: Submission, case_id: int, *, acting: Actor, now: datetime) -> Receipt:
    """Take one submission into an open case: a number and a code of its own, and news of the outcome.

    Sent again under the same key it is the same request. The same person counts once, however often
    they say it. WrongState where the case has ended meanwhile.
    """
    said = tidied(said)
    check([said], now=now)
    try:
        return _known(said) or _attach(said, case_id, acting=acting, now=now)
    except IntegrityError:  # sent twice at once: the other was a moment before
        if (known := _known(said)) is not None:
            return known
        raise


def _known(said: Submission) -> Receipt | None:
    found = known_by("key", [(said.door, said.key)]) if said.key else {}
    if (before := found.get((said.door, said.key))) is None:
        return None
    case = casework.opened([before.case_id])[before.case_id]
    return replace(receipt_of(before.request_id, case), created=False)


def _attach(said: Submission, case_id: int, *, acting: Actor, now: datetime) -> Receipt:
    prepared = prepare([drafted(said)], now, "now")
    with turn(), transaction.atomic():
        # whoever got a code may come back to it, with or without a contact
        (person,) = seal_many([replace(contact_of(prepared[0].draft), keep=True)])
        assert person is not None
        digests = [file.digest for file in said.files]
        goes_on = casework.hear(case_id, person, acting=acting, now=now, files=digests)
        if not casework.nearby([goes_on]):
            raise WrongState("that case has ended meanwhile; report it as a new one")
        requests = [request_of(prepared[0], person, goes_on)]
        insert_keyed(requests, connection=connection)
        seal_words(prepared, requests)
        subject = f"case:{goes_on}"
        files.attach(
            said.files,
            owner=f"request:{requests[0].pk}",
            subject=subject,
            seq=head_of(subject).seq,
            by=acting.key,
            shown=False,
            now=now,
        )
        case = casework.opened([goes_on])[goes_on]
    return receipt_of(requests[0].pk, case)
