"""Markdown of the city's own pack as HTML: no HTML of its own, no pictures, links only to the web."""

from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

_READER = MarkdownIt("commonmark", {"html": False, "linkify": False}).disable("image")
DEEPER = 2  # a heading of an entry stands below the heading of its page


def _quieter(tokens: list[Token]) -> list[Token]:
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + DEEPER)}"
        for inner in token.children or ():
            if inner.type == "link_open":
                inner.attrSet("rel", "noopener noreferrer")
    return tokens


@lru_cache(maxsize=1000)
def rendered(text: str) -> SafeString:
    """HTML; whatever is written as HTML is shown as it is written."""
    html = _READER.renderer.render(_quieter(_READER.parse(text)), _READER.options, {})
    return mark_safe(html)  # noqa: S308  # made by a renderer that lets no HTML through


@lru_cache(maxsize=1000)
def plain(text: str) -> str:
    """The same words without marks, a line for each paragraph or item."""
    lines: list[str] = []
    numbers: list[int | None] = []
    lead = ""
    for token in _READER.parse(text):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            numbers.append(int(token.attrGet("start") or 1) if token.tag == "ol" else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            numbers.pop()
        elif token.type == "list_item_open":
            n = numbers[-1]
            lead = "· " if n is None else f"{n}. "
            numbers[-1] = n if n is None else n + 1
        elif token.type == "inline":
            lines.append(lead + "".join(_words(token)))
            lead = ""
        elif token.type in ("fence", "code_block"):
            lines.append(token.content.rstrip())
    return "\n".join(lines)


def _words(token: Token) -> list[str]:
    breaks = ("softbreak", "hardbreak")
    return ["\n" if one.type in breaks else one.content for one in token.children or ()]
