"""The description tells the truth: whatever it allows is sent, and every answer is one it names."""

import json
from datetime import timedelta

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from xianban.api.problems import STATUS
from xianban.base import errors
from xianban.config.wsgi import application

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def leaves(kind):
    below = kind.__subclasses__()
    return [leaf for child in below for leaf in leaves(child)] if below else [kind]


def test_every_refusal_has_a_status():
    assert set(leaves(errors.XianbanError)) == set(STATUS)


def test_the_description_is_openapi_3_1(db):
    found = Client().get("/api/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    for path in found["paths"].values():
        for operation in path.values():
            statuses = set(operation["responses"])
            assert {"422", "429", "500", "503"} <= statuses
            for status, response in operation["responses"].items():
                kinds = set(response["content"])
                assert kinds == {
                    "application/json" if status.startswith("2") else "application/problem+json"
                }


def test_the_page_that_shows_it_loads_nothing_from_elsewhere(db):
    page = Client().get("/api/docs").content.decode()
    assert "://" not in page.replace("http://www.w3.org", "")
    assert "ninja/swagger-ui-bundle" in page


@pytest.fixture
def kept_connection():
    """The test's own transaction is not to be closed at the end of a request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.slow
@pytest.mark.parametrize("operation", ["POST /api/v1/requests", "GET /api/v1/requests/{number}"])
def test_whatever_is_sent_every_answer_is_described(town, kept_connection, settings, operation):
    settings.API_RATE_PER_MINUTE = 0
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", application)
    method, path = operation.split()
    chosen = schema[path][method]
    modes = schemathesis.GenerationMode

    @hypothesis.given(case=chosen.as_strategy(generation_mode=modes.POSITIVE))
    @hypothesis.settings(
        max_examples=60,
        deadline=timedelta(seconds=10),
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def fits(case):
        case.call_and_validate(checks=CHECKS)

    @hypothesis.given(case=chosen.as_strategy(generation_mode=modes.NEGATIVE))
    @hypothesis.settings(
        max_examples=60,
        deadline=timedelta(seconds=10),
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def does_not_fit(case):
        case.call_and_validate(checks=CHECKS)

    fits()
    does_not_fit()


def test_a_fault_of_ours_is_logged_and_not_told(town, monkeypatch, caplog):
    from xianban.api import requests

    def broken(*args, **kwargs):
        raise errors.BrokenPromise("case 12 has no head")

    monkeypatch.setattr(requests.intake, "receive", broken)
    client = Client(raise_request_exception=False)
    response = client.post("/api/v1/requests", {"text": "a"}, content_type="application/json")
    assert response.status_code == 500
    assert "case 12" not in json.dumps(response.json())
    assert "case 12" in caplog.text
