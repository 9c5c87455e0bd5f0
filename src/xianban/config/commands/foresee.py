import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xianban.config.commands.columns import file_columns

if TYPE_CHECKING:
    from xianban.foresee.api import Columns


@click.command("foresee")
@click.argument("file", type=click.Path(path_type=Path))
@file_columns("time", "area", "lat", "lon", "category", "text", "author", "id", required=("time",))
@click.option(
    "--out", type=click.Path(path_type=Path), help="The folder for the report. [foresee-FILE]"
)
@click.option("--language", type=click.Choice(["en", "zh"]), help="Of the report. [the file's]")
@click.option("--json", "as_json", is_flag=True, help="The findings on standard output.")
def foresee(
    file: Path,
    columns: "Columns",
    out: Path | None,
    language: str | None,
    as_json: bool,
) -> None:
    """What a file of requests shows: rises, clusters, hot issues, forecast, places to look.

    Needs no city and no set-up. Reads csv, tsv, xlsx and parquet, gzipped or not, and writes
    findings.json and report.html, one page that opens offline.
    """
    from xianban.foresee.api import Words
    from xianban.foresee.api import foresee as look

    folder = out or Path(f"foresee-{file.name.partition('.')[0]}")
    words = Words(language or "en")
    with _progress(file.name, lambda part: words(f"doing_{part}")) as progress:
        found = look(file, columns=columns, out=folder, language=language or "", progress=progress)
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False))
        return
    click.echo(
        f"{found.events:,} requests of {found.days:,} days: {len(found.outbreaks)} rises, "
        f"{len(found.clusters)} clusters, {len(found.issues)} issues, {len(found.remarks)} remarks on the data.\n"
        f"Open {folder / 'report.html'}; the same for machines is in findings.json."
    )


@contextmanager
def _progress(name: str, doing: Callable[[str], str]) -> Iterator[Callable[[str, float], None]]:
    """A bar for people who watch, a line for each part for those who read it later."""
    if not sys.stderr.isatty():
        yield lambda part, share: click.echo(f"{name}: {doing(part)} …", err=True)
        return
    with click.progressbar(
        length=1000, label=name, file=sys.stderr, item_show_func=lambda part: part
    ) as bar:
        yield lambda part, share: bar.update(int(share * 1000) - bar.pos, doing(part))


__all__ = ["foresee"]
