"""Errors speak plainly, in both languages, and give nothing away."""

import gzip

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from xianban.base import errors
from xianban.web.refusals import refused, status_of


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.BadInput("x"), 400),
        (errors.NotAllowed("x"), 403),
        (errors.NotFound("x"), 404),
        (errors.WrongState("x"), 409),
        (errors.Unavailable("x"), 503),
        (errors.BrokenPromise("x"), 500),
    ],
)
def test_status(error, status):
    assert status_of(error) == status


def test_what_is_wrong_inside_stays_inside(db):
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    page = refused(request, errors.BrokenPromise("case 7 has no head"))
    assert page.status_code == 500
    assert "case 7" not in page.content.decode()


def test_a_page_that_is_not_there(town):
    response = Client().get("/no-such-page/")
    assert response.status_code == 404
    assert "没有找到" in response.content.decode()
    assert "Not found" in Client().get("/no-such-page/?lang=en").content.decode()


def test_sign_in_says_what_is_wrong(people):
    response = Client().post("/accounts/login/", {"login": "agent", "password": "wrong"})
    page = response.content.decode()
    assert 'role="alert"' in page
    assert 'value="agent"' in page


def test_signing_in_and_out(people):
    from web.conftest import PASSWORD

    client = Client()
    response = client.post("/accounts/login/", {"login": "agent", "password": PASSWORD})
    assert response.url == "/home/"
    assert client.get("/cases/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/cases/").status_code == 302


def test_accounts_are_given_not_made(town):
    page = Client().get("/accounts/signup/").content.decode()
    assert "<form" not in page or "password1" not in page


def test_the_map_is_the_citys_own(town):
    response = Client().get("/map/areas.geojson")
    assert response.headers["Content-Type"] == "application/geo+json"
    again = Client().get("/map/areas.geojson", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    packed = Client().get("/map/areas.geojson", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.content) == response.content
