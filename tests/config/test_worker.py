"""The worker: what is due runs, what fails is seen and keeps nobody else from running."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import packs
from xianban.city import api as city
from xianban.config import health, worker
from xianban.ledger.api import rounds

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def _city(tmp_path):
    city.forget()
    packs.load_small_city(tmp_path / "pack")


def now():
    return datetime.now(UTC)


def test_without_a_city_only_the_house_is_kept():
    city.forget()
    house = [name for name, job in worker.JOBS.items() if not job.wants_city]
    assert worker.run_once(now=now()) == house
    assert {"checkpoint", "tallies", "check", "files", "old notices"} <= set(house)


@pytest.mark.usefixtures("_city")
def test_everything_runs_once_and_then_waits_its_time():
    assert worker.run_once(now=now()) == list(worker.JOBS)
    assert worker.run_once(now=now()) == []
    again = worker.run_once(now=now() + timedelta(seconds=30))
    assert again == ["clocks", "notices", "words", "check", "outlook"]


@pytest.fixture
def apart(tmp_path):
    """Long work that is a process which sleeps."""
    beside = worker.Apart((sys.executable, "-c", "import time; time.sleep(60)"))
    yield beside
    beside.end()


@pytest.mark.usefixtures("_city")
def test_long_work_is_done_apart_and_the_clocks_go_on(apart, monkeypatch):
    ran = []
    jobs = {
        name: replace(job, run=lambda now, name=name: ran.append(name), due=lambda now: True)
        for name, job in worker.JOBS.items()
    }
    monkeypatch.setattr(worker, "JOBS", jobs)
    long = [name for name, job in jobs.items() if job.apart]
    assert set(long) >= {"warnings", "learning", "appraisal", "outlook"}
    done = worker.run_once(now=now(), apart=apart)
    assert set(done) == {name for name in jobs if not jobs[name].apart} | {long[0]}
    assert not set(ran) & set(long)
    later = worker.run_once(now=now() + timedelta(seconds=20), apart=apart)
    assert {"clocks", "notices"} <= set(later)
    assert not set(later) & set(long)  # the others wait for the first
    apart.end()
    assert long[1] in worker.run_once(now=now() + timedelta(seconds=40), apart=apart)


@pytest.mark.usefixtures("_city")
def test_long_work_that_fails_at_once_is_not_begun_over_and_over(monkeypatch):
    apart = worker.Apart((sys.executable, "-c", "raise SystemExit(1)"))
    jobs = {"learning": replace(worker.JOBS["learning"], due=lambda now: True)}
    monkeypatch.setattr(worker, "JOBS", jobs)
    assert worker.run_once(now=now(), apart=apart) == ["learning"]
    apart.end()
    assert worker.run_once(now=now() + timedelta(minutes=1), apart=apart) == []
    assert worker.run_once(now=now() + timedelta(hours=2), apart=apart) == ["learning"]
    apart.end()


@pytest.mark.usefixtures("_city")
def test_no_process_is_begun_where_nothing_is_due(monkeypatch):
    apart = worker.Apart(("/bin/false",))
    monkeypatch.setattr(apart, "begin", lambda name: pytest.fail(f"{name} was begun"))
    monkeypatch.setattr(worker, "JOBS", {"warnings": replace(worker.JOBS["warnings"], due=lambda now: False)})  # fmt: skip
    assert worker.run_once(now=now(), apart=apart) == ["warnings"]
    assert worker.run_once(now=now(), apart=apart) == []


def test_the_worker_has_no_other_work():
    from click.testing import CliRunner

    from xianban.config.commands.serve import worker as command

    told = CliRunner().invoke(command, ["--job", "everything"])
    assert "no work of the worker" in str(told.exception)


@pytest.mark.usefixtures("_city")
def test_a_failing_job_is_noted_and_the_others_run(monkeypatch):
    def fails(now):
        raise ZeroDivisionError("odd")

    jobs = dict(worker.JOBS) | {"clocks": worker.Job(timedelta(seconds=10), fails)}
    monkeypatch.setattr(worker, "JOBS", jobs)
    assert worker.run_once(now=now()) == [name for name in worker.JOBS if name != "clocks"]
    assert rounds()["clocks"].note == "ZeroDivisionError: odd"
    unwell = {one.name: one.detail for one in health.look(now=now()) if not one.well}
    assert unwell == {"worker": "fails at clocks; its log says why"}


def test_health_says_what_is_not_well(client):
    city.forget()
    answer = client.get("/healthz")
    assert answer.status_code == 503
    by_name = {one["name"]: one for one in answer.json()["findings"]}
    assert by_name["database"]["well"]
    assert not by_name["worker"]["well"]
    assert "xianban worker" in by_name["worker"]["detail"]
    worker.run_once(now=now())
    assert client.get("/healthz").status_code == 200


def test_a_worker_that_fell_silent_is_not_well():
    city.forget()
    worker.run_once(now=now())
    findings = {one.name: one for one in health.look(now=now() + timedelta(minutes=10))}
    assert not findings["worker"].well
    assert "last seen" in findings["worker"].detail


def test_a_full_disk_is_not_well(monkeypatch):
    monkeypatch.setattr(health, "DISK_FLOOR_MB", 10**9)
    assert [one.name for one in health.look(now=now()) if not one.well] == ["worker", "disk"]
