import json
import sys
import tomllib
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xianban.base.clock import utc_now
from xianban.base.errors import BadInput
from xianban.config.commands.columns import file_columns
from xianban.config.setup import ready

if TYPE_CHECKING:
    from xianban.foresee.api import Columns


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


@group.command("replay")
@click.argument("first", required=False)
@click.argument("last", required=False)
@click.option("--file", type=click.Path(path_type=Path), help="Anyone's file of requests.")
@file_columns("time", "area", "lat", "lon", "category", "text", "author", "id", "closed")
@click.option(
    "--area-in-text", default="", metavar="PATTERN", help="Where no column says: 东区|西区."
)
@click.option("--timezone", default="UTC", show_default=True, help="Of the file's clock.")
@click.option("--history", type=click.Path(path_type=Path), help="A history, not our own.")
@click.option("--imported", is_flag=True, help="What came in a file counts as known when received.")
@click.option(
    "--settings",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A city.toml whose [prevention] to use.",
)
@click.option("--budget", type=click.IntRange(1, 1000), help="Warnings a desk gets in a day.")
@click.option(
    "--k",
    type=click.IntRange(2),
    default=10,
    show_default=True,
    help="Who must have used a word for it to be read.",
)
@click.option("--control/--no-control", default=True, help="Also a year with days shuffled.")
@click.option("--title", default="", help="What the page calls it.")
@click.option("--out", type=click.Path(path_type=Path), help="Also write the result as JSON here.")
@click.option("--forget", type=int, metavar="N", help="Delete replay N and do nothing else.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def replay(
    first: str | None,
    last: str | None,
    file: Path | None,
    columns: "Columns",
    area_in_text: str,
    timezone: str,
    history: Path | None,
    imported: bool,
    settings: Path | None,
    budget: int | None,
    k: int,
    control: bool,
    title: str,
    out: Path | None,
    forget: int | None,
    as_json: bool,
) -> None:
    """Live through the past again, FIRST to LAST: what would have been warned of when.

    Every day is looked at with what was known on that morning, by the detectors that are in use and
    within the budget; then it is asked whether what followed bore each warning out. The ledger is not
    touched. The result is kept for the page “replays” under the warnings.
    """
    ready()
    from xianban.accounts.api import MACHINE
    from xianban.prevention import api

    if forget is not None:
        api.forget_replay(forget)
        click.echo(f"Replay {forget} is gone.")
        return
    ahead = _stated(settings)
    if file:
        if not columns.time:
            raise BadInput("--file needs --time: name the column that says when")
        source = api.of_file(
            api.FileSource(file, columns, area_in_text, timezone), prevention=ahead, k=k
        )
    else:
        source = api.own_history(folder=history, imported=imported, prevention=ahead)
    key = api.replay(
        source, first=_date(first), last=_date(last), title=title, budget=budget, control=control, k=k,
        now=utc_now(), told=_passed if sys.stderr.isatty() else lambda part, day, raised: None,
    )  # fmt: skip
    said = api.replay_as_plain(key, MACHINE)
    if out:
        try:
            out.write_text(json.dumps(said, ensure_ascii=False, indent=1, default=str), "utf-8")
        except OSError as reason:
            raise BadInput(f"cannot write {out} ({reason.strerror}); name another file") from None
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False, default=str))
        return
    click.echo(_told_of(said))


def _told_of(said: dict[str, Any]) -> str:
    n, control = said["totals"], said["control"]
    lines = [
        f"Replay {said['id']}: {said['first']} to {said['last']}, {n['days']:,} days in {said['seconds']:.0f} s.",
        f"{n['raised']:,} warnings, {n['per_day']:.2f} a day with at most {said['budget']} for a desk; "
        f"{n['never_raised']:,} found no place.",
        f"{n['borne_out']:,} of {n['judged']:,} were borne out by the {said['rule']['after_days']} days after; "
        f"on any other day at the same places the rule says so {100 * (n['by_chance'] or 0):.0f}% of the time.",
    ]
    if control:
        lines.append(
            f"With days shuffled: {control['raised']:,} warnings in {control['days']:,} days, "
            f"{control['borne_out']:,} of {control['judged']:,} borne out."
        )
    for row in said["warnings"][:10]:
        lines.append(
            f"{row['raised_on']}  {row['people']:4} people, {row['expected']:6.1f} expected; then {row['came']:4}, "
            f"usual {row['usual']:6.1f}  {row['title']}"
        )
    for one in said["issues"][:10]:
        spoken = f"{one['before']} messages before, {one['after']} after"
        if not one["raised_on"]:
            spoken = f"{one['messages']} messages"
        lines.append(
            f"{one['raised_on'] or 'never raised':12}  {one['people']:3} people, {spoken}  {one['title']}"
        )
    lines.append("The page: /warnings/replays/")
    return "\n".join(lines)


def _stated(path: Path | None) -> Any:
    """What a city.toml says of looking ahead."""
    if path is None:
        return None
    from xianban.city.api import prevention_from, read_detectors

    try:
        stated = tomllib.loads(path.read_text("utf-8")).get("prevention", {})
    except (OSError, ValueError) as wrong:
        raise BadInput(f"{path} cannot be read as TOML ({wrong}); give a city.toml") from None
    if "detectors" in stated and read_detectors(stated["detectors"]) is None:
        raise BadInput(f"{path}: its detectors make no sense; see docs/prevention.md for the keys")
    try:
        return prevention_from(stated)
    except TypeError as wrong:
        raise BadInput(f"{path}: [prevention] has a key that is none ({wrong})") from None


def _date(said: str | None) -> date | None:
    if said is None:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise BadInput(f"“{said}” is no day; write it as 2019-07-01") from None


def _passed(part: str, day: date, raised: int) -> None:
    word = "" if part == "replay" else ", days shuffled"
    click.echo(f"\r\033[K{day}: {raised} warnings{word}", nl=False, err=True)
