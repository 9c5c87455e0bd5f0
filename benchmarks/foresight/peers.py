"""Peers run in an environment of their own, so that what they pin never meets what we pin."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@cache
def environment() -> Path:
    """The Python of the peers' environment; made, from `requirements/peers.txt`, on first use."""
    folder, wanted = ROOT / ".venv-peers", ROOT / "requirements" / "peers.txt"
    python, stamp = folder / "bin" / "python", folder / ".installed"
    if stamp.exists() and stamp.read_text("utf-8") == wanted.read_text("utf-8"):
        return python
    print("installing the peers (once) …", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--require-hashes", "-r", str(wanted)], check=True
    )
    stamp.write_text(wanted.read_text("utf-8"), "utf-8")
    return python


def ask(script: str, *args: str) -> Any:
    """Run `script` (Python source) among the peers; its last line of output is one JSON document."""
    done = subprocess.run(
        [str(environment()), "-W", "ignore", "-c", script, *args],
        check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    return json.loads(done.stdout.strip().splitlines()[-1])
