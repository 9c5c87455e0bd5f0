"""Notices in words, and on their way: by mail where there is an address, else to a file."""

import json
from datetime import UTC, datetime

import pytest
from django.core import mail

import packs
from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_user
from xianban.base.errors import Unavailable
from xianban.base.home import home
from xianban.casework.rules.table import NOTICES
from xianban.city import api as city
from xianban.config.letters import TO_PERSONS, TO_STAFF, letter
from xianban.config.post import send
from xianban.ledger.api import Outgoing
from xianban.residents.api import NewContact, erase, seal_many

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
VALUES = {
    "case": 7,
    "number": "20260302-7",
    "unit": "",
    "matter": "",
    "area": "",
    "due_at": "2026-03-05T10:00:00Z",
}


@pytest.fixture(autouse=True)
def _city(db, tmp_path):
    city.forget()
    packs.load_small_city(tmp_path / "pack")


def notice(to, kind="dispatched", number=1):
    return Outgoing(number, kind, to, VALUES, urgent=False, attempts=1)


def written():
    return [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((home() / "outbox").glob("*.json"))
    ]


@pytest.fixture(autouse=True)
def _empty_outbox():
    for path in (home() / "outbox").glob("*"):
        path.unlink()


def add_handler(unit, email=""):
    add_user(
        NewUser("li", email=email, grants=(Granted(Role.HANDLER, "", unit),)),
        acting=MACHINE,
        now=NOW,
    )


@pytest.mark.parametrize("kind", sorted({*NOTICES.values(), *TO_PERSONS, *TO_STAFF}))
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_notice_has_words(kind, language):
    for to_person, table in ((True, TO_PERSONS), (False, TO_STAFF)):
        if kind in table:
            words = letter(
                kind, VALUES, to_person=to_person, city=city.current(), language=language, now=NOW
            )
            assert "20260302-7" in words.body
            assert "%" not in words.body
    assert kind in TO_PERSONS or kind in TO_STAFF


def test_a_resident_without_mail_gets_a_file():
    (person,) = seal_many([NewContact(name="张三", phone="13800138000")])
    send(notice(f"person:{person}"))
    send(notice(f"person:{person}"))  # a second try writes the same file again
    (file,) = written()
    assert file["phone"] == "13800138000"
    assert file["body"].startswith("您的诉求 20260302-7 已交由")


def test_an_erased_person_gets_nothing():
    (person,) = seal_many([NewContact(phone="13800138000")])
    erase(person, acting=MACHINE, now=NOW, reason="asked")
    send(notice(f"person:{person}"))
    assert written() == []


def test_a_unit_is_everyone_who_acts_for_it(settings):
    settings.EMAIL_HOST = "mail.example.org"
    unit = next(iter(city.current().units))
    add_handler(unit, email="li@example.org")
    send(notice(f"unit:{unit}"))
    (message,) = mail.outbox
    assert message.to == ["li@example.org"]
    assert message.extra_headers["Message-ID"] == "<notice-1-0@xianban>"
    assert written() == []


def test_a_mail_server_that_is_down_means_later(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    unit = next(iter(city.current().units))
    add_handler(unit, email="li@example.org")
    with pytest.raises(Unavailable, match="does not take the message"):
        send(notice(f"unit:{unit}"))
