"""Changes to intake."""

from xianban.intake.actions.gathering import receive
from xianban.intake.actions.preparing import warm_up
from xianban.intake.actions.receiving import Receipt, receive_many, take

__all__ = ["Receipt", "receive", "receive_many", "take", "warm_up"]
