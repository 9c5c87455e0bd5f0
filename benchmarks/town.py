"""A home with the sample city in it, on SQLite or PostgreSQL, for benchmarks that need processes.

`python -m benchmarks.town FOLDER COUNT` (with XIANBAN_HOME and XIANBAN_DATABASE_URL set) loads the
city and writes COUNT requests of its residents to FOLDER/bodies.jsonl and FOLDER/requests.csv.
"""

import csv
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
COLUMNS = (
    "external_id",
    "received_at",
    "text",
    "title",
    "address",
    "lat",
    "lon",
    "contact",
    "name",
)


@dataclass(frozen=True)
class Home:
    """A prepared home, and the surroundings that a process needs to work in it."""

    folder: Path
    environment: dict
    database: str

    def python(self, *args, **more):
        return subprocess.run(
            [sys.executable, *args], env=self.environment, cwd=ROOT, check=True, **more
        )

    def xianban(self, *args, **more):
        return self.python("-m", "xianban", *args, **more)


@contextmanager
def home(database, *, count):
    """A home with the sample city; `database` is sqlite or postgres, both writing durably."""
    folder = Path(tempfile.mkdtemp(prefix="xianban-bench-"))
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT), str(ROOT / "tests")])
    environment = {
        **os.environ,
        "XIANBAN_HOME": str(folder),
        "PYTHONPATH": path,
        "XIANBAN_API_RATE": "0",
    }
    environment.pop("XIANBAN_DATABASE_URL", None)
    server = None
    if database == "postgres":
        sys.path.insert(0, str(ROOT / "tests"))
        import postgres

        environment["XIANBAN_DATABASE_URL"], server = postgres.start(durable=True)
    try:
        made = Home(folder, environment, database)
        made.python("-m", "benchmarks.town", str(folder), str(count), stdout=sys.stderr)
        yield made
    finally:
        if server is not None:
            server.cleanup()


@contextmanager
def served(made, *, workers=2):
    """The home served on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "xianban",
        "serve",
        "--no-worker",
        "--port",
        str(port),
        "--workers",
        str(workers),
    ]
    process = subprocess.Popen(command, env=made.environment, cwd=ROOT, stdout=sys.stderr)
    try:
        _await(f"http://127.0.0.1:{port}/api/openapi.json")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _await(url):
    for _ in range(300):
        try:
            with urlopen(url, timeout=5) as answer:
                answer.read()
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{url} did not answer within 30 s")


def prepare(folder, count):
    """Load the sample city and write what its residents say."""
    from xianban.config.setup import ready

    ready()
    from datetime import UTC, datetime

    import numpy as np

    from xianban.city.api import load
    from xianban.simulate.api import write_sample_pack
    from xianban.simulate.geography import make_geography
    from xianban.simulate.requests import a_year

    write_sample_pack(folder / "pack")
    load(folder / "pack", now=datetime(2026, 11, 22, tzinfo=UTC))
    until = datetime(2026, 11, 20, 12)  # noqa: DTZ001 (the simulation tells the city's own time)
    told = a_year(
        make_geography(),
        total=count,
        until=until,
        holidays=frozenset(),
        rng=np.random.default_rng(7),
    )
    with (folder / "bodies.jsonl").open("w", encoding="utf-8") as bodies:
        for one in told:
            bodies.write(json.dumps(_body(one), ensure_ascii=False) + "\n")
    with (folder / "requests.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for number, one in enumerate(told, 1):
            body = _body(one)
            place = body.get("place", ""), body.get("lat", ""), body.get("lon", "")
            rows.writerow(
                [
                    number,
                    one.at.isoformat(),
                    body["text"],
                    body.get("title", ""),
                    *place,
                    body.get("phone", ""),
                    body.get("name", ""),
                ]
            )


def _body(told):
    body = {"text": told.said.text, "title": told.said.title, "place": told.place}
    if told.pointed:
        body |= {"lat": round(told.spot.lat, 6), "lon": round(told.spot.lon, 6)}
    if told.who:
        body |= {"name": told.who.name, "phone": told.who.phone}
    return body


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), int(sys.argv[2]))
