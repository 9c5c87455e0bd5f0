"""How many requests one address may send: counted in the cache, by the minute."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from xianban.api.problems import problem

MINUTE = 60


def limited(what: str, share: float = 1.0) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let an address call a route only XIANBAN_API_RATE × `share` times a minute; 0 means no limit."""

    def around(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            rate = getattr(settings, "API_RATE_PER_MINUTE", 0)
            if rate and _count(f"api:{what}:{address_of(request)}") > rate * share:
                return _too_many()
            return view(request, *args, **kwargs)

        return answered

    return around


def address_of(request: HttpRequest) -> str:
    """Who sends: the peer, or behind trusted proxies what the outermost of those saw."""
    hops = getattr(settings, "TRUSTED_PROXIES", 0)
    passed = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if hops and len(passed) >= hops and passed[-hops]:
        return passed[-hops][:64]
    return str(request.META.get("REMOTE_ADDR", ""))


def _count(key: str) -> int:
    if cache.add(key, 1, MINUTE):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # it ran out in between
        cache.set(key, 1, MINUTE)
        return 1


def _too_many() -> HttpResponse:
    answer = problem(429, "Too many requests from this address; wait a minute and send it again")
    answer["Retry-After"] = str(MINUTE)
    return answer
