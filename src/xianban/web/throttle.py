"""How often one address may try a thing, so that codes cannot be guessed."""

from django.http import HttpRequest

from xianban.accounts.api import count_try, tries


def too_often(request: HttpRequest, what: str, *, times: int, within_s: int) -> bool:
    """Count one try of `what` from this address, and say whether it is one too many."""
    return count_try(request, what, within_s=within_s) > times


def is_blocked(request: HttpRequest, what: str, *, times: int) -> bool:
    """Whether this address has used up its tries; counts nothing."""
    return tries(request, what) >= times
