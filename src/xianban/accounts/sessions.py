"""A session ends when nobody used it for a while, and after a working day in any case."""

import time
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from xianban.base.clock import utc_now

NOTE_EVERY_S = 60


class SessionLimits:
    """Ends sessions that are over; notes once a minute that one is in use."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            self._look(request)
        return self.get_response(request)

    def _look(self, request: HttpRequest) -> None:
        now, session = int(time.time()), request.session
        began, seen = session.get("began", now), session.get("seen", 0)
        idle = seen and now - seen > settings.SESSION_IDLE_S
        if idle or now - began > settings.SESSION_COOKIE_AGE:
            UserSession.objects.filter(session_key=session.session_key).delete()
            logout(request)
        elif now - seen >= NOTE_EVERY_S:
            session["began"], session["seen"] = began, now
            rows = UserSession.objects.filter(session_key=session.session_key)
            rows.update(last_seen_at=utc_now())
