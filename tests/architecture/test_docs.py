"""What can be counted, commands and settings, is in the documents."""

import re
from pathlib import Path

import click
import pytest

from xianban.config.cli import COMMANDS, cli

ROOT = Path(__file__).parents[2]
SOURCES = [*(ROOT / "src").rglob("*.py"), ROOT / "run", *(ROOT / "tests").glob("*.py")]


def commands(group=cli, prefix=""):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield f"{prefix}{name}"
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")


def test_every_command_is_documented():
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert [name for name in commands() if f"`{name}" not in text] == []


def test_the_list_of_commands_says_what_each_does():
    for name, (_, _, line) in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command.name == name or isinstance(command, click.Group), name
        assert line.endswith("."), name


def test_every_setting_is_documented():
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    used = {
        name
        for path in SOURCES
        for name in re.findall(r"XIANBAN_[A-Z_]+", path.read_text(encoding="utf-8"))
    }
    assert {name for name in used if f"`{name}`" not in text} == set()


@pytest.mark.parametrize(
    "page", sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]), ids=lambda p: p.name
)
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [t for t in targets if not (page.parent / t).exists()] == []
