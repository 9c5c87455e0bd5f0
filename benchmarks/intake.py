"""Requests accepted over HTTP: classified, placed, dispatched, with clocks and ledger, durable.

Two workers serve, a third process sends; all share the machine's cores. Signalen's public intake,
which does not dispatch, needs about 62 ms of CPU for each.
"""

import json
import subprocess

from benchmarks.report import Row
from benchmarks.town import home, served

BODIES, SECONDS, CONNECTIONS = 8000, 15, 32
PER_SECOND, CALM_RATE, CALM_P99_MS = 400, 150, 100.0
SIGNALEN_PER_SECOND = 19  # seen on two shared cores


def run() -> list[Row]:
    rows = []
    for database in ("sqlite", "postgres"):
        with home(database, count=BODIES) as made, served(made) as port:
            _load(made, port, seconds=5, rate=0)  # warm
            full = _load(made, port, seconds=SECONDS, rate=0)
            calm = _load(made, port, seconds=SECONDS, rate=CALM_RATE)
        rows += _rows(database, full, calm)
    return rows


def _rows(database: str, full: dict, calm: dict) -> list[Row]:
    rate = full["answered"] / full["seconds"]
    p99_ms = calm["p99"] * 1000
    said = "; ".join(f"{status}: {count:,}" for status, count in full["statuses"].items())
    return [
        Row(
            f"intake over HTTP, {database}", rate, "/s", peer=SIGNALEN_PER_SECOND,
            ratio=rate / SIGNALEN_PER_SECOND, mark=f">= {PER_SECOND}", met=rate >= PER_SECOND,
            note=f"2 workers; answers {said}; peer: Signalen's own figure",
        ),
        Row(
            f"intake at {CALM_RATE}/s, p99, {database}", p99_ms, "ms", mark=f"< {CALM_P99_MS:.0f}",
            met=p99_ms < CALM_P99_MS, note=f"median {calm['p50'] * 1000:.1f} ms",
        ),
    ]  # fmt: skip


def _load(made, port: int, *, seconds: int, rate: int) -> dict:
    done = made.python(
        "-m", "benchmarks.load", str(port), str(made.folder / "bodies.jsonl"), str(seconds),
        str(CONNECTIONS), str(rate), stdout=subprocess.PIPE,
    )  # fmt: skip
    return json.loads(done.stdout)
