"""How sign-in behaves here, for django-allauth."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignup(DefaultAccountAdapter):
    """Accounts are given by an administrator; nobody makes one by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
