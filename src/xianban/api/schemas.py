"""What goes in and out, as the published schema says it."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from xianban.intake.api import TEXT_LIMIT

Words = Annotated[str, Field(max_length=300)]


class NewRequest(BaseModel):
    """What happened, where, and how to reach whoever says so. Only `text` is needed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "text": "小区门口的路灯坏了三天，晚上很黑",
                "place": "北岸街12号",
                "phone": "13800000000",
            }
        },
    )

    text: str = Field(min_length=1, max_length=TEXT_LIMIT, description="What happened.")
    title: Words = Field("", description="A few words, if there are any.")
    place: Words = Field("", description="Where, in words: an address or a landmark.")
    lat: float | None = Field(
        None, ge=-90, le=90, allow_inf_nan=False, description="WGS 84; both coordinates or neither."
    )
    lon: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False)
    name: str = Field("", max_length=200, description="Of the reporter: sealed when it arrives.")
    phone: str = Field("", max_length=60, description="Sealed when it arrives.")
    email: str = Field("", max_length=254, description="Sealed when it arrives.")
    channel: str = Field("", max_length=40, description="Where it was said, such as “wechat”.")
    matter: str = Field(
        "", max_length=200, description="What it is about, if known: a code, name or path."
    )
    external_id: str = Field(
        "", max_length=200, description="The sender's own number for it; taken once."
    )


class Coded(BaseModel):
    """A code and what to call it."""

    code: str
    name: str


class Receipt(BaseModel):
    """An accepted request: durable before this answer was sent."""

    number: str = Field(description="To ask by, such as 20261122-123.")
    code: str = Field(
        description="To prove with that the request is yours; show it to nobody else."
    )
    state: str
    matter: Coded | None = Field(
        description="What it seems to be about; null until somebody decides."
    )
    unit: Coded | None = Field(description="Who acts; null until somebody decides.")
    due_at: datetime
    url: str = Field(description="Where to follow it by program.")
    similar: int = Field(description="How many others likely report the same.")


class Step(BaseModel):
    """One thing that happened."""

    at: datetime
    what: str


class Story(BaseModel):
    """What a reporter may know: where it stands, who acts now, by when, and what has happened."""

    number: str
    state: str
    matter: Coded | None
    unit: Coded | None
    received_at: datetime
    due_at: datetime | None
    answer: str
    steps: list[Step]
