"""What the frame of staff pages shows of oneself."""

from typing import Any

from django import template

from xianban.notices.api import unread

register = template.Library()


@register.inclusion_tag("me/bell.html", takes_context=True)
def bell(context: dict[str, Any]) -> dict[str, Any]:
    """The way to the inbox, with how much in it was not read."""
    user = context.get("user")
    count = unread(user.pk) if user is not None and user.is_authenticated else 0
    return {"count": count, "here": context.get("here", "")}
