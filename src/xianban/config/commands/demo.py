import ipaddress
import sys
from collections.abc import Callable
from datetime import datetime

import click

from xianban.config.serve import must_be_free
from xianban.config.setup import one_at_a_time, ready

BAR = 24


@click.command()
@click.option("--prepare-only", is_flag=True, help="Set the sample city up, and stop.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    envvar="XIANBAN_PORT",
    type=click.IntRange(1, 65535),
    help="Port to listen on; XIANBAN_PORT sets it too.",
)
@click.option("--still", is_flag=True, help="Let no time move: nobody reports, nobody acts.")
@click.option(
    "--every",
    default=60,
    show_default=True,
    envvar="XIANBAN_DEMO_EVERY",
    type=click.IntRange(1),
    help="Seconds from one request to the next; XIANBAN_DEMO_EVERY sets it too.",
)
def demo(prepare_only: bool, host: str, port: int, still: bool, every: int) -> None:
    """Set up the sample city in XIANBAN_HOME on first use, and serve it with the worker.

    People report and staff act while it is served, unless --still.
    """
    if not prepare_only:
        must_be_free(host, port)
    ready()
    from xianban.base.clock import utc_now
    from xianban.simulate import api as simulate

    with one_at_a_time("demo"):
        prepared = simulate.prepare(now=utc_now(), progress=_progress())
    if prepared.created:
        click.echo("\r\033[K" if _on_a_terminal() else "", nl=False, err=True)
        click.echo(f"The sample city is ready: {prepared.requests:,} requests of a year.", err=True)
    else:
        click.echo("The sample city is as you left it.", err=True)
    _say_where(host, port, prepared.password, serving=not prepare_only)
    if not prepare_only:
        from xianban.config.serve import serve

        moving = () if still else (["simulate", "live", "--every", str(every)],)
        serve(host=host, port=port, workers=2, with_worker=True, beside=moving)


def _progress() -> Callable[[float, str], None]:
    """A bar on a terminal, a line for each step elsewhere; both on standard error."""
    said: set[str] = set()
    began = datetime.now().astimezone()

    def show(share: float, words: str) -> None:
        if not said:
            click.echo("Setting up the sample city (about a minute, once) …", err=True)
        if _on_a_terminal():
            full = round(share * BAR)
            bar = "█" * full + "·" * (BAR - full)
            click.echo(f"\r\033[K  {bar} {words}", nl=False, err=True)
        elif words not in said:
            seconds = (datetime.now().astimezone() - began).total_seconds()
            click.echo(f"  {seconds:4.0f} s  {words}", err=True)
        said.add(words)

    return show


def _on_a_terminal() -> bool:
    return sys.stderr.isatty()


def _say_where(host: str, port: int, password: str, *, serving: bool) -> None:
    """Where to look and as whom: the first words that a new user reads."""
    from xianban.simulate.api import SEATS

    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 (only to be shown)
    address = f"http://{shown}:{port}"
    click.echo(f"\n  Residents report at  {address}/")
    click.echo(f"  Staff sign in at     {address}/cases/   password for everybody: {password}\n")
    for seat in SEATS:
        click.echo(f"    {seat.username:<11} {seat.says}")
    click.echo("")
    if not serving:
        click.echo("  Start it with `./run demo` (or `xianban demo`).")
    elif not _is_loopback(host):
        click.echo("  Others in your network can reach it: the names above are known to everybody.")
    if serving:
        click.echo("  Ctrl-C stops it; the data stay in XIANBAN_HOME.\n")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


commands = [demo]
