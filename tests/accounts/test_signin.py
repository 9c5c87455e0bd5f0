"""Sign-in: only for those who were added, locked after too many tries, ended when it must."""

from datetime import UTC, datetime

import pytest
from axes.models import AccessAttempt

from xianban.accounts.api import (
    MACHINE,
    NewUser,
    add_user,
    lift_lock,
    set_active,
    set_password,
)
from xianban.ledger.api import history

pytestmark = [pytest.mark.urls("accounts.signin_urls"), pytest.mark.django_db]

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday
WORD = "seven-wide-rivers"


@pytest.fixture(autouse=True)
def _no_other_room(settings):
    """Sign-in alone, with the library's own plain pages."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "xianban.web" not in name]
    (engine,) = settings.TEMPLATES
    processors = engine["OPTIONS"]["context_processors"]
    options = {"context_processors": [name for name in processors if "xianban" not in name]}
    settings.TEMPLATES = [engine | {"DIRS": [], "OPTIONS": options}]


@pytest.fixture
def wang():
    return add_user(NewUser("wang", password=WORD), acting=MACHINE, now=NOW)


def sign_in(client, password=WORD, **more):
    return client.post("/accounts/login/", {"login": "wang", "password": password}, **more)


def who(client):
    return client.get("/who/").content.decode()


def test_sign_in_and_out(client, wang):
    assert sign_in(client).status_code == 302
    assert who(client) == "wang"
    client.post("/accounts/logout/")
    assert who(client) == "nobody"


def test_a_wrong_password_does_not_open(client, wang):
    assert sign_in(client, "wrong-wrong").status_code == 200
    assert who(client) == "nobody"


def test_nobody_signs_up_alone(client):
    answer = client.post(
        "/accounts/signup/", {"username": "eve", "password1": WORD, "password2": WORD}
    )
    assert answer.status_code in (200, 403)
    assert not sign_in_exists("eve")


def sign_in_exists(username):
    from django.contrib.auth import get_user_model

    return get_user_model().objects.filter(username=username).exists()


def test_too_many_tries_lock_the_account_for_that_address(client, wang):
    for _ in range(5):
        last = sign_in(client, "wrong-wrong")
    assert "请 1 分钟后再试" in last.content.decode()
    right = sign_in(client)
    assert right.status_code == 429
    assert "请 1 分钟后再试" in right.content.decode()
    assert who(client) == "nobody"
    assert sign_in(client, REMOTE_ADDR="10.0.0.9").status_code == 302  # the person elsewhere


def later(minutes):
    """Every try so far was so many minutes earlier."""
    from datetime import timedelta

    for row in AccessAttempt.objects.all():
        AccessAttempt.objects.filter(pk=row.pk).update(
            attempt_time=row.attempt_time - timedelta(minutes=minutes)
        )


def test_the_wait_grows_and_ends(client, wang):
    for _ in range(5):
        sign_in(client, "wrong-wrong")
    later(1.1)
    assert "请 2 分钟后再试" in sign_in(client, "wrong-wrong").content.decode()
    later(2.1)
    assert sign_in(client).status_code == 302
    client.post("/accounts/logout/")
    assert "分钟后再试" not in sign_in(client, "wrong-wrong").content.decode()  # counted anew


def test_a_crowd_of_strangers_locks_out_strangers_and_not_the_owner(client, wang):
    assert sign_in(client, REMOTE_ADDR="10.0.0.9").status_code == 302
    client.post("/accounts/logout/")
    for n in range(14):
        for _ in range(3):
            sign_in(client, "wrong-wrong", REMOTE_ADDR=f"6.6.6.{n}")
    assert sign_in(client, REMOTE_ADDR="6.6.7.1").status_code == 429
    assert sign_in(client, REMOTE_ADDR="10.0.0.9").status_code == 302


def test_an_administrator_lifts_a_lock_on_record(client, wang):
    for _ in range(5):
        sign_in(client, "wrong-wrong")
    assert lift_lock("wang", acting=MACHINE, now=NOW)
    assert not lift_lock("wang", acting=MACHINE, now=NOW)
    assert sign_in(client).status_code == 302
    assert history(f"user:{wang}")[-1].verb == "user.lock_lifted"


def test_behind_a_proxy_the_address_is_the_callers(client, wang, settings):
    settings.TRUSTED_PROXIES = 1
    stranger, here = (
        {"HTTP_X_FORWARDED_FOR": "6.6.6.6"},
        {"HTTP_X_FORWARDED_FOR": "1.1.1.1, 7.7.7.7"},
    )
    for _ in range(5):
        sign_in(client, "wrong-wrong", **stranger)
    assert sign_in(client, **stranger).status_code == 429
    assert sign_in(client, **here).status_code == 302


def test_a_new_password_ends_other_sessions(client, wang):
    sign_in(client)
    set_password("wang", password="nine-cold-lakes", acting=MACHINE, now=NOW)
    assert who(client) == "nobody"
    assert sign_in(client).status_code == 200
    assert sign_in(client, "nine-cold-lakes").status_code == 302


def test_closing_an_account_ends_its_sessions(client, wang):
    sign_in(client)
    set_active("wang", False, acting=MACHINE, now=NOW)
    assert who(client) == "nobody"
    sign_in(client)
    assert who(client) == "nobody"


def test_changing_ones_own_password_is_on_record(client, wang):
    sign_in(client)
    new = "nine-cold-lakes"
    client.post(
        "/accounts/password/change/", {"oldpassword": WORD, "password1": new, "password2": new}
    )
    assert who(client) == "wang"  # this session goes on
    last = history(f"user:{wang}")[-1]
    assert (last.verb, last.actor, last.payload) == ("user.password", f"user:{wang}", {})
    client.post("/accounts/logout/")
    assert sign_in(client, new).status_code == 302
