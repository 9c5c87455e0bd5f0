import json
import sys

import click

from xianban.config.setup import ready


@click.group()
def group() -> None:
    """The record of every act."""


@group.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def verify(as_json: bool) -> None:
    """Recompute every seal, checkpoint and file; exit 1 and name the first broken one if one is."""
    ready()
    from xianban.appraisal.api import broken_seal
    from xianban.base.clock import utc_now
    from xianban.casework.api import verify_heads
    from xianban.files.api import broken_file
    from xianban.ledger import api as ledger

    started = utc_now()
    verdict = ledger.verify(progress=_told if sys.stderr.isatty() else None)
    broken = verdict.broken or verify_heads() or broken_seal() or broken_file()
    ledger.note_check(broken, acts=verdict.acts, acting="machine", started=started)
    if as_json:
        found = {
            "acts": verdict.acts,
            "subjects": verdict.subjects,
            "checkpoints": verdict.checkpoints,
        }
        click.echo(
            json.dumps({"ok": broken is None, **found, "broken": broken}, ensure_ascii=False)
        )
    elif broken is None:
        click.echo(
            f"The ledger is whole: {verdict.acts:,} acts on {verdict.subjects:,} subjects, {verdict.checkpoints:,} checkpoints."
        )
    else:
        click.echo(f"The ledger is broken: {broken}.")
    sys.exit(broken is not None)


@group.command()
def checkpoint() -> None:
    """Seal all acts since the last checkpoint now (the worker does it every ten minutes)."""
    ready()
    from xianban.base.clock import utc_now
    from xianban.ledger import api as ledger

    point = ledger.checkpoint(now=utc_now())
    click.echo(
        f"Checkpoint {point.number}: {point.count:,} acts." if point else "Nothing new to seal."
    )


def _told(acts: int) -> None:
    click.echo(f"\r{acts:,} acts", nl=False, err=True)
