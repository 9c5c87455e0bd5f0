"""Files on their way in: read no further than they may be long, cleaned, and held for a form.

A form carries what it holds as signed tokens (`held`), so that a refusal loses no photograph, and
a browser with scripts can send each one as soon as it is chosen.
"""

from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext as _

from xianban.base.clock import utc_now
from xianban.base.errors import BadInput
from xianban.files import api as files
from xianban.web.wording import in_words

FIELD, HELD, HEAD = "files", "held", "head"
HEAD_LONGEST = 256 * 1024


class Bounded(TemporaryFileUploadHandler):
    """Reads an attached file to the end, and keeps no more of it than is taken."""

    def new_file(self, *args: Any, **values: Any) -> None:
        super().new_file(*args, **values)
        limit = files.limits().mb * 1e6
        self.room = {FIELD: limit, HEAD: HEAD_LONGEST}.get(self.field_name or "", float("inf"))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) <= self.room:
            self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        kept = super().file_complete(file_size)
        assert kept is not None
        return kept  # its size says how long it was, however little of it there is


@dataclass(frozen=True)
class Holding:
    """What a form holds, and what is wrong with what it was given; ready to draw."""

    held: tuple[files.Held, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def shown(self) -> list[dict[str, Any]]:
        """Each file with the token that stands for it."""
        return [
            {"file": file, "token": files.token_of(file), "picture": file.kind == "jpeg"}
            for file in self.held
        ]

    @property
    def places(self) -> list[tuple[float, float]]:
        """Where photographs say that they were made: suggestions."""
        return [file.place for file in self.held if file.place][:1]

    @property
    def each(self) -> int:
        return files.limits().each

    @property
    def mb(self) -> float:
        return files.limits().mb


def taken(request: HttpRequest) -> Holding:
    """The files of a posted form, those held before and those that came with it; read once."""
    found = getattr(request, "holding", None)
    if found is None:
        found = _read(request) if request.method == "POST" else Holding()
        request.holding = found  # type: ignore[attr-defined]
    return found


def _read(request: HttpRequest) -> Holding:
    held: list[files.Held] = []
    faults: list[str] = []
    for token in request.POST.getlist(HELD):
        try:
            held += files.held_by([token])
        except BadInput as fault:
            faults.append(in_words(fault))
    given = request.FILES.getlist(FIELD)
    try:
        files.must_be_few([*held, *given])
    except BadInput as fault:
        return Holding(tuple(held), (*faults, in_words(fault)))
    heads = request.FILES.getlist(HEAD)
    head = heads[0].read(HEAD_LONGEST) if len(heads) == len(given) == 1 else b""
    for one in given:
        try:
            held.append(_kept(one, head))
        except BadInput as fault:
            told = {"name": (one.name or "")[:60], "fault": in_words(fault)}
            faults.append(_("“%(name)s”没有收下：%(fault)s") % told)
    unique = {file.digest: file for file in held}
    return Holding(tuple(unique.values()), tuple(dict.fromkeys(faults)))


def _kept(one: UploadedFile, head: bytes) -> files.Held:
    bounds = files.limits()
    if (one.size or 0) > bounds.mb * 1e6:
        raise BadInput(files.fault("large", bounds))
    return files.keep(one.read(), name=one.name or "", now=utc_now(), head=head)


def with_place(request: HttpRequest, given: dict[str, Any]) -> dict[str, Any]:
    """What was typed, with the place of a photograph where its sender said that it is the one."""
    places = taken(request).places
    if given.get("lat") is not None or not places or request.POST.get("photo_place") != "yes":
        return given
    return {**given, "lat": places[0][0], "lon": places[0][1]}
