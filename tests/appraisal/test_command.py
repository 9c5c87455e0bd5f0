"""`xianban appraise`, and the profiles of the documentation."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from appraisal.lives import two_hundred
from builders import write_town
from xianban.accounts.api import MACHINE
from xianban.appraisal.api import ranking, reckon
from xianban.base.errors import WrongState
from xianban.city import api as city
from xianban.config.cli import cli

PAGE = (Path(__file__).parents[2] / "docs" / "appraisal.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def run(town, monkeypatch):
    monkeypatch.setattr("xianban.config.commands.appraise.ready", lambda: None)
    monkeypatch.setattr("xianban.base.clock.utc_now", lambda: datetime(2026, 11, 5, tzinfo=UTC))

    def command(*args):
        return CliRunner().invoke(cli, ["appraise", *args], catch_exceptions=False)

    return command


def test_one_json_document(run):
    two_hundred(45)
    done = run("--period", "2026-10", "--json")
    found = json.loads(done.stdout)
    assert found["period"]["name"] == "2026-10"
    assert found["period"]["frozen_at"] is None
    figures = {f["code"]: f for group in found["groups"] for f in group["figures"]}
    assert set(figures) == {"street-east", "street-west", "water", "transport"}
    assert figures["water"]["rank"] is None


def test_a_table_for_people_and_freezing(run):
    two_hundred(45)
    assert "provisional" in run("--period", "2026-10").stdout
    assert "frozen, revision 1" in run("--period", "2026-10", "--freeze").stdout
    assert "Bridge Street Office" in run("--period", "2026-10", "--by", "unit").stdout
    with pytest.raises(WrongState):
        run("--period", "2026-10", "--freeze")


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_profiles_of_the_page_can_be_loaded_and_reckoned(town, tmp_path, number):
    pack = write_town(tmp_path / "pack")
    file = pack / "city.toml"
    file.write_text(file.read_text("utf-8") + EXAMPLES[number], "utf-8")
    assert city.check(pack).faults == ()
    city.load(pack, now=datetime(2026, 9, 30, 20, tzinfo=UTC), effective=datetime(2026, 1, 2).date())  # noqa: DTZ001  # fmt: skip
    two_hundred(45)
    reckon("2026-10", now=datetime(2026, 11, 5, tzinfo=UTC))
    seen = ranking(MACHINE, "2026-10")
    assert all(f.score and f.rates for group in seen.groups for f in group.figures)
    exported = tmp_path / "again"
    city.export(exported, at=datetime(2026, 10, 5).date())  # noqa: DTZ001
    assert not city.load(exported, now=datetime(2026, 11, 6, tzinfo=UTC)).changed


def test_there_are_profiles_to_try():
    assert len(EXAMPLES) >= 4


def faults(tmp_path, text):
    pack = write_town(tmp_path / "pack")
    file = pack / "city.toml"
    file.write_text(file.read_text("utf-8") + text, "utf-8")
    return [fault.column for fault in city.check(pack).faults]


WRONG = [
    ("[appraisal]\nfirst_day = 31\n", "appraisal.first_day"),
    ('[appraisal]\ncounting = "all"\n', "appraisal.counting"),
    ("[appraisal]\nred_list = -1\n", "appraisal.red_list"),
    ('[[appraisal.rates]]\nname = "x"\nweight = 0.5\ncount = {solved = 1}\nof = {valid = 1}\n', "appraisal.rates"),
    ('[[appraisal.rates]]\nname = "x"\nweight = 1\ncount = {glad = 1}\nof = {valid = 1}\n', "appraisal.rates"),
    ('[[appraisal.rates]]\nname = "x"\nweight = 1\ncount = {solved = 2}\nof = {valid = 1}\n', "appraisal.rates"),
    ('[[appraisal.groups]]\nname = "x"\nkinds = ["a"]\n[[appraisal.groups]]\nname = "y"\nkinds = ["a"]\n', "appraisal.groups"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key"), WRONG)
def test_a_profile_that_makes_no_sense_is_a_fault(tmp_path, text, key):
    assert faults(tmp_path, text) == [key]
