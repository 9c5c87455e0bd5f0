"""Where notices go: by mail where there is an address and a mail server, else to a file.

A file per notice, named by its id, so that a second try writes the same file again; an SMS or
messenger gateway can pick them up.
"""

import json
import os
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage

from xianban.accounts.api import Role, UserSeen, list_users, users_for
from xianban.base.clock import utc_now
from xianban.base.errors import Unavailable
from xianban.base.home import home
from xianban.city.api import City, current
from xianban.config.letters import Letter, letter
from xianban.ledger.api import Outgoing
from xianban.residents.api import contact_for_sending


@dataclass(frozen=True)
class Address:
    """One receiver of a notice: mail, and what else a gateway may use."""

    email: str
    phone: str
    language: str
    to_person: bool


def send(notice: Outgoing) -> None:
    """Deliver one notice to everyone it is for; Unavailable if that must be tried again."""
    city = current()
    found = list(addresses(notice.to, city.language))
    if not found and not notice.to.startswith("person:"):  # a person may have left no contact
        raise Unavailable(_nobody(notice.to, city))
    for n, address in enumerate(found):
        words = letter(
            notice.kind,
            notice.payload,
            to_person=address.to_person,
            city=city,
            language=address.language,
            now=utc_now(),
        )
        if address.email and settings.EMAIL_HOST:
            _mail(notice, n, address, words)
        else:
            _file(notice, n, address, words)


def addresses(to: str, language: str) -> Iterator[Address]:
    """Everyone behind person:ID, user:ID, unit:CODE or role:NAME:AREA; nobody where a person was erased."""
    kind, _, name = to.partition(":")
    if kind == "person":
        contact = contact_for_sending(int(name))
        if contact:
            yield Address(
                contact.email, contact.phone, contact.language or language, to_person=True
            )
    elif kind == "unit":
        yield from (_of_user(user, language) for user in users_for(unit=name))
    elif kind == "role":
        yield from (_of_user(user, language) for user in _with_role(name))
    elif kind == "user":
        yield from (
            _of_user(user, language)
            for user in list_users()
            if user.id == int(name) and user.active
        )


def _with_role(name: str) -> list[UserSeen]:
    """Who has the role there now, whatever their unit."""
    role, _, area = name.partition(":")
    here = current()
    areas = here.area_path(area if area in here.areas else here.root)
    return [
        user
        for user in users_for(role=Role(role))
        if any(grant.role == role and grant.covers(areas, {grant.unit}) for grant in user.grants)
    ]


def _nobody(to: str, city: City) -> str:
    kind, _, name = to.partition(":")
    if kind == "unit":
        return (
            f"nobody acts for {city.unit_name(name) or name}; add somebody with "
            f"`xianban user add NAME --role handler --unit {name}`"
        )
    if kind == "role":
        role = name.partition(":")[0]
        return (
            f"nobody is {role} where the case lies; add one with "
            f"`xianban user add NAME --role {role}`"
        )
    return "the account of the receiver is closed"


def _of_user(user: UserSeen, language: str) -> Address:
    return Address(user.email, "", user.language or language, to_person=False)


def _mail(notice: Outgoing, n: int, address: Address, words: Letter) -> None:
    message = EmailMessage(
        words.subject,
        words.body,
        to=[address.email],
        # the same at each try, so that a mail server can drop what it has already
        headers={"Message-ID": f"<notice-{notice.id}-{n}@xianban>"},
    )
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as reason:
        raise Unavailable(
            f"the mail server {settings.EMAIL_HOST} does not take the message: {reason}"
        ) from reason


def _file(notice: Outgoing, n: int, address: Address, words: Letter) -> None:
    folder = home() / "outbox"
    folder.mkdir(mode=0o700, exist_ok=True)
    content = {
        "notice": notice.id,
        "kind": notice.kind,
        "to": notice.to,
        "phone": address.phone,
        "email": address.email,
        "subject": words.subject,
        "body": words.body,
        "values": notice.payload,
    }
    path = folder / f"{notice.id}-{n}.json"
    fresh = path.with_suffix(".tmp")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
    fresh.replace(path)
