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
    try_again,
)
from xianban.ledger.queries import (
    Act,
    RoundSeen,
    Undelivered,
    Verdict,
    head_of,
    history,
    newest_seqs,
    rounds,
    undelivered,
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
    "Undelivered",
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
    "try_again",
    "undelivered",
    "verify",
    "waiting_notices",
]
