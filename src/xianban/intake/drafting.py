"""A submission made ready to be taken: tidied, checked, its personal numbers masked, fingerprinted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from xianban.base.errors import BadInput
from xianban.base.home import secret
from xianban.city.api import REQUEST_KINDS, City, current
from xianban.intake.rules.likeness import folded, sketch
from xianban.intake.rules.submission import Fault, Submission, body_digest, faults_in, tidy
from xianban.residents.api import mask_numbers

TIDIED = (
    "text",
    "title",
    "place",
    "name",
    "phone",
    "email",
    "channel",
    "matter_hint",
    "area_hint",
    "request_kind",
    "external_id",
)
MASKED = ("title", "text", "place")


@dataclass(frozen=True)
class Draft:
    """A submission and what is kept of its words; `raw` is what masking changed, to be sealed."""

    said: Submission
    title: str
    text: str
    place: str
    digest: bytes
    words: str
    sketch: tuple[int | None, ...]

    @property
    def raw(self) -> str:
        """The words as they were typed, where masking changed any; else empty."""
        kept = (self.title, self.text, self.place)
        typed = tuple(getattr(self.said, name) for name in MASKED)
        return "" if kept == typed else "\n\n".join(filter(None, typed))


def drafted(said: Submission) -> Draft:
    """The draft of one tidied submission."""
    masked = {name: mask_numbers(getattr(said, name)) for name in MASKED}
    words = folded(masked["title"] + masked["text"])
    digest = body_digest(said, masked, secret=secret("intake"))
    return Draft(said, **masked, digest=digest, words=words, sketch=sketch(words))


def tidied(said: Submission) -> Submission:
    """The submission without what nobody meant to type."""
    values: dict[str, Any] = {name: getattr(said, name) for name in TIDIED}
    clean: dict[str, Any] = {name: tidy(value) for name, value in values.items() if value}
    changed = {name: value for name, value in clean.items() if value != values[name]}
    return replace(said, **changed) if changed else said


def fault_finder(*, now: datetime) -> Callable[[Submission], list[Fault]]:
    """What keeps a submission from being taken by the city as it is now."""
    city = current()

    def find(said: Submission) -> list[Fault]:
        faults = faults_in(said, now=now)
        if said.matter_hint and matter_code(city, said.matter_hint) is None:
            remedy = "correct it, or leave it empty and it will be worked out from the text"
            faults.append(
                Fault("matter_hint", f"the city knows no “{said.matter_hint[:40]}”; {remedy}")
            )
        if said.area_hint and said.area_hint not in city.areas:
            faults.append(
                Fault("area_hint", f"the city has no area “{said.area_hint[:40]}”; leave it empty")
            )
        if said.request_kind and said.request_kind not in REQUEST_KINDS:
            kinds = ", ".join(REQUEST_KINDS)
            faults.append(Fault("request_kind", f"is not known; write one of {kinds}"))
        return faults

    return find


def matter_code(city: City, hint: str) -> str | None:
    """The code of the matter that somebody named; None where the city has no such matter."""
    if not hint:
        return ""
    found = city.matter_named(hint)
    return found.code if found else None


def check(given: Sequence[Submission], *, now: datetime) -> None:
    """BadInput, with every fault, where any of these cannot be taken."""
    find = fault_finder(now=now)
    faults = [
        f"{_where(index, len(given))}{fault.field}: {fault.reason}"
        for index, said in enumerate(given)
        for fault in find(said)
    ]
    if faults:
        raise BadInput(f"This cannot be taken as it is: {faults[0]}", faults=tuple(faults))


def _where(index: int, count: int) -> str:
    return f"request {index + 1}, " if count > 1 else ""
