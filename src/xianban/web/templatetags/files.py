"""What a form needs to take files, and a page to show them."""

from collections.abc import Sequence
from typing import Any

from django import template

from xianban.web import uploads

register = template.Library()


@register.inclusion_tag("files/attach.html", takes_context=True)
def attach(
    context: dict[str, Any], id: str, active: bool = True, place: bool = True
) -> dict[str, Any]:
    """Choose photographs and documents; in the form that was sent (`active`), what it holds.

    The place in a photograph is offered where a form asks for a `place`.
    """
    request = context["request"]
    holding = uploads.taken(request) if active else uploads.Holding()
    ticked = request.POST.get("photo_place") == "yes" and active
    return {"holding": holding, "id": id, "place_ticked": ticked, "no_place": not place}


@register.inclusion_tag("files/gallery.html")
def gallery(files: Sequence[Any]) -> dict[str, Any]:
    """Small pictures that open large, and documents to save."""
    return {"files": files}
