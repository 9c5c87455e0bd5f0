"""Changes to intake."""

from xianban.intake.actions.attaching import attach
from xianban.intake.actions.calling import Call, Settled, take_call
from xianban.intake.actions.forgetting import end_subscriptions, forget_requests
from xianban.intake.actions.gathering import receive
from xianban.intake.actions.guarding import AskedBack, receive_from
from xianban.intake.actions.preparing import warm_up
from xianban.intake.actions.receiving import Receipt, receive_many, take
from xianban.intake.actions.subscribing import confirm, subscribe, tell_subscribers, unsubscribe
from xianban.intake.actions.weighing import note_burden

__all__ = [
    "AskedBack",
    "Call",
    "Receipt",
    "Settled",
    "attach",
    "confirm",
    "end_subscriptions",
    "forget_requests",
    "note_burden",
    "receive",
    "receive_from",
    "receive_many",
    "subscribe",
    "take",
    "take_call",
    "tell_subscribers",
    "unsubscribe",
    "warm_up",
]
