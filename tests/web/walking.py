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
from xianban.casework.api import VERBS
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


STAGES = ("dispatch", "sign", "contact", "handle", "follow_up")
# route: the kind of thing that its address names, as `planted` has them
THINGS = {
    **dict.fromkeys(("story", "mine", "hear_by_code", "follow_request"), "story"),
    **dict.fromkeys(("story_file", "story_file_small"), "story_file"),
    **dict.fromkeys(("mine_confirm", "mine_copy"), "asked"),
    **dict.fromkeys(("case", "act", "audit_case", "consultation", "consultation_do"), "case"),
    **dict.fromkeys(("dispatching_case", "dispatching_find", "choose", "recall", "rule"), "case"),
    **dict.fromkeys(("warning_of_case", "warning_of_case_do"), "warning_case"),
    **dict.fromkeys(("case_file", "case_file_small"), "file"),
    **dict.fromkeys(("staff_member", "staff_member_do", "audit_staff"), "staff"),
    **dict.fromkeys(("meeting", "meeting_do"), "meeting"),
    **dict.fromkeys(("topic", "topic_do"), "topic"),
    **dict.fromkeys(("warning", "warning_do"), "warning"),
    **dict.fromkeys(("figure", "ask"), "figure"),
    "reveal": "reveal",
    "decide_right": "right",
    "hear_by_link": "notices",
    "open_line": "line",
    "subscription": "subscription",
    "change_view": "view",
    "settle_suggestion": "suggestion",
    "area_profile": "area",
    "decide": "asked_of_appraisal",
    "replay": "replay",
    "replayed": "replayed",
}
# route: what its address names where it is nobody's in particular, or a secret that nobody guesses
SHARED = {
    "held_file": [{"token": "nothing"}],
    "end_session": [{"session": 98_765}],
    "help_entry": [{"name": "nothing"}],
    "knowledge_entry": [{"name": "nothing"}],
    "pack": [{"token": "0" * 32}],
    "load_pack": [{"token": "0" * 32}],
    "back_to_pack": [{"number": 98_765}],
    "pack_do": [{"token": "0" * 32, "verb": verb} for verb in ("drop", "again")],
    "batch_result": [{"key": "nothing"}],
    "export": [{"kind": kind} for kind in ("csv", "xlsx")],
    "export_gaps": [{"kind": kind} for kind in ("suggestions", "gaps")],
    "visits": [{"period": "2026-11", "stage": stage} for stage in STAGES],
    "detector": [{"name": "daily_rise"}],
    "detector_do": [{"name": "daily_rise", "verb": "nothing"}],
    "ranking": [{"period": period} for period in ("2026-09", "2026-10")],
    "freeze": [{"period": "2026-10"}],
    "system_do": [{"verb": "nothing"}],
    "command_do": [{"verb": "nothing"}],
    "account_confirm_email": [{"key": "nothing"}],
    "account_reset_password_from_key": [{"uidb36": "1", "key": "nothing"}],
    "openid_connect_login": [{"provider_id": "nothing"}],
    "openid_connect_callback": [{"provider_id": "nothing"}],
}
# route: the acts that its address may name
ACTS = {
    "act": VERBS,
    "consultation_do": ("consult", "opine", "decide"),
    "staff_member_do": ("grant", "revoke", "close", "open", "change", "password", "sessions", "unlock", "factor"),
    "warning_of_case_do": ("whistle", "arrive", "grade"),
    "warning_do": ("confirm", "watch", "dismiss", "reconsider", "conclude", "note", "order", "whistle", "arrive", "grade"),
    "meeting_do": ("hold", "task", "report", "judge"),
    "topic_do": ("tick", "close"),
}  # fmt: skip


BY_CODE = (
    "story",
    "story_file",
    "asked",
    "subscription",
    "notices",
)  # whoever holds it is the resident
COMMON = ("replay",)  # of the whole city: whoever may see it sees the part of it that is their own


def filled(route, side, *, most=None):
    """The words with which this route names things of `side`."""
    if route.name in SHARED or not route.parameters:
        return SHARED.get(route.name, [{}])
    named = side.ways[THINGS[route.name]][:most]
    if route.name not in ACTS:
        return named
    return [words | {"verb": verb} for words in named for verb in ACTS[route.name]]


def of_a_side(route):
    """Whether this route names a thing that only one of the districts may see."""
    return route.name in THINGS and THINGS[route.name] not in (*BY_CODE, *COMMON)


@pytest.fixture(scope="module", params=["districts", "streets"])
def walked(request, django_db_setup, django_db_blocker, tmp_path_factory):
    """The planted town, shared by the tests of a module and gone afterwards; its sides are districts, or streets."""
    folder = tmp_path_factory.mktemp("walk")
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr("xianban.base.clock.datetime", _frozen(NOW))
        _quick_and_apart(patch, folder / "files")
        patch.setattr(connection, "close", lambda: None)  # as each test would, in mid-transaction
        cache.clear()
        with undone():
            yield plant(folder / "town", apart=request.param)
        forget()
        cache.clear()


@pytest.fixture
def sides(walked, db):
    """The two sides; whatever a test does to them is undone by its transaction."""
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
