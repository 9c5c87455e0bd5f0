"""What runs, but not as it should: one sentence for each thing that somebody ought to mend."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import click

from xianban.accounts.api import Role, vacant
from xianban.base.errors import NotFound
from xianban.city import api as city
from xianban.ledger.api import undelivered
from xianban.notices.api import stuck as parcels_stuck

RECENT = timedelta(days=7)
NEEDED = (Role.DISPATCHER, Role.SUPERVISOR)  # without them nobody hears what is unsure or late


def calendar_alarm(years: Sequence[int]) -> list[str]:
    """A sentence on years whose holidays nobody entered, where there are such."""
    if not years:
        return []
    return [
        f"calendar.csv has no row of {' and '.join(map(str, years))}: until the holidays and shifted "
        "working days are added and the pack is loaded again, limits in working time count every "
        "weekday as worked"
    ]


def alarms(*, now: datetime) -> list[str]:
    """Everything of a loaded city that somebody should mend; nothing before a pack is loaded."""
    try:
        here = city.current()
    except NotFound:
        return []
    said = calendar_alarm(city.missing_years(here, on=now.astimezone(here.tz).date()))
    said += [
        f"nobody is {role}: what is for them reaches nobody; add one with "
        f"`xianban user add NAME --role {role}`"
        for role in vacant(NEEDED)
    ]
    reasons = [*undelivered(since=now - RECENT), *parcels_stuck(since=now - RECENT)]
    stuck = sum(one.count for one in reasons)
    if stuck:
        said.append(f"{stuck:,} notice(s) of this week reached nobody; `xianban outbox` says why")
    return said


def announce(sentences: Iterable[str]) -> None:
    """Say alarms loudly, on standard error."""
    for sentence in sentences:
        click.secho(f"WARNING: {sentence}.", fg="red", bold=True, err=True)
