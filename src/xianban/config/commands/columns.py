"""Which columns of anyone's file hold what: the options of every command that reads one."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

COLUMNS = {
    "time": "The column that says when each came.",
    "area": "Where: a ward, street or other name.",
    "lat": "Latitude (or y of a plane).",
    "lon": "Longitude (or x of a plane).",
    "category": "What it is about.",
    "text": "What was said; twice for title and body.",
    "author": "Who said it: many texts, one voice.",
    "id": "A number; rows with one count once.",
    "closed": "When it was closed.",
}
Command = Callable[..., None]


def file_columns(*names: str, required: tuple[str, ...] = ()) -> Callable[[Command], Command]:
    """Gives a command an option for each of these columns, and hands it what they say as `columns`."""

    def giving(command: Command) -> Command:
        @wraps(command)
        def read(**given: Any) -> None:
            from xianban.foresee.api import Columns

            command(
                columns=Columns(**{name: given.pop(f"{name}_column") for name in names}), **given
            )

        for name in reversed(names):
            read = click.option(
                f"--{name}", f"{name}_column", metavar="COL", help=COLUMNS[name],
                multiple=name == "text", required=name in required, default=None if name == "text" else "",
            )(read)  # fmt: skip
        return read

    return giving
