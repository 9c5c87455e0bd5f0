"""What `xianban demo` says before and after its work."""

import socket

import pytest
from click.testing import CliRunner

from xianban.base.errors import Unavailable
from xianban.config.commands import demo as command
from xianban.config.commands.demo import demo
from xianban.config.commands.serve import serve
from xianban.simulate.api import SEATS, Prepared


@pytest.fixture
def prepared(monkeypatch):
    """The command without the half minute: a city that is there already."""
    from xianban.simulate import api

    def found(**_):
        return Prepared(created=False, requests=0, refused=0, password="demo-abc123")

    monkeypatch.setattr(api, "prepare", found)
    monkeypatch.setattr(command, "ready", lambda: None)


def test_it_says_where_to_look_and_as_whom(prepared):
    shown = CliRunner().invoke(demo, ["--prepare-only", "--port", "8123"]).stdout
    assert "http://127.0.0.1:8123/" in shown
    assert "demo-abc123" in shown
    assert all(seat.username in shown for seat in SEATS)


def test_the_port_can_come_from_the_environment(prepared):
    shown = CliRunner(env={"XIANBAN_PORT": "8124"}).invoke(demo, ["--prepare-only"]).stdout
    assert "http://127.0.0.1:8124/" in shown


@pytest.mark.parametrize("command", [demo, serve])
def test_a_port_that_is_taken_is_refused_before_the_work(prepared, command):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        result = CliRunner().invoke(command, ["--port", port])
    assert isinstance(result.exception, Unavailable)
    assert "XIANBAN_PORT" in str(result.exception)
