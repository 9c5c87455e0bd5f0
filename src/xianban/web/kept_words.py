"""What somebody typed into a form when their session had ended: kept, sealed, in the new one, and put back.

Every form of somebody who is signed in says whose it is (`templatetags.marked_forms`), and only they get
their words back, where they wrote them. Passwords are not kept, nor what the page itself filled in.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from hmac import digest
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from xianban.accounts.api import Actor
from xianban.base.home import secret
from xianban.web import uploads
from xianban.web.refilling import refilled

NAME, MARK = "kept-words", "sent_by"
SIGNER = Signer(salt="xianban.web.kept_words")
BATCH = "/cases/batch/"  # a page that is only sent to: its words are shown on the list
LONGEST = 50_000  # characters, of one form
NOT_KEPT = ("csrfmiddlewaretoken", "version", MARK, uploads.HELD)
SECRET = ("password", "code", "token")  # no part of the name of what is kept


@dataclass(frozen=True)
class Kept:
    """A form that was not sent: whose, to which address, from which page, and its fields in order."""

    who: int
    action: str
    page: str
    fields: Sequence[tuple[str, str]]


def mark_of(user_id: int) -> str:
    """Who fills in a form, for the form itself."""
    return SIGNER.sign(str(user_id))


def keep(request: HttpRequest) -> str:
    """Keep what was sent; the address of the page to come back to, empty where there is nothing to keep."""
    if request.method != "POST" or "HX-Request" in request.headers or not _for_staff(request.path):
        return ""
    try:
        who = int(SIGNER.unsign(request.POST.get(MARK, "")))
    except (BadSignature, ValueError):
        return ""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in NOT_KEPT and not any(part in name.lower() for part in SECRET)
        for value in values
        if isinstance(value, str)
    ]
    fields += [(uploads.HELD, str(one["token"])) for one in uploads.taken(request).shown]
    if not any(value for _name, value in fields) or sum(len(v) for _name, v in fields) > LONGEST:
        return ""
    page = _page_it_came_from(request) or page_of(request)
    kept = {"who": who, "action": request.path, "page": page, "fields": fields}
    request.session[NAME] = _seal().encrypt(json.dumps(kept).encode()).decode()
    return page


def put_back(request: HttpRequest, response: HttpResponseBase, actor: Actor) -> HttpResponseBase:
    """The page with what was kept in its form, said at its head; once. Any other page is as it was."""
    sealed = request.session.get(NAME)
    if not sealed or request.method != "GET" or not _is_page(response):
        return response
    kept = _opened(sealed)
    if kept is None or kept.who != actor.id:
        del request.session[NAME]
        return response
    assert isinstance(response, HttpResponse)
    page, form = refilled(response.content.decode(), kept.action, kept.fields)
    if not form and request.path != urlsplit(kept.page).path:
        return response  # another page on the way there
    del request.session[NAME]
    said = {"form": form, "words": _texts(kept.fields), "held": sum(n == uploads.HELD for n, _ in kept.fields)}  # fmt: skip
    response.content = _with_notice(page, render_to_string("parts/kept.html", said, request))
    return response


def page_of(request: HttpRequest) -> str:
    """Where to come back to after signing in: the page, or the one whose form was sent."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    return request.path.partition("/do/")[0].partition("/reveal/")[0].rstrip("/") + "/"


def _for_staff(path: str) -> bool:
    try:
        return getattr(resolve(path).func, "for_staff", False)
    except Resolver404:
        return False


def _page_it_came_from(request: HttpRequest) -> str:
    """The page that had the form, with its filters; empty where that is another's, or the form's own address."""
    came = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came, {request.get_host()}):
        return ""
    parts = urlsplit(came)
    if parts.path.startswith(BATCH):
        return reverse("cases")
    if "/do/" in parts.path or "/reveal/" in parts.path or not _for_staff(parts.path):
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _is_page(response: HttpResponseBase) -> bool:
    html = response.headers.get("Content-Type", "").startswith("text/html")
    return isinstance(response, HttpResponse) and response.status_code == 200 and html


def _opened(sealed: str) -> Kept | None:
    try:
        return Kept(**json.loads(_seal().decrypt(sealed.encode())))
    except (InvalidToken, ValueError, TypeError):
        return None


def _texts(fields: Sequence[tuple[str, str]]) -> list[str]:
    """What is worth copying where the form is no longer there."""
    return [value for name, value in fields if name != uploads.HELD and len(value.strip()) > 3]


def _with_notice(page: str, notice: str) -> str:
    head, main, rest = page.partition('<main id="main"')
    opened, wrap, body = rest.partition('<div class="wrap')
    if not main or not wrap:
        return page
    attributes, end, body = body.partition(">")
    return f"{head}{main}{opened}{wrap}{attributes}{end}{notice}{body}"


@cache
def _seal() -> Fernet:
    key = digest(secret("master"), b"kept words", sha256)
    return Fernet(base64.urlsafe_b64encode(key))
