"""People sealed, shown, opened and erased, on both databases."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from xianban.accounts.api import MACHINE, Actor, Granted, Role, resident_actor
from xianban.base.errors import BadInput, BrokenPromise, NotAllowed, NotFound, WrongState
from xianban.ledger.api import history, verify
from xianban.residents.api import (
    Contact,
    Masked,
    NewContact,
    NewNote,
    contact_for_sending,
    erase,
    find_by_phone,
    masked,
    open_note,
    people_with,
    reveal,
    seal_many,
    seal_note,
    seal_notes,
    seal_person,
)
from xianban.residents.models import Person, SealedNote

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday
HANDLER = Actor(kind="user", id=7, name="王五", grants=(Granted(Role.HANDLER, "", "water"),))
ANALYST = Actor(kind="user", id=8, name="赵六", grants=(Granted(Role.ANALYST),))
STEWARD = Actor(kind="user", id=9, name="钱七", grants=(Granted(Role.STEWARD),))
WHY = {"purpose": "call_back", "reason": "约上门时间", "now": NOW, "subject": "case:12"}


def zhang(**more):
    return seal_person(name="张三", phone="13800131234", **more)


def test_a_person_is_sealed_and_shown_masked(db):
    pk = zhang(email="zs@example.com", other={"address": "长江路3号楼501"}, language="zh-hans")
    assert masked([pk, pk, 999]) == {
        pk: Masked("张**", "138****1234", "z***@example.com", "长江路3号楼***")
    }
    row = Person.objects.get()
    stored = bytes(row.sealed) + bytes(row.wrapped_key) + bytes(row.phone_hash)
    for secret in ("张三", "13800131234", "1234", "example"):
        assert secret.encode() not in stored


def test_nothing_given_is_nobody(db):
    assert seal_person() is None
    assert seal_person(name="  ") is None
    assert seal_many([NewContact(), NewContact(keep=True)])[0] is None
    assert Person.objects.count() == 1  # kept, to seal words under


def test_the_same_telephone_is_the_same_person(db):
    first = zhang()
    again = seal_person(name="张三", phone="+86 138-0013-1234")
    other_mail = zhang(email="zs@example.com")
    assert again == first
    assert other_mail != first  # anybody can type somebody's number beside their own address
    assert seal_person(email="ZS@example.com") == seal_person(email="zs@Example.com ")
    assert seal_person(name="张三") != seal_person(name="张三")  # a name alone is nobody's own
    assert people_with(phone="138 0013 1234", acting=HANDLER) == [first, other_mail]


def test_what_comes_later_is_added_and_overwrites_nothing(db):
    pk = seal_person(phone="13800131234")
    zhang(other={"address": "长江路1号"})
    seal_person(name="李四", phone="13800131234")
    contact = contact_for_sending(pk, about="parcel:1", now=NOW)
    assert contact == Contact(
        "张三", "13800131234", other={"address": "长江路1号"}, also=(("name", "李四"),)
    )


def test_many_at_once_with_a_fixed_number_of_queries(db, django_assert_max_num_queries):
    known = zhang()
    given = [
        NewContact("张三", "13800131234"),
        NewContact("甲", "13900000001"),
        NewContact("乙", "13900000001"),
        NewContact(),
        *(NewContact(f"人{n}", f"137{n:08}") for n in range(300)),
    ]
    # SQLite inserts in several statements when there are many columns
    with django_assert_max_num_queries(12):
        ids = seal_many(given)
    assert ids[0] == known
    assert ids[1] == ids[2]
    assert ids[3] is None
    assert len(set(ids[4:])) == 300
    assert seal_many(given) == ids
    assert contact_for_sending(ids[1], about="parcel:1", now=NOW).also == (("name", "乙"),)
    assert [masked([pk])[pk].phone for pk in ids[4:6]] == ["137****0000", "137****0001"]


@pytest.mark.django_db(transaction=True)
def test_two_writers_seal_one_person():
    """Both get the same id, whoever was first."""
    ids, errors = {}, []
    barrier = threading.Barrier(4)

    def write(n):
        try:
            barrier.wait()
            ids[n] = seal_many([NewContact(f"名{n}", f"1380013{k:04}") for k in range(30)])
        except Exception as reason:
            errors.append(reason)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Person.objects.count() == 30
    assert len({tuple(found) for found in ids.values()}) == 1


def test_opening_needs_a_purpose_and_goes_on_record(db):
    pk = zhang()
    contact = reveal(pk, acting=HANDLER, **{**WHY, "reason": "回电13900001111约时间"})
    assert contact.phone == "13800131234"
    (act,) = history(f"person:{pk}")
    assert (act.verb, act.actor) == ("person.reveal", "user:7")
    assert act.payload == {
        "about": "case:12",
        "purpose": "call_back",
        "reason": "回电139****1111约时间",
    }
    assert verify().broken is None


def test_opening_without_a_reason_or_a_right_is_refused(db):
    pk = zhang()
    for change, refusal in (
        ({"purpose": "curiosity"}, BadInput),
        ({"reason": "  "}, BadInput),
    ):
        with pytest.raises(refusal):
            reveal(pk, acting=HANDLER, **{**WHY, **change})
    for actor in (ANALYST, STEWARD, MACHINE, resident_actor(pk), Actor(kind="user", id=1)):
        with pytest.raises(NotAllowed):
            reveal(pk, acting=actor, **WHY)
    with pytest.raises(NotAllowed):
        people_with(phone="13800131234", acting=ANALYST)
    with pytest.raises(NotFound):
        reveal(999, acting=HANDLER, **WHY)
    assert history(f"person:{pk}") == []


def test_erasing_destroys_everything_but_the_number(db):
    pk, twin = zhang(), zhang(email="zs@example.com")
    reveal(pk, acting=HANDLER, **WHY)
    seal_note(pk, "request:1", "我的电话13800131234")
    for _ in range(2):  # once is enough, twice is no fault
        erase(pk, acting=STEWARD, now=NOW, reason="asked")
    row = Person.objects.get(pk=pk)
    assert (row.wrapped_key, row.sealed, row.phone_hash, row.email_hash) == (None,) * 4
    assert not SealedNote.objects.filter(person=pk).exists()
    assert masked([pk]) == {pk: Masked(erased=True)}
    assert contact_for_sending(pk, about="parcel:1", now=NOW) is None
    assert people_with(phone="13800131234", acting=STEWARD) == [twin]
    assert zhang() != pk  # who comes again is new
    last = history(f"person:{pk}")[-1]
    assert (last.verb, last.actor, last.payload) == ("person.erase", "user:9", {"ground": "asked"})
    assert verify().broken is None
    with pytest.raises(WrongState):
        reveal(pk, acting=HANDLER, **WHY)
    with pytest.raises(WrongState):
        seal_note(pk, "request:2", "x")


def test_who_may_erase_and_why(db):
    pk = zhang()
    with pytest.raises(NotAllowed):
        erase(pk, acting=HANDLER, now=NOW, reason="asked")
    with pytest.raises(BadInput, match="asked, retention_over"):
        erase(pk, acting=STEWARD, now=NOW, reason="张三要求")


@pytest.mark.django_db(transaction=True)
def test_the_erased_key_is_not_left_in_the_file():
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's own vacuum does this")
    pk = zhang()
    key = bytes(Person.objects.get(pk=pk).wrapped_key)
    path = connection.settings_dict["NAME"]

    def left():
        for end in ("", "-wal"):
            with open(f"{path}{end}", "rb") as file:
                if key in file.read():
                    return True
        return False

    assert left()
    erase(pk, acting=STEWARD, now=NOW, reason="asked")
    assert not left()


def test_seals_cannot_be_exchanged_between_people(db):
    a, b = zhang(), seal_person(name="李四", phone="13900001111")
    one, two = Person.objects.get(pk=a), Person.objects.get(pk=b)
    Person.objects.filter(pk=a).update(sealed=two.sealed)
    with pytest.raises(BrokenPromise):
        masked([a])
    Person.objects.filter(pk=a).update(sealed=two.sealed, wrapped_key=two.wrapped_key)
    with pytest.raises(BrokenPromise):
        masked([a])
    Person.objects.filter(pk=a).update(sealed=one.sealed, wrapped_key=one.wrapped_key)
    assert masked([a])[a].name == "张**"


def test_half_erased_cannot_be(db):
    pk = zhang()
    for half in ({"wrapped_key": None}, {"erased_at": NOW}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Person.objects.filter(pk=pk).update(**half)


def test_words_as_they_were_typed(db, django_assert_max_num_queries):
    pk = zhang()
    with django_assert_max_num_queries(3):
        seal_notes([NewNote(pk, f"request:{n}", f"我的电话是1380013123{n}") for n in range(5)])
    seal_note(pk, "request:1", "改过")
    seal_note(pk, "request:1", "再改")
    assert open_note(pk, "request:0", acting=HANDLER, **WHY) == "我的电话是13800131230"
    assert open_note(pk, "request:1", acting=HANDLER, **WHY) == "再改"
    assert open_note(pk, "request:9", acting=HANDLER, **WHY) is None
    assert [act.verb for act in history(f"person:{pk}")] == ["person.read"] * 3
    assert "1380013" not in str(history(f"person:{pk}"))
    with pytest.raises(NotAllowed):
        open_note(pk, "request:0", acting=ANALYST, **WHY)


AGENT = Actor(kind="user", id=11, name="孙八", grants=(Granted(Role.AGENT),))
LOOKS = {"purpose": "call_back", "reason": "来电人请求查进度 13800131234", "now": NOW}


def test_people_are_found_by_telephone_in_any_form_and_on_record(db):
    mine = [zhang(), zhang(email="zs@example.com")]
    seal_person(phone="13900131234")
    for typed in ("13800131234", "+86 138-0013-1234", "１３８００１３１２３４"):
        assert find_by_phone(typed, acting=AGENT, **LOOKS) == mine
    assert find_by_phone("13000000000", acting=AGENT, **LOOKS) == []
    acts = history("user:11")
    assert [act.payload["found"] for act in acts] == [mine, mine, mine, []]
    assert [act.verb for act in history(f"person:{mine[0]}")] == ["person.find"] * 3
    assert "13800131234" not in str([act.payload for act in acts])
    assert verify().broken is None


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"acting": HANDLER}, NotAllowed),
        ({"acting": ANALYST}, NotAllowed),
        ({"acting": MACHINE}, NotAllowed),
        ({"acting": resident_actor(1)}, NotAllowed),
        ({"phone": "张三"}, BadInput),
        ({"purpose": "curiosity"}, BadInput),
        ({"reason": "  "}, BadInput),
    ],
)
def test_without_right_or_reason_nobody_is_found_and_nothing_written(db, more, kind):
    pk = zhang()
    said = {"phone": "13800131234", "acting": AGENT, **LOOKS, **more}
    with pytest.raises(kind):
        find_by_phone(said.pop("phone"), **said)
    assert history(f"person:{pk}") == history("user:11") == []


def test_who_was_erased_is_not_found(db):
    erase(zhang(), acting=STEWARD, now=NOW, reason="asked")
    assert find_by_phone("13800131234", acting=AGENT, **LOOKS) == []
