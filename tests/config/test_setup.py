"""A new machine's mistakes: each one clear sentence, exit code 1, no traceback."""

import os
import subprocess
import sys

import pytest


def run(home, *words, **more):
    environment = {**os.environ, "XIANBAN_HOME": str(home), **more}
    for name in ("DJANGO_SETTINGS_MODULE", "PYTEST_CURRENT_TEST"):
        environment.pop(name, None)
    if "XIANBAN_DATABASE_URL" not in more:
        environment.pop("XIANBAN_DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "-m", "xianban", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("foo", "names no database that Xianban runs on"),
        ("mysql://me:secret@host/name", "names no database that Xianban runs on"),
        ("postgresql://me:secret@127.0.0.1:1/city", "the database city does not answer"),
    ],
)
def test_a_database_that_is_none_is_one_sentence(tmp_path, url, says):
    done = run(tmp_path, "user", "list", XIANBAN_DATABASE_URL=url)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert says in line
    assert "secret" not in line


def test_a_damaged_file_is_said_with_its_remedy(tmp_path):
    (tmp_path / "xianban.sqlite3").write_text("garbage " * 200)
    done = run(tmp_path, "user", "list")
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert "is damaged or no database" in line
    assert "xianban restore" in line
