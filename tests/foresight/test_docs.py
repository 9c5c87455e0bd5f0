"""The examples of the pages and of the docstrings run, each alone."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

from xianban import foresight

PAGES = Path(__file__).parents[2] / "docs" / "foresight"
MODULES = sorted(
    module.name for module in pkgutil.walk_packages(foresight.__path__, prefix="xianban.foresight.")
)


@pytest.mark.parametrize("lesson", sorted(PAGES.glob("*.md")), ids=lambda lesson: lesson.stem)
def test_the_examples_of_a_page_run(lesson):
    blocks = re.findall(r"```python\n(.*?)```", lesson.read_text("utf-8"), re.DOTALL)
    assert blocks or lesson.stem == "README", f"{lesson.name} has no example"
    names: dict = {}
    for block in blocks:
        exec(compile(block, lesson.name, "exec"), names)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_docstring_run(name):
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0
