"""Requests: send one, and follow it."""

from functools import cache
from typing import Annotated
from urllib.parse import unquote

from django.http import HttpRequest
from django.urls import reverse
from ninja import Header, Path, Query, Router, Status

from xianban.accounts.api import MACHINE
from xianban.api.problems import responses
from xianban.api.schemas import Coded, NewRequest, Receipt, Step, Story
from xianban.api.throttle import limited
from xianban.base.clock import utc_now
from xianban.casework.api import Story as PublicStory
from xianban.casework.api import public_story
from xianban.intake import api as intake

router = Router(tags=["requests"])
DOOR = "api"

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="Any text that is yours alone, such as a UUID. Sent again with the same body, "
        "the answer is the same request (200); with another body it is refused (409).",
    ),
]


@router.post(
    "/requests",
    response={201: Receipt, 200: Receipt},
    operation_id="create_request",
    summary="Send a request",
    openapi_extra=responses(400, 409, 422, 429, 500, 503),
)
@limited("send")
def create_request(request: HttpRequest, submission: NewRequest, key: Key = "") -> Status:
    """Classified, placed, given to whoever must act, and stored for good before the answer."""
    said = intake.Submission(
        door=DOOR,
        key=key,
        text=submission.text,
        external_id=submission.external_id,
        title=submission.title,
        place=submission.place,
        lat=submission.lat,
        lon=submission.lon,
        name=submission.name,
        phone=submission.phone,
        email=submission.email,
        channel=submission.channel,
        matter_hint=submission.matter,
    )
    receipt = intake.receive(said, acting=MACHINE, now=utc_now())
    return Status(201 if receipt.created else 200, _receipt(receipt))


@router.get(
    "/requests/{number}",
    response=Story,
    operation_id="follow_request",
    summary="Follow a request",
    openapi_extra=responses(404, 422, 429, 500, 503),
)
@limited("follow", share=0.5)
def follow_request(
    request: HttpRequest,
    number: Annotated[str, Path(max_length=40, description="The number on the receipt.")],
    code: Annotated[str, Query(max_length=40, description="The code on the receipt.")],
) -> Story:
    """Where it stands, for whoever holds its code; a wrong number and a wrong code look alike."""
    seen = intake.request_by_code(number, code)
    return _story(public_story(seen.case_id, now=utc_now()))


@cache
def _follow_path() -> str:
    """Where a request is followed, with a place for its number; the same for all."""
    return unquote(reverse("api-1:follow_request", kwargs={"number": "{number}"}))


def _receipt(receipt: intake.Receipt) -> Receipt:
    return Receipt(
        number=receipt.number,
        code=receipt.code,
        state=receipt.state,
        matter=_coded(receipt.matter, receipt.matter_name),
        unit=_coded(receipt.unit, receipt.unit_name),
        due_at=receipt.due_at,
        url=f"{_follow_path().format(number=receipt.number)}?code={receipt.code}",
        similar=len(receipt.similar),
    )


def _coded(code: str, name: str) -> Coded | None:
    return Coded(code=code, name=name) if code else None


def _story(told: PublicStory) -> Story:
    return Story(
        number=told.number,
        state=told.state,
        matter=_coded(told.matter.code, told.matter.name),
        unit=_coded(told.unit.code, told.unit.name),
        received_at=told.received_at,
        due_at=told.promised_at,
        answer=told.answer,
        steps=[Step(at=step.at, what=step.what) for step in told.steps],
    )
