"""`xianban appraise`: the rates and the ranking of a period."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import click

from xianban.config.setup import ready

if TYPE_CHECKING:
    from xianban.appraisal.api import FigureSeen, Ranking

HEADER = f"{'place':>9}  {'score':>7}  {'n':>6}  {'from':>6}  {'to':>6}"


@click.command()
@click.option("--period", required=True, help="A period such as 2026-10.")
@click.option(
    "--by",
    type=click.Choice(["unit", "area", "matter"]),
    default="unit",
    show_default=True,
    help="What the figures are of.",
)
@click.option("--freeze", is_flag=True, help="Keep the period for good, once it is over.")
@click.option("--revision", type=int, help="An earlier revision of a frozen period.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def appraise(period: str, by: str, freeze: bool, revision: int | None, as_json: bool) -> None:
    """Reckon the rates and the ranking of a period: provisional until frozen."""
    ready()
    from xianban.accounts.api import MACHINE
    from xianban.appraisal import api
    from xianban.base.clock import utc_now

    now = utc_now()
    if freeze:
        api.freeze(period, acting=MACHINE, now=now)
    else:
        api.reckon(period, now=now)
    seen = api.ranking(MACHINE, period, by=by, revision=revision)
    if as_json:
        click.echo(json.dumps(asdict(seen), ensure_ascii=False, indent=1, default=_plain))
    else:
        _print(seen)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _print(seen: "Ranking") -> None:
    state = f"frozen, revision {seen.period.revision}" if seen.period.frozen_at else "provisional"
    click.echo(f"{seen.period.name} ({state}), {seen.period.rows:,} rows.")
    for group in seen.groups:
        rates = [rate.name for rate in group.figures[0].rates]
        click.echo(f"\n{group.name or 'others'}")
        click.echo(f"{HEADER}  {'  '.join(f'{name[:12]:>12}' for name in rates)}")
        for one in group.figures:
            click.echo(_line(one))


def _line(one: "FigureSeen") -> str:
    score = one.score or "no figure"
    rates = "  ".join(f"{rate.percent or '-':>12}" for rate in one.rates)
    between = f"{one.low:>6.1f}  {one.high:>6.1f}" if one.score else f"{'-':>6}  {'-':>6}"
    mark = {"red": "  red list", "black": "  black list"}.get(one.listed, "")
    return f"{_place(one):>9}  {score:>7}  {one.n:>6}  {between}  {rates}  {one.name}{mark}"


def _place(one: "FigureSeen") -> str:
    if one.best is None:
        return "-"
    span = f"{one.best}-{one.worst}" if one.best != one.worst else f"{one.best}"
    return f"{one.rank} ({span})" if one.rank else f"({span})"
