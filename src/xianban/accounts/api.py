"""The door to accounts: who acts, and whether they may."""

from xianban.accounts.actions import (
    NewUser,
    add_user,
    add_users,
    grant,
    revoke,
    set_active,
    set_password,
)
from xianban.accounts.callers import address_of, count_try, tries
from xianban.accounts.queries import (
    UserSeen,
    actor_named,
    actor_of,
    list_users,
    names_of,
    resident_actor,
    users_for,
)
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
    "NewUser",
    "Reach",
    "Role",
    "UserSeen",
    "actor_named",
    "actor_of",
    "add_user",
    "add_users",
    "address_of",
    "count_try",
    "grant",
    "list_users",
    "may",
    "may_anywhere",
    "names_of",
    "reach",
    "resident_actor",
    "revoke",
    "set_active",
    "set_password",
    "tries",
    "users_for",
    "verbs_of",
]
