import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from xianban.config.setup import django_up, ready

as_json = click.option(
    "--json", "as_json", is_flag=True, help="One JSON document on standard output."
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@as_json
def backup(file: Path, as_json: bool) -> None:
    """Write database, files and keys to FILE, while the city runs.

    FILE holds the keys to everybody's data: keep it where you would keep those.
    """
    ready()
    from django.conf import settings

    from xianban.base.clock import utc_now
    from xianban.config.backup import write_backup
    from xianban.ledger.api import note_round

    started, bucket = utc_now(), settings.FILES_BUCKET
    done = write_backup(file, now=started, progress=_say)
    note_round("backup", started=started)
    _say("")
    if as_json:
        click.echo(_document(asdict(done) | {"bucket_left_out": bucket}))
        return
    click.echo(
        f"{done.path}: {done.rows:,} rows of {done.tables} tables and {done.files:,} files, "
        f"{done.bytes / 1e6:,.1f} MB, in {done.seconds:.1f} s."
    )
    click.echo("It holds the keys to everybody's data: keep it where you would keep those.")
    if bucket:
        click.echo(
            f"The files in the bucket “{bucket}” are not in it: keep its versions, or copy it now (docs/backup.md)."
        )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Put the data that are here aside, and go on.")
@as_json
def restore(file: Path, replace: bool, as_json: bool) -> None:
    """Bring database, files and keys back from FILE: whole, or not at all.

    They go where XIANBAN_HOME and XIANBAN_DATABASE_URL point; SQLite and PostgreSQL read each
    other's backups. Stop the server and the worker before.
    """
    django_up()
    from xianban.base.clock import utc_now
    from xianban.config.backup import restore_backup

    done = restore_backup(file, replace=replace, now=utc_now(), progress=_say)
    _say("")
    if as_json:
        click.echo(_document(asdict(done)))
        return
    click.echo(
        f"Restored {done.rows:,} rows and {done.files:,} files as of {done.made_at}, "
        f"in {done.seconds:.1f} s."
    )
    if done.aside:
        click.echo(f"What was here is kept in {done.aside} (on PostgreSQL, a schema of that name).")
    click.echo("Check it with `xianban ledger verify`, and start the server anew.")


def _say(what: str) -> None:
    """Progress for whoever watches; nothing for a log."""
    if sys.stderr.isatty():
        click.echo(f"\r{what[:60]:<60}", nl=not what, err=True)


def _document(values: dict[str, Any]) -> str:
    plain = {key: str(value) if isinstance(value, Path) else value for key, value in values.items()}
    return json.dumps(plain, ensure_ascii=False)
