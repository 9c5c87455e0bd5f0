"""How often one address may try a thing, so that codes cannot be guessed."""

from django.http import HttpRequest

from xianban.accounts.api import address_of, count_try, tallied, tally
from xianban.base.clock import utc_now


def too_often(request: HttpRequest, what: str, *, times: int, within_s: int) -> bool:
    """Count one try of `what` from this address, in every process, and say whether it is one too many."""
    return tally(what, address_of(request), within_s=within_s, now=utc_now()) > times


def is_blocked(request: HttpRequest, what: str, *, times: int) -> bool:
    """Whether this address has used up its tries; counts nothing."""
    return tallied(what, address_of(request), now=utc_now()) >= times


def too_quick(request: HttpRequest, what: str, *, times: int, within_s: int) -> bool:
    """The same as `too_often` for what is only looked at: counted in this process, without a write."""
    return count_try(request, what, within_s=within_s) > times
