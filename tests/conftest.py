"""Every run of the tests has a home and a database of its own.

`--database sqlite` (the default) or `--database postgres` says which; `./run test` runs both.
"""

import os
import tempfile

import django
import pytest

import postgres

HOME = tempfile.mkdtemp(prefix="xianban-test-")
os.environ["XIANBAN_HOME"] = HOME
os.environ.pop("XIANBAN_DATABASE_URL", None)
if postgres.chosen_database() == "postgres":
    os.environ["XIANBAN_DATABASE_URL"], _server = postgres.start()
os.environ["DJANGO_SETTINGS_MODULE"] = "xianban.config.settings"
django.setup()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes():
    """Those who share the work make a home and a database of their own, not know of ours."""
    for name in ("DJANGO_SETTINGS_MODULE", "XIANBAN_DATABASE_URL", "XIANBAN_HOME"):
        os.environ.pop(name, None)


def pytest_addoption(parser):
    parser.addoption("--database", choices=["sqlite", "postgres"], default="sqlite")


def pytest_collection_modifyitems(items):
    """What touches the database is marked so, and runs on both."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if (
            item.get_closest_marker("django_db")
            or "db" in fixtures
            or "transactional_db" in fixtures
        ):
            item.add_marker(pytest.mark.database)


@pytest.fixture(scope="session")
def django_db_modify_db_settings():
    """SQLite in a file, as in use, so that threads and processes can share it."""
    from django.conf import settings

    if postgres.chosen_database() == "sqlite":
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = f"{HOME}/test.sqlite3"


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def data():
    """The folder of real data that XIANBAN_DATA names."""
    from pathlib import Path

    folder = os.environ.get("XIANBAN_DATA")
    if not folder:
        pytest.skip("needs real data: set XIANBAN_DATA to the folder that holds them")
    return Path(folder)
