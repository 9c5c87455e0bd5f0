"""What a channel says became of a message: signed, and safe to repeat."""

from typing import Annotated, Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import Header, Router, Schema
from pydantic import Field

from xianban.api.problems import responses
from xianban.api.throttle import limited
from xianban.base.clock import utc_now
from xianban.base.errors import NotAllowed
from xianban.notices import api as notices

router = Router(tags=["receipts"])


class Receipt(Schema):
    id: str = Field(max_length=36, description="The `id` of the message.")
    status: Literal["delivered", "read", "failed", "stopped"] = Field(
        description="`stopped`: the receiver wants to hear no more. `failed`: it can be sent again."
    )


class Receipts(Schema):
    receipts: list[Receipt] = Field(max_length=500)


class Taken(Schema):
    taken: int
    unknown: list[str] = Field(description="Keys that name no message of ours.")


@router.post(
    "/notices/receipts",
    response=Taken,
    operation_id="note_receipts",
    summary="Say what became of messages",
    openapi_extra=responses(400, 403, 422, 429, 500, 503),
)
@limited("receipts")
def note_receipts(
    request: HttpRequest,
    told: Receipts,
    signature: Annotated[str, Header(alias="X-Xianban-Signature", max_length=200)] = "",
) -> Taken:
    """Signed as the messages themselves are, with the same secret, not more than five minutes ago."""
    now = utc_now()
    secret = settings.NOTICE_WEBHOOK_SECRET
    if not notices.is_signed(signature, request.body, secret=secret, now=now):
        raise NotAllowed("the signature does not fit the body, or is older than five minutes")
    unknown = [
        one.id for one in told.receipts if not notices.note_receipt(one.id, one.status, now=now)
    ]
    return Taken(taken=len(told.receipts) - len(unknown), unknown=unknown)
