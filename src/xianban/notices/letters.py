"""The words of notices: made when a notice is sent, in the language of whoever gets it.

They are data, a file for each language in `words/`; a test sees to it that both say the same.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import timezone, translation

from xianban.city.api import City
from xianban.notices.rules import SMS_MOST, counted, parts

WORDS = Path(__file__).with_name("words")
FALLBACK = "zh-hans"
SayWhen = Callable[[datetime, datetime], str]  # a time as people say it, seen from now


Derive = Callable[[Mapping[str, Any]], Mapping[str, Any]]  # what is worked out and kept nowhere


@dataclass(frozen=True)
class News:
    """One notice to be put into words."""

    kind: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Letter:
    subject: str
    body: str  # for mail: lines, links
    short: str  # for a telephone


@cache
def words(language: str) -> Mapping[str, Mapping[str, str]]:
    """The words of a language; of a language without a file, those of the first."""
    path = WORDS / f"{language}.toml"
    path = path if path.parent == WORDS and path.exists() else WORDS / f"{FALLBACK}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def group_name(group: str, language: str) -> str:
    return words(language)["groups"][group]


def sentence(
    news: News, *, to_person: bool, city: City, language: str, now: datetime, say_when: SayWhen
) -> str:
    """One notice in one sentence."""
    said, whom = words(language), "persons" if to_person else "staff"
    template = said[whom].get(news.kind) or said["other"][whom]
    due = news.values.get("due_at")
    with translation.override(language), timezone.override(city.tz):
        holes = {
            key: str(value)
            for key, value in news.values.items()
            if isinstance(value, str | int) and key.isidentifier()
        } | {
            "number": str(news.values.get("number", "")),
            "unit": city.unit_name(str(news.values.get("unit", ""))),
            "matter": city.matter_name(str(news.values.get("matter", ""))),
            "area": city.area_name(str(news.values.get("area", ""))),
            "due": say_when(datetime.fromisoformat(due), now) if due else "",
        }
        about = f"（{holes['matter']}）" if news.values.get("matter") else ""
        holes["place"] = holes["area"] + about
    return _filled(template, holes)


def letter(
    news: Sequence[News],
    *,
    to_person: bool,
    city: City,
    language: str,
    now: datetime,
    say_when: SayWhen,
    link: str = "",
    stop_link: str = "",
) -> Letter:
    """One letter of one or many notices, in the order given."""
    frame = words(language)["frame"]
    lines = [
        sentence(one, to_person=to_person, city=city, language=language, now=now, say_when=say_when)
        for one in news
    ]
    counts = frame["separator"].join(
        frame["count"].format(group=group_name(group, language), count=count)
        for group, count in counted([one.kind for one in news]).items()
    )
    number = str(news[0].values.get("number", ""))
    if len(news) == 1:
        subject = (
            frame["subject_one"].format(city=city.name, number=number) if number else city.name
        )
        body = short = lines[0]
    else:
        subject = frame["subject_many"].format(city=city.name, count=len(news))
        head = frame["many"].format(count=len(news), counts=counts)
        body = "\n".join([head, *(f"· {line}" for line in lines)] if not to_person else lines)
        short = "".join(lines) if language.startswith("zh") else " ".join(lines)
        if not to_person and parts(short) > SMS_MOST:
            short = frame["many_short"].format(count=len(news), counts=counts)
    tail = [frame["see"].format(link=link)] if link else []
    tail += [frame["stop"].format(link=stop_link)] if stop_link else []
    return Letter(subject, "\n\n".join([body, *tail]), short)


def _filled(template: str, holes: Mapping[str, str]) -> str:
    """The template with its holes filled; one that we know nothing for stays empty."""

    class Known(dict[str, str]):
        def __missing__(self, key: str) -> str:
            return ""

    return template.format_map(Known(holes))
