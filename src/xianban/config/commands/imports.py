import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

import click

from xianban.config.setup import ready, settle

if TYPE_CHECKING:
    from xianban.intake.api import Imported

TOLD_EVERY_S = 5.0


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--map",
    "map_name",
    default="generic",
    metavar="NAME|FILE",
    help="How its columns are to be read: generic, messages, or a TOML file. [generic]",
)
@click.option("--source", default="", help="The system it comes from, if not the map's own name.")
@click.option("--limit", type=click.IntRange(min=1), help="Read only so many rows.")
@click.option(
    "--limits-from",
    type=click.Choice(["now", "received"]),
    default="now",
    help="When the units' limits begin: with the import, or when each was received. [now]",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def import_(
    file: Path,
    map_name: str,
    source: str,
    limit: int | None,
    limits_from: Literal["now", "received"],
    as_json: bool,
) -> None:
    """Bring in requests from a csv (also .gz), xlsx or parquet file.

    Rows are known again by their number, so the same file twice changes nothing, and a run that
    was stopped is simply run again. Rows that cannot be taken are kept in a file with the reason;
    correct them there and import that file with the same map.
    """
    ready()
    from xianban.accounts.api import MACHINE
    from xianban.base.clock import utc_now
    from xianban.intake.api import column_map, import_file, warm_up

    columns = column_map(map_name, source=source)
    warm_up()
    settle()
    with _progress(file.name) as progress:
        done = import_file(
            file,
            columns=columns,
            acting=MACHINE,
            now=utc_now(),
            limit=limit,
            limits_from=limits_from,
            progress=progress,
        )
    if as_json:
        click.echo(json.dumps(_plain(done), ensure_ascii=False))
        if not done.read:
            click.echo(_told(done, file), err=True)
    else:
        click.echo(_told(done, file))


@contextmanager
def _progress(name: str) -> Iterator[Callable[["Imported", float], None]]:
    """A bar for people who watch, a line now and then for those who read it later."""
    if sys.stderr.isatty():
        with click.progressbar(length=1000, label=name, file=sys.stderr) as bar:
            yield lambda tally, done: bar.update(int(done * 1000) - bar.pos)
        return
    told = monotonic()

    def tell(tally: "Imported", done: float) -> None:
        nonlocal told
        if monotonic() - told >= TOLD_EVERY_S:
            told = monotonic()
            click.echo(f"{name}: {tally.read:,} rows read ({done:.0%})", err=True)

    yield tell


def _plain(done: "Imported") -> dict[str, Any]:
    return {
        "read": done.read,
        "accepted": done.accepted,
        "rejected": done.rejected,
        "known": done.known,
        "differing": done.differing,
        "seconds": done.seconds,
        "rejected_file": str(done.rejected_file) if done.rejected_file else None,
    }


def _told(done: "Imported", file: Path) -> str:
    if not done.read:
        return (
            f"{file.name} has headings and no row below them: nothing was brought in. See that the "
            "export is complete and, in a workbook, that the requests are on its first sheet."
        )
    lines = [
        f"{done.read:,} rows read in {done.seconds:,.1f} s: {done.accepted:,} accepted, "
        f"{done.known:,} known already, {done.rejected:,} rejected."
    ]
    if done.rejected_file:
        lines.append(
            f"Rejected rows with their reasons: {done.rejected_file}\n"
            "Correct them there and import that file with the same map and source."
        )
    if done.differing:
        lines.append(
            f"{done.differing:,} of the known rows say something else now; what was first accepted "
            "stays. If they come from another system, name it with --source."
        )
    return "\n".join(lines)


commands = [import_]
