"""The door to accounts: who acts, and whether they may."""

from xianban.accounts.queries import actor_of, resident_actor
from xianban.accounts.rules import (
    MACHINE,
    MAY,
    Actor,
    Granted,
    Reach,
    Role,
    may,
    may_anywhere,
    reach,
    verbs_of,
)

__all__ = [
    "MACHINE",
    "MAY",
    "Actor",
    "Granted",
    "Reach",
    "Role",
    "actor_of",
    "may",
    "may_anywhere",
    "reach",
    "resident_actor",
    "verbs_of",
]
