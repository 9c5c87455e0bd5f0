"""Whoever comes while others are being written is written with the next ones: one commit for all.

A commit to disk and its queries cost the same for one request as for ten. Nobody waits for company:
the first to come is taken at once, and those who come meanwhile go together when it is done.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from xianban.accounts.api import Actor
from xianban.intake.actions.receiving import Receipt, take
from xianban.intake.drafting import Draft, check, drafted, tidied
from xianban.intake.rules.submission import Submission

AT_ONCE = 32
SAME_MOMENT = timedelta(seconds=2)  # all of a batch are taken at one time


@dataclass(eq=False)
class _Waiting:
    """One who waits in this process, until there is a receipt or a fault."""

    draft: Draft
    acting: Actor
    now: datetime
    receipt: Receipt | None = None
    fault: BaseException | None = None

    @property
    def answered(self) -> bool:
        return self.receipt is not None or self.fault is not None


class _Door:
    """Those who wait, and whether one of them is writing for the others."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.waiting: list[_Waiting] = []
        self.busy = False

    def answer(self, mine: _Waiting) -> None:
        """Wait for an answer to `mine`; write for all who wait when it is our turn."""
        with self.changed:
            self.waiting.append(mine)
            self.changed.wait_for(lambda: mine.answered or not self.busy)
            if mine.answered:
                return
            self.busy, batch = True, self._company_of(mine)
        try:
            _take_together(batch)
        finally:
            with self.changed:
                self.busy = False
                self.changed.notify_all()

    def _company_of(self, mine: _Waiting) -> list[_Waiting]:
        """`mine` and the first who may share its transaction; they leave those who wait."""
        others = [
            one
            for one in self.waiting
            if one is not mine
            and one.acting == mine.acting
            and abs(one.now - mine.now) < SAME_MOMENT
        ]
        batch = [mine, *others[: AT_ONCE - 1]]
        self.waiting = [one for one in self.waiting if one not in batch]
        return batch


_door = _Door()


def receive(said: Submission, *, acting: Actor, now: datetime) -> Receipt:
    """Take one submission; said again under the same key or external id, it is the same request."""
    said = tidied(said)
    check([said], now=now)
    mine = _Waiting(drafted(said), acting, now)
    if connection.in_atomic_block:  # the caller's own transaction decides what becomes of it
        _take_together([mine])
    else:
        _door.answer(mine)
    if mine.receipt is None:
        assert mine.fault is not None
        raise mine.fault
    return mine.receipt


def _take_together(batch: list[_Waiting]) -> None:
    """Receipts for all; where they cannot be taken together, each alone meets its own fate."""
    try:
        receipts = take(
            [one.draft for one in batch],
            acting=batch[0].acting,
            now=max(one.now for one in batch),
            changed="refuse",
            tell=True,
            taken="now",
            limits_from="received",
        )
    except BaseException as fault:
        if len(batch) == 1:
            batch[0].fault = fault
            return
        for one in batch:
            _take_together([one])
    else:
        for one, receipt in zip(batch, receipts, strict=True):
            one.receipt = receipt
