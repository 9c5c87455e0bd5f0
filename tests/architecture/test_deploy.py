"""What stands in deploy/ is what the product knows: settings, commands, options."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from xianban.config.cli import cli

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])


def test_every_setting_in_the_environment_is_known():
    names = re.findall(r"^(\w+)=", (DEPLOY / "xianban.env").read_text(), re.M)
    known = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert names
    assert [name for name in names if f"`{name}`" not in known] == []


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda path: path.name)
def test_units_call_commands_that_there_are(unit):
    words = re.search(r"-m xianban (.*?)\"?$", unit.read_text(), re.M)[1].split()
    told = CliRunner().invoke(cli, [words[0], "--help"]).output
    assert "Usage" in told
    assert [word for word in words[1:] if word.startswith("--") and word not in told] == []


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_reads_them(unit):
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert not re.search(r"Unknown|Failed to parse|Invalid", done.stderr), done.stderr
