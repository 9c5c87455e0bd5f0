"""What somebody typed on a case when their session had ended: kept in the new one, and put back.

Only the form of somebody who was signed in brings the mark of who they are, and only they get it back.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from xianban.accounts.api import Actor

NAME = "kept-words"
SIGNER = Signer(salt="xianban.web.kept_words")
LONGEST = 20_000  # characters, of one form
ADDRESS = re.compile(r"(?P<page>/cases/[^/]+/)do/(?P<verb>[a-z_]+)/")
NOT_KEPT = ("csrfmiddlewaretoken", "version")


@dataclass(frozen=True)
class Kept:
    """An act that was not sent, and its words."""

    verb: str
    posted: Mapping[str, str]


def mark_of(actor: Actor) -> str:
    """Who fills in a form, for the form itself."""
    return SIGNER.sign(str(actor.id))


def keep(request: HttpRequest) -> str:
    """Keep the words of an act; the address of its page, empty where there is nothing to keep."""
    where = ADDRESS.fullmatch(request.path)
    posted = {name: value for name, value in request.POST.dict().items() if name not in NOT_KEPT}
    if request.method != "POST" or where is None or sum(map(len, posted.values())) > LONGEST:
        return ""
    try:
        who = int(SIGNER.unsign(str(posted.pop("by", ""))))
    except (BadSignature, ValueError):
        return ""
    request.session[NAME] = {
        "who": who,
        "page": where["page"],
        "verb": where["verb"],
        "posted": posted,
    }
    return f"{where['page']}#act-{where['verb']}"


def taken(request: HttpRequest, actor: Actor) -> Kept | None:
    """What was kept for this page and this person, once."""
    kept = request.session.get(NAME)
    if not kept or kept["page"] != request.path:
        return None
    del request.session[NAME]
    return Kept(kept["verb"], kept["posted"]) if kept["who"] == actor.id else None
