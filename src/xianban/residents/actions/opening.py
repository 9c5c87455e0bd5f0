"""Opening what is sealed, for a purpose and on record; and destroying it for good."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from xianban.accounts.api import MACHINE, Actor, may_anywhere, note_deed
from xianban.base.errors import BadInput, NotAllowed, NotFound, WrongState
from xianban.base.ids import canonical_json
from xianban.ledger.api import Entry, append
from xianban.residents.models import Person, SealedNote
from xianban.residents.queries import about, key_of, opened
from xianban.residents.rules import (
    Contact,
    ErasureGround,
    NewContact,
    Purpose,
    mask_numbers,
    phone_of,
)
from xianban.residents.rules.contacts import tidy, to_plain
from xianban.residents.sealing import contact_hash, seal, unseal

MOST_REASON = 200


def reveal(
    person_id: int,
    *,
    purpose: Purpose | str,
    reason: str,
    acting: Actor,
    now: datetime,
    subject: str,
) -> Contact:
    """Open a contact; who, why and about what (`subject`, such as case:12) go on record first.

    That the actor may see this very case is for the caller; here only whether they may at all.
    """
    with transaction.atomic():
        row = _for(person_id, "person.reveal", purpose, reason, acting, now, {"about": subject})
        return opened(row)


def open_note(
    person_id: int,
    ref: str,
    *,
    purpose: Purpose | str,
    reason: str,
    acting: Actor,
    now: datetime,
    subject: str,
) -> str | None:
    """Open words as they were typed, on record as `reveal` is; None where masking changed nothing."""
    with transaction.atomic():
        payload = {"about": subject, "note": ref}
        row = _for(person_id, "person.read", purpose, reason, acting, now, payload)
        note = row.notes.filter(ref=ref).first()
        if note is None:
            return None
        place = about(row.pk, f"note:{ref}")
        return unseal(bytes(note.sealed), key=key_of(row), about=place).decode()


def contact_for_sending(person_id: int, *, about: str, now: datetime) -> Contact | None:
    """Where a notice goes, opened by the machine and on record as its use; None where erased.

    For whoever sends, at the moment of sending, and for nothing else. `about` names the parcel.
    """
    with transaction.atomic():
        row = Person.objects.select_for_update().filter(pk=person_id, erased_at=None).first()
        if row is None:
            return None
        append([Entry(_subject(row), "person.send", MACHINE.key, now, {"about": about})])
        return opened(row)


def find_by_phone(
    phone: str, *, purpose: Purpose | str, reason: str, acting: Actor, now: datetime
) -> list[int]:
    """Everybody who left this telephone, oldest first. Found by its keyed hash; nothing is opened.

    That somebody looked, what for and why is on record before the answer, also where there is none:
    with who looked, and with each person found. The number is not.
    """
    if not may_anywhere(acting, "find_person"):
        raise NotAllowed(
            "finding people by telephone is for agents, dispatchers and supervisors; ask one of them"
        )
    number = phone_of(phone)
    if not number:
        raise BadInput("that is no telephone number; type it with its area code")
    why = _why(purpose, reason)
    with transaction.atomic():
        rows = Person.objects.select_for_update().filter(phone_hash=contact_hash("phone", number))
        found = list(rows.order_by("pk"))
        append([Entry(_subject(row), "person.find", acting.key, now, why) for row in found])
        keys = [row.pk for row in found]
        note_deed(acting, "person.find", {**why, "found": keys}, now=now)
    return keys


def erase(person_id: int, *, acting: Actor, now: datetime, reason: ErasureGround | str) -> None:
    """Destroy a person's key, contact, words and hash. Nothing brings them back, nor should it.

    What is left is the number, and an act that says by whom and on which ground. Erasing twice
    is one erasure.
    """
    if not may_anywhere(acting, "erase"):
        raise NotAllowed("only a data steward or an administrator may erase a person")
    ground = _one_of(ErasureGround, reason, "ground")
    with transaction.atomic():
        _forget_freed_pages()
        row = _locked(person_id)
        if row.erased_at:
            return
        row.notes.all().delete()
        row.wrapped_key = row.sealed = row.phone_hash = row.email_hash = None
        row.channel = row.language = ""
        row.erased_at = now
        row.save()
        append([Entry(_subject(row), "person.erase", acting.key, now, {"ground": ground})])
    _forget_journal()


def _for(
    person_id: int,
    verb: str,
    purpose: Purpose | str,
    reason: str,
    acting: Actor,
    now: datetime,
    payload: dict[str, Any],
) -> Person:
    """The person's row, after the act of opening it was allowed and written down."""
    if not may_anywhere(acting, "reveal"):
        raise NotAllowed("your role does not open contacts; ask the unit that handles the case")
    why = _why(purpose, reason)
    row = _locked(person_id)
    if row.erased_at:
        raise WrongState("this person's data were erased; there is nothing left to show")
    append([Entry(_subject(row), verb, acting.key, now, {**payload, **why})])
    return row


def _why(purpose: Purpose | str, reason: str) -> dict[str, str]:
    """Purpose and reason as they are written down; BadInput where one is missing."""
    stated = _one_of(Purpose, purpose, "purpose")
    reason = reason.strip()
    if not reason:
        raise BadInput("say in a few words why the contact is needed")
    return {"purpose": stated, "reason": mask_numbers(reason)[:MOST_REASON]}


def _locked(person_id: int) -> Person:
    row = Person.objects.select_for_update().filter(pk=person_id).first()
    if row is None:
        raise NotFound(f"there is no person {person_id}")
    return row


def _one_of(kind: type[Purpose] | type[ErasureGround], value: str, word: str) -> str:
    try:
        return kind(value).value
    except ValueError as reason:
        known = ", ".join(one.value for one in kind)
        raise BadInput(f"“{value}” is not a {word}; choose one of {known}") from reason


def _subject(row: Person) -> str:
    return f"person:{row.pk}"


@contextmanager
def forgetting() -> Iterator[None]:
    """Around whatever destroys words: on SQLite nothing of them stays in the file or its journal."""
    _forget_freed_pages()
    yield
    _forget_journal()


def own_copy(person_id: int, *, now: datetime, subject: str) -> tuple[Contact, dict[str, str]]:
    """What somebody left and wrote, opened for nobody but themselves, and on record as that.

    Words as they were typed by what they belong to (request:12).
    """
    with transaction.atomic():
        row = _locked(person_id)
        if row.erased_at:
            raise WrongState("this person's data were erased; there is nothing left to show")
        append([Entry(_subject(row), "person.copy", _subject(row), now, {"about": subject})])
        key = key_of(row)
        notes = {
            note.ref: unseal(bytes(note.sealed), key=key, about=about(row.pk, f"note:{note.ref}"))
            for note in row.notes.order_by("pk")
        }
        return opened(row), {ref: text.decode() for ref, text in notes.items()}


def correct_contact(
    person_id: int, *, name: str, phone: str, email: str, acting: Actor, now: datetime
) -> None:
    """Somebody's contact is put right: what was known is overwritten, and on record without words.

    Who proves to be this person is for the caller. Where the new addresses are known as another
    person already, the two stay apart, and this one is no longer found by them.
    """
    new = tidy(NewContact(name, phone, email))
    if new.other:
        raise BadInput("that is no telephone number or no mail address; check what you typed")
    if not (new.phone or new.email):
        raise BadInput("leave a telephone number or a mail address, so that we can reach you")
    hashes = {
        "phone_hash": contact_hash("phone", new.phone) if new.phone else b"",
        "email_hash": contact_hash("email", new.email) if new.email else b"",
    }
    with forgetting(), transaction.atomic():
        row = _locked(person_id)
        if row.erased_at:
            raise WrongState("this person's data were erased; there is nothing left to correct")
        known = opened(row)
        after = Contact(name=new.name, phone=new.phone, email=new.email, other=known.other)
        changed = [f for f in ("name", "phone", "email") if getattr(known, f) != getattr(after, f)]
        row.sealed = seal(
            canonical_json(to_plain(after)), key=key_of(row), about=about(row.pk, "contact")
        )
        twin = Person.objects.filter(**hashes).exclude(pk=row.pk).exists()
        row.phone_hash = None if twin else hashes["phone_hash"]
        row.email_hash = None if twin else hashes["email_hash"]
        row.save()
        append([Entry(_subject(row), "person.correct", acting.key, now, {"changed": changed})])


def forget_notes(refs: Collection[str]) -> int:
    """Words as they were typed go, of everybody who wrote them; how many."""
    return SealedNote.objects.filter(ref__in=refs).delete()[0]


def _forget_freed_pages() -> None:
    """SQLite otherwise leaves what was erased in the file until the page is used again."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _forget_journal() -> None:
    """Fold SQLite's journal into the file, and empty it: it holds the pages as they were."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
