"""How often something was tried lately, counted where every process sees it."""

import hmac
from datetime import datetime

from django.db import connection

from xianban.accounts.models import Tally
from xianban.base.home import secret
from xianban.base.rows import ask

_COUNT = """INSERT INTO accounts_tally (who, times, ends_s) VALUES (%s, 1, %s)
    ON CONFLICT (who) DO UPDATE SET
        times = CASE WHEN accounts_tally.ends_s <= %s THEN 1 ELSE accounts_tally.times + 1 END,
        ends_s = CASE WHEN accounts_tally.ends_s <= %s THEN excluded.ends_s
            ELSE accounts_tally.ends_s END
    RETURNING times"""


def tally(what: str, who: str, *, within_s: int, now: datetime) -> int:
    """Count one try of `what` by `who`; how many that makes since the first, within `within_s`.

    One statement, so that two at the same moment are two. Who tried is kept as a keyed hash.
    """
    now_s = int(now.timestamp())
    values = [_hashed(what, who), now_s + within_s, now_s, now_s]
    return int(ask(_COUNT, values, connection=connection)[0][0])


def tallied(what: str, who: str, *, now: datetime) -> int:
    """How often `who` has tried `what` lately; counts nothing."""
    rows = Tally.objects.filter(who=_hashed(what, who), ends_s__gt=int(now.timestamp()))
    return rows.values_list("times", flat=True).first() or 0


def forget_tallies(*, now: datetime) -> int:
    """Delete what is counted no longer; how many."""
    return Tally.objects.filter(ends_s__lte=int(now.timestamp())).delete()[0]


def _hashed(what: str, who: str) -> bytes:
    return hmac.digest(secret("tallies"), f"{what}\0{who}".encode(), "sha256")[:16]
