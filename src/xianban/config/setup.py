"""Bring up Django and the database: every command does this itself on first use."""

import gc
import os

from xianban.base.errors import Unavailable, WrongState
from xianban.base.home import home, one_at_a_time

DAMAGED = ("not a database", "malformed")  # what SQLite says of such a file
RESTORE_UNFINISHED = ".restore-unfinished"  # in the home while a restore is in its last step


def django_up() -> None:
    """Load the settings and the rooms; cheap when it was done before."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xianban.config.settings")
    import django

    django.setup()


def ready() -> None:
    """Django up and the database migrated; the first call in a new home makes it."""
    if (home() / RESTORE_UNFINISHED).exists():
        raise WrongState(
            f"a restore into {home()} was cut off in its last step; repeat it with --replace"
        )
    django_up()
    from django.core.management import call_command
    from django.db import DatabaseError, OperationalError, connection

    try:
        if _migrations_missing():
            with one_at_a_time("migrate"):
                if _migrations_missing():
                    call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as reason:
        where = connection.settings_dict["NAME"]
        said = " ".join(str(reason).split())  # PostgreSQL says it in several lines
        raise Unavailable(
            f"the database {where} does not answer ({said}); check XIANBAN_DATABASE_URL"
        ) from reason
    except DatabaseError as reason:
        if not any(words in str(reason) for words in DAMAGED):
            raise
        where = connection.settings_dict["NAME"]
        raise Unavailable(
            f"{where} is damaged or no database ({reason}); move it away and bring a backup back "
            "with `xianban restore FILE`, or name another folder with XIANBAN_HOME"
        ) from reason


def _migrations_missing() -> bool:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def settle() -> None:
    """Keep what is loaded by now out of the search for garbage, and search seldom.

    A city is tens of thousands of objects that stay: looking through them takes 0.1 s. What comes
    and goes with a request is freed at once; only rings wait for a search.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
