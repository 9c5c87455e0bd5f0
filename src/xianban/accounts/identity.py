"""Signing in with a city's own identity provider, and where second factors are kept."""

import base64
from functools import cache
from hashlib import sha256
from hmac import digest
from typing import Any, ClassVar

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xianban.accounts.actions import link_identity
from xianban.accounts.models import User
from xianban.base.clock import utc_now
from xianban.base.home import secret


class KnownPeopleOnly(DefaultSocialAccountAdapter):
    """An identity opens an account that is there, and gives no right: nobody is added, no role given."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.is_existing:
            return
        user = account_for(sociallogin.account.extra_data)
        if user is None:
            messages.error(request, _("没有与这个身份对应的账号，请联系管理员。"), extra_tags="bad")
            raise ImmediateHttpResponse(redirect("account_login"))
        sociallogin.connect(request, user)
        link_identity(user, sociallogin.account.provider, now=utc_now())

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Notices are ours to send."""


def account_for(claims: dict[str, Any]) -> User | None:
    """The one active account of whoever has these claims: by employee number, or by verified mail."""
    said = claims.get("userinfo") or claims.get("id_token") or claims
    number = (
        str(said.get(settings.OIDC_EMPLOYEE_CLAIM) or "") if settings.OIDC_EMPLOYEE_CLAIM else ""
    )
    active = User.objects.filter(is_active=True)
    if number:
        return active.filter(username=number).first()
    if said.get("email_verified") is not True or not said.get("email"):
        return None
    found = list(active.filter(email__iexact=str(said["email"]))[:2])
    return found[0] if len(found) == 1 else None


class SealedFactors(DefaultMFAAdapter):
    """Secrets of second factors are sealed under the home's key."""

    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("数字不对：请填验证器上现在显示的六位；手机的时间也要准。"),
    }

    def encrypt(self, text: str) -> str:
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _seal().decrypt(encrypted_text.encode()).decode()

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Notices are ours to send."""


@cache
def _seal() -> Fernet:
    key = digest(secret("master"), b"second factor", sha256)
    return Fernet(base64.urlsafe_b64encode(key))
