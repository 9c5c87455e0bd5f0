"""How many requests one address may send: counted in the cache, by the minute."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from xianban.accounts.api import count_try
from xianban.api.problems import problem

MINUTE = 60


def limited(what: str, share: float = 1.0) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let an address call a route only XIANBAN_API_RATE × `share` times a minute; 0 means no limit."""

    def around(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            rate = getattr(settings, "API_RATE_PER_MINUTE", 0)
            if rate and count_try(request, f"api:{what}", within_s=MINUTE) > rate * share:
                return _too_many()
            return view(request, *args, **kwargs)

        return answered

    return around


def _too_many() -> HttpResponse:
    answer = problem(429, "Too many requests from this address; wait a minute and send it again")
    answer["Retry-After"] = str(MINUTE)
    return answer
