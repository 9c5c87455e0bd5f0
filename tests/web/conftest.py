"""The town, somebody with each role in it, and the time at which the pages look."""

import time

import pytest

from builders import EAST, load_town, monday
from web.walking import sides, walked
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_users

__all__ = ["sides", "walked"]  # fixtures of the walk
PASSWORD = "bridge-over-water-7"
PEOPLE = {
    "agent": [Granted(Role.AGENT)],
    "dispatcher": [Granted(Role.DISPATCHER)],
    "supervisor": [Granted(Role.SUPERVISOR)],
    "handler_east": [Granted(Role.HANDLER, "", "street-east")],
    "handler_west": [Granted(Role.HANDLER, "", "street-west")],
    "helper": [Granted(Role.HANDLER, "", "police")],
    "grid_worker": [Granted(Role.GRID_WORKER, EAST)],
    "leader": [Granted(Role.LEADER)],
    "analyst": [Granted(Role.ANALYST)],
    "auditor": [Granted(Role.AUDITOR)],
    "steward": [Granted(Role.STEWARD)],
    "integrator": [Granted(Role.INTEGRATOR)],
    "administrator": [Granted(Role.ADMINISTRATOR)],
    "newcomer": [],
}


@pytest.fixture
def now(monkeypatch):
    """Monday 2026-11-02, 9:00 in the town; set `now.at` to go on."""

    class Clock:
        at = monday(9)

    clock = Clock()
    pages = (
        "admin",
        "admin_packs",
        "admin_people",
        "admin_system",
        "audit",
        "report",
        "follow",
        "case_list",
        "case_page",
        "today",
        "call",
        "batch",
        "entry",
        "knowledge",
        "search",
        "exports",
        "appraisal",
        "me",
        "hearing",
        "consulting",
        "dispatching",
        "duty_gaps",
        "machine_record",
        "command",
        "meetings",
        "stages",
        "warnings",
        "detectors",
        "ahead",
        "city",
        "mine",
        "rights",
    )
    for module in pages:
        monkeypatch.setattr(f"xianban.web.pages.{module}.utc_now", lambda: clock.at)
    monkeypatch.setattr("xianban.web.context.utc_now", lambda: clock.at)
    return clock


@pytest.fixture
def town(db, tmp_path, now):
    from django.core.cache import cache

    cache.clear()
    return load_town(tmp_path / "town")


@pytest.fixture
def people(town):
    new = [
        NewUser(name, name=name.title(), password=PASSWORD, grants=tuple(grants))
        for name, grants in PEOPLE.items()
    ]
    ids = add_users(new, acting=MACHINE, now=monday(8))
    return dict(zip(PEOPLE, ids, strict=True))


@pytest.fixture
def signed_in(people):
    """A client signed in as somebody: signed_in("agent")."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    def client_for(name):
        client = Client()
        user = get_user_model().objects.get(pk=people[name])
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = client.session  # as somebody who has just given their password
        session["account_authentication_methods"] = [
            {"method": "password", "at": time.time(), "reauthenticated": True}
        ]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
        return client

    return client_for
