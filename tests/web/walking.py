"""Walking every route of the product: its addresses from Django's own configuration, filled in by a table.

A route is filled in with things of a district (`Side.ways`), and with something that does not exist.
"""

import io
import re
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import openpyxl
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from web.planted import NOW, plant
from xianban.city.api import forget

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>")


@dataclass(frozen=True)
class Route:
    """One address of Django's configuration: its name, its pattern, and the names of what is filled in."""

    name: str
    where: str
    parameters: tuple[str, ...]
    default: dict = field(default_factory=dict, hash=False)

    def address(self, words):
        """The address with `words` in it."""
        plain = re.sub(r"\(\?P<(\w+)>(?:\[[^]]*\][+*]?|\.\+)\)", r"<\1>", self.where)
        plain = re.sub(r"[\^$]", "", plain)
        return "/" + PARAMETER.sub(lambda found: str(words[found[1]]), plain)


def routes(resolver=None, before="") -> Iterator[Route]:
    """Every route there is, in the order in which Django tries them."""
    for entry in (resolver or get_resolver()).url_patterns:
        where = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, where)
        elif isinstance(entry, URLPattern):
            names = tuple(a or b for a, b in PARAMETER.findall(where))
            yield Route(entry.name or where, where, names)


@pytest.fixture(scope="module")
def walked(django_db_setup, django_db_blocker, tmp_path_factory):
    """The planted town, shared by the tests of a module and gone afterwards."""
    folder = tmp_path_factory.mktemp("walk")
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr("xianban.base.clock.datetime", _frozen(NOW))
        _quick_and_apart(patch, folder / "files")
        patch.setattr(connection, "close", lambda: None)  # as each test would, in mid-transaction
        cache.clear()
        with undone():
            yield plant(folder / "town")
        forget()
        cache.clear()


@pytest.fixture
def sides(walked, db):
    """The two districts; whatever a test does to them is undone by its transaction."""
    cache.clear()
    return walked


@contextmanager
def undone():
    block = transaction.atomic()
    block._from_testcase = True  # what must be durable may lie in it, as in a test's own
    with block:
        yield
        transaction.set_rollback(True)


def _frozen(at):
    class Frozen(datetime):
        @classmethod
        def now(cls, tz=None):
            return at

    return Frozen


def _quick_and_apart(patch, folder):
    """Passwords that cost nothing, and files in a folder of their own."""
    patch.setattr(settings, "PASSWORD_HASHERS", ["django.contrib.auth.hashers.MD5PasswordHasher"])
    on_disk = {**settings.FILES_ON_DISK, "OPTIONS": {"location": folder}}
    patch.setattr(settings, "STORAGES", {**settings.STORAGES, "files": on_disk})


def client_of(key=0):
    """A browser: of whom has this key, signed in and just proven; or of nobody."""
    client = Client(raise_request_exception=False)
    if key:
        user = get_user_model().objects.get(pk=key)
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = client.session
        session["account_authentication_methods"] = [
            {"method": "password", "at": time.time(), "reauthenticated": True}
        ]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
    return client


def body_of(response):
    """All that an answer says: its page, the cells of a sheet, the files of an archive."""
    kept = getattr(response, "_read", None)
    if kept is None:
        kept = b"".join(response.streaming_content) if response.streaming else response.content
        response._read = kept
    kind = response.headers.get("Content-Type", "")
    if "spreadsheetml" in kind:
        book = openpyxl.load_workbook(io.BytesIO(kept))
        return "\n".join(str(c) for sheet in book for row in sheet.values for c in row)
    if kind == "application/zip":
        with zipfile.ZipFile(io.BytesIO(kept)) as archive:
            return "\n".join(n + archive.read(n).decode("utf-8", "replace") for n in archive.namelist())  # fmt: skip
    return kept.decode("utf-8", "replace")


def all_said(response):
    """The answer with its headers and cookies."""
    heads = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    return f"{response.status_code}\n{heads}\n{response.cookies}\n{body_of(response)}"
