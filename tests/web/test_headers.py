"""What every answer says to the browser: load, run, frame and ask nothing that is not named."""

import pytest
from django.test import Client, override_settings
from django.urls import NoReverseMatch, URLPattern, reverse

from xianban.web import urls

STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
FILLINGS = (
    {},
    {"kind": "csv"},
    {"number": "20261102-1"},
    {"number": "20261102-1", "code": "AAAAAA"},
    {"number": "20261102-1", "verb": "note"},
    {"number": "20261102-1", "person": 1},
    {"kind": "appeal", "key": 1},
    {"period": "2026-10"},
    {"period": "2026-10", "by": "unit", "code": "x"},
)


def address(route: URLPattern) -> str:
    """An address of the route, with something in its gaps."""
    for filling in FILLINGS:
        try:
            return reverse(route.name, kwargs=filling)
        except NoReverseMatch:
            continue
    wanted = {name: 1 if "int" in type(kind).__name__.lower() else "x" for name, kind in route.pattern.converters.items()}  # fmt: skip
    return reverse(route.name, kwargs=wanted)


def guarded(response):
    said = dict(
        part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";")
    )
    assert {name: said.get(name) for name in STRICT} == STRICT
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=(self)" in response["Permissions-Policy"]
    assert "camera=()" in response["Permissions-Policy"]


@pytest.fixture
def clients(signed_in):
    return [Client(raise_request_exception=False), signed_in("supervisor")]


def test_every_route_is_guarded(clients):
    for client in clients:
        client.raise_request_exception = False
        for route in urls.urlpatterns:
            guarded(client.get(address(route)))
            guarded(client.post(address(route)))


@pytest.mark.parametrize(
    "where",
    ["/accounts/login/", "/nothing-here/", "/api/openapi.json", "/healthz", "/static/tokens.css"],
)
def test_so_are_the_others(town, where):
    guarded(Client().get(where))


def test_a_page_that_breaks_is_guarded(town, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError

    monkeypatch.setattr("xianban.web.pages.report.ReportForm", broken)
    response = Client(raise_request_exception=False).get("/")
    assert response.status_code == 500
    guarded(response)


@override_settings(SECURE_HSTS_SECONDS=31_536_000)
def test_behind_tls_a_browser_keeps_to_it(town):
    response = Client().get("/", secure=True)
    assert response["Strict-Transport-Security"] == "max-age=31536000"
