"""An import that is killed wherever it happens to be, and repeated, takes every row exactly once."""

import csv
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

import postgres
from builders import write_town
from postgres import chosen_database

ROWS = 6000
KILLS = 6
SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture
def surroundings(tmp_path):
    """A home of its own on the database that this run is about."""
    environment = {
        **os.environ,
        "XIANBAN_HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(SOURCE),
        "TMPDIR": str(tmp_path),
    }
    environment.pop("XIANBAN_DATABASE_URL", None)
    server = None
    if chosen_database() == "postgres":
        environment["XIANBAN_DATABASE_URL"], server = postgres.start(durable=True)
    yield environment
    if server is not None:
        server.cleanup()


def run(surroundings, *args):
    command = [sys.executable, "-m", "xianban", *map(str, args)]
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def write_rows(path):
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["external_id", "received_at", "text", "contact"])
        for n in range(ROWS):
            text = "" if n % 1000 == 7 else f"Rubbish lies about at house {n} near the mill"
            rows.writerow([n if n % 3 else "", f"2026-10-{n % 28 + 1:02}", text, f"138{n:08}"])
    return path


@pytest.mark.processes
@pytest.mark.slow
def test_killed_again_and_again_every_row_is_taken_once(surroundings, tmp_path):
    run(surroundings, "city", "load", write_town(tmp_path / "town"))
    path = write_rows(tmp_path / "rows.csv")
    chance = random.Random(11)
    command = [sys.executable, "-m", "xianban", "import", str(path), "--json"]
    taken = 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            command, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        enough = taken + chance.randrange(0, 900)
        while process.poll() is None and (taken := committed(surroundings)) <= enough:
            time.sleep(0.005)
        time.sleep(0.2 * chance.random())
        process.send_signal(signal.SIGKILL)
        process.wait()
        taken = committed(surroundings)
    assert 0 < taken < ROWS - 6, "no run was killed in the middle"
    leftovers = {p.name for p in (tmp_path / "home").glob("rejected/*")}
    done = json.loads(run(surroundings, "import", path, "--json"))
    assert not leftovers
    assert done["read"] == ROWS
    assert (done["accepted"], done["known"]) == (ROWS - 6 - taken, taken)
    assert done["rejected"] == 6
    again = json.loads(run(surroundings, "import", path, "--json"))
    assert (again["accepted"], again["known"]) == (0, ROWS - 6)
    assert json.loads(run(surroundings, "ledger", "verify", "--json"))["broken"] is None
    assert counted(surroundings) == [ROWS - 6] * 3
    assert {p.suffix for p in tmp_path.iterdir()} <= {"", ".csv"}, "scratch files were left behind"


def committed(surroundings):
    """How many requests another process can see now."""
    url = surroundings.get("XIANBAN_DATABASE_URL")
    if url:
        base = psycopg.connect(url)
    else:
        base = sqlite3.connect(f"{surroundings['XIANBAN_HOME']}/xianban.sqlite3", timeout=30)
    with closing(base):
        return base.execute("SELECT count(*) FROM intake_request").fetchone()[0]


def counted(surroundings):
    """Requests, their cases, and cases: all there once."""
    code = (
        "import django; django.setup()\n"
        "from xianban.intake.models import Request as R\n"
        "from xianban.casework.models import Case as C\n"
        "import json\n"
        "print(json.dumps([R.objects.count(), R.objects.values('case').distinct().count(), "
        "C.objects.count()]))"
    )
    environment = {**surroundings, "DJANGO_SETTINGS_MODULE": "xianban.config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)
