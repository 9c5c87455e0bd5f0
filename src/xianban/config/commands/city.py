"""`xianban city`: check, preview, load, export or begin a city pack."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xianban.config.setup import django_up, ready

if TYPE_CHECKING:
    from xianban.city.api import Report

SHOWN = 100
FOLDER = click.Path(path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group()
def group() -> None:
    """Check, preview, load, export or begin a city pack."""


@group.command()
@click.argument("pack", type=FOLDER)
@click.option("--on", type=DAY, help="Look at the duty list on this day (default: today).")
@as_json
def check(pack: Path, on: datetime | None, as_json: bool) -> None:
    """Say what is wrong with a pack, where, and how to mend it. Exit code 1 where something is."""
    django_up()
    from xianban.city import api
    from xianban.config.alarms import announce, calendar_alarm

    report = api.check(pack, on=_day(on))
    if as_json:
        _print_json({"pack": str(pack), "sound": report.sound, **asdict(report)})
    else:
        _print_report(report)
    announce(calendar_alarm(report.missing_years))
    sys.exit(0 if report.sound else 1)


@group.command()
@click.argument("pack", type=FOLDER)
@as_json
def preview(pack: Path, as_json: bool) -> None:
    """Say what loading a pack would change, and which open cases it would touch. Writes nothing."""
    ready()
    from xianban.base.clock import utc_now
    from xianban.casework.api import open_loads
    from xianban.city import api

    found = api.preview(pack, now=utc_now(), loads=open_loads())
    if as_json:
        _print_json(found)
    else:
        _print_preview(found)
    sys.exit(0 if found["sound"] else 1)


@group.command()
@click.argument("pack", type=FOLDER)
@click.option(
    "--effective",
    type=DAY,
    help="First day on which the pack holds (default: today; a first pack: since ever).",
)
@as_json
def load(pack: Path, effective: datetime | None, as_json: bool) -> None:
    """Put a pack to use. Loading the same pack again changes nothing."""
    ready()
    from xianban.base.clock import utc_now
    from xianban.city import api
    from xianban.config.alarms import announce, calendar_alarm

    loaded = api.load(pack, now=utc_now(), effective=_day(effective))
    if as_json:
        _print_json({"pack": str(pack), **asdict(loaded)})
    elif not loaded.changed:
        click.echo("Nothing to change: this pack is what is in effect already.")
    else:
        click.echo(f"Loaded as number {loaded.number}, in effect from {loaded.effective}.")
        for table, added in loaded.added.items():
            click.echo(f"  {table}: {added} added, {loaded.closed[table]} closed")
    if loaded.warnings:
        click.echo(
            f"{loaded.warnings} remark(s); `xianban city check {pack}` shows them.", err=True
        )
    announce(calendar_alarm(loaded.missing_years))


@group.command()
@click.argument("folder", type=FOLDER)
@click.option("--at", type=DAY, help="The pack as it was in effect on this day (default: today).")
@as_json
def export(folder: Path, at: datetime | None, as_json: bool) -> None:
    """Write the loaded city as a pack into a new FOLDER."""
    ready()
    from xianban.city import api

    files = api.export(folder, at=_day(at))
    if as_json:
        _print_json({"folder": str(folder), "files": files})
    else:
        click.echo(f"Wrote {len(files)} files into {folder}.")


@group.command()
@click.argument("folder", type=FOLDER)
@click.option(
    "--categories",
    type=FOLDER,
    required=True,
    help="Table of categories (xlsx or csv): 一级分类, 二级分类, 三级分类.",
)
@click.option("--area", required=True, help="What the city is called.")
@click.option(
    "--timezone",
    default="Asia/Shanghai",
    show_default=True,
    help="Times without a zone are read in it.",
)
@click.option(
    "--code",
    default="000000",
    show_default=True,
    help="The city's six-digit code, where you know it.",
)
@as_json
def new(folder: Path, categories: Path, area: str, timezone: str, code: str, as_json: bool) -> None:
    """Begin a working pack in a new FOLDER from a table of categories."""
    django_up()
    from xianban.city import api

    made = api.new_pack(folder, categories=categories, area=area, timezone=timezone, code=code)
    for remark in made.remarks:
        click.echo(remark, err=True)
    if as_json:
        _print_json(asdict(made))
        return
    click.echo(
        f"Wrote a pack into {folder}: {made.matters} matters ({made.leaves} at the lowest level), "
        f"{made.units} units, {made.duties} duties. Next: xianban city load {folder}"
    )


def _print_preview(found: dict[str, Any]) -> None:
    if not found["sound"]:
        click.echo(f"{found['fault_count']} fault(s); `xianban city check` says which.")
        return
    if found["same"]:
        click.echo("Nothing would change: this pack is what is in effect already.")
        return
    for table in found["tables"]:
        click.echo(
            f"{table['table']}: {table['added']} added, {table['changed']} changed, "
            f"{table['retired']} retired"
        )
        for row in table["rows"][:SHOWN]:
            said = "; ".join(f"{f['field']} {f['old']} -> {f['new']}" for f in row["fields"])
            key = " ".join(part for part in row["key"] if part)
            click.echo(f"  {row['how']} {key} {row['name']}{': ' + said if said else ''}")
    for name in ("gaps_opened", "gaps_closed", "overlaps_opened", "overlaps_closed"):
        if found[name]["count"]:
            click.echo(f"{name.replace('_', ' ')}: {found[name]['count']}")
    for kind, rows in found["lost"].items():
        for row in rows:
            click.echo(f"{row['cases']} open case(s) of retired {kind}: {row['code']}")
    click.echo(f"{found['moved_cases']} open case(s) would have another lead by the new list.")


def _day(when: datetime | None) -> date | None:
    return when.date() if when else None


def _print_json(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=_plain))


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _print_report(report: "Report") -> None:
    _print_part("fault", report.faults, str)
    _print_part("gap in the duty list", report.gaps, str)
    _print_part("overlap in the duty list", report.overlaps, str)
    _print_part("remark", report.warnings, str)
    counts = ", ".join(f"{number} {name}" for name, number in report.counts.items() if number)
    verdict = "The pack is sound" if report.sound else "The pack cannot be loaded as it is"
    click.echo(f"{verdict}: {counts or 'nothing in it'}.")


def _print_part(name: str, items: tuple[Any, ...], line: Callable[[Any], str]) -> None:
    if not items:
        return
    click.echo(f"{len(items)} {name}{'s' if len(items) > 1 else ''}:")
    for item in items[:SHOWN]:
        click.echo(f"  {line(item)}")
    if len(items) > SHOWN:
        click.echo(f"  … and {len(items) - SHOWN} more (--json lists all)")
