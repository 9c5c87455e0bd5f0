import json

import pytest
from click.testing import CliRunner

from xianban.base.errors import BadInput
from xianban.config.commands.imports import import_

CSV = "external_id,received_at,text\n1,2026-10-30,The lamp is out\n2,soon,Lamp\n"


@pytest.fixture
def run(town, monkeypatch):
    monkeypatch.setattr("xianban.config.commands.imports.ready", lambda: None)

    def invoke(*args):
        return CliRunner().invoke(import_, [str(arg) for arg in args], catch_exceptions=True)

    return invoke


def test_json_is_one_document_with_every_row_counted(run, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(CSV)
    found = json.loads(run(path, "--json").stdout)
    kept = found.pop("rejected_file")
    assert found.pop("seconds") >= 0
    assert found == {"read": 2, "accepted": 1, "rejected": 1, "known": 0, "differing": 0}
    assert kept.endswith(".csv")


def test_people_are_told_what_to_do_next(run, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(CSV)
    told = run(path).stdout
    assert "1 accepted, 0 known already, 1 rejected" in told
    assert "Correct them there and import that file" in told


def test_headings_alone_are_said_with_a_remedy(run, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(CSV.splitlines()[0] + "\n")
    done = run(path)
    assert done.exit_code == 0
    assert "a.csv has headings and no row below them" in done.stdout
    assert "first sheet" in done.stdout
    done = run(path, "--json")
    assert json.loads(done.stdout)["read"] == 0
    assert "no row below them" in done.stderr


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["none.csv"], "There is no file"),
        (["a.csv", "--map", "nothing"], "There is no map “nothing”"),
        (["a.csv", "--map", "messages"], "a.csv has no column “留言编号”"),
        (["a.csv", "--map", "messages"], "`--map generic` fits this file"),
        (["a.csv", "--source", "x" * 31], "1 to 30 characters"),
    ],
)
def test_what_is_wrong_is_one_sentence(run, tmp_path, monkeypatch, args, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(CSV)
    done = run(*args)
    assert isinstance(done.exception, BadInput)
    assert says in str(done.exception)
    assert "\n" not in str(done.exception)
