"""Everybody with an account, as an administrator looks for them: filtered, page by page."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.db.models import Count, Max, Q, Sum

from xianban.accounts.models import Grant, User
from xianban.accounts.queries import UserSeen, seen
from xianban.accounts.rules import MACHINE, MACHINE_KIND, MAY, Actor, Granted, Role, locked_until
from xianban.base.errors import NotFound
from xianban.city.api import current

PAGE = 50
STATES = ("open", "closed", "never", "no_password", "no_role", "no_unit")
OF_UNITS = (Role.HANDLER, Role.GRID_WORKER)  # without a unit or an area they get no work


@dataclass(frozen=True)
class Wanted:
    """Who is looked for; what is empty does not limit. `areas` are codes of an area and all below."""

    text: str = ""
    role: str = ""
    unit: str = ""
    areas: frozenset[str] = frozenset()
    state: str = ""


@dataclass(frozen=True)
class PeoplePage:
    people: tuple[UserSeen, ...]
    after: str  # the user name after which the next page begins; empty: none


def find_people(
    wanted: Wanted, *, by: Actor = MACHINE, after: str = "", size: int = PAGE
) -> PeoplePage:
    """People whom `by` looks after, by user name, those after `after`."""
    rows = User.objects.filter(looked_after(by), _condition(wanted))
    if after:
        rows = rows.filter(username__gt=after)
    found = list(rows.order_by("username").prefetch_related("grants")[: size + 1])
    more = found[size - 1].username if len(found) > size else ""
    return PeoplePage(tuple(map(seen, found[:size])), more)


def looked_after(by: Actor) -> Q:
    """A condition on users: those who hold a role where `by` administers, or no role at all, or are `by`."""
    if by.kind == MACHINE_KIND:
        return Q()
    held = Q(pk__in=[])
    for mine in by.grants:
        if mine.role not in MAY["manage_users"]:
            continue
        if not mine.area and not mine.unit:
            return Q()
        held |= _held_within(mine)
    roles = Grant.objects.filter(held).values("user")
    return Q(pk__in=roles) | ~Q(pk__in=Grant.objects.values("user")) | Q(pk=by.id)


def _held_within(mine: Granted) -> Q:
    """A condition on roles: in an area or of a unit that this one reaches."""
    if not mine.area:
        return Q(unit=mine.unit)
    city = current()
    areas = [code for code in city.areas if city.within(code, mine.area)]
    if mine.unit:
        return Q(unit=mine.unit, area__in=areas)
    units = [unit.code for unit in city.units.values() if city.within(unit.area, mine.area)]
    return Q(area__in=areas) | Q(area="", unit__in=units)


def person_seen(user_id: int, *, by: Actor) -> UserSeen:
    """One whom `by` looks after; NotFound where there is none."""
    user = User.objects.filter(looked_after(by), pk=user_id).prefetch_related("grants").first()
    if user is None:
        raise NotFound("there is no such user, or none that you look after")
    return seen(user)


def people_counts(*, by: Actor = MACHINE) -> dict[str, int]:
    """How many people `by` looks after in all, and in each state that wants a look."""
    theirs = User.objects.filter(looked_after(by))
    return {"all": theirs.count()} | {
        state: theirs.filter(_condition(Wanted(state=state))).count() for state in STATES
    }


def locked_names(*, by: Actor = MACHINE, now: datetime) -> list[str]:
    """User names that are locked somewhere at this moment for wrong passwords, of those `by` looks after."""
    tries = (
        AccessAttempt.objects.filter(attempt_time__gte=now - timedelta(days=1))
        .values("username", "ip_address")
        .annotate(times=Sum("failures_since_start"), last=Max("attempt_time"))
        .order_by("username")[:1000]
    )
    known = set(
        User.objects.filter(
            looked_after(by), username__in={row["username"] for row in tries}
        ).values_list("username", flat=True)
    )
    return sorted(
        {
            row["username"]
            for row in tries
            if row["username"] in known
            and (until := locked_until(row["times"], row["last"]))
            and until > now
        }
    )


def holders() -> Mapping[str, int]:
    """How many active users hold each role."""
    rows = Grant.objects.filter(user__is_active=True).values("role")
    return {row["role"]: row["n"] for row in rows.annotate(n=Count("user", distinct=True))}


def empty_units(units: Collection[str]) -> set[str]:
    """Those of the units for which no active user handles cases."""
    held = Grant.objects.filter(
        user__is_active=True, role__in=[role.value for role in OF_UNITS]
    ).values_list("unit", flat=True)
    return set(units) - set(held.distinct())


def _condition(wanted: Wanted) -> Q:
    condition = Q()
    if wanted.text:
        text = wanted.text
        condition &= (
            Q(username__icontains=text) | Q(name__icontains=text) | Q(email__icontains=text)
        )
    scope: dict[str, Any] = {
        name: value for name, value in (("role", wanted.role), ("unit", wanted.unit)) if value
    }
    if wanted.areas:
        scope["area__in"] = wanted.areas
    if scope:
        condition &= Q(pk__in=Grant.objects.filter(**scope).values("user"))
    if wanted.state == "closed":
        condition &= Q(is_active=False)
    elif wanted.state in STATES:
        condition &= Q(is_active=True) & _in_state(wanted.state)
    return condition


def _in_state(state: str) -> Q:
    if state == "never":
        return Q(last_login=None)
    if state == "no_password":
        return Q(password__startswith="!")  # noqa: S106 (how Django marks that there is none)
    if state == "no_role":
        return ~Q(pk__in=Grant.objects.values("user"))
    if state == "no_unit":
        lost = Grant.objects.filter(role=Role.HANDLER, unit="", area="")
        return Q(pk__in=lost.values("user"))
    return Q()
