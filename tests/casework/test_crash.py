"""The worker killed in the middle of its round: what was done is done once, the rest comes next."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.conf import settings as django_settings

from builders import load_town, make_case, monday
from xianban.casework.api import sweep, verify_heads
from xianban.casework.models import Case
from xianban.casework.queries.standings import replayed, standing_of
from xianban.ledger.api import verify
from xianban.ledger.models import Act, Notice

CASES = 60
LATER = monday() + timedelta(hours=3)
WORKER = """
import sys
from datetime import datetime

import django
from django.conf import settings

settings_module = __import__("xianban.config.settings", fromlist=["DATABASES"])
settings_module.DATABASES["default"]["NAME"] = sys.argv[1]
settings_module.DATABASES["default"].pop("TEST", None)
django.setup()
from xianban.casework.api import sweep

print("ready", flush=True)
while sweep(now=datetime.fromisoformat(sys.argv[2]), limit=7).looked:
    print("round", flush=True)
print("done", flush=True)
"""


@pytest.fixture
def town(transactional_db, tmp_path):
    return load_town(tmp_path / "town")


def worker():
    """A worker in a process of its own, on the database of this test."""
    name = str(django_settings.DATABASES["default"]["NAME"])
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "DJANGO_SETTINGS_MODULE": "xianban.config.settings",
    }
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, name, LATER.isoformat()],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.mark.processes
@pytest.mark.slow
def test_killed_again_and_again_it_repeats_nothing_and_forgets_nothing(town):
    for _ in range(CASES):
        make_case(person=501)
    for rounds in (1, 2, 3):
        process = worker()
        for line in process.stdout:
            if line == "round\n":
                rounds -= 1
            if not rounds:
                break
        time.sleep(0.01 * rounds)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    left = worker()
    assert left.communicate(timeout=120)[0].endswith("done\n")
    assert sweep(now=LATER).looked == 0
    # for each case a signature and a call are overdue: one act and one notice to the unit for each
    assert Act.objects.filter(verb="miss").count() == 2 * CASES
    assert Notice.objects.filter(kind="overdue", to="unit:street-east").count() == 2 * CASES
    assert verify().broken is None
    assert verify_heads() is None
    assert all(replayed(case.pk) == standing_of(case) for case in Case.objects.all())
