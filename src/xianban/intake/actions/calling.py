"""A call written down at the desk, and what was settled while the caller was on the line."""

from dataclasses import dataclass, replace
from datetime import datetime

from xianban.accounts.api import Actor
from xianban.base.errors import Refused
from xianban.casework import api as casework
from xianban.intake.actions.attaching import attach
from xianban.intake.actions.gathering import receive
from xianban.intake.actions.receiving import Receipt
from xianban.intake.rules.submission import Submission

CONSULT = "consult"


@dataclass(frozen=True)
class Settled:
    """What an agent settled: into which case it goes, or the answer that ends it, or who acts."""

    joins: int = 0
    answer: str = ""
    source: str = ""  # the entry of the knowledge base that the answer comes from
    unit: str = ""
    why: str = ""  # what the unit is told where an agent chose it


@dataclass(frozen=True)
class Call:
    """The receipt to read out; `refused` is why what was settled could not be done to what was taken."""

    receipt: Receipt
    kind: str  # plain, joined, answered
    refused: Refused | None = None


def take_call(said: Submission, settled: Settled, *, acting: Actor, now: datetime) -> Call:
    """Take a call and do what was settled. It is accepted first, so that nothing is lost where that fails.

    Sent twice it is one call: what was done the first time is not done again.
    """
    if settled.joins:
        return Call(attach(said, settled.joins, acting=acting, now=now), "joined")
    if settled.answer:
        said = replace(said, request_kind=CONSULT, held=True)
        act, data = "answer_consult", {"text": settled.answer, "source": settled.source}
    elif settled.unit:
        said = replace(said, held=True)
        act, data = "dispatch", {"unit": settled.unit, "text": settled.why}
    else:
        return Call(receive(said, acting=acting, now=now), "plain")
    receipt = receive(said, acting=acting, now=now)
    kind = "answered" if settled.answer else "plain"
    if receipt.state != "received":  # sent before, and done
        return Call(receipt, kind)
    try:
        casework.perform(receipt.case_id, act, acting=acting, now=now, data=data)
    except Refused as refused:
        return Call(receipt, "plain", refused)
    opened = casework.opened([receipt.case_id])[receipt.case_id]
    return Call(replace(receipt, state=opened.state, unit=opened.unit, due_at=opened.due_at), kind)
