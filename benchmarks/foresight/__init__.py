"""The statistics, each beside a peer in the same run, or beside a peer's stored answers.

One module for each door, with a `run`. A peer runs in an environment of its own, made on first use
from `requirements/peers.txt` (see `peers.py`).
"""

import importlib
import sys
from pathlib import Path

from benchmarks.report import Row

HERE = Path(__file__).parent


def run() -> list[Row]:
    rows: list[Row] = []
    for place in sorted(HERE.glob("*.py")):
        if "def run(" in place.read_text(encoding="utf-8") and place.stem != "__init__":
            print(f"running foresight {place.stem} …", file=sys.stderr, flush=True)
            rows += importlib.import_module(f"benchmarks.foresight.{place.stem}").run()
    return rows
