"""What every template may use: the city's name, the time, and who is looking."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from xianban.accounts.api import actor_of
from xianban.base.clock import utc_now
from xianban.base.errors import NotFound
from xianban.city import api as city
from xianban.web.menu import Page, entries
from xianban.web.middleware import TYPE_COOKIE


def _menu(request: HttpRequest) -> list[Page]:
    """The menu of who is signed in, on pages that do not say where they stand in it."""
    return entries(actor_of(request.user)) if request.user.is_authenticated else []


def page(request: HttpRequest) -> dict[str, Any]:
    """The shared context: `city_name` (empty before a pack is loaded), whether there is anything to
    draw as a map, `now`, the other language."""
    try:
        known = city.current()
        name, has_map = known.name, bool(known.shapes or known.background)
    except NotFound:
        name, has_map = "", False
    here = get_language() or settings.LANGUAGE_CODE
    return {
        "city_name": name,
        "has_map": has_map,
        "now": utc_now(),
        "menu_pages": lambda: _menu(request),  # asked for by the staff frame alone
        "large_type": request.COOKIES.get(TYPE_COOKIE) == "large",
        "language": here,
        "other_language": next((pair for pair in settings.LANGUAGES if pair[0] != here), None),
    }
