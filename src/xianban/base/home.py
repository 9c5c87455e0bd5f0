"""Where this installation keeps its data: the folder that XIANBAN_HOME names."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from xianban.base.errors import Unavailable


def home() -> Path:
    """The data folder, made on first use, readable by its owner alone."""
    folder = Path(os.environ.get("XIANBAN_HOME") or ".xianban").absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as reason:
        raise Unavailable(
            f"cannot keep data in {folder} ({reason.strerror}); name another folder with XIANBAN_HOME"
        ) from reason
    return folder


@cache
def secret(name: str) -> bytes:
    """32 random bytes for one purpose, made once and kept in the home's `keys/`; never share one."""
    folder = home() / "keys"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / name
    fresh = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    if not path.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # fails if another process was first: then its key counts
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_bytes()


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Hold a lock among the processes that share this home."""
    with open(home() / f".{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
