"""Who may change whose account: within one's own scope, never oneself, never the last one who may."""

from collections.abc import Iterable

from xianban.accounts.models import Grant, User
from xianban.accounts.queries import actor_of
from xianban.accounts.rules import Actor, Granted, Role, may_anywhere, may_give
from xianban.base.errors import NotAllowed, NotFound, WrongState
from xianban.city.api import current


def must_manage(acting: Actor, *, giving: Iterable[Granted] = ()) -> None:
    """NotAllowed unless `acting` looks after accounts, and may give all these roles where they are."""
    if not may_anywhere(acting, "manage_users"):
        raise NotAllowed("only an administrator may change accounts")
    for granted in giving:
        if not may_give(acting, granted, path=area_path(granted.area)):
            raise NotAllowed(
                "this reaches beyond the area or unit that you administer; ask an administrator of the whole city"
            )


def must_manage_user(acting: Actor, user: User, *, giving: Iterable[Granted] = ()) -> None:
    """The same for somebody's account: not one's own, and only where all that they hold is in reach."""
    must_manage(acting, giving=[*giving, *actor_of(user).grants, *_resting(user)])
    if acting.key == f"user:{user.pk}":
        raise NotAllowed("nobody changes their own rights; ask another administrator")


def must_leave_one(acting: Actor, user: User) -> None:
    """WrongState where nobody else would look after the whole city's accounts.

    Whoever has the command line may: they can name another at any time.
    """
    if acting.kind != "user":
        return
    others = User.objects.select_for_update().filter(
        is_active=True,
        pk__in=Grant.objects.filter(role=Role.ADMINISTRATOR, area="", unit="").values("user"),
    )
    held = {row.pk for row in others.order_by("pk")}
    if held == {user.pk}:
        raise WrongState("this is the last administrator; name another one first")


def area_path(area: str) -> tuple[str, ...]:
    """An area with those around it; the whole city has none around it."""
    if not area:
        return ()
    try:
        return current().area_path(area)
    except NotFound:
        return (area,)


def _resting(user: User) -> list[Granted]:
    """What a closed account holds once it is opened again."""
    if user.is_active:
        return []
    return [Granted(Role(row.role), row.area, row.unit) for row in user.grants.all()]
