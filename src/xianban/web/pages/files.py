"""Photographs and documents on their way in and out; out only to who may see what they belong to."""

from collections.abc import Sequence
from typing import IO
from urllib.parse import quote

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from xianban.accounts.api import Actor
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotFound
from xianban.casework import api as casework
from xianban.files import api as files
from xianban.intake import api as intake
from xianban.web import uploads
from xianban.web.pages.desk import staff
from xianban.web.pages.follow import WITHIN_S, WRONG_CODES
from xianban.web.pages.galleries import open_to
from xianban.web.refusals import sorry
from xianban.web.throttle import is_blocked, too_often, too_quick

HELD_AN_HOUR = 300  # files from one address
KEPT_S = 600  # by the browser of whoever may see it
NO_FILE = "there is no such file, or none that you may see"


@csrf_exempt  # nobody need be signed in; what is held belongs to nothing until a form is sent
@require_POST
def hold(request: HttpRequest) -> HttpResponse:
    """Take files as soon as they are chosen: tokens for the form, or what is wrong."""
    if too_often(request, "files", times=HELD_AN_HOUR, within_s=3600):
        return sorry(request, 429)
    holding = uploads.taken(request)
    status = 400 if holding.faults else 200
    return render(request, "files/holding.html", {"holding": holding}, status=status)


@require_safe
def held(request: HttpRequest, token: str) -> HttpResponseBase:
    """The small picture of a file that is held, for whoever holds its token."""
    if too_quick(request, "held", times=600, within_s=60):
        return sorry(request, 429)
    try:
        (one,) = files.held_by([token])
    except BadInput:
        raise NotFound(NO_FILE) from None
    return _sent(files.open_held(one), "image/jpeg", one.name, inline=True)


def case_file(request: HttpRequest, number: str, key: str, small: bool = False) -> HttpResponseBase:
    """A file of a case, for its staff."""
    response = _case_file(request, number=number, key=key, small=small)
    if response.status_code == 200:  # signing in again is asked, and kept by nobody
        _keep_privately(response)
    return response


@require_safe
@staff
def _case_file(
    request: HttpRequest, actor: Actor, number: str, key: str, small: bool
) -> HttpResponseBase:
    case_id = casework.case_by_number(number, actor)
    return _answer(files.files_of(f"case:{case_id}"), key, small)


case_file.for_staff = True  # type: ignore[attr-defined]


@require_safe
def story_file(
    request: HttpRequest, number: str, code: str, key: str, small: bool = False
) -> HttpResponseBase:
    """A file that a reporter may see, by number and code."""
    if is_blocked(request, "code", times=WRONG_CODES):
        return sorry(request, 429)
    try:
        said = intake.request_by_code(number, code)
    except NotFound:
        too_often(request, "code", times=WRONG_CODES, within_s=WITHIN_S)
        raise
    story = casework.public_story(said.case_id, now=utc_now())
    response = _answer(open_to(said, merged_into=story.merged_into), key, small)
    _keep_privately(response)
    return response


def _answer(seen: Sequence[files.FileSeen], key: str, small: bool) -> HttpResponseBase:
    one = next((one for one in seen if one.key == key), None)
    if one is None:
        raise NotFound(NO_FILE)
    content_type = "image/jpeg" if small else one.kind.content_type
    opened = files.open_file(one, thumb=small)
    return _sent(opened, content_type, one.name, inline=one.kind.seen)


def _sent(opened: IO[bytes], content_type: str, name: str, *, inline: bool) -> FileResponse:
    """Bytes that a browser shows as a picture, or saves; it runs nothing and guesses nothing."""
    response = FileResponse(opened, content_type=content_type)
    how = "inline" if inline else "attachment"
    response["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response


def _keep_privately(response: HttpResponseBase) -> None:
    response["Cache-Control"] = f"private, max-age={KEPT_S}"
    if response.has_header("Expires"):
        del response["Expires"]
    patch_vary_headers(response, ["Cookie"])
