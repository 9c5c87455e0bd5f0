"""The command line: exit codes, one JSON document, sentences for people."""

import json

import pytest
from click.testing import CliRunner

from packs import FILES
from xianban.base.errors import XianbanError
from xianban.config.commands.city import group


def run(*words):
    return CliRunner().invoke(group, [str(word) for word in words])


def test_check_says_sound(pack):
    done = run("check", pack, "--on", "2026-11-20")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1].startswith("The pack is sound: 15 areas")


def test_check_lists_faults_and_exits_1(pack):
    (pack / "units.csv").write_text(FILES["units.csv"] + "N,x,transpor,990100,\n")
    done = run("check", pack)
    assert done.exit_code == 1
    assert (
        "units.csv, row 14, column kind: “transpor” is not a code of unit_kinds.csv" in done.stdout
    )
    assert "did you mean transport?" in done.stdout


def test_check_json_is_one_document(pack):
    (pack / "duties.csv").write_text(FILES["duties.csv"] + "01,,HO\n")
    done = run("check", pack, "--json", "--on", "2026-11-20")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert told["sound"] is False
    assert told["overlaps"][0]["leads"] == ["WA", "HO"]
    assert told["faults"][0]["row"] == 8


@pytest.mark.django_db
def test_a_missing_calendar_year_is_a_loud_warning(pack):
    assert "WARNING" not in run("check", pack, "--on", "2026-11-20").stderr
    calendar = pack / "calendar.csv"
    lines = calendar.read_text().splitlines(keepends=True)
    calendar.write_text("".join(line for line in lines if not line.startswith("2027")))
    alarm = "WARNING: calendar.csv has no row of 2027"
    done = run("check", pack, "--on", "2026-11-20", "--json")
    assert alarm in done.stderr
    assert json.loads(done.stdout)["missing_years"] == [2027]
    assert alarm in run("load", pack, "--effective", "2026-11-20").stderr


@pytest.mark.django_db
def test_load_twice_export_and_load(pack, tmp_path):
    assert "in effect from 1900-01-01" in run("load", pack).stdout
    assert "Nothing to change" in run("load", pack).stdout
    assert json.loads(run("export", tmp_path / "out", "--json").stdout)["files"][0] == "areas.csv"
    told = json.loads(run("load", tmp_path / "out", "--json", "--effective", "2027-01-01").stdout)
    assert (told["changed"], told["number"]) == (False, 1)


@pytest.mark.django_db
def test_refusals_are_sentences(tmp_path, pack):
    for words in (["check", tmp_path / "none"], ["load", tmp_path / "none"], ["export", pack]):
        done = run(*words)
        assert isinstance(done.exception, XianbanError)
        assert "\n" not in str(done.exception)


def test_new_json(tmp_path):
    table = tmp_path / "c.csv"
    table.write_text("一级分类,二级分类,三级分类\n甲,乙,丙\n甲,乙,丙\n")
    done = run("new", tmp_path / "pack", "--categories", table, "--area", "江宁市", "--json")
    assert json.loads(done.stdout)["matters"] == 3
    assert "row 3" in done.stderr
