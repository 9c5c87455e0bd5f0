"""How often one address may try a thing: counted in the cache, so that codes cannot be guessed."""

from django.core.cache import cache
from django.http import HttpRequest

from xianban.accounts.adapter import address_of


def too_often(request: HttpRequest, what: str, *, times: int, within_s: int) -> bool:
    """Count one try of `what` from this address, and say whether it is one too many."""
    key = _key(request, what)
    if cache.add(key, 1, within_s):
        return False
    try:
        return cache.incr(key) > times
    except ValueError:  # it ran out between the two calls
        return False


def is_blocked(request: HttpRequest, what: str, *, times: int) -> bool:
    """Whether this address has used up its tries; counts nothing."""
    return cache.get(_key(request, what), 0) >= times


def _key(request: HttpRequest, what: str) -> str:
    return f"throttle:{what}:{address_of(request)}"
