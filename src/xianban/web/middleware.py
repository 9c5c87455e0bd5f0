"""What every page shares: guarding headers, the chosen language, the city's zone, and refusals as pages."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from xianban.base.errors import NotFound, XianbanError
from xianban.city import api as city
from xianban.web.refusals import refused

Answer = Callable[[HttpRequest], HttpResponse]
TYPE_COOKIE = "xianban_type"
TYPES = ("normal", "large")
A_YEAR_S = 365 * 24 * 3600


class ChosenLanguage:
    """`?lang=en` on any page chooses its language and is remembered in a cookie."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.GET.get("lang", "")
        if chosen not in dict(settings.LANGUAGES):
            return self.get_response(request)
        translation.activate(chosen)
        request.LANGUAGE_CODE = chosen
        response = self.get_response(request)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=A_YEAR_S,
            samesite="Lax",
            secure=settings.BEHIND_TLS,
        )
        response["Content-Language"] = chosen
        return response


class Guarded:
    """Headers that Django has no setting for: what a page may ask of a device, and who may embed it."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class ChosenType:
    """`?type=large` on any page sets its letters larger and is remembered in a cookie; `normal` ends it."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.GET.get("type", "")
        if chosen not in TYPES:
            return self.get_response(request)
        request.COOKIES[TYPE_COOKIE] = chosen
        response = self.get_response(request)
        response.set_cookie(
            TYPE_COOKIE, chosen, max_age=A_YEAR_S, samesite="Lax", secure=settings.BEHIND_TLS
        )
        return response


class CityPages:
    """Shows times in the city's zone, and turns what the rooms refuse into pages."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            zone = city.current().tz
        except NotFound:  # before the first pack: the pages say so themselves
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, XianbanError) and not request.path.startswith("/api/"):
            return refused(request, exception)
        return None
