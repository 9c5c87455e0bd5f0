"""The command line. Each command is a thin caller in `commands/`, loaded when it is named."""

import importlib
import sys

import click

from xianban import __version__
from xianban.base.errors import BadInput, XianbanError
from xianban.config.setup import ready

# name → (module in config/commands, attribute, one line of help); `--help` needs no import
COMMANDS = {
    "demo": ("demo", "demo", "Set up the sample city and serve it."),
    "serve": ("serve", "serve", "Serve the pages and the API, with the worker."),
    "worker": ("serve", "worker", "Move clocks, send notices, seal checkpoints."),
    "city": ("city", "group", "Check, load, export or begin a city pack."),
    "import": ("imports", "import_", "Bring in requests from a csv, xlsx or parquet file."),
    "dispatch": ("dispatch", "group", "Train, evaluate and question the text model."),
    "foresee": ("foresee", "foresee", "See what any file of requests shows; no set-up."),
    "simulate": ("simulate", "simulate", "Compare policies in a city with known problems."),
    "appraise": ("appraise", "appraise", "Reckon the rates and the ranking of a period."),
    "history": ("history", "group", "Write what happened, without anyone's name, as Parquet."),
    "warn": ("warn", "group", "See what is forming: run the detectors, list warnings."),
    "ledger": ("ledger", "group", "Verify the record of every act."),
    "outbox": ("outbox", "outbox", "Which notices did not go out, and why."),
    "retention": ("retention", "group", "What is kept no longer: look ahead, let go."),
    "user": ("user", "group", "Add people, set passwords, list who may do what."),
    "backup": ("backup", "backup", "Write everything to one file while the city runs."),
    "restore": ("backup", "restore", "Bring a backup back, whole or not at all."),
}


class Commands(click.Group):
    """Imports a command's module only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[name]
        return getattr(importlib.import_module(f"xianban.config.commands.{module}"), attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="xianban")
def cli() -> None:
    """Answer every request in time, and fix the next problem before anyone has to complain."""


def main() -> None:
    """Run a command; what is refused becomes one sentence and exit code 1."""
    try:
        cli(prog_name="xianban")
    except XianbanError as reason:
        for fault in getattr(reason, "faults", ()) if isinstance(reason, BadInput) else ():
            click.echo(fault, err=True)
        click.echo(f"xianban: {reason}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


__all__ = ["main", "ready"]
