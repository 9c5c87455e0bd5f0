"""Second factors, sessions and identities of elsewhere."""

import base64
import json
import re
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth import get_user_model
from django.test import Client

from xianban.accounts.api import (
    MACHINE,
    Granted,
    NewUser,
    Role,
    actor_named,
    add_user,
    end_sessions,
    has_second_factor,
    next_step,
    reset_second_factor,
    sessions_of,
    set_password,
)
from xianban.accounts.rules import device_of, network_of
from xianban.ledger.api import history
from xianban.ledger.models import Notice

pytestmark = [pytest.mark.urls("accounts.signin_urls"), pytest.mark.django_db]
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
WORD = "seven-wide-rivers"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
PHONE = "Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0"


@pytest.fixture(autouse=True)
def _no_other_room(settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "xianban.web" not in name]
    (engine,) = settings.TEMPLATES
    processors = engine["OPTIONS"]["context_processors"]
    options = {"context_processors": [name for name in processors if "xianban" not in name]}
    settings.TEMPLATES = [engine | {"DIRS": [], "OPTIONS": options}]
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def wang():
    grants = (Granted(Role.HANDLER, "", "street-east"),)
    new = NewUser("wang", password=WORD, email="wang@example.org", grants=grants)
    return add_user(new, acting=MACHINE, now=NOW)


def user():
    return get_user_model().objects.get(username="wang")


def sign_in(client, password=WORD, **more):
    return client.post("/accounts/login/", {"login": "wang", "password": password}, **more)


def who(client):
    return client.get("/who/").content.decode()


def code_now(secret):
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def set_up(client):
    """Turn the second factor on, as its page does; the secret."""
    assert client.get("/accounts/factor/totp/activate/").url.startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/", {"password": WORD})
    page = client.get("/accounts/factor/totp/activate/")
    assert page.status_code == 200, page.headers
    secret = re.search(r"[A-Z2-7]{32}", page.content.decode())[0]
    answer = client.post("/accounts/factor/totp/activate/", {"code": code_now(secret)})
    assert answer.status_code == 302, answer.content.decode()
    return secret


def test_a_second_factor_is_asked_for_and_its_secret_is_sealed(client, wang):
    sign_in(client)
    secret = set_up(client)
    assert has_second_factor(wang)
    stored = Authenticator.objects.get(user_id=wang, type="totp").data["secret"]
    assert secret not in stored
    other = Client()
    assert sign_in(other).url.startswith("/accounts/factor/authenticate/")
    assert who(other) == "nobody"
    assert other.post("/accounts/factor/authenticate/", {"code": "000000"}).status_code == 200
    from django.core.cache import cache

    cache.clear()  # a code counts once; the clock stands still in this test
    assert (
        other.post("/accounts/factor/authenticate/", {"code": code_now(secret)}).status_code == 302
    )
    assert who(other) == "wang"


def test_a_recovery_code_opens_once(client, wang):
    sign_in(client)
    set_up(client)
    wrapped = Authenticator.objects.get(user_id=wang, type="recovery_codes").wrap()
    code = wrapped.get_unused_codes()[0]
    for expected in ("wang", "nobody"):
        other = Client()
        sign_in(other)
        other.post("/accounts/factor/authenticate/", {"code": code})
        assert who(other) == expected


def test_a_lost_device_is_reset_on_record_and_ends_sessions(client, wang):
    sign_in(client)
    set_up(client)
    assert reset_second_factor("wang", acting=MACHINE, now=NOW)
    assert who(client) == "nobody"
    assert sign_in(client).url == "/home/"
    assert history(f"user:{wang}")[-1].verb == "user.second_factor_reset"


@pytest.mark.parametrize(
    ("wanted", "step"),
    [
        ((), ""),
        (("administrator",), ""),
        (("handler",), "mfa_activate_totp"),
        (("reveal",), "mfa_activate_totp"),
    ],
)
def test_who_must_have_one(settings, wang, wanted, step):
    settings.SECOND_FACTOR_FOR = frozenset(wanted)
    assert next_step(user()) == step


def test_an_issued_password_is_changed_first(client, wang):
    set_password("wang", password="nine-cold-lakes", acting=MACHINE, now=NOW)
    assert next_step(user()) == "account_change_password"
    sign_in(client, "nine-cold-lakes")
    new = "three-old-bridges"
    client.post(
        "/accounts/password/change/",
        {"oldpassword": "nine-cold-lakes", "password1": new, "password2": new},
    )
    assert next_step(user()) == ""


@pytest.mark.parametrize("bad", ["short-word", "wangwang-wang", "password12345", "123456789012"])
def test_passwords_that_are_refused(wang, bad):
    from xianban.base.errors import BadInput

    with pytest.raises(BadInput):
        set_password("wang", password=bad, acting=actor_named("wang"), now=NOW)


def test_sessions_are_seen_and_ended(client, wang):
    sign_in(client, HTTP_USER_AGENT=FIREFOX)
    phone = Client()
    sign_in(phone, HTTP_USER_AGENT=PHONE, REMOTE_ADDR="10.20.30.40")
    seen = sessions_of(wang, here=client.session.session_key)
    assert [(one.device, one.network, one.here) for one in seen] == [
        ("WeChat · Android", "10.20.*.*", False),
        ("Firefox · Linux", "127.0.*.*", True),
    ]
    assert end_sessions(wang, but=client.session.session_key) == 1
    assert (who(client), who(phone)) == ("wang", "nobody")


def test_nobody_ends_the_session_of_another(client, wang):
    sign_in(client)
    (mine,) = sessions_of(wang, here="")
    assert end_sessions(wang + 1, only=mine.id) == 0
    assert who(client) == "wang"


def test_a_new_device_is_told_and_a_known_one_is_not(client, wang):
    sign_in(client, HTTP_USER_AGENT=FIREFOX)  # the first ever
    sign_in(Client(), HTTP_USER_AGENT=FIREFOX)
    assert not Notice.objects.exists()
    sign_in(Client(), HTTP_USER_AGENT=PHONE)
    (told,) = Notice.objects.all()
    assert told.to == f"user:{wang}"
    assert told.payload == {"device": "WeChat · Android", "address": "127.0.*.*"}


@pytest.mark.parametrize(
    ("after_s", "every_s", "still"),
    [(7100, 7100, "wang"), (7300, 7300, "nobody"), (43300, 3600, "nobody")],
)
def test_sessions_end_when_idle_and_after_a_day_of_work(
    client, wang, monkeypatch, after_s, every_s, still
):
    sign_in(client)
    start, clock = time.time(), {"now": time.time()}
    monkeypatch.setattr("xianban.accounts.sessions.time.time", lambda: clock["now"])
    assert who(client) == "wang"
    while clock["now"] - start < after_s:
        clock["now"] += every_s
        found = who(client)
    assert found == still


def test_networks_and_devices_in_few_words():
    assert network_of("2001:db8:1:2::5") == "2001:db8:1::"
    assert device_of("curl/8") == "?"


class Provider:
    """A small OpenID Connect provider: it says yes, and who it is."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.claims, self.nonce, provider = {}, "", self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path.startswith("/.well-known"):
                    self.say(provider.discovery())
                elif self.path == "/keys":
                    self.say({"keys": [provider.public()]})
                else:
                    self.say(provider.claims)

            def do_POST(self):
                asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
                assert parse_qs(asked)["code_verifier"]
                self.say(
                    {"access_token": "x", "token_type": "Bearer", "id_token": provider.token()}
                )

            def say(self, what):
                body = json.dumps(what).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def discovery(self):
        places = {
            f"{name}_endpoint": f"{self.url}/{name}"
            for name in ("authorization", "token", "userinfo")
        }
        return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **places}

    def public(self):
        numbers = self.key.public_key().public_numbers()
        short = {
            name: base64.urlsafe_b64encode(n.to_bytes((n.bit_length() + 7) // 8, "big"))
            .rstrip(b"=")
            .decode()
            for name, n in (("n", numbers.n), ("e", numbers.e))
        }
        return {"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig", **short}

    def token(self):
        now = int(time.time())
        said = {"iss": self.url, "aud": "xianban", "iat": now, "exp": now + 60, "nonce": self.nonce}
        return jwt.encode(said | self.claims, self.key, algorithm="RS256", headers={"kid": "1"})


@pytest.fixture(scope="module")
def provider():
    made = Provider()
    yield made
    made.server.shutdown()


@pytest.fixture
def by_identity(settings, provider):
    """Sign in by the provider as whoever has these claims; the client afterwards."""
    app = {
        "provider_id": "city",
        "name": "City",
        "client_id": "xianban",
        "secret": "x",
        "settings": {"server_url": provider.url},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
    }

    def done(**claims):
        client = Client()
        provider.claims = {"sub": claims.get("sub", "42"), **claims}
        asked = parse_qs(urlsplit(client.post("/accounts/oidc/city/login/").url).query)
        provider.nonce = asked.get("nonce", [""])[0]
        client.get("/accounts/oidc/city/login/callback/", {"code": "c", "state": asked["state"][0]})
        return client

    return done


class TestIdentity:
    def test_by_verified_mail_and_from_then_on_by_itself(self, wang, by_identity):
        assert who(by_identity(email="WANG@example.org", email_verified=True)) == "wang"
        assert history(f"user:{wang}")[-1].verb == "user.link"
        assert who(by_identity(email="another@example.org")) == "wang"  # the same sub

    def test_mail_that_nobody_verified_opens_nothing(self, wang, by_identity):
        for verified in (False, None, "true"):
            assert who(by_identity(email="wang@example.org", email_verified=verified)) == "nobody"

    def test_mail_of_two_accounts_opens_neither(self, wang, by_identity):
        add_user(NewUser("li", email="wang@example.org"), acting=MACHINE, now=NOW)
        assert who(by_identity(email="wang@example.org", email_verified=True)) == "nobody"

    def test_by_employee_number_alone_where_that_is_chosen(self, wang, by_identity, settings):
        settings.OIDC_EMPLOYEE_CLAIM = "employee_id"
        assert who(by_identity(employee_id="wang")) == "wang"

    def test_nobody_is_added_and_no_right_is_given(self, wang, by_identity):
        before = actor_named("wang").grants
        client = by_identity(
            sub="7", email="eve@example.org", email_verified=True, groups=["administrator"]
        )
        assert who(client) == "nobody"
        assert get_user_model().objects.count() == 1
        by_identity(email="wang@example.org", email_verified=True, roles=["administrator"])
        assert actor_named("wang").grants == before

    def test_a_second_factor_is_asked_for_here_too(self, client, wang, by_identity):
        sign_in(client)
        set_up(client)
        assert who(by_identity(email="wang@example.org", email_verified=True)) == "nobody"

    def test_a_closed_account_stays_closed(self, wang, by_identity):
        get_user_model().objects.filter(pk=wang).update(is_active=False)
        assert who(by_identity(email="wang@example.org", email_verified=True)) == "nobody"
