"""The door of the ledger: acts written down for good, and messages on their way out."""

from xianban.ledger.actions import (
    NewNotice,
    Outgoing,
    Sent,
    append,
    checkpoint,
    enqueue,
    round_of,
    send_due,
)
from xianban.ledger.queries import (
    Act,
    RoundSeen,
    Verdict,
    head_of,
    history,
    newest_seqs,
    rounds,
    verify,
    waiting_notices,
)
from xianban.ledger.rules import START, Entry, Head

__all__ = [
    "START",
    "Act",
    "Entry",
    "Head",
    "NewNotice",
    "Outgoing",
    "RoundSeen",
    "Sent",
    "Verdict",
    "append",
    "checkpoint",
    "enqueue",
    "head_of",
    "history",
    "newest_seqs",
    "round_of",
    "rounds",
    "send_due",
    "verify",
    "waiting_notices",
]
