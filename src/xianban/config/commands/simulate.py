"""`xianban simulate`: a city with known truth, lived through under a policy."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from xianban.base.errors import BadInput

MOST_PRODUCT_DAYS = 120

people = click.option(
    "--people", type=int, default=500_000, show_default=True, help="How many live there."
)
days = click.option(
    "--days", type=int, default=365, show_default=True, help="How many days to live through."
)
skill = click.option(
    "--skill",
    type=float,
    default=1.0,
    show_default=True,
    help="How much the detectors see; 0: warnings at random.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group(invoke_without_command=True)
@days
@click.option(
    "--policy",
    default="reactive",
    show_default=True,
    help="reactive, or proactive: also look ahead.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="The same seed has the same problems."
)
@skill
@people
@click.option(
    "--form",
    type=click.Choice(["bulk", "product"]),
    default="bulk",
    show_default=True,
    help="product: through the product itself, in the sample city of 60,000; wants an empty home.",
)
@as_json
@click.pass_context
def simulate(
    ctx: click.Context,
    days: int,
    policy: str,
    seed: int,
    skill: float,
    people: int,
    form: str,
    as_json: bool,
) -> None:
    """Let an invented city with known problems live under a policy, and count what came of it."""
    if ctx.invoked_subcommand:
        return
    found = (
        _in_product(days=days, policy=policy, seed=seed, skill=skill)
        if form == "product"
        else _in_bulk(days=days, policy=policy, seed=seed, skill=skill, people=people)
    )
    _done()
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    for name, value in asdict(found).items():
        if not isinstance(value, dict):
            click.echo(
                f"{name.replace('_', ' '):>24}  {value:>14,}"
                if not isinstance(value, str)
                else f"{name:>24}  {value:>14}"
            )
    if form == "bulk" and found.policy == "proactive":
        click.echo(f"{'warnings':>24}  {_warned(found.warnings)}")


def _in_bulk(**asked: Any) -> Any:
    from xianban.simulate.bulk import running

    return running.simulate(**asked, progress=_progress())


def _in_product(*, days: int, policy: str, seed: int, skill: float) -> Any:
    """Weeks of the sample city, through the doors that everybody uses."""
    if policy not in ("reactive", "proactive"):
        raise BadInput(f"no policy {policy!r}; choose reactive or proactive")
    if not 1 <= days <= MOST_PRODUCT_DAYS:
        raise BadInput(f"--days is {days}; with --form product it must be 1 to {MOST_PRODUCT_DAYS}")
    if not 0 <= skill <= 1:
        raise BadInput(f"--skill is {skill}; it must be from 0 to 1")
    from xianban.config.setup import ready

    ready()
    from xianban.base.clock import utc_now
    from xianban.simulate import api

    tell = _progress() or (lambda done, of: None)
    return api.simulate_in_product(
        days=days, policy=policy, seed=seed, skill=skill, now=utc_now(), progress=tell
    )


@simulate.command()
@click.option(
    "--every",
    default=60,
    show_default=True,
    type=click.IntRange(1),
    help="Seconds from one request to the next.",
)
@click.option("--once", is_flag=True, help="One step, and stop.")
def live(every: int, once: bool) -> None:
    """Let time move in the sample city of this home: people report, staff act."""
    from xianban.config.setup import ready

    ready()
    from xianban.simulate import api

    if once:
        click.echo(api.live_once())
    else:
        api.live_until_told(every_s=every)


seeds = click.option(
    "--seeds", type=int, default=10, show_default=True, help="So many cities, from seed 0 on."
)


@simulate.command()
@days
@seeds
@skill
@people
@as_json
def compare(**asked: Any) -> None:
    """Both policies in the same cities: what looking ahead changed, with 95% intervals."""
    found = _compared(**asked)
    if found is None:
        return
    click.echo(
        f"{'':>24}  {'reactive':>14}  {'proactive':>14}  {'change':>8}  {'95% interval':>18}"
    )
    for row in found.rows:
        click.echo(
            f"{row.name.replace('_', ' '):>24}  {row.reactive:>14,.0f}  {row.proactive:>14,.0f}  "
            f"{row.change:>+8.1%}  {row.low:>+8.1%} to {row.high:>+7.1%}"
        )
    click.echo(
        f"\n{'orders':>24}  {found.orders:,.0f} a city, {found.empty_orders:,.0f} found nothing, "
        f"{found.order_hours:,.0f} hours in all"
    )
    click.echo(f"{'warnings':>24}  {_warned(found.warnings)}")


@simulate.command()
@days
@seeds
@skill
@people
@click.option(
    "--own", is_flag=True, help="The product's own detectors; of the home nothing is kept."
)
@click.option(
    "--first-seed", type=int, default=0, show_default=True, help="With --own: where to begin."
)
@as_json
def detectors(own: bool, first_seed: int, **asked: Any) -> None:
    """What each sign's warnings were worth, against the planted truth: a mean over several cities."""
    found = _own(first_seed, **asked) if own else _compared(**asked)
    if found is None:
        return
    parts = (found.by_detector, {"all": found.all}) if own else (found.by_sign, {"all": found.warnings})  # fmt: skip
    titles = OWN_TITLES if own else TITLES
    click.echo(f"{'':>12}  " + "  ".join(f"{title:>12}" for title in titles.values()))
    for name, seen in [pair for part in (*parts, found.by_matter) for pair in part.items()]:
        known = asdict(seen) if own else seen
        cells = (known.get(column) for column in titles)
        told = ("" if cell is None else f"{cell:,.2f}" for cell in cells)
        click.echo(f"{name:>12}  " + "  ".join(f"{cell:>12}" for cell in told))


def _own(
    first_seed: int, *, days: int, seeds: int, skill: float, people: int, as_json: bool
) -> Any:
    """What the product's own detectors saw, or None where it is printed already."""
    if seeds < 1:
        raise BadInput(f"--seeds is {seeds}; it must be 1 or more")
    from xianban.config.setup import ready

    ready()
    from xianban.simulate import api

    found = api.measure_several(
        days=days, seeds=range(first_seed, first_seed + seeds), people=people, skill=skill,
        progress=_progress() or (lambda done, of: None),
    )  # fmt: skip
    _done()
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
        return None
    click.echo(
        f"{len(found.seeds)} cities of {found.people:,}, {found.days} days, skill {found.skill:g}: "
        f"{found.warned_problems:,.0f} of {found.problems:,.0f} problems were warned of\n"
    )
    return found


@simulate.command()
@click.option(
    "--seeds", type=int, default=5, show_default=True, help="So many cities, from seed 0 on."
)
@people
@as_json
def effects(seeds: int, people: int, as_json: bool) -> None:
    """How often the intervals of measured effects hold what an order changed in truth."""
    from xianban.config.setup import django_up

    django_up()
    from xianban.simulate.effects.covering import covering

    found = covering(seeds=seeds, people=people, progress=_progress("evenings"))
    _done()
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    click.echo(
        f"{found.seeds} cities of {found.people:,}; intervals of {found.coverage:.0%}\n\n"
        f"{'':>38}  {'orders':>6}  {'measured':>8}  {'covered':>7}  {'95% interval':>14}  "
        f"{'below':>6}  {'above':>6}  {'truth':>6}  {'bias':>6}  {'width':>5}"
    )
    for row in found.rows:
        start = f"{row.name:>38}  {row.orders:>6,}  {row.measured:>8,}"
        click.echo(
            f"{start}  {row.covered:>7.1%}  {row.low:>6.1%} to {row.high:>5.1%}  {row.success:>6.1%}  "
            f"{row.harm:>6.1%}  {row.truth:>+6.2f}  {row.bias:>+6.2f}  {row.width:>5.2f}"
            if row.measured
            else start
        )


TITLES = {
    "raised": "warnings",
    "a_day": "a day",
    "precision": "real",
    "before_fifth_complaint": "before 5th",
    "median_complaints_before": "complaints",
    "median_days_after_begin": "days old",
    "median_lead_days": "lead, days",
}
OWN_TITLES = {
    "raised": "warnings",
    "a_day": "a day",
    "precision": "real",
    "at_random": "at random",
} | TITLES


def _compared(*, days: int, seeds: int, skill: float, people: int, as_json: bool) -> Any:
    """The comparison, or None where it is printed already."""
    from xianban.simulate.bulk import comparing

    if seeds < 2:
        raise BadInput(f"--seeds is {seeds}; an interval needs 2 or more")
    found = comparing.compare(
        days=days, seeds=seeds, skill=skill, people=people, progress=_progress()
    )
    _done()
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
        return None
    click.echo(
        f"{found.seeds} cities of {found.people:,}, {found.days} days, skill {found.skill:g}\n"
    )
    return found


def _warned(seen: dict[str, Any]) -> str:
    if not seen.get("raised"):
        return "none"
    return (
        f"{seen['raised']:,.0f}, {seen['precision']:.0%} real, "
        f"{seen['before_fifth_complaint'] or 0:.0%} of those before the fifth complaint"
    )


def _progress(of_what: str = "days") -> Callable[[int, int], None] | None:
    if not sys.stderr.isatty():
        return None
    return lambda done, of: click.echo(f"\r{done:,} of {of:,} {of_what}", nl=False, err=True)


def _done() -> None:
    if sys.stderr.isatty():
        click.echo(err=True)
