"""Every no of the rooms below as problem+json (RFC 9457): one table, and one place that writes it."""

import json
import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from xianban.base import errors

log = logging.getLogger("xianban.api")
CONTENT_TYPE = "application/problem+json"

STATUS: dict[type[errors.XianbanError], HTTPStatus] = {
    errors.BadInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotAllowed: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.WrongState: HTTPStatus.CONFLICT,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.BrokenPromise: HTTPStatus.INTERNAL_SERVER_ERROR,
}
OURS = (
    "Something went wrong on our side; nothing that was accepted is lost. Please try again later."
)

SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "type": "object",
    "description": "What is wrong, as RFC 9457 says it.",
    "properties": {
        "type": {"type": "string", "description": "A name for this kind of problem."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence: what, where, what to do."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
                "required": ["field", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "errors"],
}


def problem(
    status: int, detail: str, *, faults: Sequence[tuple[str, str]] = (), name: str = ""
) -> HttpResponse:
    """A response that says what is wrong; `name` tells kinds of one status apart."""
    known = HTTPStatus(status)
    body = {
        "type": f"urn:xianban:problem:{name or known.phrase.lower().replace(' ', '-')}",
        "title": known.phrase,
        "status": int(status),
        "detail": detail,
        "errors": [{"field": field, "detail": text} for field, text in faults],
    }
    content = json.dumps(body, ensure_ascii=False)
    return HttpResponse(content, status=status, content_type=CONTENT_TYPE)


def responses(*statuses: int) -> dict[str, Any]:
    """The declaration, in OpenAPI, of the problems that a route can answer with."""
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "responses": {
            status: {"description": HTTPStatus(status).phrase, "content": content}
            for status in statuses
        }
    }


def status_of(error: errors.XianbanError) -> HTTPStatus:
    """The status of a refusal: that of the nearest class in its line."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def refused(request: HttpRequest, error: errors.XianbanError) -> HttpResponse:
    """A refusal of a room below; what is wrong with our own data is for the log alone."""
    status = status_of(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s %s: %s", request.method, request.path, error)
        return problem(status, OURS)
    faults = getattr(error, "faults", ())
    named = [(f.partition(": ")[0], f.partition(": ")[2] or f) for f in faults]
    return problem(status, str(error), faults=named)


def misread(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A body or parameter that does not fit the schema."""
    faults = [
        (".".join(str(part) for part in fault["loc"][1:] if part != "submission"), fault["msg"])
        for fault in error.errors
    ]
    first = f"{faults[0][0]}: {faults[0][1]}" if faults else "see the schema"
    detail = f"This does not fit the schema: {first}"
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, faults=faults)


def said_no(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What the framework itself refuses, such as a body that is not JSON."""
    return problem(error.status_code, str(error))


def not_found(request: HttpRequest, *_: object, **__: object) -> HttpResponse:
    """There is no such address here."""
    return problem(HTTPStatus.NOT_FOUND, f"There is nothing at {request.path[:200]}; see /api/docs")


def broken(request: HttpRequest, error: Exception) -> HttpResponse:
    """The outermost edge: whatever nobody foresaw is logged, and said without details."""
    log.error("%s %s", request.method, request.path, exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, OURS)


def answer_with_problems(api: NinjaAPI) -> None:
    """Make every refusal of this API a problem."""
    answers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        errors.XianbanError: refused,
        ValidationError: misread,
        HttpError: said_no,
        Http404: not_found,
        Exception: broken,
    }
    for kind, answer in answers.items():
        api.add_exception_handler(kind, answer)
