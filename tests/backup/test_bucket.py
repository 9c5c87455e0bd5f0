"""Files in a bucket are not in a backup; whoever makes one is told."""

import json

import pytest
from click.testing import CliRunner

from xianban.config.commands.backup import backup


@pytest.fixture
def written(monkeypatch, tmp_path):
    """`xianban backup` without the work."""
    from xianban.config import backup as made
    from xianban.config.backup.writing import Written
    from xianban.ledger import api as ledger

    values = {"path": tmp_path / "b.zip", "rows": 1, "tables": 1, "files": 0, "bytes": 9, "seconds": 0.1}  # fmt: skip
    done = Written(**{name: values.get(name, 0) for name in Written.__dataclass_fields__})
    monkeypatch.setattr("xianban.config.commands.backup.ready", lambda: None)
    monkeypatch.setattr(made, "write_backup", lambda *_, **__: done)
    monkeypatch.setattr(ledger, "note_round", lambda *_, **__: None)
    return lambda *more: CliRunner().invoke(backup, [str(tmp_path / "b.zip"), *more]).output


def test_a_backup_says_which_bucket_it_leaves_out(written, settings):
    settings.FILES_BUCKET = "city-files"
    assert "“city-files” are not in it" in written()
    assert json.loads(written("--json"))["bucket_left_out"] == "city-files"


def test_a_backup_of_a_home_with_its_files_says_nothing_of_buckets(written, settings):
    settings.FILES_BUCKET = ""
    assert "bucket" not in written()
