"""How sign-in behaves here, for django-allauth."""

import math
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from axes.handlers.proxy import AxesProxyHandler
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from xianban.accounts.actions import note_sign_in, set_password
from xianban.accounts.callers import address_of
from xianban.accounts.lockout import is_new_device
from xianban.accounts.models import User
from xianban.accounts.queries import actor_of
from xianban.accounts.rules import device_of, network_of
from xianban.base.clock import utc_now


class ClosedSignup(DefaultAccountAdapter):
    """Accounts are given by an administrator; nobody makes one by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request) or "0.0.0.0"  # noqa: S104 (a socket without an address)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Say so when the account is locked, or the right password would look wrong."""
        if not AxesProxyHandler.is_allowed(request, credentials):
            until = AxesProxyHandler.get_implementation().locked_until(request, credentials)
            seconds = (until - utc_now()).total_seconds() if until else 0
            raise ValidationError(
                _("密码错误次数过多，请 %(minutes)d 分钟后再试；急用请找管理员解除。"),
                params={"minutes": max(1, math.ceil(seconds / 60))},
            )

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        """Tell the person where they are signed in if that is new."""
        agent = request.META.get("HTTP_USER_AGENT", "")[:255]
        address = self.get_client_ip(request)
        if is_new_device(user.username, address, agent):
            note_sign_in(user, device=device_of(agent), network=network_of(address), now=utc_now())
        return super().post_login(request, user, **more)

    def set_password(self, user: User, password: str) -> None:
        """Somebody changes their own password on a page: an act like any other."""
        set_password(user.username, password=password, acting=actor_of(user), now=utc_now())
        user.refresh_from_db(fields=["password", "password_issued"])


def locked_out(
    request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None
) -> HttpResponse:
    """The sign-in page as it is, which says how long to wait, in place of axes' bare sentence."""
    response.status_code = 429
    return response
