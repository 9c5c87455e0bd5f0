"""The door of intake: whatever people say, through whichever door, comes in here."""

from xianban.intake.actions import (
    AskedBack,
    Receipt,
    attach,
    confirm,
    receive,
    receive_from,
    receive_many,
    subscribe,
    tell_subscribers,
    unsubscribe,
    warm_up,
)
from xianban.intake.duplicates import Similar, similar
from xianban.intake.imports import Imported, column_map, import_file, map_names
from xianban.intake.queries import (
    RequestSeen,
    SubscriptionSeen,
    Told,
    follow_code,
    request_by_code,
    requests_of,
    subscription_by_code,
    subscription_code,
    told,
    with_codes,
)
from xianban.intake.rules.submission import TEXT_LIMIT, Submission

__all__ = [
    "TEXT_LIMIT",
    "AskedBack",
    "Imported",
    "Receipt",
    "RequestSeen",
    "Similar",
    "Submission",
    "SubscriptionSeen",
    "Told",
    "attach",
    "column_map",
    "confirm",
    "follow_code",
    "import_file",
    "map_names",
    "receive",
    "receive_from",
    "receive_many",
    "request_by_code",
    "requests_of",
    "similar",
    "subscribe",
    "subscription_by_code",
    "subscription_code",
    "tell_subscribers",
    "told",
    "unsubscribe",
    "warm_up",
    "with_codes",
]
