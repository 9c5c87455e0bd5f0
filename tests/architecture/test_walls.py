"""The walls that import-linter cannot see, and a run of those that it can."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from importlinter.api import read_configuration

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "xianban"


def storeys() -> dict[str, int]:
    """Room name to height, read from the contract so that there is one source of truth."""
    contracts = read_configuration(str(ROOT / ".importlinter"))["contracts_options"]
    layers = next(c for c in contracts if c["name"].startswith("Work flows"))["layers"]
    return {room.strip(): -height for height, line in enumerate(layers) for room in line.split("|")}


def test_import_contracts_are_kept():
    lint = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(SOURCE.parent)}
    done = subprocess.run(
        [lint, "--no-cache"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_foreign_keys_point_down():
    height = storeys()
    for model in apps.get_models():
        for field in model._meta.get_fields():
            target = field.related_model
            if (
                target is None
                or field.auto_created
                or target._meta.app_label == model._meta.app_label
            ):
                continue
            if model._meta.app_label not in height or target._meta.app_label not in height:
                continue
            assert height[target._meta.app_label] < height[model._meta.app_label], (
                f"{model._meta.label}.{field.name} -> {target._meta.label}"
            )


@pytest.mark.parametrize(
    "room", sorted(p.name for p in SOURCE.iterdir() if (p / "__init__.py").exists())
)
def test_every_room_says_what_it_is(room):
    assert (SOURCE / room / "README.md").exists(), f"{room} has no README.md"


@pytest.mark.parametrize("door", sorted(SOURCE.glob("*/api.py")), ids=lambda p: p.parent.name)
def test_a_door_names_what_it_offers(door):
    tree = ast.parse(door.read_text(encoding="utf-8"))
    named = [
        n
        for n in tree.body
        if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "__all__"
    ]
    assert named, f"{door} has no __all__"


def test_no_place_for_everything():
    unwelcome = {"utils.py", "services.py", "signals.py", "helpers.py", "common.py", "misc.py"}
    assert not [p for p in SOURCE.rglob("*.py") if p.name in unwelcome]
