import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from xianban.config.setup import ready


@click.group()
def group() -> None:
    """What happened, without anyone's name, as Parquet for analysis."""


@group.command()
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="A folder for the files."
)
@click.option(
    "--k", type=int, help="So many reporters must have used a word for it to be kept (10)."
)
@click.option("--again", is_flag=True, help="Write every month anew.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def export(out: Path, k: int | None, again: bool, as_json: bool) -> None:
    """Write what happened since the last export: requests and what became of them, by month.

    No name, number or address enters: only words that enough different people used are kept.
    """
    ready()
    from xianban.history import api

    done = api.export(out, k=k, again=again, progress=_told if sys.stderr.isatty() else None)
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False))
    elif done.months:
        click.echo(
            f"{done.requests:,} requests and {done.changes:,} changes are new; "
            f"written to {out}: {', '.join(done.months)}."
        )
    else:
        click.echo(f"Nothing is new; {out} is up to date.")


def _told(what: str, n: int) -> None:
    click.echo(f"\r{n:,} {what}", nl=False, err=True)
