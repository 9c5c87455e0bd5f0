"""The door of intake: whatever people say, through whichever door, comes in here."""

from xianban.intake.actions import Receipt, receive, receive_many, warm_up
from xianban.intake.duplicates import Similar, similar
from xianban.intake.imports import Imported, column_map, import_file, map_names
from xianban.intake.queries import (
    RequestSeen,
    follow_code,
    request_by_code,
    requests_of,
)
from xianban.intake.rules.submission import TEXT_LIMIT, Submission

__all__ = [
    "TEXT_LIMIT",
    "Imported",
    "Receipt",
    "RequestSeen",
    "Similar",
    "Submission",
    "column_map",
    "follow_code",
    "import_file",
    "map_names",
    "receive",
    "receive_many",
    "request_by_code",
    "requests_of",
    "similar",
    "warm_up",
]
