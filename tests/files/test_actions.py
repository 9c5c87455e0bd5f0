"""Keeping, attaching, erasing and sweeping; each is whole, or leaves what the sweep finds."""

from datetime import timedelta

import pytest
from django.db import transaction

from builders import monday
from files import samples
from xianban.base.errors import BadInput, NotFound
from xianban.files import api, storing
from xianban.files.models import Attached, Content
from xianban.ledger.api import Entry, append, verify

NOW = monday(9)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    on_disk = {**settings.FILES_ON_DISK, "OPTIONS": {"location": tmp_path / "files"}}
    settings.STORAGES = {**settings.STORAGES, "files": on_disk}


def stored(tmp_path):
    return sorted(path.name for path in (tmp_path / "files").rglob("*") if path.is_file())


def attached(held, *, owner="request:1", subject="case:1", **more):
    with transaction.atomic():
        said = {"said": {"files": [one.digest for one in held]}}
        seq = append([Entry(subject, "open", "machine", NOW, said)])[subject].seq
        api.attach(
            held, owner=owner, subject=subject, seq=seq, by="person:1", shown=False, now=NOW, **more
        )


def test_kept_bytes_lie_under_a_name_that_says_nothing(tmp_path):
    held = api.keep(samples.photograph(), name="../../Zhang San.jpg", now=NOW)
    assert held.name == "Zhang San.jpg"
    bytes_, thumb = stored(tmp_path)
    assert len(bytes_) == 32
    assert thumb == bytes_ + "-thumb"
    assert held.digest not in bytes_
    assert oct((tmp_path / "files").stat().st_mode)[-3:] == "700"


def test_a_place_is_a_suggestion_and_stored_nowhere():
    held = api.keep(samples.photograph(place=(30.5, 120.25)), name="a.jpg", now=NOW)
    attached([held])
    assert held.place == (30.5, 120.25)
    values = [*Content.objects.values().get().values(), *Attached.objects.values().get().values()]
    assert not any("30.5" in str(value) for value in values)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "the file is empty"),
        (b"\0" * 25_000_001, "the file is larger than 25 MB"),
        (b"<html>", "web pages and drawings in code"),
        (b"\xff\xd8\xff\xe0 no picture", "the file cannot be read"),
    ],
)
def test_a_refusal_is_one_sentence_and_leaves_nothing(data, sentence, tmp_path):
    with pytest.raises(BadInput, match=sentence):
        api.keep(data, name="a.jpg", now=NOW)
    assert not Content.objects.exists()
    assert stored(tmp_path) == []


def test_a_wrong_ending_is_put_right():
    assert api.keep(samples.photograph(), name="report.pdf", now=NOW).name == "report.jpg"
    assert api.keep(samples.pdf(), name="photo.jpg", now=NOW).name == "photo.pdf"


def test_tokens_stand_for_files_and_cannot_be_made_up(monkeypatch):
    held = api.keep(samples.photograph(place=(30.5, 120.25)), name="a.jpg", now=NOW)
    token = api.token_of(held)
    assert api.held_by([token, token]) == (held,)
    for wrong in ("", "x", token[:-1] + ("a" if token[-1] != "a" else "b"), held.digest):
        with pytest.raises(BadInput, match="chosen too long ago"):
            api.held_by([wrong])
    monkeypatch.setattr("django.core.signing.time.time", lambda: 9e9)
    with pytest.raises(BadInput, match="chosen too long ago"):
        api.held_by([token])


def test_too_many_files_are_refused_in_a_sentence(settings):
    settings.FILE_LIMITS = {**settings.FILE_LIMITS, "each": 1}
    tokens = [
        api.token_of(api.keep(samples.photograph(colour=(n, 0, 0)), name="a.jpg", now=NOW))
        for n in (0, 90)
    ]
    with pytest.raises(BadInput, match="no more than 1 files"):
        api.held_by(tokens)


def test_the_same_file_of_two_people_is_kept_once_and_each_erases_only_their_own(
    tmp_path, django_capture_on_commit_callbacks
):
    first = api.keep(samples.photograph(), name="mine.jpg", now=NOW)
    attached([first])
    second = api.keep(samples.photograph(), name="hers.jpg", now=NOW)
    attached([second], owner="request:2", subject="case:2")
    assert Content.objects.count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert api.erase_files("request:1", by="user:1", ground="asked", now=NOW) == 1
    assert api.files_owned("request:1") == []
    [hers] = api.files_owned("request:2")
    assert hers.name == "hers.jpg"
    assert api.open_file(hers).read()
    assert api.broken_file() is None
    with django_capture_on_commit_callbacks(execute=True):
        api.erase_files("request:2", by="user:1", ground="asked", now=NOW)
    assert stored(tmp_path) == []
    assert not Content.objects.exists()
    assert api.broken_file() is None
    assert verify().broken is None


def test_bytes_whose_erasing_was_cut_short_are_swept(tmp_path):
    attached([api.keep(samples.photograph(), name="a.jpg", now=NOW)])
    api.erase_files(
        "request:1", by="user:1", ground="asked", now=NOW
    )  # and died before the commit's end
    assert len(stored(tmp_path)) == 2
    assert api.sweep_files(now=NOW) == 1
    assert stored(tmp_path) == []


def test_what_belongs_to_nothing_is_swept_after_a_day(tmp_path):
    kept = api.keep(samples.photograph(), name="a.jpg", now=NOW)
    attached([kept])
    loose = api.keep(samples.photograph(colour=(200, 0, 0)), name="b.jpg", now=NOW)
    assert api.sweep_files(now=NOW + DAY - timedelta(seconds=1)) == 0
    assert api.sweep_files(now=NOW + DAY) == 1
    assert len(stored(tmp_path)) == 2
    with pytest.raises(BadInput, match="chosen too long ago"), transaction.atomic():
        attached([loose], subject="case:3")


def test_sent_again_it_stays_another_day():
    given = samples.photograph()
    api.keep(given, name="a.jpg", now=NOW)
    held = api.keep(given, name="a.jpg", now=NOW + DAY / 2)
    assert api.sweep_files(now=NOW + DAY) == 0
    attached([held])


@pytest.mark.parametrize("crash_at", ["thumb", "bytes", "ready"])
def test_a_crash_while_keeping_leaves_what_the_sweep_finds(tmp_path, monkeypatch, crash_at):
    written = []

    def write(name, data):
        if len(written) == {"thumb": 0, "bytes": 1, "ready": 9}[crash_at]:
            raise KeyboardInterrupt
        written.append(name)
        original(name, data)
        if crash_at == "ready" and len(written) == 2:
            raise KeyboardInterrupt

    original = storing.write
    monkeypatch.setattr(storing, "write", write)
    with pytest.raises(KeyboardInterrupt):
        api.keep(samples.photograph(), name="a.jpg", now=NOW)
    monkeypatch.undo()
    api.keep(samples.photograph(), name="a.jpg", now=NOW + DAY)
    assert api.sweep_files(now=NOW + DAY) == 1
    assert len(stored(tmp_path)) == 2


def test_a_part_that_a_crash_left_is_removed_with_its_row(tmp_path):
    row = Content.objects.create(
        digest="0" * 64, stored="00/00/x", kind="jpeg", size=1, touched_at=NOW
    )
    storing.write("00/00/y", b"x")
    (tmp_path / "files/00/00/y").rename(tmp_path / "files/00/00/x.part")
    assert api.sweep_files(now=row.touched_at + DAY) == 1
    assert stored(tmp_path) == []


def test_tampering_is_found(tmp_path):
    attached([api.keep(samples.photograph(), name="a.jpg", now=NOW)])
    row = Content.objects.get()
    path = tmp_path / "files" / row.stored
    assert api.broken_file() is None
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"x")
    assert "“a.jpg” of case:1 was changed" in api.broken_file()
    path.unlink()
    assert "is missing" in api.broken_file()
    path.write_bytes(whole)
    Attached.objects.update(seq=7)
    assert "knows nothing of its file" in api.broken_file()
    Attached.objects.all().delete()
    assert api.broken_file() == "case:1 act 1 names a file that is gone"


def test_papers_have_no_small_picture():
    attached([api.keep(samples.pdf(), name="a.pdf", now=NOW)])
    [file] = api.files_of("case:1")
    with pytest.raises(NotFound):
        api.open_file(file, thumb=True)
