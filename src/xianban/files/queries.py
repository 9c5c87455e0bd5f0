"""Reads of files: what is attached to what, the bytes, and whether all are as they were."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from django.conf import settings
from django.db.models import QuerySet

from xianban.base.errors import NotFound
from xianban.files.models import Attached, Content
from xianban.files.rules import KINDS, Held, Kind, Limits
from xianban.files.storing import THUMB, open_stored
from xianban.ledger.api import acts_naming

NO_FILE = "there is no such file, or none that you may see"
CHUNK = 1 << 20


@dataclass(frozen=True)
class FileSeen:
    """One attached file; `key` is its address, `kind` says how it is sent."""

    key: str
    name: str
    kind: Kind
    size: int
    width: int
    height: int
    owner: str
    subject: str
    seq: int
    by: str
    shown: bool
    at: datetime
    digest: str
    stored: str


def limits() -> Limits:
    """How much this deployment takes."""
    return Limits(**settings.FILE_LIMITS)  # type: ignore[arg-type]


def files_of(subject: str) -> list[FileSeen]:
    """Everything attached to this subject (case:12), in the order in which it came."""
    return _seen(Attached.objects.filter(subject=subject))


def files_owned(owner: str) -> list[FileSeen]:
    """Everything that belongs to these words (request:12)."""
    return _seen(Attached.objects.filter(owner=owner))


def owners_with_files(owners: Collection[str]) -> set[str]:
    """To which of these words (request:12) files belong."""
    rows = Attached.objects.filter(owner__in=owners)
    return set(rows.values_list("owner", flat=True))


def _seen(rows: "QuerySet[Attached]") -> list[FileSeen]:
    return [
        FileSeen(
            key=row.key,
            name=row.name,
            kind=KINDS[row.content.kind],
            size=row.content.size,
            width=row.content.width,
            height=row.content.height,
            owner=row.owner,
            subject=row.subject,
            seq=row.seq,
            by=row.by,
            shown=row.shown,
            at=row.at,
            digest=row.content.digest,
            stored=row.content.stored,
        )
        for row in rows.select_related("content").order_by("pk")
    ]


def open_file(file: FileSeen, *, thumb: bool = False) -> IO[bytes]:
    """The bytes, or the small picture of it."""
    if thumb and not file.kind.seen:
        raise NotFound(NO_FILE)
    return open_stored(file.stored + (THUMB if thumb else ""))


def open_held(held: Held) -> IO[bytes]:
    """The small picture of a photograph that belongs to nothing yet."""
    row = Content.objects.filter(digest=held.digest, ready=True).exclude(thumb_size=0).first()
    if row is None:
        raise NotFound(NO_FILE)
    return open_stored(row.stored + THUMB)


def broken_file(*, progress: Callable[[int], None] | None = None) -> str | None:
    """The first file that is not what its act says: changed, missing, or attached by nobody."""
    return _changed(progress) or _unlike_their_acts()


def _changed(progress: Callable[[int], None] | None) -> str | None:
    rows = Content.objects.filter(used=True).order_by("pk")
    for count, row in enumerate(rows.iterator(chunk_size=2000), 1):
        try:
            with open_stored(row.stored) as file:
                digest = hashlib.sha256()
                while chunk := file.read(CHUNK):
                    digest.update(chunk)
        except NotFound:
            return f"{_where(row)} is missing from the storage"
        if digest.hexdigest() != row.digest:
            return f"{_where(row)} was changed in the storage"
        if progress and count % 500 == 0:
            progress(count)
    return None


def _where(row: Content) -> str:
    first = row.attached.order_by("pk").first()
    return f"the file “{first.name}” of {first.subject}" if first else f"the file {row.digest[:12]}"


def _unlike_their_acts() -> str | None:
    """Digests in acts against rows, both ways; what was erased is told by an act of its own."""
    erased: set[str] = set()
    for act in acts_naming('"digests":'):
        if act.verb == "files.erase":
            erased.update(act.payload["digests"])
    told: set[tuple[str, int, str]] = set()
    for act in acts_naming('"files":'):
        for digest in act.payload.get("said", {}).get("files", ()):
            told.add((act.subject, act.seq, digest))
    rows = Attached.objects.values_list("subject", "seq", "content__digest", "name")
    there: set[tuple[str, int, str]] = set()
    for subject, seq, digest, name in rows.iterator(chunk_size=5000):
        if (subject, seq, digest) not in told:
            return f"{subject} act {seq} knows nothing of its file “{name}”"
        there.add((subject, seq, digest))
    for subject, seq, digest in sorted(told - there):
        if digest not in erased:
            return f"{subject} act {seq} names a file that is gone"
    return None
