"""Reads of accounts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings

from xianban.accounts.models import Grant, User
from xianban.accounts.rules import (
    Actor,
    Granted,
    Role,
    device_of,
    must_have_second_factor,
    network_of,
)
from xianban.base.errors import NotFound


@dataclass(frozen=True)
class UserSeen:
    """A user as lists show one."""

    id: int
    username: str
    name: str
    language: str
    email: str
    active: bool
    last_login: datetime | None
    grants: tuple[Granted, ...]


def actor_of(user: User) -> Actor:
    """The actor that a signed-in user is now; somebody deactivated has no grants left."""
    grants = _grants(user) if user.is_active else ()
    return Actor(kind="user", id=user.pk, name=user.get_full_name(), grants=grants)


def actor_named(username: str) -> Actor:
    """The actor with this user name; NotFound where there is none."""
    return actor_of(user_named(username))


def resident_actor(person_id: int) -> Actor:
    """The actor that a resident is who showed the code of a request."""
    return Actor(kind="resident", id=person_id)


def user_named(username: str) -> User:
    """The row of a user, for actions; NotFound where there is none."""
    user = User.objects.filter(username=username).first()
    if user is None:
        raise NotFound(f"there is no user “{username}”; `xianban user list` shows who there is")
    return user


def user_seen(user_id: int) -> UserSeen:
    """One user as lists show one; NotFound where there is none."""
    user = User.objects.filter(pk=user_id).prefetch_related("grants").first()
    if user is None:
        raise NotFound("there is no such user")
    return seen(user)


def list_users() -> list[UserSeen]:
    """Everybody with an account, by user name."""
    return [seen(user) for user in User.objects.order_by("username").prefetch_related("grants")]


def users_for(*, unit: str | None = None, role: Role | None = None) -> list[UserSeen]:
    """Active users whose grant names this unit, this role, or both in one grant."""
    wanted = {
        key: value
        for key, value in {"grants__unit": unit, "grants__role": role}.items()
        if value is not None
    }
    rows = User.objects.filter(is_active=True, **wanted).distinct().order_by("username")
    return [seen(user) for user in rows.prefetch_related("grants")]


def vacant(roles: Iterable[Role]) -> list[Role]:
    """Those of the roles that no active user holds anywhere; one query."""
    held = Grant.objects.filter(user__is_active=True).values_list("role", flat=True)
    known = set(held.distinct())
    return [role for role in roles if role not in known]


def names_of(user_ids: Iterable[int]) -> dict[int, str]:
    """What to call these users on a page; one query."""
    rows = User.objects.filter(pk__in=set(user_ids)).values_list("pk", "name", "username")
    return {pk: name or username for pk, name, username in rows}


@dataclass(frozen=True)
class SessionSeen:
    """One place where a user is signed in."""

    id: int
    device: str
    network: str
    began_at: datetime
    seen_at: datetime
    here: bool


def sessions_of(user_id: int, *, here: str) -> list[SessionSeen]:
    """Where a user is signed in, the newest first; `here` is the key of the session that asks."""
    rows = UserSession.objects.filter(user_id=user_id).order_by("-last_seen_at")[:50]
    return [
        SessionSeen(
            row.pk,
            device_of(row.user_agent),
            network_of(row.ip),
            row.created_at,
            row.last_seen_at,
            row.session_key == here,
        )
        for row in rows
        if row.exists()
    ]


def has_second_factor(user_id: int) -> bool:
    return Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.TOTP).exists()


def next_step(user: User) -> str:
    """The page that somebody must go through before anything else; "" where there is none."""
    if user.password_issued and user.has_usable_password():
        return "account_change_password"
    wanted = settings.SECOND_FACTOR_FOR
    if (
        wanted
        and must_have_second_factor(actor_of(user), wanted)
        and not has_second_factor(user.pk)
    ):
        return "mfa_activate_totp"
    return ""


def _grants(user: User) -> tuple[Granted, ...]:
    granted = [Granted(Role(row.role), row.area, row.unit) for row in user.grants.all()]
    return tuple(sorted(granted, key=lambda grant: (grant.role, grant.area, grant.unit)))


def seen(user: User) -> UserSeen:
    return UserSeen(
        id=user.pk,
        username=user.username,
        name=user.get_full_name(),
        language=user.language,
        email=user.email,
        active=user.is_active,
        last_login=user.last_login,
        grants=_grants(user),
    )
