"""How often one address may try a thing: counted in the cache, so that codes cannot be guessed."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


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
    return f"throttle:{what}:{address(request)}"


def address(request: HttpRequest) -> str:
    """Who asks: behind our own proxy, the address that the proxy itself wrote down last."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_TLS else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
