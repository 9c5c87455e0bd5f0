import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime, time
from pathlib import Path

import click

from xianban.base.clock import utc_now
from xianban.base.errors import BadInput
from xianban.config.setup import ready


@click.group(invoke_without_command=True)
@click.option("--as-of", help="Look at what was known at the beginning of this day (2026-11-26).")
@click.option("--imported", is_flag=True, help="What came in a file counts as known when received.")
@click.option("--history", type=click.Path(path_type=Path), help="Read this history, not our own.")
@click.option("--list", "which", default="forming", help="Which list to show (forming).")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.pass_context
def group(
    ctx: click.Context,
    as_of: str | None,
    imported: bool,
    history: Path | None,
    which: str,
    as_json: bool,
) -> None:
    """Run the night's detectors, if that was not done yet, and list the warnings."""
    if ctx.invoked_subcommand:
        return
    ready()
    from xianban.accounts.api import MACHINE
    from xianban.prevention import api

    now = utc_now()
    done = api.look(
        "nightly", now=now, as_of=_day(as_of), imported=imported, folder=history,
        told=_told if sys.stderr.isatty() else lambda said: None,
    )  # fmt: skip
    page = api.board(MACHINE, api.Wanted(list=which))
    if as_json:
        said = {"round": asdict(done) if done else None, "total": page.total, "warnings": [asdict(row) for row in page.rows]}  # fmt: skip
        click.echo(json.dumps(said, ensure_ascii=False, default=str))
        return
    if done:
        n = done.counts
        click.echo(
            f"{done.name}: {n['found']} found, {n['new']} new, {n['raised']} raised, "
            f"{n['left_out']} left out, {n['explained']} explained, {n['ended']} ended."
        )
    else:
        click.echo("This night was looked at already.")
    for row in page.rows:
        click.echo(
            f"#{row.id:<5} {row.harm:7.1f}  {row.people:4} people, {row.expected:6.1f} expected  "
            f"since {row.since}  {row.stand:9} {row.title}"
        )


def _day(said: str | None) -> datetime | None:
    """The beginning of a day in the city's time."""
    if said is None:
        return None
    from xianban.city.api import current

    try:
        day = datetime.combine(datetime.fromisoformat(said).date(), time(), current().tz)
    except ValueError:
        raise BadInput(f"“{said}” is no day; write it as 2026-11-26") from None
    return day.astimezone(UTC)


def _told(what: str) -> None:
    click.echo(f"\r\033[K{what}", nl=False, err=True)
