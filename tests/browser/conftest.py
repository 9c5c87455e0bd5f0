"""A town that is served, and Chromium to look at it with."""

import os

import pytest

from browser.chromium import ARGUMENTS, MISSING, chromium_path
from builders import load_town
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_users
from xianban.base.clock import utc_now

# Playwright keeps an event loop in this thread; the tests themselves use the database plainly.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
PASSWORD = "bridge-over-water-7"
PEOPLE = {
    "dispatcher": Granted(Role.DISPATCHER),
    "agent": Granted(Role.AGENT),
    "handler": Granted(Role.HANDLER, "", "street-east"),
}


def pytest_collection_modifyitems(items):
    here = [item for item in items if "tests/browser/" in str(item.path)]
    for item in here:
        item.add_marker(pytest.mark.browser)
        if chromium_path() is None:
            item.add_marker(pytest.mark.skip(reason=MISSING))


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return {"executable_path": chromium_path(), "args": ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args():
    return {
        "locale": "zh-CN",
        "viewport": {"width": 390, "height": 844},
        "reduced_motion": "reduce",
    }


@pytest.fixture
def town(transactional_db, live_server, tmp_path):
    """The town at work under `town.url`, with somebody for each part of the loop."""
    from django.core.cache import cache

    cache.clear()
    load_town(tmp_path / "town", drawn=True)
    people = [
        NewUser(name, name=name.title(), password=PASSWORD, grants=(grant,))
        for name, grant in PEOPLE.items()
    ]
    add_users(people, acting=MACHINE, now=utc_now())
    return live_server


@pytest.fixture
def sign_in(browser, town):
    """A desk for somebody: a page of their own, signed in, on a wide screen unless told otherwise."""
    contexts = []

    def desk(name, *, width=1440, scripted=True):
        context = browser.new_context(
            locale="zh-CN",
            viewport={"width": width, "height": 844 if width < 992 else 900},
            reduced_motion="reduce",
            java_script_enabled=scripted,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{town.url}/accounts/login/")
        page.fill("#id_login", name)
        page.fill("#id_password", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url(lambda url: "/accounts/" not in url)
        page.goto(f"{town.url}/cases/")  # wherever the role begins
        return page

    yield desk
    for context in contexts:
        context.close()
