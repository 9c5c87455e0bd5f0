"""Sealing what people left: many at once, and the same person only once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from xianban.base.errors import WrongState
from xianban.base.ids import canonical_json
from xianban.base.rows import ask, fresh_keys
from xianban.residents.models import Person, SealedNote
from xianban.residents.queries import CHUNK, about, key_of, opened, rows_of
from xianban.residents.rules import Contact, NewContact, known_and_new
from xianban.residents.rules.contacts import tidy, to_plain
from xianban.residents.sealing import contact_hash, fresh_key, seal, wrap

KEY_ID = "master"
Hashes = tuple[bytes, bytes]
NO_ADDRESS: Hashes = (b"", b"")
COLUMNS = "id, key_id, wrapped_key, sealed, phone_hash, email_hash, channel, language"
INSERT = (
    f"INSERT INTO residents_person ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) "  # noqa: S608
    "ON CONFLICT (phone_hash, email_hash) DO NOTHING"
)
Row = tuple[int, str, bytes, bytes, bytes | None, bytes | None, str, str]


@dataclass(frozen=True)
class NewNote:
    """Words to seal under a person's key; `ref` says what they belong to, such as request:12."""

    person_id: int
    ref: str
    text: str


def seal_person(
    *,
    name: str = "",
    phone: str = "",
    email: str = "",
    other: Mapping[str, str] | None = None,
    channel: str = "",
    language: str = "",
) -> int | None:
    """Seal what one person left; their id, or None where they left nothing."""
    return seal_many([NewContact(name, phone, email, other or {}, channel, language)])[0]


def seal_many(given: Sequence[NewContact]) -> list[int | None]:
    """Seal what many people left; an id for each, None where nothing was given.

    The same telephone and mail address are the same person, whether known before or twice in
    `given`; what else is said of them is added, and nothing known is overwritten. The number of
    queries does not depend on how many are given (up to 5,000).
    """
    new = [tidy(one) for one in given]
    hashes = [_hashes(one) for one in new]
    with transaction.atomic(savepoint=False):  # nothing in it is refused
        known = _known(set(hashes) - {NO_ADDRESS})
        to_update: dict[int, tuple[Person, Contact]] = {}
        for one, value in zip(new, hashes, strict=True):
            if value in known:
                _learn(known[value], one, to_update)
        ids = _seal_unknown(new, hashes, known)
        _reseal(to_update)
    return ids


def seal_note(person_id: int, ref: str, text: str) -> None:
    """Seal words as they were typed; said again for the same `ref`, the later count."""
    seal_notes([NewNote(person_id, ref, text)])


def seal_notes(notes: Sequence[NewNote]) -> None:
    """Seal many words at once; WrongState where a person was erased meanwhile."""
    people = {row.pk: row for row in rows_of({note.person_id for note in notes})}
    latest = {(note.person_id, note.ref): note for note in notes}.values()
    rows = []
    for note in latest:
        person = people.get(note.person_id)
        if person is None or person.erased_at:
            raise WrongState("this person was erased; nothing more can be sealed for them")
        place = about(person.pk, f"note:{note.ref}")
        sealed = seal(note.text.encode(), key=key_of(person), about=place)
        rows.append(SealedNote(person=person, ref=note.ref, sealed=sealed))
    SealedNote.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["person", "ref"], update_fields=["sealed"]
    )


def _hashes(new: NewContact) -> Hashes:
    return (
        contact_hash("phone", new.phone) if new.phone else b"",
        contact_hash("email", new.email) if new.email else b"",
    )


def _known(wanted: set[Hashes]) -> dict[Hashes, Person]:
    """The people who have one of these pairs of addresses."""
    found: dict[Hashes, Person] = {}
    by_phone = sorted({phone for phone, _ in wanted if phone})
    by_email = sorted({email for phone, email in wanted if not phone})
    for column, values in (("phone_hash", by_phone), ("email_hash", by_email)):
        for start in range(0, len(values), CHUNK):
            part = values[start : start + CHUNK]
            for row in _having(column, part):
                found[bytes(row.phone_hash or b""), bytes(row.email_hash or b"")] = row
    return {pair: row for pair, row in found.items() if pair in wanted}


def _having(column: str, hashes: Sequence[bytes]) -> Iterator[Person]:
    """People by hash. In plain SQL: asked for every request, and an ORM thinks longer than it takes."""
    marks = ", ".join(["%s"] * len(hashes))
    names = ", ".join(str(field.column) for field in Person._meta.concrete_fields)
    statement = f"SELECT {names} FROM residents_person WHERE {column} IN ({marks})"  # noqa: S608
    for row in ask(statement, hashes, connection=connection):
        yield Person(*row)  # the columns stand in the same order


def _seal_unknown(
    new: Sequence[NewContact], hashes: Sequence[Hashes], known: Mapping[Hashes, Person]
) -> list[int | None]:
    """Make a person of whoever is not known; all ids in the order given."""
    firsts: dict[object, Contact] = {}
    wheres: dict[object, NewContact] = {}
    places: list[object] = []
    for index, (one, value) in enumerate(zip(new, hashes, strict=True)):
        place: object = index if value == NO_ADDRESS else value
        places.append(place)
        if one.empty or value in known:
            continue
        first = firsts.get(place, Contact(phone=one.phone, email=one.email))
        firsts[place] = known_and_new(first, one)
        wheres.setdefault(place, one)
    ids: dict[object, int] = {value: row.pk for value, row in known.items()}
    # before they are written: a blob is bound to the key of its row
    fresh = dict(zip(firsts, fresh_keys(Person, len(firsts), connection=connection), strict=True))
    ids.update(fresh)
    rows = [
        _row(fresh[place], contact, wheres[place], place if isinstance(place, tuple) else None)
        for place, contact in firsts.items()
    ]
    ids.update(_insert(rows))
    return [ids.get(place) for place in places]


def _row(pk: int, contact: Contact, where: NewContact, hashes: Hashes | None) -> Row:
    """One row in the order of COLUMNS."""
    key = fresh_key()
    wrapped = wrap(key, key_id=KEY_ID, about=about(pk, "key"))
    sealed = seal(canonical_json(to_plain(contact)), key=key, about=about(pk, "contact"))
    phone_hash, email_hash = hashes or (None, None)
    return (pk, KEY_ID, wrapped, sealed, phone_hash, email_hash, where.channel, where.language)


def _insert(rows: Sequence[Row]) -> dict[object, int]:
    """Insert; the ids of those whom another writer had sealed a moment before.

    Past the model, since its own bulk_create costs more than all the sealing.
    """
    if not rows:
        return {}
    # in one order for all writers, so that no two wait for each other
    ordered = sorted(rows, key=lambda row: (row[4] or b"", row[5] or b""))
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, ordered)
        if cursor.rowcount == len(ordered):
            return {}
    wanted = {(row[4], row[5] or b"") for row in ordered if row[4] is not None}
    return {pair: row.pk for pair, row in _known(wanted).items()}


def _learn(row: Person, one: NewContact, to_update: dict[int, tuple[Person, Contact]]) -> None:
    _, before = to_update.get(row.pk, (row, None))
    known = before or opened(row)
    after = known_and_new(known, one)
    if after != known:
        to_update[row.pk] = (row, after)


def _reseal(to_update: Mapping[int, tuple[Person, Contact]]) -> None:
    """Write what was learnt, if the person is still there to be known."""
    if not to_update:
        return
    alive = Person.objects.select_for_update().filter(pk__in=list(to_update), erased_at=None)
    rows = []
    for row in alive.order_by("pk"):
        _, contact = to_update[row.pk]
        plain = canonical_json(to_plain(contact))
        row.sealed = seal(plain, key=key_of(row), about=about(row.pk, "contact"))
        rows.append(row)
    Person.objects.bulk_update(rows, ["sealed"])
