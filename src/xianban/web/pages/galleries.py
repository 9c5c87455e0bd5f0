"""Which files of a case are shown to whom, and at which address."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from xianban.files import api as files
from xianban.intake import api as intake


@dataclass(frozen=True)
class Shown:
    """One file in a gallery."""

    name: str
    url: str
    small: str
    picture: bool
    size: int


def shown_in_case(number: str, seen: Sequence[files.FileSeen]) -> list[Shown]:
    """The files of a case, for its staff."""
    return [
        _shown(
            one,
            reverse("case_file", args=[number, one.key]),
            reverse("case_file_small", args=[number, one.key]),
        )
        for one in seen
    ]


def shown_in_story(
    number: str, code: str, said: intake.RequestSeen, *, merged_into: str = ""
) -> dict[str, list[Shown]]:
    """What a reporter may see: what came with the own words, and what an answer shows."""
    found = open_to(said, merged_into=merged_into)
    shown: dict[str, list[Shown]] = {"mine": [], "answer": []}
    for one in found:
        whose = "mine" if one.owner == f"request:{said.id}" else "answer"
        shown[whose].append(
            _shown(
                one,
                reverse("story_file", args=[number, code, one.key]),
                reverse("story_file_small", args=[number, code, one.key]),
            )
        )
    return shown


def _shown(one: files.FileSeen, url: str, small: str) -> Shown:
    return Shown(one.name, url, small, one.kind.seen, one.size)


def open_to(said: intake.RequestSeen, *, merged_into: str = "") -> list[files.FileSeen]:
    """The files that this reporter may see, and no other's."""
    own = f"request:{said.id}"
    found = [
        one
        for one in files.files_of(f"case:{said.case_id}")
        if one.owner == own or (one.shown and not one.owner.startswith("request:"))
    ]
    if merged_into:
        goes_on = merged_into.rpartition("-")[2]
        found += [
            one
            for one in files.files_of(f"case:{goes_on}")
            if one.shown and not one.owner.startswith("request:")
        ]
    return found
