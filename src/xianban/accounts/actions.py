"""Changes to accounts; each is an act in the ledger, without names or passwords."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from xianban.accounts.guarding import must_leave_one, must_manage, must_manage_user
from xianban.accounts.models import Grant, User
from xianban.accounts.queries import actor_of, user_named
from xianban.accounts.rules import Actor, Granted, Role
from xianban.base.errors import BadInput, NotFound
from xianban.ledger.api import START, Entry, NewNotice, append, enqueue

MOST_REASON = 200


@dataclass(frozen=True)
class NewUser:
    """Somebody to add. Without a password there is an account that nobody can sign in to yet."""

    username: str
    name: str = ""
    password: str | None = None
    language: str = "zh-hans"
    email: str = ""
    grants: tuple[Granted, ...] = ()
    issued: bool = False  # the password is to be changed at the first sign-in


def add_user(new: NewUser, *, acting: Actor, now: datetime) -> int:
    """Add one user with grants; the new id. BadInput where the name is taken or the password weak."""
    return add_users([new], acting=acting, now=now)[0]


def add_users(new: Sequence[NewUser], *, acting: Actor, now: datetime) -> list[int]:
    """Add many users at once, all or none; their ids in the given order."""
    must_manage(acting, giving=[granted for one in new for granted in one.grants])
    rows = [_row(one, now) for one in new]
    with transaction.atomic():
        _refuse_taken([row.username for row in rows])
        User.objects.bulk_create(rows)
        Grant.objects.bulk_create(
            Grant(user=row, role=grant.role, area=grant.area, unit=grant.unit)
            for row, one in zip(rows, new, strict=True)
            for grant in set(one.grants)
        )
        entries = [
            Entry(_subject(row), "user.add", acting.key, now, {"grants": _plain(one.grants)})
            for row, one in zip(rows, new, strict=True)
        ]
        append(entries, heads={entry.subject: START for entry in entries})
    return [row.pk for row in rows]


def set_password(username: str, *, password: str, acting: Actor, now: datetime) -> None:
    """Give a user a new password; every session that the user had ends with it.

    One that somebody else gave is to be changed at the next sign-in.
    """
    with transaction.atomic():
        user = _locked(username)
        if acting.key != f"user:{user.pk}":
            must_manage_user(acting, user)
        _check_password(password, user)
        user.set_password(password)
        user.password_issued = acting.key != f"user:{user.pk}"
        user.save(update_fields=["password", "password_issued"])
        _record(user, "user.password", acting, now, {})


def set_active(
    username: str, active: bool, *, acting: Actor, now: datetime, reason: str = ""
) -> None:
    """Let a user sign in again, or no longer: sessions end at once, grants rest."""
    must_manage(acting)
    with transaction.atomic():
        user = _locked(username)
        if user.is_active == active:
            return
        must_manage_user(acting, user)
        if not active:
            must_leave_one(acting, user)
        user.is_active = active
        user.save(update_fields=["is_active"])
        if not active:
            end_sessions(user.pk)
        _record(user, "user.active", acting, now, _why(reason) | {"active": active})


def reset_second_factor(username: str, *, acting: Actor, now: datetime) -> bool:
    """Take away a lost second factor and end all sessions; False where there was none.

    Whose role needs one sets up another at the next sign-in.
    """
    must_manage(acting)
    with transaction.atomic():
        user = _locked(username)
        must_manage_user(acting, user)
        gone = Authenticator.objects.filter(user=user).delete()[0]
        if gone:
            _record(user, "user.second_factor_reset", acting, now, {})
            end_sessions(user.pk)
    return bool(gone)


def lift_lock(username: str, *, acting: Actor, now: datetime) -> bool:
    """Let a name be tried again at once, from everywhere; False where nothing was counted."""
    must_manage(acting)
    with transaction.atomic():
        user = _locked(username)
        must_manage_user(acting, user)
        gone = AccessAttempt.objects.filter(username=username).delete()[0]
        if gone:
            _record(user, "user.lock_lifted", acting, now, {})
    return bool(gone)


def end_sessions(user_id: int, *, only: int | None = None, but: str = "") -> int:
    """End sessions of a user: all, one, or all but the one with this key; how many."""
    rows = UserSession.objects.filter(user_id=user_id).exclude(session_key=but)
    rows = rows if only is None else rows.filter(pk=only)
    ended = 0
    for row in rows:
        row.end()
        ended += 1
    return ended


def note_sign_in(user: User, *, device: str, network: str, now: datetime) -> None:
    """Tell somebody that their account was signed in to from elsewhere than before."""
    values = {"device": device, "address": network}
    key = f"signed_in:{user.pk}:{now:%Y%m%d%H%M%S%f}"
    enqueue([NewNotice("signed_in", f"user:{user.pk}", key, values)], now=now)


def link_identity(user: User, provider: str, *, now: datetime) -> None:
    """Write down that an identity of elsewhere opens this account from now on."""
    with transaction.atomic():
        _record(_locked(user.username), "user.link", actor_of(user), now, {"provider": provider})


def grant(
    username: str, granted: Granted, *, acting: Actor, now: datetime, reason: str = ""
) -> bool:
    """Give a user a role in a scope; False where the user had it already."""
    must_manage(acting, giving=[granted])
    with transaction.atomic():
        user = _locked(username)
        must_manage_user(acting, user, giving=[granted])
        _, created = Grant.objects.get_or_create(
            user=user, role=granted.role, area=granted.area, unit=granted.unit
        )
        if created:
            _record(user, "user.grant", acting, now, _why(reason) | {"grants": _plain([granted])})
    return created


def revoke(
    username: str, granted: Granted, *, acting: Actor, now: datetime, reason: str = ""
) -> None:
    """Take a role in a scope from a user, exactly as it was given; NotFound where it was not."""
    must_manage(acting, giving=[granted])
    with transaction.atomic():
        user = _locked(username)
        must_manage_user(acting, user, giving=[granted])
        if granted == Granted(Role.ADMINISTRATOR):
            must_leave_one(acting, user)
        rows = user.grants.filter(role=granted.role, area=granted.area, unit=granted.unit)
        if not rows.delete()[0]:
            raise NotFound(
                f"“{username}” has no grant {granted.role} for area “{granted.area}” and unit "
                f"“{granted.unit}”; `xianban user list` shows what there is"
            )
        _record(user, "user.revoke", acting, now, _why(reason) | {"grants": _plain([granted])})


def note_deed(acting: Actor, verb: str, payload: Mapping[str, Any], *, now: datetime) -> None:
    """Write down what somebody did that changed nothing, such as taking a list away."""
    with transaction.atomic():
        if acting.kind == "user":  # one at a time for each user: their acts are a chain
            User.objects.select_for_update().filter(pk=acting.id).first()
        append([Entry(acting.key, verb, acting.key, now, payload)])


def change_user(
    username: str, *, name: str, email: str, language: str, acting: Actor, now: datetime
) -> bool:
    """Change what somebody is called, where mail goes and their language; False where nothing is new.

    The ledger says what was changed, not to what.
    """
    with transaction.atomic():
        user = _locked(username)
        must_manage_user(acting, user)
        wanted = {"name": name.strip(), "email": email.strip(), "language": language}
        changed = [field for field, value in wanted.items() if getattr(user, field) != value]
        if not changed:
            return False
        for field in changed:
            setattr(user, field, wanted[field])
        _check_facts(user)
        user.save(update_fields=changed)
        _record(user, "user.change", acting, now, {"fields": changed})
    return True


def end_all_sessions(username: str, *, acting: Actor, now: datetime, reason: str = "") -> int:
    """End every session of somebody else; how many there were."""
    with transaction.atomic():
        user = _locked(username)
        must_manage_user(acting, user)
        ended = end_sessions(user.pk)
        _record(user, "user.sessions_ended", acting, now, _why(reason) | {"sessions": ended})
    return ended


def _why(reason: str) -> dict[str, Any]:
    return {"reason": reason[:MOST_REASON]} if reason else {}


def _check_facts(user: User) -> None:
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as reason:
        raise BadInput(f"user “{user.username}”: {' '.join(reason.messages)}") from reason


def _row(new: NewUser, now: datetime) -> User:
    user = User(
        username=new.username,
        name=new.name,
        language=new.language,
        email=new.email,
        date_joined=now,
    )
    _check_facts(user)
    if new.password is None:
        user.set_unusable_password()
    else:
        _check_password(new.password, user)
        user.set_password(new.password)
        user.password_issued = new.issued
    return user


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as reason:
        raise BadInput(" ".join(reason.messages)) from reason


def _refuse_taken(usernames: list[str]) -> None:
    twice = {name for name in usernames if usernames.count(name) > 1}
    taken = twice | set(
        User.objects.filter(username__in=usernames).values_list("username", flat=True)
    )
    if taken:
        raise BadInput(f"the user name “{min(taken)}” is taken; choose another")


def _locked(username: str) -> User:
    user_named(username)  # a clear refusal where there is none
    return User.objects.select_for_update().get(username=username)


def _subject(user: User) -> str:
    return f"user:{user.pk}"


def _plain(grants: Sequence[Granted]) -> list[list[str]]:
    return sorted([Role(one.role).value, one.area, one.unit] for one in grants)


def _record(user: User, verb: str, acting: Actor, now: datetime, payload: dict[str, Any]) -> None:
    append([Entry(_subject(user), verb, acting.key, now, payload)])
