import json
import sys
from dataclasses import asdict

import click

from xianban.accounts.api import MACHINE
from xianban.base.errors import BadInput
from xianban.config.setup import ready

CLASSES = {
    "typed": "words as typed",
    "files": "requests with files",
    "contact": "people",
    "words": "cases with words",
}


@click.group()
def group() -> None:
    """What of residents' data is kept no longer, by the periods of the city's pack."""


@group.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def preview(as_json: bool) -> None:
    """Count how many of each class would go now and in which month. Nothing goes."""
    ready()
    from xianban.base.clock import utc_now
    from xianban.city.api import current
    from xianban.privacy import api

    api.count_anew(now=utc_now(), progress=_told if sys.stderr.isatty() else None)
    seen, keeping = api.outlook(MACHINE), current().keeping
    assert seen is not None
    if as_json:
        told = {
            "made_at": seen.made_at.isoformat(),
            "run": keeping.run,
            "classes": {one.name: asdict(one) for one in seen.classes},
            "sessions": seen.sessions,
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for one in seen.classes:
        click.echo(f"{CLASSES[one.name]}: {one.months.get(api.NOW, 0):,} now")
        for month in sorted(set(one.months) - {api.NOW})[:12]:
            click.echo(f"  {month}: {one.months[month]:,}")
        for hold, count in sorted(one.held.items()):
            click.echo(f"  held ({hold}): {count:,}")
        if one.samples:
            click.echo(f"  such as {', '.join(one.samples)}")
    click.echo(f"sessions of staff: {seen.sessions:,} now")
    click.echo("Acts in the ledger, figures and frozen rows stay.")
    if not keeping.run:
        click.echo("Nothing goes until city.toml says [retention] run = true.")


@group.command()
@click.option(
    "--batches", default=20, show_default=True, type=click.IntRange(min=1), help="At most so many."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def run(batches: int, as_json: bool) -> None:
    """Let go of what is due, as the worker does every quarter of an hour; may be broken off."""
    ready()
    from xianban.base.clock import utc_now
    from xianban.city.api import current
    from xianban.privacy import api

    if not current().keeping.run:
        raise BadInput(
            "the city has not switched this on: look at `xianban retention preview`, then write"
            " run = true under [retention] in city.toml and load the pack"
        )
    swept = api.sweep(now=utc_now(), limit=batches)
    if as_json:
        click.echo(json.dumps(asdict(swept)))
        return
    for name, count in swept.gone.items():
        click.echo(f"{CLASSES[name]}: {count:,} gone")
    click.echo("All of today." if swept.done else "There is more; run it again.")


def _told(upto: int) -> None:
    click.echo(f"\r{upto:,} cases", nl=False, err=True)
