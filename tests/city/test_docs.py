"""docs/city-pack.md says what the code does: columns, keys, defaults, examples."""

import json
import re
from pathlib import Path

import pytest

from packs import write_small_pack
from xianban.city import api
from xianban.city.rules.settings import KEYS
from xianban.city.rules.tables import KNOWLEDGE, SHEETS

PAGE = (Path(__file__).parents[2] / "docs" / "city-pack.md").read_text()
SECTIONS = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))


def table_of(text):
    rows = [
        line.replace("\\|", "¦").strip("|").split("|")
        for line in text.splitlines()
        if line.startswith("|")
    ]
    return [[cell.strip().replace("¦", "|") for cell in row] for row in rows[2:]]


@pytest.mark.parametrize("table", SHEETS, ids=lambda t: t.file)
def test_columns(table):
    told = table_of(SECTIONS[table.file])
    identity = [column.name for column in table.columns if column.key in table.identity]
    assert [row[0].strip("*") for row in told] == [column.name for column in table.columns]
    assert [row[0].strip("*") for row in told if row[0].startswith("**")] == identity
    assert [row[1] == "yes" for row in told] == [column.required for column in table.columns]
    for row, column in zip(told, table.columns, strict=True):
        assert re.findall(r"`(\w+)`", row[2]) == list(column.choices) or not column.choices
        assert column.choices or row[2] == column.says.replace(
            "kind:street_office", "kind:street_office"
        )


@pytest.mark.parametrize("table", SHEETS, ids=lambda t: t.file)
def test_the_example_begins_with_the_headings(table):
    example = re.search(r"```csv\n(.*?)\n", SECTIONS[table.file])[1]
    assert example.split(",") == [column.name for column in table.columns]


def test_facts_of_knowledge():
    told = table_of(SECTIONS["knowledge/"])
    assert told == [[c.name, "yes" if c.required else "", c.says] for c in KNOWLEDGE]


def test_keys_and_defaults():
    told = [(row[0].strip("`"), row[1], row[2]) for row in table_of(SECTIONS["city.toml"])]
    assert told == [
        (
            key.path,
            f"`{json.dumps(key.default)}`" if key.default is not None else "must be stated",
            key.says,
        )
        for key in KEYS.values()
    ]


def test_the_examples_together_are_a_pack(tmp_path):
    """All faults of the page's own examples, taken as one pack: none."""
    texts = {
        file.replace(".", "_"): re.search(r"```csv\n(.*?)```", SECTIONS[file], re.DOTALL)[1]
        for file in (t.file for t in SHEETS)
    }
    texts["city_toml"] = re.search(r"```toml\n(.*?)```", SECTIONS["city.toml"], re.DOTALL)[1]
    pack = write_small_pack(tmp_path / "pack", areas_geojson=None, layers_geojson=None, **texts)
    (pack / "knowledge").mkdir()
    entry = re.search(r"```md\n(.*?)```", SECTIONS["knowledge/"], re.DOTALL)[1]
    (pack / "knowledge" / "street-lamps.md").write_text(entry)
    faults = [str(fault) for fault in api.check(pack).faults]
    assert faults == []
