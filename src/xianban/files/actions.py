"""Taking files, attaching them to acts, and letting go of them."""

import hashlib
import secrets
from collections.abc import Sequence, Sized
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.core import signing
from django.db import IntegrityError, connection, transaction

from xianban.base.errors import BadInput
from xianban.files import box, storing
from xianban.files.models import Attached, Content
from xianban.files.queries import limits
from xianban.files.rules import Held, fault, shown_name
from xianban.ledger.api import Entry, append

SALT = "xianban.files.held"
HELD_FOR = timedelta(hours=12)  # how long a refused or unfinished form keeps its files
SWEPT_AFTER = timedelta(days=1)  # longer than any form holds one
PART = 200


@dataclass(frozen=True)
class Bringing:
    """Files that come with an act, and whose words they belong to (request:12); else the case's."""

    files: tuple[Held, ...] = ()
    owner: str = ""


def keep(data: bytes, *, name: str, now: datetime, head: bytes = b"") -> Held:
    """Clean one file and put it into the storage; BadInput in one sentence where it is not taken.

    It is on disk when this returns. It belongs to nothing yet: `attach` does that, or it is swept
    away after a day. `head` is the beginning of the photograph before a browser shrank it.
    """
    bounds = limits()
    if not data:
        raise BadInput(fault("empty", bounds))
    if len(data) > bounds.mb * 1e6:
        raise BadInput(fault("large", bounds))
    clean = box.clean(data, limits=bounds, head=head)
    if clean.fault:
        raise BadInput(fault(clean.fault, bounds))
    digest = hashlib.sha256(clean.data).hexdigest()
    if not _known(digest, now):
        _store(digest, clean, now)
    return Held(digest, shown_name(name, clean.kind), clean.kind, len(clean.data), clean.place)


def _known(digest: str, now: datetime) -> bool:
    """Whether the very same content is safe already; if so it stays for another day at least."""
    return bool(Content.objects.filter(digest=digest, ready=True).update(touched_at=now))


def _store(digest: str, clean: box.Clean, now: datetime) -> None:
    """The row first, then the bytes, then the word that they are safe: a crash leaves nothing unnamed."""
    row = Content.objects.create(
        digest=digest,
        stored=f"{digest[:2]}/{digest[2:4]}/{secrets.token_hex(16)}",
        kind=clean.kind,
        size=len(clean.data),
        width=clean.width,
        height=clean.height,
        thumb_size=len(clean.thumb),
        touched_at=now,
    )
    if clean.thumb:
        storing.write(row.stored + storing.THUMB, clean.thumb)
    storing.write(row.stored, clean.data)
    try:
        with transaction.atomic():
            Content.objects.filter(pk=row.pk).update(ready=True)
    except IntegrityError:  # the same file came twice at once: the other's bytes count
        _known(digest, now)
        _remove(row)


def token_of(held: Held) -> str:
    """What a form carries for a file that is held: nobody can make one up, and it ends by itself."""
    told = [held.digest, held.name, held.kind, held.size, held.place]
    return signing.dumps(told, salt=SALT, compress=True)


def held_by(tokens: Sequence[str]) -> tuple[Held, ...]:
    """The files behind these tokens, each once; BadInput where one has ended or was made up."""
    found: dict[str, Held] = {}
    for token in tokens:
        try:
            digest, name, kind, size, place = signing.loads(token, salt=SALT, max_age=HELD_FOR)
        except (signing.BadSignature, ValueError):
            raise BadInput(fault("gone", limits())) from None
        found.setdefault(digest, Held(digest, name, kind, size, tuple(place) if place else None))
    must_be_few(found.values())
    return tuple(found.values())


def must_be_few(files: Sized) -> None:
    """BadInput where more files come with one message than are taken."""
    if len(files) > limits().each:
        raise BadInput(fault("many", limits()))


def attach(
    files: Sequence[Held],
    *,
    owner: str,
    subject: str,
    seq: int,
    by: str,
    shown: bool,
    now: datetime,
) -> None:
    """Files now belong to an act, in the transaction that writes it; its entry names their digests.

    `owner` is whose words they are part of (request:12, case:7): they go when those are erased.
    """
    if not files:
        return
    must_be_few(files)
    wanted = {file.digest for file in files}
    rows = Content.objects.select_for_update().filter(digest__in=wanted, ready=True)
    contents = {row.digest: row for row in rows.order_by("digest")}
    if len(contents) < len(wanted):
        raise BadInput(fault("gone", limits()))
    Content.objects.filter(pk__in=[row.pk for row in contents.values()]).update(
        used=True, touched_at=now
    )
    Attached.objects.bulk_create(
        [
            Attached(
                key=secrets.token_hex(16),
                content=contents[file.digest],
                owner=owner,
                subject=subject,
                seq=seq,
                by=by,
                shown=shown,
                name=file.name,
                at=now,
            )
            for file in files
        ]
    )


def erase_files(owner: str, *, by: str, ground: str, now: datetime) -> int:
    """Destroy all files that belong to these words (request:12); how many there were.

    Bytes that somebody else sent as well stay for them. That files were erased, which digests, by
    whom and on which ground goes on record (`files:OWNER`), so that the ledger still adds up.
    Whether `by` may do this is for the caller.
    """
    with transaction.atomic():
        rows = list(Attached.objects.select_for_update().filter(owner=owner).order_by("pk"))
        if not rows:
            return 0
        contents = Content.objects.select_for_update().filter(
            pk__in={row.content_id for row in rows}
        )
        digests = {content.pk: content.digest for content in contents.order_by("digest")}
        Attached.objects.filter(pk__in=[row.pk for row in rows]).delete()
        left = Content.objects.filter(pk__in=digests, attached__isnull=True)
        loose = list(left)
        # found by the next sweep, should we die before the bytes are gone
        Content.objects.filter(pk__in=[row.pk for row in loose]).update(
            ready=False, used=False, touched_at=now - SWEPT_AFTER
        )
        gone = sorted({digests[row.content_id] for row in rows})
        told = {"digests": gone, "ground": ground}
        append([Entry(f"files:{owner}", "files.erase", by, now, told)])
        transaction.on_commit(partial(_remove_all, loose))
    return len(rows)


def _remove_all(rows: Sequence[Content]) -> None:
    for row in rows:
        _remove(row)


def _remove(row: Content) -> None:
    storing.remove(row.stored)
    row.delete()


def sweep_files(*, now: datetime) -> int:
    """Remove what a day after it came belongs to nothing: forms never sent, and what a crash left."""
    swept = 0
    while rows := _to_sweep(now):
        _remove_all(rows)
        swept += len(rows)
    return swept


def _to_sweep(now: datetime) -> list[Content]:
    """Some that nobody can attach any more from now on."""
    skip = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        rows = list(
            Content.objects.select_for_update(skip_locked=skip)
            .filter(used=False, touched_at__lte=now - SWEPT_AFTER)
            .order_by("touched_at")[:PART]
        )
        Content.objects.filter(pk__in=[row.pk for row in rows]).update(ready=False)
    return rows
