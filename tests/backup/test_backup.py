"""Backups taken while a city works, and brought back elsewhere, whole or not at all."""

import json
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path

import psycopg
import pytest

from postgres import chosen_database

pytestmark = [pytest.mark.processes, pytest.mark.database, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
BUSY = Path(__file__).with_name("busy.py")
NUMBERS = count()


@dataclass(frozen=True)
class City:
    """A home and a database of its own, worked on by processes of their own."""

    home: Path
    url: str

    @property
    def env(self):
        paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
        return os.environ | {
            "XIANBAN_HOME": str(self.home),
            "XIANBAN_DATABASE_URL": self.url,
            "PYTHONPATH": paths,
        }

    def start(self, *args):
        words = [sys.executable, *map(str, args)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(words, env=self.env, **pipes)

    def busy(self, *args):
        return done(self.start(BUSY, *args))

    def xianban(self, *args):
        return json.loads(done(self.start("-m", "xianban", *args, "--json")))

    def refused(self, *args):
        """The one sentence with which a command says no."""
        process = self.start("-m", "xianban", *args)
        _, said = process.communicate(timeout=120)
        assert process.returncode == 1, said
        assert "Traceback" not in said
        return said.strip().splitlines()[-1]

    def census(self):
        return json.loads(self.busy("census"))

    def state(self):
        """What must not change; numbers that were drawn and not used may pass."""
        return {part: value for part, value in self.census().items() if part != "next"}


def done(process):
    told, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return told


@pytest.fixture(scope="module")
def server():
    """The URL of a PostgreSQL: that of this run, or one started for the crossing."""
    if chosen_database() == "postgres":
        yield os.environ["XIANBAN_DATABASE_URL"]
    else:
        import postgres

        url, running = postgres.start()
        yield url
        del running


@pytest.fixture(scope="module")
def new_city(tmp_path_factory, server):
    def make(kind):
        number = next(NUMBERS)
        home = tmp_path_factory.mktemp("homes") / f"home {number}"
        if kind == "sqlite":
            return City(home, f"sqlite:///{home}/xianban.sqlite3")
        name = f"backup_{os.getpid()}_{number}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return City(home, server.replace("/postgres?", f"/{name}?"))

    return make


@pytest.fixture(scope="module")
def worked(new_city, tmp_path_factory):
    """A city, a backup taken while three processes wrote, and a second one in the quiet after."""
    city = new_city(chosen_database())
    city.busy("prepare")
    folder = tmp_path_factory.mktemp("backups")
    stop = folder / "stop"
    workers = [city.start(BUSY, "work", stop) for _ in range(3)]
    try:
        time.sleep(6)
        told = city.xianban("backup", folder / "busy.zip")
    finally:
        stop.touch()
    opened = sum(int(done(worker)) for worker in workers)
    city.xianban("backup", folder / "quiet.zip")
    return city, folder, told, opened


def test_a_backup_under_load_is_one_moment_of_the_city(worked, new_city):
    city, folder, told, opened = worked
    assert (folder / "busy.zip").stat().st_mode & 0o777 == 0o600
    again = new_city(chosen_database())
    restored = again.xianban("restore", folder / "busy.zip")
    assert restored["rows"] == told["rows"]
    assert restored["aside"] is None
    census = again.census()
    assert census["broken"] is None
    cases = census["rows"]["casework_case"]
    assert 0 < cases < opened
    # a case and its person are written together: one moment shows both or neither
    assert census["rows"]["residents_person"] == cases + 2
    assert census["rows"]["casework_interest"] == cases
    assert census["names"] == ["", "诉**"]  # the keys fit
    assert census["files"] == city.census()["files"]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_same_comes_back_on_either_database(worked, new_city, kind):
    city, folder, _, opened = worked
    elsewhere = new_city(kind)
    elsewhere.xianban("restore", folder / "quiet.zip")
    before, after = city.census(), elsewhere.census()
    assert after["vendor"] == {"sqlite": "sqlite", "postgres": "postgresql"}[kind]
    assert after["rows"]["casework_case"] == opened
    for part in ("rows", "tables", "files", "names", "broken"):
        assert after[part] == before[part], part
    assert after["searchable"] == opened  # the index of words was made again
    assert after["next"] >= opened + 1  # no number is given out twice

    # and back again, from the other kind
    copy = folder / f"copy-{kind}.zip"
    elsewhere.xianban("backup", copy)
    home_again = new_city(chosen_database())
    home_again.xianban("restore", copy)
    assert home_again.census()["tables"] == before["tables"]


def test_data_are_not_replaced_unasked_and_never_destroyed(worked, new_city):
    _, folder, _, _ = worked
    target = new_city(chosen_database())
    target.busy("prepare")
    before = target.state()
    assert "--replace" in target.refused("restore", folder / "quiet.zip")
    assert target.state() == before
    told = target.xianban("restore", folder / "quiet.zip", "--replace")
    assert target.census()["rows"]["casework_case"] > 0
    aside = Path(told["aside"])
    assert (aside / "keys" / "master").exists()
    if chosen_database() == "sqlite":
        old = City(aside, f"sqlite:///{aside}/xianban.sqlite3")
        assert old.census()["tables"] == before["tables"]
    else:
        with psycopg.connect(target.url) as connection:
            schema = aside.name.replace("-", "_")
            found = connection.execute(f"SELECT count(*) FROM {schema}.residents_person")
            assert found.fetchone() == (2,)
            left = "SELECT count(*) FROM pg_namespace WHERE nspname = 'xianban_restoring'"
            assert connection.execute(left).fetchone() == (0,)


def rewritten(source, target, *, change=lambda manifest: None, contents=None):
    """A copy of a backup with another manifest and other members, and digests that fit."""
    contents = contents or {}
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        for name in list(manifest["members"]):
            data = contents.get(name, old.read(name))
            manifest["members"][name] = [len(data), sha256(data).hexdigest()]
        change(manifest)
        for name in manifest["members"]:
            new.writestr(name, contents.get(name, old.read(name)))
        new.writestr("manifest.json", json.dumps(manifest))
    return target


def test_a_backup_of_an_older_version_is_brought_up_to_date(worked, new_city, tmp_path):
    _, folder, _, opened = worked
    late, table = ["axes", "0010_accessattemptexpiration"], "axes_accessattemptexpiration"

    def older(manifest):
        manifest["migrations"].remove(late)
        manifest["tables"] = [one for one in manifest["tables"] if one["name"] != table]
        del manifest["members"][f"tables/{table}.tsv"]

    city = new_city(chosen_database())
    city.xianban("restore", rewritten(folder / "quiet.zip", tmp_path / "old.zip", change=older))
    census = city.census()
    assert census["rows"][table] == 0
    assert census["rows"]["casework_case"] == opened


@pytest.fixture(scope="module")
def untouched(new_city):
    """A city that several restores fail on."""
    city = new_city(chosen_database())
    city.busy("prepare")
    return city, city.state()


def broken_copies(folder, tmp_path):
    """Backups that are wrong, each in another way, and a word of what is said of them."""
    source = folder / "quiet.zip"
    cut = tmp_path / "cut.zip"
    cut.write_bytes(source.read_bytes()[:-2000])
    yield cut, "not a whole backup"

    flipped = tmp_path / "flipped.zip"
    data = bytearray(source.read_bytes())
    with zipfile.ZipFile(source) as whole:
        act = whole.getinfo("tables/ledger_act.tsv")
    data[act.header_offset + 200 + act.compress_size // 2] ^= 0xFF  # 200: past its header
    flipped.write_bytes(data)
    yield flipped, "damaged"

    newer = lambda manifest: manifest["migrations"].append(["casework", "9999_later"])  # noqa: E731
    yield rewritten(source, tmp_path / "newer.zip", change=newer), "newer version"

    future = lambda manifest: manifest.update(format=99)  # noqa: E731
    yield rewritten(source, tmp_path / "format.zip", change=future), "format 99"

    def escaping(manifest):
        manifest["members"]["home/../../evil"] = manifest["members"].pop("home/models/text.bin")

    yield rewritten_names(source, tmp_path / "evil.zip", escaping), "does not hold"

    def promising(manifest):
        for one in manifest["tables"]:
            one["rows"] += one["name"] == "ledger_act"

    yield rewritten(source, tmp_path / "promise.zip", change=promising), "promises"

    orphan = {"tables/accounts_user.tsv": b""}
    fewer = lambda manifest: [  # noqa: E731
        one.update(rows=0) for one in manifest["tables"] if one["name"] == "accounts_user"
    ]
    yield (
        rewritten(source, tmp_path / "orphan.zip", change=fewer, contents=orphan),
        "do not fit this database",
    )


def rewritten_names(source, target, change):
    """A copy in which a member has another name."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        before = list(manifest["members"])
        change(manifest)
        gone, come = set(before) - set(manifest["members"]), set(manifest["members"]) - set(before)
        for name in before:
            new.writestr(come.copy().pop() if name in gone else name, old.read(name))
        new.writestr("manifest.json", json.dumps(manifest))
    return target


def test_a_wrong_backup_changes_nothing(worked, untouched, tmp_path):
    _, folder, _, _ = worked
    city, before = untouched
    for copy, word in broken_copies(folder, tmp_path):
        assert word in city.refused("restore", copy, "--replace"), copy
    assert city.state() == before
    left = {path.name for path in city.home.iterdir()} - {"xianban.sqlite3"}
    assert {name for name in left if not name.endswith(".lock")} == {"files", "keys", "models"}
    assert not list(city.home.parent.glob("evil*"))


def test_a_restore_killed_at_any_time_changes_nothing_or_all(worked, untouched):
    _, folder, _, opened = worked
    city, before = untouched
    for wait in (1.0, 1.5, 2.0):
        process = city.start("-m", "xianban", "restore", folder / "quiet.zip", "--replace")
        time.sleep(wait)
        process.kill()
        process.communicate()
        if not (city.home / ".restore-unfinished").exists():
            now = city.census()
            assert now["tables"] == before["tables"] or now["rows"]["casework_case"] == opened
    city.xianban("restore", folder / "quiet.zip", "--replace")
    assert city.census()["broken"] is None
    assert not (city.home / ".restore-unfinished").exists()


def test_a_restore_cut_off_in_its_last_step_is_not_worked_on(new_city):
    city = new_city("sqlite")
    city.home.mkdir(parents=True)
    (city.home / ".restore-unfinished").touch()
    assert "cut off" in city.refused("user", "list")


def test_a_database_in_use_is_not_exchanged(worked, new_city):
    _, folder, _, _ = worked
    city = new_city(chosen_database())
    city.busy("prepare")
    before = city.state()
    if chosen_database() == "sqlite":
        import sqlite3

        user = sqlite3.connect(city.home / "xianban.sqlite3")
        user.execute("BEGIN")
        user.execute("SELECT count(*) FROM residents_person").fetchone()
    else:
        user = psycopg.connect(city.url)
        user.execute("SELECT count(*) FROM residents_person")  # its transaction stays open
    assert "in use" in city.refused("restore", folder / "quiet.zip", "--replace")
    user.rollback()
    user.close()
    assert city.state() == before


def test_a_backup_never_replaces_another(worked):
    city, folder, _, _ = worked
    assert "another name" in city.refused("backup", folder / "quiet.zip")
    assert "no folder" in city.refused("backup", folder / "nowhere" / "x.zip")
    assert "there is no file" in city.refused("restore", folder / "nothing.zip", "--replace")
    assert sorted(path.suffix for path in folder.iterdir() if "part" in path.name) == []
