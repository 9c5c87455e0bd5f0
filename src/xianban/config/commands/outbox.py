import json
from dataclasses import asdict
from datetime import timedelta

import click

from xianban.config.setup import ready

SHOWN = 20


@click.command()
@click.option(
    "--days", default=7, show_default=True, type=click.IntRange(min=1), help="How far back to look."
)
@click.option("--again", is_flag=True, help="Try those given up on once more.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def outbox(days: int, again: bool, as_json: bool) -> None:
    """Which notices did not go out, and why.

    A notice is tried for about a day or two, and then kept. One that nobody could be found for waits like any other,
    and goes out once somebody has the role or the unit.
    """
    ready()
    from xianban.base.clock import utc_now
    from xianban.ledger import api as ledger
    from xianban.notices import api as notices

    now = utc_now()
    since = now - timedelta(days=days)
    put_back = 0
    if again:
        put_back = ledger.try_again(since=since, now=now)
        put_back += notices.try_dead_again(since=since, now=now)
    waiting = ledger.waiting_notices(now=now)
    stuck = [*ledger.undelivered(since=since), *notices.stuck(since=since)]
    if as_json:
        reasons = [asdict(one) for one in stuck]
        found = {"due": waiting, "put_back": put_back, "undelivered": reasons}
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    if again:
        click.echo(f"{put_back:,} notice(s) are tried again.")
    click.echo(f"{waiting:,} notice(s) are due now; the worker sends them.")
    for one in stuck[:SHOWN]:
        given_up = f" ({one.given_up:,} given up)" if one.given_up else ""
        click.echo(f"{one.count:,} did not go out{given_up}: {one.error}")
    if len(stuck) > SHOWN:
        click.echo(f"… and {len(stuck) - SHOWN} more reasons (--json lists all)")
    if not stuck:
        click.echo(f"Everything of the last {days} day(s) went out.")
