"""Who is calling, and how often: told apart by address, counted in the cache."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Who asks: the peer, or behind our own proxies what the outermost of those saw.

    Were it the proxy's own address, one stranger's guesses would lock the name for everybody.
    """
    hops = settings.TRUSTED_PROXIES
    passed = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if hops and len(passed) >= hops and passed[-hops]:
        return passed[-hops][:64]
    return str(request.META.get("REMOTE_ADDR", ""))


def count_try(request: HttpRequest, what: str, *, within_s: int) -> int:
    """Count one try of `what` from this address; how many that makes since the first."""
    key = _key(request, what)
    if cache.add(key, 1, within_s):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # it ran out between the two calls
        cache.set(key, 1, within_s)
        return 1


def tries(request: HttpRequest, what: str) -> int:
    """How often this address has tried `what` lately; counts nothing."""
    return cache.get(_key(request, what), 0)


def _key(request: HttpRequest, what: str) -> str:
    return f"tries:{what}:{address_of(request)}"
