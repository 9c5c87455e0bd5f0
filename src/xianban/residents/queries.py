"""Reads of residents. What is opened here is masked again, or goes to whoever sends."""

import json
from collections.abc import Collection, Iterable, Iterator

from xianban.accounts.api import Actor, may_anywhere
from xianban.base.errors import NotAllowed
from xianban.residents.models import Person, SealedNote
from xianban.residents.rules import Contact, Masked, email_of, mask_contact, phone_of
from xianban.residents.rules.contacts import from_plain
from xianban.residents.sealing import contact_hash, unseal, unwrap

CHUNK = 5000  # below every database's limit of parameters


def masked(person_ids: Iterable[int]) -> dict[int, Masked]:
    """How these people look to those who need not know them; one query, about 10 µs each."""
    shown = {}
    for row in rows_of(set(person_ids)):
        shown[row.pk] = Masked(erased=True) if row.erased_at else mask_contact(opened(row))
    return shown


def people_with(*, phone: str = "", email: str = "", acting: Actor) -> list[int]:
    """Everybody who left this telephone or this mail address, oldest first."""
    if not (may_anywhere(acting, "reveal") or may_anywhere(acting, "erase")):
        raise NotAllowed("whether somebody has called before is for those who may see contacts")
    wanted = {}
    if phone_of(phone):
        wanted["phone_hash"] = contact_hash("phone", phone_of(phone))
    if email_of(email):
        wanted["email_hash"] = contact_hash("email", email_of(email))
    found = {
        pk
        for column, value in wanted.items()
        for pk in Person.objects.filter(**{column: value}).values_list("pk", flat=True)
    }
    return sorted(found)


def alive(person_ids: Collection[int]) -> set[int]:
    """Which of these people were not erased."""
    rows = Person.objects.filter(pk__in=person_ids, erased_at=None)
    return set(rows.values_list("pk", flat=True))


def noted(refs: Collection[str]) -> set[str]:
    """Of which of these (request:12) there are words as they were typed."""
    return set(SealedNote.objects.filter(ref__in=refs).values_list("ref", flat=True))


def rows_of(person_ids: Collection[int]) -> Iterator[Person]:
    """The rows of these people, in as few queries as the database allows."""
    ids = sorted(person_ids)
    for start in range(0, len(ids), CHUNK):
        yield from Person.objects.filter(pk__in=ids[start : start + CHUNK])


def opened(row: Person) -> Contact:
    """What is sealed in a row that was not erased."""
    plain = unseal(bytes(row.sealed or b""), key=key_of(row), about=about(row.pk, "contact"))
    return from_plain(json.loads(plain), channel=row.channel, language=row.language)


def key_of(row: Person) -> bytes:
    """The person's own key."""
    return unwrap(bytes(row.wrapped_key or b""), key_id=row.key_id, about=about(row.pk, "key"))


def about(person_id: int, part: str) -> bytes:
    """What a blob is bound to, so that it opens in its own row and nowhere else."""
    return f"person:{person_id}:{part}".encode()
