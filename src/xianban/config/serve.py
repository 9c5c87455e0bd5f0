"""Serve pages and API with Granian, and keep a worker beside it."""

import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from xianban.base.errors import Unavailable

log = logging.getLogger("xianban.serve")
RESTART_AFTER_SECONDS = 5.0


def serve(
    *,
    host: str,
    port: int,
    workers: int = 2,
    with_worker: bool = True,
    beside: Sequence[Sequence[str]] = (),
) -> None:
    """Serve until told to stop (SIGTERM or Ctrl-C), with these commands of ours beside it."""
    from django.db import connections
    from granian.constants import Interfaces
    from granian.server import Server

    connections.close_all()  # or the processes that serve would inherit, and share, this one's
    # it thinks 16 threads many for two cores; ours sleep, until they are written with others
    logging.getLogger("_granian").addFilter(lambda said: "Python threads" not in said.getMessage())
    server = Server(
        "xianban.config.served:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=16,
        respawn_failed_workers=True,
        log_enabled=True,
        log_access=False,
    )
    with ExitStack() as stack:
        for command in ((["worker"],) if with_worker else ()) + tuple(beside):
            stack.enter_context(running_beside(command))
        server.serve()


def must_be_free(host: str, port: int) -> None:
    """Say so before any work. Granian itself would share the port with a server already there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as reason:
            raise Unavailable(
                f"cannot listen on {host} port {port} ({reason.strerror}); choose another with --port or XIANBAN_PORT"
            ) from reason


@contextmanager
def running_beside(command: Sequence[str]) -> Iterator[None]:
    """A process of ours that is started again should it die, and ends with us."""
    over = threading.Event()
    keeper = threading.Thread(target=_keep_running, args=(command, over), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join(timeout=30)


def _keep_running(command: Sequence[str], over: threading.Event) -> None:
    while not over.is_set():
        process = subprocess.Popen([sys.executable, "-m", "xianban", *command])  # noqa: S603 (our own)
        while process.poll() is None and not over.wait(0.5):
            pass
        if process.poll() is None:
            process.terminate()
            process.wait()
        elif not over.is_set():
            log.error("%s ended with code %s; starting another", command[0], process.returncode)
            over.wait(RESTART_AFTER_SECONDS)
