import os

import click

from xianban.base.errors import BadInput
from xianban.config.setup import ready

BEHIND = 5  # pages and clocks go first


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, envvar="XIANBAN_PORT", type=click.IntRange(1, 65535)
)
@click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes that serve."
)
@click.option(
    "--no-worker", is_flag=True, help="Don't start the worker; run `xianban worker` elsewhere."
)
def serve(host: str, port: int, workers: int, no_worker: bool) -> None:
    """Serve the pages and the API, with the worker."""
    from xianban.config.serve import must_be_free
    from xianban.config.serve import serve as run

    must_be_free(host, port)
    ready()
    from xianban.base.clock import utc_now
    from xianban.config.alarms import alarms, announce

    announce(alarms(now=utc_now()))
    click.echo(f"Serving on http://{host}:{port}/ (Ctrl-C stops)", err=True)
    run(host=host, port=port, workers=workers, with_worker=not no_worker)


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, and stop.")
@click.option("--job", hidden=True, help="Do this piece of work, and stop: for the worker itself.")
def worker(once: bool, job: str | None) -> None:
    """Move clocks, send notices, seal checkpoints, learn from corrections."""
    ready()
    from xianban.base.clock import utc_now
    from xianban.config import worker as work

    if job:
        if job not in work.JOBS:
            raise BadInput(f"“{job}” is no work of the worker; it has {', '.join(work.JOBS)}")
        os.nice(BEHIND)
        if not work.run_job(job, now=utc_now()):
            raise SystemExit(1)
    elif once:
        done = work.run_once(now=utc_now())
        click.echo(f"Done: {', '.join(done)}." if done else "Nothing was due.")
    else:
        work.run_until_told()
