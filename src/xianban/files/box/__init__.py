"""A process of its own in which files of strangers are opened: little memory, little time, no secrets.

`clean` sends a file in and gets a clean one back. What makes a decoder fall over, or eat memory,
falls over there. The children (`__main__`) know neither Django nor the home.
"""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass

from xianban.files.rules import Limits

AT_ONCE = threading.BoundedSemaphore(2)  # in each process that serves
SECONDS = 30
KEPT_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class Clean:
    """What came out: `fault` names why nothing did."""

    kind: str = ""
    data: bytes = b""
    thumb: bytes = b""
    width: int = 0
    height: int = 0
    place: tuple[float, float] | None = None
    fault: str = ""


def clean(data: bytes, *, limits: Limits, head: bytes = b"") -> Clean:
    """The file decoded and written anew. `head` is the beginning of the photograph as it was made,
    where the sender's device has shrunk it: only the place is read from it."""
    environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    command = [sys.executable, "-m", "xianban.files.box", str(len(head)), f"{limits.megapixels:g}"]
    try:
        with AT_ONCE:
            done = subprocess.run(  # noqa: S603
                command, input=head + data, capture_output=True, timeout=SECONDS, env=environment
            )
    except subprocess.TimeoutExpired:
        return Clean(fault="broken")
    if done.returncode:
        return Clean(fault="broken")
    first, _, rest = done.stdout.partition(b"\n")
    told = json.loads(first)
    if "fault" in told:
        return Clean(fault=told["fault"])
    size, place = told["size"], told["place"]
    return Clean(
        kind=told["kind"],
        data=rest[:size],
        thumb=rest[size:],
        width=told["width"],
        height=told["height"],
        place=(place[0], place[1]) if place else None,
    )
