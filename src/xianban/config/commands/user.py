import json
import secrets
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from xianban.base.errors import BadInput
from xianban.config.setup import ready

if TYPE_CHECKING:
    from xianban.accounts.api import Granted, UserSeen

# names only, so that `--help` needs no Django; a test compares them with accounts' roles
ROLES = [
    "agent",
    "dispatcher",
    "handler",
    "grid_worker",
    "supervisor",
    "analyst",
    "leader",
    "steward",
    "auditor",
    "integrator",
    "administrator",
]

role = click.option("--role", type=click.Choice(ROLES), required=True, help="What they do here.")
area = click.option("--area", default="", help="Area code: this area and all below it. [the city]")
unit = click.option("--unit", default="", help="Unit code. [any unit]")
password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)


@click.group()
def group() -> None:
    """People who sign in, and what each may do."""


@group.command()
@click.argument("username")
@role
@area
@unit
@click.option("--name", default="", help="The name that others see. [USERNAME]")
@click.option(
    "--email", default="", help="Where notices go; without one they are written to files."
)
@click.option("--language", type=click.Choice(["zh-hans", "en"]), default="zh-hans")
@password_stdin
def add(
    username: str,
    role: str,
    area: str,
    unit: str,
    name: str,
    email: str,
    language: str,
    password_stdin: bool,
) -> None:
    """Add a user; asks for a password, and makes one where nobody can be asked."""
    ready()
    from xianban.accounts.api import MACHINE, NewUser, add_user
    from xianban.base.clock import utc_now

    granted = _granted(role, area, unit)
    password, made = _password(password_stdin)
    add_user(
        NewUser(
            username,
            name=name,
            password=password,
            language=language,
            email=email,
            grants=(granted,),
            issued=True,
        ),
        acting=MACHINE,
        now=utc_now(),
    )
    click.echo(f"{username} may now sign in as {role}.")
    _tell(password, made)


@group.command()
@click.argument("username")
@password_stdin
def password(username: str, password_stdin: bool) -> None:
    """Give a user a new password and end their sessions."""
    ready()
    from xianban.accounts.api import MACHINE, set_password
    from xianban.base.clock import utc_now

    word, made = _password(password_stdin)
    set_password(username, password=word, acting=MACHINE, now=utc_now())
    click.echo(f"{username} has a new password; old sessions have ended.")
    _tell(word, made)


@group.command("reset-2fa")
@click.argument("username")
def reset_2fa(username: str) -> None:
    """Take away a lost second factor and end the person's sessions."""
    ready()
    from xianban.accounts.api import MACHINE, reset_second_factor
    from xianban.base.clock import utc_now

    had = reset_second_factor(username, acting=MACHINE, now=utc_now())
    click.echo(
        f"{username} signs in by password alone until another is set up; sessions have ended."
        if had
        else f"{username} has no second factor."
    )


@group.command()
@click.argument("username")
def unlock(username: str) -> None:
    """Let a user sign in at once after too many wrong passwords."""
    ready()
    from xianban.accounts.api import MACHINE, lift_lock
    from xianban.base.clock import utc_now

    had = lift_lock(username, acting=MACHINE, now=utc_now())
    click.echo(f"{username} may try again now." if had else f"{username} was not locked.")


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def list_(as_json: bool) -> None:
    """Everybody with an account, and their roles."""
    ready()
    from xianban.accounts.api import list_users

    users = list_users()
    if as_json:
        click.echo(json.dumps([_plain(user) for user in users], ensure_ascii=False))
        return
    for user in users:
        grants = ", ".join(
            f"{one.role} (area {one.area or 'any'}, unit {one.unit or 'any'})"
            for one in user.grants
        )
        closed = "" if user.active else " [closed]"
        click.echo(f"{user.username}{closed}\t{user.name}\t{grants or 'no role'}")
    if not users:
        click.echo("Nobody yet; add one with `xianban user add NAME --role administrator`.")


@group.command()
@click.argument("username")
@role
@area
@unit
def grant(username: str, role: str, area: str, unit: str) -> None:
    """Give a user one more role."""
    ready()
    from xianban.accounts.api import MACHINE, grant
    from xianban.base.clock import utc_now

    new = grant(username, _granted(role, area, unit), acting=MACHINE, now=utc_now())
    click.echo(f"{username} is now {role}." if new else f"{username} was {role} already.")


@group.command()
@click.argument("username")
@role
@area
@unit
def revoke(username: str, role: str, area: str, unit: str) -> None:
    """Take a role from a user, exactly as it was given."""
    ready()
    from xianban.accounts.api import MACHINE, Granted, Role, revoke
    from xianban.base.clock import utc_now

    revoke(username, Granted(Role(role), area, unit), acting=MACHINE, now=utc_now())
    click.echo(f"{username} is no longer {role} there.")


@group.command()
@click.argument("username")
def close(username: str) -> None:
    """Let a user sign in no longer; what they did stays on record."""
    _set_active(username, False)
    click.echo(f"{username} can no longer sign in.")


@group.command("open")
@click.argument("username")
def open_(username: str) -> None:
    """Let a closed user sign in again."""
    _set_active(username, True)
    click.echo(f"{username} can sign in again.")


def _set_active(username: str, active: bool) -> None:
    ready()
    from xianban.accounts.api import MACHINE, set_active
    from xianban.base.clock import utc_now

    set_active(username, active, acting=MACHINE, now=utc_now())


def _granted(role: str, area: str, unit: str) -> "Granted":
    """The grant, after a look whether the loaded city knows its area and unit."""
    from xianban.accounts.api import Granted, Role
    from xianban.base.errors import NotFound
    from xianban.city.api import current

    try:
        city = current()
    except NotFound:  # no city yet: people may be added first
        return Granted(Role(role), area, unit)
    if area and area not in city.areas:
        raise BadInput(f"the city has no area “{area}”; areas.csv of its pack lists the codes")
    if unit and unit not in city.units:
        raise BadInput(f"the city has no unit “{unit}”; units.csv of its pack lists the codes")
    return Granted(Role(role), area, unit)


def _password(from_stdin: bool) -> tuple[str, bool]:
    """The password, and whether we made it ourselves."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    if sys.stdin.isatty():
        typed = click.prompt(
            "Password (empty: make one)", default="", show_default=False, hide_input=True, err=True
        )
        if typed:
            click.prompt("Again", hide_input=True, err=True, value_proc=_same_as(typed))
            return typed, False
    return secrets.token_urlsafe(12), True


def _same_as(typed: str) -> Callable[[str], str]:
    def check(again: str) -> str:
        if again != typed:
            raise click.UsageError("the two passwords differ")
        return again

    return check


def _tell(password: str, made: bool) -> None:
    if made:
        click.echo(f"Password, shown only this once: {password}")


def _plain(user: "UserSeen") -> dict[str, object]:
    return {
        "username": user.username,
        "name": user.name,
        "active": user.active,
        "last_login": user.last_login.isoformat() if user.last_login else None,
        "grants": [
            {"role": one.role.value, "area": one.area, "unit": one.unit} for one in user.grants
        ],
    }
