"""What carries a letter: the mail server, or one signed webhook for SMS and WeChat; else a file.

Every try of one parcel has the same key, so that whoever has it already can drop it.
"""

import json
import os
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass, field

import requests
from django.conf import settings
from django.core.mail import EmailMessage

from xianban.base.clock import utc_now
from xianban.base.errors import Unavailable
from xianban.base.home import home
from xianban.notices.letters import Letter
from xianban.notices.rules import parts, signed

TIMEOUT_S = 10
HAS_IT = 409  # the adapter knows this key
LATER = frozenset({408, 423, 425, 429})


class Undeliverable(Exception):
    """It will never go this way: the address is wrong, or the adapter refuses it."""


@dataclass(frozen=True)
class Address:
    """Where somebody is reached; whatever is empty is not known."""

    mail: str = ""
    phone: str = ""
    wechat: str = ""

    def on(self, channel: str) -> str:
        return {"mail": self.mail, "sms": self.phone, "wechat": self.wechat}.get(channel, "")


@dataclass(frozen=True)
class Load:
    """One parcel ready to go."""

    key: str
    channel: str
    address: Address
    language: str
    letter: Letter
    kinds: tuple[str, ...]
    urgent: bool = False
    stop_link: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def carry(load: Load) -> None:
    """Hand a parcel over; Unavailable if that must be tried again, Undeliverable if never."""
    if load.channel == "mail" and settings.EMAIL_HOST:
        _mail(load)
    elif load.channel in ("sms", "wechat") and settings.NOTICE_WEBHOOK_URL:
        _webhook(load)
    else:
        _file(load)


def _mail(load: Load) -> None:
    headers = {"Message-ID": f"<{load.key}@xianban>", "Auto-Submitted": "auto-generated"}
    if load.stop_link:
        headers["List-Unsubscribe"] = f"<{load.stop_link}>"
    message = EmailMessage(
        load.letter.subject, load.letter.body, to=[load.address.mail], headers=headers
    )
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as reason:
        raise Undeliverable("the mail server knows no such receiver") from reason
    except (OSError, smtplib.SMTPException) as reason:
        said = type(reason).__name__  # its own words may hold the address
        raise Unavailable(
            f"the mail server {settings.EMAIL_HOST} does not take the message ({said})"
        ) from reason


def _webhook(load: Load) -> None:
    body = json.dumps(content(load), ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": load.key,
        "X-Xianban-Signature": signed(body, secret=settings.NOTICE_WEBHOOK_SECRET, at=utc_now()),
    }
    try:
        answer = requests.post(
            settings.NOTICE_WEBHOOK_URL,
            data=body,
            headers=headers,
            timeout=TIMEOUT_S,
            allow_redirects=False,
        )
    except requests.RequestException as reason:
        raise Unavailable(
            f"the webhook for SMS and WeChat does not answer ({type(reason).__name__})"
        ) from reason
    status = answer.status_code
    if 200 <= status < 300 or status == HAS_IT:
        return
    if status in LATER or status >= 500 or 300 <= status < 400:
        raise Unavailable(f"the webhook for SMS and WeChat answers {status}")
    raise Undeliverable(f"the webhook for SMS and WeChat refuses with {status}")


def content(load: Load) -> dict[str, object]:
    """What the adapter gets: where to, the words, and the values for a template. Nothing more."""
    return {
        "id": load.key,
        "channel": load.channel,
        "to": load.address.on(load.channel),
        "language": load.language,
        "text": load.letter.short,
        "parts": parts(load.letter.short),
        "template": load.kinds[0] if len(load.kinds) == 1 else "many",
        "values": dict(load.values),
        "urgent": load.urgent,
    }


def _file(load: Load) -> None:
    """For a gateway to pick up: a second try writes the same file again."""
    folder = home() / "outbox"
    folder.mkdir(mode=0o700, exist_ok=True)
    told = {"subject": load.letter.subject, "body": load.letter.body}
    path = folder / f"{load.key}.json"
    fresh = path.with_suffix(".tmp")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content(load) | told, file, ensure_ascii=False, indent=1)
    fresh.replace(path)


def remove_file(key: str) -> bool:
    """Whether there was a file of this parcel that nobody had picked up; it is gone now."""
    path = home() / "outbox" / f"{key}.json"
    there = path.exists()
    path.unlink(missing_ok=True)
    return there
