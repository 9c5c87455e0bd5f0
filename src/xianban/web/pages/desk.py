"""What every staff page shares: somebody is signed in, and their menu."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from xianban.accounts.api import Actor, actor_of, may, next_step
from xianban.base.errors import NotFound
from xianban.city import api as city
from xianban.web import kept_words
from xianban.web.menu import entries

View = Callable[..., HttpResponseBase]


def staff(view: View) -> View:
    """Only for who is signed in; the view gets the actor. Nothing of it is kept by a browser."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **values: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(kept_words.keep(request) or kept_words.page_of(request))
        if step := next_step(request.user):  # an issued password, a second factor that is due
            return redirect(step)
        actor = actor_of(request.user)
        return kept_words.put_back(request, view(request, actor, *args, **values), actor)

    guarded.for_staff = True  # type: ignore[attr-defined]
    return never_cache(guarded)


def proven(view: View) -> View:
    """Under `staff`, for what is grave: sending the form asks who one is, unless just proven.

    What was sent is kept meanwhile, and done once the password or the second factor was given.
    """
    return reauthentication_required(allow_get=True)(view)


def in_the_whole_city(actor: Actor, verb: str) -> bool:
    """Whether somebody may do `verb` for all of the city, not only in an area or for a unit of it."""
    try:
        root = city.current().root
    except NotFound:  # before the first pack there are no areas to be bound to
        root = ""
    return may(actor, verb, areas=(root,), units=())


def menu(actor: Actor, here: str) -> dict[str, Any]:
    """What the staff frame needs; `here` is the name of the page's address in `web.menu`."""
    return {"here": here, "actor": actor, "menu_pages": entries(actor)}
